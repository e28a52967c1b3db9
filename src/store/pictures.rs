//! Pictures, by the submission or the saved form that they belong to.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{Store, StoreError, sql::Sql};

/// How long one is kept that no answer names: its words may be about to be written.
const UNNAMED_FOR: SignedDuration = SignedDuration::from_hours(24);

impl Store {
    /// Keeps a picture, which is synced to disk then.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn add_picture(
        &self,
        owner: Uuid,
        file: &str,
        bytes: &[u8],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let owner = owner.to_string();
        let statement = "INSERT INTO picture (owner, file, added, bytes)
            VALUES ($1, $2, $3, $4) ON CONFLICT (owner, file) DO UPDATE SET added = $3";
        let values = [
            (&owner).into(),
            file.into(),
            now.as_millisecond().into(),
            bytes.into(),
        ];
        self.engine
            .write(|sql| sql.run(statement, &values))
            .map(drop)
    }

    /// The bytes of a picture.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn picture(&self, owner: Uuid, file: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let statement = "SELECT bytes FROM picture WHERE owner = $1 AND file = $2";
        let owner = owner.to_string();
        let row = (self.engine).read(|sql| sql.row(statement, &[(&owner).into(), file.into()]))?;
        row.map(|row| row.bytes(0)).transpose()
    }

    /// The names of all pictures of this owner.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn pictures(&self, owner: Uuid) -> Result<BTreeSet<String>, StoreError> {
        let statement = "SELECT file FROM picture WHERE owner = $1";
        let owner = owner.to_string();
        let rows = (self.engine).read(|sql| sql.rows(statement, &[(&owner).into()]))?;
        let name = |row: &super::Row| Ok(row.text(0)?.to_owned());
        rows.iter().map(name).collect()
    }
}

/// Drops the pictures of this owner that are in nobody's answers, after a while; with `all`, all.
pub(super) fn drop_unnamed(
    sql: &mut dyn Sql,
    owner: Uuid,
    named: &BTreeSet<&str>,
    now: Option<Timestamp>,
) -> Result<(), StoreError> {
    let owner = owner.to_string();
    let until = match now {
        Some(now) => now
            .saturating_sub(UNNAMED_FOR)
            .unwrap_or(now)
            .as_millisecond(),
        None => i64::MAX,
    };
    let statement = "SELECT file FROM picture WHERE owner = $1 AND added <= $2";
    for row in sql.rows(statement, &[(&owner).into(), until.into()])? {
        let file = row.text(0)?;
        if !named.contains(file) {
            let statement = "DELETE FROM picture WHERE owner = $1 AND file = $2";
            sql.run(statement, &[(&owner).into(), file.into()])?;
        }
    }
    Ok(())
}

/// A picture as it is kept.
pub(super) struct Kept {
    pub(super) owner: String,
    pub(super) file: String,
    pub(super) added: i64,
    pub(super) bytes: Vec<u8>,
}

/// The picture after the one with this owner and file, for a backup.
pub(super) fn after(
    sql: &mut dyn Sql,
    (owner, file): &(String, String),
) -> Result<Option<Kept>, StoreError> {
    let statement = "SELECT owner, file, added, bytes FROM picture
        WHERE owner > $1 OR owner = $1 AND file > $2 ORDER BY owner, file LIMIT 1";
    let row = sql.row(statement, &[owner.into(), file.into()])?;
    row.map(|row| {
        Ok(Kept {
            owner: row.text(0)?.to_owned(),
            file: row.text(1)?.to_owned(),
            added: row.int(2)?,
            bytes: row.bytes(3)?,
        })
    })
    .transpose()
}

/// Puts a picture into an empty store, as it was when it was backed up.
pub(super) fn restore(
    sql: &mut dyn Sql,
    owner: Uuid,
    file: &str,
    added: i64,
    bytes: &[u8],
) -> Result<(), StoreError> {
    let statement = "INSERT INTO picture (owner, file, added, bytes) VALUES ($1, $2, $3, $4)";
    let owner = owner.to_string();
    let values = [(&owner).into(), file.into(), added.into(), bytes.into()];
    sql.run(statement, &values).map(drop)
}
