//! What the preview promises, the blog's own Markdown engine keeps: for thousands of texts made of
//! all that Markdown, kramdown, Liquid and HTML give a meaning to.

use std::cell::RefCell;

use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};

use case_study_intake::markdown::{Document, escape_line, line_to_html};

use crate::support::Oracle;

/// Folds what kramdown's typography changes.
fn folded(value: &Value) -> String {
    let mut text = value.as_str().expect("a text").to_owned();
    for (from, to) in [
        ("“", "\""),
        ("”", "\""),
        ("‘", "'"),
        ("’", "'"),
        ("—", "---"),
        ("–", "--"),
        ("…", "..."),
        ("«", "<<"),
        ("»", ">>"),
    ] {
        text = text.replace(from, to);
    }
    text
}

fn pieces() -> impl Strategy<Value = String> {
    const MARKS: &[&str] = &[
        "*",
        "**",
        "***",
        "_",
        "__",
        "___",
        "`",
        "``",
        "~~",
        "~",
        "[",
        "]",
        "(",
        ")",
        "![",
        "](",
        "[a](https://example.org/x_(y)_z?a=1&b=2#c%20d)",
        "[b](javascript:x)",
        "[c]",
        "[the council]",
        "[x]",
        "[ ]",
        "[^1]",
        "[^1]: note",
        "[ref]: https://example.org",
        "[Note]: this",
        "*[AB]: abc",
        "{",
        "}",
        "{{",
        "}}",
        "{%",
        "%}",
        "{: .x onclick=\"y\"}",
        "{::options a=\"b\" /}",
        "{::nomarkdown}",
        "{:/}",
        "<",
        ">",
        "<b>",
        "</b>",
        "<div>",
        "<script>alert(1)</script>",
        "<https://example.org/?a=b>",
        "<ana@example.org>",
        "<!-- x -->",
        "<!--more-->",
        "<br/>",
        "&",
        "&amp;",
        "&lt;",
        "&copy;",
        "&#123;",
        "&#x202E;",
        "&#8207;",
        "&#xFEFF;",
        "&#10;",
        "&#x7b;",
        "AT&T",
        "\\",
        "\\\\",
        "\\*",
        "\\{",
        "|",
        "a|b",
        "|-|-|",
        "$",
        "$$",
        "^",
        "=",
        "===",
        "---",
        "--",
        "-",
        "- - -",
        "***",
        "___",
        "+",
        "#",
        "##",
        "# ",
        "## Heading",
        "#hash",
        "1.",
        "1. ",
        "2) ",
        "1984. ",
        "1)",
        "* ",
        "- ",
        "+ ",
        "> ",
        ">",
        ": ",
        ":",
        "::",
        "%",
        "@",
        "!",
        "?",
        "...",
        "\"",
        "'",
        "“",
        "”",
        "it's",
        "\"quoted\"",
        "``` ",
        "~~~",
        "```ruby",
        "    ",
        "  ",
        " ",
        "\t",
        "  \n",
        "\\\n",
        "\n",
        "\n\n",
        "\n\n\n",
        "\n    ",
        "\n  ",
        "\n> ",
        "\n* ",
        "\n- ",
        "\n1. ",
        "\n\n* ",
        "\n\n    ",
        "\n  * ",
        "\n: ",
        "\n---\n",
        "\n===\n",
        "\n^\n",
        "\n| a | b |\n",
        "word",
        "Words and more.",
        "a",
        "b",
        "1",
        "é",
        "日本語",
        "。",
        "**太字。**",
        "**bold:**text",
        "🙂",
        "\u{a0}",
        "_intro_",
        "*em*",
        "__strong__",
        "snake_case_word",
        "2*3*4",
        "http://example.org/a_b_c",
        "~200",
        "50%",
        "C++",
        "\u{ad}",
        "\u{200d}",
        "[www](www.example.org)",
        "[m](mailto:a@example.org)",
        "<x@y",
        "a<b",
        "[long words in it](https://example.org \"title\")",
        "[r][ref]",
        "[ref][]",
        "\\[",
        "\\]:",
        "]:",
        "[a]: b",
        "![pic](https://example.org/p.png)",
        "![pic](x.png)",
        "`code`",
        "`{x}`",
    ];
    prop_oneof![
        12 => prop::sample::select(MARKS).prop_map(str::to_owned),
        2 => "[a-zA-Z ,.;]{1,20}",
        1 => "\\PC{1,6}",
    ]
}

fn texts() -> impl Strategy<Value = String> {
    prop::collection::vec(pieces(), 1..30).prop_map(|pieces| pieces.concat())
}

/// What `CaseStudyForm` lets through: `clean` has been here before.
fn cleaned(text: &str) -> String {
    case_study_intake::case_study::clean(text)
}

fn cases() -> u32 {
    std::env::var("INTAKE_CASES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(4000)
}

fn runner() -> TestRunner {
    TestRunner::new(ProptestConfig {
        cases: cases(),
        max_shrink_iters: 4000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })
}

#[test]
fn the_blog_shows_what_the_preview_promised() {
    let oracle = RefCell::new(Oracle::ruby("kramdown.rb", &[]));
    runner()
        .run(&texts(), |text| {
            let document = Document::parse(&cleaned(&text));
            let markdown = document.to_markdown();
            prop_assert!(!markdown.contains(['{', '<']), "{markdown}");
            let turns_text_round = markdown.contains(['\u{202e}', '\u{200f}', '\u{feff}']);
            prop_assert!(!turns_text_round, "{:?}", markdown);
            prop_assert!(
                !markdown
                    .lines()
                    .any(|line| line.trim_matches([' ', '\t']) == "---")
            );
            let preview = document.to_html();
            // As in a post, where a labelled line and an outro come after the story.
            let markdown = format!("{markdown}\n\n**Label:** line\n\n_outro_");
            let preview =
                format!("{preview}<p><strong>Label:</strong> line</p><p><em>outro</em></p>");
            let seen = oracle
                .borrow_mut()
                .ask(&json!({"markdown": markdown, "preview": preview}));
            let (blog, promised) = (&seen["blog"], &seen["preview"]);
            prop_assert_eq!(
                folded(&blog["text"]),
                folded(&promised["text"]),
                "text\nmarkdown: {:?}\npreview: {}\nblog: {}",
                markdown,
                preview,
                &seen["html"]
            );
            prop_assert_eq!(
                &blog["structure"],
                &promised["structure"],
                "structure\nmarkdown: {:?}\npreview: {}\nblog: {}",
                markdown,
                preview,
                &seen["html"]
            );
            prop_assert_eq!(
                &blog["links"],
                &promised["links"],
                "markdown: {:?}",
                markdown
            );
            prop_assert_eq!(&blog["attributes"], &json!([]), "{}", &seen["html"]);
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn a_plain_line_shows_exactly_its_characters() {
    let oracle = RefCell::new(Oracle::ruby("kramdown.rb", &[]));
    runner()
        .run(&texts(), |text| {
            let line = cleaned(&text).replace(['\n', '\t'], " ");
            let typed = line.split_whitespace().collect::<Vec<_>>().join(" ");
            let markdown = format!("**Label:** {}", escape_line(&line));
            let preview = format!("<p><strong>Label:</strong> {}</p>", line_to_html(&line));
            let seen = oracle
                .borrow_mut()
                .ask(&json!({"markdown": markdown, "preview": preview}));
            let shown = folded(&seen["blog"]["text"]);
            let expected = folded(&json!(format!("Label: {typed}")));
            let collapse = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            prop_assert_eq!(collapse(&shown), collapse(&expected), "{:?}", markdown);
            prop_assert_eq!(&seen["blog"]["structure"], "p(strong())", "{:?}", markdown);
            prop_assert_eq!(folded(&seen["preview"]["text"]), shown);
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn no_text_keeps_the_blog_busy() {
    let mut oracle = Oracle::ruby("kramdown.rb", &[]);
    for piece in [
        "[",
        "![",
        "![[",
        "> ",
        "*",
        "**",
        "_",
        "a_",
        "`",
        "- ",
        "* a\n",
        "<",
        "&",
        "\\",
        "](",
        "[a](",
        "[a](b",
        "a|b\n",
        "{{",
        "{% x %}",
        "$$",
        "~~",
        "\"",
        "'",
        "1. ",
        "#",
        "(",
        "\n> * ",
        "[x]\n",
        "**a*",
        "*a **b",
        "<b>",
        "[the council] ",
        "!",
        "^\n",
        "=\n",
        "a\n---\n",
        "- - - -\n",
        ": a\n",
        "    a\n",
        "\t",
        "[a]: http://b.c\n",
        "[a][a]",
        "&amp;",
        "é",
        "日",
        "…",
        "a\n\n* b\n\n",
        "word _em_ ",
        "* a\n\n  b\n",
    ] {
        let text = cleaned(&piece.repeat(20_000 / piece.len()));
        let started = std::time::Instant::now();
        let document = Document::parse(&text);
        let (markdown, preview) = (document.to_markdown(), document.to_html());
        let ours = started.elapsed().as_secs_f64();
        let seen = oracle.ask(&json!({"markdown": markdown, "preview": preview}));
        let theirs = seen["seconds"].as_f64().expect("seconds");
        assert!(ours < 3.0, "{piece:?}: {ours} s here");
        assert!(theirs < 5.0, "{piece:?}: {theirs} s on the blog");
        assert_eq!(
            folded(&seen["blog"]["text"]),
            folded(&seen["preview"]["text"]),
            "{piece:?}"
        );
    }
}

#[test]
fn ordinary_text_comes_out_as_it_was_typed() {
    for text in [
        "In 2021 the TUC published a manifesto on [Dignity at Work](https://www.tuc.org.uk/sites/default/files/2021-03/The_AI_Revolution_20121_Manifesto_AW.pdf) calling for a new duty.",
        "A [link](https://docs.google.com/document/d/1nn/edit?tab=t.0&x=1#heading=h.jgm%20d), one [with (brackets)](https://example.org/a_(b)_c), [mail](mailto:tim@example.org).",
        "Plain – with dashes, “curly” and \"straight\" quotes, it's fine: 50% of R&D at AT&T, Campaign #1, $5, ~200 people, a/b, (in brackets), [sic], [the council], 3 > 2 is not here.",
        "*one* **two** _three_ __four__ **_five_**",
        "* **First:** a thing\n* **Second:** [a link](https://example.org)\n* third",
        "- a\n- b\n\nThen:\n\n1. one\n2. two",
        "> A quotation\n> over two lines.\n\nAnd on.",
        "A line  \nbroken by hand\nand one that is not.",
        "## What we did\n\nThis.",
        "* a\n  * b\n  * c\n* d",
        "*   wide\n*   markers",
        "Zoë, 日本語, العربية, 🙂 – all of it.",
    ] {
        let shown = Document::parse(text).to_markdown();
        assert_eq!(shown, text.replace(" > 2", " &gt; 2"));
    }
}
