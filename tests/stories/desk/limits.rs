//! What the rules refuse whoever may act, how much a campaigner can do, and what erasure leaves;
//! without a server.

use std::collections::BTreeMap;

use case_study_intake::{
    form::Answer,
    service::Outcome,
    submission::{
        Action, Actor, Command, Effect, Mail, MailChoice, MailState, RULES, Recipient, Refusal,
        Stage, Submission,
    },
};
use strum::VariantArray;

use super::records::{act, actor, ann, answers, command, in_stage, moment};

const AS_IT_IS: MailChoice = MailChoice::AsItIs;

/// Does the action with all that belongs to it, by whoever may.
fn does(submission: &mut Submission, action: Action, second: i64) -> Result<(), Refusal> {
    let command = command(action, submission);
    act(submission, actor(action), command, AS_IT_IS, second)
}

#[test]
fn a_decision_without_its_words_or_with_too_many_changes_nothing() {
    let long = "x".repeat(5_001);
    let fits = "x".repeat(5_000);
    let asked = |note: &str, at: &str| Command {
        at_fields: if at.is_empty() {
            BTreeMap::new()
        } else {
            BTreeMap::from([("story".to_owned(), at.to_owned())])
        },
        ..Command::with_note(Action::RequestChanges, note)
    };
    let with = Command::with_note;
    let approve = || Command::new(Action::Approve, Effect::Plain);
    let unchanged = Effect::Revise(in_stage(Stage::Received).answers().clone());
    let words = |text: &str| MailChoice::Words(text.to_owned());
    let cases = [
        (asked(" ", ""), AS_IT_IS, Some(Refusal::NoWords)),
        (asked(&long, ""), AS_IT_IS, Some(Refusal::TooLong)),
        (asked("", &long), AS_IT_IS, Some(Refusal::TooLong)),
        (asked("", &fits), AS_IT_IS, None),
        (with(Action::Note, "\n"), AS_IT_IS, Some(Refusal::NoWords)),
        (with(Action::Note, &long), AS_IT_IS, Some(Refusal::TooLong)),
        (with(Action::Note, &fits), AS_IT_IS, None),
        (with(Action::Suggest, ""), AS_IT_IS, Some(Refusal::NoWords)),
        (
            with(Action::Suggest, &long),
            AS_IT_IS,
            Some(Refusal::TooLong),
        ),
        (
            with(Action::Decline, &long),
            AS_IT_IS,
            Some(Refusal::TooLong),
        ),
        (with(Action::Decline, ""), AS_IT_IS, None),
        (
            with(Action::Withdraw, &long),
            AS_IT_IS,
            Some(Refusal::TooLong),
        ),
        (with(Action::Withdraw, ""), AS_IT_IS, None),
        (approve(), words(" "), Some(Refusal::NoWords)),
        (approve(), words(&long), Some(Refusal::TooLong)),
        (approve(), words(&fits), None),
        (
            Command::new(Action::Edit, unchanged),
            AS_IT_IS,
            Some(Refusal::NoChange),
        ),
        (
            Command::new(Action::SendAgain, Effect::SendAgain(99)),
            AS_IT_IS,
            Some(Refusal::NotOffered),
        ),
    ];
    for (command, choice, refusal) in cases {
        let before = in_stage(Stage::Received);
        let mut after = before.clone();
        let what = format!("{:?}", command.action);
        let by = actor(command.action);
        let said = act(&mut after, by, command, choice, 60);
        assert_eq!(said.err(), refusal, "{what}");
        assert_eq!(after == before, refusal.is_some(), "{what}");
    }
}

#[test]
fn a_correction_ends_with_the_first_thing_an_editor_does() {
    for action in [Action::Note, Action::Edit, Action::SendAgain] {
        let mut touched = in_stage(Stage::Received);
        does(&mut touched, action, 60).expect("done");
        let before = touched.clone();
        let said = does(&mut touched, Action::Correct, 61);
        assert_eq!(said, Err(Refusal::NotOffered));
        assert!(touched == before);
    }
}

#[test]
fn a_lost_link_is_pending_once_has_a_name_of_its_own_and_does_not_make_the_record_grow() {
    let links = |submission: &Submission| -> Vec<u32> {
        let links = submission.mail.iter().filter(|mail| mail.kind == "link");
        links.map(|mail| mail.number).collect()
    };
    let mut asked = in_stage(Stage::Received);
    assert_eq!(does(&mut asked, Action::AskForLink, 60), Ok(()));
    assert_eq!(
        does(&mut asked, Action::AskForLink, 61),
        Err(Refusal::NoChange)
    );
    assert_eq!(links(&asked).len(), 1);
    let mut newest = 0;
    let mut sizes = Vec::new();
    for day in 1..40 {
        for mail in &mut asked.mail {
            mail.state = MailState::Sent { at: moment(70) };
        }
        assert_eq!(does(&mut asked, Action::AskForLink, day * 86_400), Ok(()));
        let last = asked.mail.last().expect("mail");
        assert_eq!(last.due(), Some(moment(day * 86_400)));
        // Mail programs hide what comes again under the same Message-ID.
        assert!(last.number > newest, "{} came before", last.number);
        newest = last.number;
        sizes.push(asked.write().expect("JSON").len());
    }
    let grown = sizes.iter().max().expect("one") - sizes[2];
    assert!(grown < 50, "the record grew by {grown} bytes: {sizes:?}");
}

#[test]
fn a_campaigner_changes_the_answers_twenty_times_and_can_still_end_it() {
    let mut often = in_stage(Stage::Received);
    let correct = |submission: &mut Submission, number: usize| {
        let effect = Effect::Revise(answers(&format!("Title {number}")));
        let command = Command::new(Action::Correct, effect);
        act(submission, Actor::Campaigner, command, AS_IT_IS, 60)
    };
    for number in 0..20 {
        assert_eq!(correct(&mut often, number), Ok(()), "{number}");
    }
    let before = often.clone();
    assert_eq!(correct(&mut often, 20), Err(Refusal::TooOften));
    assert!(often == before);
    let words = Outcome::<()>::Refused(Refusal::TooOften).words();
    assert_eq!(words.heading, "You have reached the limit of changes");
    // The editors may go on.
    let edit = Command::new(Action::Edit, Effect::Revise(answers("An editor's")));
    assert_eq!(act(&mut often, ann(), edit, AS_IT_IS, 61), Ok(()));
    for end in [Action::Withdraw, Action::Erase] {
        assert_eq!(does(&mut often.clone(), end, 62), Ok(()), "{end:?}");
    }
}

#[test]
fn a_campaigner_does_fifty_things_and_can_still_end_it() {
    let mut often = in_stage(Stage::Received);
    let campaigners = |submission: &Submission| {
        let own = submission.history.iter();
        own.filter(|event| event.by == Actor::Campaigner).count()
    };
    while does(&mut often, Action::Suggest, 60).is_ok() {
        assert!(often.history.len() <= 50);
    }
    assert_eq!(campaigners(&often), 50);
    for action in [Action::Suggest, Action::Accept, Action::Correct] {
        let before = often.clone();
        let said = does(&mut often, action, 61);
        assert_eq!(said, Err(Refusal::TooOften), "{action:?}");
        assert!(often == before);
        assert!(!often.offers(action, &Actor::Campaigner), "{action:?}");
    }
    assert_eq!(does(&mut often, Action::Approve, 62), Ok(()), "an editor");
    for end in [Action::Withdraw, Action::Erase, Action::AskForLink] {
        assert!(often.offers(end, &Actor::Campaigner), "{end:?}");
        assert_eq!(does(&mut often.clone(), end, 63), Ok(()), "{end:?}");
    }
}

#[test]
fn a_campaigner_agrees_with_what_editors_have_changed_and_once() {
    let mut agreed = in_stage(Stage::Received);
    let edit = |submission: &mut Submission, title: &str, second: i64| {
        let mut answers = submission.answers().clone();
        answers.set("title", Some(Answer::Text(title.to_owned())));
        let command = Command::new(Action::Edit, Effect::Revise(answers));
        assert_eq!(act(submission, ann(), command, AS_IT_IS, second), Ok(()));
    };
    let accept =
        |submission: &mut Submission, second: i64| does(submission, Action::Accept, second);
    let nothing = Err(Refusal::NoChange);
    assert_eq!(
        accept(&mut agreed, 60),
        nothing,
        "nobody has changed anything"
    );
    edit(&mut agreed, "Edited", 61);
    assert_eq!(accept(&mut agreed, 62), Ok(()));
    assert_eq!(accept(&mut agreed, 63), nothing, "once");
    assert_eq!(does(&mut agreed, Action::Approve, 64), Ok(()));
    assert_eq!(accept(&mut agreed, 65), nothing, "it is the same post");
    let mut answers = agreed.answers().clone();
    answers.set("risks", Some(Answer::Text("Fewer.".to_owned())));
    let private = Command::new(Action::Edit, Effect::Revise(answers));
    assert_eq!(act(&mut agreed, ann(), private, AS_IT_IS, 66), Ok(()));
    assert_eq!(accept(&mut agreed, 67), nothing, "it does not show");
    edit(&mut agreed, "Edited again", 68);
    assert_eq!(accept(&mut agreed, 69), Ok(()));
    edit(&mut agreed, "Edited anew", 70);
    edit(&mut agreed, "Edited again", 71);
    assert_eq!(
        accept(&mut agreed, 72),
        nothing,
        "it was agreed with before"
    );
}

#[test]
fn erasure_takes_private_answers_and_words_away_and_keeps_what_is_public() {
    let mut erased = in_stage(Stage::Received);
    let asked = Command::with_note(Action::RequestChanges, "notecanary");
    let choice = MailChoice::Words("wordscanary".into());
    act(&mut erased, ann(), asked, choice, 60).expect("asked");
    does(&mut erased, Action::Resubmit, 61).expect("sent again");
    for mail in &mut erased.mail {
        if let MailState::Sent { at } = mail.state {
            let error = "errorcanary".to_owned();
            mail.state = MailState::Failed { at, error };
        }
    }
    let before = String::from_utf8(erased.write().expect("JSON")).expect("text");
    let private = [
        "riskcanary",
        "gonecanary",
        "notecanary",
        "wordscanary",
        "errorcanary",
        "Quince",
    ];
    for word in private {
        assert!(before.contains(word), "{word}");
    }
    does(&mut erased, Action::Erase, 62).expect("erased");
    let after = String::from_utf8(erased.write().expect("JSON")).expect("text");
    for word in private {
        assert!(!after.contains(word), "{word} in {after}");
    }
    assert_eq!(erased.contact, None);
    assert_eq!(erased.revisions.len(), 1);
    for (name, words) in [
        ("title", "Seed anew"),
        ("story", "What we did."),
        ("organisation", "The nurses’ union"),
        ("slug", "case-study-seed"),
    ] {
        assert_eq!(erased.answers().text(name), words);
    }
    assert!(erased.answers().get("topics").is_some());
    let read = Submission::read(after.as_bytes()).expect("a record");
    assert!(read == erased, "it can be read again");
    let is_dropped = |mail: &&Mail| matches!(mail.state, MailState::Dropped { .. });
    assert_eq!(erased.mail.iter().filter(is_dropped).count(), 1);
}

#[test]
fn after_erasure_no_action_writes_to_the_campaigner_in_any_stage() {
    for rule in &RULES {
        for stage in Stage::VARIANTS {
            for choice in [AS_IT_IS, MailChoice::Words("Words.".into())] {
                let mut erased = in_stage(*stage);
                does(&mut erased, Action::Erase, 60).expect("erased");
                erased.stage = *stage;
                let before = erased.clone();
                let command = command(rule.action, &erased);
                let said = act(&mut erased, actor(rule.action), command, choice, 61);
                let new = &erased.mail[before.mail.len()..];
                assert!(new.iter().all(|it| it.to != Recipient::Campaigner));
                assert!(said.is_ok() || erased == before);
            }
        }
    }
}
