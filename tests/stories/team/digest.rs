//! Editors who want one email a day, or none.

use crate::{
    clock,
    desk::{ANN, BO, assert_done, assert_without, id_and_key},
    support::{Answers, Intake, Letter, MailServer, Postgres, Visitor, eventually, value_of},
};

use super::of_a_team;

const CY: &str = "cy@desk.example";
pub(super) const EDITORS: (&str, &str) = (
    "INTAKE__EDITORS",
    "[{name: Ann, email: ann@desk.example, mail: each}, {name: Bo, email: bo@desk.example, mail: digest}, {name: Cy, email: cy@desk.example, mail: none}]",
);

/// The clock goes on by 40 hours, in which a morning passes at least, in steps that are believed.
pub(super) fn a_morning_passes(intake: &mut Intake, passed: &mut u32) {
    for _ in 0..2 {
        intake.stop();
        *passed += 20;
        clock::at(intake, &format!("+{passed}h"));
        intake.start_again();
        eventually("the clock to be believed", || {
            let page = intake.watched("/metrics").body;
            page.contains("intake_clock_believed 1").then_some(())
        });
    }
}

/// Up to when the daily mail has told what happened, as the store has it.
fn told(intake: &Intake) -> String {
    intake.table("digest")
}

pub(super) fn daily(intake: &Intake) -> Vec<Letter> {
    let folder = intake.folder.path().join("mailbox");
    let letters = intake.mailbox().into_iter();
    let letters = letters.filter(|name| name.contains(".digest."));
    letters
        .map(|name| Letter::read(&folder.join(name)))
        .collect()
}

#[test]
fn bo_is_told_once_a_day_what_is_new_and_cy_is_told_nothing() {
    let mut intake = of_a_team(&[EDITORS]);
    let mut passed = 0;
    eventually("Bo’s days to begin", || {
        (!told(&intake).is_empty()).then_some(())
    });
    let private = intake.submit(&Answers::seed());
    let (id, _) = id_and_key(&private);
    let other = id_and_key(&intake.submit(&Answers::number(1))).0;
    let message = intake.get(&private).body;
    let version = value_of(&message, "version").expect("a version");
    let words = [
        ("version", version.as_str()),
        ("action", "message"),
        ("note", "Call me on 0170 canary."),
    ];
    assert_eq!(intake.post(&private, &words).status, 303);
    let mut ann = Visitor::sign_in(&intake, ANN);
    let desk = format!("/desk/{other}");
    let assign = [
        ("action", "assign"),
        ("assigned", BO),
        ("next_action", "Ask for a picture"),
        ("due_on", "2999-12-31"),
    ];
    let done = ann.fill_in(&intake, &desk, &desk, &assign);
    assert_done(&done);
    let page = ann.get(&intake, &done.location).body;
    assert!(
        page.contains("Bo will see it in the daily email."),
        "{page}"
    );
    // A message that Bo asks for goes at once.
    Visitor::sign_in(&intake, BO);
    Visitor::sign_in(&intake, CY);

    a_morning_passes(&mut intake, &mut passed);
    let letter = eventually("the daily mail", || daily(&intake).pop());
    assert!(letter.headers["To"].contains(BO));
    let subject = &letter.headers["Subject"];
    assert_eq!(subject, "Today at Connected by Data: 2 new, 1 for you");
    for line in [
        "Trade Union Campaigns: New submission, Message",
        "Campaign 1: New submission",
        "Campaign 1: Ask for a picture, by 31 December 2999",
        "Trade Union Campaigns: waiting since",
        &format!("/desk/{id}"),
    ] {
        assert!(letter.text.contains(line), "{line} in\n{}", letter.text);
    }
    assert_without("the mail", &letter.text, &["canary", "quince"]);
    for name in intake.mailbox() {
        let letter = Letter::read(&intake.folder.path().join("mailbox").join(name));
        let to = &letter.headers["To"];
        let is_other = to.contains(BO) || to.contains(CY);
        let is_meant = ["Today at", "Your link to the desk"];
        let subject = &letter.headers["Subject"];
        let is_meant = is_meant.iter().any(|words| subject.contains(words));
        assert!(!is_other || is_meant, "{to}: {subject}");
    }

    // With nothing to say, nothing is sent.
    let before = told(&intake);
    a_morning_passes(&mut intake, &mut passed);
    eventually("another day", || (told(&intake) != before).then_some(()));
    assert_eq!(daily(&intake).len(), 1);

    // What is overdue is told on the next day, and what an editor has to see to, and what was held back.
    let mut ann = Visitor::sign_in(&intake, ANN);
    let published = format!("/desk/{id}");
    for action in ["approve", "publish"] {
        let done = ann.fill_in(&intake, &published, &published, &[("action", action)]);
        assert_done(&done);
    }
    let off = [("action", "ask_take_down"), ("note", "It hurts.")];
    let asked = Visitor::new().fill_in(&intake, &private, &private, &off);
    assert_eq!(asked.status, 303, "{}", asked.body);
    intake.set("INTAKE__LIMITS__ENABLED", "true");
    intake.start_again();
    let (spam, token) = (Answers::number(66), intake.token());
    let mut fields = spam.sent(&token, "submit");
    fields.push(("contact_website", "https://spam.example"));
    assert_eq!(intake.post("/", &fields).status, 303);
    let mut ann = Visitor::sign_in(&intake, ANN);
    let overdue = [
        ("action", "assign"),
        ("assigned", BO),
        ("next_action", "Check the facts"),
        ("due_on", "2026-01-09"),
    ];
    assert_done(&ann.fill_in(&intake, &desk, &desk, &overdue));
    a_morning_passes(&mut intake, &mut passed);
    let letter = eventually("the daily mail", || {
        let mut all = daily(&intake);
        (all.len() > 1).then(|| all.pop()).flatten()
    });
    assert!(letter.text.contains("Due today or overdue, with you"));
    assert!(
        letter
            .text
            .contains("Check the facts, overdue since 9 January")
    );
    for words in [
        "Trade Union Campaigns: Take-down asked for",
        "What needs fixing",
        "Trade Union Campaigns: take-down asked for, answer by",
        "1 submission was held back as possible spam.",
    ] {
        assert!(letter.text.contains(words), "{words} in\n{}", letter.text);
    }
    assert!(!letter.text.contains("Campaign 66"), "{}", letter.text);

    // Whoever wants each again gets no more of these.
    intake.set("INTAKE__EDITORS", "[{name: Bo, email: bo@desk.example}]");
    intake.start_again();
    eventually("the end of the daily mail", || {
        (!told(&intake).contains(BO)).then_some(())
    });
}

#[test]
fn the_daily_mail_says_what_has_to_be_done_about_an_agreement() {
    let mut intake = of_a_team(&[EDITORS]);
    intake.case_study(&[(
        "noun: case study\n",
        "noun: case study\nsign_off: require\n",
    )]);
    intake.start_again();
    let mut passed = 0;
    let private = intake.submit(&Answers::seed());
    let (id, _) = id_and_key(&private);
    let mut ann = Visitor::sign_in(&intake, ANN);
    let desk = format!("/desk/{id}");
    let edit = format!("{desk}/edit");
    let edited = Answers {
        title: "Edited title".into(),
        ..Answers::seed()
    };
    let mut fields = edited.sent("", "");
    fields.retain(|(name, _)| !["token", "action"].contains(name));
    fields.extend([("author", "Guest"), ("slug", "edited"), ("featured", "no")]);
    assert_done(&ann.fill_in(&intake, &edit, &edit, &fields));
    assert_done(&ann.fill_in(&intake, &desk, &desk, &[("action", "approve")]));
    let words = [("action", "suggest"), ("note", "Say that it was in May.")];
    let said = Visitor::new().fill_in(&intake, &private, &private, &words);
    assert_eq!(said.status, 303, "{}", said.body);
    a_morning_passes(&mut intake, &mut passed);
    let letter = eventually("the daily mail", || daily(&intake).pop());
    let line = "Edited title: the campaigner suggests a change\n";
    assert!(letter.text.contains(line), "{}", letter.text);
}

#[test]
fn of_what_somebody_looked_after_who_has_left_the_others_are_told() {
    let mut intake = of_a_team(&[EDITORS]);
    let mut passed = 0;
    let private = intake.submit(&Answers::seed());
    let (id, _) = id_and_key(&private);
    let mut ann = Visitor::sign_in(&intake, ANN);
    let desk = format!("/desk/{id}");
    let takes = [("action", "assign"), ("assigned", ANN)];
    assert_done(&ann.fill_in(&intake, &desk, &desk, &takes));
    a_morning_passes(&mut intake, &mut passed);
    eventually("the daily mail", || daily(&intake).pop());

    intake.set(
        "INTAKE__EDITORS",
        "[{name: Bo, email: bo@desk.example, mail: digest}]",
    );
    intake.start_again();
    let words = [("action", "message"), ("note", "Are you there?")];
    let sent = Visitor::new().fill_in(&intake, &private, &private, &words);
    assert_eq!(sent.status, 303, "{}", sent.body);
    a_morning_passes(&mut intake, &mut passed);
    let letter = eventually("the next", || {
        let mut all = daily(&intake);
        (all.len() > 1).then(|| all.pop()).flatten()
    });
    let line = "Trade Union Campaigns: Message\n";
    assert!(letter.text.contains(line), "{}", letter.text);
    let mut bo = Visitor::sign_in(&intake, BO);
    for path in ["/desk", &desk] {
        let page = bo.get(&intake, path).body;
        let words = "with ann@desk.example, no longer an editor";
        assert!(page.contains(words), "{page}");
    }
}

#[test]
fn daily_mail_that_waits_for_the_server_survives_a_kill_and_goes_once_from_two_instances() {
    let mut server = MailServer::down(&[]);
    let database = Postgres::shared().database();
    let transport = server.url();
    let settings = [
        EDITORS,
        ("INTAKE__DATA", database.as_str()),
        ("INTAKE__MAIL__TRANSPORT", transport.as_str()),
    ];
    let mut first = of_a_team(&settings);
    eventually("Bo’s days to begin", || {
        (!told(&first).is_empty()).then_some(())
    });
    first.submit(&Answers::seed());
    let mut passed = 0;
    a_morning_passes(&mut first, &mut passed);
    eventually("it is pending", || {
        told(&first).contains("Today at").then_some(())
    });
    first.kill();
    let mut second = of_a_team(&settings);
    second.stop();
    for intake in [&mut first, &mut second] {
        clock::at(intake, "+40h");
        intake.start_again();
    }
    server.up("accept");
    let is_daily = |letter: &Letter| letter.headers["Subject"].contains("Today at");
    // The receipt, Ann’s letter, and Bo’s.
    let letters = server.letters(3);
    let of_bo = letters.iter().filter(|(letter, _)| is_daily(letter));
    assert_eq!(of_bo.count(), 1);
    eventually("nothing is pending", || {
        (!told(&second).contains("Today at")).then_some(())
    });
    assert_eq!(server.letters(3).len(), 3, "and none twice");
}
