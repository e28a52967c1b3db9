//! What the blog's pages are called, as far as forms ask for them.

use std::collections::{BTreeMap, BTreeSet};

use super::PageValue;

/// The pages of the blog's folders, each folder sorted by title, and the addresses of all its pages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vocabulary {
    folders: BTreeMap<String, Vec<Page>>,
    addresses: BTreeSet<String>,
    path: String,
}

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
        self.folders.insert(folder.to_owned(), pages);
    }

    /// The pages of a folder; none of one that is not there.
    pub fn pages(&self, folder: &str) -> &[Page] {
        self.folders.get(folder).map_or(&[], Vec::as_slice)
    }

    /// Puts in the files of the blog's repository, from which the addresses of its pages are told.
    pub fn set_files<'a>(&mut self, files: impl Iterator<Item = &'a str>) {
        let files: Vec<&str> = files.collect();
        self.addresses = files.iter().copied().filter_map(address).collect();
        // With Hugo and Zola, what is in `static/` is at the top.
        let settings = ["hugo.toml", "hugo.yaml", "config.toml"];
        if settings.iter().any(|file| files.contains(file)) {
            let top = files.iter().filter_map(|file| file.strip_prefix("static/"));
            self.addresses.extend(top.map(str::to_owned));
        }
    }

    /// Puts in the path below which the blog is, as in `/stories`; empty at the root of its host.
    pub fn set_path(&mut self, path: String) {
        self.path = path;
    }

    /// From the root of the blog's host, the path at which it has this page or file, which may be written
    /// with the blog's own path or without. `post` is where its posts are: where that is not below the
    /// blog's own path, readers don't find the blog there.
    pub fn whole_path(&self, path: &str, post: &str) -> Option<String> {
        let is_inside = |path: &str| {
            let rest = path.strip_prefix(&self.path);
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        if self.path.is_empty() || !is_inside(post) {
            return self.has_page(path).then(|| path.to_owned());
        }
        if is_inside(path) && self.has_page(&path[self.path.len()..]) {
            return Some(path.to_owned());
        }
        self.has_page(path).then(|| format!("{}{path}", self.path))
    }

    /// Whether the blog has a page, or another file, at this path, as in `/projects/name#part`.
    pub fn has_page(&self, path: &str) -> bool {
        let path = path.split(['#', '?']).next().unwrap_or_default();
        let path = path.strip_suffix("index.html").unwrap_or(path);
        let path = path.strip_suffix(".html").unwrap_or(path);
        let Some(path) = path.strip_prefix('/') else {
            return false;
        };
        let path = path.trim_end_matches('/');
        if path.is_empty() {
            return !self.addresses.is_empty();
        }
        // A post stands below its categories: `blog/2026/03/31/name`.
        let mut last = path.rsplitn(5, '/').take(4).collect::<Vec<_>>();
        last.reverse();
        self.addresses.contains(path) || self.addresses.contains(&format!("*/{}", last.join("/")))
    }

    /// The page of this title in this folder, whatever its capitals.
    pub fn titled(&self, folder: &str, title: &str) -> Option<&Page> {
        let title = title.to_lowercase();
        self.pages(folder)
            .iter()
            .find(|page| page.title.to_lowercase() == title)
    }
}

/// Where the blog shows a file of its repository: without `/` at the ends; a post of Jekyll, which
/// stands below its categories, with `*/` in front. `None` of what is no page.
fn address(file: &str) -> Option<String> {
    const PAGES: [&str; 4] = [".md", ".markdown", ".html", ".htm"];
    const PARTS: [&str; 6] = [
        "_includes",
        "_layouts",
        "_data",
        "_sass",
        "_drafts",
        "_plugins",
    ];
    let is_hidden = |part: &str| part.starts_with(['.', '#']) || part.ends_with('~');
    let (folder, rest) = file.split_once('/').unwrap_or(("", file));
    if file.split('/').any(is_hidden) || PARTS.contains(&folder) || rest.starts_with('_') {
        return None;
    }
    let stem = PAGES.iter().find_map(|ending| file.strip_suffix(ending));
    if folder == "_posts" {
        let name = stem?.rsplit('/').next()?;
        let mut parts = name.splitn(4, '-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        return Some(format!("*/{year}/{month}/{day}/{}", parts.next()?));
    }
    let collection = file
        .strip_prefix('_')
        .or_else(|| file.strip_prefix("content/"));
    match (stem, collection) {
        (Some(stem), _) => {
            let stem = stem.strip_prefix('_').unwrap_or(stem);
            let stem = stem.strip_prefix("content/").unwrap_or(stem);
            let stem = stem
                .strip_suffix("index")
                .map_or(stem, |it| it.trim_end_matches('/'));
            Some(stem.to_owned()).filter(|stem| !stem.is_empty())
        }
        (None, None) => Some(file.to_owned()),
        (None, Some(_)) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_found_where_the_blog_shows_them() {
        let mut blog = Vocabulary::default();
        assert!(!blog.has_page("/"));
        let files = [
            "_projects/a-project.md",
            "_posts/2026/2026-03-31-a-day-out.md",
            "_layouts/post.html",
            "about.md",
            "events/index.html",
            "assets/report.pdf",
            "content/news/b.md",
            "_projects/.hidden.md",
        ];
        blog.set_files(files.into_iter());
        for there in [
            "/projects/a-project",
            "/projects/a-project/",
            "/projects/a-project.html#top",
            "/blog/2026/03/31/a-day-out",
            "/2026/03/31/a-day-out.html",
            "/about?x=1",
            "/events/",
            "/events/index.html",
            "/assets/report.pdf",
            "/news/b",
            "/",
        ] {
            assert!(blog.has_page(there), "{there}");
        }
        for gone in [
            "/projects",
            "/projects/other",
            "/layouts/post",
            "/blog/2026/03/30/a-day-out",
            "/projects/.hidden",
            "about",
            "#top",
        ] {
            assert!(!blog.has_page(gone), "{gone}");
        }
        let whole = |blog: &Vocabulary, path: &str| blog.whole_path(path, "/stories/{slug}");
        assert_eq!(whole(&blog, "/about").as_deref(), Some("/about"));
        blog.set_path("/stories".to_owned());
        for path in ["/about", "/stories/about"] {
            assert_eq!(whole(&blog, path).as_deref(), Some("/stories/about"));
        }
        assert_eq!(whole(&blog, "/storiesabout"), None);
        let elsewhere = blog.whole_path("/about", "/{slug}");
        assert_eq!(elsewhere.as_deref(), Some("/about"));

        for settings in ["hugo.toml", "hugo.yaml", "config.toml"] {
            blog.set_files([settings, "static/img/a.png"].into_iter());
            assert!(blog.has_page("/img/a.png"), "{settings}");
        }
    }
}
