//! Editors who work together: who does what next and by when, and what each is told by email.

mod digest;
mod reminders;

use case_study_intake::form;

use crate::{
    chromium::Browser,
    desk::{ANN, ANN_AND_BO, BO, assert_done, assert_without, id_and_key, letters_of, settled},
    desk_browser::words::let_in,
    support::{Answers, Hidden, Intake, Letter, Visitor},
};

const NEXT_ACTIONS: (&str, &str) = (
    "noun: case study\n",
    "noun: case study\nnext_actions:\n    - Check the facts\n    - Ask for a picture\n",
);

/// The service with a form in which something is to be done next, and Ann and Bo.
fn of_a_team(settings: &[(&str, &str)]) -> Intake {
    let mut all = vec![("INTAKE__EDITORS", ANN_AND_BO)];
    all.extend_from_slice(settings);
    let mut intake = Intake::at_rest_with(&all);
    intake.case_study(&[NEXT_ACTIONS]);
    intake.start_again();
    intake
}

/// The letters about this submission that went to this address, the oldest first.
fn letters_to(intake: &Intake, id: &str, address: &str) -> Vec<Letter> {
    let letters = letters_of(intake, id).into_values();
    letters
        .filter(|letter| letter.headers["To"].contains(address))
        .collect()
}

#[test]
fn ann_asks_bo_to_check_the_facts_by_a_day_and_bo_finds_it_among_what_is_overdue() {
    let intake = of_a_team(&[]);
    let (id, _) = id_and_key(&intake.submit(&Answers::seed()));
    let other = id_and_key(&intake.submit(&Answers::number(1))).0;
    intake.submit(&Answers::number(2));
    let desk = format!("/desk/{id}");
    let ann = Browser::start();
    let_in(&intake, &ann);
    ann.open(&format!("{}{desk}", intake.url));
    ann.run("document.querySelector('#assigned').value = 'bo@desk.example'");
    ann.run("document.querySelector('#next-action').value = 'Check the facts'");
    ann.run("document.querySelector('#due-on').value = '2026-01-09'");
    ann.press("assign");
    let facts = ann.text("h1 + .facts");
    assert!(facts.contains("with Bo"), "{facts}");
    assert!(facts.contains("Overdue: Check the facts, 9 Jan"), "{facts}");
    let history = ann.text("ol.history:last-of-type");
    assert!(
        history.contains("Bo · Check the facts · by 9 January 2026"),
        "{history}"
    );
    let told = ann.text("main .note[role=status]");
    assert!(told.contains("Assigned: Bo"), "{told}");
    ann.look_closely("review-with-what-is-next");

    // Bo is told of it, and nothing private is in that; Ann, who takes the next one herself, is not.
    let letter = letters_to(&intake, &id, BO).pop().expect("a letter");
    assert_eq!(letter.headers["Subject"], "For you: Trade Union Campaigns");
    for words in [
        "Ann asks you",
        "Next: Check the facts",
        "By: 9 January 2026",
    ] {
        assert!(letter.text.contains(words), "{}", letter.text);
    }
    assert!(letter.text.contains(&desk));
    assert_without("the letter", &letter.text, &["quince", "canary"]);
    let mut ann_again = Visitor::sign_in(&intake, ANN);
    let own = [
        ("action", "assign"),
        ("assigned", ANN),
        ("due_on", "2999-12-31"),
    ];
    let own_desk = format!("/desk/{other}");
    assert_done(&ann_again.fill_in(&intake, &own_desk, &own_desk, &own));
    assert_eq!(letters_to(&intake, &other, ANN).len(), 1, "the first one");

    // A page that was opened before leaves what is next alone; a day that is none is said to be.
    let to_nobody = [("action", "assign"), ("assigned", "")];
    let hidden = Hidden::in_page(&ann_again.get(&intake, &desk).body);
    assert_done(&ann_again.post(&intake, &desk, &hidden.with(&to_nobody)));
    assert_eq!(intake.record(&id)["next_action"], "Check the facts");
    assert_eq!(intake.record(&id)["due_on"], "2026-01-09");
    for day in ["next week", "0001-01-01", "0202-12-03", "9999-12-31"] {
        let wrong = [
            ("action", "assign"),
            ("next_action", "Check the facts"),
            ("due_on", day),
        ];
        let refused = ann_again.fill_in(&intake, &desk, &desk, &wrong);
        assert_eq!(refused.status, 422, "{day}");
        assert!(refused.body.contains("Enter a day, as in 2026-12-03"));
    }
    let unknown = [("action", "assign"), ("next_action", "Drink tea")];
    let refused = ann_again.fill_in(&intake, &desk, &desk, &unknown);
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert!(
        refused
            .body
            .contains("That isn’t among what can be done next"),
        "{}",
        refused.body
    );

    // The queue says it in words, and shows what is overdue, and what is due first.
    ann.open(&format!("{}/desk?due=overdue", intake.url));
    assert_eq!(ann.texts(".entries a"), ["Trade Union Campaigns"]);
    let facts = ann.text(".entries .facts");
    assert!(facts.contains("Overdue: Check the facts, 9 Jan"), "{facts}");
    ann.look_closely("queue-of-what-is-overdue");
    ann.open(&format!("{}/desk?sort=due", intake.url));
    assert_eq!(
        ann.texts(".entries a"),
        ["Trade Union Campaigns", "Campaign 1", "Campaign 2"]
    );
    ann.follow("Campaign 1");
    assert_eq!(ann.text(".places span:not([aria-hidden])"), "2 of 3");
    ann.open(&format!("{}/desk?due=week&assigned=me", intake.url));
    assert!(ann.text("main").contains("Nothing here matches"));
    let downloaded = ann_again.get(&intake, "/desk/export.csv?due=overdue").body;
    let rows = downloaded.matches("\"case-study\",\"received\"");
    assert_eq!(rows.count(), 1, "{downloaded}");
    ann.open(&format!("{}/desk?due=overdue&q=trade", intake.url));
    assert_eq!(ann.texts(".entries a"), ["Trade Union Campaigns"]);
    ann.open(&format!("{}/desk?due=overdue&q=campaign", intake.url));
    assert_eq!(ann.texts(".entries a"), ["Trade Union Campaigns"]);

    // What has ended needs nothing next.
    let spam = [("action", "decline_as_spam")];
    assert_done(&ann_again.fill_in(&intake, &desk, &desk, &spam));
    settled(&intake, &id);
    assert!(intake.record(&id)["due_on"].is_null());
    assert!(!ann_again.get(&intake, "/desk").body.contains("Overdue:"));
}

#[test]
fn what_is_next_is_judged_with_line_and_remedy() {
    let shipped = include_str!("../../config/forms/case-study.yaml");
    let judged = |list: &str| {
        let own = format!("noun: case study\nnext_actions: {list}\n");
        let form = shipped.replacen("noun: case study\n", &own, 1);
        let at = form
            .lines()
            .position(|line| line.starts_with("next_actions"));
        let at = at.expect("a line") + 1;
        form::judge("case", &form)
            .map_err(|mistakes| {
                assert!(mistakes.iter().all(|mistake| mistake.line == at));
                mistakes[0].message.clone()
            })
            .map(|definition| definition.next_actions)
    };
    assert_eq!(judged("Call them"), Ok(vec!["Call them".to_owned()]));
    assert_eq!(judged("[A, B]"), Ok(vec!["A".to_owned(), "B".to_owned()]));
    let long = format!("[{}]", "x".repeat(61));
    for (list, words) in [
        ("[A, B, A]", "“A” stands in `next_actions` twice"),
        ("{a: b}", "`next_actions` must be a list"),
        ("[{a: b}]", "must be one line of at most 60 characters"),
        ("[\"a\\nb\"]", "must be one line of at most 60 characters"),
        (&long, "must be one line of at most 60 characters"),
    ] {
        let message = judged(list).expect_err(list);
        assert!(message.contains(words), "{list}: {message}");
    }
}
