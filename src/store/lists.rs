//! The queue in pages, and single questions that indexes answer.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Counts, Cursor, Sort, Store, StoreError, Summary,
    order::Listing,
    sql::{Row, Value},
};
use crate::submission::{FORMAT, RecordError, Stage, Submission};

/// What of the queue is asked for, and in which order.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only what stands in this stage.
    pub stage: Option<Stage>,
    /// Only what was sent with this form.
    pub form: Option<String>,
    /// Only what the editor with this address looks after.
    pub assigned: Option<String>,
    /// Only what is written in the language with this tag.
    pub language: Option<String>,
    /// Only what an editor has to see to: mail or publishing failed, or a take-down was asked for.
    pub has_problem: bool,
    /// Only what is to be done before this day.
    pub due_before: Option<Date>,
    /// Only what waits for an editor since before this moment.
    pub late_since: Option<Timestamp>,
    #[allow(missing_docs, reason = "the names say it")]
    pub sort: Sort,
}

impl Filter {
    /// Whether what no word of the search index tells is as it is asked for.
    pub(super) fn fits(&self, summary: &Summary) -> bool {
        let is_theirs = |editor| summary.assigned.as_ref() == Some(editor);
        let is_in = |tag| summary.language.as_ref() == Some(tag);
        let is_due = |day| summary.due_on.is_some_and(|due| due < day);
        let is_late = |at| summary.stage == Stage::Received && summary.since < at;
        self.assigned.as_ref().is_none_or(is_theirs)
            && self.language.as_ref().is_none_or(is_in)
            && (!self.has_problem || summary.has_problem())
            && self.due_before.is_none_or(is_due)
            && self.late_since.is_none_or(is_late)
    }
}

/// A page of the queue.
#[derive(Debug, Default)]
pub struct Page {
    /// In the order asked for.
    pub summaries: Vec<Summary>,
    /// Those that this version cannot read; each names its submission.
    pub unreadable: Vec<StoreError>,
    /// What follows it, where something does.
    pub next: Option<Cursor>,
}

impl Store {
    /// A page of the queue.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn queue(
        &self,
        filter: &Filter,
        after: Option<Cursor>,
        most: usize,
    ) -> Result<Page, StoreError> {
        let listing = Listing::of(filter);
        let (rows, next) = self.engine.read(|sql| listing.rows(sql, after, most))?;
        let mut page = Page {
            next,
            ..Page::default()
        };
        for row in &rows {
            match summary(row, Listing::PLACES) {
                Ok(summary) => page.summaries.push(summary),
                Err(error) if error.is_of_one_record() => page.unreadable.push(error),
                Err(other) => return Err(other),
            }
        }
        Ok(page)
    }

    /// Calls `each` with every summary, newest first; with an error for one that cannot be read.
    /// Goes through all.
    ///
    /// # Errors
    /// When the store cannot be read, or the first error of `each`.
    pub fn each_summary<E: From<StoreError>>(
        &self,
        filter: &Filter,
        mut each: impl FnMut(Result<Summary, StoreError>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.each_row("summary", filter, |row| each(summary(row, 1)))
    }

    /// Calls `each` with every submission, newest first; with an error for a record that cannot be
    /// read. Goes through all.
    ///
    /// # Errors
    /// When the store cannot be read, or the first error of `each`.
    pub fn each_submission<E: From<StoreError>>(
        &self,
        filter: &Filter,
        mut each: impl FnMut(Result<Submission, StoreError>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.each_row("record", filter, |row| {
            let id = row.text(1)?.parse().map_err(StoreError::database)?;
            each(super::parse(id, row, 2))
        })
    }

    fn each_row<E: From<StoreError>>(
        &self,
        column: &str,
        filter: &Filter,
        mut each: impl FnMut(&Row) -> Result<(), E>,
    ) -> Result<(), E> {
        const AT_ONCE: usize = 200;
        let mut before = i64::MAX;
        let newest_first = Filter {
            sort: Sort::Newest,
            ..filter.clone()
        };
        let listing = Listing::of(&newest_first);
        loop {
            let mut values: Vec<Value> = vec![before.into()];
            let (indexed, others) = listing.conditions_apart(&mut values);
            // An index in another order would have all that is left sorted for each page.
            let wanted = match others.is_empty() {
                true => column.to_owned(),
                false => format!("CASE WHEN {} THEN {column} END", others.join(" AND ")),
            };
            let indexed: String = indexed.iter().map(|it| format!(" AND {it}")).collect();
            let statement = format!(
                "SELECT seq, id, {wanted} FROM submission WHERE seq < $1{indexed}
                 ORDER BY seq DESC LIMIT {AT_ONCE}"
            );
            let rows = self.engine.read(|sql| sql.rows(&statement, &values))?;
            for row in &rows {
                let is_another = !others.is_empty() && matches!(row.maybe_text(2), Ok(None));
                if !is_another {
                    each(row)?;
                }
            }
            match rows.last() {
                Some(last) if rows.len() == AT_ONCE => before = last.int(0)?,
                _ => return Ok(()),
            }
        }
    }

    /// The sums over all submissions.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn counts(&self) -> Result<Counts, StoreError> {
        // A number, as PostgreSQL's sum of such has a type of its own.
        let statement = "SELECT name, CAST(SUM(amount) AS BIGINT) FROM tally GROUP BY name";
        let rows = self.engine.read(|sql| sql.rows(statement, &[]))?;
        let amounts = rows
            .iter()
            .map(|row| Ok((row.text(0)?.to_owned(), row.int(1)?)))
            .collect::<Result<BTreeMap<_, _>, StoreError>>()?;
        Ok(Counts(amounts))
    }

    /// So many of the submissions that came in last, the newest first, without what looks like spam.
    /// Under a flood of that they are fewer: only so many are looked at.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn newest_summaries(&self, most: usize) -> Result<Vec<Summary>, StoreError> {
        const LOOKED_AT: i64 = 1_000;
        let statement = "SELECT id, summary FROM submission ORDER BY seq DESC LIMIT $1";
        let rows = self
            .engine
            .read(|sql| sql.rows(statement, &[LOOKED_AT.into()]))?;
        let readable = rows.iter().filter_map(|row| summary(row, 0).ok());
        let shown = readable.filter(|summary| !summary.held_back);
        Ok(shown.take(most).collect())
    }

    /// The submission other than this one that has stood in this stage for the longest time.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn longest_in(&self, stage: Stage, but: Uuid) -> Result<Option<Uuid>, StoreError> {
        let filter = Filter {
            stage: Some(stage),
            ..Filter::default()
        };
        let page = self.queue(&filter, None, 2)?;
        let mut ids = page.summaries.iter().map(|summary| summary.id);
        Ok(ids.find(|id| *id != but))
    }

    /// Another submission whose post would have the same address as this one's.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn with_address_of(&self, submission: &Submission) -> Result<Option<Summary>, StoreError> {
        let address = Summary::of(submission, &self.forms).address();
        let statement =
            "SELECT id, summary FROM submission WHERE address = $1 AND id <> $2 LIMIT 1";
        let id = submission.id.to_string();
        let values = [(&address).into(), (&id).into()];
        let row = self.engine.read(|sql| sql.row(statement, &values))?;
        row.map(|row| summary(&row, 0)).transpose()
    }

    /// The submissions that were sent with the mail address of this hash and are not put aside,
    /// newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn sent_from(&self, contact: &str, most: usize) -> Result<Vec<Uuid>, StoreError> {
        let statement = "SELECT id FROM submission WHERE contact = $1 AND stage <> $2
            ORDER BY seq DESC LIMIT $3";
        let aside = Stage::Quarantined.name();
        self.ids(
            statement,
            &[contact.into(), aside.into(), (most as i64).into()],
        )
    }

    /// The submissions that wait to be published, in the order in which they came in.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn to_publish(&self) -> Result<Vec<Uuid>, StoreError> {
        self.ids(
            "SELECT id FROM submission WHERE to_publish = 1 ORDER BY seq",
            &[],
        )
    }

    /// Submissions that hold personal data and ended before this moment, some of them: what was sent
    /// with this form, or with all but those in `except`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn to_forget(
        &self,
        before: Timestamp,
        form: Option<&str>,
        except: &[&str],
        most: usize,
    ) -> Result<Vec<Uuid>, StoreError> {
        let mut statement = "SELECT id FROM submission
            WHERE is_end = 1 AND since < $1 AND contact IS NOT NULL"
            .to_owned();
        let mut values: Vec<Value> = vec![before.as_millisecond().into(), (most as i64).into()];
        let forms = form.iter().map(|form| ("=", *form));
        for (sign, form) in forms.chain(except.iter().map(|form| ("<>", *form))) {
            values.push(form.into());
            statement += &format!(" AND form {sign} ${}", values.len());
        }
        statement += " ORDER BY since LIMIT $2";
        self.ids(&statement, &values)
    }

    /// The submissions that have stood in this stage since some moment between these two, and of which
    /// nobody was reminded; some of them, the longest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn unreminded(
        &self,
        stage: Stage,
        from: Timestamp,
        until: Timestamp,
        most: usize,
    ) -> Result<Vec<Uuid>, StoreError> {
        let statement = "SELECT id FROM submission
            WHERE stage = $1 AND unreminded >= $2 AND unreminded < $3
            ORDER BY unreminded LIMIT $4";
        let values = [
            stage.name().into(),
            from.as_millisecond().into(),
            until.as_millisecond().into(),
            (most as i64).into(),
        ];
        self.ids(statement, &values)
    }

    /// Notes that there is nobody to remind of a submission, until it changes.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub fn reminds_nobody(&self, id: Uuid) -> Result<(), StoreError> {
        let statement = "UPDATE submission SET unreminded = NULL WHERE id = $1";
        let id = id.to_string();
        self.engine
            .write(|sql| sql.run(statement, &[(&id).into()]))
            .map(drop)
    }

    /// The submissions of whose mail some was given up, so many of them, the oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn with_failed_mail(&self, most: usize) -> Result<Vec<Summary>, StoreError> {
        let statement =
            "SELECT id, summary FROM submission WHERE mail_failed > 0 ORDER BY seq LIMIT $1";
        let most = [Value::Int(i64::try_from(most).unwrap_or(i64::MAX))];
        let rows = self.engine.read(|sql| sql.rows(statement, &most))?;
        rows.iter().map(|row| summary(row, 0)).collect()
    }

    fn ids(&self, statement: &str, values: &[Value]) -> Result<Vec<Uuid>, StoreError> {
        let rows = self.engine.read(|sql| sql.rows(statement, values))?;
        rows.iter()
            .map(|row| row.text(0)?.parse().map_err(StoreError::database))
            .collect()
    }
}

/// The summary of a row that has the id in this column and the summary in the next.
pub(super) fn summary(row: &Row, column: usize) -> Result<Summary, StoreError> {
    #[derive(Deserialize)]
    struct Head {
        format: u32,
    }
    let text = row.text(column + 1)?;
    let reason = match serde_json::from_str::<Head>(text) {
        Ok(head) if head.format > FORMAT => RecordError::Newer(head.format),
        _ => match serde_json::from_str(text) {
            Ok(summary) => return Ok(summary),
            Err(error) => RecordError::Broken(format!("its summary, at column {}", error.column())),
        },
    };
    Err(StoreError::unreadable(row.text(column)?, reason))
}
