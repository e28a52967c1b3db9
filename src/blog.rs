//! The blog: what its pages are called, and publishing into its repository.
//!
//! Promises: a post is committed only if the blog will show it right and nothing is overwritten
//! that was not published from here; one commit a post; whatever fails, or whenever we are killed,
//! the submission is still approved and the checkout as it was, or both are as they should be after
//! the next try. What the remote has (or, without pushing, the checkout's branch) is the truth: a
//! post that stands there in our words is published, and only has to be recorded.

mod git;
mod judge;
mod message;
mod order;
mod plan;
mod programs;
mod rounds;
mod vocabulary;
mod work;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::{
    config,
    form::{Answer, Definition, Field, Forms, Options, PageValue, Vocabulary, built_in},
    store::StoreError,
    submission::{Editor, Publication, Submission, Unknown},
    templates::Templates,
};

use git::{Checkout, Pushed};
use work::{Fault, NewFile, stop, words};

pub use order::{Behalf, Order, Outcome, Reported, Wish};

/// Where a post is or will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The post's date.
    pub date: Date,
    /// Its file in the repository.
    pub path: String,
    /// Where people read it.
    pub permalink: String,
    branch: String,
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
    read: Mutex<vocabulary::Read>,
}

impl Blog {
    /// The blog of this configuration. Touches nothing.
    pub fn new(
        settings: &config::Blog,
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
        Self {
            settings: settings.clone(),
            editors: editors.to_vec(),
            forms,
            templates,
            folders: folders.into_iter().collect(),
            read: Mutex::default(),
        }
    }

    /// Whether there is a checkout to publish into.
    pub fn has_checkout(&self) -> bool {
        self.settings.path.is_some()
    }

    /// What the blog's pages are called, as the checkout has them now.
    pub fn vocabulary(&self) -> Arc<Vocabulary> {
        vocabulary::of_work_tree(&self.settings, &self.folders, &self.read, Duration::ZERO)
    }

    /// The same, as the checkout had them within the last second: everybody who opens a form asks,
    /// and that should not cost a look at each page of the blog. It is the same value until a page
    /// changes.
    pub fn vocabulary_of_late(&self) -> Arc<Vocabulary> {
        const LATE: Duration = Duration::from_secs(1);
        vocabulary::of_work_tree(&self.settings, &self.folders, &self.read, LATE)
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
                branch: self.settings.branch.fill(slug, publication.date),
            },
            None => {
                let today = now.to_zoned_datetime(TimeZone::UTC).date();
                let date = submission.date(&definition).unwrap_or(today);
                Place {
                    date,
                    path: definition.post.path.fill(slug, date),
                    permalink: definition.post.permalink.fill(slug, date),
                    branch: self.settings.branch.fill(slug, date),
                }
            }
        }
    }

    fn publication(
        &self,
        submission: &Submission,
        place: Place,
        commit: Option<String>,
        now: Timestamp,
    ) -> Publication {
        Publication {
            at: now,
            date: place.date,
            path: place.path,
            permalink: place.permalink,
            branch: commit.is_some().then_some(place.branch),
            is_to_be_merged: commit.is_some() && !self.settings.branch.is_fixed(),
            commit,
            post: submission.draft.clone(),
            unknown: Unknown::new(),
        }
    }

    /// The record of this submission's post if it were published now, for showing what that would
    /// bring, and for posts that somebody puts on the blog by hand.
    pub fn publication_to_be(&self, submission: &Submission, now: Timestamp) -> Publication {
        Publication {
            is_to_be_merged: self.has_checkout() && !self.settings.branch.is_fixed(),
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

    fn checkout(&self) -> Result<Checkout, Fault> {
        match &self.settings.path {
            Some(path) => Ok(Checkout::open(path, &self.settings.remote)?),
            None => stop(
                "`blog.path` is not set, so there is no checkout to publish into; the desk offers each post as a download and as a patch",
            ),
        }
    }

    /// Undoes what a publisher left half done when it was killed. Waits for those at work.
    ///
    /// # Errors
    /// In words, when it cannot be undone.
    pub fn recover(&self) -> Result<(), String> {
        if !self.has_checkout() {
            return Ok(());
        }
        self.checkout()
            .and_then(|checkout| Ok(checkout.take_turn()?))
            .map(drop)
            .map_err(words)
    }

    /// Brings checkout and remote up to date with each other, where nothing is to be published.
    ///
    /// # Errors
    /// In words, when it cannot be.
    pub fn bring_up_to_date(&self) -> Result<(), String> {
        if !self.has_checkout() {
            return Ok(());
        }
        self.checkout()
            .and_then(|checkout| Ok(checkout.take_turn()?))
            .and_then(|checkout| {
                let branch = self.any_branch();
                let ground = self.ground(&checkout, &branch)?;
                if self.settings.push
                    && ground.is_ahead
                    && let Pushed::Overtaken(reason) = checkout.push(&ground.base, &branch)?
                {
                    return stop(reason);
                }
                Ok(self.bring_up(&checkout, &ground, &ground.base)?)
            })
            .map_err(words)
    }

    /// The branch of posts; where each has its own, the name of one that there is not.
    fn any_branch(&self) -> String {
        let today = Timestamp::now().to_zoned_datetime(TimeZone::UTC).date();
        self.settings.branch.fill("intake-check", today)
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
