//! Whether the machine's clock can be believed. What cannot be undone (erasing after `retention`,
//! giving mail up, dropping what has expired) waits until it can.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};

use super::{Store, StoreError, fact, set_fact};

/// Among the facts: when it was last looked at and believed.
const CLOCK: &str = "clock";
/// How far a clock may run apart from how much time has passed, between two looks.
const DRIFT: SignedDuration = SignedDuration::from_mins(5);
/// How long a service may have stood still so that its clock is believed at once; and how far a clock
/// may lie behind.
const STOOD_STILL: SignedDuration = SignedDuration::from_hours(24);
const BEHIND: SignedDuration = SignedDuration::from_mins(10);
/// For how long a clock that was doubted has to go right until it is believed.
const PROVED: Duration = Duration::from_secs(24 * 3600);

/// What this process knows of the clock.
#[derive(Debug, Default)]
pub(super) struct Clock(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// The last look: what the clock said, and when that was as time passes.
    last: Option<(Timestamp, Instant)>,
    /// Since when it is doubted, and what the store held as the last that was believed.
    doubted: Option<(Instant, Option<Timestamp>)>,
}

impl Known {
    /// Judges what the clock says, knowing what was believed last. `true` where that is believed.
    fn look(&mut self, believed: Option<Timestamp>, now: Timestamp, passed: Instant) -> bool {
        let has_jumped = self.last.is_some_and(|(then, since)| {
            let real = SignedDuration::try_from(passed.duration_since(since));
            let told = now.duration_since(then);
            real.is_ok_and(|real| (told - real).abs() > DRIFT)
        });
        self.last = Some((now, passed));
        let is_strange = believed.is_some_and(|believed| {
            let apart = now.duration_since(believed);
            apart > STOOD_STILL || apart < -BEHIND
        });
        if !is_strange && !has_jumped {
            self.doubted = None;
            return true;
        }
        match self.doubted {
            // Whoever believes another time meanwhile is another instance, whose clock is right.
            Some((since, then)) if !has_jumped && then == believed => {
                let is_proved = passed.duration_since(since) >= PROVED;
                if is_proved {
                    self.doubted = None;
                }
                is_proved
            }
            _ => {
                self.doubted = Some((passed, believed));
                false
            }
        }
    }
}

impl Clock {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// Looks whether the clock can be believed, given what it says and how much time has really
    /// passed, and notes it when it can. To be called every minute or so.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn look_at_clock(&self, now: Timestamp, passed: Instant) -> Result<bool, StoreError> {
        let believed = self.believed()?;
        let is_believed = self.clock.known().look(believed, now, passed);
        if is_believed {
            self.engine
                .write(|sql| set_fact(sql, CLOCK, &now.to_string()))?;
        }
        Ok(is_believed)
    }

    /// Whether the clock was believed when it was last looked at. Not before the first look.
    pub fn believes_clock(&self) -> bool {
        let known = self.clock.known();
        known.last.is_some() && known.doubted.is_none()
    }

    /// How far the clock is from when it was believed last, where that is more than it should be; behind
    /// is less than nothing. For a look from outside, as `intake check` takes it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn clock_is_off_by(&self, now: Timestamp) -> Result<Option<SignedDuration>, StoreError> {
        let apart = self.believed()?;
        let apart = apart.map(|believed| now.duration_since(believed));
        Ok(apart.filter(|apart| *apart > STOOD_STILL || *apart < -BEHIND))
    }

    /// What the clock said when it was believed last; before it ever was, when the newest submission
    /// came in.
    fn believed(&self) -> Result<Option<Timestamp>, StoreError> {
        match self.engine.read(|sql| fact(sql, CLOCK))? {
            Some(text) => Ok(text.parse().ok()),
            None => self.newest(),
        }
    }

    /// When the newest submission came in.
    fn newest(&self) -> Result<Option<Timestamp>, StoreError> {
        let statement = "SELECT since FROM submission ORDER BY seq DESC LIMIT 1";
        let row = self.engine.read(|sql| sql.row(statement, &[]))?;
        row.map(|row| Timestamp::from_millisecond(row.int(0)?).map_err(StoreError::database))
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + hours * 3600).unwrap()
    }

    #[test]
    fn a_clock_far_ahead_is_believed_only_after_it_has_gone_right_for_a_day() {
        let begun = Instant::now();
        let passed = |hours: u64| begun + Duration::from_secs(hours * 3600);
        let mut known = Known::default();
        assert!(known.look(None, at(0), passed(0)), "a new store");
        assert!(known.look(Some(at(0)), at(1), passed(1)));
        let mut ahead = Known::default();
        let year = 400 * 24;
        for hours in 0..24 {
            let now = at(year + i64::try_from(hours).unwrap());
            assert!(!ahead.look(Some(at(0)), now, passed(hours)), "{hours}");
        }
        assert!(ahead.look(Some(at(0)), at(year + 24), passed(24)));
        let mut back = Known::default();
        assert!(!back.look(Some(at(48)), at(0), passed(0)));
    }

    #[test]
    fn a_jump_while_it_runs_is_noticed_and_so_is_another_instance_that_is_right() {
        let begun = Instant::now();
        let passed = |minutes: u64| begun + Duration::from_secs(minutes * 60);
        let later = |minutes: i64| {
            at(0)
                .saturating_add(SignedDuration::from_mins(minutes))
                .unwrap()
        };
        let mut known = Known::default();
        assert!(known.look(Some(later(0)), later(0), passed(0)));
        assert!(
            !known.look(Some(later(0)), later(20), passed(1)),
            "twenty minutes in one"
        );
        assert!(
            known.look(Some(later(0)), later(21), passed(2)),
            "it goes on from there"
        );
        let mut ahead = Known::default();
        let days = 3 * 24 * 60;
        for minutes in 0..3000_u32 {
            let told = later(days + i64::from(minutes));
            let right = later(i64::from(minutes));
            assert!(
                !ahead.look(Some(right), told, passed(u64::from(minutes))),
                "{minutes}"
            );
        }
    }
}
