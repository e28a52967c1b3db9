//! How long something may wait, on the blog's clock.

use jiff::{Timestamp, civil::Date};

use super::Service;
use crate::submission::Stage;

impl Service {
    /// The day of this moment, where the blog is.
    pub fn day_of(&self, at: Timestamp) -> Date {
        at.to_zoned_datetime(self.blog.zone()).date()
    }

    /// What waits for an editor since before this moment waits longer than `reply_within`.
    pub fn late_since(&self, now: Timestamp) -> Timestamp {
        let last = self.config.reply_within.before(self.day_of(now));
        let end = last.tomorrow().unwrap_or(last);
        let end = end.at(0, 0, 0, 0).to_zoned_datetime(self.blog.zone());
        end.map_or(Timestamp::MIN, |end| end.timestamp())
    }

    /// How long something has waited that has stood in this stage since then, where that is longer than
    /// `reply_within`: `12 working days`.
    pub fn late_by(&self, stage: Stage, since: Timestamp, now: Timestamp) -> Option<String> {
        let is_late = stage == Stage::Received && since < self.late_since(now);
        let days = &self.config.reply_within;
        is_late.then(|| {
            days.passed(self.day_of(since), self.day_of(now))
                .to_string()
        })
    }
}
