//! Nobody can flood it or shut anyone out: limits, what is put aside, and who is never hit by them.

mod aside;
mod blog;
mod corpus;
mod mail;
mod protocol;
mod slow;

use crate::support::{Answer, Answers, Intake, Visitor, eventually};

pub const ANN: &str = "ann@desk.example";
pub const EDITORS: &str = "[{name: Ann, email: ann@desk.example}]";

/// The service with its limits as they are shipped, and these settings besides.
pub fn with_limits(settings: &[(&str, &str)]) -> Intake {
    let mut intake = at_rest_with_limits(settings);
    intake.start_again();
    intake
}

/// The same before its first start.
pub fn at_rest_with_limits(settings: &[(&str, &str)]) -> Intake {
    let mut all = vec![
        ("INTAKE__LIMITS__ENABLED", "true"),
        ("INTAKE__EDITORS", EDITORS),
        // Every request of a story comes from this machine; the header says from where it is.
        ("INTAKE__LIMITS__PROXIES", "[127.0.0.1]"),
    ];
    all.extend_from_slice(settings);
    Intake::at_rest_with(&all)
}

/// Sends these answers from this address, as somebody does who takes a minute for it.
pub fn send_from(intake: &Intake, client: &str, who: &mut Visitor, answers: &Answers) -> Answer {
    let token = intake.token();
    let fields = answers.sent(&token, "submit");
    who.send(intake, "POST", "/", &[("x-forwarded-for", client)], &fields)
}

/// The stage of each submission, as the command line lists them.
pub fn stages(intake: &Intake) -> Vec<String> {
    let ran = intake.run(&["list", "--json"]);
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    let listed: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    let listed = listed.as_array().expect("a list");
    let stage = |one: &serde_json::Value| one["stage"].as_str().expect("a stage").to_owned();
    listed.iter().map(stage).collect()
}

/// Waits until no mail is pending.
pub fn all_mail_sent(intake: &Intake) {
    eventually("all mail to be sent", || {
        let ran = intake.run(&["list", "--json"]);
        let listed: serde_json::Value = serde_json::from_str(&ran.out).ok()?;
        let pending = |one: &serde_json::Value| one["mail_pending"].as_u64() == Some(0);
        listed.as_array()?.iter().all(pending).then_some(())
    });
}
