//! The daily mail of editors: up to when the last one has told what happened, and what is pending.

use jiff::Timestamp;

use super::{Store, StoreError, parse, sql::Row};
use crate::submission::Submission;

/// How far the daily mail of an editor has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// The editor's address.
    pub email: String,
    /// Up to when the last one has told what happened.
    pub told: Timestamp,
    /// Whether one is pending.
    pub is_pending: bool,
}

/// A daily mail that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingDigest {
    /// The editor's address.
    pub email: String,
    /// Up to when it tells what happened; it has no other like it.
    pub told: Timestamp,
    #[allow(missing_docs, reason = "the names say it")]
    pub subject: String,
    #[allow(missing_docs, reason = "the names say it")]
    pub body: String,
    /// When it is to be attempted.
    pub due: Timestamp,
    /// How often it was attempted.
    pub attempts: u32,
}

impl Store {
    /// How far the daily mail of each editor has come who has had to do with it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn digests(&self) -> Result<Vec<Digest>, StoreError> {
        let statement = "SELECT email, told, COALESCE(mail_due, 0) FROM digest";
        let rows = self.engine.read(|sql| sql.rows(statement, &[]))?;
        let digest = |row: &Row| {
            Ok(Digest {
                email: row.text(0)?.to_owned(),
                told: time(row, 1)?,
                is_pending: row.int(2)? != 0,
            })
        };
        rows.iter().map(digest).collect()
    }

    /// From now on an editor gets daily mail.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub fn begin_digests(&self, email: &str, now: Timestamp) -> Result<(), StoreError> {
        let statement = "INSERT INTO digest (email, told) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        let values = [email.into(), now.as_millisecond().into()];
        self.engine
            .write(|sql| sql.run(statement, &values))
            .map(drop)
    }

    /// An editor gets no daily mail any more, but the one that is pending.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub fn end_digests(&self, email: &str) -> Result<(), StoreError> {
        let statement = "DELETE FROM digest WHERE email = $1 AND mail_due IS NULL";
        self.engine
            .write(|sql| sql.run(statement, &[email.into()]))
            .map(drop)
    }

    /// Keeps what an editor is told up to this moment, to be sent: subject and body, or nothing.
    /// `false` where another instance has done so since the last, `before`.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub fn keep_digest(
        &self,
        email: &str,
        before: Timestamp,
        now: Timestamp,
        words: Option<(&str, &str)>,
    ) -> Result<bool, StoreError> {
        let statement = "UPDATE digest SET told = $3, subject = $4, body = $5, mail_due = $6,
            attempts = 0 WHERE email = $1 AND told = $2 AND mail_due IS NULL";
        let (subject, body) = words.unwrap_or_default();
        let told = now.as_millisecond();
        let values = [
            email.into(),
            before.as_millisecond().into(),
            told.into(),
            subject.into(),
            body.into(),
            words.map(|_| told).into(),
        ];
        self.write(|sql| Ok(sql.run(statement, &values)? > 0))
    }

    /// The daily mail that is due first, whether by now or later.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn next_digest(&self) -> Result<Option<PendingDigest>, StoreError> {
        let statement = "SELECT email, told, subject, body, mail_due, attempts FROM digest
            WHERE mail_due IS NOT NULL ORDER BY mail_due LIMIT 1";
        let row = self.engine.read(|sql| sql.row(statement, &[]))?;
        let pending = |row: &Row| {
            Ok(PendingDigest {
                email: row.text(0)?.to_owned(),
                told: time(row, 1)?,
                subject: row.text(2)?.to_owned(),
                body: row.text(3)?.to_owned(),
                due: time(row, 4)?,
                attempts: u32::try_from(row.int(5)?).unwrap_or(u32::MAX),
            })
        };
        row.as_ref().map(pending).transpose()
    }

    /// Records that a daily mail was attempted, and when it is due again; `None` for never.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub fn digest_attempted(
        &self,
        pending: &PendingDigest,
        again: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let statement = match again {
            Some(_) => {
                "UPDATE digest SET attempts = attempts + 1, mail_due = $3
                WHERE email = $1 AND told = $2"
            }
            // Its words are kept no longer than needed.
            None => {
                "UPDATE digest SET subject = '', body = '', mail_due = $3
                WHERE email = $1 AND told = $2"
            }
        };
        let values = [
            (&pending.email).into(),
            pending.told.as_millisecond().into(),
            again.map(Timestamp::as_millisecond).into(),
        ];
        self.engine
            .write(|sql| sql.run(statement, &values))
            .map(drop)
    }

    /// The submissions to which something happened since then that editors are told of, the newest of
    /// it first, so many.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn with_news(&self, since: Timestamp, most: usize) -> Result<Vec<Submission>, StoreError> {
        let statement = "SELECT id, record FROM submission WHERE news > $1
            ORDER BY news DESC LIMIT $2";
        let values = [since.as_millisecond().into(), (most as i64).into()];
        let rows = self.engine.read(|sql| sql.rows(statement, &values))?;
        let mut found = Vec::new();
        for row in &rows {
            let id = row.text(0)?.parse().map_err(StoreError::database)?;
            // The queue tells of a record that this version cannot read.
            found.extend(parse(id, row, 1).ok());
        }
        Ok(found)
    }
}

fn time(row: &Row, at: usize) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(row.int(at)?).map_err(StoreError::database)
}
