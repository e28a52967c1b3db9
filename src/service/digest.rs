//! The daily mail of the editors who want that in the place of one about each thing.

use jiff::{SignedDuration, Timestamp, civil::Date};

use super::{Service, ServiceError};
use crate::{
    mail::{DigestLine, DigestPart, DigestWords},
    store::{Filter, Sort, Summary},
    submission::{Editor, Mailing, Stage, Submission},
};

/// When it is written, on the blog's clock.
const HOUR: i8 = 8;
/// It tells of what happened up to so long ago: what was begun by then is in the store by now.
const SETTLED: SignedDuration = SignedDuration::from_mins(1);
/// Of each kind it tells so many at most.
const MOST: usize = 20;
/// What waits longest: so many.
const MOST_WAITING: usize = 5;
/// It tells of what happened in this time, and not of what lies further back.
const REACHES_BACK: SignedDuration = SignedDuration::from_hours(31 * 24);

impl Service {
    /// Writes the daily mail that is due. Killed at any moment, it has been kept as pending, once, or
    /// is written the next time.
    ///
    /// # Errors
    /// When the store cannot be read or written, or the mail not be rendered.
    pub fn write_digests(&self, now: Timestamp) -> Result<(), ServiceError> {
        let now = now.saturating_sub(SETTLED).unwrap_or(now);
        let mut editors: Vec<&Editor> = self.config.editors.iter().collect();
        editors.retain(|it| it.mail == Mailing::Digest && !self.left.has(&it.email));
        let known = self.store.digests()?;
        for digest in known.iter().filter(|digest| !digest.is_pending) {
            if !editors.iter().any(|editor| editor.email == digest.email) {
                self.store.end_digests(&digest.email)?;
            }
        }
        for editor in editors {
            let Some(digest) = known.iter().find(|digest| digest.email == editor.email) else {
                self.store.begin_digests(&editor.email, now)?;
                continue;
            };
            // One that was written while the clock was ahead is none.
            let is_due = digest.told < self.last_morning(now) || digest.told > now;
            if digest.is_pending || !is_due {
                continue;
            }
            let longest = now.saturating_sub(REACHES_BACK).unwrap_or(now);
            let words = self.digest_for(editor, digest.told.clamp(longest, now), now)?;
            let words = words.map(|words| self.outbox.digest(&words)).transpose()?;
            let words = words
                .as_ref()
                .map(|(subject, body)| (subject.as_str(), body.as_str()));
            self.store
                .keep_digest(&editor.email, digest.told, now, words)?;
        }
        Ok(())
    }

    fn last_morning(&self, now: Timestamp) -> Timestamp {
        let today = self.day_of(now);
        let morning = |day: Date| {
            let at = day.at(HOUR, 0, 0, 0).to_zoned_datetime(self.blog.zone());
            at.map_or(Timestamp::MIN, |at| at.timestamp())
        };
        match morning(today) {
            today if today <= now => today,
            _ => morning(today.yesterday().unwrap_or(today)),
        }
    }

    /// What there is to tell an editor; `None` where that is nothing.
    fn digest_for(
        &self,
        editor: &Editor,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Option<DigestWords>, ServiceError> {
        let today = self.day_of(now);
        let with_news = self.store.with_news(since, 2 * MOST)?;
        let title = |it: &Submission| self.forms.of(&it.form).title_of(it.answers()).to_owned();
        let news = with_news.iter().filter_map(|it| {
            let what = it.news_between(&editor.email, &self.config.editors, since, now);
            let what = what.join(", ");
            (!what.is_empty()).then(|| self.line(title(it), what, it.id))
        });
        let assigned = with_news.iter().filter_map(|it| {
            let is_new = it.is_assigned_between(&editor.email, since, now);
            let what = next_in_words(&it.next_action, it.due_on, today);
            is_new.then(|| self.line(title(it), what, it.id))
        });
        let due = Filter {
            assigned: Some(editor.email.clone()),
            due_before: today.tomorrow().ok(),
            sort: Sort::Due,
            ..Filter::default()
        };
        let due = self.listed(&due, MOST, |it| {
            next_in_words(&it.next_action, it.due_on, today)
        })?;
        let problems = Filter {
            has_problem: true,
            ..Filter::default()
        };
        let problems = self.listed(&problems, MOST, |it| self.problems_of(it))?;
        let waiting = Filter {
            stage: Some(Stage::Received),
            ..Filter::default()
        };
        let waiting = self.listed(&waiting, MOST_WAITING, |it| {
            match self.late_by(it.stage, it.since, now) {
                Some(late) => format!("late, waiting {late}"),
                None => self
                    .day_of(it.since)
                    .strftime("waiting since %-d %B")
                    .to_string(),
            }
        })?;
        let aside = self.store.come_to(Stage::Quarantined, since)?;
        let mut told = DigestWords {
            aside: aside.map_or(0, |(count, _)| count),
            ..DigestWords::default()
        };
        let mut short = Vec::new();
        let parts = [
            ("What’s new", "new", news.collect()),
            ("Assigned to you", "for you", assigned.collect()),
            ("Due today or overdue, with you", "due", due),
            ("What needs fixing", "to fix", problems),
        ];
        for (heading, word, lines) in parts {
            let lines: Vec<DigestLine> = lines;
            if !lines.is_empty() {
                short.push(match lines.len() {
                    count @ ..=MOST => format!("{count} {word}"),
                    _ => format!("more than {MOST} {word}"),
                });
                told.parts.push(part(heading, lines, MOST));
            }
        }
        if told.aside > 0 {
            short.push(format!("{} held back", told.aside));
        }
        told.in_short = short.join(", ");
        if told.in_short.is_empty() {
            return Ok(None);
        }
        if !waiting.is_empty() {
            told.parts
                .push(part("Waiting longest", waiting, MOST_WAITING));
        }
        Ok(Some(told))
    }

    /// One more of a list than are shown, so that it is known whether there are more.
    fn listed(
        &self,
        filter: &Filter,
        most: usize,
        what: impl Fn(&Summary) -> String,
    ) -> Result<Vec<DigestLine>, ServiceError> {
        let page = self.store.queue(filter, None, most + 1)?;
        let shown = page.summaries.iter().filter(|it| !it.held_back);
        Ok(shown
            .map(|it| self.line(it.title.clone(), what(it), it.id))
            .collect())
    }

    fn line(&self, title: String, what: String, id: uuid::Uuid) -> DigestLine {
        let url = format!("{}/desk/{id}", self.public_url);
        DigestLine { title, what, url }
    }

    fn problems_of(&self, summary: &Summary) -> String {
        let mut problems = Vec::new();
        match summary.mail_failed {
            0 => {}
            1 => problems.push("an email couldn’t be sent".to_owned()),
            many => problems.push(format!("{many} emails couldn’t be sent")),
        }
        if summary.publish_error {
            problems.push("it couldn’t be published".to_owned());
        }
        if let Some(asked) = summary.take_down_asked {
            let by = self.config.reply_within.after(self.day_of(asked));
            let by = by.strftime("take-down asked for, answer by %-d %B");
            problems.push(by.to_string());
        }
        if summary.addendum {
            problems.push("the campaigner wrote what happened next".to_owned());
        }
        if let Some(state) = summary.sign_off.filter(|it| it.needs_editor()) {
            problems.push(state.in_words().to_owned());
        }
        problems.join("; ")
    }
}

fn part(heading: &str, mut lines: Vec<DigestLine>, most: usize) -> DigestPart {
    let is_cut = lines.len() > most;
    lines.truncate(most);
    DigestPart {
        heading: heading.to_owned(),
        lines,
        is_cut,
    }
}

/// What is next and by when: `Check the facts, by 3 December`.
fn next_in_words(action: &str, due_on: Option<Date>, today: Date) -> String {
    let due = due_on.map(|day| {
        let how = if day < today { "overdue since" } else { "by" };
        let year = if day.year() == today.year() {
            ""
        } else {
            " %Y"
        };
        day.strftime(&format!("{how} %-d %B{year}")).to_string()
    });
    let due = due.unwrap_or_default();
    match (action, due.as_str()) {
        ("", "") => "no next action yet".to_owned(),
        ("", _) => due,
        (_, "") => action.to_owned(),
        _ => format!("{action}, {due}"),
    }
}
