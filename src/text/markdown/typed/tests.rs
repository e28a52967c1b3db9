//! Text as people type and paste it.

use std::collections::BTreeSet;

use super::super::{Document, Notice, tests::markdown};
use crate::text::{
    clean::clean,
    links::UrlChange::{RedirectRemoved, SchemeDoubled, TrackingRemoved},
};

fn all(cases: &[(&str, &str)]) {
    for (source, expected) in cases {
        assert_eq!(markdown(source), *expected, "{source:?}");
    }
}

#[test]
fn lines_that_begin_like_items_are_lists() {
    all(&[
        (
            "We did:\n• one\n• two\nThen more.",
            "We did:\n\n* one\n* two\n\nThen more.",
        ),
        ("•\tone\n•\ttwo", "* one\n* two"),
        ("● one\n  ○ two\n● three", "* one\n  * two\n* three"),
        ("▪ one\nand on\n▪ two", "* one\n  and on\n* two"),
        ("– one\n– two", "* one\n* two"),
        ("– so she said", "– so she said"),
        ("a) one\nb) two\n\nc) three", "1. one\n\n2. two\n\n3. three"),
        ("a) one thing only", "a) one thing only"),
        ("1) one\n2) two", "1. one\n2. two"),
    ]);
    assert_eq!(
        markdown(&clean("\u{f0b7} one\n\u{f0b7} two")),
        "* one\n* two"
    );
}

#[test]
fn ends_of_lines_mean_what_people_mean_by_them() {
    let long = "We counted every lorry that passed the school gate in the morning, and wrote it all on a chart in the hall.";
    all(&[
        (&format!("{long}\n{long}"), &format!("{long}\n\n{long}")),
        (
            "12 High Street\nSheffield\nS1 2AB",
            "12 High Street  \nSheffield  \nS1 2AB",
        ),
        (
            "lines that\na program wrapped",
            "lines that\na program wrapped",
        ),
        ("one\n\u{a0}\ntwo\n \u{200b}\nthree", "one\n\ntwo\n\nthree"),
        (
            "私たちは道路を数えました。\nそして市役所に行きました。",
            "私たちは道路を数えました。そして市役所に行きました。",
        ),
        ("* First\n  Second", "* First\n  Second"),
    ]);
}

#[test]
fn bold_whose_blanks_were_marked_as_well_is_bold() {
    all(&[
        (
            "**9am ** doors\n**10am** -** noon** talks",
            "**9am**  doors  \n**10am** - **noon** talks",
        ),
        (
            "we **all**,** not some** of us **ask **you",
            "we **all**, **not some** of us **ask** you",
        ),
        ("please** sign** it", "please\\*\\* sign\\*\\* it"),
        ("2 ** 3 ** 4", "2 \\*\\* 3 \\*\\* 4"),
        (
            "sign up**.** Now**:**\nf**.**k",
            "sign up. Now:\nf\\*\\*.\\*\\*k",
        ),
    ]);
}

#[test]
fn tables_code_notes_and_deleted_words_come_out_as_what_they_are() {
    all(&[
        (
            "| a | b |\n|:-:|--|\n| c \\| d | `e` | f |",
            "| a | b |  |\n| --- | --- | --- |\n| c \\| d | `e` | f |",
        ),
        ("| a |\n|---|", "\\| a \\|  \n\\|---\\|"),
        (
            "> a | b\n> --|--\n> c | d",
            "> a \\| b  \n> --\\|--  \n> c \\| d",
        ),
        ("```ruby\nputs  1\n```", "```ruby\nputs  1\n```"),
        ("a` b `c", "a `b` c"),
        ("a\n\n~~\\\n~b~~", "a\n\n~~&#126;b~~"),
        ("```Meeting: 7pm\n*soon*", "\\`\\`\\`Meeting: 7pm\n*soon*"),
        ("```Meeting: 7pm\nsoon\n```", "```\nMeeting: 7pm\nsoon\n```"),
        ("~~~\na {{ b }}\n~~~", "a &#123;&#123; b }}"),
        ("~~gone~~ and ~20", "~~gone~~ and ~20"),
        (
            "[a][r], [R] [s]\n\n[r]: https://b.c 'd'\n[s]: e",
            "[a](https://b.c \"d\"), [R](https://b.c \"d\") \\[s\\]\n\n\\[s\\]\\: e",
        ),
    ]);
}

#[test]
fn footnotes_of_several_texts_do_not_meet() {
    let written = markdown("a[^x] b[^y] c[^x]\n\n[^y]: d\n\n    e\n[^x]: f");
    let (text, notes) = written.split_once("\n\n").expect("notes");
    let names: Vec<&str> = text
        .split(['[', ']'])
        .filter(|part| part.starts_with('^'))
        .collect();
    assert!(names[0].starts_with("^1-") && names[1].starts_with("^2-") && names[0] == names[2]);
    assert_eq!(
        notes,
        format!("[{}]: f\n\n[{}]: d\n\n    e", names[0], names[1])
    );
    assert_eq!(
        markdown(">[^1]: note[^1]: note*"),
        "\\[^1\\]\\: note\\[^1\\]\\: note\\*"
    );
    assert_ne!(written, markdown("a[^x]\n\n[^x]: another"));
    assert_eq!(
        markdown("a[^x]\n\n[^y]: b"),
        "a\\[^x\\]\n\n\\[^y\\]\\: b",
        "what nothing refers to stays text"
    );
}

#[test]
fn an_engine_without_footnotes_gets_paragraphs() {
    let document = Document::parse("a[^x]\n\n[^x]: b *c*");
    assert_eq!(document.to_commonmark(), "a\\[1\\]\n\n\\[1\\] b *c*");
}

#[test]
fn what_is_written_from_right_to_left_is_set_so() {
    let document = Document::parse("## שלום\n\nEnglish\n\n* مرحبا\n* b");
    assert_eq!(
        document.to_kramdown(),
        "## שלום\n{: dir=\"rtl\"}\n\nEnglish\n\n* مرحبا\n* b\n{: dir=\"rtl\"}"
    );
    let html = document.to_html();
    assert!(html.contains("<h2 dir=\"rtl\">") && html.contains("<ul dir=\"rtl\">"));
    assert!(html.contains("<p>English</p>"));
    assert_eq!(Document::of_own(&document.to_kramdown()).to_html(), html);
    let typed = Document::parse("a\n{: dir=\"rtl\"}");
    assert!(typed.to_kramdown().contains("&#123;:"));
}

#[test]
fn links_are_found_and_freed_of_what_follows_people() {
    for (source, expected, notices) in [
        (
            "See https://b.c/d_e_f, (www.b.c) or a@b.org.",
            "See [https\\://b.c/d\\_e\\_f](https://b.c/d_e_f), ([www.b.c](https://www.b.c)) or [a@b.org](mailto:a@b.org).",
            vec![],
        ),
        (
            "[a](b.org/c) [d](tel:+44) [e](f.pdf) [g](h@i.org)",
            "[a](https://b.org/c) [d](tel:+44) \\[e\\](f.pdf) [g](mailto:h@i.org)",
            vec![],
        ),
        (
            "[a](/projects/b)",
            "\\[a\\](/projects/b)",
            vec![Notice::OwnSite("/projects/b".to_owned())],
        ),
        (
            "[a](https://www.google.com/url?q=https%3A%2F%2Fb.c%2Fd&sa=D)",
            "[a](https://b.c/d)",
            vec![Notice::Url(RedirectRemoved)],
        ),
        (
            "https://b.c/?utm_source=x&d=1&fbclid=y#e",
            "[https://b.c/?d=1#e](https://b.c/?d=1#e)",
            vec![Notice::Url(TrackingRemoved)],
        ),
        (
            "[a](https://https://b.c)",
            "[a](https://b.c)",
            vec![Notice::Url(SchemeDoubled)],
        ),
        (
            "![a](https://b.c/d.png) ![e](f.png)",
            "[a](https://b.c/d.png) e",
            vec![Notice::Picture],
        ),
        (
            "[![a](https://b.c/d.png)](https://e.f)",
            "[a](https://e.f) ([https://b.c/d.png](https://b.c/d.png))",
            vec![Notice::Picture],
        ),
    ] {
        let (document, found) = Document::parse_noting(source);
        assert_eq!(document.to_markdown(), expected, "{source:?}");
        assert_eq!(found, BTreeSet::from_iter(notices), "{source:?}");
        markdown(source);
    }
}

#[test]
fn no_sign_that_somebody_typed_is_taken_for_markup() {
    all(&[
        ("1.", "1\\."),
        ("*", "\\*"),
        ("-", "\\-"),
        ("#", "\\#"),
        (">", "&gt;"),
        ("text\n-", "text\n\\-"),
        ("* a\n\n  * * *\n\n  b", "* a\n\n  \\* \\* \\*\n\n  b"),
        ("# We use C #", "## We use C \\#"),
        ("## Title ##", "## Title"),
        ("# **Our story** {#our-story}", "## **Our story**"),
        ("Our story\n=========", "## Our story"),
        (
            "\\\\server\\_share and C:\\_data",
            "&#92;&#92;server&#92;\\_share and C:&#92;\\_data",
        ),
        ("¯\\_(ツ)_/¯", "¯&#92;\\_(ツ)\\_/¯"),
        ("every day\\!", "every day!"),
        ("f*ck, s**t, sh*t", "f\\*ck, s\\*\\*t, sh\\*t"),
        ("^_^ -_-", "^\\_^ -\\_-"),
        ("3*4*5 and 2**3**4", "3\\*4\\*5 and 2\\*\\*3\\*\\*4"),
        ("un*frigging*real", "un*frigging*real"),
        ("**bold **x", "**bold** x"),
    ]);
}
