//! People use the pages: Chromium types, clicks and tabs, with and without JavaScript, and axe-core
//! looks for barriers on every page.

mod kept;
mod phone;
mod written;

use fantoccini::key::Key;

use crate::{
    chromium::{Browser, words_of},
    support::{Answers, Intake, SEED, eventually},
};

// The main story.

#[test]
fn a_campaigner_sends_the_seed_with_javascript() {
    let browser = Browser::start();
    let title = sends_the_seed(&browser);
    assert_eq!(title, "99 characters left", "the limits count along");
}

#[test]
fn a_campaigner_sends_the_seed_without_javascript() {
    let browser = Browser::without_javascript();
    let title = sends_the_seed(&browser);
    assert_eq!(title, "Up to 120 characters", "the limits stand still");
}

/// Form, check page, back, check page, private page, letter, draft. Tells what stood under the
/// title when it was filled in.
fn sends_the_seed(browser: &Browser) -> String {
    let seed = Answers::seed();
    let intake = Intake::start();

    browser.open(&intake.url);
    assert_eq!(browser.text("h1"), "Tell us about your campaign");
    browser.type_in(&seed);
    let below_the_title = browser.text("#title-limit");

    browser.press("check");
    sees_the_post(browser, "Check before you send");
    assert!(browser.text("dl.answers").contains(&seed.contact_email));

    browser.press("edit");
    assert_eq!(browser.text("h1"), "Tell us about your campaign");
    assert_eq!(browser.words(), words_of(&seed), "every word is kept");
    assert_eq!(browser.ticked(), ["People and Participation", "yes"]);

    browser.press("check");
    sees_the_post(browser, "Check before you send");
    assert_eq!(intake.queued(".md"), [""; 0], "nothing is sent yet");

    browser.press("submit");
    let private_page = browser.address();
    assert!(private_page.starts_with(&format!("{}/mine/", intake.url)));
    sees_the_post(browser, "Thank you. We’ve received your case study");

    let receipt = &intake.letters(2)[0];
    assert_eq!(receipt.link(&intake.url), private_page);
    browser.open(&receipt.link(&intake.url));
    sees_the_post(browser, "Thank you. We’ve received your case study");

    browser.open(&intake.mailbox_url());
    browser.follow("We have received your case study");
    browser.follow(&private_page);
    sees_the_post(browser, "Thank you. We’ve received your case study");

    let drafts = intake.queued(".md");
    assert_eq!(drafts.len(), 1);
    assert_eq!(intake.queue_file(&drafts[0]).trim_end(), SEED.trim_end());
    assert_eq!(browser.complaints(), [""; 0]);
    below_the_title
}

/// The page with this heading shows the seed's post as the blog will.
#[track_caller]
fn sees_the_post(browser: &Browser, heading: &str) {
    assert_eq!(browser.text("h1"), heading);
    assert_eq!(
        browser.text(".post-title"),
        "Case study: Trade Union Campaigns"
    );
    assert_eq!(
        browser.texts(".post-body strong"),
        [
            "Campaign type:",
            "Ultimate goals:",
            "Communities involved:",
            "Organisation:",
            "Methods used:"
        ]
    );
    let links = browser.texts(".post-body a");
    assert!(
        links.contains(&"training resources".to_owned()),
        "{links:?}"
    );
    assert!(links.contains(&"contact us".to_owned()), "{links:?}");
}

// Mistakes.

#[test]
fn an_empty_form_is_told_of_every_problem_and_each_link_leads_to_its_field() {
    let intake = Intake::start();
    let browser = Browser::start();
    browser.open(&intake.url);
    browser.be_a_phone();
    browser.write("contact_name", "Ana Souza");
    browser.press("check");

    assert!(browser.title().starts_with("Error: "));
    assert_eq!(
        browser.focused(),
        "error-summary",
        "the summary is read out"
    );
    let problems = browser.texts(".summary li a");
    assert_eq!(problems.len(), 9, "{problems:?}");
    assert_eq!(problems[0], "Enter the name of the campaign");
    assert_eq!(browser.value("contact_name"), "Ana Souza");

    let mut fields = Vec::new();
    for problem in &problems {
        browser.click_link(problem);
        let field = browser.focused();
        let message = browser.text(&format!("#{field}-problem"));
        assert_eq!(message, format!("Error: {problem}"));
        let described_by = browser.attribute(&field, "aria-describedby");
        assert!(
            described_by.starts_with(&format!("{field}-problem")),
            "first"
        );
        assert_eq!(browser.attribute(&field, "aria-required"), "true");
        let beside = format!("#{field}-problem, label[for={field}], label:has(#{field})");
        assert!(
            browser.sees(&beside),
            "{field}: its label and what is wrong"
        );
        assert_eq!(browser.attribute(&field, "aria-invalid"), "true");
        fields.push(field);
    }
    assert_eq!(
        fields,
        [
            "title",
            "story",
            "campaign_type",
            "ultimate_goals",
            "communities_involved",
            "organisation",
            "methods_used",
            "contact_email",
            "consent"
        ]
    );
    assert_eq!(intake.queued(".md"), [""; 0]);
}

#[test]
fn without_javascript_too_the_summary_has_the_focus_and_its_links_work() {
    let intake = Intake::start();
    let browser = Browser::without_javascript();
    browser.open(&intake.url);
    browser.press("check");
    assert_eq!(browser.focused(), "error-summary");
    browser.click_link("Enter the organisation, or “Not named”");
    assert_eq!(browser.focused(), "organisation");
}

#[test]
fn enter_in_a_field_goes_on_only_when_the_form_is_filled_in() {
    let intake = Intake::start();
    let browser = Browser::start();
    browser.open(&intake.url);
    browser.run(
        "document.querySelector('main form').addEventListener('submit', (event) => {
            document.title = 'Sent';
            event.preventDefault();
        })",
    );
    for field in ["title", "consent"] {
        browser.tab_to(field);
        browser.type_keys(" ");
        browser.keys(&[Key::Enter.into()]);
        assert_ne!(browser.title(), "Sent", "{field}");
    }
    browser.fill_in(&Answers::seed());
    browser.keys(&[Key::Enter.into()]);
    assert_eq!(browser.title(), "Sent");
}

#[test]
fn a_screen_reader_says_how_much_room_is_left_once_the_typing_pauses() {
    let intake = Intake::start();
    let browser = Browser::start();
    browser.open(&intake.url);
    let live = "main [role=status][aria-live=polite]";
    assert_eq!(browser.text(live), "");
    browser.write("title", "Trade unions");
    eventually("108 characters left", || {
        (browser.text(live) == "108 characters left").then_some(())
    });
}

// The back button.

#[test]
fn the_browsers_own_back_button_loses_no_word_and_sends_nothing_twice() {
    let seed = Answers::seed();
    let intake = Intake::start();
    let browser = Browser::start();
    browser.open(&intake.url);
    browser.type_in(&seed);
    browser.press("check");

    browser.go_back();
    assert_eq!(browser.words(), words_of(&seed), "every word is kept");
    assert_eq!(browser.ticked(), ["People and Participation", "yes"]);
    browser.press("check");
    browser.press("submit");
    let private_page = browser.address();

    // The check page is not stored, so Chromium has only a page of its own there.
    browser.go_back();
    browser.go_back();
    assert_eq!(browser.words(), words_of(&seed), "and still is");
    browser.press("check");
    browser.press("submit");
    assert_eq!(browser.address(), private_page, "the same answer again");
    assert_eq!(intake.queued(".md").len(), 1);
    assert_eq!(intake.letters(2).len(), 2);
}

// No mouse.

#[test]
fn the_keyboard_is_enough() {
    let seed = Answers::seed();
    let intake = Intake::start();
    let browser = Browser::start();
    browser.open(&intake.url);

    browser.tab();
    assert_eq!(browser.focused(), "Skip to the content");
    browser.keys(&[Key::Enter.into()]);
    assert_eq!(browser.focused(), "main-content");

    browser.tab_to("title");
    browser.type_keys(&seed.title);
    browser.tab_to("People and Participation");
    browser.type_keys(" ");
    browser.tab_to("story");
    browser.type_keys(seed.story.split("\n\n").next().expect("a paragraph"));
    for (name, words) in &words_of(&seed)[2..] {
        browser.tab_to(name);
        browser.type_keys(words);
    }
    browser.tab_to("consent");
    browser.type_keys(" ");
    browser.tab_to("Preview your case study");
    browser.enter();

    assert_eq!(browser.text("h1"), "Check before you send");
    browser.tab_to("Change something");
    browser.leaving(|| browser.type_keys(" "));

    assert_eq!(browser.value("methods_used"), seed.methods_used);
    browser.tab_to("title");
    browser.enter();

    assert_eq!(browser.text("h1"), "Check before you send");
    browser.tab_to("Send it to the editors");
    browser.enter();
    assert_eq!(
        browser.text("h1"),
        "Thank you. We’ve received your case study"
    );
    assert_eq!(
        browser.texts(".post-meta dd"),
        [
            "People and Participation",
            "English",
            "Tim Davies",
            "Catalysing Community Campaigns",
            "yes"
        ]
    );
}

// Looks.

#[test]
fn no_page_has_a_barrier_in_light_or_dark_on_a_phone_or_a_desktop() {
    let mut long = Answers::seed();
    long.story.push_str(
        "\n\nhttps://data.example/a-very-long-address-"
            .repeat(9)
            .trim_end(),
    );
    long.methods_used = "Donaudampfschifffahrtsgesellschaft".repeat(9);
    let intake = Intake::start();
    let browser = Browser::start();

    browser.open(&intake.mailbox_url());
    browser.look_closely("mailbox-empty");

    browser.open(&intake.url);
    browser.look_closely("form");
    browser.press("check");
    browser.look_closely("form-with-errors");

    browser.fill_in(&long);
    browser.press("check");
    browser.look_closely("check-with-long-words");
    browser.set("token", "forged");
    browser.press("submit");
    browser.look_closely("form-with-notice");

    browser.fill_in(&Answers::seed());
    browser.press("check");
    browser.look_closely("check");
    browser.press("submit");
    browser.look_closely("private-page");

    browser.open(&format!("{}/mine", intake.url));
    browser.look_closely("no-such-page");

    assert_eq!(intake.letters(2).len(), 2);
    browser.open(&intake.mailbox_url());
    browser.look_closely("mailbox");
    browser.follow("We have received your case study");
    browser.look_closely("letter-receipt");
    browser.open(&intake.mailbox_url());
    browser.follow("New case study: Trade Union Campaigns");
    browser.look_closely("letter-to-the-editors");
}

#[test]
fn with_the_readers_own_colours_every_state_still_shows() {
    let intake = Intake::start();
    let browser = Browser::start();
    browser.open(&intake.url);
    browser.force_colours("form-in-forced-colours");
    assert_eq!(browser.style(".choice", "outlineStyle"), "none");
    browser.click("#consent");
    assert_eq!(
        browser.style(".choice:has(:checked)", "outlineStyle"),
        "solid"
    );
    let as_usual = browser.style("#title", "borderTopStyle");
    browser.press("check");
    browser.force_colours("form-with-errors-in-forced-colours");
    assert_ne!(browser.style("#title", "borderTopStyle"), as_usual);
    browser.fill_in(&Answers::seed());
    browser.press("check");
    browser.force_colours("check-in-forced-colours");
    let of = |action: &str| {
        let button = format!("button[value={action}]:not(.link)");
        browser.style(&button, "backgroundColor")
    };
    assert_ne!(of("submit"), of("edit"), "what to press first");
}

#[test]
fn the_form_is_three_requests_and_thirty_kilobytes_at_most() {
    let intake = Intake::start();
    let browser = Browser::start();
    browser.open(&intake.url);
    browser.assert_light();
}
