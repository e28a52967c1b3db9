//! Faults made for real while people send forms: kills, disks, clocks, permissions, damaged files.
//! After each, what was accepted is there, whole and once, mail that was owed has gone, nothing is
//! there by half, and who was refused had every word back. Each kind prints a line of one table;
//! `INTAKE_KILLS=1000 tests/run faults --nocapture` shows it for very many kills.

mod clock;
mod disk;
mod kills;
mod permissions;
mod store;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use crate::{
    queue::{SetAtEnd, id_of, leftovers},
    support::{Answers, Intake, assert_every_word_kept, eventually, value_of},
};

/// How many people send at the same time.
const PEOPLE: usize = 4;

/// People who send forms all the time, and what they were told. Who was refused, or got no answer,
/// sends the same again.
#[derive(Default)]
struct Crowd {
    number: AtomicUsize,
    accepted: Mutex<Vec<(String, Answers)>>,
    again: Mutex<Vec<(String, Answers)>>,
    refusals: AtomicUsize,
    unanswered: AtomicUsize,
}

impl Crowd {
    /// Somebody sends a form; `None` where no whole answer came.
    fn send_one(&self, intake: &Intake) -> Option<()> {
        let waiting = self.again.lock().expect("a list").pop();
        let (token, answers) = match waiting {
            Some(waiting) => waiting,
            None => {
                let token = intake.try_token()?;
                let number = self.number.fetch_add(1, Ordering::Relaxed);
                (token, Answers::number(number))
            }
        };
        let Some(answer) = intake.try_post("/", &answers.sent(&token, "submit")) else {
            self.unanswered.fetch_add(1, Ordering::Relaxed);
            self.again.lock().expect("a list").push((token, answers));
            return None;
        };
        if answer.status == 303 {
            self.accepted.lock().expect("a list").push((token, answers));
        } else {
            self.refusals.fetch_add(1, Ordering::Relaxed);
            assert_every_word_kept(&answer, &answers);
            let shown = value_of(&answer.body, "token").expect("a token to send it again");
            // Only a form that was opened in another time gets a new one.
            assert!(answer.status == 422 || answer.status == 503 && shown == token);
            self.again.lock().expect("a list").push((shown, answers));
        }
        Some(())
    }

    /// They send while `trouble` is made, and as long as they are answered.
    fn meanwhile(&self, intake: &Intake, trouble: impl FnOnce()) {
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..PEOPLE {
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        if self.send_one(intake).is_none() {
                            break;
                        }
                    }
                });
            }
            let _over = SetAtEnd(&is_over);
            trouble();
        });
    }

    fn accepted(&self) -> usize {
        self.accepted.lock().expect("a list").len()
    }

    fn refusals(&self) -> usize {
        self.refusals.load(Ordering::Relaxed)
    }

    fn more_accepted(&self, more: usize) {
        let before = self.accepted();
        eventually("more accepted", || {
            (self.accepted() >= before + more).then_some(())
        });
    }

    fn more_refused(&self, more: usize) {
        let before = self.refusals();
        eventually("more refused", || {
            (self.refusals() >= before + more).then_some(())
        });
    }

    /// After the trouble: all that is still to be sent is taken, and all of it is as it should be.
    #[track_caller]
    fn sum_up(self, kind: &str, times: usize, intake: &Intake) {
        eventually("the service ready", || {
            (intake.watched("/readyz").status == 200).then_some(())
        });
        let told_yes = self.accepted();
        let known: BTreeSet<String> = intake.ids().into_iter().collect();
        let accepted = self.accepted.lock().expect("a list");
        let lost = accepted
            .iter()
            .filter(|(token, _)| !known.contains(id_of(token)));
        let lost = lost.count();
        drop(accepted);
        while !self.again.lock().expect("a list").is_empty() {
            self.send_one(intake).expect("an answer");
        }
        let accepted = self.accepted.into_inner().expect("a list");
        let sent: BTreeMap<&str, &Answers> = accepted
            .iter()
            .map(|(token, answers)| (id_of(token), answers))
            .collect();
        let ids = intake.ids();
        let mut captured = 0;
        while captured < 2 * ids.len() {
            captured = eventually("more captured letters", || {
                let now = intake.mailbox().len();
                (now > captured).then_some(now)
            });
        }
        eventually("the drafts mended", || {
            (intake.queued(".md").len() >= ids.len()).then_some(())
        });
        let captured = intake.mailbox();
        let mut titles = BTreeSet::new();
        let (mut half, mut owed) = (0, 0);
        for id in &ids {
            let record = eventually("the letters recorded", || {
                let text = intake.record_text(id);
                (!text.contains("\"pending\"")).then_some(text)
            });
            let record: serde_json::Value = serde_json::from_str(&record).expect("JSON");
            titles.insert(record["revisions"][0]["answers"]["title"].to_string());
            let draft = fs::read_to_string(intake.queue().join(format!("{id}.md")));
            let is_whole = sent.get(id.as_str()).is_some_and(|answers| {
                let own = record["draft"].as_str().unwrap_or_default();
                own.trim_end() == answers.draft()
                    && draft.is_ok_and(|draft| draft == own)
                    && record["contact"]["email"] == answers.contact_email
            });
            half += usize::from(!is_whole);
            let letters = captured.iter().filter(|name| name.contains(id.as_str()));
            owed += 2_usize.saturating_sub(letters.count());
        }
        let drafts = intake.queued(".md").len();
        half += drafts.abs_diff(ids.len()) + leftovers(intake).len();
        let twice = ids.len() - titles.len();
        line(
            kind,
            times,
            told_yes,
            &[
                ("not", self.refusals.into_inner()),
                ("unanswered", self.unanswered.into_inner()),
                ("lost", lost),
                ("twice", twice),
                ("half", half),
                ("mail owed", owed),
            ],
        );
        assert_eq!((lost, twice, half, owed), (0, 0, 0, 0), "{kind}");
        assert_eq!(ids.len(), sent.len());
        assert!(told_yes > 0, "nothing was ever accepted");
    }
}

/// A line of the table.
pub fn line(kind: &str, times: usize, accepted: usize, counts: &[(&str, usize)]) {
    let counts: String = counts
        .iter()
        .map(|(name, count)| format!(" | {count:4} {name}"))
        .collect();
    println!("fault | {kind:40} | {times:5} times | {accepted:6} accepted{counts}");
}
