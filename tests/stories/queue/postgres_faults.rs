//! PostgreSQL in trouble: crashed, away, hanging, cutting connections. Who was told yes is safe,
//! who was not has every word back and soon, and nobody has to start the service again.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crate::support::{Answers, Intake, Postgres, assert_every_word_kept, eventually, value_of};

use super::{SetAtEnd, id_of, is_whole};

/// What people have sent so far, and were told.
#[derive(Default)]
struct Sent {
    number: AtomicUsize,
    accepted: Mutex<Vec<(String, Answers)>>,
    refused: Mutex<Vec<(String, Answers)>>,
    longest: Mutex<Duration>,
    /// Who was refused comes back when this is over.
    is_down: AtomicBool,
}

impl Sent {
    /// Somebody fills in the form and sends it.
    fn send_one(&self, intake: &Intake) {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let (token, answers) = (intake.token(), Answers::number(number));
        let started = Instant::now();
        let answer = intake.post("/", &answers.sent(&token, "submit"));
        let took = started.elapsed();
        self.note_time(took);
        let list = match answer.status {
            303 => &self.accepted,
            503 => {
                assert_every_word_kept(&answer, &answers);
                let shown = value_of(&answer.body, "token");
                assert_eq!(shown.as_ref(), Some(&token), "to be sent again");
                &self.refused
            }
            other => panic!("{other}: {}", answer.body),
        };
        list.lock().expect("a list").push((token, answers));
        if answer.status == 503 {
            eventually("better times", || {
                (!self.is_down.load(Ordering::Relaxed)).then_some(())
            });
        }
    }

    fn note_time(&self, took: Duration) {
        let mut longest = self.longest.lock().expect("a time");
        *longest = took.max(*longest);
    }

    /// People send forms all the time while `trouble` is made.
    fn meanwhile(&self, intake: &Intake, trouble: impl FnOnce()) {
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        self.send_one(intake);
                    }
                });
            }
            let _over = SetAtEnd(&is_over);
            trouble();
        });
    }

    fn more_accepted(&self, more: usize) {
        let count = || self.accepted.lock().expect("a list").len();
        let before = count();
        eventually("more accepted", || (count() >= before + more).then_some(()));
    }

    fn refusals(&self) -> usize {
        self.refused.lock().expect("a list").len()
    }

    /// After the trouble: the service is well by itself, what was refused is taken when it is sent
    /// again, and all of it is there, whole and once.
    #[track_caller]
    fn assert_all_is_well(self, intake: &Intake, limit: Duration) {
        let started = Instant::now();
        eventually("the service ready", || {
            (intake.watched("/readyz").status == 200).then_some(())
        });
        let ready = started.elapsed();
        let accepted = self.accepted.into_inner().expect("a list");
        let refused = self.refused.into_inner().expect("a list");
        let there: BTreeSet<String> = intake.ids().into_iter().collect();
        for (token, _) in &accepted {
            assert!(there.contains(id_of(token)), "{token} is lost");
        }
        let saved = refused
            .iter()
            .filter(|(token, _)| there.contains(id_of(token)));
        let longest = self.longest.into_inner().expect("a time");
        println!(
            "{} accepted; {} refused, {} of these after they were committed; longest answer \
             {longest:?}; ready after {ready:?}",
            accepted.len(),
            refused.len(),
            saved.count(),
        );
        assert!(longest < limit, "somebody waited for {longest:?}");
        assert!(!refused.is_empty(), "no trouble was seen");
        for (token, answers) in &refused {
            let again = intake.post("/", &answers.sent(token, "submit"));
            assert_eq!(again.status, 303, "{}", again.body);
        }
        let all = accepted.len() + refused.len();
        assert_eq!(intake.ids().len(), all);
        for (token, answers) in accepted.iter().chain(&refused) {
            assert!(is_whole(intake, token, answers), "{token} is lost");
        }
        assert_eq!(intake.queued(".md").len(), all);
        intake.letters(2 * all);
    }
}

/// A service on a server of its own, to which harm may be done.
fn on_its_own() -> (Postgres, String, Intake) {
    let server = Postgres::start();
    let database = server.database();
    let intake = Intake::start_with(&[("INTAKE__DATA", &database)]);
    (server, database, intake)
}

#[test]
fn a_server_that_crashes_and_is_away_for_a_while_loses_nothing_that_was_answered_with_yes() {
    let (server, _, intake) = on_its_own();
    let sent = Sent::default();
    sent.meanwhile(&intake, || {
        for round in 0..4 {
            sent.more_accepted(12);
            sent.is_down.store(true, Ordering::Relaxed);
            server.down();
            // Each of the four who send.
            let refused = 4 * (round + 1);
            eventually("refusals", || (sent.refusals() >= refused).then_some(()));
            assert_eq!(intake.watched("/readyz").status, 503);
            let page = intake.get("/");
            assert_eq!(page.status, 200, "the form is there all the same");
            server.up();
            sent.is_down.store(false, Ordering::Relaxed);
        }
        sent.more_accepted(12);
    });
    sent.assert_all_is_well(&intake, Duration::from_secs(15));
}

#[test]
fn a_server_that_hangs_and_goes_on_keeps_nobody_waiting_for_long() {
    let (server, _, intake) = on_its_own();
    let sent = Sent::default();
    sent.meanwhile(&intake, || {
        sent.more_accepted(12);
        server.signal_all("-STOP");
        eventually("refusals", || (sent.refusals() >= 4).then_some(()));
        assert_eq!(intake.watched("/readyz").status, 503);
        server.signal_all("-CONT");
        sent.more_accepted(12);
    });
    // Ten seconds for a connection at most, and as many for a statement.
    sent.assert_all_is_well(&intake, Duration::from_secs(30));
}

#[test]
fn connections_that_are_cut_in_the_midst_of_transactions_cost_nobody_a_word() {
    let (server, database, intake) = on_its_own();
    let sent = Sent::default();
    let mut cut = 0;
    sent.meanwhile(&intake, || {
        // Many a cut meets no transaction, so it is done until enough have met one.
        eventually("connections cut in transactions", || {
            sent.more_accepted(1);
            cut += server.cut_all(&database);
            (sent.refusals() >= 10).then_some(())
        });
        sent.more_accepted(12);
    });
    println!("{cut} connections cut");
    sent.assert_all_is_well(&intake, Duration::from_secs(15));
}
