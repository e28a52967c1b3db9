//! An editor, and programs of theirs, who take out of the queue what is in it.

mod download;
mod feed;
mod webhook;

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use crate::support::tool;

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
