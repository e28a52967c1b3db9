//! What the blog's pages are called, folder by folder.

use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{
    git::{Checkout, Entry},
    programs::GitError,
};
use crate::{
    config,
    form::{Page, Vocabulary},
    text::yaml::page_title,
};

/// Changes whenever a file does: its name, inode, size and time of change.
type Stamp = (PathBuf, u64, u64, i64, i64);

/// What was read last, and what it was read from.
#[derive(Default)]
pub(super) struct Read {
    /// When the files were last looked at.
    looked: Option<Instant>,
    stamps: Vec<Stamp>,
    vocabulary: Option<Arc<Vocabulary>>,
}

/// For each folder: its pages, or those of the configuration where there is no such folder.
fn gather<E>(
    settings: &config::Blog,
    folders: &[String],
    mut pages: impl FnMut(&str) -> Result<Option<Vec<Page>>, E>,
) -> Result<Vocabulary, E> {
    let mut vocabulary = Vocabulary::default();
    for folder in folders {
        let configured = || {
            let titles = settings.pages.get(folder).into_iter().flatten();
            titles.map(|title| Page::new(title)).collect()
        };
        vocabulary.set(folder, pages(folder)?.unwrap_or_else(configured));
    }
    Ok(vocabulary)
}

/// The vocabulary of the checkout's work tree; read again when one of its files has changed. Whether
/// one has is not looked at again within `patience`.
pub(super) fn of_work_tree(
    settings: &config::Blog,
    folders: &[String],
    read: &Mutex<Read>,
    patience: Duration,
) -> Arc<Vocabulary> {
    let mut read = read.lock().unwrap_or_else(PoisonError::into_inner);
    let now = Instant::now();
    if let (Some(known), Some(looked)) = (&read.vocabulary, read.looked)
        && now.duration_since(looked) < patience
    {
        return Arc::clone(known);
    }
    read.looked = Some(now);
    let mut stamps = Vec::new();
    if let Some(path) = &settings.path {
        for folder in folders {
            walk(&path.join(folder), &mut stamps);
        }
    }
    if let Some(known) = &read.vocabulary
        && read.stamps == stamps
    {
        return Arc::clone(known);
    }
    let gathered = gather(settings, folders, |folder| {
        let folder = match &settings.path {
            Some(path) => path.join(folder),
            None => return Ok(None),
        };
        if !folder.is_dir() {
            return Ok(None);
        }
        let mut pages = Vec::new();
        for (file, ..) in stamps.iter().filter(|(file, ..)| file.starts_with(&folder)) {
            match fs::read(file) {
                Ok(text) => pages.extend(page(file, &text)),
                // Gone since, or not ours to read; the next look will tell.
                Err(error) => tracing::warn!(file = %file.display(), %error, "a page of the blog"),
            }
        }
        Ok::<_, io::Error>(Some(pages))
    });
    let vocabulary = Arc::new(gathered.unwrap_or_default());
    read.stamps = stamps;
    read.vocabulary = Some(Arc::clone(&vocabulary));
    vocabulary
}

/// The vocabulary of a commit with these files.
pub(super) fn of_commit(
    settings: &config::Blog,
    folders: &[String],
    checkout: &Checkout,
    files: &BTreeMap<String, Entry>,
) -> Result<Vocabulary, GitError> {
    gather(settings, folders, |folder| {
        let prefix = format!("{folder}/");
        let found: Vec<(&str, &str)> = files
            .range(prefix.clone()..)
            .take_while(|(file, _)| file.starts_with(&prefix))
            .filter(|(file, entry)| entry.mode.starts_with("100") && is_page(Path::new(file)))
            .map(|(file, entry)| (file.as_str(), entry.object.as_str()))
            .collect();
        if found.is_empty() {
            return Ok(None);
        }
        let objects: Vec<&str> = found.iter().map(|(_, object)| *object).collect();
        let pages = checkout
            .contents(&objects)?
            .iter()
            .zip(&found)
            .filter_map(|(text, (file, _))| page(Path::new(file), text))
            .collect();
        Ok(Some(pages))
    })
}

fn page(file: &Path, text: &[u8]) -> Option<Page> {
    let name = name(file);
    let title = page_title(&name, text)?;
    let stem = name
        .rsplit_once('.')
        .map_or(name.as_str(), |(stem, _)| stem);
    Some(Page {
        title,
        stem: stem.to_owned(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_page_is_seen_at_once_or_by_those_with_patience_later() {
        let checkout = tempfile::tempdir().unwrap();
        let folder = checkout.path().join("_topics");
        fs::create_dir(&folder).unwrap();
        let mut settings = config::Config::load(None, Vec::new()).unwrap().blog;
        settings.path = Some(checkout.path().to_owned());
        let read = Mutex::default();
        let look = |patience| of_work_tree(&settings, &["_topics".to_owned()], &read, patience);
        let hour = Duration::from_secs(3600);
        let before = look(hour);
        assert!(before.pages("_topics").is_empty());

        fs::write(folder.join("energy.md"), "---\ntitle: Energy\n---\n").unwrap();
        assert!(Arc::ptr_eq(&look(hour), &before));
        let now = look(Duration::ZERO);
        assert_eq!(now.pages("_topics").len(), 1);
        assert!(Arc::ptr_eq(&look(hour), &now));
        assert!(Arc::ptr_eq(&look(Duration::ZERO), &now));
    }
}
