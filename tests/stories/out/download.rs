//! An editor who downloads the queue for a spreadsheet, and for a program.

use serde_json::Value;

use super::asked;
use crate::{
    desk::{ANN, ANN_AND_BO},
    support::{Answer, Answers, Intake, Visitor, eventually},
};

/// Name, address and the answer that is not public.
const PRIVATE: [&str; 3] = ["Quince", "canary.example", "riskcanary"];

/// A service whose form has a private question.
fn with_a_private_question() -> Intake {
    let mut intake = Intake::at_rest_with(&[("INTAKE__EDITORS", ANN_AND_BO)]);
    intake.case_study(&[(
        "    - name: glance\n",
        "    - name: safety\n      title: Safety\n      fields:\n        - name: risks\n          label: Risks\n          kind: text\n          public: false\n    - name: glance\n",
    )]);
    intake.start_again();
    intake
}

fn send(intake: &Intake, answers: &Answers) {
    let token = intake.token();
    let mut fields = answers.sent(&token, "submit");
    fields.push(("risks", "The riskcanary is at risk"));
    let answer = intake.post("/", &fields);
    assert_eq!(answer.status, 303, "{}", answer.body);
}

/// The rows below the first, each as its cells by column.
#[track_caller]
fn rows(answer: &Answer) -> Vec<serde_json::Map<String, Value>> {
    let table = asked("/usr/bin/python3", "table.py", &answer.body);
    let rows: Vec<Vec<Value>> = serde_json::from_value(table).expect("rows");
    let (head, rows) = rows.split_first().expect("a first row");
    let by_column = |row: &Vec<Value>| {
        assert_eq!(row.len(), head.len());
        let names = head.iter().map(|name| name.as_str().expect("a name"));
        let cells = row.iter().cloned();
        names.map(str::to_owned).zip(cells).collect()
    };
    rows.iter().map(by_column).collect()
}

#[test]
fn a_spreadsheet_reads_every_word_and_calculates_none() {
    let intake = with_a_private_question();
    let hostile = [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "＝1+1",
        "＋1",
        "－1",
        "＠SUM(A1)",
    ];
    for organisation in hostile {
        let mut answers = Answers::seed();
        answers.organisation = organisation.into();
        answers.title = "Łódź, \"Ελλάδα\"; 東京".into();
        send(&intake, &answers);
    }
    let mut ann = Visitor::sign_in(&intake, ANN);
    let answer = ann.get(&intake, "/desk/export.csv");
    assert_eq!(answer.status, 200);
    assert!(answer.headers["content-type"].starts_with("text/csv; charset=utf-8"));
    let disposition = &answer.headers["content-disposition"];
    assert!(
        disposition.starts_with("attachment; filename=\"queue-20"),
        "{disposition}"
    );
    let rows = rows(&answer);
    let told: Vec<String> = rows
        .iter()
        .rev()
        .map(|row| row["organisation"].as_str().expect("words").to_owned())
        .collect();
    assert_eq!(told, hostile.map(|words| format!("'{words}")));
    let seed = Answers::seed();
    for row in &rows {
        assert_eq!(row["title"], "Łódź, \"Ελλάδα\"; 東京");
        assert_eq!(row["stage"], "received");
        let story = row["story"].as_str().expect("words");
        assert!(story.contains('\n') && story.len() > seed.story.len() / 2);
    }
    assert!(
        ann.get(&intake, "/desk")
            .body
            .contains("href=\"/desk/export.csv\"")
    );
}

#[test]
fn a_download_holds_what_the_filter_of_the_queue_leaves() {
    let intake = with_a_private_question();
    for number in 0..4 {
        send(&intake, &Answers::number(number));
    }
    let mut ann = Visitor::sign_in(&intake, ANN);
    let id = &intake.ids()[0];
    let page = format!("/desk/{id}");
    ann.fill_in(
        &intake,
        &page,
        &page,
        &[("action", "decline"), ("step", "do"), ("note", "No.")],
    );
    let to_me = [("action", "assign"), ("assigned", ANN)];
    ann.fill_in(&intake, &page, &page, &to_me);
    for query in [
        "",
        "stage=declined",
        "stage=received",
        "form=case-study",
        "form=none",
        "assigned=me",
        "assigned=me&stage=received",
        "problems=yes",
        "q=number+2",
        "q=nothingofthesort",
        "q=number&stage=declined&form=case-study",
    ] {
        let shown = ann.get(&intake, &format!("/desk?{query}")).body;
        let answer = ann.get(&intake, &format!("/desk/export.json?{query}"));
        assert_eq!(answer.headers["content-type"], "application/json");
        let list: Vec<Value> = serde_json::from_str(&answer.body).expect("JSON");
        let ids: Vec<&str> = list
            .iter()
            .map(|one| one["id"].as_str().expect("an id"))
            .collect();
        let on_the_page: Vec<&String> = intake.ids().leak().iter().collect();
        for id in on_the_page {
            let is_shown = shown.contains(&format!("/desk/{id}"));
            assert_eq!(ids.contains(&id.as_str()), is_shown, "{query}: {id}");
        }
        let table = rows(&ann.get(&intake, &format!("/desk/export.csv?{query}")));
        assert_eq!(table.len(), ids.len(), "{query}");
    }
}

#[test]
fn a_download_holds_more_than_is_read_at_once() {
    let intake = with_a_private_question();
    for number in 0..210 {
        send(&intake, &Answers::number(number));
    }
    let mut ann = Visitor::sign_in(&intake, ANN);
    let all = rows(&ann.get(&intake, "/desk/export.csv"));
    let mut ids: Vec<&str> = all
        .iter()
        .map(|row| row["id"].as_str().expect("an id"))
        .collect();
    ids.sort_unstable();
    let mut sent = intake.ids();
    sent.sort_unstable();
    assert_eq!(ids, sent);
    let found = rows(&ann.get(&intake, "/desk/export.csv?q=zelda"));
    assert_eq!(found.len(), all.len());
}

#[test]
fn what_is_private_is_in_a_download_only_when_asked_for_and_then_it_is_noted() {
    let intake = with_a_private_question();
    send(&intake, &Answers::seed());
    let mut ann = Visitor::sign_in(&intake, ANN);
    for path in [
        "/desk/export.csv",
        "/desk/export.json",
        "/desk/export.csv?private=no",
        "/desk/export.csv?q=zelda",
    ] {
        let answer = ann.get(&intake, path);
        assert!(answer.body.contains("Trade Union Campaigns"), "{path}");
        for private in PRIVATE {
            assert!(!answer.body.contains(private), "{private} in {path}");
        }
        assert!(!answer.body.contains("risks"), "{path}");
    }
    for path in [
        "/desk/export.csv?private=yes",
        "/desk/export.json?private=yes",
    ] {
        let answer = ann.get(&intake, path);
        for private in PRIVATE {
            assert!(answer.body.contains(private), "{private} not in {path}");
        }
    }
    let noted = eventually("both are noted", || {
        let log = intake.log();
        let noted = log
            .lines()
            .filter(|line| line.contains("event=\"exported\""));
        let noted: Vec<String> = noted.map(str::to_owned).collect();
        (noted.len() == 2).then_some(noted)
    });
    assert!(noted.iter().all(|line| line.contains("who=\"Ann\"")));
}
