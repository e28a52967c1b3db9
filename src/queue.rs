//! The queue: submissions on disk, one at a time changed, listed by summaries kept in memory.
//!
//! Promises: what [`Queue::insert`] and [`Queue::update`] have answered with `Ok` is synced to
//! disk; a change is there wholly or not at all, whenever the process or the machine dies; any
//! number of threads and processes may work on one folder. Knows nothing of the web or of mail.

mod files;

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    form::{Forms, built_in},
    post::Post,
    submission::{Actor, RecordError, Stage, Submission},
    templates::{TemplateError, Templates},
};

pub use files::Swept;

/// Why the queue could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// The disk, or what stands on it, did not allow it. Nothing was changed.
    #[error("{}: {cause}", path.display())]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A record cannot be understood. It is left as it is.
    #[error("{}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Where it is wrong; never what it holds.
        reason: RecordError,
    },
    /// The post could not be rendered.
    #[error(transparent)]
    Template(#[from] TemplateError),
}

/// What became of a submission that was to be put into the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    /// It is in.
    New,
    /// The same had come in before.
    Again,
    /// Something else stands there under that id, and stays.
    Taken,
}

/// What lists need to know of a submission; nothing private.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Summary {
    pub id: Uuid,
    /// The name of its form.
    pub form: String,
    pub stage: Stage,
    pub received: Timestamp,
    pub title: String,
    /// What the form's file wants to be shown below the title.
    pub by: String,
    /// Grows with every action.
    pub version: u64,
    /// Since when it stands in its stage.
    pub since: Timestamp,
    /// Who acted last.
    pub last_actor: Actor,
    /// The last part of the post's address, and its date where one is set.
    pub slug: String,
    #[allow(missing_docs, reason = "the names say it")]
    pub date: Option<jiff::civil::Date>,
    /// Where people read it, while it is on the blog.
    pub permalink: Option<String>,
    /// Whether it waits to be published.
    pub to_publish: bool,
    /// Whether the last attempt to publish it failed.
    pub publish_error: bool,
    /// Whether name, address and notes have been erased.
    pub erased: bool,
    /// What was answered, in small letters, to search in.
    #[serde(skip)]
    pub search_text: String,
    /// SHA-256 of the mail address in small letters, to find a lost link by; `None` after erasure.
    #[serde(skip)]
    pub mail_address: Option<[u8; 32]>,
    /// How much of its mail was given up.
    pub mail_failed: usize,
    /// How much of its mail is still to be sent.
    pub mail_pending: usize,
    /// When the next of that is due.
    #[serde(skip)]
    pub next_mail: Option<Timestamp>,
}

impl Summary {
    /// The summary of this submission.
    pub fn of(submission: &Submission, forms: &Forms) -> Self {
        let due = || submission.mail.iter().filter_map(|mail| mail.due());
        let definition = forms.of(&submission.form);
        let answers = submission.answers();
        Self {
            id: submission.id,
            form: submission.form.clone(),
            stage: submission.stage,
            received: submission.received(),
            title: definition.title_of(answers).to_owned(),
            by: definition.by_of(answers),
            version: submission.version,
            since: submission.in_stage_since(),
            last_actor: submission
                .history
                .last()
                .map_or(Actor::System, |event| event.by.clone()),
            slug: answers.text(built_in::SLUG).to_owned(),
            date: submission.date(&definition),
            permalink: submission
                .publication
                .as_ref()
                .map(|publication| publication.permalink.clone()),
            to_publish: submission.is_to_publish(),
            publish_error: submission.publish_error.is_some(),
            erased: submission.contact.is_none(),
            search_text: definition.search_text(answers).to_lowercase(),
            mail_address: submission
                .contact
                .as_ref()
                .map(|contact| address_hash(&contact.email)),
            mail_failed: submission.mail_failed(),
            mail_pending: due().count(),
            next_mail: due().min(),
        }
    }
}

/// What [`Summary::mail_address`] holds for this address.
pub fn address_hash(email: &str) -> [u8; 32] {
    Sha256::digest(email.trim().to_lowercase().as_bytes()).into()
}

/// All that could be listed, and what could not.
#[derive(Debug, Default)]
pub struct Listing {
    /// Newest first.
    pub summaries: Vec<Arc<Summary>>,
    /// Records that cannot be read; each names its file.
    pub unreadable: Vec<QueueError>,
}

/// A folder of submissions.
pub struct Queue {
    folder: PathBuf,
    templates: Arc<Templates>,
    forms: Arc<Forms>,
    index: Mutex<HashMap<Uuid, (files::Stamp, Arc<Summary>)>>,
}

impl Queue {
    /// The queue in this folder, which need not be there yet. Touches nothing.
    pub fn new(folder: &Path, templates: Arc<Templates>, forms: Arc<Forms>) -> Self {
        Self {
            folder: folder.to_owned(),
            templates,
            forms,
            index: Mutex::default(),
        }
    }

    /// Makes the folder if need be, removes what a crash left half written, and writes the drafts
    /// anew that are missing or differ from their record. To be called once at start.
    ///
    /// # Errors
    /// When the folder cannot be made, locked or written.
    pub fn recover(&self) -> Result<Swept, QueueError> {
        files::make_folder(&self.folder)?;
        let _lock = files::lock(&self.folder)?;
        files::sweep(&self.folder)
    }

    /// Whether a file can be written in the folder just now.
    ///
    /// # Errors
    /// Why not.
    pub fn try_to_write(&self) -> Result<(), QueueError> {
        files::try_to_write(&self.folder)
    }

    /// Puts a new submission into the queue and renders its draft. When this answers
    /// [`Inserted::New`] or [`Inserted::Again`], the submission is synced to disk.
    ///
    /// # Errors
    /// When it could not be written, or not be synced; then it may be inserted again.
    pub fn insert(&self, mut submission: Submission) -> Result<Inserted, QueueError> {
        submission.draft = self.draft(&submission)?;
        let _lock = files::lock(&self.folder)?;
        if let Some(found) = files::read(&self.folder, submission.id)? {
            if !found.was_sent_like(&submission) {
                return Ok(Inserted::Taken);
            }
            // Whoever put it there may have died, or met a failing disk, half way.
            files::sync_folder(&self.folder)?;
            files::mend_draft(&self.folder, &found)?;
            return Ok(Inserted::Again);
        }
        files::write(&self.folder, &submission)?;
        Ok(Inserted::New)
    }

    /// Changes a submission by `change` and commits the result, draft included, in one step.
    /// `None` when there is no such submission. A change that makes no difference writes nothing.
    ///
    /// # Errors
    /// When the record could not be read or written; then it stands as before, unless only the
    /// last sync failed.
    pub fn update<T>(
        &self,
        id: Uuid,
        change: impl FnOnce(&mut Submission) -> T,
    ) -> Result<Option<T>, QueueError> {
        let _lock = files::lock(&self.folder)?;
        let Some(before) = files::read(&self.folder, id)? else {
            return Ok(None);
        };
        let mut after = before.clone();
        let answer = change(&mut after);
        if after != before {
            if after.answers() != before.answers() {
                after.draft = self.draft(&after)?;
            }
            files::write(&self.folder, &after)?;
        }
        Ok(Some(answer))
    }

    /// The submission with this id, as it stands on disk.
    ///
    /// # Errors
    /// When its record cannot be read.
    pub fn get(&self, id: Uuid) -> Result<Option<Submission>, QueueError> {
        files::read(&self.folder, id)
    }

    /// Summaries of all submissions, newest first. Only records that changed since the last call
    /// are read; a record that cannot be read hides no other.
    ///
    /// # Errors
    /// When the folder itself cannot be read. A folder that is not there is an empty queue.
    pub fn list(&self) -> Result<Listing, QueueError> {
        let mut index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = std::mem::take(&mut *index);
        let mut listing = Listing::default();
        for (id, stamp) in files::records(&self.folder)? {
            let summary = match known.remove(&id) {
                Some((seen, summary)) if seen == stamp => summary,
                _ => match files::read(&self.folder, id) {
                    Ok(Some(submission)) => Arc::new(Summary::of(&submission, &self.forms)),
                    Ok(None) => continue,
                    Err(error) => {
                        listing.unreadable.push(error);
                        continue;
                    }
                },
            };
            index.insert(id, (stamp, Arc::clone(&summary)));
            listing.summaries.push(summary);
        }
        listing
            .summaries
            .sort_unstable_by_key(|summary| std::cmp::Reverse(summary.id));
        Ok(listing)
    }

    /// Drafts that have no record: nothing of ours writes such a file, so a record was lost.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn drafts_without_record(&self) -> Result<Vec<PathBuf>, QueueError> {
        files::drafts_without_record(&self.folder)
    }

    /// The right to send this queue's letters, for one process at a time, for as long as the
    /// answer is kept. `None` while another process has it.
    ///
    /// # Errors
    /// When the lock file beside the queue cannot be made.
    pub fn right_to_send(&self) -> Result<Option<std::fs::File>, QueueError> {
        files::right_to_send(&self.folder)
    }

    /// The draft of a submission whose form is not configured any more stays as it is.
    fn draft(&self, submission: &Submission) -> Result<String, QueueError> {
        let definition = self.forms.of(&submission.form);
        if definition.is_gone() {
            return Ok(submission.draft.clone());
        }
        let post = Post::new(&definition.public(submission.answers()));
        Ok(self
            .templates
            .render_post(&definition.post.template, &post)?)
    }
}
