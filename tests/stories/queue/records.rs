//! Records that another version has written.

use serde_json::{Value, json};

use crate::support::{Answers, Intake, Visitor, eventually};

use super::{all_sent, id_of};

const ANN: (&str, &str) = ("INTAKE__EDITORS", "[{name: Ann, email: ann@desk.example}]");

/// Sends the answers; the id, once the letters are recorded.
fn sent(intake: &Intake, answers: &Answers) -> String {
    let token = intake.token();
    let answer = intake.post("/", &answers.sent(&token, "submit"));
    assert_eq!(answer.status, 303, "{}", answer.body);
    eventually("the letters recorded", || {
        all_sent(intake, &token).then_some(())
    });
    id_of(&token).to_owned()
}

fn read(intake: &Intake, id: &str) -> Value {
    serde_json::from_str(&intake.record_text(id)).expect("JSON")
}

fn write(intake: &Intake, id: &str, record: &Value) -> String {
    let text = serde_json::to_string_pretty(record).expect("JSON");
    intake.set_record_text(id, &text);
    text
}

#[test]
fn a_record_of_a_newer_version_is_named_left_alone_and_hides_no_other() {
    let mut intake = Intake::start_with(&[ANN]);
    let newer = sent(&intake, &Answers::number(1));
    sent(&intake, &Answers::number(2));
    intake.stop();
    let mut record = read(&intake, &newer);
    record["format"] = json!(2);
    record["stage"] = json!("a_stage_of_tomorrow");
    let left = write(&intake, &newer, &record);

    intake.start_again();
    let told = format!("the record of {newer}: it was written by a newer version of Intake");
    let listed = intake.run(&["list"]);
    assert_eq!(listed.status, Some(1));
    assert!(listed.err.contains(&told), "{}", listed.err);
    assert!(listed.out.contains("Campaign 2 (") && !listed.out.contains("Campaign 1 ("));
    let checked = intake.run(&["check"]);
    assert_eq!(checked.status, Some(1));
    let judged = checked.out.lines().find(|line| line.contains(&told));
    assert!(judged.is_some_and(|line| line.starts_with("WRONG")));
    let shown = intake.run(&["show", &newer]);
    assert_eq!(shown.status, Some(1));
    assert!(
        shown.err.contains("written by a newer version"),
        "{}",
        shown.err
    );

    let mut ann = Visitor::sign_in(&intake, "ann@desk.example");
    let desk = ann.get(&intake, "/desk");
    assert_eq!(desk.status, 200);
    assert!(
        desk.body.contains("Campaign 2") && desk.body.contains(&newer),
        "{}",
        desk.body
    );
    assert!(
        desk.body.contains("written by a newer version"),
        "{}",
        desk.body
    );
    let page = ann.get(&intake, &format!("/desk/{newer}"));
    assert!(page.status >= 500, "{}", page.status);
    assert_eq!(intake.run(&["erase", &newer]).status, Some(1));
    sent(&intake, &Answers::number(3));
    intake.stop();
    assert_eq!(intake.record_text(&newer), left);
    intake.start_again();
}

#[test]
fn what_a_record_holds_besides_survives_every_action() {
    let mut intake = Intake::start_with(&[ANN]);
    let id = sent(&intake, &Answers::seed());
    let desk = format!("/desk/{id}");
    let mut ann = Visitor::sign_in(&intake, "ann@desk.example");
    let mut acts = |intake: &Intake, fields: &[(&str, &str)]| {
        let answer = ann.fill_in(intake, &desk, &desk, fields);
        assert_eq!(answer.status, 303, "{}", answer.body);
    };
    acts(&intake, &[("action", "approve")]);
    acts(&intake, &[("action", "publish")]);
    eventually("the letters recorded", || {
        let record = intake.record_text(&id);
        (!record.contains("\"pending\"")).then_some(())
    });
    intake.stop();
    let mut record = read(&intake, &id);
    let places = [
        "",
        "/contact",
        "/consent",
        "/revisions/0",
        "/history/0",
        "/mail/0",
        "/publication",
    ];
    let more = json!({"of": ["tomorrow", 1.5, null, 18_446_744_073_709_551_615_u64]});
    for place in places {
        let found = record.pointer_mut(place).expect("it is there");
        found["from_tomorrow"] = more.clone();
    }
    record["revisions"][0]["answers"]["from_tomorrow"] = more.clone();
    record["publish_error"] = json!({
        "at": "2026-11-25T12:00:00Z", "words": "Not today.", "from_tomorrow": more,
    });
    write(&intake, &id, &record);
    intake.start_again();

    acts(&intake, &[("action", "note"), ("note", "Read.")]);
    let after = read(&intake, &id);
    for place in places.into_iter().chain(["/publish_error"]) {
        let found = after.pointer(place).expect("it is there");
        assert_eq!(found["from_tomorrow"], more, "{place}");
    }
    assert_eq!(after["revisions"][0]["answers"]["from_tomorrow"], more);
    assert_eq!(after["history"].as_array().map(Vec::len), Some(4));
    acts(&intake, &[("action", "unpublish")]);
    acts(&intake, &[("action", "decline")]);
    let after = read(&intake, &id);
    for place in [
        "",
        "/contact",
        "/consent",
        "/revisions/0",
        "/history/0",
        "/mail/0",
    ] {
        let found = after.pointer(place).expect("it is there");
        assert_eq!(found["from_tomorrow"], more, "{place}");
    }
}
