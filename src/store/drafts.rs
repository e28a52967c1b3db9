//! The drafts: `<id>.md` beside the database, each byte for byte what would be published.
//!
//! A draft is written aside and renamed before anybody is told yes, so it is there whole or not
//! at all. Syncing is left to a job, for many at once; until then the store has it noted, so that
//! after a crash just those are looked at that may have suffered. The record stays the source of
//! truth: a draft that is missing or altered is written anew.

use std::{
    collections::HashMap,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::PoisonError,
};

use jiff::{SignedDuration, Timestamp};
use tempfile::NamedTempFile;
use uuid::Uuid;

use super::{
    Store, StoreError,
    jobs::{DRAFTS, Lease, Note, noted, strike_out},
    parse,
};
use crate::{durable, submission::Submission};

/// Only one of several instances writes the drafts. Where it dies, another does after this time.
const LEASE: Lease = Lease {
    name: "drafts",
    lasts: SignedDuration::from_secs(90),
};
/// How many drafts are seen to at once.
const AT_ONCE: i64 = 500;

/// Where a look through the drafts has come to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place(i64);

/// The notes about drafts that this process has written since the last sync.
pub(super) type Written = HashMap<i64, i64>;

/// Whether drafts are here and the database is not, or is a file without content: then it was lost,
/// and a new one in its place would hide that. Records as files are of the version that had no
/// database.
pub(super) fn have_lost_their_database(folder: &Path, database: &Path) -> io::Result<bool> {
    if fs::metadata(database).is_ok_and(|file| file.len() > 0) {
        return Ok(false);
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let id = path.file_stem().and_then(|stem| stem.to_str());
        let is_draft = path.extension().is_some_and(|ending| ending == "md")
            && id.is_some_and(|id| id.parse::<Uuid>().is_ok());
        if is_draft && !path.with_extension("json").exists() {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Store {
    /// Writes a draft aside, before its record is committed: where there is no space for both,
    /// neither is there.
    pub(super) fn write_draft_aside(&self, draft: &str) -> Result<NamedTempFile, StoreError> {
        let aside = self.aside();
        durable::write_aside_unsynced(&aside, draft.as_bytes(), durable::PRIVATE)
            .map_err(StoreError::at(&aside))
    }

    /// Gives the draft of a submission just committed its name. Where that fails the record is
    /// safe all the same, and the note keeps the job trying.
    pub(super) fn name_draft(&self, id: Uuid, draft: NamedTempFile, note: Note) {
        let path = self.draft_path(id);
        match draft.persist(&path) {
            Ok(_) => {
                let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
                written.insert(note.seq, note.mark);
            }
            Err(error) => {
                let path = path.display();
                tracing::error!(%path, %error, "the record is safe, its draft could not be written");
            }
        }
    }

    /// Where drafts are written before they get their names. It is a folder of its own, so that
    /// what a crash leaves is found without looking at every draft.
    pub(super) fn aside(&self) -> PathBuf {
        self.folder.join(".aside")
    }

    fn draft_path(&self, id: Uuid) -> PathBuf {
        self.folder.join(format!("{id}.md"))
    }

    /// Whether the draft is there as the record has it. Where another instance writes the drafts,
    /// that is its business.
    pub(super) fn has_draft(&self, submission: &Submission) -> bool {
        let is_there = |there: Vec<u8>| there == submission.draft.as_bytes();
        self.engine.is_shared() || fs::read(self.draft_path(submission.id)).is_ok_and(is_there)
    }

    /// Writes the draft anew if it is not the record's; answers whether it had to.
    fn mend_draft(&self, submission: &Submission) -> Result<bool, StoreError> {
        let there = fs::read(self.draft_path(submission.id)).ok();
        if there.as_deref() == Some(submission.draft.as_bytes()) {
            return Ok(false);
        }
        let draft = self.write_draft_aside(&submission.draft)?;
        let path = self.draft_path(submission.id);
        let named = draft.persist(&path).map_err(|error| error.error);
        named.map_err(StoreError::at(&path))?;
        Ok(true)
    }

    /// Whether a draft could be written just now.
    pub(super) fn try_to_write_drafts(&self) -> Result<(), StoreError> {
        let aside = self.aside();
        let mut probe = tempfile::tempfile_in(&aside).map_err(StoreError::at(&aside))?;
        let line = b"a line\n";
        probe.write_all(line).map_err(StoreError::at(&aside))
    }

    /// Whether this process writes the drafts. Of several instances one does.
    fn cares_for_drafts(&self, now: Timestamp) -> Result<bool, StoreError> {
        Ok(!self.engine.is_shared() || self.take(LEASE, now)?)
    }

    /// Lets another instance write the drafts.
    pub(super) fn leave_drafts(&self) -> Result<(), StoreError> {
        match self.engine.is_shared() {
            true => self.give_back(LEASE),
            false => Ok(()),
        }
    }

    /// Sees to it that the drafts that are noted are on disk, some at once. Answers whether there
    /// may be more; `None` when nothing was noted, or another
    /// instance does it.
    ///
    /// # Errors
    /// When the store cannot be read, or the disk not be written.
    pub fn secure_drafts(&self, now: Timestamp) -> Result<Option<bool>, StoreError> {
        let notes = self.engine.read(|sql| noted(sql, DRAFTS, AT_ONCE))?;
        if notes.is_empty() || !self.cares_for_drafts(now)? {
            return Ok(None);
        }
        let written = {
            let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *written)
        };
        for note in &notes {
            if written.get(&note.seq) == Some(&note.mark) {
                continue;
            }
            match self.by_seq(note.seq) {
                Ok(Some(submission)) => drop(self.mend_draft(&submission)?),
                Ok(None) => {}
                Err(error) if error.is_of_one_record() => {
                    tracing::error!(%error, "its draft is left as it is");
                }
                Err(other) => return Err(other),
            }
        }
        durable::sync_all_in(&self.folder).map_err(StoreError::at(&self.folder))?;
        self.engine.write(|sql| {
            for note in &notes {
                strike_out(sql, DRAFTS, *note)?;
            }
            Ok(())
        })?;
        Ok(Some(notes.len() as i64 == AT_ONCE))
    }

    /// Looks at the next drafts, in the order in which submissions came in, and writes those anew
    /// that are missing or altered. Answers with how many these were. After the last one it begins
    /// again with the first.
    ///
    /// # Errors
    /// When the store cannot be read, or the disk not be written.
    pub fn look_through_drafts(
        &self,
        place: &mut Place,
        most: usize,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        if !self.cares_for_drafts(now)? {
            return Ok(0);
        }
        let statement =
            "SELECT seq, id, record FROM submission WHERE seq > $1 ORDER BY seq LIMIT $2";
        let values = [place.0.into(), (most as i64).into()];
        let rows = self.engine.read(|sql| sql.rows(statement, &values))?;
        place.0 = match rows.last() {
            Some(last) if rows.len() == most => last.int(0)?,
            _ => 0,
        };
        let mut mended = 0;
        for row in &rows {
            let id = row.text(1)?.parse().map_err(StoreError::database)?;
            match parse(id, row, 2) {
                Ok(submission) => mended += usize::from(self.mend_draft(&submission)?),
                Err(error) => tracing::error!(%error, "its draft cannot be looked at"),
            }
        }
        Ok(mended)
    }

    fn by_seq(&self, seq: i64) -> Result<Option<Submission>, StoreError> {
        let statement = "SELECT id, record FROM submission WHERE seq = $1";
        let row = self.engine.read(|sql| sql.row(statement, &[seq.into()]))?;
        row.map(|row| {
            let id = row.text(0)?.parse().map_err(StoreError::database)?;
            parse(id, &row, 1)
        })
        .transpose()
    }
}
