//! How the mail server has been lately: whether to leave it alone for a while, and how fast to send.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// How long a server that failed is left alone at first; twice as long after each further failure.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(5);
/// The longest: so late after its end an outage is noticed.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(5);
/// How often trouble with it is told again in the log.
const TOLD_AGAIN: Duration = Duration::from_secs(60);
/// How much mail may go at once before it is paced.
const AT_ONCE: u32 = 20;

/// A circuit breaker and a pace.
pub(super) struct Server {
    /// How often it failed since it last took a message.
    failures: u32,
    left_alone_until: Option<Timestamp>,
    /// Attempts that failed since that was told last, and when that was.
    untold: u32,
    told: Option<Instant>,
    interval: Duration,
    /// Until when the pace is used up by what was sent. It may lie some messages ahead, which go at
    /// once where the server was idle.
    used_until: Option<Instant>,
    /// When the lease was taken or renewed, while we have it.
    pub(super) renewed: Option<Instant>,
}

impl Server {
    pub(super) fn new(per_minute: std::num::NonZeroU32) -> Self {
        Self {
            failures: 0,
            left_alone_until: None,
            untold: 0,
            told: None,
            interval: Duration::from_secs(60) / per_minute.get(),
            used_until: None,
            renewed: None,
        }
    }

    /// Until when it is to be left alone, if it is.
    pub(super) fn left_alone_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.left_alone_until.filter(|until| *until > now)
    }

    /// It could not be reached, or took no mail at all.
    pub(super) fn failed(&mut self, now: Timestamp) {
        let factor = 2_i32.saturating_pow(self.failures.min(20));
        let pause = FIRST_PAUSE.checked_mul(factor).unwrap_or(LONGEST_PAUSE);
        self.failures = self.failures.saturating_add(1);
        self.left_alone_until = now.saturating_add(pause.min(LONGEST_PAUSE)).ok();
    }

    /// An attempt failed: how many have since that was told last, where it is time to tell it again.
    pub(super) fn is_to_be_told(&mut self, now: Instant) -> Option<u32> {
        self.untold = self.untold.saturating_add(1);
        let is_early = self
            .told
            .is_some_and(|told| now.duration_since(told) < TOLD_AGAIN);
        if is_early {
            return None;
        }
        self.told = Some(now);
        Some(std::mem::take(&mut self.untold))
    }

    /// It has answered. `true` when it had failed before, so that others wait for this.
    pub(super) fn answered(&mut self) -> bool {
        self.left_alone_until = None;
        if self.failures > 0 {
            self.told = None;
        }
        std::mem::take(&mut self.failures) > 0
    }

    /// How long to wait before the next message, so that there are not too many in a minute.
    pub(super) fn pace(&mut self, now: Instant) -> Duration {
        let used_until = self.used_until.map_or(now, |until| until.max(now));
        self.used_until = Some(used_until + self.interval);
        used_until.saturating_duration_since(now + self.interval * AT_ONCE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_fails_is_left_alone_longer_each_time_and_believed_once_it_answers() {
        let mut server = Server::new(std::num::NonZeroU32::MIN);
        let mut now = Timestamp::from_second(1_800_000_000).unwrap();
        let mut pauses = Vec::new();
        for _ in 0..9 {
            assert_eq!(server.left_alone_until(now), None);
            server.failed(now);
            let until = server.left_alone_until(now).unwrap();
            pauses.push(until.duration_since(now).as_secs());
            now = until;
        }
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 300, 300, 300]);
        assert!(server.answered(), "others have waited for that");
        assert_eq!(server.left_alone_until(now), None);
        assert!(!server.answered());
    }

    #[test]
    fn no_more_is_sent_in_a_minute_than_the_server_allows() {
        let mut server = Server::new(60.try_into().unwrap());
        let start = Instant::now();
        let waits: Vec<u64> = (0..AT_ONCE + 3)
            .map(|_| server.pace(start).as_secs())
            .collect();
        assert!(
            waits[..AT_ONCE as usize].iter().all(|wait| *wait == 0),
            "{waits:?}"
        );
        assert_eq!(waits[AT_ONCE as usize..], [0, 1, 2]);
        let later = start + Duration::from_secs(3600);
        assert_eq!(server.pace(later), Duration::ZERO);
    }
}
