//! What a version without a database has left in the folder: a file for each record, and beside
//! the folder the secret and the sessions.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use uuid::Uuid;

use super::{SECRET, Store, StoreError, fact, insert, likeness, set_fact};
use crate::{
    durable,
    submission::{RecordError, Submission},
};

/// Among the facts: that nothing of such a version is left.
const TAKEN_OVER: &str = "taken over";

impl Store {
    /// Takes over the records that lie in the folder as files, and removes the files once they are
    /// in the store and on disk. A record that cannot be read is named and left.
    pub(super) fn take_over(&self) -> Result<(), StoreError> {
        if self.engine.read(|sql| fact(sql, TAKEN_OVER))?.is_some() {
            return Ok(());
        }
        durable::sweep(&self.folder).map_err(StoreError::at(&self.folder))?;
        let key = durable::beside(&self.folder, "key");
        match fs::read_to_string(&key) {
            Ok(secret) => {
                let secret = secret.trim();
                self.engine.write(|sql| set_fact(sql, SECRET, secret))?;
                remove(&key)?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(StoreError::at(&key)(error)),
        }
        let files = self.record_files()?;
        let count = files.len();
        let mut taken = Vec::new();
        // In the order of their ids, which is that in which they came in.
        for (id, file) in files {
            match read_file(id, &file) {
                Ok(submission) => {
                    self.insert_as_it_is(&submission)?;
                    taken.push(file);
                }
                Err(error) => tracing::error!(%error, "a record cannot be read and stays a file"),
            }
        }
        for file in &taken {
            remove(file)?;
        }
        for ending in ["sessions", "sessions.lock", "sending"] {
            remove(&durable::beside(&self.folder, ending))?;
        }
        if !taken.is_empty() {
            let count = taken.len();
            tracing::info!(count, "records of an earlier version taken into the store");
        }
        if taken.len() == count {
            self.engine.write(|sql| set_fact(sql, TAKEN_OVER, "yes"))?;
        }
        Ok(())
    }

    /// Puts a record into the store with its draft as it stands, unless there is one with its id.
    pub(super) fn insert_as_it_is(&self, submission: &Submission) -> Result<bool, StoreError> {
        let prepared = self.prepare(submission)?;
        let names = likeness::names(&self.forms, submission);
        self.engine
            .write(|sql| Ok(insert(sql, &prepared, &names)?.is_some()))
    }

    /// Records that lie in the folder as files: those that could not be taken over.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn left_over_records(&self) -> Result<Vec<StoreError>, StoreError> {
        let files = self.record_files()?.into_iter();
        Ok(files
            .filter_map(|(id, file)| read_file(id, &file).err())
            .collect())
    }

    fn record_files(&self) -> Result<Vec<(Uuid, PathBuf)>, StoreError> {
        let entries = fs::read_dir(&self.folder).map_err(StoreError::at(&self.folder))?;
        let mut files = Vec::new();
        for entry in entries {
            let path = entry.map_err(StoreError::at(&self.folder))?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            let stem = name.and_then(|name| name.strip_suffix(".json"));
            if let Some(id) = stem.and_then(|stem| stem.parse().ok()) {
                files.push((id, path));
            }
        }
        files.sort_unstable();
        Ok(files)
    }
}

fn read_file(id: Uuid, file: &Path) -> Result<Submission, StoreError> {
    let text = fs::read(file).map_err(StoreError::at(file))?;
    let unreadable = |reason| StoreError::Unreadable {
        what: file.display().to_string(),
        reason,
    };
    let submission = Submission::read(&text).map_err(unreadable)?;
    if submission.id != id {
        let reason = RecordError::Broken("its id is not that of the file's name".to_owned());
        return Err(unreadable(reason));
    }
    Ok(submission)
}

fn remove(file: &Path) -> Result<(), StoreError> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::at(file)(error)),
        _ => Ok(()),
    }
}
