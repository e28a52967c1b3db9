//! Kills at every step.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader},
    process::Command,
};

use crate::support::{Answers, Intake, eventually, is_left_out_on_postgres};

use super::{Connection, Killer, STEPS, all_sent, is_whole, start_after_kill};

/// Calls of [`STEPS`], and where they are to have been struck.
const TO_BE_SEEN: [(&str, &str); 5] = [
    ("openat", "open aside"),
    ("pwrite64", "pwrite64 log"),
    ("write", "write aside"),
    ("fsync,fdatasync", "fdatasync log"),
    ("?rename,renameat,renameat2", "rename draft"),
];

#[test]
fn killed_at_every_step_of_a_write_each_submission_is_wholly_there_or_not_there() {
    if is_left_out_on_postgres("its steps are those of SQLite") {
        return;
    }
    let mut intake = Intake::start();
    let mut visited = BTreeSet::new();
    let mut number = 0;
    let mut swept = 0;
    for calls in STEPS {
        let mut tried_first = false;
        // Every run kills one call later, until the request and all its letters come through. A
        // thread counts its own calls, so the first kill strikes whichever thread is first: it is
        // tried until it has struck each step that is to be seen.
        let missing = |visited: &BTreeSet<String>| {
            (TO_BE_SEEN.iter()).any(|(of, step)| *of == calls && !visited.contains(*step))
        };
        for nth in [1; 30].into_iter().chain(2..) {
            if nth == 1 && tried_first && !missing(&visited) {
                continue;
            }
            tried_first = true;
            assert!(nth < 100, "{calls} is called without end");
            number += 1;
            let answers = Answers::number(number);
            let token = intake.token();
            let mut connection = Connection::open(&intake);
            if nth == 1 {
                // The first call is to be that of the write and not of a job.
                eventually("the jobs at rest", || {
                    intake.table("todo").is_empty().then_some(())
                });
            }
            let mut killer = Killer::attach(&intake, calls, nth);
            let (head, body) = Connection::form("/", &answers.sent(&token, "submit"), "");
            connection.write(&(head + &body));
            let said_yes = connection.answer().starts_with("HTTP/1.1 303");
            let survived = said_yes
                && eventually("the letters sent, or the end", || {
                    if killer.has_killed() {
                        Some(false)
                    } else {
                        all_sent(&intake, &token).then_some(true)
                    }
                });
            intake.kill();
            killer.strace.wait().expect("it ends");
            if !survived {
                visited.extend(killer.place());
            }

            swept += start_after_kill(&mut intake);
            let there = is_whole(&intake, &token, &answers);
            assert!(
                there || !said_yes,
                "{calls} {nth}: a yes, and nothing there"
            );
            let again = intake.post("/", &answers.sent(&token, "submit"));
            assert_eq!(again.status, 303, "{calls} {nth}");
            assert!(is_whole(&intake, &token, &answers));
            assert_eq!(intake.ids().len(), number);
            assert_eq!(intake.queued(".md").len(), number);
            eventually("the letters sent", || {
                all_sent(&intake, &token).then_some(())
            });
            if survived {
                break;
            }
        }
    }
    println!("{number} runs, {swept} files swept, killed at: {visited:#?}");
    for (calls, step) in TO_BE_SEEN {
        assert!(visited.contains(step), "{calls} never killed at: {step}");
    }
    assert!(swept > 0, "no kill left anything to sweep");
    intake.letters(2 * number);
}

#[test]
fn killed_at_every_step_of_its_very_first_start_the_next_start_is_good() {
    if is_left_out_on_postgres("its steps are those of SQLite") {
        return;
    }
    let mut visited = BTreeSet::new();
    for calls in [
        "?mkdir,mkdirat",
        "pwrite64",
        "fsync,fdatasync",
        "?unlink,unlinkat",
        "fchmod,ftruncate",
    ] {
        // The first start makes every table: its many writes are all of one kind.
        for nth in (1..10).chain((10..).step_by(5)) {
            assert!(nth < 200, "{calls} is called without end");
            let mut intake = Intake::at_rest_with(&[]);
            let mut killer = Killer::start(&intake, calls, nth);
            let stdout = killer.strace.stdout.take().expect("its standard output");
            let started = BufReader::new(stdout).lines().next().is_some();
            if started {
                // It may meet its call just now.
                let pid = killer.first_pid().to_string();
                let _ = Command::new("kill").args(["-KILL", &pid]).status();
            }
            killer.strace.wait().expect("it ends");
            if !started {
                visited.extend(killer.place());
            }
            start_after_kill(&mut intake);
            intake.submit(&Answers::seed());
            intake.letters(2);
            assert!(intake.table("fact").contains("secret|"));
            if started {
                break;
            }
        }
    }
    println!("killed at: {visited:#?}");
    for step in [
        "mkdir folder",
        "pwrite64 store",
        "pwrite64 log",
        "fdatasync log",
    ] {
        assert!(visited.contains(step), "never killed at: {step}");
    }
}
