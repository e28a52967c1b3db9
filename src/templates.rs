//! Every template: compiled in by reading the folder `templates/`, replaced by files of the working
//! directory's `templates/` folder, loaded and tried at start.
//!
//! Knows nothing about what the templates are for. A name's ending says how values are written:
//! in `.html` they are escaped as HTML, in `.md`, the templates of posts, as Markdown, in `.txt`
//! not at all. Templates include and extend those of the same kind only.

mod filters;
mod posts;

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write as _},
    path::Path,
};

use flate2::{Compression, write::GzEncoder};
use include_dir::{Dir, include_dir};
use serde::Serialize;
use sha2::{Digest, Sha256};
use tera::{Context, ErrorKind, Tera};

use crate::{post::Post, text::hex};

/// Every template and asset as compiled in.
static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// The folder of style sheets and scripts below `templates/`.
const ASSETS: &str = "assets/";

/// Where files stand that replace the embedded ones: `templates/` in the working directory.
pub const FOLDER: &str = "templates";

/// A template that cannot be used, by name and line.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// Its text is not a template, or does not fit what it is given.
    #[error("templates/{name}, line {line}: {message}")]
    Broken {
        /// Its name below `templates/`.
        name: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// It has no line to point at.
    #[error("templates/{name}: {message}")]
    Unfit {
        /// Its name below `templates/`.
        name: String,
        /// What is wrong.
        message: String,
    },
    /// Its file could not be read.
    #[error("templates/{name}: {cause}")]
    Unreadable {
        /// Its name below `templates/`.
        name: String,
        /// Why.
        cause: io::Error,
    },
}

impl TemplateError {
    fn new(name: &str, error: &tera::Error) -> Self {
        match error.kind() {
            ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => Self::Broken {
                name: report.filename().to_owned(),
                line: report.span().start_line,
                message: report.message().to_owned(),
            },
            ErrorKind::MissingParent { current: name, .. }
            | ErrorKind::CircularExtend { tpl: name, .. }
            | ErrorKind::CircularInclude { tpl: name, .. } => Self::Unfit {
                name: name.clone(),
                message: error.to_string(),
            },
            other => Self::reported(&other.to_string()).unwrap_or_else(|| Self::Unfit {
                name: name.to_owned(),
                message: other.to_string(),
            }),
        }
    }

    /// From the library's words `error: MESSAGE`, `--> NAME:LINE:COLUMN`, which are all that there
    /// is of an unknown filter, test, function, component or included template.
    fn reported(report: &str) -> Option<Self> {
        let mut lines = report.lines();
        let message = lines.next()?.strip_prefix("error: ")?;
        let place = lines.find_map(|line| line.trim_start().strip_prefix("--> "))?;
        let mut place = place.rsplitn(3, ':').skip(1);
        Some(Self::Broken {
            line: place.next()?.parse().ok()?,
            name: place.next()?.to_owned(),
            message: message.to_owned(),
        })
    }
}

/// All templates, ready to render.
pub struct Templates {
    /// Of pages and mail.
    pages: Tera,
    /// Of posts: in these a value is Markdown only where a filter made it so.
    posts: Tera,
    /// Name below `templates/` → text, of templates and assets.
    sources: BTreeMap<String, String>,
    /// Name below `assets/` → what changes whenever its text does.
    versions: BTreeMap<String, String>,
    /// Name below `assets/` → the text compressed by gzip, as small as that makes it.
    compressed: BTreeMap<String, Vec<u8>>,
}

impl Templates {
    /// Loads all templates: what is compiled in, in its place the file of that name in `folder` if
    /// it is there, and what else that folder holds of templates (`.md`, `.html`, `.txt`).
    ///
    /// # Errors
    /// The first template that cannot be read or parsed, by name and line.
    pub fn load(folder: &Path) -> Result<Self, TemplateError> {
        let mut sources = BTreeMap::new();
        embedded(&EMBEDDED, &mut sources)?;
        for (name, text) in &mut sources {
            match fs::read_to_string(folder.join(name)) {
                Ok(own) => *text = tidy(&own),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(cause) => return Err(unreadable(name, cause)),
            }
        }
        additional(folder, "", &mut sources)?;

        let of = |wanted: fn(&str) -> bool| {
            sources
                .iter()
                .filter(move |(name, _)| !name.starts_with(ASSETS) && wanted(name))
        };
        let mut pages = Tera::new();
        pages
            .add_raw_templates(of(|name| !is_of_post(name)))
            .map_err(|error| TemplateError::new("", &error))?;
        let mut posts = Tera::new();
        posts.autoescape_on([".md"]);
        posts.set_escape_fn(filters::escape);
        posts.register_filter("yaml", filters::yaml);
        posts.register_filter("yaml_quoted", filters::yaml_quoted);
        posts.register_filter("markdown", filters::markdown);
        posts.register_filter("kramdown", filters::kramdown);
        posts.register_filter("commonmark", filters::commonmark);
        posts
            .add_raw_templates(of(is_of_post))
            .map_err(|error| TemplateError::new("", &error))?;
        let assets = || {
            sources
                .iter()
                .filter_map(|(name, text)| Some((name.strip_prefix(ASSETS)?.to_owned(), text)))
        };
        let versions = assets()
            .map(|(name, text)| (name, hex(&Sha256::digest(text.as_bytes())[..6])))
            .collect();
        let compressed = assets()
            .filter_map(|(name, text)| Some((name, compress(text).ok()?)))
            .collect();
        Ok(Self {
            pages,
            posts,
            sources,
            versions,
            compressed,
        })
    }

    /// Renders the template of this name.
    ///
    /// # Errors
    /// When the template does not fit `context`: a name that is not there, a wrong type.
    pub fn render(&self, name: &str, context: &impl Serialize) -> Result<String, TemplateError> {
        let tera = if is_of_post(name) {
            &self.posts
        } else {
            &self.pages
        };
        Context::from_serialize(context)
            .and_then(|context| tera.render(name, &context))
            .map_err(|error| TemplateError::new(name, &error))
    }

    /// Renders the file of a post.
    ///
    /// # Errors
    /// When the template does not fit, or there is none of this name.
    pub fn render_post(&self, name: &str, post: &Post) -> Result<String, TemplateError> {
        self.posts
            .render(name, &posts::context(post))
            .map_err(|error| TemplateError::new(name, &error))
    }

    /// Renders the file of a page that comes with a post.
    ///
    /// # Errors
    /// When the template does not fit, or there is none of this name.
    pub fn render_page(
        &self,
        name: &str,
        title: &str,
        slug: &str,
    ) -> Result<String, TemplateError> {
        self.render(name, &BTreeMap::from([("title", title), ("slug", slug)]))
    }

    /// The text of the template of this name, as it was loaded.
    pub fn source(&self, name: &str) -> Option<&str> {
        self.sources
            .get(name)
            .filter(|_| !name.starts_with(ASSETS))
            .map(String::as_str)
    }

    /// The names of all templates, as in `letters/receipt/body.txt`, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.sources
            .keys()
            .map(String::as_str)
            .filter(|name| !name.starts_with(ASSETS))
    }

    /// The style sheet or script of this name, without `assets/`.
    pub fn asset(&self, name: &str) -> Option<&str> {
        self.sources
            .get(&format!("{ASSETS}{name}"))
            .map(String::as_str)
    }

    /// The same compressed by gzip.
    pub fn compressed_asset(&self, name: &str) -> Option<&[u8]> {
        self.compressed.get(name).map(Vec::as_slice)
    }

    /// What changes whenever the text of this style sheet or script does.
    pub fn asset_version(&self, name: &str) -> Option<&str> {
        self.versions.get(name).map(String::as_str)
    }
}

/// By gzip (RFC 1952), as small as it gets.
fn compress(text: &str) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes())?;
    encoder.finish()
}

fn is_of_post(name: &str) -> bool {
    name.ends_with(".md")
}

/// Leaves out what an editing program keeps beside a template.
fn is_template(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    !file.starts_with('.')
        && [".md", ".html", ".txt"]
            .iter()
            .any(|end| file.ends_with(end))
}

fn unreadable(name: &str, cause: io::Error) -> TemplateError {
    TemplateError::Unreadable {
        name: name.to_owned(),
        cause,
    }
}

/// What is compiled in.
fn embedded(
    folder: &'static Dir<'static>,
    sources: &mut BTreeMap<String, String>,
) -> Result<(), TemplateError> {
    for file in folder.files() {
        let name = file.path().to_string_lossy();
        if !is_template(&name) && !name.starts_with(ASSETS) {
            continue;
        }
        let text = file.contents_utf8().ok_or_else(|| TemplateError::Unfit {
            name: name.to_string(),
            message: "it is not text in UTF-8".to_owned(),
        })?;
        sources.insert(name.to_string(), text.to_owned());
    }
    folder.dirs().try_for_each(|dir| embedded(dir, sources))
}

/// The templates in the folder `below` of `folder` that have no counterpart compiled in.
fn additional(
    folder: &Path,
    below: &str,
    sources: &mut BTreeMap<String, String>,
) -> Result<(), TemplateError> {
    let place = folder.join(below);
    let entries = match fs::read_dir(&place) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(cause) => return Err(unreadable(below, cause)),
    };
    for entry in entries {
        let entry = entry.map_err(|cause| unreadable(below, cause))?;
        // A name that is not UTF-8 is none that anything could ask for.
        let Some(name) = entry
            .file_name()
            .to_str()
            .map(|file| format!("{below}{file}"))
        else {
            continue;
        };
        // A link to a folder is not followed: it could lead round in a circle.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            additional(folder, &format!("{name}/"), sources)?;
        } else if is_template(&name) && !sources.contains_key(&name) {
            let text =
                fs::read_to_string(entry.path()).map_err(|cause| unreadable(&name, cause))?;
            sources.insert(name, tidy(&text));
        }
    }
    Ok(())
}

/// Without what programs of Windows write: a byte order mark, and line ends of two characters. Neither
/// belongs into a post.
fn tidy(text: &str) -> String {
    text.trim_start_matches('\u{feff}').replace("\r\n", "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_compiled_in() {
        let templates = Templates::load(Path::new("no such folder")).expect("what is compiled in");
        let names: Vec<&str> = templates.names().collect();
        for name in ["post.md", "form.html", "letters/receipt/body.txt"] {
            assert!(names.contains(&name), "{name}");
        }
        assert!(templates.asset("style.css").is_some());
        assert!(templates.source("assets/style.css").is_none());
        assert!(templates.asset("no.css").is_none());
    }

    #[test]
    fn own_files_win_one_by_one_and_further_ones_are_loaded() {
        let folder = tempfile::tempdir().expect("a folder");
        let own = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        };
        own("letters/receipt/subject.txt", "Ours");
        own("posts/case.md", "# {{ title }}");
        own("posts/.case.md.swp", "{{ broken");
        own("notes.yaml", "{{ broken");
        let templates = Templates::load(folder.path()).expect("good templates");
        let subject =
            templates.render("letters/receipt/subject.txt", &BTreeMap::from([("x", "y")]));
        assert_eq!(subject.expect("a subject"), "Ours");
        assert_eq!(templates.source("posts/case.md"), Some("# {{ title }}"));
        assert!(templates.source("letters/receipt/body.txt").is_some());
        assert_eq!(
            templates
                .names()
                .filter(|name| name.contains("case"))
                .count(),
            1
        );

        own("posts/bad.md", "\n{{ x | unknown }}");
        let error = Templates::load(folder.path()).map(drop).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("templates/posts/bad.md, line 2:"),
            "{error}"
        );
    }
}
