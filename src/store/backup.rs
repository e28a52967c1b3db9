//! Everything in one file, and back: for either engine, from one to the other too.
//!
//! The file is text, a JSON object a line: what it is, the secret, the records in the order in
//! which they came in, the saved forms, the pictures, which forms are closed, and last how many records these are and the
//! SHA-256 of all lines before. So a file that was cut or damaged is known before anything is
//! restored.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, BufWriter, Write},
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    Closing, SECRET, SavedForm, Store, StoreError, closed, fact, insert, likeness, pictures, saved,
    set_fact,
};
use crate::{durable, submission::Submission, text::hex};

/// The format of the files that this version writes.
const FORMAT: u32 = 1;

/// A line of the file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// The first.
    IntakeBackup { format: u32 },
    /// What private links were made with; absent where the configuration has it.
    Secret(String),
    /// A record as it is kept.
    Record(Box<RawValue>),
    /// A form that was saved and not sent yet.
    Saved(Box<SavedForm>),
    /// A picture of a submission or of a saved form, in Base64.
    Picture {
        owner: Uuid,
        file: String,
        added: i64,
        bytes: String,
    },
    /// A form that was closed by a command.
    Closed { form: String, closing: Closing },
    /// The last.
    End { records: usize, sha256: String },
}

/// Why a file cannot be restored. Nothing was.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The file cannot be read.
    #[error("{0}")]
    File(#[from] io::Error),
    /// It is no backup, or not whole.
    #[error("{0}; nothing was restored")]
    Damaged(String),
    /// There is something already.
    #[error("the store is not empty; a backup is restored into an empty one. Nothing was restored")]
    NotEmpty,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn damaged<T>(words: impl Into<String>) -> Result<T, RestoreError> {
    Err(RestoreError::Damaged(words.into()))
}

impl Store {
    /// Writes everything but the configuration into one file, as it stands at one moment, while
    /// others go on. The file is there whole or not at all, and only its owner may read it.
    /// Answers with how many submissions it holds.
    ///
    /// # Errors
    /// When the store cannot be read or the file not be written.
    pub fn back_up(&self, file: &Path) -> Result<usize, StoreError> {
        let folder = durable::folder_of(file);
        let aside = durable::write_aside_unsynced(folder, b"", durable::PRIVATE);
        let aside = aside.map_err(StoreError::at(file))?;
        let mut out = Hashed {
            out: BufWriter::new(aside.as_file()),
            hash: Sha256::new(),
        };
        let records = self.engine.read(|sql| {
            for statement in sql.dialect().begin_snapshot() {
                sql.run(statement, &[])?;
            }
            let mut line = |line: &Line| out.line(line).map_err(StoreError::at(file));
            line(&Line::IntakeBackup { format: FORMAT })?;
            if let Some(secret) = fact(sql, SECRET)? {
                line(&Line::Secret(secret))?;
            }
            let (mut records, mut last) = (0, 0);
            loop {
                let statement =
                    "SELECT seq, record FROM submission WHERE seq > $1 ORDER BY seq LIMIT 200";
                let rows = sql.rows(statement, &[last.into()])?;
                let Some(row) = rows.last() else { break };
                last = row.int(0)?;
                for row in &rows {
                    let record = one_line(row.text(1)?).map_err(StoreError::database)?;
                    line(&Line::Record(record))?;
                    records += 1;
                }
            }
            let mut last = String::new();
            while let Some(forms) = saved::after(sql, &mut last)? {
                for form in forms {
                    line(&Line::Saved(Box::new(form)))?;
                }
            }
            let mut last = (String::new(), String::new());
            while let Some(next) = pictures::after(sql, &last)? {
                line(&Line::Picture {
                    owner: next.owner.parse().map_err(StoreError::database)?,
                    file: next.file.clone(),
                    added: next.added,
                    bytes: BASE64.encode(&next.bytes),
                })?;
                last = (next.owner, next.file);
            }
            for (form, closing) in closed::all(sql)? {
                line(&Line::Closed { form, closing })?;
            }
            sql.run("COMMIT", &[])?;
            Ok(records)
        })?;
        let sha256 = hex(&out.hash.clone().finalize());
        out.line(&Line::End { records, sha256 })
            .and_then(|()| out.out.flush())
            .and_then(|()| aside.as_file().sync_all())
            .map_err(StoreError::at(file))?;
        drop(out);
        aside
            .persist(file)
            .map_err(|error| error.error)
            .and_then(|_| durable::sync_folder(folder))
            .map_err(StoreError::at(file))?;
        Ok(records)
    }

    /// Restores a backup into an empty store: all of it, or nothing. The whole file is verified
    /// first. Answers with how many submissions were restored.
    ///
    /// # Errors
    /// When the file is damaged, or the store not empty.
    pub fn restore(&self, file: &Path, now: Timestamp) -> Result<usize, RestoreError> {
        if self.counts()?.all() > 0 || self.has_drafts()? {
            return Err(RestoreError::NotEmpty);
        }
        let expected = read_backup(file, |_| Ok(()))?;
        let restored = self.engine.write(|sql| {
            if sql
                .row("SELECT seq FROM submission LIMIT 1", &[])?
                .is_some()
            {
                return Ok(None);
            }
            let restored = read_backup(file, |line| {
                match line {
                    Line::Secret(secret) => set_fact(sql, SECRET, &secret)?,
                    Line::Record(record) => {
                        let submission = read_record(&record)?;
                        let names = likeness::names(&self.forms, &submission);
                        insert(sql, &self.prepare(&submission)?, &names)?;
                    }
                    Line::Saved(form) => saved::put(sql, &form)?,
                    Line::Picture {
                        owner,
                        file,
                        added,
                        bytes,
                    } => {
                        let bytes = BASE64.decode(bytes);
                        let bytes = bytes.or_else(|_| damaged("one of its pictures is damaged"))?;
                        pictures::restore(sql, owner, &file, added, &bytes)?;
                    }
                    Line::Closed { form, closing } => closed::set(sql, &form, &closing)?,
                    Line::IntakeBackup { .. } | Line::End { .. } => {}
                }
                Ok(())
            });
            restored.map(Some).map_err(StoreError::database)
        })?;
        match restored {
            Some(count) if count == expected => {}
            Some(_) => return damaged("the file changed while it was read"),
            None => return Err(RestoreError::NotEmpty),
        }
        while self.secure_drafts(now)? == Some(true) {}
        while self.index_some()? == Some(true) {}
        Ok(expected)
    }

    fn has_drafts(&self) -> Result<bool, StoreError> {
        let entries = fs::read_dir(&self.folder).map_err(StoreError::at(&self.folder))?;
        let is_draft = |entry: io::Result<fs::DirEntry>| {
            entry.is_ok_and(|entry| entry.path().extension().is_some_and(|it| it == "md"))
        };
        Ok(entries.into_iter().any(is_draft))
    }
}

/// A record that somebody has laid out by hand is one line all the same.
fn one_line(record: &str) -> serde_json::Result<Box<RawValue>> {
    if record.contains('\n') {
        return serde_json::value::to_raw_value(&serde_json::from_str::<Value>(record)?);
    }
    RawValue::from_string(record.to_owned())
}

fn read_record(record: &RawValue) -> Result<Submission, RestoreError> {
    Submission::read(record.get().as_bytes())
        .or_else(|reason| damaged(format!("one of its records cannot be read: {reason}")))
}

/// Reads and verifies a file, and gives each line to `each`. Answers with how many records it has.
fn read_backup(
    file: &Path,
    mut each: impl FnMut(Line) -> Result<(), RestoreError>,
) -> Result<usize, RestoreError> {
    let mut lines = BufReader::new(File::open(file)?);
    let (mut hash, mut records, mut number) = (Sha256::new(), 0, 0);
    let mut text = Vec::new();
    loop {
        text.clear();
        number += 1;
        if lines.read_until(b'\n', &mut text)? == 0 {
            return damaged(format!("it ends too early, before line {number}"));
        }
        if !text.ends_with(b"\n") {
            return damaged(format!("it ends too early, in line {number}"));
        }
        let Ok(line) = serde_json::from_slice::<Line>(&text) else {
            return damaged(format!(
                "it is damaged, or no backup of Intake: line {number}"
            ));
        };
        match &line {
            Line::IntakeBackup { format } if *format > FORMAT => {
                return damaged("a newer version of Intake has written it; run that version");
            }
            Line::IntakeBackup { .. } if number == 1 => {}
            _ if number == 1 => return damaged("it is no backup of Intake"),
            Line::IntakeBackup { .. } => return damaged(format!("it is damaged: line {number}")),
            Line::Record(record) => {
                read_record(record)?;
                records += 1;
            }
            Line::End {
                records: said,
                sha256,
            } => {
                let is_whole = *said == records && *sha256 == hex(&hash.finalize());
                let is_end = lines.read_until(b'\n', &mut text)? == 0;
                return match is_whole && is_end {
                    true => Ok(records),
                    false => damaged("it is damaged: its lines are not those that were written"),
                };
            }
            Line::Secret(_) | Line::Saved(_) | Line::Picture { .. } | Line::Closed { .. } => {}
        }
        hash.update(&text);
        each(line)?;
    }
}

struct Hashed<W: Write> {
    out: W,
    hash: Sha256,
}

impl<W: Write> Hashed<W> {
    fn line(&mut self, line: &Line) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.hash.update(&text);
        self.out.write_all(&text)
    }
}
