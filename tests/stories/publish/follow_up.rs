//! What happened next: the letter months after publication, the update, and the blog that has it.

use std::{fs, process::Command};

use crate::support::{Answer, Answers, Visitor, eventually};
use crate::valid::Pages;

use super::{Desk, PERMALINK, SEED_FILE, letters_of};

const OWN: &str = "https://blog.example/blog/{year}/{month}/{day}/{slug}";
const HOSTILE: &str = "We won: *every* shift is asked about. {{ site.title }} <script>alert(1)</script>\n\n* {% include x %}\n* [more](https://example.org/a_b)";

fn desk_with(lines: &str) -> Desk {
    Desk::prepared(&[], |intake| {
        let noun = format!("noun: case study\n{lines}\n");
        intake.case_study(&[(PERMALINK, OWN), ("noun: case study\n", &noun)]);
    })
}

/// One that is on the blog, of somebody who may be written to afterwards or not; and its private page.
fn published(desk: &mut Desk, may_be_written_to: bool) -> (String, String) {
    let (answers, token) = (Answers::seed(), desk.intake.token());
    let mut fields = answers.sent(&token, "submit");
    if may_be_written_to {
        fields.push(("consent_contact", "yes"));
    }
    let private = desk.intake.post("/", &fields).location;
    let id = private.split('/').nth(2).expect("an id").to_owned();
    let fields = [("slug", "case-study-tuc"), ("date", "2025-02-05")];
    desk.edit(&id, &Answers::seed(), &fields);
    desk.decide(&id, "approve");
    desk.decide(&id, "publish");
    assert_eq!(desk.stage(&id), "published");
    (id, private)
}

/// Half a year later.
#[track_caller]
fn months_pass(desk: &mut Desk, id: &str) {
    eventually("all mail sent", || {
        let record = desk.intake.record_text(id);
        (!record.contains("\"pending\"")).then_some(())
    });
    desk.intake.stop();
    let mut record = desk.intake.record(id);
    let dues = record["follow_ups"].as_array().expect("times").len();
    assert_eq!(dues, 2, "{record}");
    record["follow_ups"][0] = "2026-01-01T00:00:00Z".into();
    desk.intake.set_due(id, &record);
    desk.intake.start_again();
}

fn says(desk: &Desk, private: &str, fields: &[(&str, &str)]) -> Answer {
    Visitor::new().fill_in(&desk.intake, private, private, fields)
}

#[test]
fn an_update_goes_from_the_letter_over_the_desk_to_the_built_blog() {
    let mut desk = desk_with("follow_up: [6 months, 18 months]");
    let (id, private) = published(&mut desk, true);
    let before = desk.on_the_host(SEED_FILE).expect("published");
    assert!(!desk.intake.get(&private).body.contains("add_addendum"));
    let early = [("action", "add_addendum"), ("note", "Too early.")];
    assert_eq!(says(&desk, &private, &early).status, 409);
    months_pass(&mut desk, &id);
    let letter = eventually("the letter", || {
        letters_of(&desk, "What happened next").pop()
    });
    assert!(letter.text.contains(&private), "{}", letter.text);
    let left = desk.intake.record(&id)["follow_ups"].clone();
    assert_eq!(
        left.as_array().map(Vec::len),
        Some(1),
        "asked once for each"
    );

    let page = desk.intake.get(&private).body;
    assert!(page.contains("What happened next?</h2>"), "{page}");
    let mut pages = Pages::default();
    pages.keep_text("private-page-what-next", &page);
    let long = "a".repeat(20_001);
    let refused = says(
        &desk,
        &private,
        &[("action", "add_addendum"), ("note", &long)],
    );
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains(&long), "no word is lost");
    let empty = says(&desk, &private, &[("action", "add_addendum"), ("note", "")]);
    assert_eq!(empty.status, 422);
    let sent = says(
        &desk,
        &private,
        &[("action", "add_addendum"), ("note", HOSTILE)],
    );
    assert_eq!(sent.status, 303, "{}", sent.body);
    let told = eventually("the editors told", || {
        letters_of(&desk, "Update by the campaigner").pop()
    });
    assert!(told.text.contains("We won: *every* shift"), "{}", told.text);
    assert!(!told.text.contains("zelda.quince"), "{}", told.text);
    let page = desk.intake.get(&private).body;
    assert!(page.contains("An editor is reading your update."), "{page}");
    assert!(!page.contains("value=\"add_addendum\""), "{page}");
    let problems = desk.ann.get(&desk.intake, "/desk?problems=yes").body;
    assert!(
        problems.contains("the campaigner wrote what happened next"),
        "{problems}"
    );
    assert_eq!(desk.draft(&id), before, "nothing of it is in the post yet");

    let edited = HOSTILE.replace("every", "each");
    let mut fields = vec![
        ("action", "approve_addendum"),
        ("step", "show"),
        ("addendum_heading", "Update, March 2027"),
        ("addendum", edited.as_str()),
    ];
    let desk_page = format!("/desk/{id}");
    let review = desk.review(&id);
    assert!(review.contains("Approve the update …"), "{review}");
    pages.keep_text("review-update", &review);
    let shown = desk
        .ann
        .fill_in(&desk.intake, &desk_page, &desk_page, &fields);
    assert_eq!(shown.status, 200, "{}", shown.body);
    pages.keep("decide-update", 200, &shown);
    pages.assert_valid();
    assert!(
        shown.body.contains("An editor has approved it."),
        "{}",
        shown.body
    );
    assert!(
        shown.body.contains("each* shift"),
        "the text goes on with it"
    );
    fields.retain(|(name, _)| *name != "step");
    let approved = desk
        .ann
        .fill_in(&desk.intake, &desk_page, &desk_page, &fields);
    assert_eq!(approved.status, 303, "{}", approved.body);
    eventually("the campaigner told", || {
        letters_of(&desk, "Your update to").pop()
    });
    let page = desk.intake.get(&private).body;
    assert!(page.contains("at the end of the post soon"), "{page}");
    assert_eq!(desk.on_the_host(SEED_FILE).as_ref(), Some(&before));
    desk.decide(&id, "publish");
    let after = desk.on_the_host(SEED_FILE).expect("published");
    let added = after
        .strip_prefix(before.trim_end())
        .expect("the post as it was, and more");
    assert!(added.contains("\n## Update, March 2027\n"), "{added}");

    let built = Command::new("jekyll")
        .args(["build", "--strict_front_matter", "--quiet"])
        .current_dir(desk.web())
        .status();
    assert!(built.expect("jekyll is missing").success());
    let post = desk.path("web/_site/blog/2025/02/05/case-study-tuc.html");
    let html = fs::read_to_string(post).expect("a page");
    assert!(html.contains("Update, March 2027</h2>"), "{html}");
    assert!(html.contains("We won: <em>each</em> shift"), "{html}");
    assert!(
        html.contains("{{ site.title }}") || html.contains("&#123;"),
        "{html}"
    );
    assert!(!html.contains("<script>alert(1)"), "{html}");
    assert!(html.contains("href=\"https://example.org/a_b\""), "{html}");
    let page = desk.intake.get(&private).body;
    assert!(page.contains("Your update is in the post."), "{page}");
    assert!(
        page.contains("Update, March 2027</h"),
        "the preview has it too"
    );
}

#[test]
fn an_update_can_be_declined_and_its_words_go_with_erasure() {
    let mut desk = desk_with("follow_up: [6 months, 18 months]");
    let (id, private) = published(&mut desk, true);
    months_pass(&mut desk, &id);
    eventually("the letter", || {
        letters_of(&desk, "What happened next").pop()
    });
    let update = [("action", "add_addendum"), ("note", "updatecanary")];
    assert_eq!(says(&desk, &private, &update).status, 303);
    let page = format!("/desk/{id}");
    let bare = [("action", "decline_addendum"), ("note", "")];
    let refused = desk.ann.fill_in(&desk.intake, &page, &page, &bare);
    assert_eq!(refused.status, 422);
    let why = [
        ("action", "decline_addendum"),
        ("note", "It names a colleague."),
    ];
    let declined = desk.ann.fill_in(&desk.intake, &page, &page, &why);
    assert_eq!(declined.status, 303, "{}", declined.body);
    let letter = eventually("the campaigner told", || {
        letters_of(&desk, "About your update").pop()
    });
    assert!(letter.text.contains("It names a colleague."));
    assert_eq!(says(&desk, &private, &update).status, 303, "another one");
    let erase = [("action", "erase"), ("sure", "yes")];
    assert_eq!(says(&desk, &private, &erase).status, 303);
    let record = desk.intake.record_text(&id);
    assert!(!record.contains("updatecanary"), "{record}");
    assert!(!desk.review(&id).contains("updatecanary"));
}

#[test]
fn who_did_not_agree_or_does_not_any_more_is_not_asked() {
    let mut desk = desk_with("follow_up: [6 months, 18 months]");
    let (id, private) = published(&mut desk, true);
    let revoke = [("action", "revoke_consent"), ("purpose", "contact")];
    assert_eq!(says(&desk, &private, &revoke).status, 303);
    months_pass(&mut desk, &id);
    let other = desk.submitted(&Answers::number(2));
    eventually("a letter to somebody else", || {
        letters_of(&desk, "received").pop()
    });
    assert!(letters_of(&desk, "What happened next").is_empty());
    assert_eq!(desk.stage(&other), "received");

    let mut desk = desk_with("follow_up: [6 months, 18 months]");
    let (id, _) = published(&mut desk, false);
    months_pass(&mut desk, &id);
    eventually("the clock to be noted", || {
        let metrics = desk.intake.watched("/metrics").body;
        metrics.contains("intake_clock_believed 1").then_some(())
    });
    assert!(letters_of(&desk, "What happened next").is_empty());
}

#[test]
fn an_update_in_the_campaigner_s_own_words_needs_no_agreement_and_an_edited_one_does() {
    for edited in [false, true] {
        let mut desk = desk_with("follow_up: [6 months, 18 months]\nsign_off: require");
        let (answers, token) = (Answers::seed(), desk.intake.token());
        let mut fields = answers.sent(&token, "submit");
        fields.push(("consent_contact", "yes"));
        let private = desk.intake.post("/", &fields).location;
        let id = private.split('/').nth(2).expect("an id").to_owned();
        desk.decide(&id, "approve");
        desk.decide(&id, "publish");
        months_pass(&mut desk, &id);
        eventually("the letter", || {
            letters_of(&desk, "What happened next").pop()
        });
        let written = "We won. Call us on 020 7946 0958.";
        let update = [("action", "add_addendum"), ("note", written)];
        assert_eq!(says(&desk, &private, &update).status, 303);
        // What may harm somebody is asked about before it is approved.
        let review = desk.review(&id);
        assert!(review.contains("<mark>020 7946 0958</mark>"), "{review}");
        assert!(review.contains("harm someone?"), "{review}");
        let text = if edited { "They won." } else { written };
        let page = format!("/desk/{id}");
        let fields = [
            ("action", "approve_addendum"),
            ("addendum_heading", "Update, March 2027"),
            ("addendum", text),
        ];
        let approved = desk.ann.fill_in(&desk.intake, &page, &page, &fields);
        assert_eq!(approved.status, 303, "{}", approved.body);
        let letter = eventually("the letter", || letters_of(&desk, "Your update to").pop());
        let asks = letter
            .text
            .contains("we’ll ask you whether you’re happy with it");
        assert_eq!(asks, edited, "{}", letter.text);
        let answer = desk.press(&id, "publish");
        if edited {
            assert_eq!(answer.status, 409, "{}", answer.body);
            desk.decide(&id, "ask_to_agree");
            let shown = desk.intake.get(&private).body;
            assert!(shown.contains("They won."), "{shown}");
            assert_eq!(says(&desk, &private, &[("action", "accept")]).status, 303);
            desk.decide(&id, "publish");
        } else {
            assert_eq!(answer.status, 303, "{}", answer.body);
        }
        assert!(desk.draft(&id).contains(text));
        assert_eq!(
            desk.intake.record(&id)["publication"]["post"],
            desk.draft(&id)
        );
    }
}
