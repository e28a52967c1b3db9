//! The durable files: `<id>.json`, the record, and `<id>.md`, the draft derived from it.
//!
//! The order of a write, under an exclusive lock of the folder: both files are written aside and
//! synced; the record is renamed to its name, which is the commit; the folder is synced; then the
//! draft follows, and the folder is synced again. So a crash leaves at most files named `.tmp-…`
//! and a draft older than its record, and [`sweep`] mends both. No draft is ever there without
//! its record having been committed.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;
use uuid::Uuid;

use super::QueueError;
use crate::{
    durable,
    submission::{RecordError, Submission},
};

const DRAFT_MODE: u32 = 0o644;

/// What the sweep at start found to do.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Files half written that were removed.
    pub leftovers: usize,
    /// Drafts written anew from their records.
    pub drafts: usize,
}

/// Tells one state of a record's file from another without reading it: every write makes a new
/// file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    inode: u64,
    size: u64,
    changed: (i64, i64),
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> QueueError {
    let path = path.to_owned();
    move |source| QueueError::Disk {
        path,
        cause: source,
    }
}

fn record_path(folder: &Path, id: Uuid) -> PathBuf {
    folder.join(format!("{id}.json"))
}

fn draft_path(folder: &Path, id: Uuid) -> PathBuf {
    folder.join(format!("{id}.md"))
}

/// Makes the folder, and sees to it that its own entry is on disk.
pub(super) fn make_folder(folder: &Path) -> Result<(), QueueError> {
    fs::create_dir_all(folder).map_err(at(folder))?;
    sync_folder(durable::folder_of(folder))
}

/// The right to change what is in the folder, among all threads and processes; it ends when the
/// answer is dropped, or its process dies.
pub(super) fn lock(folder: &Path) -> Result<File, QueueError> {
    let handle = File::open(folder).map_err(at(folder))?;
    handle.lock().map_err(at(folder))?;
    Ok(handle)
}

pub(super) fn right_to_send(folder: &Path) -> Result<Option<File>, QueueError> {
    let path = durable::beside(folder, "sending");
    let handle = durable::lock_file(&path).map_err(at(&path))?;
    match handle.try_lock() {
        Ok(()) => Ok(Some(handle)),
        Err(fs::TryLockError::WouldBlock) => Ok(None),
        Err(fs::TryLockError::Error(error)) => Err(at(&path)(error)),
    }
}

pub(super) fn sync_folder(folder: &Path) -> Result<(), QueueError> {
    durable::sync_folder(folder).map_err(at(folder))
}

pub(super) fn try_to_write(folder: &Path) -> Result<(), QueueError> {
    let mut probe = tempfile::tempfile_in(folder).map_err(at(folder))?;
    probe.write_all(b"a line\n").map_err(at(folder))
}

fn write_aside(folder: &Path, text: &[u8], mode: u32) -> Result<NamedTempFile, QueueError> {
    durable::write_aside(folder, text, mode).map_err(at(folder))
}

/// Commits the record and brings its draft up to date. The caller holds the lock.
pub(super) fn write(folder: &Path, submission: &Submission) -> Result<(), QueueError> {
    let record_path = record_path(folder, submission.id);
    let draft_path = draft_path(folder, submission.id);
    let text = submission.write().map_err(|error| QueueError::Disk {
        path: record_path.clone(),
        cause: error.into(),
    })?;
    let draft_changed = fs::read(&draft_path).ok().as_deref() != Some(submission.draft.as_bytes());
    let record = write_aside(folder, &text, durable::PRIVATE)?;
    let draft = draft_changed
        .then(|| write_aside(folder, submission.draft.as_bytes(), DRAFT_MODE))
        .transpose()?;
    record
        .persist(&record_path)
        .map_err(|error| at(&record_path)(error.error))?;
    sync_folder(folder)?;
    if let Some(draft) = draft {
        // The change is committed, so a draft that does not follow is no failure of it: the next
        // start writes it.
        let followed = draft
            .persist(&draft_path)
            .map_err(|error| at(&draft_path)(error.error))
            .and_then(|_| sync_folder(folder));
        if let Err(error) = followed {
            tracing::error!(%error, "the record is safe, its draft could not be written");
        }
    }
    Ok(())
}

/// The record with this id.
pub(super) fn read(folder: &Path, id: Uuid) -> Result<Option<Submission>, QueueError> {
    let path = record_path(folder, id);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(at(&path)(error)),
    };
    let unreadable = |reason| QueueError::Unreadable {
        path: path.clone(),
        reason,
    };
    let submission = Submission::read(&text).map_err(unreadable)?;
    if submission.id != id {
        let reason = RecordError::Broken("its id is not that of the file's name".to_owned());
        return Err(unreadable(reason));
    }
    Ok(Some(submission))
}

fn id_of(name: &OsStr, ending: &str) -> Option<Uuid> {
    let stem = name.to_str()?.strip_suffix(ending)?;
    let id: Uuid = stem.parse().ok()?;
    (id.to_string() == stem).then_some(id)
}

fn entries(folder: &Path) -> Result<Vec<fs::DirEntry>, QueueError> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.collect::<Result<_, _>>().map_err(at(folder)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(at(folder)(error)),
    }
}

/// Ids and stamps of all records.
pub(super) fn records(folder: &Path) -> Result<Vec<(Uuid, Stamp)>, QueueError> {
    Ok(entries(folder)?
        .into_iter()
        .filter_map(|entry| {
            let id = id_of(&entry.file_name(), ".json")?;
            let seen = entry.metadata().ok()?;
            let stamp = Stamp {
                inode: seen.ino(),
                size: seen.size(),
                changed: (seen.ctime(), seen.ctime_nsec()),
            };
            Some((id, stamp))
        })
        .collect())
}

pub(super) fn drafts_without_record(folder: &Path) -> Result<Vec<PathBuf>, QueueError> {
    Ok(entries(folder)?
        .into_iter()
        .filter(|entry| {
            id_of(&entry.file_name(), ".md").is_some_and(|id| !record_path(folder, id).exists())
        })
        .map(|entry| entry.path())
        .collect())
}

/// Removes what was written aside and never renamed, and writes every draft anew that is missing
/// or not its record's. The caller holds the lock. A record that cannot be read is left alone.
pub(super) fn sweep(folder: &Path) -> Result<Swept, QueueError> {
    let mut swept = Swept {
        leftovers: durable::sweep(folder).map_err(at(folder))?,
        drafts: 0,
    };
    for entry in entries(folder)? {
        let name = entry.file_name();
        let Some(id) = id_of(&name, ".json") else {
            continue;
        };
        let Ok(Some(submission)) = read(folder, id) else {
            continue;
        };
        match mend_draft(folder, &submission) {
            Ok(mended) => swept.drafts += usize::from(mended),
            // The record is safe; a full disk must not keep the service from starting.
            Err(error) => tracing::error!(%error, "a draft could not be written anew"),
        }
    }
    if swept.leftovers > 0 {
        sync_folder(folder)?;
    }
    Ok(swept)
}

/// Writes the draft anew if it is not the record's; tells whether it had to. The caller holds the
/// lock.
pub(super) fn mend_draft(folder: &Path, submission: &Submission) -> Result<bool, QueueError> {
    let path = draft_path(folder, submission.id);
    if fs::read(&path).ok().as_deref() == Some(submission.draft.as_bytes()) {
        return Ok(false);
    }
    write_aside(folder, submission.draft.as_bytes(), DRAFT_MODE)?
        .persist(&path)
        .map_err(|error| at(&path)(error.error))?;
    sync_folder(folder)?;
    Ok(true)
}
