//! An editor has heard of a campaign, begins its entry, and invites whoever can tell the story.

use crate::{
    chromium::Browser,
    support::{Answers, Hidden, Visitor, eventually, value_of},
};

use super::{ANN, with_editors};

const INVITED: &str = "zelda.quince@canary.example";

#[test]
fn whoever_is_invited_completes_what_an_editor_has_begun() {
    let intake = with_editors();
    let mut ann = Visitor::sign_in(&intake, ANN);
    let before = intake.mailbox().len();
    let queue = ann.get(&intake, "/desk").body;
    assert!(queue.contains("href=\"/desk/new\""));
    let page = ann.get(&intake, "/desk/new").body;
    for name in [
        "contact_name",
        "contact_email",
        "consent",
        "credit",
        "author",
    ] {
        let input = format!("name=\"{name}\"");
        assert!(!page.contains(&input), "{name} is theirs alone");
    }
    let mut begins = |fields: &[(&str, &str)]| {
        let fields = [&[("action", "invite")], fields].concat();
        ann.fill_in(&intake, "/desk/new", "/desk/new", &fields)
    };

    // What is missing is said, and nobody is invited.
    let answer = begins(&[
        ("organisation", "Residents <of> the \"city\""),
        ("invite_email", "nobody"),
        ("invite_page", "no address"),
        ("invite_message", "Dear all,\n\nplease."),
    ]);
    assert_eq!(answer.status, 422);
    let inputs: Vec<String> = answer.problems().into_iter().map(|it| it.0).collect();
    assert_eq!(inputs, ["invite_email", "invite_page", "title"]);
    let kept = "Residents &lt;of&gt; the &quot;city&quot;";
    assert!(answer.body.contains(kept), "{}", answer.body);
    assert!(answer.body.contains("Dear all,\n\nplease.</textarea>"));

    let answer = begins(&[
        ("title", "Clean air for all"),
        ("organisation", "Residents of the city"),
        ("invite_email", INVITED),
        ("invite_page", "example.org/clean-air"),
        (
            "invite_message",
            "We met in Leeds.\n\nWould you write about it?",
        ),
        // None of these is an editor's to say.
        ("contact_name", "Mallory"),
        ("consent", "yes"),
        ("credit", "name"),
    ]);
    assert_eq!(answer.status, 303, "{}", answer.body);
    let done = ann.get(&intake, &answer.location).body;
    assert!(done.contains("The invitation is on its way"));
    assert!(done.contains("Clean air for all") && done.contains(INVITED));
    assert!(intake.ids().is_empty(), "it is nothing in the queue");

    let letters = intake.letters(before + 1);
    let letter = letters.iter().find(|it| it.headers["To"] == INVITED);
    let letter = letter.expect("an invitation");
    assert_eq!(
        letter.headers["Subject"],
        "Your case study for Connected by Data: Clean air for all"
    );
    for words in [
        "Ann of Connected by Data has begun a case study for you to complete",
        "We met in Leeds.\n\nWould you write about it?",
        "https://example.org/clean-air\n",
    ] {
        assert!(letter.text.contains(words), "{words}: {}", letter.text);
    }

    // They find what is known, change it, and send it as any other.
    let zelda = Browser::start();
    let link = letter.link(&format!("{}/mine/", intake.url));
    zelda.open(&link);
    assert!(zelda.text("main").contains("We’ve begun this for you"));
    assert_eq!(zelda.value("title"), "Clean air for all");
    assert_eq!(zelda.value("organisation"), "Residents of the city");
    assert_eq!(zelda.value("contact_email"), INVITED);
    assert_eq!(zelda.value("contact_name"), "");
    let agreed = zelda.run("return [...document.querySelectorAll('.consent :checked')].length");
    assert_eq!(agreed, 0);
    zelda.look_closely("invited");
    zelda.press("save");
    assert!(!zelda.text("main").contains("We’ve begun this for you"));
    let page = ann.get(&intake, "/desk/new").body;
    assert!(page.contains("they have saved it since"));
    zelda.fill_in(&Answers {
        title: "Clean air, and what came of it".into(),
        ..Answers::seed()
    });
    zelda.press("check");
    zelda.press("submit");
    eventually("it is in the queue", || intake.ids().first().cloned());
    let queue = ann.get(&intake, "/desk").body;
    assert!(queue.contains("Clean air, and what came of it"));
    let page = ann.get(&intake, "/desk/new").body;
    assert!(
        !page.contains(INVITED),
        "the list has only what was not sent"
    );
}

#[test]
fn an_entry_that_was_begun_outlives_a_kill_and_a_move_to_another_machine() {
    let mut intake = with_editors();
    let mut ann = Visitor::sign_in(&intake, ANN);
    let fields = [
        ("action", "invite"),
        ("title", "Clean water"),
        ("invite_email", INVITED),
    ];
    let page = ann.get(&intake, "/desk/new").body;
    let hidden = Hidden::in_page(&page);
    let fields = hidden.with(&fields);
    assert_eq!(ann.post(&intake, "/desk/new", &fields).status, 303);
    intake.kill();
    intake.start_again();
    eventually("the invitation arrives", || {
        let letters = intake.letters(2);
        letters
            .iter()
            .any(|it| it.headers["To"] == INVITED)
            .then_some(())
    });

    let file = intake.folder.path().join("backup.jsonl");
    let file = file.to_str().expect("a path");
    assert_eq!(intake.run(&["backup", file]).status, Some(0));
    let mut elsewhere = super::Intake::at_rest_with(&[("INTAKE__EDITORS", super::ANN_AND_BO)]);
    assert_eq!(elsewhere.run(&["restore", file]).status, Some(0));
    elsewhere.start_again();
    let mut ann = Visitor::sign_in(&elsewhere, ANN);
    let page = ann.get(&elsewhere, "/desk/new").body;
    assert!(page.contains("Clean water") && page.contains(INVITED));
}

/// Invites to an entry of this title; the link in the invitation.
fn invited(intake: &super::Intake, ann: &mut Visitor, title: &str) -> String {
    let fields = [
        ("action", "invite"),
        ("title", title),
        ("organisation", "Residents of the city"),
        ("invite_message", "We met in Leeds."),
        ("invite_email", INVITED),
    ];
    let before = intake.mailbox().len();
    let answer = ann.fill_in(intake, "/desk/new", "/desk/new", &fields);
    assert_eq!(answer.status, 303, "{}", answer.body);
    let mut letters = intake.letters(before + 1).into_iter();
    let letter = letters.find(|it| it.headers["To"] == INVITED);
    let letter = letter.expect("an invitation");
    let link = letter.link(&format!("{}/mine/", intake.url));
    link.replace(&intake.url, "")
}

/// What the button of the only invitation sends.
fn takes_back(page: &str) -> String {
    value_of(page, "take_back").expect("a button")
}

#[test]
fn an_invitation_to_a_wrong_address_is_taken_back_by_another_editor() {
    let intake = with_editors();
    let mut ann = Visitor::sign_in(&intake, ANN);
    let mut bo = Visitor::sign_in(&intake, super::BO);
    let link = invited(&intake, &mut ann, "Clean air for all");
    let open = intake.get(&link).body;
    assert!(open.contains("Residents of the city"));
    let taken = takes_back(&bo.get(&intake, "/desk/new").body);
    let takes = [("take_back", taken.as_str())];
    let answer = bo.fill_in(&intake, "/desk/new", "/desk/new", &takes);
    assert_eq!(answer.status, 303, "{}", answer.body);
    let done = bo.get(&intake, &answer.location).body;
    assert!(done.contains("The invitation is taken back"));
    assert!(!done.contains(INVITED) && !done.contains("Clean air for all"));

    // The link says so, and nothing of it stays.
    let page = intake.get(&link);
    assert!(page.body.contains("We’ve taken this invitation back"));
    assert!(!page.body.contains("Residents") && !page.body.contains("<form"));
    let kept = intake.table("saved_form");
    for gone in ["Residents", "We met in Leeds", INVITED] {
        assert!(!kept.contains(gone), "{gone}: {kept}");
    }
    // Who had it open loses no word, and sends nothing.
    let seed = Answers::seed();
    let mut sent = seed.sent("", "submit");
    sent.push(("revision", "1"));
    let refused = intake.post(&link, &sent);
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("Trade Union Campaigns"));
    assert!(intake.ids().is_empty());
    let again = bo.fill_in(&intake, "/desk/new", "/desk/new", &takes);
    assert_eq!(again.status, 409);
    assert!(again.body.contains("There is no such invitation any more"));
}

#[test]
fn what_was_saved_before_an_invitation_was_taken_back_can_still_be_copied() {
    let intake = with_editors();
    let mut ann = Visitor::sign_in(&intake, ANN);
    let link = invited(&intake, &mut ann, "Clean air for all");
    let own = [
        ("revision", "1"),
        ("title", "In my own words"),
        ("action", "save"),
    ];
    assert_eq!(intake.post(&link, &own).status, 303);
    let taken = takes_back(&ann.get(&intake, "/desk/new").body);
    let takes = [("take_back", taken.as_str())];
    let answer = ann.fill_in(&intake, "/desk/new", "/desk/new", &takes);
    assert_eq!(answer.status, 303, "{}", answer.body);
    let page = intake.get(&link).body;
    assert!(page.contains("In my own words") && page.contains("so you can copy them"));
    let saves = intake.post(&link, &own);
    assert_eq!(saves.status, 422);
    assert!(saves.body.contains("In my own words"));
}

#[test]
fn whoever_was_invited_is_told_once_that_the_form_has_closed_and_nobody_else_is_invited() {
    let intake = with_editors();
    let mut ann = Visitor::sign_in(&intake, ANN);
    let link = invited(&intake, &mut ann, "Clean air for all");
    let before = intake.mailbox().len();
    let close = |more: &[&str]| {
        let ran = intake.run(&[&["close", "case-study", "--yes"], more].concat());
        assert_eq!(ran.status, Some(0), "{}", ran.err);
        ran.out
    };
    let said = close(&["--words", "Our call is over.", "--export", "one.json"]);
    assert!(said.contains("told that the form is closed: 1."), "{said}");
    let mut letters = intake.letters(before + 1).into_iter();
    let letter = letters.find(|it| it.headers["Subject"].contains("has closed"));
    let letter = letter.expect("the letter");
    assert_eq!(letter.headers["To"], INVITED);
    for words in ["Clean air for all", "Our call is over."] {
        assert!(letter.text.contains(words), "{}", letter.text);
    }
    assert!(!letter.text.contains("/mine/"), "{}", letter.text);
    let said = close(&["--export", "two.json"]);
    assert!(!said.contains("told that the form is closed"), "{said}");
    assert_eq!(intake.mailbox().len(), before + 1);

    // The page that was begun has no button that does nothing any more.
    let page = eventually("the page of a closed form", || {
        let page = intake.get(&link).body;
        page.contains("This form is closed").then_some(page)
    });
    assert!(page.contains("Residents of the city"));
    for button in [
        "check\">",
        "save\"",
        "send_link",
        "add:",
        "upload:",
        "remove:",
    ] {
        let button = format!("name=\"action\" value=\"{button}");
        assert!(!page.contains(&button), "{button}");
    }
    assert!(!page.contains("data-saved"), "it does not save itself");
    assert!(page.contains("value=\"discard\""));

    // The desk says so before anything is typed.
    let page = ann.get(&intake, "/desk/new").body;
    assert!(page.contains("This form isn’t open"));
    assert!(!page.contains("invite_email"));
    assert!(page.contains("Clean air for all"), "the list is there");
}
