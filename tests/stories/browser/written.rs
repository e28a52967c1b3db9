//! Writing: pastes from word processors, buttons for Markdown, and a preview beside it.

use fantoccini::key::Key;

use crate::{
    chromium::Browser,
    support::{Intake, eventually},
};

/// Pastes what a word processor puts on the clipboard.
pub fn paste(browser: &Browser, html: &str, plain: &str) {
    let script = format!(
        "const data = new DataTransfer();
        data.setData('text/html', {html:?});
        data.setData('text/plain', {plain:?});
        const story = document.getElementById('story');
        story.focus();
        return story.dispatchEvent(new ClipboardEvent('paste', {{ clipboardData: data, bubbles: true, cancelable: true }}))"
    );
    browser.run(&script);
}

#[test]
fn a_paste_from_a_word_processor_becomes_markdown_and_is_seen_beside_it() {
    let intake = Intake::start();
    let browser = Browser::start();
    browser.open(&intake.url);
    paste(
        &browser,
        "<b style='font-weight:normal'><p><span style='font-weight:700'>We won</span>, see <a href='https://example.org/x'>here</a>.</p><ul><li>One</li><li>Two</li></ul></b>",
        "We won, see here. One Two",
    );
    let markdown = "**We won**, see [here](https://example.org/x).\n\n* One\n* Two";
    eventually("the paste", || {
        (browser.value("story") == markdown).then_some(())
    });
    eventually("the preview", || {
        let bold = "return document.querySelector('.live strong')?.textContent";
        (browser.run(bold) == "We won").then_some(())
    });
    assert_eq!(browser.texts(".live li"), ["One", "Two"]);
    assert_eq!(browser.text(".live h3"), "How it will look");

    // Where it cannot be told what it is, the plain text comes.
    browser.set("story", "");
    let deep = "<b>".repeat(500);
    paste(&browser, &deep, "Plain words");
    eventually("the plain text", || {
        (browser.value("story") == "Plain words").then_some(())
    });
}

#[test]
fn the_buttons_above_the_story_work_with_the_keyboard() {
    let intake = Intake::start();
    let browser = Browser::start();
    browser.open(&intake.url);
    browser.write("story", "we won");
    browser.run("document.getElementById('story').setSelectionRange(3, 6)");
    browser.run("document.querySelector('.marks button').focus()");
    browser.keys(&[Key::Enter.into()]);
    assert_eq!(browser.value("story"), "we **won**");
    assert!(browser.address().ends_with('/'), "nothing was sent");

    let plain = Browser::without_javascript();
    plain.open(&intake.url);
    assert!(plain.texts(".marks, .live").is_empty());
}

#[test]
fn other_sites_cannot_use_what_the_script_asks_for() {
    let intake = Intake::start();
    let answer = |path: &str, site: &str| {
        ureq::post(format!("{}{path}", intake.url))
            .header("sec-fetch-site", site)
            .config()
            .http_status_as_error(false)
            .build()
            .send_form([("html", "<p>Secret words</p>"), ("text", "*Secret words*")])
            .expect("an answer")
    };
    for path in ["/paste", "/preview"] {
        assert_eq!(answer(path, "cross-site").status(), 403);
        let mut ours = answer(path, "same-origin");
        assert_eq!(ours.headers()["cache-control"], "no-store");
        assert!(
            ours.body_mut()
                .read_to_string()
                .expect("text")
                .contains("Secret words")
        );
    }
    assert!(!intake.log().contains("Secret"));
}

#[test]
fn the_words_of_a_form_in_arabic_go_from_right_to_left() {
    let mut intake = Intake::at_rest_with(&[]);
    intake.case_study(&[
        ("title: Tell us about your campaign", "title: احكِ لنا قصتك!"),
        ("label: Name of the campaign", "label: ما اسم الحملة?"),
        (
            "hint: A short name that people will recognise.",
            "hint: اسم قصير (يعرفه الناس).",
        ),
        (
            "about: It takes about 15 minutes.",
            "about: يستغرق ربع ساعة.",
        ),
    ]);
    intake.start_again();
    let browser = Browser::start();
    browser.open(&intake.url);
    // Whether the last character stands to the left of the first.
    let ends_left = |selector: &str| {
        browser.run(&format!(
            "const text = document.querySelector({selector:?}).firstChild;
             const words = text.data.trimEnd();
             const left = (at) => {{
                 const range = document.createRange();
                 range.setStart(text, at);
                 range.setEnd(text, at + 1);
                 return range.getBoundingClientRect().left;
             }};
             return left(words.length - 1) < left(0);"
        ))
    };
    for selector in ["h1", "label[for=title]", "#title-hint"] {
        assert_eq!(ends_left(selector), true, "{selector}");
    }
    for selector in ["label[for=story]", "#part-consent + .field label span"] {
        assert_eq!(ends_left(selector), false, "{selector}");
    }
}
