//! What the blog's pages are called, as far as forms ask for them.

use std::collections::BTreeMap;

use super::PageValue;

/// The pages of the blog's folders, each folder sorted by title.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vocabulary(BTreeMap<String, Vec<Page>>);

/// A page of the blog.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Page {
    #[allow(missing_docs, reason = "the names say it")]
    pub title: String,
    /// Its file's name without the ending.
    pub stem: String,
}

/// Something to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is kept.
    pub value: String,
    /// What people read.
    pub label: String,
    /// Whether it is kept only because it was chosen when it was still there.
    pub is_gone: bool,
}

impl Choice {
    /// One whose value is what people read.
    pub fn new(text: &str) -> Self {
        Self {
            value: text.to_owned(),
            label: text.to_owned(),
            is_gone: false,
        }
    }
}

impl Page {
    /// A page of which only the title is known.
    pub fn new(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            stem: super::pattern::slug(title),
        }
    }

    /// The page as something to choose.
    pub fn choice(&self, value: PageValue) -> Choice {
        Choice {
            value: match value {
                PageValue::Title => self.title.clone(),
                PageValue::File => self.stem.clone(),
            },
            label: self.title.clone(),
            is_gone: false,
        }
    }
}

impl Vocabulary {
    /// Puts in the pages of a folder, in the place of those that were there.
    pub fn set(&mut self, folder: &str, mut pages: Vec<Page>) {
        pages.sort_by_cached_key(|page| (page.title.to_lowercase(), page.clone()));
        pages.dedup_by(|a, b| a == b);
        self.0.insert(folder.to_owned(), pages);
    }

    /// The pages of a folder; none of one that is not there.
    pub fn pages(&self, folder: &str) -> &[Page] {
        self.0.get(folder).map_or(&[], Vec::as_slice)
    }

    /// The page of this title in this folder, whatever its capitals.
    pub fn titled(&self, folder: &str, title: &str) -> Option<&Page> {
        let title = title.to_lowercase();
        self.pages(folder)
            .iter()
            .find(|page| page.title.to_lowercase() == title)
    }
}
