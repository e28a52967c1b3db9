//! Every kind of page, in every state, is HTML as the standard has it: the Nu checker, which the
//! validator of the W3C runs, finds nothing in any.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::limits::all_mail_sent;
use crate::support::{Answer, Answers, Hidden, Intake, Letter, Visitor, value_of};

const EDITORS: (&str, &str) = (
    "INTAKE__EDITORS",
    "[{name: Ann, email: ann@desk.example}, {name: Bo, email: bo@desk.example}]",
);

/// Pages by what they are, to be judged together: starting the checker takes longer than its work.
#[derive(Default)]
pub struct Pages(BTreeMap<String, String>);

impl Pages {
    /// Puts a page by; it must have this status.
    #[track_caller]
    pub fn keep(&mut self, what: &str, status: u16, answer: &Answer) {
        assert_eq!(answer.status, status, "{what}: {}", answer.body);
        assert!(answer.body.starts_with("<!DOCTYPE html>"), "{what}");
        self.keep_text(what, &answer.body);
    }

    #[track_caller]
    pub fn keep_text(&mut self, what: &str, html: &str) {
        let old = self.0.insert(what.to_owned(), html.to_owned());
        assert!(old.is_none(), "two pages are called {what}");
    }

    /// The checker has nothing to say about any of them.
    #[track_caller]
    pub fn assert_valid(&self) {
        let folder = tempfile::tempdir().expect("a folder");
        for (what, html) in &self.0 {
            fs::write(folder.path().join(format!("{what}.html")), html).expect("a page");
        }
        let checker: PathBuf =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/node_modules/vnu-jar/build/dist");
        let judged = Command::new("java")
            .arg("-jar")
            .arg(checker.join("vnu.jar"))
            .args(["--format", "json", "--stdout", "--exit-zero-always"])
            .arg(folder.path())
            .output()
            .expect("java is missing: tests/run installs it");
        let said = String::from_utf8_lossy(&judged.stdout);
        let said: Value = serde_json::from_str(&said)
            .unwrap_or_else(|_| panic!("the checker did not run: {said} {judged:?}"));
        let found: Vec<String> = said["messages"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|one| {
                let page = one["url"].as_str().unwrap_or_default().rsplit('/').next();
                let page = page.unwrap_or_default();
                let line = &one["lastLine"];
                format!("{page}:{line}: {} in {}", one["message"], one["extract"])
            })
            .collect();
        assert!(found.is_empty(), "{}", found.join("\n"));
        println!("{} pages are valid", self.0.len());
    }
}

/// A campaigner, an editor, and what both see.
struct Story {
    intake: Intake,
    ann: Visitor,
    pages: Pages,
}

impl Story {
    fn new(settings: &[(&str, &str)]) -> Self {
        let intake = Intake::start_with(&[&[EDITORS], settings].concat());
        let ann = Visitor::sign_in(&intake, "ann@desk.example");
        Self {
            intake,
            ann,
            pages: Pages::default(),
        }
    }

    #[track_caller]
    fn look(&mut self, what: &str, path: &str) -> String {
        let page = self.ann.get(&self.intake, path);
        self.pages.keep(what, 200, &page);
        page.body
    }

    /// What comes back to somebody who fills in the page at this path.
    #[track_caller]
    fn comes_back(&mut self, what: &str, status: u16, path: &str, fields: &[(&str, &str)]) {
        let page = self.ann.fill_in(&self.intake, path, path, fields);
        self.pages.keep(what, status, &page);
    }

    /// The same where it is done; `look` at both sides then.
    #[track_caller]
    fn done(&mut self, what: &str, mine: &str, path: &str, fields: &[(&str, &str)]) {
        let answer = self.ann.fill_in(&self.intake, path, path, fields);
        assert_eq!(answer.status, 303, "{what}: {}", answer.body);
        self.look(&format!("{what}-told"), &answer.location);
        self.look(&format!("{what}-private-page"), mine);
        self.look(&format!("{what}-review"), &desk_of(mine));
    }
}

fn desk_of(mine: &str) -> String {
    format!("/desk/{}", mine.split('/').nth(2).expect("an id"))
}

#[test]
fn every_page_that_a_campaigner_sees_is_valid() {
    let mut story = Story::new(&[]);
    for (what, path) in [
        ("form", "/"),
        ("privacy", "/privacy"),
        ("lost", "/lost-link"),
        ("sign-in", "/desk/sign-in"),
    ] {
        story.look(what, path);
    }
    let nobody = story.intake.get("/nobody");
    story.pages.keep("not-found", 404, &nobody);
    let forged = [("action", "check"), ("token", "forged")];
    story.comes_back("form-with-errors", 422, "/", &[("action", "check")]);
    story.comes_back("form-with-notice", 422, "/", &forged);
    let email = [("email", "ana@canary.example")];
    story.comes_back("lost-asked", 200, "/lost-link", &email);
    story.comes_back("sign-in-asked", 200, "/desk/sign-in", &email);
    let wrong = story.intake.get("/desk/sign-in/0123");
    story.pages.keep("sign-in-wrong", 403, &wrong);

    let mut answers = Answers::seed();
    answers
        .story
        .push_str("\n\n## What helped\n\n* Time & <b>patience</b>\n* Luck\n\n> All of it.");
    let token = story.intake.token();
    let check = story.intake.post("/", &answers.sent(&token, "check"));
    story.pages.keep("check", 200, &check);
    let mine = story.intake.submit(&answers);
    let desk = desk_of(&mine);
    let edit = format!("{mine}/edit");
    story.look("private-page", &mine);
    story.look("correct", &edit);
    let emptied = [("action", "correct"), ("title", "")];
    story.comes_back("correct-with-errors", 422, &edit, &emptied);
    story.comes_back("private-page-wrong", 422, &mine, &[("action", "nonsense")]);

    let ask = [
        ("action", "request_changes"),
        ("note", "Please add a source.\n\nAnd a date."),
        ("note_title", "Which one?"),
    ];
    story.done("asked", &mine, &desk, &ask);
    story.look("resubmit", &edit);
    let hidden = Hidden::in_page(&story.ann.get(&story.intake, &edit).body);
    answers.title = "Another title".into();
    let mut sent = answers.sent("", "resubmit");
    sent.retain(|(name, _)| *name != "token");
    let again = story.ann.post(&story.intake, &edit, &hidden.with(&sent));
    assert_eq!(again.status, 303, "{}", again.body);
    story.look("resubmitted", &again.location);
    story.done("approved", &mine, &desk, &[("action", "approve")]);
    let suggest = [("action", "suggest"), ("note", "It was in May.")];
    story.done("suggested", &mine, &mine, &suggest);
    story.done("taken-back", &mine, &desk, &[("action", "take_back")]);
    story.done("declined", &mine, &desk, &[("action", "decline")]);
    let sure = [("action", "erase"), ("sure", "yes")];
    story.done("erased", &mine, &mine, &sure);
    let other = story.intake.submit(&Answers::number(2));
    story.done("withdrawn", &other, &other, &[("action", "withdraw")]);
    story.pages.assert_valid();
}

#[test]
fn every_page_that_an_editor_sees_is_valid_and_so_is_every_letter() {
    let mut story = Story::new(&[]);
    story.look("queue-empty", "/desk");
    let mine = story.intake.submit(&Answers::number(1));
    let desk = desk_of(&mine);
    let edit = format!("{desk}/edit");
    story.look("queue", "/desk");
    story.look("begin-an-entry", "/desk/new");
    story.look("queue-nothing-found", "/desk?q=nothing-is-so");
    story.look("sessions", "/desk/sessions");
    story.look("edit", &edit);
    story.comes_back("edit-with-errors", 422, &edit, &[("title", "")]);
    story.comes_back("review-wrong", 422, &desk, &[("action", "nonsense")]);

    story.look(
        "queue-filtered",
        "/desk?stage=received&sort=date&problems=yes&q=it",
    );
    story.look("queue-of-an-editor", "/desk?assigned=bo%40desk.example");
    story.look(
        "review-in-a-list",
        &format!("{desk}?stage=received&sort=newest"),
    );
    let kept = [
        ("action", "decline"),
        ("back", "yes"),
        ("letter", "Another <email>."),
        ("note", "Words."),
    ];
    story.comes_back("review-kept", 200, &desk, &kept);
    let left = [
        ("action", "approve_next"),
        ("step", "show"),
        ("note_title", "Why?"),
    ];
    story.comes_back("review-not-sent", 422, &desk, &left);
    let leaving = [("back", "yes"), ("title", "Another")];
    story.comes_back("edit-leaving", 200, &edit, &leaving);
    let typed = [
        ("action", "request_changes"),
        ("note", "A <b>word</b>."),
        ("version", "1"),
    ];
    let signed_out = Visitor::new().post(&story.intake, &desk, &typed);
    story.pages.keep("signed-out", 403, &signed_out);
    let nothing = [("action", "approve_next"), ("version", "1")];
    let signed_out = Visitor::new().post(&story.intake, &desk, &nothing);
    story
        .pages
        .keep("signed-out-without-words", 403, &signed_out);
    let own = [("sec-fetch-site", "same-origin")];
    let again = story.ann.send(&story.intake, "POST", &desk, &own, &typed);
    story.pages.keep("send-again", 403, &again);
    let all = [
        ("action", "decline_as_spam"),
        ("all", "yes"),
        ("list", "stage=received"),
    ];
    story.comes_back("several-all", 200, "/desk", &all);
    let shown = [("action", "decline"), ("step", "show")];
    story.comes_back("decide", 200, &desk, &shown);
    let id = desk.replace("/desk/", "");
    let version = Hidden::in_page(&story.ann.get(&story.intake, &desk).body).version;
    let pick = format!("{id}:{}", version.expect("a version"));
    let several = [
        ("action", "approve"),
        ("step", "show"),
        ("pick", pick.as_str()),
    ];
    story.comes_back("several", 200, "/desk", &several);
    let note = [("action", "note"), ("note", "A note <of> mine.")];
    story.done("noted", &mine, &desk, &note);
    let email = Answers::number(1).contact_email;
    let asked = [("email", email.as_str())];
    let asked = story.ann.post(&story.intake, "/lost-link", &asked);
    assert_eq!(asked.status, 200);
    let ask = [("action", "request_changes"), ("note", "A source?")];
    story.done("asked", &mine, &desk, &ask);
    story.done("taken-back", &mine, &desk, &[("action", "take_back")]);
    story.done("approved", &mine, &desk, &[("action", "approve")]);
    let mut answers = Answers::number(1);
    answers.title = "Edited title".into();
    let mut edited = answers.sent("", "");
    edited.retain(|(name, _)| !["token", "action"].contains(name));
    edited.extend([("author", "Guest"), ("slug", "edited")]);
    story.done("edited", &mine, &edit, &edited);
    story.done("accepted", &mine, &mine, &[("action", "accept")]);
    let message = [("action", "message"), ("note", "A <b>question</b>.")];
    story.done("messaged", &mine, &mine, &message);
    story.done("published", &mine, &desk, &[("action", "publish")]);
    let asked = [("action", "ask_take_down"), ("note", "It <hurts>.")];
    story.done("take-down-asked", &mine, &mine, &asked);
    story.look("queue-take-down", "/desk");
    let kept = [("action", "keep_published"), ("note", "It does not.")];
    story.done("kept-published", &mine, &desk, &kept);
    story.done("taken-down", &mine, &desk, &[("action", "unpublish")]);
    story.done("withdrawn", &mine, &mine, &[("action", "withdraw")]);
    story.done("undone", &mine, &mine, &[("action", "undo_withdraw")]);
    let other = story.intake.submit(&Answers::number(2));
    story.done(
        "declined",
        &other,
        &desk_of(&other),
        &[("action", "decline")],
    );
    let sure = [("action", "erase"), ("sure", "yes")];
    story.done("erased", &mine, &mine, &sure);

    story.intake.stop();
    story.intake.set("INTAKE__LIMITS__ENABLED", "true");
    story.intake.set("INTAKE__LIMITS__PER_CLIENT", "1");
    story.intake.start_again();
    let aside = [3, 4].map(|number| story.intake.submit(&Answers::number(number)));
    let queue = story.look("queue-aside", "/desk?stage=quarantined");
    assert!(queue.contains("Mark selected as not spam"), "{queue}");
    let desk = desk_of(&aside[1]);
    story.look("private-page-aside", &aside[1]);
    let review = story.look("review-aside", &desk);
    assert!(review.contains("Why it looks like spam"), "{review}");
    story.done("not-spam", &aside[1], &desk, &[("action", "take_in")]);

    all_mail_sent(&story.intake);
    let mailbox = story.intake.mailbox_url();
    let list = story.intake.get(&mailbox);
    story.pages.keep("mailbox", 200, &list);
    let mut by_subject = BTreeMap::new();
    for name in story.intake.mailbox() {
        let file = story.intake.folder.path().join("mailbox").join(&name);
        let letter = Letter::read(&file);
        by_subject.insert(letter.headers["Subject"].clone(), (name, letter));
    }
    assert!(by_subject.len() > 10, "{:?}", by_subject.keys());
    for (number, (name, letter)) in by_subject.values().enumerate() {
        let captured = story.intake.get(&format!("{mailbox}/{name}"));
        story
            .pages
            .keep(&format!("captured-{number}"), 200, &captured);
        story
            .pages
            .keep_text(&format!("letter-{number}"), &letter.html);
    }
    story.pages.assert_valid();
}

/// Asks for every kind of answer.
const ALL_KINDS: &str = r"
title: Tell us everything
noun: report
opens: 2000-01-01
parts:
  - title: All of it
    fields:
      - {name: heading, label: Heading, kind: line, required: true}
      - {name: summary, label: Summary, kind: text, max: 100}
      - {name: day, label: Day, kind: date, required: true, min: 2000-01-01}
      - {name: since, label: Since when, kind: year, min: 1900}
      - {name: people, label: How many, kind: number, min: 1}
      - {name: again, label: Again?, kind: yes_no, required: true}
      - {name: page, label: Website, kind: url}
      - {name: how, label: How, kind: choice, options: [A petition, A march]}
      - {name: where, label: Where, kind: choices, options: [Berlin, Lagos, Lima]}
      - name: partners
        label: Partners
        kind: group
        entry: partner
        min: 1
        max: 3
        fields:
          - {name: partner, label: Name, kind: line, required: true}
          - {name: role, label: What they did, kind: long_line}
consent: {wording: I agree that this is published.}
post:
  template: report.md
  path: _reports/{slug}.md
  permalink: https://blog.example/{slug}
  title: heading
";

#[test]
fn forms_with_answers_of_every_kind_are_valid_and_so_are_their_list_and_a_closed_one() {
    let mut intake = Intake::at_rest_with(&[("INTAKE__FORMS", "[report, case-study, closed]")]);
    intake.form("report", ALL_KINDS);
    let closed = ALL_KINDS.replace("opens: 2000-01-01", "closes: 2000-01-01");
    intake.form("closed", &closed);
    intake.template("report.md", "---\ntitle: {{ title | yaml_quoted }}\n---\n");
    intake.start_again();
    let mut pages = Pages::default();
    pages.keep("list", 200, &intake.get("/"));
    pages.keep("form", 200, &intake.get("/forms/report"));
    pages.keep("closed", 200, &intake.get("/forms/closed"));
    let form = intake.get("/forms/report").body;
    let token = value_of(&form, "token").expect("a token");
    for (what, status, button) in [
        ("errors", 422, "check"),
        ("entry-added", 200, "add:partners"),
    ] {
        let fields = [("token", token.as_str()), ("action", button)];
        let answer = intake.post("/forms/report", &fields);
        pages.keep(what, status, &answer);
    }
    pages.assert_valid();
}
