//! Letters on their way: through a real mail server, and through one that is down, slow, busy,
//! full, refusing, or not to be trusted. None of this delays or loses a case study.

mod letters;
mod outage;
mod refusal;
mod waiting;

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use crate::support::{Answers, Intake, Letter, MailServer, eventually};

/// A word in every answer by which it is found wherever it goes.
fn canaries() -> Answers {
    Answers {
        title: "Titlecanary of the campaign".into(),
        story: "Storycanary sings. ".repeat(12).trim().into(),
        campaign_type: "Typecanary".into(),
        ultimate_goals: "Goalcanary".into(),
        communities_involved: "Peoplecanary".into(),
        organisation: "Orgcanary".into(),
        methods_used: "Methodcanary".into(),
        topics: vec!["Health".into()],
        contact_name: "Namecanary Quince".into(),
        contact_email: "mailcanary@campaigner.example".into(),
    }
}

fn intake_with(server: &MailServer) -> Intake {
    Intake::start_with(&[("INTAKE__MAIL__TRANSPORT", &server.url())])
}

/// Sends a case study, which must not take longer than without any mail. The answer is its id.
#[track_caller]
fn submit(intake: &Intake) -> String {
    let answers = canaries();
    let token = intake.token();
    let started = Instant::now();
    let answer = intake.post("/", &answers.sent(&token, "submit"));
    let took = started.elapsed();
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(took < Duration::from_secs(2), "{took:?} for the answer");
    let page = intake.get(&answer.location);
    assert_eq!(page.status, 200);
    let mut parts = answer.location.split('/').skip(2);
    let id = parts.next().expect("an id").to_owned();
    assert_discreet(intake, parts.next().expect("a key"));
    id
}

/// Nothing private is in the service's log.
#[track_caller]
fn assert_discreet(intake: &Intake, key: &str) {
    let log = intake.log();
    for private in ["canary", "Quince", "campaigner.example", key] {
        assert!(!log.contains(private), "{private} in the log:\n{log}");
    }
}

/// Waits until every letter of the submission is in this state; what went wrong with each.
#[track_caller]
fn all_letters(intake: &Intake, id: &str, wanted: &str) -> Vec<String> {
    eventually(wanted, || {
        let states = intake.letter_states(id);
        states
            .iter()
            .all(|(state, _)| state == wanted)
            .then(|| states.into_iter().map(|(_, trouble)| trouble).collect())
    })
}

/// Waits until some try to send is recorded, and tells what went wrong.
#[track_caller]
fn trouble(intake: &Intake, id: &str) -> String {
    eventually("a recorded failure", || {
        intake
            .letter_states(id)
            .into_iter()
            .find(|(state, trouble)| state == "pending" && !trouble.is_empty())
            .map(|(_, trouble)| trouble)
    })
}

fn message_ids(letters: &[(Letter, serde_json::Value)]) -> BTreeSet<&str> {
    letters
        .iter()
        .map(|(letter, _)| letter.headers["Message-ID"].as_str())
        .collect()
}

/// Both letters have arrived once each, and the record says so.
#[track_caller]
fn assert_arrived_once(intake: &Intake, server: &MailServer, id: &str) {
    let letters = server.letters(2);
    assert_eq!(message_ids(&letters).len(), 2);
    all_letters(intake, id, "sent");
}
