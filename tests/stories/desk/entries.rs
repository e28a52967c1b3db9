//! An editor has heard of a campaign, begins its entry, and invites whoever can tell the story.

use crate::{
    chromium::Browser,
    support::{Answers, Hidden, Visitor, eventually},
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
