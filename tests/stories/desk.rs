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
        Party, Publication, Recipient, Refusal, Stage, Submission, Verb,
    },
    web::{Access, routes},
};
use jiff::Timestamp;

use crate::queue::{Connection, Killer, STEPS, start_after_kill};
use crate::support::{
    Answer, Answers, Hidden, Intake, Letter, MailServer, Visitor, eventually, port_for_later,
    value_of,
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
    for route in routes() {
        if route.access != Access::Editor {
            continue;
        }
        let path = route.path.replace("{id}", &id);
        assert!(
            !path.contains('{'),
            "{path}: a pattern that this test does not fill in"
        );
        let method = route.method.as_str();
        walked.insert(format!("{method} {}", route.path));
        let mut stranger = Visitor::new();
        if method == "GET" {
            for method in ["GET", "HEAD"] {
                let answer = stranger.send(&intake, method, &path, &[], &[]);
                assert_eq!(answer.status, 303, "{method} {path}");
                assert_eq!(answer.location, "/desk/sign-in");
            }
            assert_eq!(ann.clone().get(&intake, &path).status, 200, "{path}");
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
    assert_eq!(walked.len(), 9, "{walked:?}");
    // And no other route is below /desk but the way in.
    for route in routes() {
        let open = route.path.starts_with("/desk") && route.access != Access::Editor;
        assert!(!open || route.path.starts_with("/desk/sign-in"));
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
        "", "nonsense", "Approve", "Publish", "erase", "withdraw", "edit",
    ] {
        assert_page(&say(&[("action", action), ("note", "w")], "2"), 422);
    }
    for number in ["", "x", "-1", "99999999999"] {
        let fields = [("action", "send_again"), ("letter_number", number)];
        assert_page(&say(&fields, "2"), 422);
    }
    let again = [("action", "send_again"), ("letter_number", "77")];
    assert_page(&say(&again, "2"), 409);
    for not_yet in ["take_back", "publish", "take_down"] {
        assert_page(&say(&[("action", not_yet)], "2"), 409);
    }
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
        let answer = say(&fields, "2");
        assert_page(&answer, 422);
        assert!(answer.body.contains(letter), "words lost");
    }
    let fields = [
        ("action", "approve"),
        ("letter", "My letter"),
        ("send", "yes"),
    ];
    let answer = say(&fields, "1");
    assert_page(&answer, 409);
    assert!(answer.body.contains("My letter"), "words lost");
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
    // Asking whether the link is there does not use it up, not even in the right browser.
    assert_eq!(
        ann.clone().send(&intake, "HEAD", &link, &[], &[]).status,
        200
    );

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

// ---- decisions ----------------------------------------------------------------------------------

/// What one editor and one campaigner need for a conversation.
struct Conversation {
    intake: Intake,
    ann: Visitor,
    private: String,
    id: String,
    desk: String,
    answers: Answers,
}

impl Conversation {
    fn begin() -> Self {
        let intake = with_editors();
        let answers = Answers::seed();
        let private = intake.submit(&answers);
        let (id, _) = id_and_key(&private);
        let ann = Visitor::sign_in(&intake, ANN);
        settled(&intake, &id);
        Self {
            desk: format!("/desk/{id}"),
            intake,
            ann,
            private,
            id,
            answers,
        }
    }

    /// Posts these fields from the page on the desk.
    #[track_caller]
    fn on_the_desk(&mut self, fields: &[(&str, &str)]) -> Answer {
        self.ann
            .fill_in(&self.intake, &self.desk, &self.desk, fields)
    }

    /// Posts these fields from the private page.
    #[track_caller]
    fn in_private(&self, fields: &[(&str, &str)]) -> Answer {
        Visitor::new().fill_in(&self.intake, &self.private, &self.private, fields)
    }

    /// Posts these answers from the private page's form.
    #[track_caller]
    fn mend(&self, answers: &Answers, action: &str) -> Answer {
        let edit = format!("{}/edit", self.private);
        Visitor::new().fill_in(&self.intake, &edit, &edit, &answers.sent("", action))
    }

    fn private_page(&self) -> String {
        let answer = self.intake.get(&self.private);
        assert_page(&answer, 200);
        answer.body
    }

    /// The record, once its letters are sent; the draft beside it must be a copy of its own.
    #[track_caller]
    fn record(&self) -> serde_json::Value {
        let record = settled(&self.intake, &self.id);
        let record: serde_json::Value = serde_json::from_str(&record).expect("JSON");
        let draft = self.intake.queue_file(&format!("{}.md", self.id));
        assert_eq!(record["draft"], draft, "the draft follows the record");
        record
    }

    #[track_caller]
    fn assert_stage(&self, stage: &str) {
        assert_eq!(self.record()["stage"], stage);
    }

    fn letters(&self) -> BTreeMap<u32, Letter> {
        letters_of(&self.intake, &self.id)
    }

    /// The letters from this number on, each of this subject, go to these addresses.
    #[track_caller]
    fn assert_told(&self, from: u32, subject: &str, addresses: &[&str]) {
        let letters = self.letters().split_off(&from);
        let to: Vec<&str> = letters
            .values()
            .map(|letter| letter.headers["To"].as_str())
            .collect();
        assert_eq!(to.len(), addresses.len(), "{to:?}");
        for (to, address) in to.iter().zip(addresses) {
            assert!(to.contains(address), "{to}, not {address}");
        }
        for letter in letters.values() {
            assert!(letter.headers["Subject"].contains(subject), "{letter:?}");
        }
    }
}

const ZELDA: &str = "zelda.quince@canary.example";

#[test]
fn a_case_study_is_approved_and_the_campaigner_is_told() {
    let mut talk = Conversation::begin();
    assert!(
        talk.private_page()
            .contains("<h1>Thank you. We’ve received your case study</h1>")
    );
    assert_done(&talk.on_the_desk(&[("action", "approve")]));
    talk.assert_stage("approved");
    talk.assert_told(4, "will be published", &[ZELDA]);
    let letter = last_letter(&talk.intake, &talk.id);
    assert!(letter.text.contains("“Trade Union Campaigns”"));
    assert!(letter.text.contains(&talk.private), "{}", letter.text);
    assert!(talk.private_page().contains("<h1>Approved</h1>"));
    let review = talk.ann.get(&talk.intake, &talk.desk).body;
    assert!(review.contains("Ann approved it on"), "{review}");
    // The same button again, from a page that is old by now.
    let hidden = Hidden {
        version: Some("1".into()),
        ..Hidden::in_page(&review)
    };
    let fields = hidden.with(&[("action", "approve")]);
    assert_page(&talk.ann.post(&talk.intake, &talk.desk, &fields), 409);
    assert_page(&talk.on_the_desk(&[("action", "approve")]), 409);
    assert_eq!(talk.letters().len(), 4);
}

#[test]
fn a_letter_is_shown_before_it_goes_and_can_be_changed_or_left_out() {
    let mut talk = Conversation::begin();
    let before = settled(&talk.intake, &talk.id);
    let asked = [
        ("action", "request_changes"),
        ("note", "A general note."),
        ("note_story", "A note at the story."),
    ];
    let mut shown = asked.to_vec();
    shown.push(("step", "show"));
    let page = talk.on_the_desk(&shown);
    assert_page(&page, 200);
    for words in [
        "Please have another look at your case study “Trade Union Campaigns”",
        "A general note.",
        "The story:",
        "A note at the story.",
        "name=\"send\" value=\"yes\" checked",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    for (name, value) in &asked {
        let kept = format!("name=\"{name}\" value=\"{value}\"");
        assert!(page.body.contains(&kept), "{kept}: {}", page.body);
    }
    for action in ["approve", "decline"] {
        let page = talk.on_the_desk(&[("action", action), ("step", "show")]);
        assert_page(&page, 200);
        assert!(page.body.contains("name=\"letter\""));
    }
    assert_eq!(settled(&talk.intake, &talk.id), before, "nothing changed");
    assert_eq!(talk.letters().len(), 3);

    // From the letter's page, in other words.
    let hidden = Hidden::in_page(&page.body);
    let mut fields = asked.to_vec();
    fields.extend([
        ("letter", "Dear Zelda,\r\n\r\nplease look again."),
        ("send", "yes"),
    ]);
    let fields = hidden.with(&fields);
    assert_done(&talk.ann.post(&talk.intake, &talk.desk, &fields));
    talk.assert_stage("changes_requested");
    talk.assert_told(4, "have another look", &[ZELDA]);
    let letter = last_letter(&talk.intake, &talk.id);
    assert!(
        letter
            .text
            .starts_with("Dear Zelda,\n\nplease look again.\n")
    );
    assert!(!letter.text.contains("general note"), "{}", letter.text);
    assert!(letter.text.contains(&talk.private), "{}", letter.text);
    assert!(letter.html.contains("please look again."));
    // The notes are on the private page and at the fields all the same.
    let private = talk.private_page();
    assert!(private.contains("An editor has asked for changes"));
    assert!(private.contains("A general note.") && private.contains("A note at the story."));
    let form = talk.intake.get(&format!("{}/edit", talk.private)).body;
    let (_, at_story) = form.split_once("id=\"story-note\"").expect("a note there");
    let (at_story, _) = at_story.split_once("</div>").expect("its end");
    assert!(at_story.contains("A note at the story."), "{at_story}");

    // Left out: the stage changes, and nobody is told.
    let fields = [("action", "approve"), ("letter", "Not to go.")];
    assert_done(&talk.on_the_desk(&fields));
    talk.assert_stage("approved");
    assert_eq!(talk.letters().len(), 4);
    // As the page had it.
    let page = talk.on_the_desk(&[("action", "take_back"), ("step", "show")]);
    let (_, letter) = page.body.split_once("name=\"letter\"").expect("a field");
    let (_, letter) = letter.split_once(">\n").expect("its text");
    let (letter, _) = letter.split_once("</textarea>").expect("its end");
    let fields = [("action", "take_back"), ("letter", letter), ("send", "yes")];
    assert_done(&talk.on_the_desk(&fields));
    talk.assert_told(5, "at your case study", &[ZELDA]);
    assert!(last_letter(&talk.intake, &talk.id).text.starts_with(letter));
}

#[test]
fn a_decline_goes_with_the_editors_words_can_be_taken_back_and_sent_again() {
    let mut talk = Conversation::begin();
    let note = [("action", "note"), ("note", "Internal: we know them.")];
    assert_done(&talk.on_the_desk(&note));
    assert_eq!(talk.letters().len(), 3, "no letter for a note");
    let words = [("action", "decline"), ("note", "It is not about data.")];
    assert_done(&talk.on_the_desk(&words));
    talk.assert_stage("declined");
    talk.assert_told(4, "About your case study", &[ZELDA]);
    assert!(talk.letters()[&4].text.contains("It is not about data."));
    assert!(talk.private_page().contains("<h1>Not published</h1>"));
    assert_page(
        &talk.ann.get(&talk.intake, &format!("{}/edit", talk.desk)),
        409,
    );

    let again = [("action", "send_again"), ("letter_number", "4")];
    assert_done(&talk.on_the_desk(&again));
    talk.assert_told(5, "About your case study", &[ZELDA]);
    let letters = talk.letters();
    assert_eq!(letters[&4].text, letters[&5].text);
    assert_ne!(
        letters[&4].headers["Message-ID"],
        letters[&5].headers["Message-ID"]
    );
    // A letter to one editor goes again to that one only.
    let again = [("action", "send_again"), ("letter_number", "3")];
    assert_done(&talk.on_the_desk(&again));
    talk.assert_told(6, "New case study", &[BO]);

    assert_done(&talk.on_the_desk(&[("action", "take_back")]));
    talk.assert_stage("received");
    talk.assert_told(7, "We are looking at your case study", &[ZELDA]);
    assert!(
        talk.private_page()
            .contains("<h1>Thank you. We’ve received your case study</h1>")
    );
    assert_done(&talk.on_the_desk(&[("action", "decline_as_spam")]));
    talk.assert_stage("declined");
    assert_eq!(talk.letters().len(), 7, "spam is not answered");
    let review = talk.ann.get(&talk.intake, &talk.desk).body;
    assert!(review.contains("Internal: we know them."));
    assert!(!talk.private_page().contains("we know them"));
    for letter in talk.letters().values() {
        assert!(!all_but_to(letter).contains("we know them"));
    }
}

#[test]
fn several_are_decided_at_once_but_for_those_that_have_changed_meanwhile() {
    let mut talk = Conversation::begin();
    let mut ids = vec![talk.id.clone()];
    for number in 1..4 {
        let private = talk.intake.submit(&Answers::number(number));
        ids.push(id_and_key(&private).0);
    }
    let page = talk.ann.get(&talk.intake, "/desk").body;
    let picks: Vec<String> = ids.iter().map(|id| format!("{id}:1")).collect();
    for pick in &picks {
        assert!(page.contains(&format!("name=\"pick\" value=\"{pick}\"")));
    }
    assert_done(&talk.on_the_desk(&[("action", "note"), ("note", "Wait.")]));
    let pick = |action, picks: &[String]| {
        let mut fields = vec![("action", action)];
        fields.extend(picks.iter().map(|pick| ("pick", pick.as_str())));
        let answer = talk
            .ann
            .clone()
            .fill_in(&talk.intake, "/desk", "/desk", &fields);
        assert_eq!(answer.status, 303);
        answer.location
    };
    // Their letters are shown first, and nothing is done by that.
    let before: Vec<String> = ids.iter().map(|id| settled(&talk.intake, id)).collect();
    let mut fields = vec![("action", "approve"), ("step", "show")];
    fields.extend(picks.iter().map(|pick| ("pick", pick.as_str())));
    let mut ann = talk.ann.clone();
    let shown = ann.fill_in(&talk.intake, "/desk", "/desk", &fields);
    assert_page(&shown, 200);
    assert!(shown.body.contains("Approve 3 case studies"));
    for (number, pick) in picks.iter().enumerate() {
        let offered = shown
            .body
            .contains(&format!("name=\"pick\" value=\"{pick}\""));
        let letter = format!("approved your case study “Campaign {number}”");
        assert_eq!(offered, number > 0, "what has changed is left");
        assert_eq!(shown.body.contains(&letter), number > 0);
    }
    let after: Vec<String> = ids.iter().map(|id| settled(&talk.intake, id)).collect();
    assert_eq!(before, after);

    assert_eq!(
        pick("approve", &picks[..3]),
        "/desk?done=2-1&action=approve"
    );
    assert_eq!(
        pick("decline_as_spam", &picks[2..]),
        "/desk?done=1-1&action=decline_as_spam"
    );
    let page = talk
        .ann
        .clone()
        .get(&talk.intake, "/desk?done=1-1&action=decline_as_spam")
        .body;
    assert!(
        page.contains("1 declined as spam. 1 not declined as spam"),
        "{page}"
    );
    // Taken back, and approved again without a letter.
    let first = format!("/desk/{}", ids[1]);
    let back = [("action", "take_back"), ("letter", "")];
    assert_done(&talk.ann.fill_in(&talk.intake, &first, &first, &back));
    let pick = format!("{}:3", ids[1]);
    let fields = [("action", "approve"), ("letters", "shown"), ("pick", &pick)];
    let answer = talk.ann.fill_in(&talk.intake, "/desk", "/desk", &fields);
    assert_eq!(answer.location, "/desk?done=1-0&action=approve");
    let stages = ["received", "approved", "approved", "declined"];
    for (id, (stage, letters)) in ids.iter().zip(stages.iter().zip([3, 4, 4, 3])) {
        assert_eq!(talk.intake.record(id)["stage"], *stage);
        assert_eq!(letters_of(&talk.intake, id).len(), letters, "{stage}");
    }
}

#[test]
fn editors_edit_every_field_and_two_at_once_lose_nothing() {
    let mut talk = Conversation::begin();
    let edit = format!("{}/edit", talk.desk);
    let form = talk.ann.get(&talk.intake, &edit).body;
    let hidden = Hidden::in_page(&form);
    let mut bo = Visitor::sign_in(&talk.intake, BO);
    let bos = Hidden::in_page(&bo.get(&talk.intake, &edit).body);
    let mut answers = talk.answers.clone();
    answers.title = "Anns title".into();
    answers.story.push_str("\n\nAnns paragraph.");
    answers.topics = vec!["Health".into(), "Work".into()];
    answers.organisation = "Anns organisation".into();
    let editorial = [
        ("author", "Guest"),
        ("slug", "anns-slug"),
        ("date", "2026-03-31"),
        ("intro", "Anns *intro*."),
        ("outro", "Anns outro."),
    ];
    let with = |answers: &Answers, hidden: &Hidden, editorial: &[(&str, &str)]| {
        let mut fields: Vec<(String, String)> = Vec::new();
        for (name, value) in answers
            .sent("", "")
            .into_iter()
            .filter(|it| !["token", "action"].contains(&it.0))
        {
            fields.push((name.into(), value.into()));
        }
        for (name, value) in hidden.with(editorial) {
            fields.push((name.into(), value.into()));
        }
        fields
    };
    let send = |visitor: &mut Visitor, fields: &[(String, String)]| {
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        visitor.post(&talk.intake, &edit, &fields)
    };

    // Wrong in the editors' own fields: told at each, and every word kept.
    let before = settled(&talk.intake, &talk.id);
    for (name, wrong) in [
        ("slug", "Not A Slug"),
        ("slug", "a--b"),
        ("slug", ""),
        ("slug", "ünicode"),
        ("date", "31.3.2026"),
        ("date", "2026-02-30"),
        ("date", "20260331"),
        ("author", ""),
        ("title", ""),
    ] {
        let mut editorial = editorial.to_vec();
        let mut answers = answers.clone();
        match editorial.iter_mut().find(|it| it.0 == name) {
            Some(field) => field.1 = wrong,
            None => answers.title = wrong.into(),
        }
        let answer = send(&mut talk.ann, &with(&answers, &hidden, &editorial));
        assert_page(&answer, 422);
        assert!(
            answer.body.contains(&format!("href=\"#{name}\"")),
            "{name} {wrong}"
        );
        for kept in [
            "Anns paragraph.",
            "Anns organisation",
            "Anns *intro*.",
            "Anns outro.",
            wrong,
        ] {
            assert!(answer.body.contains(kept), "{kept} lost");
        }
        assert!(answer.body.contains("value=\"Health\" checked"));
        assert_eq!(Hidden::in_page(&answer.body).version.as_deref(), Some("1"));
    }
    let long = "o".repeat(5_001);
    let answer = send(
        &mut talk.ann,
        &with(
            &answers,
            &hidden,
            &[("author", "Guest"), ("slug", "a"), ("outro", &long)],
        ),
    );
    assert_page(&answer, 422);
    assert_eq!(settled(&talk.intake, &talk.id), before, "nothing changed");

    // Right: saved, in the draft, and nobody gets a letter. No tick: not featured, no projects.
    assert_done(&send(&mut talk.ann, &with(&answers, &hidden, &editorial)));
    let record = talk.record();
    assert_eq!(record["stage"], "received");
    let revisions = record["revisions"].as_array().expect("revisions");
    assert_eq!(revisions.len(), 2);
    let saved = &revisions[1];
    assert_eq!(saved["by"]["editor"], "Ann");
    assert_eq!(saved["editorial"]["slug"], "anns-slug");
    assert_eq!(saved["editorial"]["date"], "2026-03-31");
    assert_eq!(saved["editorial"]["projects"], serde_json::json!([]));
    let draft = record["draft"].as_str().expect("a draft");
    for line in [
        "title: \"Case study: Anns title\"",
        "author: Guest",
        "featured: false",
        "topics:\n    - Health\n    - Work\n",
        "Anns *intro*.\n\n<!--more-->",
        "\n\nAnns paragraph.\n",
        "**Organisation:** Anns organisation",
        "\nAnns outro.",
    ] {
        assert!(draft.contains(line), "{line} in {draft}");
    }
    assert!(!draft.contains("projects:"), "{draft}");
    assert_eq!(talk.letters().len(), 3);
    let review = talk.ann.get(&talk.intake, &talk.desk).body;
    assert!(review.contains("Ann edited it on"));
    assert!(review.contains("<ins>") && review.contains("<del>"));
    let private = talk.private_page();
    assert!(private.contains("What the editors have changed") && private.contains("Anns"));

    // Bo has had the form open all the while, and has changed other things, and emptied some.
    let mut other = talk.answers.clone();
    other.title = "Bos title".into();
    let bo_writes = [
        ("author", "Tim Davies"),
        ("slug", "bos-slug"),
        ("date", ""),
        ("intro", "Bos intro."),
        ("outro", "Bos outro."),
        ("projects", "Catalysing Community Campaigns"),
        ("featured", "true"),
    ];
    let answer = send(&mut bo, &with(&other, &bos, &bo_writes));
    assert_page(&answer, 409);
    let meanwhile: Vec<&str> = answer
        .body
        .split("Someone else saved this here:</strong></p><p class=\"kept\" dir=\"auto\">")
        .skip(1)
        .filter_map(|rest| rest.split("</p>").next())
        .collect();
    for words in [
        "Anns title",
        "Health, Work",
        "Anns organisation",
        "Guest",
        "anns-slug",
        "2026-03-31",
        "Anns *intro*.",
        "Anns outro.",
    ] {
        assert!(meanwhile.contains(&words), "{words} in {meanwhile:?}");
    }
    assert!(meanwhile.iter().any(|it| it.contains("Anns paragraph.")));
    assert!(
        meanwhile.contains(&"(nothing)"),
        "the projects: {meanwhile:?}"
    );
    assert!(meanwhile.contains(&"(not ticked)"), "{meanwhile:?}");
    assert_eq!(meanwhile.len(), 11, "{meanwhile:?}");
    for words in ["Bos title", "bos-slug", "Bos intro.", "Bos outro."] {
        assert!(answer.body.contains(words), "{words} lost");
    }
    assert_eq!(talk.record(), record, "Ann's words stand");
    let bos = Hidden::in_page(&answer.body);
    assert_done(&send(&mut bo, &with(&other, &bos, &bo_writes)));
    let record = talk.record();
    assert_eq!(record["revisions"].as_array().map(Vec::len), Some(3));
    let draft = record["draft"].as_str().expect("a draft");
    for line in [
        "Bos title",
        "featured: true",
        "projects: Catalysing Community Campaigns",
        "Bos outro.",
    ] {
        assert!(draft.contains(line), "{line} in {draft}");
    }
    // Saving without a change is no revision and no fault.
    let same = Hidden::in_page(&bo.get(&talk.intake, &edit).body);
    assert_done(&send(&mut bo, &with(&other, &same, &bo_writes)));
    assert_eq!(talk.record(), record);
    // Any two revisions can be compared.
    let compared = bo
        .get(&talk.intake, &format!("{}?from=1&to=2", talk.desk))
        .body;
    assert!(
        compared.contains("<del>Anns</del>") && compared.contains("<ins>Bos</ins>"),
        "{compared}"
    );
}

// ---- the campaigner -----------------------------------------------------------------------------

#[test]
fn what_editors_note_among_themselves_does_not_stand_in_the_campaigners_way() {
    let mut talk = Conversation::begin();
    let ask = [("action", "request_changes"), ("note", "Who took part?")];
    assert_done(&talk.on_the_desk(&ask));
    let edit = format!("{}/edit", talk.private);
    let open = talk.intake.get(&edit).body;
    let version = value_of(&open, "version").expect("a version");
    let revision = value_of(&open, "revision").expect("a revision");
    assert_done(&talk.on_the_desk(&[("action", "note"), ("note", "Ask again on Monday.")]));
    let mut answers = talk.answers.clone();
    answers.organisation = "Nurses and porters".into();
    let mut fields = answers.sent("", "resubmit");
    fields.extend([
        ("version", version.as_str()),
        ("revision", revision.as_str()),
    ]);
    let answer = talk.intake.post(&edit, &fields);
    assert_eq!(answer.status, 303, "{}", answer.body);
    let draft = talk.intake.queue_file(&format!("{}.md", talk.id));
    assert!(draft.contains("**Organisation:** Nurses and porters"));
}

#[test]
fn the_campaigner_corrects_answers_agrees_suggests_and_withdraws() {
    let mut talk = Conversation::begin();
    let mut answers = talk.answers.clone();
    answers.title = "Corrected title".into();
    assert_done(&talk.mend(&answers, "correct"));
    let record = talk.record();
    assert!(
        record["draft"]
            .as_str()
            .expect("one")
            .contains("Corrected title")
    );
    assert_eq!(record["contact"]["email"], ZELDA);
    talk.assert_told(4, "Corrected by the campaigner", &[ANN, BO]);
    let letter = last_letter(&talk.intake, &talk.id);
    assert!(
        letter.text.contains("[-Trade") && letter.text.contains("{+Corrected"),
        "{}",
        letter.text
    );
    let mut wrong = answers.clone();
    wrong.title = String::new();
    let answer = talk.mend(&wrong, "correct");
    assert_page(&answer, 422);
    assert!(answer.body.contains("id=\"title-problem\""));

    // While the campaigner has the form open, an editor begins.
    let edit = format!("{}/edit", talk.private);
    let hidden = Hidden::in_page(&talk.intake.get(&edit).body);
    assert_done(&talk.on_the_desk(&[("action", "note"), ("note", "I read it.")]));
    let mut late = answers.clone();
    late.title = "Late title".into();
    let mut fields = late.sent("", "correct");
    fields.extend(hidden.version.as_deref().map(|it| ("version", it)));
    let answer = talk.intake.post(&edit, &fields);
    assert_page(&answer, 409);
    assert!(answer.body.contains("Late title"), "words lost");
    assert!(!answer.body.contains("I read it."));
    assert_page(&talk.intake.get(&edit), 409);
    assert!(!talk.private_page().contains("Correct a mistake"));
    assert!(
        talk.record()["draft"]
            .as_str()
            .expect("one")
            .contains("Corrected title")
    );

    let asked = [("action", "request_changes"), ("note", "Which year?")];
    assert_done(&talk.on_the_desk(&asked));
    answers.story.push_str("\n\nIt was in 2024.");
    assert_done(&talk.mend(&answers, "resubmit"));
    talk.assert_stage("received");
    talk.assert_told(7, "Resubmitted", &[ANN, BO]);
    let letter = last_letter(&talk.intake, &talk.id);
    assert!(letter.text.contains("2024"), "{}", letter.text);
    assert!(
        talk.record()["draft"]
            .as_str()
            .expect("one")
            .contains("It was in 2024.")
    );
    assert!(!talk.private_page().contains("Which year?"), "answered");

    assert_done(&talk.on_the_desk(&[("action", "approve")]));
    assert_done(&talk.in_private(&[("action", "accept")]));
    talk.assert_told(10, "Campaigner agrees", &[ANN, BO]);
    let suggestion = [("action", "suggest"), ("note", "Say that it was in May.")];
    assert_done(&talk.in_private(&suggestion));
    talk.assert_told(12, "A suggestion", &[ANN, BO]);
    assert!(
        last_letter(&talk.intake, &talk.id)
            .text
            .contains("it was in May")
    );
    talk.assert_stage("approved");
    assert_done(&talk.in_private(&[("action", "withdraw"), ("note", "We lost.")]));
    talk.assert_stage("withdrawn");
    talk.assert_told(14, "Withdrawn", &[ANN, BO]);
    assert!(
        last_letter(&talk.intake, &talk.id)
            .text
            .contains("We lost.")
    );
    assert!(talk.private_page().contains("<h1>Withdrawn</h1>"));
    let page = talk.ann.get(&talk.intake, &talk.desk).body;
    assert!(page.contains("The campaigner withdrew it on") && page.contains("We lost."));
    assert_page(&talk.on_the_desk(&[("action", "approve")]), 409);
}

#[test]
fn erasure_is_asked_for_twice_and_then_for_good() {
    let mut talk = Conversation::begin();
    let before = settled(&talk.intake, &talk.id);
    let page = talk.in_private(&[("action", "erase")]);
    assert_page(&page, 422);
    assert!(page.body.contains("Nothing was erased"));
    assert_eq!(settled(&talk.intake, &talk.id), before);
    assert_done(&talk.in_private(&[("action", "erase"), ("sure", "yes")]));
    talk.assert_stage("withdrawn");
    assert_eq!(talk.record()["contact"], serde_json::Value::Null);
    talk.assert_told(4, "Personal data erased", &[ANN, BO]);
    let page = talk.private_page();
    assert!(!page.contains("value=\"erase\""), "{page}");
    let again = [("action", "erase"), ("sure", "yes"), ("version", "2")];
    assert_page(&talk.intake.post(&talk.private, &again), 409);
    let page = talk.ann.get(&talk.intake, &talk.desk).body;
    assert!(page.contains("Erased") && !page.contains(ZELDA));
    let again = [("action", "send_again"), ("letter_number", "1")];
    assert_page(&talk.on_the_desk(&again), 409);
    assert_eq!(talk.letters().len(), 5);
}

#[test]
fn a_lost_link_is_answered_alike_for_all_and_sent_to_the_known_alone() {
    let mut talk = Conversation::begin();
    let mut other = Answers::number(2);
    other.contact_email = "other@campaigner.example".into();
    let (other, _) = id_and_key(&talk.intake.submit(&other));
    let (second, _) = id_and_key(&talk.intake.submit(&Answers::number(3)));
    settled(&talk.intake, &other);
    settled(&talk.intake, &second);
    let ask = |email: &str| {
        let answer = talk.intake.post("/lost-link", &[("email", email)]);
        assert_page(&answer, 200);
        let mut headers = answer.headers.clone();
        headers.remove("x-request-id");
        headers.remove("date");
        (answer.status, answer.body, headers, answer.cookies)
    };
    let unknown = ask("stranger@elsewhere.example");
    assert_eq!(ask(""), unknown);
    assert_eq!(ask(&format!(" {} ", ZELDA.to_uppercase())), unknown);
    for id in [&talk.id, &second] {
        eventually("the link", || {
            settled(&talk.intake, id)
                .contains("link_asked_for")
                .then_some(())
        });
        let letters = letters_of(&talk.intake, id);
        assert_eq!(letters.len(), 4);
        assert!(letters[&4].headers["To"].contains(ZELDA));
        assert_eq!(
            letters[&4].headers["Subject"],
            "The link to your case study"
        );
        let link = letters[&4].link("http");
        assert!(link.contains(&format!("/mine/{id}/")));
        assert_page(&talk.intake.get(&link), 200);
    }
    assert_eq!(
        letters_of(&talk.intake, &other).len(),
        3,
        "nothing to others"
    );
    assert_without("the log", &talk.intake.log(), &["elsewhere", "Quince"]);

    // Not twice while one is owed, nor soon after one has gone.
    let server = MailServer::down(&[]);
    talk.intake.stop();
    talk.intake.set("INTAKE__MAIL__TRANSPORT", &server.url());
    talk.intake.start_again();
    let links = |intake: &Intake, id: &str| {
        let record = intake.record(id);
        let letters = record["letters"].as_array().expect("letters").iter();
        letters.filter(|letter| letter["kind"] == "link").count()
    };
    for _ in 0..5 {
        for email in [ZELDA, "other@campaigner.example"] {
            talk.intake.post("/lost-link", &[("email", email)]);
        }
        eventually("a link owed", || {
            (links(&talk.intake, &other) == 1).then_some(())
        });
    }
    talk.intake.stop();
    assert_eq!(
        [&talk.id, &second, &other].map(|id| links(&talk.intake, id)),
        [1; 3]
    );
    talk.intake.start_again();
}

// ---- kills --------------------------------------------------------------------------------------

#[test]
fn killed_at_every_step_of_a_decision_it_and_its_letter_are_both_there_or_both_not() {
    let mut server = MailServer::start("accept");
    let mut intake = with_editors();
    let mut ann = Visitor::sign_in(&intake, ANN);
    let hidden = Hidden::in_page(&ann.get(&intake, "/desk").body);
    let token = hidden.token.expect("a token");
    let fields = [("action", "approve"), ("version", "1"), ("token", &token)];
    let cookie = format!("Cookie: {}\r\n", ann.cookie_header());
    intake.stop();
    intake.set("INTAKE__MAIL__TRANSPORT", &server.url());
    intake.start_again();

    let mut visited = BTreeSet::new();
    let mut ids = BTreeSet::new();
    let mut killed_over = BTreeSet::new();
    let (mut there, mut not_there) = (0, 0);
    // Besides the steps of a write those of talking to the mail server.
    let talking = ["connect", "sendto,?sendmsg,?writev", "recvfrom,?recvmsg"];
    for calls in STEPS.into_iter().chain(talking) {
        for nth in 1.. {
            assert!(nth < 100, "{calls} is called without end");
            let what = format!("{calls} {nth}");
            let (id, _) = id_and_key(&intake.submit(&Answers::number(ids.len())));
            settled(&intake, &id);
            let path = format!("/desk/{id}");
            let mut connection = Connection::open(&intake);
            let mut killer = Killer::attach(&intake, calls, nth);
            let (head, body) = Connection::form(&path, &fields, &cookie);
            connection.write(&(head + &body));
            let said_yes = connection.answer().starts_with("HTTP/1.1 303");
            let survived = said_yes
                && eventually("the letter sent, or the end", || {
                    if killer.has_killed() {
                        return Some(false);
                    }
                    let record = intake.queue_file(&format!("{id}.json"));
                    (!record.contains("\"owed\"")).then_some(true)
                });
            intake.kill();
            killer.strace.wait().expect("it ends");
            if !survived {
                visited.extend(killer.place());
                killed_over.insert(id.clone());
            }

            // On the disk, before anything could mend it.
            let on_disk = |intake: &Intake| -> (bool, usize) {
                let record = intake.queue_file(&format!("{id}.json"));
                let record: serde_json::Value = serde_json::from_str(&record).expect("JSON");
                let letters = record["letters"].as_array().expect("letters").iter();
                let letters = letters.filter(|letter| letter["kind"] == "approved");
                let events = record["history"].as_array().expect("events").len();
                let approved = record["stage"] == "approved";
                assert_eq!(events, 1 + usize::from(approved), "{what}");
                let draft = intake.queue_file(&format!("{id}.md"));
                assert_eq!(record["draft"], draft, "{what}");
                (approved, letters.count())
            };
            let (approved, letters) = on_disk(&intake);
            assert_eq!(letters, usize::from(approved), "{what}");
            assert!(approved || !said_yes, "{what}: a yes, and nothing there");
            if approved {
                there += 1;
            } else {
                not_there += 1;
            }
            start_after_kill(&mut intake);
            assert_eq!(on_disk(&intake), (approved, letters), "{what}");
            let again = ann.post(&intake, &path, &fields);
            assert_eq!(again.status, if approved { 409 } else { 303 }, "{what}");
            settled(&intake, &id);
            assert_eq!(on_disk(&intake), (true, 1), "{what}");
            ids.insert(id);
            if survived {
                break;
            }
        }
    }
    println!(
        "{} runs, {there} there, {not_there} not, killed at: {visited:#?}",
        ids.len()
    );
    for step in [
        "flock folder",
        "open record",
        "fsync aside",
        "rename record",
        "fsync folder",
        "sendto elsewhere",
    ] {
        assert!(visited.contains(step), "never killed at: {step}");
    }
    assert!(there > 0 && not_there > 0);

    // Of each letter one, and a second time only with the same name and after a kill.
    intake.stop();
    server.stop();
    let mut copies: BTreeMap<String, usize> = BTreeMap::new();
    for (letter, envelope) in server.taken() {
        *copies
            .entry(letter.headers["Message-ID"].clone())
            .or_default() += 1;
        let is_decision = letter.headers["Subject"].contains("will be published");
        assert_eq!(is_decision, letter.headers["Message-ID"].contains(".4@"));
        assert!(!is_decision || envelope["rcpts"][0] == ZELDA);
    }
    assert_eq!(
        copies.len(),
        4 * ids.len(),
        "letters with a name of their own"
    );
    let mut twice = 0;
    for (name, copies) in copies {
        let id = name
            .trim_start_matches('<')
            .split('.')
            .next()
            .expect("an id");
        let decides = name.contains(".4@");
        let allowed = if decides && killed_over.contains(id) {
            2
        } else {
            1
        };
        assert!(copies <= allowed, "{name}: {copies} times");
        twice += copies - 1;
    }
    println!("{twice} letters twice");
}
