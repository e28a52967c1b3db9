//! Records of the version before forms, whole and mangled.

use serde_json::json;

use super::*;
use crate::submission::{Actor, RecordError, Submission};

const RECORDS: [&str; 3] = [
    include_str!("../../../tests/fixtures/before-forms/resubmitted.json"),
    include_str!("../../../tests/fixtures/before-forms/published.json"),
    include_str!("../../../tests/fixtures/before-forms/pending.json"),
];

fn read(record: &Value) -> Result<Submission, RecordError> {
    Submission::read(record.to_string().as_bytes())
}

/// Whatever is read can be shown, written and read again.
fn judge(record: &Value) -> bool {
    let Ok(submission) = read(record) else {
        return false;
    };
    let _ = (submission.answers(), submission.in_stage_since());
    let written = submission.write().unwrap();
    assert_eq!(Submission::read(&written), Ok(submission));
    true
}

/// The pointer of every value inside, deepest last.
fn pointers(value: &Value, at: &str, into: &mut Vec<String>) {
    let mut inside = |key: &str, value: &Value| {
        let at = format!("{at}/{key}");
        into.push(at.clone());
        pointers(value, &at, into);
    };
    match value {
        Value::Object(object) => object.iter().for_each(|(key, value)| inside(key, value)),
        Value::Array(list) => {
            let numbered = list.iter().enumerate();
            numbered.for_each(|(key, value)| inside(&key.to_string(), value));
        }
        _ => {}
    }
}

#[test]
fn mangled_records_are_refused_or_read_and_never_a_panic() {
    let (mut good, mut refused) = (0, 0);
    for record in &RECORDS[..2] {
        let whole: Value = serde_json::from_str(record).unwrap();
        assert!(judge(&whole));
        let mut places = Vec::new();
        pointers(&whole, "", &mut places);
        for place in places {
            let others = [
                Value::Null,
                json!(true),
                json!(-1),
                json!("x"),
                json!([]),
                json!([{}]),
                json!({}),
                json!({"editor": {}}),
                json!({"published": {"address": 1}}),
            ];
            for other in others {
                let mut mangled = whole.clone();
                *mangled.pointer_mut(&place).unwrap() = other;
                let is_read = judge(&mangled);
                good += usize::from(is_read);
                refused += usize::from(!is_read);
            }
            let (parent, key) = place.rsplit_once('/').unwrap();
            let mut mangled = whole.clone();
            if let Value::Object(object) = mangled.pointer_mut(parent).unwrap() {
                let taken = object.remove(key).unwrap();
                judge(&mangled);
                // Under the name of something else it writes over nothing.
                for name in ["mail", "note", "answers", "format", "path"] {
                    let mut mangled = mangled.clone();
                    if let Value::Object(object) = mangled.pointer_mut(parent).unwrap() {
                        object.insert(name.to_owned(), taken.clone());
                    }
                    judge(&mangled);
                }
            }
        }
        for end in (0..record.len()).step_by(17) {
            let _ = Submission::read(&record.as_bytes()[..end]);
        }
    }
    assert!(
        good > 500 && refused > 500,
        "{good} read, {refused} refused"
    );
}

#[test]
fn a_refusal_names_the_key_and_holds_no_word_of_the_record() {
    let whole: Value = serde_json::from_str(RECORDS[0]).unwrap();
    for (place, key) in [
        ("/letters", "letters"),
        ("/history/1/what", "what"),
        ("/revisions/0/case_study", "case_study"),
        ("/stage", "a field"),
    ] {
        let mut mangled = whole.clone();
        *mangled.pointer_mut(place).unwrap() = json!("secretcanary");
        let told = read(&mangled).unwrap_err().to_string();
        assert!(
            told.contains(&format!("either: {key} is missing")),
            "{told}"
        );
        assert!(!told.contains("canary"), "{told}");
    }
    let mut ours: Value = serde_json::to_value(read(&whole).unwrap()).unwrap();
    ours.as_object_mut().unwrap().remove("format");
    let told = read(&ours).unwrap_err().to_string();
    assert!(told.contains("form is missing"), "{told}");
}

#[test]
fn time_is_the_system_and_why_it_was_not_published_is_kept() {
    let mut record: Value = serde_json::from_str(RECORDS[2]).unwrap();
    record["trouble"] = json!({"at": "2025-11-25T12:00:00Z", "words": "Not today."});
    record["history"][1]["by"] = json!("time");
    record["letters"][3]["state"] =
        json!({"failed": {"at": "2025-11-25T12:00:00Z", "trouble": "550"}});
    record["letters"][4]["state"] = json!({"dropped": {"at": "2025-11-25T12:00:00Z"}});
    let submission = read(&record).unwrap();
    assert_eq!(submission.history[1].by, Actor::System);
    assert_eq!(submission.publish_error.unwrap().words, "Not today.");
    let states: Vec<Value> = submission
        .mail
        .iter()
        .map(|mail| serde_json::to_value(&mail.state).unwrap())
        .collect();
    assert_eq!(states[3]["failed"]["error"], "550");
    assert!(states[4]["dropped"].is_object());
    assert_eq!(states[5]["pending"]["attempts"], 1);
}

#[test]
fn of_several_addresses_of_an_editor_the_last_counts() {
    let mut record: Value = serde_json::from_str(RECORDS[2]).unwrap();
    record["letters"][4]["to"]["editor"]["email"] = json!("ann@new.example");
    let by = &read(&record).unwrap().history[1].by;
    assert_eq!(*by, Actor::Editor("ann@new.example".into()));
}
