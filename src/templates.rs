//! Every template: embedded in the binary, replaced by files of the working directory's
//! `templates/` folder, loaded and tried at start.
//!
//! Knows nothing about what the templates are for. Names that end in `.html` are escaped.

use std::{fs, io, path::Path};

use serde::Serialize;
use tera::{Context, ErrorKind, Kwargs, State, Tera};

use crate::post;

macro_rules! embedded {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../templates/", $name)))),*]
    };
}

/// Name and text of every template and asset as compiled in.
const EMBEDDED: &[(&str, &str)] = embedded![
    "post.md",
    "base.html",
    "form.html",
    "check.html",
    "preview.html",
    "mine.html",
    "message.html",
    "mailbox.html",
    "captured.html",
    "sign_in.html",
    "desk_base.html",
    "desk.html",
    "review.html",
    "decide.html",
    "several.html",
    "desk_edit.html",
    "mine_edit.html",
    "edit_fields.html",
    "fields.html",
    "changes.html",
    "lost.html",
    "letters/sign_in/subject.txt",
    "letters/sign_in/body.txt",
    "letters/letter.html",
    "letters/closing.txt",
    "letters/received/subject.txt",
    "letters/received/body.txt",
    "letters/receipt/subject.txt",
    "letters/receipt/body.txt",
    "letters/approved/subject.txt",
    "letters/approved/body.txt",
    "letters/changes_requested/subject.txt",
    "letters/changes_requested/body.txt",
    "letters/declined/subject.txt",
    "letters/declined/body.txt",
    "letters/taken_back/subject.txt",
    "letters/taken_back/body.txt",
    "letters/published/subject.txt",
    "letters/published/body.txt",
    "letters/taken_down/subject.txt",
    "letters/taken_down/body.txt",
    "letters/link/subject.txt",
    "letters/link/body.txt",
    "letters/corrected/subject.txt",
    "letters/corrected/body.txt",
    "letters/resubmitted/subject.txt",
    "letters/resubmitted/body.txt",
    "letters/accepted/subject.txt",
    "letters/accepted/body.txt",
    "letters/suggested/subject.txt",
    "letters/suggested/body.txt",
    "letters/withdrawn/subject.txt",
    "letters/withdrawn/body.txt",
    "letters/erased/subject.txt",
    "letters/erased/body.txt",
    "assets/style.css",
    "assets/form.js",
];

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
    tera: Tera,
    assets: Vec<(&'static str, String)>,
}

impl Templates {
    /// Loads all templates: the file of that name in `folder` if it is there, else the embedded
    /// text.
    ///
    /// # Errors
    /// The first template that cannot be read or parsed, by name and line.
    pub fn load(folder: &Path) -> Result<Self, TemplateError> {
        let mut tera = Tera::new();
        tera.register_filter("yaml", |text: &str, _: Kwargs, _: &State| {
            post::yaml_string(text)
        });
        tera.register_filter("yaml_quoted", |text: &str, _: Kwargs, _: &State| {
            post::yaml_quoted(text)
        });
        let mut sources = Vec::new();
        let mut assets = Vec::new();
        for (name, embedded) in EMBEDDED {
            let text = match fs::read_to_string(folder.join(name)) {
                Ok(text) => text,
                Err(error) if error.kind() == io::ErrorKind::NotFound => (*embedded).to_owned(),
                Err(cause) => {
                    return Err(TemplateError::Unreadable {
                        name: (*name).to_owned(),
                        cause,
                    });
                }
            };
            if name.starts_with("assets/") {
                assets.push((*name, text));
            } else {
                sources.push((*name, text));
            }
        }
        tera.add_raw_templates(sources)
            .map_err(|error| TemplateError::new("", &error))?;
        Ok(Self { tera, assets })
    }

    /// Renders the template of this name.
    ///
    /// # Errors
    /// When the template does not fit `context`: a name that is not there, a wrong type.
    pub fn render(&self, name: &str, context: &impl Serialize) -> Result<String, TemplateError> {
        Context::from_serialize(context)
            .and_then(|context| self.tera.render(name, &context))
            .map_err(|error| TemplateError::new(name, &error))
    }

    /// The style sheet or script of this name, without `assets/`.
    pub fn asset(&self, name: &str) -> Option<&str> {
        self.assets
            .iter()
            .find(|(full, _)| full.strip_prefix("assets/") == Some(name))
            .map(|(_, text)| text.as_str())
    }
}
