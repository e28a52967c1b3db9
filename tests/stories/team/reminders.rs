//! What waits too long: an editor is reminded once, and so is the campaigner.

use case_study_intake::submission::{
    Action, Actor, Command, Effect, MailChoice, MailState, Recipient, Refusal, Stage,
};

use crate::{
    chromium::Browser,
    desk::{
        ANN, BO, assert_done, assert_without, id_and_key, letters_of,
        records::{act, ann, in_stage},
    },
    desk_browser::words::let_in,
    support::{Answers, Intake, Visitor, eventually},
};

use super::{
    digest::{EDITORS, a_morning_passes, daily},
    letters_to, of_a_team,
};

/// How often this submission’s campaigner was sent mail that begins so.
fn sent(intake: &Intake, id: &str, subject: &str) -> usize {
    let letters = letters_of(intake, id).into_values();
    letters
        .filter(|letter| letter.headers["Subject"].starts_with(subject))
        .count()
}

#[test]
fn what_waits_longer_than_promised_is_marked_and_its_editor_reminded_once() {
    let mut intake = of_a_team(&[EDITORS, ("INTAKE__REPLY_WITHIN", "1 day")]);
    let (id, _) = id_and_key(&intake.submit(&Answers::seed()));
    let of_bo = id_and_key(&intake.submit(&Answers::number(1))).0;
    let mut editor = Visitor::sign_in(&intake, ANN);
    let assign = [("action", "assign"), ("assigned", BO)];
    let desk = format!("/desk/{of_bo}");
    assert_done(&editor.fill_in(&intake, &desk, &desk, &assign));
    let late = editor.get(&intake, "/desk?due=late").body;
    assert!(late.contains("Nothing here matches"), "nothing is late yet");

    let mut passed = 0;
    for _ in 0..3 {
        a_morning_passes(&mut intake, &mut passed);
    }
    eventually("Ann’s reminder", || {
        (sent(&intake, &id, "Late: ") > 0).then_some(())
    });
    let letter = letters_to(&intake, &id, ANN).pop().expect("a letter");
    assert_eq!(letter.headers["Subject"], "Late: Trade Union Campaigns");
    assert!(
        letter.text.contains("It’s been waiting for "),
        "{}",
        letter.text
    );
    assert!(letter.text.contains("within 1 day."), "{}", letter.text);
    assert_without("the letter", &letter.text, &["quince", "canary"]);

    // Bo, who looks after the other and wants one email a day, is told of both in that.
    let told = || {
        let letters = daily(&intake).into_iter().map(|letter| letter.text);
        letters.collect::<Vec<_>>().join("\n")
    };
    eventually("Bo’s daily mail", || {
        let told = told();
        let both = ["Trade Union Campaigns", "Campaign 1"];
        let is_told = |title: &&str| {
            told.lines()
                .any(|line| line.starts_with(*title) && line.contains("Waiting too long"))
        };
        both.iter().all(is_told).then_some(())
    });
    assert!(told().contains("late, waiting "), "{}", told());
    assert_eq!(sent(&intake, &of_bo, "Late: "), 0);

    // The desk marks it, in words, until it is decided.
    let mut editor = Visitor::sign_in(&intake, ANN);
    let late = editor.get(&intake, "/desk?due=late").body;
    assert_eq!(late.matches("Late: waiting ").count(), 2, "{late}");
    assert!(!late.contains("last change: the service"), "{late}");
    let ann = Browser::start();
    let_in(&intake, &ann);
    ann.open(&format!("{}/desk?due=late", intake.url));
    ann.look_closely("queue-of-what-is-late");
    let page = editor.get(&intake, &format!("/desk/{id}")).body;
    assert!(page.contains("Late: waiting "), "{page}");
    assert!(page.contains("reminded the editors, because it waits too long,"));
    a_morning_passes(&mut intake, &mut passed);
    assert_eq!(sent(&intake, &id, "Late: "), 1, "once");
    let mut editor = Visitor::sign_in(&intake, ANN);
    let desk = format!("/desk/{id}");
    let approve = [("action", "approve")];
    assert_done(&editor.fill_in(&intake, &desk, &desk, &approve));
    let late = editor.get(&intake, "/desk?due=late").body;
    assert!(!late.contains("Trade Union Campaigns"), "{late}");
}

#[test]
fn a_campaigner_is_reminded_once_of_changes_and_not_who_has_answered_or_gone() {
    let mut intake = of_a_team(&[("INTAKE__REMIND_AFTER", "1 day")]);
    let mut editor = Visitor::sign_in(&intake, ANN);
    let ask = [
        ("action", "request_changes"),
        ("note", "By when?"),
        ("note_story", "Say more."),
    ];
    let privates: Vec<String> = (0..3)
        .map(|number| {
            let private = intake.submit(&Answers::number(number));
            let desk = format!("/desk/{}", id_and_key(&private).0);
            assert_done(&editor.fill_in(&intake, &desk, &desk, &ask));
            private
        })
        .collect();
    let ids: Vec<String> = privates.iter().map(|it| id_and_key(it).0).collect();
    let will = "e’ll remind you once, on ";
    assert!(intake.get(&privates[0]).body.contains(will));
    let letter = letters_of(&intake, &ids[0]).pop_last().expect("a letter").1;
    assert!(
        letter
            .text
            .contains("If you haven’t by then, we’ll remind you once, on "),
        "{}",
        letter.text
    );
    let edit = format!("{}/edit", privates[1]);
    let mut campaigner = Visitor::new();
    let answers = Answers::number(10);
    let again = answers.sent("", "resubmit");
    let sent_again = campaigner.fill_in(&intake, &edit, &edit, &again);
    assert_eq!(sent_again.status, 303, "{}", sent_again.body);
    let erase = [("action", "erase"), ("sure", "yes")];
    let erased = campaigner.fill_in(&intake, &privates[2], &privates[2], &erase);
    assert_eq!(erased.status, 303, "{}", erased.body);

    let mut passed = 0;
    for _ in 0..2 {
        a_morning_passes(&mut intake, &mut passed);
        eventually("the reminder", || {
            (sent(&intake, &ids[0], "Reminder: ") > 0).then_some(())
        });
    }
    assert_eq!(sent(&intake, &ids[0], "Reminder: "), 1, "once");
    assert_eq!(sent(&intake, &ids[1], "Reminder: "), 0, "it was answered");
    assert_eq!(sent(&intake, &ids[2], "Reminder: "), 0, "it is erased");
    let letter = letters_of(&intake, &ids[0]).pop_last().expect("a letter").1;
    for words in ["By when?", "Say more.", &privates[0]] {
        assert!(letter.text.contains(words), "{words} in {}", letter.text);
    }
    assert!(!intake.get(&privates[0]).body.contains(will));
    let mut editor = Visitor::sign_in(&intake, ANN);
    let page = editor.get(&intake, &format!("/desk/{}", ids[0])).body;
    assert!(page.contains("The service reminded the campaigner of the changes on"));

    // Where nobody is to be reminded, nobody is told that they will be.
    intake.set("INTAKE__REMIND_AFTER", "never");
    intake.start_again();
    let mut editor = Visitor::sign_in(&intake, ANN);
    let private = intake.submit(&Answers::number(4));
    let desk = format!("/desk/{}", id_and_key(&private).0);
    assert_done(&editor.fill_in(&intake, &desk, &desk, &ask));
    assert!(!intake.get(&private).body.contains(will));
}

#[test]
fn a_reminder_that_waits_is_dropped_when_it_is_answered_and_a_withdrawal_undone_brings_no_other() {
    let mut submission = in_stage(Stage::Approved);
    let does = |submission: &mut _, by, action, second| {
        let mut command = Command::new(action, Effect::Plain);
        if action == Action::RequestChanges {
            command.note = "By when?".into();
        }
        act(submission, by, command, MailChoice::AsItIs, second)
    };
    let remind = Action::RemindCampaigner;
    let done = does(&mut submission, ann(), Action::RequestChanges, 10);
    assert_eq!(done, Ok(()));
    assert!(submission.unreminded_since().is_some());
    assert_eq!(does(&mut submission, Actor::System, remind, 20), Ok(()));
    assert_eq!(submission.unreminded_since(), None);
    let again = does(&mut submission, Actor::System, remind, 30);
    assert_eq!(again, Err(Refusal::NoChange));
    let (withdraw, undo) = (Action::Withdraw, Action::UndoWithdraw);
    assert_eq!(
        does(&mut submission, Actor::Campaigner, withdraw, 40),
        Ok(())
    );
    let mut mail = submission.mail.iter();
    let reminder = mail.find(|mail| mail.kind == "changes_reminder");
    let reminder = reminder.expect("a reminder");
    assert_eq!(reminder.to, Recipient::Campaigner);
    assert!(matches!(reminder.state, MailState::Dropped { .. }));
    assert_eq!(does(&mut submission, Actor::Campaigner, undo, 50), Ok(()));
    assert_eq!(submission.stage, Stage::ChangesRequested);
    assert_eq!(submission.unreminded_since(), None);
}
