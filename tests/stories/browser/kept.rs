//! Nothing that was typed is lost, on any page, in any ordinary moment.

use crate::{
    chromium::{Browser, words_of},
    support::{Answers, Intake, eventually},
};

/// A form that came back with mistakes, all else filled in.
fn comes_back(browser: &Browser, intake: &Intake) -> Answers {
    let answers = Answers {
        contact_email: "ana@".to_owned(),
        ..Answers::seed()
    };
    browser.open(&intake.url);
    browser.fill_in(&answers);
    browser.press("check");
    assert!(browser.title().starts_with("Error: "));
    answers
}

#[track_caller]
fn has_every_word(browser: &Browser, answers: &Answers) {
    assert_eq!(browser.words(), words_of(answers));
}

fn reloads_without_losing_a_word(browser: &Browser) {
    let intake = Intake::start();
    let answers = comes_back(browser, &intake);
    browser.reload();
    has_every_word(browser, &answers);

    browser.set("contact_email", &Answers::seed().contact_email);
    browser.press("check");
    browser.reload();
    assert_eq!(browser.text("h1"), "Check before you send");
    browser.press("edit");
    browser.reload();
    has_every_word(browser, &Answers::seed());
}

#[test]
fn reloading_a_form_that_came_back_keeps_every_word() {
    reloads_without_losing_a_word(&Browser::start());
}

#[test]
fn reloading_a_form_that_came_back_keeps_every_word_without_javascript() {
    reloads_without_losing_a_word(&Browser::without_javascript());
}

/// Form, check page, a link in the preview, and back and forward through all of them.
fn goes_back_and_forward(browser: &Browser) {
    let intake = Intake::start();
    let answers = Answers {
        story: format!(
            "See [our page]({}/lost-link).\n\n{}",
            intake.url,
            "Words. ".repeat(30)
        )
        .trim()
        .to_owned(),
        ..Answers::seed()
    };
    browser.open(&intake.url);
    browser.fill_in(&answers);
    browser.press("check");
    browser.follow("our page");
    assert!(browser.address().ends_with("/lost-link"));

    browser.go_back();
    assert_eq!(browser.text("h1"), "Check before you send");
    browser.go_back();
    has_every_word(browser, &answers);
    browser.go_forward();
    assert_eq!(browser.text("h1"), "Check before you send");
    browser.press("edit");
    has_every_word(browser, &answers);
    browser.go_back();
    assert_eq!(browser.text("h1"), "Check before you send");
    browser.press("submit");
    assert_eq!(
        browser.text("h1"),
        "Thank you. We’ve received your case study"
    );
    assert_eq!(intake.ids().len(), 1);
}

#[test]
fn back_and_forward_and_a_link_in_the_preview_lose_nothing() {
    goes_back_and_forward(&Browser::start());
}

#[test]
fn back_and_forward_and_a_link_in_the_preview_lose_nothing_without_javascript() {
    goes_back_and_forward(&Browser::without_javascript());
}

#[test]
fn a_page_that_was_closed_is_offered_again_without_what_is_private() {
    let intake = Intake::start();
    let browser = Browser::start();
    let seed = Answers::seed();
    browser.open(&intake.url);
    assert!(!is_offered(&browser), "nothing was begun");
    browser.fill_in(&seed);
    eventually("it is kept", || {
        (browser.run("return localStorage.length") == 1).then_some(())
    });
    browser.in_a_new_tab_instead(&intake.url);

    assert!(
        browser
            .text("#begun")
            .starts_with("You began this form here on ")
    );
    browser.leaving(|| browser.click("#go-on"));
    let without = Answers {
        contact_name: String::new(),
        contact_email: String::new(),
        ..seed.clone()
    };
    has_every_word(&browser, &without);
    assert_eq!(browser.ticked(), [""; 0], "nobody has agreed yet");
    let stored = browser
        .run("return JSON.stringify(localStorage)")
        .to_string();
    assert!(stored.contains("Trade Union") && !stored.contains(&seed.contact_email));

    browser.fill_in(&seed);
    browser.press("check");
    browser.press("submit");
    assert_eq!(
        browser.run("return localStorage.length"),
        0,
        "what was sent is kept elsewhere"
    );
    assert_eq!(intake.ids().len(), 1);

    // Somebody who shares the device wants nothing left on it.
    browser.open(&intake.url);
    browser.fill_in(&seed);
    browser.click("#keep-none");
    browser.set("title", "Another");
    browser.in_a_new_tab_instead(&intake.url);
    assert!(!is_offered(&browser));
    assert_eq!(browser.run("return localStorage.length"), 0);
}

/// Whether the form offers to go on with what was typed before.
fn is_offered(browser: &Browser) -> bool {
    browser.run("return !document.getElementById('begun').hidden") == true
}
