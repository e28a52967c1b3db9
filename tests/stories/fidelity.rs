//! What the preview promises, the blog's own Markdown engine keeps: for thousands of texts made of
//! all that Markdown, kramdown, Liquid and HTML give a meaning to.

use std::{
    cell::RefCell,
    hash::{BuildHasher, RandomState},
};

use proptest::{
    prelude::*,
    test_runner::{RngSeed, TestRunner},
};
use serde_json::{Value, json};

use case_study_intake::text::markdown::{
    Document, escape_line, escape_text, line_to_html, text_to_html,
};

use crate::support::Oracle;

/// Folds what kramdown's typography changes.
pub fn folded(value: &Value) -> String {
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

pub fn pieces() -> impl Strategy<Value = String> {
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
        "&#xFFFE;",
        "[a](https://example.org/&#xFFFE;b&#x92;)",
        "&#65535;",
        "&#xFDD0;",
        "&#x92;",
        "&#xE000;",
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
    /// What is dangerous to a whole site rather than to a text.
    const DANGERS: &[&str] = &[
        // Liquid
        "{{ site.email }}",
        "{{- site.posts | map: 'content' -}}",
        "{{ 'a' | nothing }}",
        "{{{{ x }}}}",
        "{ { x } }",
        "{\u{200b}{ site.email }}",
        "\\{\\{ site.email }}",
        "&#123;&#123; site.email }}",
        "&lbrace;{ site.email }}",
        "&#x7B;% include x %&#x7D;",
        "{% for p in site.people %}{{ p.email }}{% endfor %}",
        "{% include listed_post.html post=page %}",
        "{% include nothing.html %}",
        "{% raw %}",
        "{% endraw %}",
        "{%- raw -%}",
        "{%- endraw -%}",
        "{% comment %}",
        "{% endcomment %}",
        "{% assign page.layout = 'evil' %}",
        "{% capture x %}",
        "{% highlight ruby linenos %}",
        "{% endhighlight %}",
        "{% post_url 2023-11-14-a-first-note %}",
        "{% link nothing.md %}",
        "{% unknown %}",
        "{% if x",
        "{%\n  include x\n%}",
        "{# x #}",
        "[a]({{ site.email }})",
        "[a](https://example.org/{{ site.email }}/{% x %})",
        "<https://example.org/{{site.email}}>",
        "`{{ site.email }}{% endraw %}`",
        "\n```\n{% endraw %}{{ site.email }}\n```\n",
        // HTML
        "<style>body { display: none }</style>",
        "<iframe src=\"https://example.org\"></iframe>",
        "<form action=\"https://example.org\"><input name=\"x\"><button>Go</button></form>",
        "<meta http-equiv=\"refresh\" content=\"0; url=https://example.org\">",
        "<base href=\"https://example.org\">",
        "<link rel=stylesheet href=//example.org>",
        "<object data=\"x\"></object><embed src=\"x\">",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)><script>alert(1)</script></svg>",
        "<math><mtext></math>",
        "<a href=\"javascript:alert(1)\" onclick=\"x\">",
        "<p style=\"position: fixed\">",
        "<div markdown=\"1\">\n*a*\n</div>",
        "<div\nclass=\"x\"\n>",
        "\n<div>\n",
        "\n</div></main></body></html>\n",
        "<textarea>",
        "<title>",
        "<plaintext>",
        "<template>",
        "<noscript>",
        "<select><option>",
        "<table><tr><td>",
        "<!-- unclosed",
        "-->",
        "<!DOCTYPE html>",
        "<![CDATA[ x",
        "]]>",
        "<?php echo 1 ?>",
        "<\u{0}script>",
        "< script >",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "&#60;script&#62;",
        "&NotALetter; &ampamp; &#0; &#xD800; &#99999999;",
        "[a](java\tscript:alert(1))",
        "[a](&#106;avascript:alert(1))",
        "[a](data:text/html;base64,eA==)",
        "[a](vbscript:x \"onclick=x\")",
        "[a](//example.org)",
        "[a](https://example.org/\"onclick=\"alert(1))",
        "![a](https://example.org/a.png \"b\" onerror=\"x\")",
        // kramdown
        "\n{: #site-footer .post-title style=\"display: none\"}\n",
        "\n{:ref: .x onclick=\"y\"}\n{:ref}\n",
        "*a*{: onclick=\"y\"}",
        "\n* list\n{:toc}\n",
        "{::comment}",
        "{:/comment}",
        "\n{::nomarkdown}\n<b>\n{:/}\n",
        "{::options parse_block_html=\"true\" auto_ids=\"false\" /}",
        "{::options template=\"/etc/passwd\" /}",
        "\n\n^\n\n",
        "\n^ \n",
        "a[^n] b[^n]",
        "\n\n[^n]: note\n    more of it\n\n",
        "\n\n*[HTML]: abbreviation\n\nHTML",
        "\n\n[HTML]: https://example.org 'title'\n[HTML]\n",
        "\n$$\nx^2\n$$\n",
        "\\\\(x\\\\) \\\\[y\\\\]",
        "\n| a | b |\n|---|:-:|\n| c | d |\n|===|\n",
        "\n|-\n",
        "\nterm\n: one\n: two\n\n",
        "\n\nHeading\n====\n",
        "\n\nHeading {#id}\n----\n",
        "\n###### deep ###### {#id}\n",
        "\n~~~ ruby\nputs\n~~~\n",
        "\n``` {.x onclick=\"y\"}\n<b>\n",
        "\n    <script>indented</script>\n",
        "\n=> x <= y => z\n",
        "\n1. a\n\n   1. b\n\n          c\n",
        "\n- [ ] a\n- [x] b\n",
        "\n+++\n",
        "\n:::\n",
        "\n%%%\n",
        // Front matter and YAML
        "\n---\nlayout: evil\npermalink: /index.html\n---\n",
        "---\n",
        "\n...\n",
        "\n--- # x\n",
        "redirect_from: /index.html",
        "\npublished: false\n",
        "yes",
        "~",
        "12:30:45",
        "2021-01-01",
        "0x1f",
        "!ruby/object:Gem::Installer {}",
        "!!binary |",
        "&anchor *anchor <<: *a",
        "%YAML 1.1",
        "? a",
        ">-",
        "key: 'value' # comment",
        "\\q\\x00\\u2028",
        "\"\\",
        // Unicode
        "\u{202e}desrever\u{202c}",
        "\u{2066}a\u{2069}",
        "\u{200f}\u{200e}\u{61c}",
        "עברית (שלום)",
        "مرحبا بالعالم، نعم؟",
        "a\u{85}b",
        "a\u{2028}b\u{2029}c",
        "\u{feff}",
        "e\u{301}\u{327}\u{300}",
        "Z\u{335}\u{322}a\u{334}\u{321}",
        "\u{301}",
        "👩\u{200d}👩\u{200d}👧🏽",
        "🏴\u{e0067}\u{e0062}\u{e007f}",
        "𝒳𝄞𠜎",
        "ﬁǅßİı",
        "\u{3000}\u{2003}\u{202f}\u{180e}",
        "\u{200b}\u{2060}\u{200c}",
        "\u{0}\u{1}\u{8}\u{1b}[31m\u{7f}\u{9f}",
        "\u{b}\u{c}",
        "\u{fdd0}\u{fdd1}\u{fdd2}\u{fffe}\u{10ffff}",
        "\u{fffd}\u{fffc}\u{e000}",
        "\r",
        "\r\n\r\n",
        "…–—‘’‚„«»",
        "＜ｓｃｒｉｐｔ＞ ｛｛ ｘ ｝｝",
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    ];
    prop_oneof![
        12 => prop::sample::select(MARKS).prop_map(str::to_owned),
        4 => prop::sample::select(DANGERS).prop_map(str::to_owned),
        2 => "[a-zA-Z ,.;]{1,20}",
        1 => "\\PC{1,6}",
    ]
}

pub fn texts() -> impl Strategy<Value = String> {
    prop::collection::vec(pieces(), 1..30).prop_map(|pieces| pieces.concat())
}

/// What `CaseStudyForm` lets through: `clean` has been here before.
fn cleaned(text: &str) -> String {
    case_study_intake::text::clean::clean(text)
}

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

#[test]
fn the_blog_shows_what_the_preview_promised() {
    let oracle = RefCell::new(Oracle::ruby("kramdown.rb", &[]));
    runner(cases(4000))
        .run(&texts(), |text| {
            let document = Document::parse(&cleaned(&text));
            let markdown = document.to_markdown();
            prop_assert!(!markdown.contains(['{', '<']), "{markdown}");
            let turns_text_round = markdown.contains(['\u{202e}', '\u{200f}', '\u{feff}']);
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
    runner(cases(4000))
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
            prop_assert_eq!(collapse(&folded(&seen["preview"]["text"])), shown);
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
