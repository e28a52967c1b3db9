//! The posts that stand on the blog, by what new submissions are compared with them: title, address
//! and text. Read by the job, at a commit; whoever asks finds them in memory.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError},
};

use super::{
    Blog,
    git::{Entry, Repository},
    known::is_page,
    programs::GitError,
    work::words,
};
use crate::{
    form::Definition,
    text::{
        alike::{Likeness, Marks},
        front_matter::body,
        yaml::page_title,
    },
};

/// So many posts of a folder are known, those with the last names: of dated files the newest. They
/// take some 5 KB each.
const MOST: usize = 5_000;
/// How many that are like something are told.
const MOST_TOLD: usize = 3;
/// How many of those with the most of a text are compared.
const MOST_COMPARED: usize = 20;

/// What is known of the posts at a commit.
#[derive(Default)]
pub(super) struct Posts {
    commit: String,
    /// By the names of forms' folders.
    folders: BTreeMap<String, Folder>,
}

/// The posts of a folder.
#[derive(Default)]
struct Folder {
    posts: Vec<Post>,
    /// The posts by the numbers of their titles, in order.
    titles: Vec<(i64, u32)>,
    /// The posts by the shingles of their texts, in order. Half of each shingle tells enough: by
    /// chance one in a thousand is taken for another.
    shingles: Vec<(u32, u32)>,
}

/// A post.
struct Post {
    path: String,
    title: String,
    /// Of its title alone.
    marks: Marks,
    /// How many shingles its text has.
    length: usize,
}

/// A post that is like something.
#[derive(Debug, Clone)]
pub struct PostAlike {
    /// Its file in the repository.
    pub path: String,
    #[allow(missing_docs, reason = "the names say it")]
    pub title: String,
    /// What they have in common.
    pub likeness: Likeness,
}

impl Blog {
    /// Reads the posts of the commit at which the blog was seen last, where they were not read yet.
    ///
    /// # Errors
    /// In words, when they cannot be read.
    pub fn read_posts(&self) -> Result<(), String> {
        let commit = self.known().commit.clone();
        if commit.is_empty() || self.posts().commit == commit {
            return Ok(());
        }
        let access = self.access.clone().ok_or("There is no repository.")?;
        let Some(repository) = Repository::to_read(&self.folder, access) else {
            return Ok(());
        };
        let read = || {
            let files = repository.files(&commit)?;
            let mut folders = BTreeMap::new();
            for definition in self.forms.all() {
                let folder = definition.post.path.folder();
                if !folder.is_empty() && !folders.contains_key(folder) {
                    let posts = Folder::read(&repository, &files, folder, definition)?;
                    folders.insert(folder.to_owned(), posts);
                }
            }
            Ok(folders)
        };
        let folders = read().map_err(|error: GitError| words(error.into()))?;
        let mut posts = self.posts.lock().unwrap_or_else(PoisonError::into_inner);
        *posts = Arc::new(Posts { commit, folders });
        Ok(())
    }

    /// The posts that are like a submission with these marks and this slug, those first that have the
    /// most in common with it.
    pub fn posts_like(&self, definition: &Definition, marks: &Marks, slug: &str) -> Vec<PostAlike> {
        let posts = self.posts();
        let folder = posts.folders.get(definition.post.path.folder());
        folder.map_or_else(Vec::new, |folder| folder.like(marks, slug))
    }

    /// The title of the post in this file, if there is one in a folder of a form's posts.
    pub fn title_of_post(&self, path: &str) -> Option<String> {
        let posts = self.posts();
        let mut folders = posts.folders.values();
        let post = folders.find_map(|folder| folder.posts.iter().find(|post| post.path == path));
        post.map(|post| post.title.clone())
    }

    /// The text of the file of a post, front matter and all.
    ///
    /// # Errors
    /// In words, when there is no such post, or it cannot be read.
    pub fn post(&self, path: &str) -> Result<String, String> {
        let gone = || format!("{path} is not on the blog any more.");
        let access = self.access.clone().ok_or_else(gone)?;
        self.title_of_post(path).ok_or_else(gone)?;
        let commit = self.posts().commit.clone();
        let repository = Repository::to_read(&self.folder, access).ok_or_else(gone)?;
        let text = repository.text_at(&commit, path);
        let text = text
            .map_err(|error| words(error.into()))?
            .ok_or_else(gone)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    fn posts(&self) -> Arc<Posts> {
        let posts = self.posts.lock();
        Arc::clone(&posts.unwrap_or_else(PoisonError::into_inner))
    }
}

impl Folder {
    fn read(
        repository: &Repository,
        files: &BTreeMap<String, Entry>,
        folder: &str,
        definition: &Definition,
    ) -> Result<Self, GitError> {
        let prefix = format!("{folder}/");
        let mut found: Vec<(&str, &str)> = files
            .range(prefix.clone()..)
            .take_while(|(file, _)| file.starts_with(&prefix))
            .filter(|(file, entry)| entry.mode.starts_with("100") && is_page(&file[prefix.len()..]))
            .map(|(file, entry)| (file.as_str(), entry.object.as_str()))
            .collect();
        found.drain(..found.len().saturating_sub(MOST));
        let mut read = Self::default();
        // Some at a time, so that their texts are not all in memory at once.
        for some in found.chunks(200) {
            let objects: Vec<&str> = some.iter().map(|(_, object)| *object).collect();
            let texts = repository.contents(&objects)?;
            for ((file, _), text) in some.iter().zip(&texts) {
                read.add(file, text, definition);
            }
        }
        read.titles.sort_unstable();
        read.shingles.sort_unstable();
        read.shingles.shrink_to_fit();
        Ok(read)
    }

    fn add(&mut self, file: &str, text: &[u8], definition: &Definition) {
        let name = file.rsplit('/').next().unwrap_or(file);
        let (Some(title), Ok(number)) = (page_title(name, text), u32::try_from(self.posts.len()))
        else {
            return;
        };
        let text = String::from_utf8_lossy(text);
        let marks = Marks::new(definition.title_in_short(&title), [], body(&text));
        let shingles = marks.text().shingles();
        self.shingles.extend(shingles.map(|it| (half(it), number)));
        let names = marks.title_names().into_iter();
        self.titles.extend(names.map(|name| (name, number)));
        self.posts.push(Post {
            path: file.to_owned(),
            length: marks.text().len(),
            title,
            marks: marks.without_text(),
        });
    }

    fn like(&self, marks: &Marks, slug: &str) -> Vec<PostAlike> {
        let mut shared: BTreeMap<u32, usize> = BTreeMap::new();
        for shingle in marks.text().shingles() {
            for number in with(&self.shingles, half(shingle)) {
                *shared.entry(number).or_default() += 1;
            }
        }
        let mut most: Vec<(u32, usize)> = shared.into_iter().collect();
        most.sort_unstable_by_key(|(number, shared)| (usize::MAX - shared, *number));
        most.truncate(MOST_COMPARED);
        for name in marks.title_names() {
            for number in with(&self.titles, name).take(MOST_COMPARED) {
                if !most.iter().any(|(other, _)| *other == number) {
                    most.push((number, 0));
                }
            }
        }
        let mut alike: Vec<PostAlike> = most
            .into_iter()
            .filter_map(|(number, shared)| {
                let post = self.posts.get(number as usize)?;
                let length = marks.text().len();
                let likeness = Likeness {
                    text: marks.text().is_mostly_in(shared, length.min(post.length)),
                    address: !slug.is_empty() && is_named(&post.path, slug),
                    ..marks.likeness(&post.marks)
                };
                likeness.is_any().then(|| PostAlike {
                    path: post.path.clone(),
                    title: post.title.clone(),
                    likeness,
                })
            })
            .collect();
        alike.sort_by_key(|post| u8::MAX - post.likeness.points());
        alike.truncate(MOST_TOLD);
        alike
    }
}

/// Whether the file has this slug after its date, if it has one.
fn is_named(path: &str, slug: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let dated = stem.get("2026-01-01-".len()..);
    stem == slug || dated == Some(slug)
}

/// The posts that stand under this.
fn with<T: Ord + Copy>(sorted: &[(T, u32)], under: T) -> impl Iterator<Item = u32> {
    let from = sorted.partition_point(|(other, _)| *other < under);
    let found = sorted[from..].iter();
    found
        .take_while(move |(other, _)| *other == under)
        .map(|(_, number)| *number)
}

#[allow(clippy::cast_possible_truncation, reason = "half of it is wanted")]
fn half(shingle: u64) -> u32 {
    shingle as u32
}
