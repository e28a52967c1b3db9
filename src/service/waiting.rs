//! How long something may wait, on the blog's clock.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

use super::{Service, ServiceError};
use crate::{
    submission::{Action, Actor, Command, Context, MailChoice, Stage, Submission},
    text::day_in_words,
};

/// Reminders go from this time of the day on, before daily mail is written.
const MORNING: SignedDuration = SignedDuration::from_hours(7);
/// What should have been reminded of longer ago than this is left to the queue, which marks it: the
/// service did not run, or was told to remind of nothing.
const MISSED: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How many are reminded of at once.
const AT_ONCE: usize = 100;

impl Service {
    /// The day of this moment, where the blog is.
    pub fn day_of(&self, at: Timestamp) -> Date {
        at.to_zoned_datetime(self.blog.zone()).date()
    }

    /// The same in words.
    pub fn day_in_words(&self, at: Timestamp) -> String {
        day_in_words(self.day_of(at))
    }

    /// The day by which an editor is to answer what was asked at this moment, in words.
    pub fn answer_by(&self, asked: Timestamp) -> String {
        day_in_words(self.config.reply_within.after(self.day_of(asked)))
    }

    /// What waits for an editor since before this moment waits longer than `reply_within`.
    pub fn late_since(&self, now: Timestamp) -> Timestamp {
        let last = self.config.reply_within.before(self.day_of(now));
        end_of(last, self.blog.zone())
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

    /// The day on which the campaigner is reminded of the changes that are waited for, where that is still
    /// to be done.
    pub fn reminder_day(&self, submission: &Submission, now: Timestamp) -> Option<Date> {
        let days = self.config.remind_after.as_ref()?;
        let since = submission.unreminded_since();
        let since = since.filter(|_| submission.stage == Stage::ChangesRequested)?;
        Some(days.after(utc(since))).filter(|day| *day >= utc(now))
    }

    /// Reminds editors of what waits longer than `reply_within`, and campaigners of changes that are
    /// waited for longer than `remind_after`; some of each, where there are many.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn remind(&self, now: Timestamp) -> Result<(), ServiceError> {
        let earlier = now.saturating_sub(MORNING).unwrap_or(now);
        let late = self.late_since(earlier);
        self.remind_of(Stage::Received, Action::RemindEditors, late, now)?;
        if let Some(days) = &self.config.remind_after {
            let tomorrow = utc(earlier).tomorrow().unwrap_or(Date::MAX);
            let until = end_of(days.before(tomorrow), TimeZone::UTC);
            let (stage, action) = (Stage::ChangesRequested, Action::RemindCampaigner);
            self.remind_of(stage, action, until, now)?;
        }
        Ok(())
    }

    /// Reminds of what has stood in this stage since before `until`.
    fn remind_of(
        &self,
        stage: Stage,
        action: Action,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<(), ServiceError> {
        let from = until.saturating_sub(MISSED).unwrap_or(until);
        for id in self.store.unreminded(stage, from, until, AT_ONCE)? {
            let reminded = self.store.update(id, |submission| {
                let definition = self.forms.of(&submission.form);
                let context = Context {
                    definition: &definition,
                    editors: &self.config.editors,
                    now,
                };
                let late = self.late_by(submission.stage, submission.in_stage_since(), now);
                let note = late.map(|late| format!("It’s been waiting for {late}."));
                let command = Command::with_note(action, note.unwrap_or_default());
                submission.act(Actor::System, command, MailChoice::AsItIs, &context)
            });
            match reminded {
                Ok(Some(Ok(()))) => {}
                Ok(_) => self.store.reminds_nobody(id)?,
                Err(error) if error.is_of_one_record() => {
                    tracing::error!(%error, submission = %id, "nobody is reminded of it");
                    self.store.reminds_nobody(id)?;
                }
                Err(other) => return Err(other.into()),
            }
        }
        Ok(())
    }
}

fn utc(at: Timestamp) -> Date {
    at.to_zoned_datetime(TimeZone::UTC).date()
}

/// When this day ends.
fn end_of(day: Date, zone: TimeZone) -> Timestamp {
    let next = day.tomorrow().unwrap_or(day).at(0, 0, 0, 0);
    let next = next.to_zoned_datetime(zone);
    next.map_or(Timestamp::MIN, |next| next.timestamp())
}
