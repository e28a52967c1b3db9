//! What lists, jobs and sums need to know of a submission, so that they need not read its record.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    form::{Forms, built_in},
    submission::{Actor, SignOffState, Stage, Submission},
    text::hex,
};

/// What lists show of a submission; nothing private.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Summary {
    /// That of the record.
    pub format: u32,
    pub id: Uuid,
    /// The name of its form.
    pub form: String,
    pub stage: Stage,
    pub received: Timestamp,
    pub title: String,
    /// What the form's file wants to be shown below the title.
    pub by: String,
    /// Grows with every action.
    pub version: u64,
    /// Since when it stands in its stage.
    pub since: Timestamp,
    /// Who acted last.
    pub last_actor: Actor,
    /// The last part of the post's address, and its date where one is set.
    pub slug: String,
    pub date: Option<Date>,
    /// Where people read it, while it is on the blog.
    pub permalink: Option<String>,
    /// Whether it waits to be published, and may be.
    pub to_publish: bool,
    /// How it stands with the campaigner's agreement, where nothing may be published without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_off: Option<SignOffState>,
    /// Whether it is asked of the blog: on its way, or to be published on a day.
    #[serde(default)]
    pub ordered: bool,
    /// Whether the last attempt to publish it failed.
    pub publish_error: bool,
    /// When the campaigner asked to have it taken off the blog, where that waits for an editor.
    #[serde(default)]
    pub take_down_asked: Option<Timestamp>,
    /// Whether an update by the campaigner waits for an editor.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub addendum: bool,
    /// The address of the editor who looks after it.
    #[serde(default)]
    pub assigned: Option<String>,
    /// The tag of the language that it is written in, where its form asks for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What is to be done next, and the day by which.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub next_action: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_on: Option<Date>,
    /// Whether name, address and notes have been erased.
    pub erased: bool,
    /// Whether it looks like spam, or was declined as such.
    #[serde(default)]
    pub held_back: bool,
    /// Whether it may be a duplicate, and nobody has decided about it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_duplicate: bool,
    /// Whether another one is kept instead of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_merged: bool,
    /// How much of its mail was given up.
    pub mail_failed: usize,
    /// How much of its mail is still to be sent.
    pub mail_pending: usize,
}

impl Summary {
    /// The summary of this submission.
    pub fn of(submission: &Submission, forms: &Forms) -> Self {
        let definition = forms.of(&submission.form);
        let answers = submission.answers();
        let sign_off = submission.sign_off_state(&definition);
        Self {
            format: submission.format,
            id: submission.id,
            form: submission.form.clone(),
            stage: submission.stage,
            received: submission.received(),
            title: definition.title_of(answers).to_owned(),
            by: definition.by_of(answers),
            version: submission.version,
            since: submission.in_stage_since(),
            last_actor: submission
                .history
                .iter()
                .rfind(|event| !event.is_reminder())
                .map_or(Actor::System, |event| event.by.clone()),
            slug: answers.text(built_in::SLUG).to_owned(),
            date: submission.date(&definition),
            permalink: submission
                .publication
                .as_ref()
                .map(|publication| publication.permalink.clone()),
            to_publish: submission.is_to_publish() && !sign_off.holds_back(),
            sign_off: Some(sign_off).filter(|state| state.holds_back()),
            ordered: submission.order.is_some(),
            publish_error: submission.publish_error.is_some(),
            take_down_asked: submission
                .take_downs_asked()
                .first()
                .map(|waiting| waiting.asked.at),
            addendum: submission.stage == Stage::Published && submission.addendum().is_some(),
            assigned: submission.assigned.clone(),
            language: Some(definition.language_of(answers)).filter(|tag| !tag.is_empty()),
            next_action: submission.next_action.clone(),
            due_on: submission.due_on,
            erased: submission.contact.is_none(),
            held_back: submission.is_held_back(),
            is_duplicate: submission.duplicates.open().next().is_some()
                && !submission.stage.is_end(),
            is_merged: submission.merged_into().is_some(),
            mail_failed: submission.mail_failed(),
            mail_pending: submission
                .mail
                .iter()
                .filter(|mail| mail.due().is_some())
                .count(),
        }
    }

    /// Whether an editor has to see to it, whatever its stage.
    pub(super) fn has_problem(&self) -> bool {
        self.mail_failed > 0
            || self.publish_error
            || self.addendum
            || self.take_down_asked.is_some()
            || self.sign_off.is_some_and(SignOffState::needs_editor)
    }

    /// The day of its post, counted from 1970-01-01. Where it has none, a number below all days that
    /// grows with the time at which it came in: many with one and the same number would have to be
    /// gone through one by one.
    pub(super) fn post_date(&self) -> i64 {
        const BEFORE_ALL_DAYS: i64 = 10_000_000_000;
        let without = self.received.as_second() - BEFORE_ALL_DAYS;
        self.date.map_or(without, days)
    }

    /// The day by which what is next is to be done, counted from 1970-01-01; where there is none, a
    /// number beyond all days that grows as the one of [`Summary::post_date`] does.
    pub(super) fn due_number(&self) -> i64 {
        const BEYOND_ALL_DAYS: i64 = 10_000_000_000;
        let without = BEYOND_ALL_DAYS + self.received.as_second();
        self.due_on.map_or(without, days)
    }

    /// Form, date and slug, which together are the post's address.
    pub(super) fn address(&self) -> String {
        let date = self.date.map(|date| date.to_string()).unwrap_or_default();
        format!("{}/{date}/{}", self.form, self.slug)
    }

    /// Whether no other post should have its address.
    pub(super) fn holds_address(&self) -> bool {
        !matches!(self.stage, Stage::Declined | Stage::Withdrawn)
    }

    /// What this submission adds to each sum.
    pub(super) fn tallies(&self) -> BTreeMap<String, i64> {
        let mut tallies = BTreeMap::new();
        let mut add = |name: String, amount: usize| {
            if amount > 0 {
                tallies.insert(name, amount as i64);
            }
        };
        add(format!("{STAGE}{}", self.stage.name()), 1);
        add(format!("{CAME_IN}{}", week(self.received)), 1);
        if let Some(tag) = &self.language {
            add(format!("{LANGUAGE}{tag}"), 1);
        }
        if self.stage.is_end() || self.stage == Stage::Approved {
            add(format!("{WENT_OUT}{}", week(self.since)), 1);
        }
        add(MAIL_PENDING.to_owned(), self.mail_pending);
        add(MAIL_FAILED.to_owned(), self.mail_failed);
        add(PUBLISH_ERROR.to_owned(), usize::from(self.publish_error));
        tallies
    }

    /// What changes in the sums where it was this before.
    pub(super) fn tallies_after(&self, old: &Self) -> BTreeMap<String, i64> {
        let mut changes = self.tallies();
        for (name, amount) in old.tallies() {
            *changes.entry(name).or_default() -= amount;
        }
        changes
    }
}

const STAGE: &str = "stage/";
const LANGUAGE: &str = "language/";
const CAME_IN: &str = "came in/";
const WENT_OUT: &str = "went out/";
const MAIL_PENDING: &str = "mail pending";
const MAIL_FAILED: &str = "mail failed";
const PUBLISH_ERROR: &str = "publish error";

/// The week of this moment, counted from the one of 1970-01-01; a week begins on Monday, UTC.
fn week(at: Timestamp) -> i64 {
    const TO_MONDAY: i64 = 3;
    let date = at.to_zoned_datetime(TimeZone::UTC).date();
    (days(date) + TO_MONDAY).div_euclid(7)
}

/// How many days after 1970-01-01.
pub(super) fn days(date: Date) -> i64 {
    let epoch = Date::constant(1970, 1, 1);
    let span = epoch.until(date);
    span.map_or(0, |span| i64::from(span.get_days()))
}

/// Sums over all submissions.
#[derive(Debug, Clone, Default)]
pub struct Counts(pub(super) BTreeMap<String, i64>);

impl Counts {
    fn get(&self, name: &str) -> usize {
        let amount = self.0.get(name).copied().unwrap_or_default();
        usize::try_from(amount).unwrap_or_default()
    }

    /// How many stand in this stage.
    pub fn in_stage(&self, stage: Stage) -> usize {
        self.get(&format!("{STAGE}{}", stage.name()))
    }

    /// The tags of the languages that submissions are written in.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        let those = self.0.iter().filter(|(_, amount)| **amount > 0);
        those.filter_map(|(name, _)| name.strip_prefix(LANGUAGE))
    }

    /// How many there are.
    pub fn all(&self) -> usize {
        let stages = self.0.iter().filter(|(name, _)| name.starts_with(STAGE));
        let amount: i64 = stages.map(|(_, amount)| amount).sum();
        usize::try_from(amount).unwrap_or_default()
    }

    /// How many came in, and how many were approved or came to an end, in each of the last
    /// `weeks` weeks; this week is the last.
    pub fn by_week(&self, weeks: usize, now: Timestamp) -> Vec<(usize, usize)> {
        let last = week(now);
        (0..weeks as i64)
            .rev()
            .map(|ago| {
                let week = last - ago;
                (
                    self.get(&format!("{CAME_IN}{week}")),
                    self.get(&format!("{WENT_OUT}{week}")),
                )
            })
            .collect()
    }

    /// How much mail is still to be sent.
    pub fn mail_pending(&self) -> usize {
        self.get(MAIL_PENDING)
    }

    /// How much mail was given up.
    pub fn mail_failed(&self) -> usize {
        self.get(MAIL_FAILED)
    }

    /// How many could not be published when that was last attempted.
    pub fn publish_errors(&self) -> usize {
        self.get(PUBLISH_ERROR)
    }
}

/// What the store knows a mail address by: SHA-256 of its small letters.
pub fn address_hash(email: &str) -> String {
    hex(&Sha256::digest(email.trim().to_lowercase().as_bytes()))
}
