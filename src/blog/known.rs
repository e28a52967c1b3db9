//! What is known of the blog from its own files, at a commit: what its pages are called, folder by
//! folder, and its clock.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use jiff::{Timestamp, tz::TimeZone};

use super::{
    git::{Entry, Repository},
    programs::GitError,
};
use crate::{
    config,
    form::{Page, Vocabulary},
    text::yaml::{page_title, top_level, top_level_of_toml},
};

/// Where Jekyll's own settings stand.
const SETTINGS: &str = "_config.yml";

/// What was read at a commit.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// The commit; empty where the blog was never seen.
    pub(super) commit: String,
    /// When the remote was last seen to stand there.
    pub(super) seen: Option<Timestamp>,
    pub(super) vocabulary: Arc<Vocabulary>,
    pub(super) zone: TimeZone,
}

impl Known {
    /// Of a blog that was never seen: what the configuration says.
    pub(super) fn configured(settings: &config::Blog, folders: &[String]) -> Self {
        let mut vocabulary = Vocabulary::default();
        for folder in folders {
            vocabulary.set(folder, configured_pages(settings, folder));
        }
        Self {
            commit: String::new(),
            seen: None,
            vocabulary: Arc::new(vocabulary),
            zone: settings.timezone.clone().unwrap_or(TimeZone::UTC),
        }
    }

    /// Of this commit.
    pub(super) fn read(
        settings: &config::Blog,
        folders: &[String],
        repository: &Repository,
        commit: &str,
    ) -> Result<Self, GitError> {
        let files = repository.files(commit)?;
        let zone = match &settings.timezone {
            Some(zone) => zone.clone(),
            None => own_zone(repository, &files)?,
        };
        Ok(Self {
            commit: commit.to_owned(),
            seen: None,
            vocabulary: Arc::new(vocabulary(settings, folders, repository, &files)?),
            zone,
        })
    }
}

/// The time zone of `_config.yml`, as Jekyll reads it; UTC, in which hosts build, where it names none
/// that is known.
fn own_zone(
    repository: &Repository,
    files: &BTreeMap<String, Entry>,
) -> Result<TimeZone, GitError> {
    let Some(entry) = files.get(SETTINGS) else {
        return Ok(TimeZone::UTC);
    };
    let text = repository.contents(&[&entry.object])?.concat();
    let name = top_level(&text, "timezone");
    let zone = name.and_then(|name| TimeZone::get(&name).ok());
    Ok(zone.unwrap_or(TimeZone::UTC))
}

/// The path below which the blog is, as its own settings say it: `/stories`, or empty.
fn own_path(repository: &Repository, files: &BTreeMap<String, Entry>) -> Result<String, GitError> {
    // Of Jekyll, Hugo and Zola.
    const KEYS: [(&str, &str); 5] = [
        (SETTINGS, "baseurl"),
        ("hugo.yaml", "baseURL"),
        ("hugo.toml", "baseURL"),
        ("config.toml", "baseURL"),
        ("config.toml", "base_url"),
    ];
    for (file, key) in KEYS {
        let Some(entry) = files.get(file) else {
            continue;
        };
        let text = repository.contents(&[&entry.object])?.concat();
        let value = match file.ends_with(".toml") {
            true => top_level_of_toml(&text, key),
            false => top_level(&text, key),
        };
        let Some(value) = value else {
            continue;
        };
        let path = match value.split_once("://") {
            Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
            None => value.as_str(),
        };
        let path = path.trim_matches('/');
        return Ok(match path {
            "" => String::new(),
            path => format!("/{path}"),
        });
    }
    Ok(String::new())
}

/// What the pages of a commit with these files are called; where it has no such folder, what the
/// configuration says.
pub(super) fn vocabulary(
    settings: &config::Blog,
    folders: &[String],
    repository: &Repository,
    files: &BTreeMap<String, Entry>,
) -> Result<Vocabulary, GitError> {
    let mut vocabulary = Vocabulary::default();
    vocabulary.set_files(files.keys().map(String::as_str));
    vocabulary.set_path(own_path(repository, files)?);
    for folder in folders {
        let prefix = format!("{folder}/");
        let found: Vec<(&str, &str)> = files
            .range(prefix.clone()..)
            .take_while(|(file, _)| file.starts_with(&prefix))
            .filter(|(file, entry)| {
                entry.mode.starts_with("100") && is_listed(&file[prefix.len()..])
            })
            .map(|(file, entry)| (&file[prefix.len()..], entry.object.as_str()))
            .collect();
        if found.is_empty() {
            vocabulary.set(folder, configured_pages(settings, folder));
            continue;
        }
        let objects: Vec<&str> = found.iter().map(|(_, object)| *object).collect();
        let texts = repository.contents(&objects)?;
        let pages = texts.iter().zip(&found);
        let pages = pages.filter_map(|(text, (file, _))| page(file, text));
        vocabulary.set(folder, pages.collect());
    }
    Ok(vocabulary)
}

fn configured_pages(settings: &config::Blog, folder: &str) -> Vec<Page> {
    let titles = settings.pages.get(folder).into_iter().flatten();
    titles.map(|title| Page::new(title)).collect()
}

/// Of a page that has a folder of its own, with its pictures, that folder: it is called as that is.
/// Hugo and Zola have such.
fn own_folder(file: &str) -> Option<&str> {
    ["/index.md", "/_index.md"]
        .iter()
        .find_map(|name| file.strip_suffix(name))
}

/// Whether a form may offer this file of a folder.
fn is_listed(file: &str) -> bool {
    is_page(own_folder(file).unwrap_or(file))
}

fn page(file: &str, text: &[u8]) -> Option<Page> {
    let file = own_folder(file).unwrap_or(file);
    let name = file.rsplit('/').next().unwrap_or(file);
    let title = page_title(name, text)?;
    let stem = Path::new(name).file_stem().unwrap_or_default();
    Some(Page {
        title,
        stem: stem.to_string_lossy().into_owned(),
    })
}

/// Jekyll leaves out what begins with one of these or ends in `~`, folders too.
pub(super) fn is_page(path: &str) -> bool {
    path.split('/')
        .all(|part| !part.starts_with(['.', '_', '#']) && !part.ends_with('~'))
}
