//! An editor, and programs of theirs, who take out of the queue what is in it.

mod download;
mod feed;
mod webhook;

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use crate::support::{Answers, Intake, tool};

/// What another program answers that gets this on its standard input.
#[track_caller]
fn asked(program: &str, script: &str, input: &str) -> serde_json::Value {
    let mut child = Command::new(program)
        .arg(tool(script))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|_| panic!("{program} is missing: tests/run installs it"));
    let mut stdin = child.stdin.take().expect("its standard input");
    stdin.write_all(input.as_bytes()).expect("written");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{script} refuses: {input}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Sends what looks like spam: it says “spamcanary”, and a field is filled in that nobody sees.
fn send_spam(intake: &mut Intake) {
    intake.set("INTAKE__LIMITS__ENABLED", "true");
    intake.start_again();
    let mut spam = Answers::seed();
    spam.title = "Buy the spamcanary".into();
    let token = intake.token();
    let mut fields = spam.sent(&token, "submit");
    fields.push(("contact_website", "https://spam.example"));
    intake.post("/", &fields);
}
