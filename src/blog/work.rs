//! Orders on their way: what is pending, what is settled, and why a round ends early.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use uuid::Uuid;

use super::{Outcome, Place, Reported, plan::Ground, programs::GitError};
use crate::{
    form::{Definition, Forms},
    store::{Store, StoreError},
    submission::{Order, Submission},
};

/// Why a round ended early.
pub(super) enum Fault {
    /// For every draft of the round.
    Blog(String),
    /// The same, in git's words; the cause may be our clone.
    Git(String),
    Store(StoreError),
}

impl From<GitError> for Fault {
    fn from(GitError(words): GitError) -> Self {
        Self::Git(words)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

pub(super) fn stop<T>(words: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Blog(words.into()))
}

/// Orders, and what became of those that are settled.
pub(super) struct Work<'a> {
    pub(super) store: &'a Store,
    pub(super) forms: &'a Forms,
    pub(super) pending: Vec<(Uuid, Order)>,
    pub(super) reported: Vec<Reported>,
    /// Why the last push came too late, in the remote's words.
    pub(super) overtaken: Option<String>,
}

impl<'a> Work<'a> {
    pub(super) fn new(store: &'a Store, forms: &'a Forms, orders: Vec<(Uuid, Order)>) -> Self {
        Self {
            store,
            forms,
            pending: orders,
            reported: Vec::new(),
            overtaken: None,
        }
    }

    pub(super) fn settle(&mut self, job: &Job, outcome: Outcome) {
        self.report(&job.submission, outcome);
    }

    pub(super) fn report(&mut self, submission: &Submission, outcome: Outcome) {
        self.pending.retain(|(id, _)| *id != submission.id);
        self.reported.push(Reported {
            id: submission.id,
            title: self
                .forms
                .of(&submission.form)
                .title_of(submission.answers())
                .to_owned(),
            outcome,
        });
    }

    /// Settles all that is left: for this reason nothing of it was done.
    pub(super) fn stop(&mut self, words: &str) -> Result<(), StoreError> {
        for (id, _) in std::mem::take(&mut self.pending) {
            if let Some(submission) = self.get(id)? {
                self.report(&submission, Outcome::Stopped(words.to_owned()));
            }
        }
        Ok(())
    }

    /// The submission; one that is not there, or cannot be read, is settled at once.
    pub(super) fn get(&mut self, id: Uuid) -> Result<Option<Submission>, StoreError> {
        match self.store.get(id) {
            Ok(None) => self.not_there(id),
            Err(error) if error.is_of_one_record() => {
                self.pending.retain(|(pending, _)| *pending != id);
                self.reported.push(Reported {
                    id,
                    title: String::new(),
                    outcome: Outcome::Stopped(error.to_string()),
                });
            }
            found => return found,
        }
        Ok(None)
    }

    pub(super) fn not_there(&mut self, id: Uuid) {
        self.pending.retain(|(pending, _)| *pending != id);
        self.reported.push(Reported {
            id,
            title: String::new(),
            outcome: Outcome::NotThere,
        });
    }

    pub(super) fn ended(mut self, how: Result<(), Fault>) -> Result<Vec<Reported>, StoreError> {
        match how {
            Ok(()) => {}
            Err(Fault::Store(error)) => return Err(error),
            Err(Fault::Blog(words) | Fault::Git(words)) => self.stop(&words)?,
        }
        Ok(self.reported)
    }
}

/// A submission that an order is for, as it stands now.
#[derive(Clone)]
pub(super) struct Job {
    pub(super) order: Order,
    pub(super) submission: Submission,
    pub(super) definition: Arc<Definition>,
    pub(super) place: Place,
    /// The pages that come with the post, as far as the blog does not have them.
    pub(super) pages: Vec<NewFile>,
    /// The pictures that come with it, or go.
    pub(super) pictures: Vec<NewPicture>,
}

/// A picture of a post.
#[derive(Clone)]
pub(super) struct NewPicture {
    pub(super) path: String,
    /// Absent: it goes.
    pub(super) bytes: Option<Arc<[u8]>>,
    /// What was published there before.
    pub(super) published: Option<Arc<[u8]>>,
    /// Whether that was another one.
    pub(super) is_new: bool,
}

/// A page that comes with a post.
#[derive(Clone)]
pub(super) struct NewFile {
    pub(super) folder: String,
    pub(super) path: String,
    pub(super) title: String,
    /// Whether posts name it by its title; else by its file.
    pub(super) is_by_title: bool,
    pub(super) text: String,
}

impl Job {
    /// The branch that its commit goes to.
    pub(super) fn branch<'a>(&'a self, ground: &'a Ground) -> &'a str {
        self.place.branch.as_deref().unwrap_or(&ground.branch)
    }

    /// Why readers would not see the post on the built site in this folder: it has no page for it, or
    /// not one of its pictures. Where there is no such folder it cannot be told.
    pub(super) fn left_out(&self, site: &Path) -> Option<String> {
        if self.order.is_to_go || !site.is_dir() {
            return None;
        }
        let permalink = &self.place.permalink;
        let path = path_of(permalink);
        let below = path.split_once('/').map_or(path, |(_, below)| below);
        // A blog below a path (`baseurl`) is built without it.
        let bases = ["", &path[..path.len() - below.len()]];
        let mut bases = bases.into_iter();
        let found = bases.find_map(|base| Some((base, built(site, &path[base.len()..])?)));
        let Some((base, page)) = found else {
            return Some(format!(
                "The blog leaves this post out: its check made no page for {permalink}. Jekyll does so without an error where the date is ahead of its clock and `future: true` is not set. Or the address in the form (`post.permalink`) is not the blog’s."
            ));
        };
        // What stands in the draft is not yet what a browser asks for: some blogs put their own path before
        // an address.
        let page = fs::read(page).unwrap_or_default();
        let page = String::from_utf8_lossy(&page);
        let draft = self.submission.draft.as_str();
        let origin = self.definition.post.permalink.origin();
        let (path, address) = self.submission.pictures.keys().find_map(|path| {
            let is_in_page = addresses_of(&page, path).next().is_some();
            let mut addresses = addresses_of(if is_in_page { &page } else { draft }, path);
            let missing = addresses.find(|address| {
                let is_of_host = address.starts_with('/') && !address.starts_with("//");
                let is_here = is_of_host || address.starts_with(origin);
                let path = path_of(address).strip_prefix(base);
                is_here && path.and_then(|path| built(site, path)).is_none()
            });
            missing.map(|address| (path, address))
        })?;
        Some(format!(
            "The blog would show a broken picture: its check left no file for {address}. The picture’s place in the repository ({path}) and its address must fit the blog (`post.images` and `post.images_address` in the form’s file). A draft that is there already gets the new address when its answers are edited."
        ))
    }

    /// What its commit writes: pages and pictures first, so that the post finds them.
    pub(super) fn files(&self) -> Vec<(&str, Option<&[u8]>)> {
        let text = (!self.order.is_to_go).then_some(self.submission.draft.as_bytes());
        let pages = self.pages.iter();
        let pictures = self.pictures.iter();
        pages
            .map(|page| (page.path.as_str(), Some(page.text.as_bytes())))
            .chain(pictures.map(|picture| (picture.path.as_str(), picture.bytes.as_deref())))
            .chain([(self.place.path.as_str(), text)])
            .collect()
    }
}

/// The file of a built site that is read at this path, as it is or as a page.
fn built(site: &Path, path: &str) -> Option<PathBuf> {
    let path = path.trim_end_matches('/');
    let files = [
        path.to_owned(),
        format!("{path}.html"),
        format!("{path}/index.html"),
    ];
    let mut files = files.iter().map(|file| site.join(file));
    files.find(|file| file.is_file())
}

/// The addresses in a draft or a page that end in the name of this picture.
fn addresses_of<'a>(text: &'a str, path: &'a str) -> impl Iterator<Item = &'a str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let ends = |c: char| c.is_whitespace() || "()<>\"'".contains(c);
    let words = text.split(ends);
    words.filter(move |word| word.rsplit('/').next() == Some(name))
}

/// What of an address is behind its host.
fn path_of(address: &str) -> &str {
    let address = address.split_once("://").map_or(address, |(_, rest)| rest);
    address.split_once('/').map_or("", |(_, path)| path)
}

/// A job with which the blog fails its check, and what that said.
pub(super) struct Failed(pub(super) Job, pub(super) String);

pub(super) fn words(fault: Fault) -> String {
    match fault {
        Fault::Blog(words) | Fault::Git(words) => words,
        Fault::Store(error) => error.to_string(),
    }
}

/// The pictures that come with a post, and those that go because it no longer has them. Words where
/// one is not there.
pub(super) fn pictures(
    store: &Store,
    submission: &Submission,
    is_to_go: bool,
) -> Result<Result<Vec<NewPicture>, String>, StoreError> {
    let before = |path: &String| submission.publication.as_ref()?.pictures.get(path);
    let published = |path: &String| match before(path) {
        Some(file) => store.picture(submission.id, file),
        None => Ok(None),
    };
    let mut pictures = Vec::new();
    if !is_to_go {
        for (path, file) in &submission.pictures {
            let Some(bytes) = store.picture(submission.id, file)? else {
                return Ok(Err(format!(
                    "The picture for {path} is not there any more. Edit this, upload it again or take it out."
                )));
            };
            pictures.push(NewPicture {
                path: path.clone(),
                bytes: Some(bytes.into()),
                published: published(path)?.map(Arc::from),
                is_new: before(path) != Some(file),
            });
        }
    }
    let paths = submission.publication.iter();
    let paths = paths.flat_map(|publication| publication.pictures.keys());
    for path in paths.filter(|path| is_to_go || !submission.pictures.contains_key(*path)) {
        pictures.push(NewPicture {
            path: path.clone(),
            bytes: None,
            published: published(path)?.map(Arc::from),
            is_new: true,
        });
    }
    Ok(Ok(pictures))
}
