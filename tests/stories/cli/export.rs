//! What is in the queue, for other programs and for spreadsheets.

use crate::support::{Answers, Intake};

/// A service whose form asks for something that is not published, with one entry in it.
fn with_a_private_question() -> Intake {
    let mut intake = Intake::at_rest_with(&[]);
    intake.case_study(&[(
        "    - name: glance\n",
        "    - name: safety\n      title: Safety\n      fields:\n        - name: risks\n          label: Risks\n          kind: text\n          public: false\n    - name: glance\n",
    )]);
    intake.start_again();
    let mut answers = Answers::seed();
    answers.organisation = "=SUM(1, \"2\")".into();
    let token = intake.token();
    let mut fields = answers.sent(&token, "submit");
    fields.push(("risks", "The riskcanary is at risk"));
    let answer = intake.post("/", &fields);
    assert_eq!(answer.status, 303, "{}", answer.body);
    intake.letters(2);
    intake
}

/// Name, address and the answer that is not public.
const PRIVATE: [&str; 3] = ["Quince", "canary.example", "riskcanary"];

#[test]
fn an_export_holds_what_is_public_and_what_is_private_only_when_asked_for() {
    let intake = with_a_private_question();
    let ran = intake.run(&["export"]);
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    let exported: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(exported.as_array().map(Vec::len), Some(1));
    let one = &exported[0];
    assert_eq!(
        (&one["form"], &one["stage"]),
        (&"case-study".into(), &"received".into())
    );
    assert_eq!(one["answers"]["title"], "Trade Union Campaigns");
    assert_eq!(one["answers"]["topics"][0], "People and Participation");
    assert_eq!(one["answers"]["featured"], true);
    assert!(one["permalink"].is_null() && one["received"].is_string());
    let table = intake.run(&["export", "--csv"]).out;
    for private in PRIVATE {
        assert!(!ran.out.contains(private), "{private} in: {}", ran.out);
        assert!(!table.contains(private), "{private} in: {table}");
    }
    assert!(one.get("contact").is_none() && one["answers"].get("risks").is_none());
    assert!(
        !table.contains("risks") && !table.contains("contact_"),
        "{table}"
    );

    let asked = intake.run(&["export", "--private"]).out;
    let exported: serde_json::Value = serde_json::from_str(&asked).expect("JSON");
    assert_eq!(
        exported[0]["contact"]["email"],
        "zelda.quince@canary.example"
    );
    assert_eq!(exported[0]["answers"]["risks"], "The riskcanary is at risk");
    let table = intake.run(&["export", "--private", "--csv"]).out;
    for private in PRIVATE {
        assert!(table.contains(private), "{private} in: {table}");
    }
}

#[test]
fn a_table_is_one_that_spreadsheets_read_and_do_not_calculate() {
    let intake = with_a_private_question();
    let table = intake.run(&["export", "--csv"]).out;
    let table = table
        .strip_prefix('\u{feff}')
        .expect("a mark that says UTF-8");
    let (head, rest) = table.split_once("\r\n").expect("a first line");
    let columns: Vec<&str> = head.split(',').map(|name| name.trim_matches('"')).collect();
    assert_eq!(
        columns[..5],
        ["id", "form", "stage", "received", "permalink"]
    );
    for name in ["title", "story", "organisation", "topics", "slug"] {
        assert!(columns.contains(&name), "{name} in {columns:?}");
    }
    assert!(rest.ends_with("\"\r\n"), "{rest}");
    assert!(rest.contains("\"'=SUM(1, \"\"2\"\")\""), "{rest}");
}

#[test]
fn an_export_of_one_form_leaves_the_others_out() {
    let mut intake = with_a_private_question();
    let ran = intake.run(&["export", "--form", "case-study"]);
    assert!(ran.out.contains("Trade Union Campaigns"), "{}", ran.out);
    // One that is served and has nothing yet.
    intake.form(
        "petition",
        include_str!("../../../config/examples/event/forms/event.yaml"),
    );
    intake.template(
        "event.md",
        include_str!("../../../config/examples/event/templates/event.md"),
    );
    intake.set("INTAKE__FORMS", "[case-study, petition]");
    let none = intake.run(&["export", "--form", "petition"]);
    assert_eq!((none.status, none.out.trim()), (Some(0), "[]"));
    let none = intake.run(&["export", "--csv", "--form", "petition"]);
    assert_eq!(none.out.lines().count(), 1, "{}", none.out);
}
