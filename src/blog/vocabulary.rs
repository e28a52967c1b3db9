//! What the blog's pages are called: its topics, projects and authors.

use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    git::{Checkout, Entry},
    programs::GitError,
};
use crate::{config, text::yaml::page_title};

/// The titles of the blog's pages, each once, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Vocabulary {
    pub topics: Vec<String>,
    pub projects: Vec<String>,
    pub authors: Vec<String>,
}

const TOPICS: &str = "_topics";
const PROJECTS: &str = "_projects";
const AUTHORS: &str = "_people";

/// Changes whenever a file does: its name, inode, size and time of change.
type Stamp = (PathBuf, u64, u64, i64, i64);

/// What was read last, and what it was read from.
#[derive(Default)]
pub(super) struct Read {
    stamps: Vec<Stamp>,
    vocabulary: Option<Arc<Vocabulary>>,
}

impl Vocabulary {
    /// For each folder: the titles of its pages, or the configured list where there is no such
    /// folder.
    fn gather<E>(
        settings: &config::Blog,
        mut titles: impl FnMut(&'static str) -> Result<Option<Vec<String>>, E>,
    ) -> Result<Self, E> {
        let mut list = |folder, configured: &[String]| {
            let Some(mut titles) = titles(folder)? else {
                return Ok(configured.to_vec());
            };
            titles.sort_by_cached_key(|title| (title.to_lowercase(), title.clone()));
            titles.dedup();
            Ok(titles)
        };
        Ok(Self {
            topics: list(TOPICS, &settings.topics)?,
            projects: list(PROJECTS, &settings.projects)?,
            authors: list(AUTHORS, &settings.authors)?,
        })
    }
}

/// The vocabulary of the checkout's work tree; read again when one of its files has changed.
pub(super) fn of_work_tree(settings: &config::Blog, read: &Mutex<Read>) -> Arc<Vocabulary> {
    let mut read = read.lock().unwrap_or_else(PoisonError::into_inner);
    let mut stamps = Vec::new();
    if let Some(path) = &settings.path {
        for folder in [TOPICS, PROJECTS, AUTHORS] {
            walk(&path.join(folder), &mut stamps);
        }
    }
    if let Some(known) = &read.vocabulary
        && read.stamps == stamps
    {
        return Arc::clone(known);
    }
    let gathered = Vocabulary::gather(settings, |folder| {
        let folder = match &settings.path {
            Some(path) => path.join(folder),
            None => return Ok(None),
        };
        if !folder.is_dir() {
            return Ok(None);
        }
        let mut titles = Vec::new();
        for (file, ..) in stamps.iter().filter(|(file, ..)| file.starts_with(&folder)) {
            match fs::read(file) {
                Ok(text) => titles.extend(page_title(&name(file), &text)),
                // Gone since, or not ours to read; the next look will tell.
                Err(error) => tracing::warn!(file = %file.display(), %error, "a page of the blog"),
            }
        }
        Ok::<_, io::Error>(Some(titles))
    });
    let vocabulary = Arc::new(gathered.unwrap_or_default());
    read.stamps = stamps;
    read.vocabulary = Some(Arc::clone(&vocabulary));
    vocabulary
}

/// The vocabulary of a commit with these files.
pub(super) fn of_commit(
    settings: &config::Blog,
    checkout: &Checkout,
    files: &BTreeMap<String, Entry>,
) -> Result<Vocabulary, GitError> {
    Vocabulary::gather(settings, |folder| {
        let prefix = format!("{folder}/");
        let pages: Vec<(&str, &str)> = files
            .range(prefix.clone()..)
            .take_while(|(file, _)| file.starts_with(&prefix))
            .filter(|(file, entry)| entry.mode.starts_with("100") && is_page(Path::new(file)))
            .map(|(file, entry)| (file.as_str(), entry.object.as_str()))
            .collect();
        if pages.is_empty() {
            return Ok(None);
        }
        let objects: Vec<&str> = pages.iter().map(|(_, object)| *object).collect();
        let titles = checkout
            .contents(&objects)?
            .iter()
            .zip(&pages)
            .filter_map(|(text, (file, _))| page_title(&name(Path::new(file)), text))
            .collect();
        Ok(Some(titles))
    })
}

fn walk(folder: &Path, stamps: &mut Vec<Stamp>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    paths.sort();
    for path in paths {
        let Ok(about) = fs::metadata(&path) else {
            continue;
        };
        if !is_page(&path) {
            continue;
        }
        if about.is_dir() {
            walk(&path, stamps);
        } else if about.is_file() {
            stamps.push((
                path,
                about.ino(),
                about.size(),
                about.ctime(),
                about.ctime_nsec(),
            ));
        }
    }
}

/// Jekyll leaves out what begins with one of these or ends in `~`.
fn is_page(path: &Path) -> bool {
    let name = name(path);
    !name.starts_with(['.', '_', '#']) && !name.ends_with('~')
}

fn name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}
