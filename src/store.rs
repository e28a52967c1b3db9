//! The store: submissions, sessions and what is still to be done, in a database.
//!
//! Promises: what a call has answered with `Ok` is synced to disk; a change is there wholly or not
//! at all, whenever the process or the machine dies; any number of threads and processes may work
//! on one store. Records, the columns that lists and jobs read, and the mail that is pending are
//! one transaction. No call takes longer because there are more submissions, but for those that
//! say that they go through all. Calls block; they are for threads that may. Knows nothing of the
//! web or of mail.

mod backup;
mod changes;
mod clock;
mod closed;
mod digests;
mod drafts;
mod engine;
mod import;
mod jobs;
mod likeness;
mod lists;
mod notices;
mod order;
mod pictures;
mod postgres;
mod row;
mod saved;
mod search;
mod sessions;
mod sql;
mod sqlite;
mod summary;
#[cfg(test)]
mod tests;
mod traces;
mod viewers;

use std::{
    collections::BTreeMap,
    error::Error,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use jiff::{Timestamp, tz::TimeZone};
use tokio::sync::watch;
use uuid::Uuid;

use crate::{
    config::Data,
    durable,
    form::{Definition, Forms, PublicAnswers},
    keys,
    post::Post,
    submission::{RecordError, Submission},
    templates::{TemplateError, Templates},
    text::{alike::Marks, differences::merged},
};

use drafts::Written;
use engine::Engine;
use jobs::{Holder, to_do};
use row::{insert, parse, read, read_to_change, update};
use sql::{Row, Sql};

pub use backup::RestoreError;
pub use closed::Closing;
pub use digests::{Digest, PendingDigest};
pub use drafts::Place;
pub use jobs::{Lease, Pending};
pub use lists::{Filter, Page};
pub use notices::Notice;
pub use order::{Cursor, Placed, Sort};
pub use saved::{Invitation, PendingSavedMail, REMINDED_BEFORE, SavedForm, SavedMail, Saving};
pub use sessions::{Begun, LINK_LIFETIME, PendingSignIn, Session, SignIn};
pub use summary::{Counts, Summary, address_hash};
pub use traces::{ALIKE_FOR, Alike, Rate};
pub use viewers::IN_SIGHT;

/// Why the store could not do what was asked. Nothing was changed then, unless it says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database.
    #[error("the store: {0}")]
    Database(Arc<dyn Error + Send + Sync>),
    /// A newer version has made the tables.
    #[error("the store was made by a newer version of Intake; run that version")]
    Newer,
    /// Drafts are there without their database.
    #[error(
        "{} is missing or empty, and drafts are beside it: put the file back; or move the drafts \
         away, and begin anew or restore a backup",
        .0.display()
    )]
    Lost(PathBuf),
    /// A file beside the database.
    #[error("{}: {cause}", path.display())]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A record cannot be understood. It is left as it is.
    #[error("{what}: {reason}")]
    Unreadable {
        /// The submission, or the file.
        what: String,
        /// Where it is wrong; never what it holds.
        reason: RecordError,
    },
    /// The post could not be rendered.
    #[error(transparent)]
    Template(#[from] TemplateError),
}

impl StoreError {
    /// Whether it is about one record alone, which is left as it is; others can be worked on.
    pub fn is_of_one_record(&self) -> bool {
        matches!(self, Self::Unreadable { .. })
    }

    fn database(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Database(Arc::from(cause.into()))
    }

    fn unreadable(id: &str, reason: RecordError) -> Self {
        let what = format!("the record of {id}");
        Self::Unreadable { what, reason }
    }

    fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Disk { path, cause }
    }
}

/// The name of the secret among the facts.
const SECRET: &str = "secret";

/// What became of a submission that was to be put into the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    /// It is in.
    New,
    /// The same had come in before.
    Again,
    /// Something else stands there under that id, and stays.
    Taken,
    /// It is not in: that would be too many under one of the rates.
    TooMany,
}

/// The store.
pub struct Store {
    engine: Engine,
    /// Where the drafts are.
    folder: PathBuf,
    templates: Arc<Templates>,
    forms: Arc<Forms>,
    holder: Holder,
    written: Mutex<Written>,
    clock: clock::Clock,
    closed: closed::Closed,
    changed: watch::Sender<()>,
    /// Whether other programs are to be told of changes.
    notes_changes: bool,
}

impl Store {
    /// Opens the store, which is made where it is not there, and brings its tables up to this
    /// version. What a version without a database has left there is taken over.
    ///
    /// # Errors
    /// When it cannot be made, opened or brought up.
    pub fn open(
        data: &Data,
        templates: Arc<Templates>,
        forms: Arc<Forms>,
    ) -> Result<Self, StoreError> {
        let folder = data.drafts();
        durable::make_folder(folder).map_err(StoreError::at(folder))?;
        let store = Self {
            engine: Engine::open(data)?,
            folder: folder.to_owned(),
            templates,
            forms,
            holder: Holder::this(),
            written: Mutex::default(),
            clock: clock::Clock::default(),
            closed: closed::Closed::default(),
            changed: watch::Sender::new(()),
            notes_changes: false,
        };
        let aside = store.aside();
        durable::make_folder(&aside)
            .and_then(|()| durable::sweep(&aside))
            .map_err(StoreError::at(&aside))?;
        store.take_over()?;
        store.renew_search()?;
        store.look_for_closed_forms()?;
        Ok(store)
    }

    /// Lets others go on with what this process did, and leaves nothing in the log of changes, so
    /// that the database's file alone is all there is. To be called once at the end; what was answered with `Ok` is safe without.
    ///
    /// # Errors
    /// When the disk cannot be written.
    pub fn close(&self) -> Result<(), StoreError> {
        self.leave_drafts()?;
        self.engine.empty_log()
    }

    /// From now on tells of what other instances change, too, where the engine can.
    pub fn listen(&self) {
        self.engine.listen(&self.changed);
    }

    /// Tells of changes that this process makes, so that a job need not ask all the time.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// A change that jobs may have to do with.
    fn write<T>(
        &self,
        work: impl FnOnce(&mut dyn Sql) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.engine.write_and_tell(&self.changed, work)
    }

    /// Whether something could be stored just now.
    ///
    /// # Errors
    /// Why not.
    pub fn try_to_write(&self, now: Timestamp) -> Result<(), StoreError> {
        self.engine
            .write(|sql| set_fact(sql, "tried", &now.to_string()))?;
        self.try_to_write_drafts()
    }

    /// The secret of this store, made on first use. Of two processes that make it at once, one
    /// wins and both use that.
    ///
    /// # Errors
    /// When it cannot be read or kept.
    pub fn secret(&self) -> Result<String, StoreError> {
        if let Some(secret) = self.engine.read(|sql| fact(sql, SECRET))? {
            return Ok(secret);
        }
        let made = keys::secret().map_err(StoreError::database)?;
        self.engine.write(|sql| {
            let statement = "INSERT INTO fact (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING";
            sql.run(statement, &[SECRET.into(), (&made).into()])?;
            Ok(fact(sql, SECRET)?.unwrap_or(made))
        })
    }

    /// Puts a new submission into the store, with the marks of its answers and the traces that it leaves,
    /// counts it under these rates, and renders its draft. When this answers [`Inserted::New`] or [`Inserted::Again`], the
    /// submission is synced to disk.
    ///
    /// # Errors
    /// When it could not be written; then it may be inserted again.
    pub fn insert(
        &self,
        mut submission: Submission,
        marks: &Marks,
        left: &[String],
        rates: &[Rate],
    ) -> Result<Inserted, StoreError> {
        self.render_draft(&mut submission)?;
        let prepared = self.prepare(&submission)?;
        let names = likeness::names_with(marks, &submission);
        let draft = match self.engine.is_shared() {
            true => None,
            false => Some(self.write_draft_aside(&submission.draft)?),
        };
        let (inserted, note) = self.write(|sql| {
            if traces::count(sql, rates, submission.received())?.is_some() {
                return Ok((Inserted::TooMany, None));
            }
            saved::lock(sql, submission.id)?;
            if let Some(note) = insert(sql, &prepared, &names)? {
                saved::discard(sql, submission.id)?;
                for name in left {
                    traces::leave(sql, name, submission.received(), Some(note.seq))?;
                }
                if self.notes_changes {
                    let at = submission.received();
                    notices::note(sql, Notice::RECEIVED, &prepared.summary, at)?;
                }
                return Ok((Inserted::New, Some(note)));
            }
            let found = read(sql, submission.id, "")?;
            let is_same = found.is_some_and(|found| found.was_sent_like(&submission));
            Ok(if is_same {
                (Inserted::Again, None)
            } else {
                (Inserted::Taken, None)
            })
        })?;
        if let (Some(note), Some(draft)) = (note, draft) {
            self.name_draft(submission.id, draft, note);
        }
        Ok(inserted)
    }

    /// Changes a submission by `change` and commits the result, draft included, in one step.
    /// `None` when there is no such submission. A change that makes no difference writes nothing.
    ///
    /// # Errors
    /// When the record could not be read or written; then it stands as before.
    pub fn update<T>(
        &self,
        id: Uuid,
        change: impl FnOnce(&mut Submission) -> T,
    ) -> Result<Option<T>, StoreError> {
        self.update_beside(id, None, |submission, _| change(submission))
    }

    /// The same, with another one as it stands in that moment, which stays as it is; `None` where it
    /// is not there.
    ///
    /// # Errors
    /// When one of the records could not be read, or this one not be written.
    pub fn update_beside<T>(
        &self,
        id: Uuid,
        other: Option<Uuid>,
        change: impl FnOnce(&mut Submission, Option<&Submission>) -> T,
    ) -> Result<Option<T>, StoreError> {
        let (answer, changed) = self.write(|sql| {
            // In one order, so that two who do it the other way round do not wait for each other.
            let for_update = sql.dialect().for_update();
            let beside = |sql: &mut dyn Sql| match other {
                Some(other) => read(sql, other, for_update),
                None => Ok(None),
            };
            let (stored, other) = match other.is_some_and(|other| other < id) {
                true => {
                    let other = beside(sql)?;
                    (read_to_change(sql, id)?, other)
                }
                false => (read_to_change(sql, id)?, beside(sql)?),
            };
            let Some(stored) = stored else {
                return Ok((None, None));
            };
            let (before, seq) = (&stored.submission, stored.seq);
            let mut after = before.clone();
            let answer = change(&mut after, other.as_ref());
            if after == *before {
                return Ok((Some(answer), None));
            }
            if after.answers() != before.answers() || after.taken_over != before.taken_over {
                self.render_draft(&mut after)?;
            }
            let old = Summary::of(before, &self.forms);
            let prepared = self.prepare(&after)?;
            update(sql, &stored, &old, &prepared)?;
            jobs::stand(sql, seq, &jobs::standing(before), &prepared.standing)?;
            if self.notes_changes && after.stage != before.stage {
                let (event, summary) = (Notice::STAGE_CHANGED, &prepared.summary);
                notices::note(sql, event, summary, summary.since)?;
            }
            likeness::update(sql, seq, &self.forms, before, &after)?;
            changes::end(sql, before, &after)?;
            let is_erased = after.contact != before.contact;
            let is_gone = after.contact.is_none() && before.contact.is_some();
            if is_gone || after.answers() != before.answers() {
                let definition = self.forms.of(&after.form);
                let published = after.publication.iter().flat_map(|it| it.pictures.values());
                // Those of the draft are none of erased answers that were not published.
                let drafted = after.pictures.values().filter(|_| !is_gone);
                let named = definition.pictures(after.answers()).into_iter();
                let saved = changes::named_pictures(sql, id)?;
                let kept = published.chain(drafted).chain(&saved).map(String::as_str);
                let at = after.history.last().map(|event| event.at);
                let named = named.chain(kept).collect();
                pictures::drop_unnamed(sql, id, &named, at.filter(|_| !is_gone))?;
            }
            if is_erased {
                traces::remove(sql, seq, before.received())?;
            }
            let is_found_otherwise =
                is_erased || after.stage != before.stage || after.answers() != before.answers();
            let words = match is_found_otherwise {
                true => Some(to_do(sql, jobs::SEARCH, seq)?),
                false => None,
            };
            let draft = if after.draft == before.draft && self.has_draft(&after) {
                None
            } else {
                let note = to_do(sql, jobs::DRAFTS, seq)?;
                match self.engine.is_shared() {
                    true => None,
                    false => Some((self.write_draft_aside(&after.draft)?, note)),
                }
            };
            Ok((Some(answer), Some((draft, words.filter(|_| is_erased)))))
        })?;
        if let Some((draft, erased)) = changed {
            if let Some((draft, note)) = draft {
                self.name_draft(id, draft, note);
            }
            if let Some(words) = erased {
                // Nothing of it may stay behind in the search either.
                self.index_noted(&[words])?;
                self.engine.empty_log()?;
            }
        }
        Ok(answer)
    }

    /// The submission with this id.
    ///
    /// # Errors
    /// When its record cannot be read.
    pub fn get(&self, id: Uuid) -> Result<Option<Submission>, StoreError> {
        self.engine.read(|sql| read(sql, id, ""))
    }

    /// Makes the draft anew, and where each of its pictures will be. That of a submission whose form is
    /// not configured any more stays as it is. Where a later edit meets a change that was taken over
    /// from the blog, the edit counts.
    fn render_draft(&self, submission: &mut Submission) -> Result<(), StoreError> {
        let definition = self.forms.of(&submission.form);
        if definition.is_gone() {
            return Ok(());
        }
        let post = Post::new(&public_of(&definition, submission));
        let template = &definition.post.template;
        let rendered = self.templates.render_post(template, &post)?;
        submission.draft = match &submission.taken_over {
            Some(taken) => merged(&taken.from, &rendered, &taken.to).0,
            None => rendered,
        };
        let pictures = post.pictures.into_iter();
        submission.pictures = pictures.map(|it| (it.path, it.file)).collect();
        Ok(())
    }

    /// What the template makes of the answers of a submission, without changes taken over.
    ///
    /// # Errors
    /// When the post cannot be rendered.
    pub fn rendered(&self, submission: &Submission) -> Result<String, StoreError> {
        let definition = self.forms.of(&submission.form);
        let post = Post::new(&public_of(&definition, submission));
        Ok(self
            .templates
            .render_post(&definition.post.template, &post)?)
    }
}

/// What of a submission may leave the desk. The paths of pictures stay as they are, whenever it is
/// published.
pub fn public_of<'a>(definition: &'a Definition, submission: &Submission) -> PublicAnswers<'a> {
    let received = submission.received().to_zoned_datetime(TimeZone::UTC);
    let day = definition.date_of(submission.answers());
    let public = definition.public(submission.answers());
    public.on(day.unwrap_or(received.date()))
}

/// Adds these amounts to the sums. In the order of their names, so that two who do it at once wait
/// for each other and not in a circle.
fn tally(sql: &mut dyn Sql, amounts: BTreeMap<String, i64>) -> Result<(), StoreError> {
    const STATEMENT: &str = "INSERT INTO tally (name, shard, amount) VALUES ($1, $2, $3)
        ON CONFLICT (name, shard) DO UPDATE SET amount = tally.amount + excluded.amount";
    let shard = sql.dialect().any_shard();
    for (name, amount) in amounts.iter().filter(|(_, amount)| **amount != 0) {
        sql.run(STATEMENT, &[name.into(), shard.into(), (*amount).into()])?;
    }
    Ok(())
}

fn fact(sql: &mut dyn Sql, name: &str) -> Result<Option<String>, StoreError> {
    let row = sql.row("SELECT value FROM fact WHERE name = $1", &[name.into()])?;
    row.map(|row| Ok(row.text(0)?.to_owned())).transpose()
}

fn set_fact(sql: &mut dyn Sql, name: &str, value: &str) -> Result<(), StoreError> {
    let statement = "INSERT INTO fact (name, value) VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    sql.run(statement, &[name.into(), value.into()]).map(drop)
}
