//! A form comes to its end: closed with words while the service runs, campaigners told once, an export,
//! and personal data erased of what has ended and of nothing else.

use std::{fs, os::unix::fs::PermissionsExt as _, process::Command};

use crate::{
    desk::{id_and_key, last_letter, letters_of, settled, with_editors},
    support::{Answers, Intake, eventually, is_left_out_on_postgres, value_of},
};

const WORDS: &str = "Our call for case studies is over.";
/// The campaigner's name, and words of the address.
const PRIVATE: [&str; 3] = ["Quince", "zelda", "canary.example"];

/// Sends answers of this number; the private page.
fn sent(intake: &Intake, number: usize) -> (String, String) {
    let link = intake.submit(&Answers::number(number));
    let (id, _) = id_and_key(&link);
    settled(intake, &id);
    (link, id)
}

fn withdraw(intake: &Intake, link: &str) {
    let version = value_of(&intake.get(link).body, "version").expect("a version");
    let fields = [("version", version.as_str()), ("action", "withdraw")];
    let answer = intake.post(link, &fields);
    assert_eq!(answer.status, 303, "{}", answer.body);
}

/// Runs the command, which says this much.
#[track_caller]
fn close(intake: &Intake, more: &[&str]) -> String {
    let mut arguments = vec!["close", "case-study"];
    arguments.extend(more);
    let ran = intake.run(&arguments);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    ran.out
}

/// Whether the record holds any of the private words.
fn has_private_words(intake: &Intake, id: &str) -> bool {
    let record = intake.record_text(id);
    PRIVATE.iter().any(|word| record.contains(word))
}

/// The exports that lie in the service's folder.
fn exports(intake: &Intake) -> Vec<String> {
    let entries = fs::read_dir(intake.folder.path()).expect("a folder");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".json"))
        .collect();
    names.sort();
    names
}

/// Runs the command, which is killed as it syncs its database for this time; whether it got to its end
/// before.
fn runs_until(intake: &Intake, writes: usize) -> bool {
    let export = format!("{writes}.json");
    let command = intake.command(&["close", "case-study", "--yes", "--export", &export]);
    let mut strace = Command::new("strace");
    strace
        .current_dir(intake.folder.path())
        .envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .args([
            "-f",
            "-qq",
            "-e",
            "signal=none",
            "-e",
            "trace=fdatasync",
            "-e",
        ])
        .arg(format!("inject=fdatasync:signal=SIGKILL:when={writes}"))
        .arg(command.get_program())
        .args(command.get_args());
    let ended = strace
        .output()
        .expect("strace is missing: tests/run installs it");
    ended.status.success()
}

#[test]
fn an_operator_reads_what_would_happen_and_nothing_does() {
    let intake = with_editors();
    let (link, waiting) = sent(&intake, 1);
    let (ended_link, ended) = sent(&intake, 2);
    withdraw(&intake, &ended_link);
    let (before, before_ended) = (settled(&intake, &waiting), settled(&intake, &ended));
    let said = close(&intake, &["--words", WORDS]);
    for words in [
        "Nothing is changed without --yes",
        WORDS,
        "email the campaigners of 1 submission that has not ended",
        "erase the personal data of 1 submission that has ended",
        "1 submission kept with personal data: not decided yet",
        &waiting,
    ] {
        assert!(said.contains(words), "{words} in: {said}");
    }
    assert!(intake.get("/").body.contains("name=\"token\""));
    assert_eq!(settled(&intake, &waiting), before);
    assert_eq!(settled(&intake, &ended), before_ended);
    assert_eq!(exports(&intake), [""; 0]);
    assert_eq!(intake.get(&link).status, 200);
    let unknown = intake.run(&["close", "petition", "--yes"]);
    assert_eq!(unknown.status, Some(1));
    assert!(
        unknown
            .err
            .contains("there is no form petition; there is case-study")
    );
}

#[test]
fn a_form_is_closed_while_the_service_runs_and_only_what_has_ended_is_erased() {
    let intake = with_editors();
    let (_, waiting) = sent(&intake, 1);
    let (ended_link, ended) = sent(&intake, 2);
    withdraw(&intake, &ended_link);
    settled(&intake, &ended);
    let token = intake.token();
    let told_before = letters_of(&intake, &waiting).len();
    let said = close(&intake, &["--yes", "--words", WORDS]);

    // Who has it open still loses no word, and cannot send it; from the first moment.
    let late = Answers::number(3);
    let refused = intake.post("/", &late.sent(&token, "submit"));
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains(&late.title));
    eventually("the form to be closed for visitors", || {
        let page = intake.get("/");
        (page.body.contains(WORDS) && !page.body.contains("name=\"token\"")).then_some(())
    });

    assert!(has_private_words(&intake, &waiting));
    assert!(!has_private_words(&intake, &ended));
    assert!(
        said.contains("The personal data of 1 submission is erased"),
        "{said}"
    );
    assert!(
        said.contains("2 submissions in all, 1 without personal data"),
        "{said}"
    );
    assert!(
        said.contains("not decided yet") && said.contains(&waiting),
        "{said}"
    );

    let [export] = exports(&intake).try_into().expect("one export");
    assert!(said.contains(&export), "{said}");
    let export = intake.folder.path().join(export);
    let mode = fs::metadata(&export).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = fs::read_to_string(&export).expect("an export");
    let exported: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(exported.as_array().map(Vec::len), Some(2));
    for word in PRIVATE {
        assert!(!text.contains(word), "{word} in: {text}");
    }

    let letter = last_letter(&intake, &waiting);
    assert!(
        letter.headers["Subject"].contains("has closed"),
        "{letter:?}"
    );
    assert!(letter.text.contains(WORDS), "{}", letter.text);
    assert_eq!(letters_of(&intake, &waiting).len(), told_before + 1);

    // Once more: nobody is told twice, and the words stay.
    close(&intake, &["--yes", "--export", "second.json"]);
    assert_eq!(letters_of(&intake, &waiting).len(), told_before + 1);
    assert!(intake.get("/").body.contains(WORDS));
    let again = intake.run(&["close", "case-study", "--yes", "--export", "second.json"]);
    assert_eq!(
        again.status,
        Some(1),
        "no export is written over: {}",
        again.out
    );
}

#[test]
fn a_run_that_is_killed_is_finished_by_the_next_and_nobody_is_told_twice() {
    if is_left_out_on_postgres("it is killed as it syncs a file of its own") {
        return;
    }
    const COUNT: usize = 12;
    let mut intake = with_editors();
    let sent: Vec<(String, String)> = (1..=COUNT).map(|number| sent(&intake, number)).collect();
    let (ended, waiting) = sent.split_at(COUNT / 2);
    for (link, id) in ended {
        withdraw(&intake, link);
        settled(&intake, id);
    }
    intake.stop();
    let told = |id: &str| intake.record_text(id).matches("\"form_closed\"").count();
    let mut told_by_then = Vec::new();
    // Each run gets one write further than the one before, until one gets to its end.
    for writes in 2.. {
        let is_done = runs_until(&intake, writes);
        told_by_then.push(waiting.iter().filter(|(_, id)| told(id) > 0).count());
        if is_done {
            break;
        }
    }
    let is_halfway = |count: &usize| (1..waiting.len()).contains(count);
    assert!(told_by_then.iter().any(is_halfway), "{told_by_then:?}");
    for (_, id) in waiting {
        assert_eq!(told(id), 1, "{id}");
        assert!(has_private_words(&intake, id), "{id}");
    }
    for (_, id) in ended {
        assert!(!has_private_words(&intake, id), "{id}");
    }
}

#[test]
fn what_is_not_decided_is_declined_where_that_is_wanted_and_erased_once_its_letter_has_gone() {
    let mut intake = with_editors();
    let (link, waiting) = sent(&intake, 1);
    intake.stop();
    let said = close(
        &intake,
        &[
            "--yes",
            "--decline",
            "--words",
            WORDS,
            "--private",
            "--export",
            "all.json",
        ],
    );
    assert!(said.contains("1 submission: declined"), "{said}");
    assert!(
        said.contains("an email to the campaigner has not gone yet"),
        "{said}"
    );
    assert!(has_private_words(&intake, &waiting));
    let export = fs::read_to_string(intake.folder.path().join("all.json")).expect("an export");
    assert!(export.contains("Quince"), "{export}");

    intake.start_again();
    let letter = last_letter(&intake, &waiting);
    assert!(letter.text.contains(WORDS) && letter.text.contains("decided not to publish"));
    assert!(
        !letter.text.contains("welcome to send us another"),
        "{}",
        letter.text
    );
    let said = close(&intake, &["--yes", "--export", "rest.json"]);
    assert!(said.contains("Nothing is left to do."), "{said}");
    assert!(!has_private_words(&intake, &waiting));
    assert_eq!(intake.get(&link).status, 200);
}

#[test]
fn a_letter_that_declines_at_the_end_of_a_form_invites_nobody_to_send_another() {
    let intake = with_editors();
    let (_, waiting) = sent(&intake, 1);
    close(&intake, &["--yes", "--decline"]);
    let letter = last_letter(&intake, &waiting);
    assert!(letter.text.contains("decided not to publish"), "{letter:?}");
    assert!(
        !letter.text.contains("welcome to send us another"),
        "{letter:?}"
    );
}

#[test]
fn a_closed_form_stays_closed_in_a_backup_and_can_be_opened_again() {
    let mut intake = with_editors();
    close(&intake, &["--yes", "--words", WORDS]);
    let backup = intake.run(&["backup", "backup.jsonl"]);
    assert_eq!(backup.status, Some(0), "{}", backup.err);
    let mut other = Intake::at_rest_with(&[]);
    let file = intake.folder.path().join("backup.jsonl");
    let restored = other.run(&["restore", file.to_str().expect("a path")]);
    assert_eq!(restored.status, Some(0), "{}", restored.err);
    other.start_again();
    assert!(other.get("/").body.contains(WORDS));

    intake.start_again();
    assert!(intake.get("/").body.contains(WORDS));
    close(&intake, &["--reopen"]);
    eventually("the form to be open again", || {
        intake
            .get("/")
            .body
            .contains("name=\"token\"")
            .then_some(())
    });
    intake.submit(&Answers::seed());
}
