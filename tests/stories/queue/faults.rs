//! A disk whose calls fail in turn, under SQLite: each submission is safe or comes back with every
//! word, and the service goes on without being started again.

use std::collections::{BTreeMap, BTreeSet};

use crate::faults::line;
use crate::support::{
    Answers, Intake, assert_every_word_kept, eventually, is_left_out_on_postgres, value_of,
};

use super::{Killer, all_sent, id_of, is_whole};

/// Calls of a write, and how each may fail. `write` is not among them, because the threads wake each
/// other by it, too, and that cannot fail; a disk that is full stands for it elsewhere.
const FAULTS: [(&str, &[&str]); 6] = [
    ("pwrite64", &["EIO", "ENOSPC", "EDQUOT", "EINTR"]),
    ("fsync,fdatasync", &["EIO", "ENOSPC", "EDQUOT", "EINTR"]),
    ("openat", &["EIO", "EMFILE", "ENOSPC", "EDQUOT", "EINTR"]),
    ("?rename,renameat,renameat2", &["EIO", "ENOSPC", "EDQUOT"]),
    ("ftruncate,fallocate", &["EIO", "ENOSPC", "EDQUOT"]),
    ("pread64", &["EIO"]),
];

/// Sends the form; whether it was accepted. If not, it has every word back.
#[track_caller]
fn sent(intake: &Intake, token: &str, answers: &Answers, what: &str) -> bool {
    let answer = intake.post("/", &answers.sent(token, "submit"));
    match answer.status {
        303 => true,
        503 => {
            assert_every_word_kept(&answer, answers);
            let shown = value_of(&answer.body, "token");
            assert_eq!(shown.as_deref(), Some(token), "{what}");
            false
        }
        other => panic!("{what}: {other}\n{}", answer.body),
    }
}

/// Makes sure that it is all there, once, after the fault.
#[track_caller]
fn assert_taken(intake: &Intake, token: &str, answers: &Answers, accepted: bool, what: &str) {
    let id = id_of(token).to_owned();
    if accepted {
        assert!(is_whole(intake, token, answers), "{what}: a yes, and lost");
    }
    assert!(sent(intake, token, answers, what), "{what}: refused again");
    assert!(is_whole(intake, token, answers), "{what}");
    let ids = intake.ids();
    assert_eq!(ids.iter().filter(|known| **known == id).count(), 1);
}

#[test]
fn every_call_of_a_write_fails_in_turn_and_no_word_is_lost() {
    if is_left_out_on_postgres("its calls are those of SQLite") {
        return;
    }
    let intake = Intake::start();
    let mut failed = BTreeSet::new();
    let mut told: BTreeMap<(String, bool), usize> = BTreeMap::new();
    let mut number = 0;
    for (calls, errors) in FAULTS {
        for error in errors {
            // Every run has a later call fail, until none is left.
            for nth in 1.. {
                assert!(nth < 100, "{calls} is called without end");
                let what = format!("{calls} {error} {nth}");
                number += 1;
                let answers = Answers::number(number);
                let token = intake.token();
                let fault = Killer::attach_fault(&intake, calls, error, &nth.to_string());
                let accepted = sent(&intake, &token, &answers, &what);
                let these = fault.let_go();
                let is_last = these.is_empty();
                *told.entry((error.to_string(), accepted)).or_default() += 1;
                failed.extend(these.into_iter().map(|place| format!("{error} {place}")));
                assert_taken(&intake, &token, &answers, accepted, &what);
                if is_last {
                    break;
                }
            }
        }
    }
    println!("{number} runs, accepted or not: {told:?}; failed: {failed:#?}");
    for step in [
        "EIO pwrite64 log",
        "ENOSPC pwrite64 log",
        "EDQUOT pwrite64 log",
        "EIO fdatasync log",
        "EIO open aside",
        "EIO rename draft",
    ] {
        assert!(failed.contains(step), "never failed: {step}");
    }
    let elsewhere = failed.iter().find(|it| it.ends_with("pwrite64 elsewhere"));
    assert_eq!(elsewhere, None, "what is private is in our folder alone");
    assert_eq!(intake.ids().len(), number);
    assert_eq!(intake.queued(".md").len(), number);
    eventually("the service ready", || {
        (intake.watched("/readyz").status == 200).then_some(())
    });
    intake.letters(2 * number);
    for error in ["EIO", "ENOSPC", "EDQUOT", "EMFILE", "EINTR"] {
        let count = |accepted| told.get(&(error.to_owned(), accepted)).copied();
        let (yes, no) = (count(true).unwrap_or(0), count(false).unwrap_or(0));
        let kind = format!("each call of a write fails: {error}");
        line(
            &kind,
            yes + no,
            yes,
            &[("not", no), ("lost", 0), ("twice", 0)],
        );
    }
}

#[test]
fn a_disk_that_takes_nothing_for_a_while_is_told_and_once_it_is_well_all_goes_on() {
    if is_left_out_on_postgres("its calls are those of SQLite") {
        return;
    }
    let intake = Intake::start();
    let mut number = 0;
    for (calls, error) in [
        ("pwrite64", "EIO"),
        ("pwrite64", "ENOSPC"),
        ("pwrite64", "EDQUOT"),
        ("fsync,fdatasync", "EIO"),
        ("openat", "EMFILE"),
        ("openat", "EIO"),
        ("pwrite64,fsync,fdatasync,openat,ftruncate", "EIO"),
        ("?rename,renameat,renameat2", "EIO"),
    ] {
        let what = format!("all {calls} {error}");
        let before = number;
        let forms: Vec<(String, Answers)> = (0..4)
            .map(|_| {
                number += 1;
                (intake.token(), Answers::number(number))
            })
            .collect();
        let fault = Killer::attach_fault(&intake, calls, error, "1+");
        let accepted: Vec<bool> = forms
            .iter()
            .map(|(token, answers)| sent(&intake, token, answers, &what))
            .collect();
        let ready = intake.watched("/readyz").status;
        let failed: BTreeSet<String> = fault.let_go().into_iter().collect();
        println!("{what}: accepted {accepted:?}, then {ready}; {failed:?}");
        assert!(!failed.is_empty());
        assert!(!failed.contains("pwrite64 elsewhere"), "out of our folder");
        for ((token, answers), accepted) in forms.iter().zip(accepted) {
            assert_taken(&intake, token, answers, accepted, &what);
        }
        assert_eq!(number, before + 4);
        for (token, _) in &forms {
            eventually("the letters recorded", || {
                all_sent(&intake, token).then_some(())
            });
        }
    }
    eventually("the service ready", || {
        (intake.watched("/readyz").status == 200).then_some(())
    });
    assert_eq!(intake.ids().len(), number);
    intake.letters(2 * number);
}
