//! The row of a submission: its record, and the columns that are made from it and written with it.

use std::{collections::BTreeSet, sync::LazyLock};

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Store, StoreError, Summary,
    jobs::{self, Note, to_do},
    likeness,
    sql::{Row, Sql, Value},
    summary, tally,
};
use crate::submission::Submission;

/// The columns that are made from a submission, besides `id`.
const COLUMNS: [&str; 19] = [
    "record",
    "form",
    "stage",
    "is_end",
    "since",
    "contact",
    "address",
    "to_publish",
    "mail_due",
    "mail_failed",
    "summary",
    "assigned",
    "problem",
    "post_date",
    "language",
    "due_on",
    "news",
    "unreminded",
    "timed",
];

/// A record and all that is made from it.
pub(super) struct Prepared {
    id: String,
    record: String,
    contact: Option<String>,
    mail_due: Option<Timestamp>,
    news: Option<Timestamp>,
    unreminded: Option<Timestamp>,
    /// When time alone brings something.
    due: Option<Timestamp>,
    pub(super) summary: Summary,
    json: String,
    /// What it is noted for.
    pub(super) standing: Vec<&'static str>,
}

impl Prepared {
    /// Calls `then` with what the columns hold, in their order.
    fn with_columns<T>(&self, then: impl FnOnce([Value; COLUMNS.len()]) -> T) -> T {
        let summary = &self.summary;
        let address = summary.holds_address().then(|| summary.address());
        then([
            (&self.record).into(),
            (&summary.form).into(),
            summary.stage.name().into(),
            summary.stage.is_end().into(),
            summary.since.as_millisecond().into(),
            self.contact.as_ref().into(),
            address.as_ref().into(),
            summary.to_publish.into(),
            self.mail_due.map(Timestamp::as_millisecond).into(),
            (summary.mail_failed as i64).into(),
            (&self.json).into(),
            summary.assigned.as_ref().into(),
            summary.has_problem().into(),
            summary.post_date().into(),
            summary.language.as_ref().into(),
            summary.due_number().into(),
            self.news.map(Timestamp::as_millisecond).into(),
            self.unreminded.map(Timestamp::as_millisecond).into(),
            self.due.map(Timestamp::as_millisecond).into(),
        ])
    }
}

impl Store {
    pub(super) fn prepare(&self, submission: &Submission) -> Result<Prepared, StoreError> {
        let (summary, json) = self.summary_of(submission)?;
        let record = submission.write().map_err(StoreError::database)?;
        Ok(Prepared {
            id: submission.id.to_string(),
            record: String::from_utf8(record).map_err(StoreError::database)?,
            contact: submission
                .contact
                .as_ref()
                .map(|contact| summary::address_hash(&contact.email)),
            mail_due: submission.mail.iter().filter_map(|mail| mail.due()).min(),
            news: submission.news_at(),
            unreminded: submission.unreminded_since(),
            due: submission.due(),
            json,
            summary,
            standing: jobs::standing(submission),
        })
    }

    /// What lists show of it, and how the row has that.
    pub(super) fn summary_of(
        &self,
        submission: &Submission,
    ) -> Result<(Summary, String), StoreError> {
        let summary = Summary::of(submission, &self.forms);
        let json = serde_json::to_string(&summary).map_err(StoreError::database)?;
        Ok((summary, json))
    }
}

/// Writes the row, the names by which those are found that are like it, and the notes for jobs. `None`
/// where there is one with this id already; else the note for the job of the drafts.
pub(super) fn insert(
    sql: &mut dyn Sql,
    new: &Prepared,
    names: &BTreeSet<i64>,
) -> Result<Option<Note>, StoreError> {
    static STATEMENT: LazyLock<String> = LazyLock::new(|| {
        let places: Vec<String> = (2..)
            .take(COLUMNS.len())
            .map(|at| format!("${at}"))
            .collect();
        format!(
            "INSERT INTO submission (id, {}) VALUES ($1, {})
             ON CONFLICT (id) DO NOTHING RETURNING seq",
            COLUMNS.join(", "),
            places.join(", ")
        )
    });
    let row = new.with_columns(|columns| {
        let id = [(&new.id).into()];
        sql.row(&STATEMENT, &[id.as_slice(), &columns].concat())
    })?;
    let Some(row) = row else {
        return Ok(None);
    };
    let seq = row.int(0)?;
    let note = to_do(sql, jobs::DRAFTS, seq)?;
    to_do(sql, jobs::SEARCH, seq)?;
    likeness::write(sql, seq, names)?;
    jobs::stand(sql, seq, &[], &new.standing)?;
    tally(sql, new.summary.tallies())?;
    Ok(Some(note))
}

/// A submission that is to be changed, and how its row has it.
pub(super) struct Stored {
    pub(super) submission: Submission,
    pub(super) seq: i64,
    row: Row,
}

/// The submission with this id, which nobody else changes before this transaction ends.
pub(super) fn read_to_change(sql: &mut dyn Sql, id: Uuid) -> Result<Option<Stored>, StoreError> {
    static STATEMENT: LazyLock<String> = LazyLock::new(|| {
        let columns = COLUMNS.join(", ");
        format!("SELECT {columns}, seq FROM submission WHERE id = $1")
    });
    let statement = format!("{}{}", *STATEMENT, sql.dialect().for_update());
    let Some(row) = sql.row(&statement, &[(&id.to_string()).into()])? else {
        return Ok(None);
    };
    Ok(Some(Stored {
        submission: parse(id, &row, 0)?,
        seq: row.int(COLUMNS.len())?,
        row,
    }))
}

/// Writes what has changed. Of the other columns not even an index is touched, and there are more
/// than twenty.
pub(super) fn update(
    sql: &mut dyn Sql,
    old: &Stored,
    summary: &Summary,
    new: &Prepared,
) -> Result<(), StoreError> {
    let changed = new.with_columns(|columns| {
        let (mut set, mut values) = (Vec::new(), vec![old.seq.into()]);
        for (at, (name, value)) in COLUMNS.iter().zip(columns).enumerate() {
            if !old.row.has(at, value) {
                values.push(value);
                set.push(format!("{name} = ${}", values.len()));
            }
        }
        if set.is_empty() {
            return Ok(1);
        }
        let statement = format!("UPDATE submission SET {} WHERE seq = $1", set.join(", "));
        sql.run(&statement, &values)
    })?;
    if changed == 0 {
        return Err(StoreError::database("the row is gone"));
    }
    tally(sql, new.summary.tallies_after(summary))
}

/// The submission with this id; `more` stands at the end of the statement.
pub(super) fn read(
    sql: &mut dyn Sql,
    id: Uuid,
    more: &str,
) -> Result<Option<Submission>, StoreError> {
    let statement = format!("SELECT record FROM submission WHERE id = $1{more}");
    let row = sql.row(&statement, &[(&id.to_string()).into()])?;
    row.map(|row| parse(id, &row, 0)).transpose()
}

pub(super) fn parse(id: Uuid, row: &Row, column: usize) -> Result<Submission, StoreError> {
    Submission::read(row.text(column)?.as_bytes())
        .map_err(|reason| StoreError::unreadable(&id.to_string(), reason))
}
