//! The blog: what its pages are called, and publishing into its repository.
//!
//! Promises: a post is committed only if the blog will show it right and nothing is overwritten
//! that was not published from here; one commit a post; whatever fails, or whenever we are killed,
//! the submission is still approved and the blog as it was, or both are as they should be after the
//! next try. What the remote has is the truth: a post that stands there in our words is published,
//! and only has to be recorded.

mod binary;
mod by_hand;
mod git;
mod judge;
mod known;
mod merges;
mod message;
mod outcome;
mod plan;
mod posts;
mod programs;
mod rounds;
mod work;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::{
    config,
    form::{Answer, Definition, Field, Forms, Options, PageValue, Vocabulary, built_in},
    store::StoreError,
    submission::{BranchState, Editor, Publication, Submission, Unknown},
    templates::Templates,
    text::domains::named,
};

use git::{Access, Repository};
use known::Known;
use work::{Fault, NewFile, stop, words};

pub use by_hand::Stands;
pub use merges::Merge;
pub use outcome::{Outcome, Reported};
pub use posts::PostAlike;

/// Where a post is or will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The post's date.
    pub date: Date,
    /// Its file in the repository.
    pub path: String,
    /// Where people read it.
    pub permalink: String,
    /// Its own branch, where posts have such.
    branch: Option<String>,
}

/// How far the work is: a few words, how many are done, of how many.
pub type Progress<'a> = &'a dyn Fn(&str, usize, usize);

/// The blog as configured.
pub struct Blog {
    settings: config::Blog,
    editors: Vec<Editor>,
    forms: Arc<Forms>,
    templates: Arc<Templates>,
    /// The folders whose pages forms ask for.
    folders: Vec<String>,
    /// For our clone, and what is needed beside it.
    folder: PathBuf,
    access: Option<Access>,
    known: Mutex<Arc<Known>>,
    posts: Mutex<Arc<posts::Posts>>,
    stop: Arc<AtomicBool>,
}

impl Blog {
    /// The blog of this configuration, with its clone in this folder. Touches nothing.
    pub fn new(
        settings: &config::Blog,
        folder: &Path,
        editors: &[Editor],
        forms: Arc<Forms>,
        templates: Arc<Templates>,
    ) -> Self {
        let mut folders = BTreeSet::new();
        for field in forms
            .all()
            .iter()
            .flat_map(|definition| definition.fields())
        {
            for field in std::iter::once(field).chain(&field.fields) {
                if let Options::Pages { folder, .. } = &field.options {
                    folders.insert(folder.clone());
                }
            }
        }
        let folders: Vec<String> = folders.into_iter().collect();
        Self {
            known: Mutex::new(Arc::new(Known::configured(settings, &folders))),
            posts: Mutex::default(),
            access: Access::of(settings),
            stop: Arc::default(),
            folder: folder.join("blog"),
            settings: settings.clone(),
            editors: editors.to_vec(),
            forms,
            templates,
            folders,
        }
    }

    /// Whether there is a repository to publish into.
    pub fn has_repository(&self) -> bool {
        self.access.is_some()
    }

    /// Reads what our clone knows of the blog; where there is no clone yet, it is made.
    ///
    /// # Errors
    /// In words, when that cannot be done; then forms offer what the configuration says.
    pub fn open(&self) -> Result<(), String> {
        let Some(access) = self.access.clone() else {
            return Ok(());
        };
        let opened = match Repository::to_read(&self.folder, access) {
            Some(repository) => (|| {
                let (_, base) = self.base_of(&repository.known()?)?;
                self.note(&repository, &base, None)
            })(),
            None => self.with_repository(|repository| self.ground(repository).map(drop)),
        };
        opened.map_err(words)
    }

    /// Which of these domains posts of this form's folder name, as the blog was seen last. None where
    /// that cannot be told in a moment: a clone that is missing or damaged keeps nobody waiting.
    pub fn named_in_posts(&self, domains: &[&str], definition: &Definition) -> BTreeSet<String> {
        let known = Arc::clone(&self.known());
        let repository = self
            .access
            .clone()
            .filter(|_| !known.commit.is_empty() && !domains.is_empty())
            .and_then(|access| Repository::to_read(&self.folder, access));
        let Some(repository) = repository else {
            return BTreeSet::new();
        };
        let folder = definition.post.path.folder();
        match repository.lines_with(domains, folder, &known.commit) {
            Ok(lines) => named(&lines).domains,
            Err(error) => {
                tracing::warn!(%error, "the blog’s posts could not be searched");
                BTreeSet::new()
            }
        }
    }

    /// The service stops: the check under way is ended, a push a while later. What is not done is
    /// done after the next start.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// What the blog's pages are called, as it was seen last. It is the same value until they change.
    pub fn vocabulary(&self) -> Arc<Vocabulary> {
        Arc::clone(&self.known().vocabulary)
    }

    /// The blog's time zone, as far as it is known.
    pub fn zone(&self) -> TimeZone {
        self.known().zone.clone()
    }

    /// When the remote was last looked at; what it had by then is known.
    pub fn seen(&self) -> Option<Timestamp> {
        self.known().seen
    }

    fn known(&self) -> MutexGuard<'_, Arc<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the blog at this commit, where it was not read before; the remote was seen there at
    /// this time, if it was.
    fn note(
        &self,
        repository: &Repository,
        commit: &str,
        seen: Option<Timestamp>,
    ) -> Result<(), Fault> {
        let known = Arc::clone(&self.known());
        let mut now = (*known).clone();
        if known.commit != commit {
            now = Known::read(&self.settings, &self.folders, repository, commit)?;
            // Pages made with the titles are good as long as those are the same value.
            if now.vocabulary == known.vocabulary {
                now.vocabulary = Arc::clone(&known.vocabulary);
            }
        }
        now.seen = seen.or(known.seen);
        *self.known() = Arc::new(now);
        Ok(())
    }

    /// Where this submission's post is, or will be if it is published now.
    pub fn place(&self, submission: &Submission, now: Timestamp) -> Place {
        let definition = self.forms.of(&submission.form);
        let slug = submission.answers().text(built_in::SLUG);
        match &submission.publication {
            Some(publication) => Place {
                date: publication.date,
                path: publication.path.clone(),
                permalink: publication.permalink.clone(),
                branch: self.own_branch(slug, publication.date),
            },
            None => {
                let today = now.to_zoned_datetime(self.zone()).date();
                let date = submission.date(&definition).unwrap_or(today);
                Place {
                    date,
                    path: definition.post.path.fill(slug, date),
                    permalink: definition.post.permalink.fill(slug, date),
                    branch: self.own_branch(slug, date),
                }
            }
        }
    }

    /// The post's date, where that lies ahead on the blog's clock, and publishing waits for it.
    pub fn date_ahead(&self, submission: &Submission, now: Timestamp) -> Option<Date> {
        if self.forms.of(&submission.form).post.is_announced {
            return None;
        }
        let today = now.to_zoned_datetime(self.zone()).date();
        Some(self.place(submission, now).date).filter(|date| *date > today)
    }

    /// The branch of a post, where each has its own.
    fn own_branch(&self, slug: &str, date: Date) -> Option<String> {
        let branch = self.settings.branch.as_ref()?;
        (!branch.is_fixed()).then(|| branch.fill(slug, date))
    }

    fn is_fixed(&self) -> bool {
        self.settings
            .branch
            .as_ref()
            .is_none_or(|branch| branch.is_fixed())
    }

    /// `commit`: its branch and its name.
    fn publication(
        &self,
        submission: &Submission,
        place: Place,
        commit: Option<(String, String)>,
        now: Timestamp,
    ) -> Publication {
        let (branch, commit) = commit.unzip();
        Publication {
            at: now,
            date: place.date,
            path: place.path,
            permalink: place.permalink,
            is_to_be_merged: commit.is_some() && !self.is_fixed(),
            branch,
            commit,
            pull_request: None,
            branch_state: BranchState::Open,
            post: submission.draft.clone(),
            pictures: submission.pictures.clone(),
            by_hand: submission.pictures_by_hand(),
            unknown: Unknown::new(),
        }
    }

    /// The record of this submission's post if it were published now, for showing what that would
    /// bring, and for posts that somebody puts on the blog by hand.
    pub fn publication_to_be(&self, submission: &Submission, now: Timestamp) -> Publication {
        Publication {
            is_to_be_merged: self.has_repository() && !self.is_fixed(),
            ..self.publication(submission, self.place(submission, now), None, now)
        }
    }

    /// What the blog would show wrongly, by its own pages' titles.
    pub fn to_fix(&self, submission: &Submission, vocabulary: &Vocabulary) -> Vec<String> {
        let definition = self.forms.of(&submission.form);
        let mut lines = Vec::new();
        if definition.is_gone() {
            lines.push(format!(
                "The form “{}” is not configured any more; add it to `forms` to publish this.",
                submission.form
            ));
            return lines;
        }
        for public in definition.public(submission.answers()).fields() {
            if let Some(answer) = &public.answer {
                missing_pages(public.field, answer, vocabulary, &mut lines);
            }
        }
        lines
    }

    /// The pages that come with the post of this submission.
    fn new_files(
        &self,
        submission: &Submission,
        definition: &Definition,
    ) -> Result<Vec<NewFile>, StoreError> {
        let answers = definition.public(submission.answers());
        let mut files = Vec::new();
        for page in answers.new_pages() {
            files.push(NewFile {
                folder: page.folder.to_owned(),
                path: format!("{}/{}.md", page.folder, page.stem),
                title: page.title.to_owned(),
                is_by_title: page.is_by_title,
                text: self
                    .templates
                    .render_page(page.template, page.title, &page.stem)?,
            });
        }
        Ok(files)
    }

    /// Works with our clone once it is our turn, and again with a new one where it was damaged.
    fn with_repository<T>(
        &self,
        mut work: impl FnMut(&Repository) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let Some(access) = self.access.clone() else {
            return stop(
                "`blog.url` is not set, so there is no repository to publish into; the desk offers each post as a download and as a patch",
            );
        };
        let repository = Repository::take_turn(&self.folder, access, Arc::clone(&self.stop))?;
        match work(&repository) {
            Err(Fault::Git(_)) if repository.make_anew_if_damaged()? => work(&repository),
            worked => worked,
        }
    }
}

/// Tells of each page that was chosen and that the blog does not have.
fn missing_pages(field: &Field, answer: &Answer, vocabulary: &Vocabulary, lines: &mut Vec<String>) {
    if let Answer::Entries(entries) = answer {
        for (entry, inner) in entries
            .iter()
            .flat_map(|entry| field.fields.iter().map(move |inner| (entry, inner)))
        {
            if let Some(answer) = entry.get(&inner.name) {
                missing_pages(inner, answer, vocabulary, lines);
            }
        }
    }
    let Options::Pages { folder, value, add } = &field.options else {
        return;
    };
    for (wanted, label) in answer.chosen() {
        let is_there = vocabulary.pages(folder).iter().any(|page| match value {
            PageValue::Title => page.title == wanted,
            PageValue::File => page.stem == wanted,
        });
        let is_new = add.is_some() && answer.adds(wanted);
        if !is_there && !is_new {
            lines.push(format!(
                "The blog has no page for “{label}” ({}).",
                field.label
            ));
        }
    }
}

fn short(commit: &str) -> &str {
    commit.get(..10).unwrap_or(commit)
}
