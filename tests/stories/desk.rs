//! The review desk and the campaigner's side of the conversation, over HTTP with the real program:
//! who gets in, what each stage offers, what bad input meets, who learns what, and what a kill
//! leaves.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use case_study_intake::{
    case_study::{CaseStudy, Contact, Entry},
    submission::{
        Action, Content, Editor, Editorial, Letter as Owed, LetterChoice, LetterKind, LetterState,
        Party, Recipient, Refusal, Stage, Submission, Verb,
    },
    web::{Who, routes},
};
use jiff::Timestamp;

use crate::support::{
    Answer, Answers, Hidden, Intake, Letter, MailServer, Visitor, eventually, port_for_later,
};

const ANN: &str = "ann@desk.example";
const BO: &str = "bo@desk.example";
const ANN_AND_BO: &str =
    "[{name: Ann, email: ann@desk.example}, {name: Bo, email: bo@desk.example}]";
const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

fn with_editors() -> Intake {
    Intake::start_with(&[("INTAKE__EDITORS", ANN_AND_BO)])
}

/// The id and the key in the path of a private page.
fn id_and_key(path: &str) -> (String, String) {
    let mut parts = path.split('/').skip(2);
    let mut part = || parts.next().expect("a part").to_owned();
    (part(), part())
}

/// A page for people, with this status.
#[track_caller]
fn assert_page(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert!(answer.body.contains("<h1"), "{}", answer.body);
}

#[track_caller]
fn assert_done(answer: &Answer) {
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(answer.location.ends_with("?done"), "{}", answer.location);
}

/// Waits until no letter is owed any more, so that nothing but a request changes the record; and
/// reads its bytes.
#[track_caller]
fn settled(intake: &Intake, id: &str) -> String {
    eventually("no letter owed", || {
        let record = intake.queue_file(&format!("{id}.json"));
        (!record.contains("\"owed\"")).then_some(record)
    })
}

// ---- who gets in --------------------------------------------------------------------------------

#[test]
fn every_route_of_the_desk_is_for_editors_and_every_change_needs_a_token_and_its_own_page() {
    let intake = with_editors();
    let (id, _) = id_and_key(&intake.submit(&Answers::seed()));
    let mut ann = Visitor::sign_in(&intake, ANN);
    let mut bo = Visitor::sign_in(&intake, BO);
    let page = ann.get(&intake, &format!("/desk/{id}")).body;
    let good = Hidden::in_page(&page);
    let others = Hidden::in_page(&bo.get(&intake, "/desk").body);
    assert!(good.token.is_some() && others.token.is_some() && good.token != others.token);
    let forms = intake.token();
    let before = settled(&intake, &id);
    let sessions = fs::read(intake.folder.path().join("submissions.sessions")).expect("sessions");
    let letters = intake.mailbox();

    let pick = format!("{id}:1");
    let slug = "a-slug";
    let fields = [
        ("action", "approve"),
        ("pick", pick.as_str()),
        ("version", "1"),
        ("slug", slug),
    ];
    let mut walked = BTreeSet::new();
    for entrance in routes() {
        if entrance.who != Who::Editor {
            continue;
        }
        let path = entrance.path.replace("{id}", &id);
        assert!(
            !path.contains('{'),
            "{path}: a pattern that this test does not fill in"
        );
        let method = entrance.method.as_str();
        walked.insert(format!("{method} {}", entrance.path));
        let mut stranger = Visitor::new();
        if method == "GET" {
            for method in ["GET", "HEAD"] {
                let answer = stranger.send(&intake, method, &path, &[], &[]);
                assert_eq!(answer.status, 303, "{method} {path}");
                assert_eq!(answer.location, "/desk/sign-in");
            }
            assert_page(&ann.clone().get(&intake, &path), 200);
            continue;
        }
        let mut with_token = fields.to_vec();
        let token = good.token.as_deref().expect("a token");
        with_token.push(("token", token));
        assert_page(&stranger.post(&intake, &path, &fields), 403);
        assert_page(&stranger.post(&intake, &path, &with_token), 403);
        let mut ann = ann.clone();
        assert_page(&ann.post(&intake, &path, &fields), 403);
        for wrong in [
            "",
            "0",
            &token[1..],
            others.token.as_deref().expect("one"),
            &forms,
        ] {
            let mut fields = fields.to_vec();
            fields.push(("token", wrong));
            assert_page(&ann.post(&intake, &path, &fields), 403);
        }
        for header in [
            ("origin", "https://evil.example"),
            ("origin", "http"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            let answer = ann.send(&intake, "POST", &path, &[header], &with_token);
            assert_page(&answer, 403);
        }
        // The token in the address is none.
        let answer = ann.post(&intake, &format!("{path}?token={token}"), &fields);
        assert_page(&answer, 403);
    }
    println!("{walked:#?}");
    assert_eq!(walked.len(), 7, "{walked:?}");
    // And no other route is below /desk but the way in.
    for entrance in routes() {
        let open = entrance.path.starts_with("/desk") && entrance.who != Who::Editor;
        assert!(!open || entrance.path.starts_with("/desk/sign-in"));
    }
    assert_eq!(settled(&intake, &id), before, "nothing changed");
    assert_eq!(intake.mailbox(), letters, "no letter");
    let now = fs::read(intake.folder.path().join("submissions.sessions")).expect("sessions");
    assert_eq!(now, sessions, "nobody was signed out");
    let origin = intake.url.clone();
    let answer = ann.send(
        &intake,
        "POST",
        &format!("/desk/{id}"),
        &[("origin", &origin), ("sec-fetch-site", "same-origin")],
        &good.with(&[("action", "note"), ("note", "From our own page.")]),
    );
    assert_done(&answer);
}

// ---- what each stage offers ---------------------------------------------------------------------

/// One row for each verb: where it leads from each stage, in the order quarantined, received,
/// changes requested, approved, published, declined, withdrawn (`.`: not offered), and whom the
/// letters go to.
const TABLE: [(&str, &str, Tells); 15] = [
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
    ("edit", ". R C A . . .", Tells::Nobody),
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
    assert_eq!(tried, 15 * 7 * 3);
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

#[test]
fn bad_input_meets_a_clear_page_and_changes_nothing() {
    let mut intake = with_editors();
    let private = intake.submit(&Answers::seed());
    let (id, key) = id_and_key(&private);
    let desk = format!("/desk/{id}");
    let edit = format!("{desk}/edit");
    let mut visitor = Visitor::new();
    let link = visitor.ask_to_sign_in(&intake, ANN);
    assert_eq!(visitor.get(&intake, &link).status, 303);
    let mut ann = visitor;
    assert_done(&ann.fill_in(
        &intake,
        &desk,
        &desk,
        &[("action", "note"), ("note", "Seen.")],
    ));
    let record = settled(&intake, &id);
    let draft = intake.queue_file(&format!("{id}.md"));
    let letters = intake.mailbox();
    let hidden = Hidden::in_page(&ann.get(&intake, &desk).body);
    assert_eq!(hidden.version.as_deref(), Some("2"));
    let token = hidden.token.clone().expect("a token");
    let long = "n".repeat(100_000);

    // A replayed link, with and without the cookie.
    assert_page(&ann.clone().get(&intake, &link), 403);
    assert_page(&Visitor::new().get(&intake, &link), 403);
    assert_page(&ann.clone().get(&intake, "/desk/sign-in/0123"), 403);

    // Ids that are none, and nobody's.
    for wrong in [
        NOBODY,
        "nonsense",
        "1",
        "%00",
        "..%2f..%2fetc%2fpasswd",
        &id[1..],
    ] {
        for path in [format!("/desk/{wrong}"), format!("/desk/{wrong}/edit")] {
            assert_page(&ann.get(&intake, &path), 404);
            let answers = Answers::seed();
            let mut fields = answers.sent(&token, "approve");
            fields.extend([("version", "1"), ("note", "Words."), ("slug", "a-slug")]);
            fields.extend([("author", "Guest"), ("date", "")]);
            assert_page(&ann.post(&intake, &path, &fields), 404);
        }
        let pick = format!("{wrong}:1");
        let several = [
            ("token", token.as_str()),
            ("action", "approve"),
            ("pick", &pick),
        ];
        assert_eq!(ann.post(&intake, "/desk", &several).status, 303);
    }

    // Wrong keys: another's, a forged one, none.
    let (other, other_key) = id_and_key(&intake.submit(&Answers::number(2)));
    let forged = key.replace(&key[..1], if key.starts_with('0') { "1" } else { "0" });
    for path in [
        format!("/mine/{id}/{other_key}"),
        format!("/mine/{other}/{key}"),
        format!("/mine/{id}/{forged}"),
        format!("/mine/{id}/0"),
        format!("/mine/{NOBODY}/{key}"),
        format!("/mine/nonsense/{key}"),
    ] {
        for path in [path.clone(), format!("{path}/edit")] {
            assert_page(&intake.get(&path), 404);
            let fields = [("action", "withdraw"), ("version", "2")];
            assert_page(&intake.post(&path, &fields), 404);
        }
    }

    // At the desk: action, version, words.
    let say = |fields: &[(&str, &str)], version: &str| {
        let mut all = fields.to_vec();
        all.push(("token", &token));
        all.push(("version", version));
        ann.clone().post(&intake, &desk, &all)
    };
    for action in [
        "", "nonsense", "Approve", "publish", "erase", "withdraw", "edit",
    ] {
        assert_page(&say(&[("action", action), ("note", "w")], "2"), 422);
    }
    for number in ["", "x", "-1", "99999999999"] {
        let fields = [("action", "send_again"), ("letter_number", number)];
        assert_page(&say(&fields, "2"), 422);
    }
    let again = [("action", "send_again"), ("letter_number", "77")];
    assert_page(&say(&again, "2"), 409);
    assert_page(&say(&[("action", "take_back")], "2"), 409);
    for step in ["show", ""] {
        for action in ["take_back", "resubmit"] {
            let status = if action == "take_back" { 409 } else { 422 };
            assert_page(&say(&[("action", action), ("step", step)], "2"), status);
        }
        for version in [
            "1",
            "3",
            "",
            "nonsense",
            "-2",
            "2.0",
            "99999999999999999999999",
        ] {
            let fields = [
                ("action", "request_changes"),
                ("note", "My words"),
                ("step", step),
            ];
            let answer = say(&fields, version);
            assert_page(&answer, 409);
            assert!(answer.body.contains("My words"), "{version}: words lost");
        }
        for action in ["request_changes", "decline", "note"] {
            let answer = say(&[("action", action), ("note", &long), ("step", step)], "2");
            assert_page(&answer, 422);
            assert!(answer.body.contains(&long), "{action}: words lost");
        }
        let fields = [
            ("action", "request_changes"),
            ("note_story", &*long),
            ("step", step),
        ];
        let answer = say(&fields, "2");
        assert_page(&answer, 422);
        assert!(answer.body.contains(&long), "words lost");
        let nothing_said = [
            ("action", "request_changes"),
            ("note", " \n"),
            ("step", step),
        ];
        assert_page(&say(&nothing_said, "2"), 422);
    }
    assert_page(&say(&[("action", "note"), ("note", "")], "2"), 422);
    for letter in [&*long, ""] {
        let fields = [("action", "approve"), ("letter", letter), ("send", "yes")];
        assert_page(&say(&fields, "2"), 422);
    }
    // Without a version no decision is taken, for nobody knows what was seen.
    let no_version = [("token", token.as_str()), ("action", "approve")];
    assert_page(&ann.clone().post(&intake, &desk, &no_version), 409);
    for action in ["", "nonsense", "decline"] {
        let fields = [("token", token.as_str()), ("action", action), ("pick", &id)];
        assert_page(&ann.clone().post(&intake, "/desk", &fields), 422);
    }
    for pick in [
        format!("{id}:1"),
        format!("{id}:x"),
        format!("{id}:"),
        id.clone(),
    ] {
        let fields = [
            ("token", token.as_str()),
            ("action", "approve"),
            ("pick", &pick),
        ];
        let answer = ann.clone().post(&intake, "/desk", &fields);
        assert_eq!(answer.status, 303, "{pick}");
        assert!(answer.location.starts_with("/desk?done=0-"), "{pick}");
        assert_page(&ann.clone().get(&intake, &answer.location), 200);
    }
    for query in [
        "page=0",
        "page=-1",
        "page=x",
        "stage=x",
        "q=%FF%00",
        "done=x-y",
        "from=99&to=x",
    ] {
        assert_page(&ann.clone().get(&intake, &format!("/desk?{query}")), 200);
        assert_page(&ann.clone().get(&intake, &format!("{desk}?{query}")), 200);
    }
    assert_page(&ann.clone().post(&intake, &edit, &[("token", &token)]), 422);

    // On the private page.
    let mine = |fields: &[(&str, &str)], version: &str| {
        let mut all = fields.to_vec();
        all.push(("version", version));
        intake.post(&private, &all)
    };
    for action in ["", "nonsense", "approve", "note", "resubmit"] {
        assert_page(&mine(&[("action", action), ("note", "w")], "2"), 422);
    }
    for version in ["1", "3", "", "nonsense", "99999999999999999999999"] {
        let answer = mine(&[("action", "suggest"), ("note", "My words")], version);
        assert_page(&answer, 409);
        assert!(answer.body.contains("My words"), "{version}: words lost");
        assert_page(&mine(&[("action", "erase"), ("sure", "yes")], version), 409);
    }
    for action in ["suggest", "withdraw"] {
        assert_page(&mine(&[("action", action), ("note", &long)], "2"), 422);
    }
    assert_page(&mine(&[("action", "suggest"), ("note", " ")], "2"), 422);
    assert_page(&mine(&[("action", "erase")], "2"), 422);
    assert_page(&mine(&[("action", "erase"), ("sure", "no")], "2"), 422);
    assert_page(&intake.post(&private, &[("action", "withdraw")]), 409);
    // An editor has begun, so there is nothing to correct, and nobody has asked for changes.
    assert_page(&intake.get(&format!("{private}/edit")), 409);
    for action in ["correct", "resubmit"] {
        let answers = Answers::number(3);
        let mut fields = answers.sent("", action);
        fields.push(("version", "2"));
        assert_page(&intake.post(&format!("{private}/edit"), &fields), 409);
    }
    for header in [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let fields = [("action", "withdraw"), ("version", "2")];
        for path in [private.clone(), format!("{private}/edit")] {
            let answer = Visitor::new().send(&intake, "POST", &path, &[header], &fields);
            assert_page(&answer, 403);
        }
    }

    assert_eq!(intake.queue_file(&format!("{id}.json")), record);
    assert_eq!(intake.queue_file(&format!("{id}.md")), draft);
    settled(&intake, &other);
    assert_eq!(
        intake.mailbox().len(),
        letters.len() + 3,
        "the second receipt"
    );
    intake.stop();
    intake.start_again();
    assert_eq!(intake.queue_file(&format!("{id}.json")), record);
}

// ---- who learns what ----------------------------------------------------------------------------

/// The text of everything below a folder, file by file; bytes that are no text are replaced.
fn everything_below(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all.extend(everything_below(&path));
        } else if let Ok(bytes) = fs::read(&path) {
            all.push((path, String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    all
}

/// Everything in the queue's folder and in the files beside it.
fn everything_kept(intake: &Intake) -> Vec<(PathBuf, String)> {
    let beside = fs::read_dir(intake.folder.path()).expect("a folder");
    let mut all = everything_below(&intake.queue());
    for entry in beside {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy();
        if name.starts_with("submissions.") {
            let bytes = fs::read(&path).expect("a file");
            all.push((path, String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    all
}

/// None of the words stands in the text, in whatever case.
#[track_caller]
fn assert_without(what: &str, text: &str, words: &[&str]) {
    let small = text.to_lowercase();
    for word in words {
        assert!(
            !small.contains(&word.to_lowercase()),
            "{word} in {what}:\n{text}"
        );
    }
}

/// The captured letters of a submission, by their numbers.
fn letters_of(intake: &Intake, id: &str) -> BTreeMap<u32, Letter> {
    settled(intake, id);
    let folder = intake.folder.path().join("mailbox");
    intake
        .mailbox()
        .into_iter()
        .filter_map(|name| {
            let (_, number) = name.strip_suffix(".eml")?.split_once(&format!("{id}-"))?;
            Some((number.parse().ok()?, Letter::read(&folder.join(&name))))
        })
        .collect()
}

/// The newest letter of a submission.
#[track_caller]
fn last_letter(intake: &Intake, id: &str) -> Letter {
    let (_, letter) = letters_of(intake, id).pop_last().expect("a letter");
    letter
}

/// A letter without the line that says where it goes.
fn all_but_to(letter: &Letter) -> String {
    let mut all = format!("{}\n{}\n", letter.text, letter.html);
    for (name, value) in &letter.headers {
        if name != "To" {
            all.push_str(&format!("{name}: {value}\n"));
        }
    }
    all
}

#[test]
fn a_name_an_address_and_an_internal_note_stay_where_they_belong_and_go_for_good() {
    const NAME: &str = "Namecanary";
    const ADDRESS: &str = "addresscanary";
    const NOTE: &str = "notecanary";
    const SAID: [&str; 6] = [
        "askcanary",
        "fieldcanary",
        "suggestcanary",
        "declinecanary",
        "lettercanary",
        "reasoncanary",
    ];
    let mut intake = with_editors();
    let mut answers = Answers::seed();
    answers.contact_name = format!("{NAME} Quince");
    answers.contact_email = format!("{ADDRESS}@campaigner.example");
    let private = intake.submit(&answers);
    let (id, key) = id_and_key(&private);
    let desk = format!("/desk/{id}");
    let mut ann = Visitor::sign_in(&intake, ANN);
    let mut bo = Visitor::sign_in(&intake, BO);
    let mut shown = 0;

    let look_around = |intake: &Intake, ann: &mut Visitor| {
        settled(intake, &id);
        let secret = [NAME, ADDRESS, NOTE];
        let draft = intake.queue_file(&format!("{id}.md"));
        assert_without("the draft", &draft, &secret);
        for path in [private.clone(), format!("{private}/edit"), "/".into()] {
            assert_without(&path, &intake.get(&path).body, &secret);
        }
        for path in [
            "/metrics",
            "/healthz",
            "/readyz",
            "/lost-link",
            "/desk/sign-in",
        ] {
            let body = intake.get(path).body;
            assert_without(path, &body, &[NAME, ADDRESS, NOTE, &key, &id]);
        }
        let pages = [
            "/desk".to_owned(),
            "/desk?q=canary".to_owned(),
            format!("{desk}?from=0&to=1"),
            format!("{desk}/edit"),
        ];
        for path in pages {
            let Answer { status, body, .. } = ann.get(intake, &path);
            assert_without(&path, &body, &[&key]);
            // The page of a submission tells editors; it comes too where it cannot be edited.
            if status == 200 && !path.starts_with(&format!("{desk}?")) {
                assert_without(&path, &body, &secret);
            }
        }
        let found = ann.get(intake, "/desk?q=notecanary").body;
        assert!(!found.contains(&id), "notes are not searched");
        for (number, letter) in letters_of(intake, &id) {
            let what = format!("letter {number}");
            let all = all_but_to(&letter);
            assert_without(&what, &all, &secret);
            assert_without(&what, &letter.headers["To"], &[NAME, NOTE]);
            let to_editor = [ANN, BO].iter().any(|it| letter.headers["To"].contains(it));
            assert_eq!(to_editor, !letter.headers["To"].contains(ADDRESS));
            if to_editor {
                assert_without(&what, &(all + &letter.raw), &[&key]);
            }
        }
        assert_without("the log", &intake.log(), &[NAME, ADDRESS, NOTE, &key]);
        for said in SAID {
            assert_without("the log", &intake.log(), &[said]);
        }
    };
    let mut decide = |intake: &Intake, who: &mut Visitor, fields: &[(&str, &str)]| {
        let mut first = fields.to_vec();
        first.push(("step", "show"));
        let answer = who.fill_in(intake, &desk, &desk, &first);
        if answer.status == 200 {
            shown += 1;
            assert_without(
                "the letter's page",
                &answer.body,
                &[NAME, ADDRESS, NOTE, &key],
            );
            assert_done(&who.fill_in(intake, &desk, &desk, fields));
        } else {
            assert_done(&answer);
        }
        look_around(intake, who);
    };
    let mine = |intake: &Intake, fields: &[(&str, &str)]| {
        let answer = Visitor::new().fill_in(intake, &private, &private, fields);
        assert_done(&answer);
    };

    let note = format!("Between us: {NOTE}.");
    decide(&intake, &mut ann, &[("action", "note"), ("note", &note)]);
    decide(
        &intake,
        &mut ann,
        &[
            ("action", "request_changes"),
            ("note", "Please askcanary."),
            ("note_story", "Here fieldcanary."),
        ],
    );
    let mut again = answers.clone();
    again.story.push_str("\n\nAnd more.");
    let edit = format!("{private}/edit");
    let fields = again.sent("", "resubmit");
    assert_done(&Visitor::new().fill_in(&intake, &edit, &edit, &fields));
    mine(
        &intake,
        &[("action", "suggest"), ("note", "I suggestcanary.")],
    );
    decide(&intake, &mut bo, &[("action", "note"), ("note", &note)]);
    decide(
        &intake,
        &mut bo,
        &[("action", "decline"), ("note", "Sorry, declinecanary.")],
    );
    decide(&intake, &mut ann, &[("action", "take_back")]);
    let letter = "Dear campaigner, lettercanary.";
    decide(
        &intake,
        &mut ann,
        &[("action", "approve"), ("letter", letter), ("send", "yes")],
    );
    mine(&intake, &[("action", "accept")]);
    decide(
        &intake,
        &mut bo,
        &[("action", "send_again"), ("letter_number", "1")],
    );
    let asked = [("email", answers.contact_email.as_str())];
    assert_page(&intake.post("/lost-link", &asked), 200);
    eventually("the link again", || {
        settled(&intake, &id)
            .contains("link_asked_for")
            .then_some(())
    });
    mine(
        &intake,
        &[("action", "withdraw"), ("note", "Because reasoncanary.")],
    );
    look_around(&intake, &mut ann);
    assert!(shown >= 4, "{shown} letters shown");

    // Until now it is all there, where editors look for it.
    let review = ann.get(&intake, &desk).body;
    let record = settled(&intake, &id);
    let words = [
        NAME, ADDRESS, NOTE, SAID[0], SAID[1], SAID[2], SAID[3], SAID[5],
    ];
    for word in words {
        assert!(review.contains(word), "{word} on the desk");
        assert!(record.contains(word), "{word} in the record");
    }
    assert!(record.contains(SAID[4]));
    for word in words {
        let found: Vec<PathBuf> = everything_kept(&intake)
            .into_iter()
            .filter(|(_, text)| text.contains(word))
            .map(|(path, _)| path)
            .collect();
        let expected = intake.queue().join(format!("{id}.json"));
        assert_eq!(found, [expected], "{word} in the record alone");
    }

    mine(&intake, &[("action", "erase"), ("sure", "yes")]);
    look_around(&intake, &mut ann);
    for _ in 0..2 {
        for (path, text) in everything_kept(&intake) {
            let what = path.display().to_string();
            assert_without(&what, &text, &[NAME, ADDRESS, NOTE, "Quince"]);
            assert_without(&what, &text, &SAID);
        }
        for path in [
            "/desk".to_owned(),
            desk.clone(),
            "/desk?q=canary".to_owned(),
        ] {
            let body = ann.get(&intake, &path).body;
            assert_without(&path, &body, &[NAME, ADDRESS, NOTE]);
            assert_without(&path, &body, &SAID);
        }
        let body = intake.get(&private).body;
        assert_without("the private page", &body, &[NAME, ADDRESS, NOTE]);
        assert_without("the private page", &body, &SAID);
        intake.stop();
        intake.start_again();
    }
    let before = settled(&intake, &id);
    assert_page(&intake.post("/lost-link", &asked), 200);
    let draft = intake.queue_file(&format!("{id}.md"));
    assert!(draft.contains("And more."), "the post stays");
    assert_eq!(intake.record(&id)["stage"], "withdrawn");
    let told = last_letter(&intake, &id);
    assert!(told.headers["Subject"].contains("erased"));
    intake.stop();
    assert_eq!(intake.queue_file(&format!("{id}.json")), before);
    intake.start_again();
}

#[test]
fn what_is_erased_while_letters_wait_for_a_dead_mail_server_is_not_sent_later() {
    let mut server = MailServer::down(&[]);
    let mut intake = with_editors();
    let mut ann = Visitor::sign_in(&intake, ANN);
    intake.stop();
    intake.set("INTAKE__MAIL__TRANSPORT", &server.url());
    intake.start_again();
    let mut answers = Answers::seed();
    answers.contact_email = "addresscanary@campaigner.example".into();
    let private = intake.submit(&answers);
    let (id, _) = id_and_key(&private);
    let desk = format!("/desk/{id}");
    let fields = [("action", "decline"), ("note", "declinecanary")];
    assert_done(&ann.fill_in(&intake, &desk, &desk, &fields));
    eventually("a try", || {
        let states = intake.letter_states(&id);
        states
            .iter()
            .any(|(_, trouble)| !trouble.is_empty())
            .then_some(())
    });
    // How letters were tried does not count as a version, so that nobody's form goes stale by it.
    let fields = [("action", "erase"), ("sure", "yes")];
    assert_done(&Visitor::new().fill_in(&intake, &private, &private, &fields));
    let states: Vec<String> = intake
        .letter_states(&id)
        .into_iter()
        .map(|it| it.0)
        .collect();
    assert_eq!(
        states,
        ["dropped", "owed", "owed", "dropped", "owed", "owed"]
    );
    intake.stop();
    for (path, text) in everything_kept(&intake) {
        let what = path.display().to_string();
        assert_without(&what, &text, &["addresscanary", "declinecanary", "Zelda"]);
    }
    server.up("accept");
    intake.start_again();
    for (letter, envelope) in server.letters(4) {
        let to = envelope["rcpts"][0]
            .as_str()
            .expect("an address")
            .to_owned();
        assert!([ANN, BO].contains(&to.as_str()), "{to}");
        assert_without(
            "a letter",
            &all_but_to(&letter),
            &["addresscanary", "declinecanary"],
        );
    }
    settled(&intake, &id);
}

// ---- signing in ---------------------------------------------------------------------------------

#[track_caller]
fn assert_signed_in(intake: &Intake, visitor: &Visitor, name: &str) {
    let answer = visitor.clone().get(intake, "/desk");
    assert_page(&answer, 200);
    assert!(answer.body.contains(&format!("<span>{name}</span>")));
}

#[track_caller]
fn assert_signed_out(intake: &Intake, visitor: &Visitor) {
    let answer = visitor.clone().get(intake, "/desk");
    assert_eq!(
        (answer.status, answer.location.as_str()),
        (303, "/desk/sign-in")
    );
    let answer = visitor
        .clone()
        .post(intake, "/desk", &[("action", "approve")]);
    assert_page(&answer, 403);
}

#[test]
fn a_link_is_good_once_in_the_browser_that_asked_and_after_a_restart() {
    let mut intake = with_editors();
    let mut ann = Visitor::new();
    let link = ann.ask_to_sign_in(&intake, ANN);
    assert_signed_out(&intake, &ann);
    let mut other = Visitor::new();
    // A mail program that looks at links, and somebody else who has asked for one.
    assert_page(&other.get(&intake, &link), 403);
    let others = other.ask_to_sign_in(&intake, BO);
    assert_page(&other.get(&intake, &link), 403);
    assert_page(&ann.clone().get(&intake, &others), 403);
    assert_eq!(other.send(&intake, "HEAD", &link, &[], &[]).status, 403);

    intake.stop();
    intake.start_again();
    let kept = everything_kept(&intake);
    let answer = ann.get(&intake, &link);
    assert_eq!((answer.status, answer.location.as_str()), (303, "/desk"));
    assert_signed_in(&intake, &ann, "Ann");
    let mut again = ann.clone();
    assert_page(&again.get(&intake, &link), 403);
    assert_signed_in(&intake, &again, "Ann");
    // The others' link is still good, and theirs only.
    assert_eq!(other.get(&intake, &others).status, 303);
    assert_signed_in(&intake, &other, "Bo");

    intake.stop();
    intake.start_again();
    assert_signed_in(&intake, &ann, "Ann");
    // What would let somebody in stands nowhere on the disk.
    let secret = link.rsplit('/').next().expect("a secret");
    let cookie = ann.cookies["intake_session"]
        .split('.')
        .next()
        .expect("one");
    for (path, text) in kept.into_iter().chain(everything_kept(&intake)) {
        assert_without(&path.display().to_string(), &text, &[secret, cookie]);
    }
    assert_without("the log", &intake.log(), &[secret, cookie, ANN]);
}

#[test]
fn an_unknown_address_gets_the_same_answer_and_no_letter() {
    let intake = with_editors();
    let ask = |email: &str| {
        Visitor::new().send(&intake, "POST", "/desk/sign-in", &[], &[("email", email)])
    };
    let shape = |answer: &Answer| {
        let mut headers = answer.headers.clone();
        headers.remove("x-request-id");
        headers.remove("date");
        headers.remove("set-cookie");
        let cookies: Vec<String> = answer
            .cookies
            .iter()
            .map(|cookie| {
                let (name, rest) = cookie.split_once('=').expect("a cookie");
                let (value, rest) = rest.split_once(';').expect("attributes");
                format!("{name}, {} characters;{rest}", value.len())
            })
            .collect();
        (answer.status, answer.body.clone(), headers, cookies)
    };
    let unknown = ask("stranger@elsewhere.example");
    assert_page(&unknown, 200);
    eventually("a line in the log", || {
        intake.log().contains("no editor's").then_some(())
    });
    assert!(intake.mailbox().is_empty());
    let known = ask(&format!("  {} ", ANN.to_uppercase()));
    assert_eq!(shape(&unknown), shape(&known));
    for odd in [
        "",
        "x",
        "ann@desk.example, evil@elsewhere.example",
        "ann@desk.example\r\nBcc: x@y.example",
    ] {
        assert_eq!(shape(&ask(odd)), shape(&known), "{odd}");
    }
    eventually("the others' lines in the log", || {
        (intake.log().matches("no editor's").count() == 5).then_some(())
    });
    let letters = intake.letters(1);
    assert!(letters[0].headers["To"].contains(ANN));
    assert_without("the log", &intake.log(), &["elsewhere", ANN]);
}

#[test]
fn cookies_are_for_this_server_alone_and_over_https_where_there_is_https() {
    for (public_url, secure) in [
        ("https://forms.example.org", true),
        ("http://forms.example.org", false),
    ] {
        let listen = format!("127.0.0.1:{}", port_for_later());
        let mut intake = Intake::start_with(&[
            ("INTAKE__EDITORS", ANN_AND_BO),
            ("INTAKE__PUBLIC_URL", public_url),
            ("INTAKE__LISTEN", &listen),
        ]);
        intake.url = format!("http://{listen}");
        let mut ann = Visitor::new();
        let asked = ann.post(&intake, "/desk/sign-in", &[("email", ANN)]);
        let letter = &intake.letters(1)[0];
        let link = letter.link(public_url);
        let signed_in = ann.get(&intake, &link.replace(public_url, ""));
        assert_eq!(signed_in.status, 303);
        let page = ann.get(&intake, "/desk").body;
        let hidden = Hidden::in_page(&page);
        let signed_out = ann.post(&intake, "/desk/sign-out", &hidden.with(&[]));
        assert_eq!(signed_out.status, 303);
        let cookies = [&asked, &signed_in, &signed_out].map(|answer| answer.cookies.clone());
        println!("{cookies:#?}");
        assert_eq!(cookies.each_ref().map(Vec::len), [1, 2, 1]);
        for cookie in cookies.iter().flatten() {
            let attributes: Vec<&str> = cookie.split("; ").skip(1).collect();
            for wanted in ["HttpOnly", "SameSite=Lax", "Path=/desk"] {
                assert!(attributes.contains(&wanted), "{wanted}: {cookie}");
            }
            assert_eq!(attributes.contains(&"Secure"), secure, "{cookie}");
            assert!(!cookie.contains("Domain"), "{cookie}");
        }
        assert!(cookies[0][0].contains("Max-Age=900"));
        let session = cookies[1]
            .iter()
            .find(|it| it.starts_with("intake_session="));
        assert!(session.expect("a session").contains("Max-Age=43200"));
        for gone in [
            &cookies[2][0],
            cookies[1]
                .iter()
                .find(|it| it.starts_with("intake_browser="))
                .expect("gone"),
        ] {
            assert!(gone.contains("=;") && gone.contains("Max-Age=0"), "{gone}");
        }
    }
}

#[test]
fn a_session_ends_with_sign_out_and_with_leaving_the_configuration() {
    let mut intake = with_editors();
    let mut ann = Visitor::sign_in(&intake, ANN);
    let elsewhere = Visitor::sign_in(&intake, ANN);
    let bo = Visitor::sign_in(&intake, BO);
    let stolen = ann.clone();
    let answer = ann.fill_in(&intake, "/desk", "/desk/sign-out", &[]);
    assert_eq!(
        (answer.status, answer.location.as_str()),
        (303, "/desk/sign-in")
    );
    assert!(!ann.cookies.contains_key("intake_session"));
    assert_signed_out(&intake, &ann);
    assert_signed_out(&intake, &stolen);
    assert_signed_in(&intake, &elsewhere, "Ann");
    assert_signed_in(&intake, &bo, "Bo");
    let mut late = Visitor::new();
    let link = late.ask_to_sign_in(&intake, ANN);

    intake.stop();
    intake.set("INTAKE__EDITORS", "[{name: Bo, email: bo@desk.example}]");
    intake.start_again();
    assert_signed_out(&intake, &elsewhere);
    assert_signed_out(&intake, &stolen);
    assert_page(&late.get(&intake, &link), 403);
    assert_signed_out(&intake, &late);
    assert_signed_in(&intake, &bo, "Bo");
}

#[test]
fn a_forged_or_tampered_cookie_does_nothing() {
    let intake = with_editors();
    let mut asked = Visitor::new();
    let link = asked.ask_to_sign_in(&intake, BO);
    let ann = Visitor::sign_in(&intake, ANN);
    let other = Visitor::sign_in(&intake, ANN);
    let token = Hidden::in_page(&ann.clone().get(&intake, "/desk").body)
        .token
        .expect("a token");
    let value = &ann.cookies["intake_session"];
    let (secret, signature) = value.split_once('.').expect("two parts");
    let (_, other_signature) = other.cookies["intake_session"]
        .split_once('.')
        .expect("two");
    let flip = |text: &str, at: usize| {
        let mut text = text.to_owned().into_bytes();
        text[at] = if text[at] == b'0' { b'1' } else { b'0' };
        String::from_utf8(text).expect("text")
    };
    let sessions = fs::read_to_string(intake.folder.path().join("submissions.sessions"));
    let sessions: serde_json::Value = serde_json::from_str(&sessions.expect("text")).expect("JSON");
    let hash = sessions["sessions"][0]["hash"].as_str().expect("a hash");
    let browser = &asked.cookies["intake_browser"];
    let forged = [
        secret.to_owned(),
        format!("{secret}."),
        format!(".{signature}"),
        ".".to_owned(),
        format!("{}.{signature}", flip(secret, 0)),
        format!("{}.{signature}", flip(secret, 63)),
        format!("{secret}.{}", flip(signature, 0)),
        format!("{secret}.{}", flip(signature, signature.len() - 1)),
        format!("{secret}.{}", &signature[1..]),
        format!("{secret}.{signature}0"),
        format!("{secret}.{signature}.{signature}"),
        format!("{secret}.{other_signature}"),
        format!("{secret}.{token}"),
        format!("{hash}.{signature}"),
        format!("{}.{signature}", link.rsplit('/').next().expect("a link")),
        format!("{browser}.{signature}"),
        value.to_uppercase(),
        "x".repeat(4_000),
        "%00.%ff".to_owned(),
    ];
    let good = intake.submit(&Answers::seed());
    let (id, _) = id_and_key(&good);
    let before = settled(&intake, &id);
    for forged in forged {
        let mut visitor = Visitor::new();
        visitor
            .cookies
            .insert("intake_session".into(), forged.clone());
        assert_signed_out(&intake, &visitor);
        let fields = [("action", "approve"), ("version", "1"), ("token", &token)];
        let answer = visitor.post(&intake, &format!("/desk/{id}"), &fields);
        assert_page(&answer, 403);
    }
    assert_eq!(settled(&intake, &id), before);
    assert_signed_in(&intake, &ann, "Ann");
}
