//! What other programs are to be told of submissions, kept until it is delivered.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Store, StoreError, Summary, sql::Row, sql::Sql};

/// Whether no other of the same submission waits before it.
const FIRST: &str = "NOT EXISTS (SELECT 1 FROM notice b
    WHERE b.submission = n.submission AND b.number < n.number AND b.due IS NOT NULL)";

/// Something to tell another program; nothing private.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    number: i64,
    /// The same with every attempt.
    pub id: String,
    /// `received` or `stage_changed`.
    pub event: String,
    /// The submission's id.
    pub submission: String,
    /// The name of its form.
    pub form: String,
    /// The name of the stage that it came to.
    pub stage: String,
    /// Empty where it looks like spam.
    pub title: String,
    /// When that happened.
    pub at: Timestamp,
    /// Since when it is attempted.
    pub since: Timestamp,
    /// How often delivering it failed.
    pub attempts: u32,
}

impl Notice {
    /// The event that a submission came in.
    pub const RECEIVED: &str = "received";
    /// The event that it came to another stage.
    pub const STAGE_CHANGED: &str = "stage_changed";
}

/// Notes that this submission came in, or came to another stage.
pub(super) fn note(
    sql: &mut dyn Sql,
    event: &str,
    summary: &Summary,
    at: Timestamp,
) -> Result<(), StoreError> {
    let statement = "INSERT INTO notice (id, event, submission, form, stage, title, at, since, due)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $7)";
    let title = match summary.held_back {
        true => "",
        false => &summary.title,
    };
    let (id, submission) = (Uuid::now_v7().to_string(), summary.id.to_string());
    let values = [
        (&id).into(),
        event.into(),
        (&submission).into(),
        (&summary.form).into(),
        summary.stage.name().into(),
        title.into(),
        at.as_millisecond().into(),
    ];
    sql.run(statement, &values).map(drop)
}

impl Store {
    /// The same store, which keeps with each change what other programs are to be told of it.
    pub fn that_notes_changes(self, notes_changes: bool) -> Self {
        Self {
            notes_changes,
            ..self
        }
    }

    /// Notices that are due, in the order in which it all happened. One of a submission waits for
    /// those before it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn due_notices(&self, now: Timestamp, most: u32) -> Result<Vec<Notice>, StoreError> {
        let statement = format!(
            "SELECT number, id, event, submission, form, stage, title, at, since, attempts
             FROM notice n WHERE due <= $1 AND {FIRST} ORDER BY number LIMIT $2"
        );
        let values = [now.as_millisecond().into(), i64::from(most).into()];
        let rows = self.engine.read(|sql| sql.rows(&statement, &values))?;
        rows.iter().map(notice).collect()
    }

    /// When the next is due.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn next_notice(&self) -> Result<Option<Timestamp>, StoreError> {
        let statement = format!(
            "SELECT due FROM notice n WHERE due IS NOT NULL AND {FIRST} ORDER BY due LIMIT 1"
        );
        let row = self.engine.read(|sql| sql.row(&statement, &[]))?;
        row.map(|row| Timestamp::from_millisecond(row.int(0)?).map_err(StoreError::database))
            .transpose()
    }

    /// Records that it was delivered.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub fn notice_delivered(&self, notice: &Notice) -> Result<(), StoreError> {
        let statement = "DELETE FROM notice WHERE number = $1";
        self.engine
            .write(|sql| sql.run(statement, &[notice.number.into()]))
            .map(drop)
    }

    /// Records that delivering it failed, and when it is attempted next: never, without `next`.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub fn notice_failed(
        &self,
        notice: &Notice,
        error: &str,
        next: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let statement = "UPDATE notice SET attempts = attempts + 1, error = $2, due = $3
            WHERE number = $1";
        let next = next.map(Timestamp::as_millisecond);
        let values = [notice.number.into(), error.into(), next.into()];
        self.engine
            .write(|sql| sql.run(statement, &values))
            .map(drop)
    }

    /// No notice is attempted before this moment: nobody answers there.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub fn put_notices_off(&self, until: Timestamp) -> Result<(), StoreError> {
        let statement = "UPDATE notice SET due = $1 WHERE due < $1";
        let values = [until.as_millisecond().into()];
        self.engine
            .write(|sql| sql.run(statement, &values))
            .map(drop)
    }

    /// How many notices were given up, and why the last was.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn given_up_notices(&self) -> Result<Option<(i64, String)>, StoreError> {
        let count = "SELECT COUNT(*) FROM notice WHERE due IS NULL";
        let last = "SELECT error FROM notice WHERE due IS NULL ORDER BY number DESC LIMIT 1";
        self.engine.read(|sql| {
            let count = sql.row(count, &[])?.map_or(Ok(0), |row| row.int(0))?;
            let last = sql.row(last, &[])?;
            last.map(|last| Ok((count, last.text(0)?.to_owned())))
                .transpose()
        })
    }

    /// Notices that were given up are due again.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub fn notices_again(&self, now: Timestamp) -> Result<(), StoreError> {
        let statement = "UPDATE notice SET due = $1, since = $1, attempts = 0 WHERE due IS NULL";
        let now = [now.as_millisecond().into()];
        self.engine.write(|sql| sql.run(statement, &now)).map(drop)
    }
}

fn notice(row: &Row) -> Result<Notice, StoreError> {
    let text = |column| row.text(column).map(str::to_owned);
    let time = |column| Timestamp::from_millisecond(row.int(column)?).map_err(StoreError::database);
    Ok(Notice {
        number: row.int(0)?,
        id: text(1)?,
        event: text(2)?,
        submission: text(3)?,
        form: text(4)?,
        stage: text(5)?,
        title: text(6)?,
        at: time(7)?,
        since: time(8)?,
        attempts: u32::try_from(row.int(9)?).unwrap_or(u32::MAX),
    })
}
