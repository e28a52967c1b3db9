//! Kills at every step, and under load.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader},
    process::Command,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crate::support::{Answers, Intake, eventually, is_left_out_on_postgres};

use super::{Connection, Killer, STEPS, all_sent, is_whole, send_signal, start_after_kill};

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
        // Every run kills one call later, until the request and all its letters come through. The
        // first is tried more than once, because another thread's may come before that of the write.
        for nth in [1; 4].into_iter().chain(2..) {
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
    for step in [
        "open aside",
        "write aside",
        "pwrite64 log",
        "fdatasync log",
        "rename draft",
    ] {
        assert!(visited.contains(step), "never killed at: {step}");
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
        for nth in 1.. {
            assert!(nth < 100, "{calls} is called without end");
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

/// A little chance, the same in each run; when exactly a thread is killed, the machine decides.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

#[test]
fn what_was_answered_with_yes_outlives_forty_kills_under_load() {
    const THREADS: usize = 3;
    const EACH: usize = 2;
    let mut intake = Intake::start();
    let mut chance = Chance(7);
    let said_yes = Mutex::new(BTreeMap::new());
    let unanswered = Mutex::new(Vec::new());
    let number = AtomicUsize::new(0);
    for _ in 0..40 {
        let yes = AtomicUsize::new(0);
        let begun = AtomicUsize::new(0);
        let wanted = chance.below((THREADS * EACH) as u64) as usize;
        let moment = Duration::from_micros(chance.below(8_000));
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    for _ in 0..EACH {
                        // What was not answered is sent again, as a person would.
                        let waiting = unanswered.lock().expect("a list").pop();
                        let form = waiting.or_else(|| {
                            let number = number.fetch_add(1, Ordering::Relaxed);
                            Some((intake.try_token()?, Answers::number(number)))
                        });
                        let Some((token, answers)) = form else { return };
                        begun.fetch_add(1, Ordering::Relaxed);
                        match intake.try_post("/", &answers.sent(&token, "submit")) {
                            Some(answer) => {
                                assert_eq!(answer.status, 303, "{}", answer.body);
                                said_yes.lock().expect("a list").insert(token, answers);
                                yes.fetch_add(1, Ordering::Relaxed);
                            }
                            None => unanswered.lock().expect("a list").push((token, answers)),
                        }
                    }
                });
            }
            eventually("some answers", || {
                let enough = yes.load(Ordering::Relaxed) >= wanted;
                let going = begun.load(Ordering::Relaxed) > wanted;
                (enough && going).then_some(())
            });
            let now = Instant::now();
            while now.elapsed() < moment {
                std::hint::spin_loop();
            }
            send_signal(intake.pid(), "-KILL");
        });
        intake.wait();
        start_after_kill(&mut intake);
    }
    let mut said_yes = said_yes.into_inner().expect("a list");
    let unanswered = unanswered.into_inner().expect("a list");
    println!(
        "{} were told yes, {} not answered",
        said_yes.len(),
        unanswered.len()
    );
    for (token, answers) in &said_yes {
        assert!(is_whole(&intake, token, answers), "{token} is lost");
    }
    for (token, answers) in unanswered {
        is_whole(&intake, &token, &answers);
        let answer = intake.post("/", &answers.sent(&token, "submit"));
        assert_eq!(answer.status, 303);
        said_yes.insert(token, answers);
    }
    assert_eq!(intake.ids().len(), said_yes.len());
    assert_eq!(intake.queued(".md").len(), said_yes.len());
    intake.letters(2 * said_yes.len());
}
