//! A chat program that is told what comes in, by a real HTTP server that judges the signature.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::Value;

use super::send_spam;
use crate::{
    desk::{ANN, ANN_AND_BO, assert_without},
    support::{Answers, Intake, Visitor, eventually, port_for_later, tool},
};

const SECRET: &str = "a secret of the chat";

/// The chat program; stopped when dropped.
struct Chat {
    port: u16,
    folder: tempfile::TempDir,
    running: Option<Child>,
}

impl Chat {
    /// One that is not there yet.
    fn down() -> Self {
        Self {
            port: port_for_later(),
            folder: tempfile::tempdir().expect("a folder"),
            running: None,
        }
    }

    fn up(&mut self, mode: &str) {
        self.mode(mode);
        let mut child = Command::new("/usr/bin/python3")
            .arg(tool("webhook.py"))
            .arg(self.folder.path())
            .args([&self.port.to_string(), SECRET])
            .stdout(Stdio::piped())
            .spawn()
            .expect("/usr/bin/python3 is missing: tests/run installs it");
        let stdout = child.stdout.take().expect("its standard output");
        let line = BufReader::new(stdout).lines().next();
        assert!(line.is_some(), "it did not start");
        self.running = Some(child);
    }

    fn mode(&self, mode: &str) {
        fs::write(self.folder.path().join("mode"), mode).expect("written");
    }

    /// What it was told, from the file of this name.
    fn told(&self, file: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.folder.path().join(file)).unwrap_or_default();
        let lines = text.lines();
        lines
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    #[track_caller]
    fn taken(&self, count: usize) -> Vec<Value> {
        eventually("the chat is told", || {
            let taken = self.told("taken");
            (taken.len() >= count).then_some(taken)
        })
    }

    fn intake(&self) -> Intake {
        let url = format!("http://127.0.0.1:{}/hook?room=1", self.port);
        Intake::start_with(&[
            ("INTAKE__EDITORS", ANN_AND_BO),
            ("INTAKE__NOTIFY__WEBHOOK", &url),
            ("INTAKE__NOTIFY__SECRET", SECRET),
        ])
    }
}

impl Drop for Chat {
    fn drop(&mut self) {
        if let Some(mut child) = self.running.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[test]
fn a_chat_is_told_what_comes_in_and_each_change_of_stage_signed_and_without_what_is_private() {
    let mut chat = Chat::down();
    chat.up("ok");
    let intake = chat.intake();
    let mut answers = Answers::seed();
    answers.story = format!("The storycanary. {}", answers.story);
    intake.submit(&answers);
    chat.taken(1);
    let mut ann = Visitor::sign_in(&intake, ANN);
    let id = &intake.ids()[0];
    let page = format!("/desk/{id}");
    let note = ("note", "The notecanary");
    for fields in [[("action", "note"), note], [("action", "decline"), note]] {
        let mut fields = fields.to_vec();
        fields.push(("step", "do"));
        ann.fill_in(&intake, &page, &page, &fields);
    }
    let taken = chat.taken(2);
    let stages: Vec<[&Value; 2]> = taken
        .iter()
        .map(|told| [&told["body"]["event"], &told["body"]["stage"]])
        .collect();
    assert_eq!(
        stages,
        [["received", "received"], ["stage_changed", "declined"]]
    );
    for told in &taken {
        assert_eq!(
            (&told["signed"], &told["path"]),
            (&true.into(), &"/hook?room=1".into())
        );
        assert_eq!(told["kind"], "application/json");
        assert!(told["age"].as_f64().is_some_and(|age| age.abs() < 60.0));
        let body = &told["body"];
        assert_eq!(body["id"], told["delivery"]);
        assert_eq!(body["submission"], id.as_str());
        assert_eq!(body["form"], "case-study");
        assert_eq!(body["title"], answers.title);
        assert_eq!(body["url"], format!("{}/desk/{id}", intake.url));
        let text = body["text"].as_str().expect("a sentence");
        assert!(text.contains(&answers.title), "{text}");
        assert!(text.lines().count() == 1, "{text}");
        let private = [
            "Quince",
            "canary.example",
            "storycanary",
            "notecanary",
            "/mine/",
            ANN,
            SECRET,
        ];
        assert_without("a delivery", told["raw"].as_str().expect("words"), &private);
    }
    assert_ne!(taken[0]["delivery"], taken[1]["delivery"]);
    let checked = intake.run(&["check"]).out;
    assert!(checked.contains("ok     webhook"), "{checked}");
}

#[test]
fn a_chat_that_is_down_refuses_or_sends_elsewhere_is_told_later_and_each_thing_once() {
    let mut chat = Chat::down();
    let mut intake = chat.intake();
    intake.submit(&Answers::number(1));
    intake.submit(&Answers::number(2));
    eventually("it was tried", || {
        intake
            .log()
            .contains("the webhook was not told")
            .then_some(())
    });
    // Nothing of it is lost with the process.
    intake.kill();
    intake.start_again();
    chat.up("refuse");
    let asked = eventually("it refuses", || {
        let asked = chat.told("asked");
        (!asked.is_empty()).then_some(asked)
    });
    chat.mode("redirect");
    let seen = chat.told("asked").len();
    eventually("it sends elsewhere", || {
        (chat.told("asked").len() > seen).then_some(())
    });
    chat.mode("ok");
    let taken = chat.taken(2);
    let ids: Vec<&Value> = taken.iter().map(|told| &told["delivery"]).collect();
    assert_eq!(ids.len(), 2);
    assert_ne!(ids[0], ids[1]);
    assert!(
        ids.contains(&&asked[0]["delivery"]),
        "the same id each time"
    );
    let all = chat.told("asked");
    assert!(all.iter().all(|told| told["path"] == "/hook?room=1"));
}

#[test]
fn a_chat_that_hangs_keeps_no_campaigner_and_no_letter_waiting() {
    let mut chat = Chat::down();
    chat.up("hang");
    let intake = chat.intake();
    intake.submit(&Answers::number(1));
    eventually("it hangs", || {
        (!chat.told("asked").is_empty()).then_some(())
    });
    let started = std::time::Instant::now();
    intake.submit(&Answers::number(2));
    // The receipts, and the news for two editors.
    intake.letters(6);
    assert!(started.elapsed() < Duration::from_secs(10));
    assert!(chat.told("taken").is_empty());
}

#[test]
fn of_what_looks_like_spam_a_chat_learns_only_that_it_waits() {
    let mut chat = Chat::down();
    chat.up("ok");
    let mut intake = chat.intake();
    send_spam(&mut intake);
    let told = &chat.taken(1)[0];
    assert_eq!(told["body"]["stage"], "quarantined");
    assert!(told["body"]["title"].is_null());
    let raw = told["raw"].as_str().expect("words");
    assert_without("a delivery", raw, &["spamcanary", "spam.example", "Quince"]);
}

#[test]
fn a_webhook_without_https_or_a_secret_is_refused_at_the_start() {
    for (webhook, secret, told) in [
        (
            "http://chat.example/hook",
            SECRET,
            "must begin with https://",
        ),
        ("chat.example", SECRET, "is not an address"),
        (
            "https://chat.example/hook",
            "short",
            "at least 16 characters",
        ),
    ] {
        let intake = Intake::at_rest_with(&[
            ("INTAKE__NOTIFY__WEBHOOK", webhook),
            ("INTAKE__NOTIFY__SECRET", secret),
        ]);
        let ran = intake.run(&["check"]);
        assert_eq!(ran.status, Some(1));
        assert!(ran.out.contains(told), "{}", ran.out);
    }
}
