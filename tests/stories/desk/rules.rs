//! The rules of the workflow, verb by verb and stage by stage, without a server.

use std::collections::{BTreeMap, BTreeSet};

use case_study_intake::{
    case_study::{CaseStudy, Contact, Entry},
    submission::{
        Action, Content, Editor, Editorial, Letter as Owed, LetterChoice, LetterKind, LetterState,
        Party, Publication, Recipient, Refusal, Stage, Submission, Verb,
    },
};
use jiff::Timestamp;

use crate::support::Answers;

use super::{ANN, BO, NOBODY};

/// One row for each verb: where it leads from each stage, in the order quarantined, received,
/// changes requested, approved, published, declined, withdrawn (`.`: not offered), and whom the
/// letters go to.
const TABLE: [(&str, &str, Tells); 17] = [
    ("approve", ". A A . . . .", Tells::Campaigner("approved")),
    (
        "request_changes",
        ". C . C . . .",
        Tells::Campaigner("changes_requested"),
    ),
    ("decline", ". D D D . . .", Tells::Campaigner("declined")),
    ("decline_as_spam", "D D . . . . .", Tells::Nobody),
    (
        "take_back",
        "R . R R . R .",
        Tells::Campaigner("taken_back"),
    ),
    ("publish", ". . . P P . .", Tells::Campaigner("published")),
    (
        "take_down",
        ". . . . R . .",
        Tells::Campaigner("taken_down"),
    ),
    ("edit", ". R C A P . .", Tells::Nobody),
    ("note", "Q R C A P D W", Tells::Nobody),
    ("send_again", "Q R C A P D W", Tells::Campaigner("receipt")),
    ("correct", ". R . . . . .", Tells::Editors("corrected")),
    ("resubmit", ". . R . . . .", Tells::Editors("resubmitted")),
    ("accept", ". R . A . . .", Tells::Editors("accepted")),
    ("suggest", ". R . A P . .", Tells::Editors("suggested")),
    ("withdraw", "W W W W . . .", Tells::Editors("withdrawn")),
    ("ask_for_link", ". R C A P D W", Tells::Campaigner("link")),
    ("erase", "W W W W P D W", Tells::Editors("erased")),
];

#[derive(Clone, Copy)]
enum Tells {
    Nobody,
    Campaigner(&'static str),
    Editors(&'static str),
}

fn stage_of(letter: &str) -> Option<Stage> {
    Some(match letter {
        "Q" => Stage::Quarantined,
        "R" => Stage::Received,
        "C" => Stage::ChangesRequested,
        "A" => Stage::Approved,
        "P" => Stage::Published,
        "D" => Stage::Declined,
        "W" => Stage::Withdrawn,
        _ => return None,
    })
}

fn editors() -> Vec<Editor> {
    [("Ann", ANN), ("Bo", BO)]
        .map(|(name, email)| Editor {
            name: name.into(),
            email: email.into(),
        })
        .to_vec()
}

fn moment(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("a moment")
}

/// A submission in this stage that nobody has touched, with its first letters sent.
fn in_stage(stage: Stage) -> Submission {
    let answers = Answers::seed();
    let entry = Entry {
        case_study: CaseStudy {
            title: answers.title,
            topics: answers.topics,
            story: answers.story,
            campaign_type: answers.campaign_type,
            ultimate_goals: answers.ultimate_goals,
            communities_involved: answers.communities_involved,
            organisation: answers.organisation,
            methods_used: answers.methods_used,
        },
        contact: Contact {
            name: answers.contact_name,
            email: answers.contact_email,
        },
    };
    let editorial = Editorial {
        author: "Tim Davies".into(),
        category: "blog".into(),
        featured: true,
        projects: vec![],
        topics: vec![],
        title_prefix: "Case study: ".into(),
        intro: String::new(),
        outro: String::new(),
        slug: String::new(),
        date: None,
    };
    let id = NOBODY.parse().expect("an id");
    let mut submission = Submission::receive(id, entry, editorial, &editors(), moment(0));
    submission.stage = stage;
    for letter in &mut submission.letters {
        letter.state = LetterState::Sent { at: moment(1) };
    }
    submission
}

fn action(verb: Verb, submission: &Submission) -> (Party, Action) {
    let mut case_study = submission.case_study().clone();
    case_study.title.push_str(" anew");
    let editorial = submission.editorial().clone();
    let words = || "Some words.".to_owned();
    let action = match verb {
        Verb::Approve => Action::Approve,
        Verb::RequestChanges => Action::RequestChanges {
            note: words(),
            at_fields: BTreeMap::from([("story".to_owned(), words())]),
        },
        Verb::Decline => Action::Decline { words: words() },
        Verb::DeclineAsSpam => Action::DeclineAsSpam,
        Verb::TakeBack => Action::TakeBack,
        Verb::Publish => Action::Publish(Box::new(Publication {
            at: moment(60),
            date: jiff::civil::date(2027, 1, 15),
            file: "_posts/2027-01-15-seed.md".into(),
            address: "https://blog.example/seed".into(),
            branch: None,
            commit: None,
            to_be_merged: false,
            post: submission.draft.clone(),
        })),
        Verb::TakeDown => Action::TakeDown {
            words: words(),
            commit: None,
            to_be_merged: false,
        },
        Verb::Edit => Action::Edit(Box::new(Content {
            case_study,
            editorial,
        })),
        Verb::Note => Action::Note { text: words() },
        Verb::SendAgain => Action::SendAgain { letter: 1 },
        Verb::Correct => Action::Correct(Box::new(case_study)),
        Verb::Resubmit => Action::Resubmit(Box::new(case_study)),
        Verb::Accept => Action::Accept,
        Verb::Suggest => Action::Suggest { text: words() },
        Verb::Withdraw => Action::Withdraw { reason: words() },
        Verb::AskForLink => Action::AskForLink,
        Verb::Erase => Action::Erase,
    };
    let party = match verb.is_for_editors() {
        true => Party::Editor("Ann".into()),
        false => Party::Campaigner,
    };
    (party, action)
}

/// What a letter is and whom it is for, in one word each.
fn told(letter: &Owed) -> (&'static str, String) {
    let to = match &letter.to {
        Recipient::Campaigner => "campaigner".to_owned(),
        Recipient::Editor(editor) => editor.email.clone(),
    };
    (letter.kind.name(), to)
}

#[test]
fn every_verb_in_every_stage_does_what_the_table_says_and_owes_those_letters() {
    let names: BTreeSet<&str> = TABLE.iter().map(|(verb, ..)| *verb).collect();
    assert_eq!(names.len(), Verb::ALL.len(), "a row for each verb");
    let choices = [
        LetterChoice::AsItIs,
        LetterChoice::Words("Other words.".into()),
        LetterChoice::LeftOut,
    ];
    let mut tried = 0;
    for verb in Verb::ALL {
        let row = TABLE.iter().find(|(name, ..)| *name == verb.name());
        let (_, leads, tells) = row.expect("a row for each verb");
        let leads: Vec<&str> = leads.split(' ').collect();
        assert_eq!(leads.len(), Stage::ALL.len());
        for (stage, leads_to) in Stage::ALL.into_iter().zip(leads) {
            for choice in &choices {
                tried += 1;
                let what = format!("{} in {}, {choice:?}", verb.name(), stage.name());
                let before = in_stage(stage);
                let mut after = before.clone();
                let (party, action) = action(verb, &before);
                let said = after.act(
                    party.clone(),
                    action,
                    choice.clone(),
                    &editors(),
                    moment(60),
                );
                let Some(expected) = stage_of(leads_to) else {
                    assert_eq!(said, Err(Refusal::NotOffered), "{what}");
                    assert!(after == before, "{what}: something changed");
                    continue;
                };
                assert_eq!(said, Ok(()), "{what}");
                assert_eq!(after.stage, expected, "{what}");
                let makes_pages_stale = !matches!(verb, Verb::AskForLink | Verb::SendAgain);
                let grows = u64::from(makes_pages_stale);
                assert_eq!(after.version, before.version + grows, "{what}");
                assert_eq!(after.history.len(), before.history.len() + 1, "{what}");
                let event = after.history.last().expect("an event");
                assert_eq!((&event.by, event.stage), (&party, expected), "{what}");
                assert_eq!(event.revision, after.revisions.len() - 1, "{what}");
                let new = &after.letters[before.letters.len()..];
                let left_out = *choice == LetterChoice::LeftOut && verb != Verb::SendAgain;
                let expected: Vec<(&str, String)> = match *tells {
                    _ if left_out => vec![],
                    Tells::Nobody => vec![],
                    Tells::Campaigner(kind) => vec![(kind, "campaigner".to_owned())],
                    Tells::Editors(kind) => [ANN, BO].map(|to| (kind, to.to_owned())).to_vec(),
                };
                let owed: Vec<(&str, String)> = new.iter().map(told).collect();
                assert_eq!(owed, expected, "{what}");
                let mut numbers: Vec<u32> = after.letters.iter().map(|it| it.number).collect();
                assert!(numbers.is_sorted(), "{what}");
                numbers.dedup();
                assert_eq!(numbers.len(), after.letters.len(), "{what}");
                for letter in new {
                    assert_eq!(letter.due(), Some(moment(60)), "{what}");
                    let is_decision = verb != Verb::SendAgain;
                    assert!(!is_decision || letter.about == after.history.len() - 1);
                    let words = match choice {
                        LetterChoice::Words(words)
                            if is_decision && letter.to == Recipient::Campaigner =>
                        {
                            Some(words)
                        }
                        _ => None,
                    };
                    assert_eq!(letter.words.as_ref(), words, "{what}");
                }
                let first = &after.letters[..before.letters.len()];
                assert!(first == before.letters, "{what}: the letters sent stay");
            }
        }
    }
    assert_eq!(tried, 17 * 7 * 3);
}

#[test]
fn a_decision_without_its_words_or_with_too_many_changes_nothing() {
    let long = "x".repeat(5_001);
    let fits = "x".repeat(5_000);
    let asked = |note: &str, at: &str| Action::RequestChanges {
        note: note.into(),
        at_fields: if at.is_empty() {
            BTreeMap::new()
        } else {
            BTreeMap::from([("story".to_owned(), at.to_owned())])
        },
    };
    let same = in_stage(Stage::Received);
    let unchanged = Box::new(Content {
        case_study: same.case_study().clone(),
        editorial: same.editorial().clone(),
    });
    let as_it_is = LetterChoice::AsItIs;
    let words = |text: &str| LetterChoice::Words(text.to_owned());
    let note = |text: &str| Action::Note { text: text.into() };
    let suggest = |text: &str| Action::Suggest { text: text.into() };
    let decline = |text: &str| Action::Decline { words: text.into() };
    let reason = |text: &str| Action::Withdraw {
        reason: text.into(),
    };
    let cases = [
        (asked(" ", ""), as_it_is.clone(), Some(Refusal::NoWords)),
        (asked(&long, ""), as_it_is.clone(), Some(Refusal::TooLong)),
        (asked("", &long), as_it_is.clone(), Some(Refusal::TooLong)),
        (asked("", &fits), as_it_is.clone(), None),
        (note("\n"), as_it_is.clone(), Some(Refusal::NoWords)),
        (note(&long), as_it_is.clone(), Some(Refusal::TooLong)),
        (note(&fits), as_it_is.clone(), None),
        (suggest(""), as_it_is.clone(), Some(Refusal::NoWords)),
        (suggest(&long), as_it_is.clone(), Some(Refusal::TooLong)),
        (decline(&long), as_it_is.clone(), Some(Refusal::TooLong)),
        (decline(""), as_it_is.clone(), None),
        (reason(&long), as_it_is.clone(), Some(Refusal::TooLong)),
        (reason(""), as_it_is.clone(), None),
        (Action::Approve, words(" "), Some(Refusal::NoWords)),
        (Action::Approve, words(&long), Some(Refusal::TooLong)),
        (Action::Approve, words(&fits), None),
        (
            Action::Edit(unchanged),
            as_it_is.clone(),
            Some(Refusal::NoChange),
        ),
        (
            Action::SendAgain { letter: 99 },
            as_it_is,
            Some(Refusal::NotOffered),
        ),
    ];
    for (action, letter, refusal) in cases {
        let before = in_stage(Stage::Received);
        let mut after = before.clone();
        let what = format!("{:?}", action.verb());
        let said = after.act(Party::Campaigner, action, letter, &editors(), moment(60));
        assert_eq!(said.err(), refusal, "{what}");
        assert_eq!(after == before, refusal.is_some(), "{what}");
    }
}

#[test]
fn a_correction_ends_with_the_first_thing_an_editor_does_and_a_link_is_owed_once() {
    for verb in [Verb::Note, Verb::Edit, Verb::SendAgain] {
        let mut touched = in_stage(Stage::Received);
        let (party, action_) = action(verb, &touched);
        let as_it_is = LetterChoice::AsItIs;
        touched
            .act(party, action_, as_it_is.clone(), &editors(), moment(60))
            .expect("done");
        let before = touched.clone();
        let (party, correct) = action(Verb::Correct, &touched);
        let said = touched.act(party, correct, as_it_is, &editors(), moment(61));
        assert_eq!(said, Err(Refusal::NotOffered));
        assert!(touched == before);
    }
    let mut asked = in_stage(Stage::Received);
    let mut ask = |at| {
        let (party, link) = action(Verb::AskForLink, &asked);
        let said = asked.act(party, link, LetterChoice::AsItIs, &[], moment(at));
        let links = asked.letters.iter();
        let links = links.filter(|letter| letter.kind == LetterKind::Link);
        (said, links.count())
    };
    assert_eq!(ask(60), (Ok(()), 1));
    assert_eq!(ask(61), (Err(Refusal::NoChange), 1));
}

#[test]
fn after_erasure_no_verb_writes_to_the_campaigner_in_any_stage() {
    for verb in Verb::ALL {
        for stage in Stage::ALL {
            for choice in [LetterChoice::AsItIs, LetterChoice::Words("Words.".into())] {
                let mut erased = in_stage(stage);
                let (party, erase) = action(Verb::Erase, &erased);
                erased
                    .act(party, erase, LetterChoice::AsItIs, &[], moment(60))
                    .expect("erased");
                erased.stage = stage;
                let (party, action) = action(verb, &erased);
                let before = erased.clone();
                let said = erased.act(party, action, choice, &editors(), moment(61));
                let new = &erased.letters[before.letters.len()..];
                assert!(new.iter().all(|it| it.to != Recipient::Campaigner));
                assert!(said.is_ok() || erased == before);
            }
        }
    }
}

// ---- bad input ----------------------------------------------------------------------------------
