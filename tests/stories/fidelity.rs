//! What the preview promises, the blog's own Markdown engine keeps: for thousands of texts made of
//! all that Markdown, kramdown, Liquid and HTML give a meaning to.

pub mod corpus;
mod texts;

use std::{
    cell::RefCell,
    hash::{BuildHasher, RandomState},
    sync::LazyLock,
};

use proptest::{
    prelude::*,
    test_runner::{RngSeed, TestRunner},
};
use regex::Regex;
use serde_json::{Value, json};

use case_study_intake::text::markdown::{Document, escape_line, escape_text, text_to_html};

use crate::support::Oracle;

use texts::cleaned;
pub use texts::{folded, pieces, texts};

/// How many cases a story tries: `INTAKE_CASES`, or else what is usual for it.
pub fn cases(usual: u32) -> u32 {
    std::env::var("INTAKE_CASES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(usual)
}

/// A runner whose cases come again with the seed that stands in the story's output.
pub fn runner(cases: u32) -> TestRunner {
    let mut config = ProptestConfig {
        cases,
        max_shrink_iters: 4000,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let seed = match config.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => RandomState::new().hash_one(()),
    };
    println!("to repeat this: PROPTEST_RNG_SEED={seed}");
    config.rng_seed = RngSeed::Fixed(seed);
    TestRunner::new(config)
}

/// The text that is seen, to the direction of each quote. What Ruby takes for a letter depends on how
/// old its tables are, and with it the quotes beside: of the letters that came into Unicode lately, as
/// U+A7D0 did, the direction is not asked.
fn shown(seen: &Value) -> String {
    let text = seen["text"].as_str().expect("a text");
    if text.contains(may_be_new) {
        return folded(&seen["text"]);
    }
    text.to_owned()
}

/// Whether this is a part of words, as letters and the marks on them are, outside the blocks that have
/// been full for long.
fn may_be_new(c: char) -> bool {
    static WORD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\w").expect("a class"));
    let is_old = matches!(c,
        '\0'..='\u{24f}' | '\u{300}'..='\u{377}' | '\u{384}'..='\u{52f}' | '\u{5d0}'..='\u{5ea}' | '\u{621}'..='\u{64a}'
        | '\u{905}'..='\u{939}' | '\u{e01}'..='\u{e2e}' | '\u{1e00}'..='\u{1eff}'
        | '\u{3041}'..='\u{30fa}' | '\u{4e00}'..='\u{9fa5}' | '\u{ac00}'..='\u{d7a3}');
    !is_old && WORD.is_match(c.encode_utf8(&mut [0; 4]))
}

#[test]
fn the_blog_shows_what_the_preview_promised() {
    let oracle = RefCell::new(Oracle::ruby("kramdown.rb", &[]));
    runner(cases(4000))
        .run(&texts(), |text| {
            let document = Document::parse(&cleaned(&text));
            let markdown = document.to_markdown();
            prop_assert!(!markdown.contains(['{', '<']), "{markdown}");
            let turns_text_round = markdown.contains(['\u{202e}', '\u{feff}']);
            prop_assert!(!turns_text_round, "{:?}", markdown);
            let is_noncharacter =
                |c: char| matches!(c, '\u{fdd0}'..='\u{fdef}') || c as u32 & 0xfffe == 0xfffe;
            prop_assert!(!markdown.contains(is_noncharacter), "{:?}", markdown);
            let own = Document::of_own(&markdown).to_html();
            prop_assert_eq!(own, document.to_html(), "{}", markdown);
            prop_assert!(
                !markdown
                    .lines()
                    .any(|line| line.trim_matches([' ', '\t']) == "---")
            );
            let preview = document.to_html();
            let markdown = document.to_kramdown();
            // As in a post, where a labelled line and an outro come after the story.
            let markdown = format!("{markdown}\n\n**Label:** line\n\n_outro_");
            let below = "<p><strong>Label:</strong> line</p><p><em>outro</em></p>";
            // Footnotes stand at the end of all.
            let (story, notes) =
                preview.split_at(preview.find("<div><ol>").unwrap_or(preview.len()));
            let preview = format!("{story}{below}{notes}");
            let seen = oracle
                .borrow_mut()
                .ask(&json!({"markdown": markdown, "preview": preview}));
            let (blog, promised) = (&seen["blog"], &seen["preview"]);
            prop_assert_eq!(
                shown(blog),
                shown(promised),
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
            prop_assert_eq!(
                &blog["directions"],
                &promised["directions"],
                "markdown: {:?}",
                markdown
            );
            prop_assert_eq!(&blog["attributes"], &json!([]), "{}", &seen["html"]);
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

/// Letters and digits in their order without regard to case, among them those of addresses and of
/// titles, which stand behind the words that lead there.
fn letters(html: &str) -> String {
    let mut out = String::new();
    let mut ends: Vec<(usize, String)> = Vec::new();
    for part in html.split('<') {
        let (tag, text) = part.split_once('>').unwrap_or(("", part));
        if let Some(rest) = tag.strip_prefix("a href=\"") {
            let rest = rest.strip_suffix('"').unwrap_or(rest);
            ends.push((out.len(), rest.replace("\" title=\"", " ")));
        } else if tag == "/a" {
            // An address that is shown as it is was typed once.
            let (start, end) = ends.pop().unwrap_or_default();
            if !end.ends_with(&out[start..]) {
                out.push_str(&end);
            }
        }
        out.push_str(text);
    }
    out.replace("&amp;", "&")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect()
}

/// Typed text without what the letters of another stand for: references to characters, the numbers
/// of lists, and what defines links elsewhere than they stand.
fn written_out() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "*",
        "**",
        "_",
        "__",
        "`",
        "```",
        "~~",
        "~",
        "[",
        "]",
        "](",
        "(",
        ")",
        "!",
        "|",
        "-",
        "#",
        ">",
        "\\",
        "{",
        "}",
        "<b>",
        "<!--",
        "$$",
        "^",
        ":",
        "=",
        "+",
        "\"",
        "'",
        "@",
        "/",
        "...",
        "%",
        "\n",
        "\n\n",
        "\n* ",
        "\n- ",
        "\n> ",
        "\n    ",
        "\n---\n",
        "\n===\n",
        "\n```\n",
        "\n~~~\n",
        "\n# ",
        "\n| a | b |\n|---|---|\n| c | d | e |\n",
        "\n• x\n• y\n",
        "\n– x\n– y\n",
        "  \n",
        "\\\n",
        "one",
        "Two",
        "three four",
        "5",
        "é",
        "日本",
        "ا",
        "[six](https://seven.example/eight_9 \"ten\")",
        "[eleven](/twelve)",
        "[a](javascript:b)",
        "f*ck",
        "3*4*5",
        "snake_case_word",
        "C #",
        "¯\\_(ツ)_/¯",
        "\\\\server\\share",
        "^_^",
        "**bold **x",
        "```Meeting: 7pm",
        "<script>x</script>",
        "[x]: y",
        "1984. was",
        " ",
        " ",
        " ",
    ];
    // A picture without a web address is shown by its words alone, and the check page says so.
    prop::collection::vec(prop::sample::select(PIECES), 1..24)
        .prop_map(|pieces| pieces.concat().replace("![", "! ["))
}

#[test]
fn no_letter_and_no_digit_that_was_typed_is_lost() {
    runner(cases(20_000))
        .run(&written_out(), |text| {
            let typed: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
            let html = Document::parse(&text).to_html();
            prop_assert_eq!(letters(&html), typed, "{}", html);
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn a_plain_line_shows_exactly_its_characters() {
    let oracle = RefCell::new(Oracle::ruby("kramdown.rb", &[]));
    runner(cases(4000))
        .run(&texts(), |text| {
            let line = cleaned(&text).replace(['\n', '\t'], " ");
            let typed = line.split_whitespace().collect::<Vec<_>>().join(" ");
            let markdown = format!("**Label:** {}", escape_line(&line));
            let preview = Document::of_own(&markdown).to_html();
            let seen = oracle
                .borrow_mut()
                .ask(&json!({"markdown": markdown, "preview": preview}));
            let shown = folded(&seen["blog"]["text"]);
            let expected = folded(&json!(format!("Label: {typed}")));
            let collapse = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            prop_assert_eq!(collapse(&shown), collapse(&expected), "{:?}", markdown);
            prop_assert_eq!(&seen["blog"]["structure"], "p(strong())", "{:?}", markdown);
            prop_assert_eq!(self::shown(&seen["preview"]), self::shown(&seen["blog"]));
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn plain_text_of_several_lines_shows_exactly_its_characters() {
    let oracle = RefCell::new(Oracle::ruby("kramdown.rb", &[]));
    runner(cases(2000))
        .run(&texts(), |text| {
            let markdown = escape_text(&text);
            prop_assert!(!markdown.contains(['{', '<']), "{markdown}");
            let seen = oracle
                .borrow_mut()
                .ask(&json!({"markdown": markdown, "preview": text_to_html(&text)}));
            let collapse = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            let shown = collapse(&folded(&seen["blog"]["text"]));
            let typed = collapse(&folded(&json!(cleaned(&text))));
            prop_assert_eq!(&shown, &typed, "{:?}", markdown);
            prop_assert_eq!(self::shown(&seen["preview"]), self::shown(&seen["blog"]));
            let (blog, promised) = (&seen["blog"], &seen["preview"]);
            prop_assert_eq!(&blog["structure"], &promised["structure"], "{:?}", markdown);
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
        "{",
        "{ ",
        "é{",
        "é{ ",
        "\\ ",
        "< é",
        "é`a` ",
        "`a`x",
        "é*a* ",
        "é[a](http://b) ",
        "é\"a\" ",
        "# {é ",
    ] {
        let text = cleaned(&piece.repeat(20_000 / piece.len()));
        let started = std::time::Instant::now();
        let document = Document::parse(&text);
        let (markdown, preview) = (document.to_markdown(), document.to_html());
        let ours = started.elapsed().as_secs_f64();
        let seen = oracle.ask(&json!({"markdown": markdown, "preview": preview}));
        let theirs = seen["seconds"].as_f64().expect("seconds");
        println!("{piece:?}: {ours:.2} s here, {theirs:.2} s on the blog");
        assert!(ours < 3.0, "{piece:?}: {ours} s here");
        assert!(theirs < 3.0, "{piece:?}: {theirs} s on the blog");
        assert_eq!(seen["blog"]["text"], seen["preview"]["text"], "{piece:?}");
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
