//! The typed configuration: the shipped file, what the installation's own file says otherwise,
//! what the environment says otherwise; parsed once, at start.
//!
//! The shipped `config/intake.yaml` is the list of keys and their defaults. Nothing here may be
//! printed as a whole: two values are secrets.

mod judge;
mod left;
mod merge;
mod public_url;
mod site;
#[cfg(test)]
mod tests;
mod values;

use std::{
    collections::BTreeMap,
    fs, io,
    net::SocketAddr,
    num::{NonZeroU32, NonZeroUsize},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use ipnet::IpNet;
use jiff::{
    Span,
    civil::Date,
    fmt::friendly::{Designator, Spacing, SpanPrinter},
    tz::TimeZone,
};
use serde::Deserialize;
use serde_yaml::{Mapping, Value};

use crate::{
    form::{self, Definition, Pattern},
    submission::Editor,
    text::node::Node,
};

use merge::{check_keys, merge, parse};

pub use left::Left;
pub use public_url::PublicUrl;
pub use site::{Days, Privacy, Site};

/// Where the configuration stands unless `--config` says otherwise.
pub const DEFAULT_FILE: &str = "config/intake.yaml";

const SHIPPED: &str = include_str!("../config/intake.yaml");
/// Where the files of forms are: beside the configuration.
const FORMS: &str = "forms";
/// The form that is compiled in, for a folder that has none.
const SHIPPED_FORM: (&str, &str) = (
    "case-study",
    include_str!("../config/forms/case-study.yaml"),
);
const PREFIX: &str = "INTAKE__";

/// A configuration that cannot be used, in words for the person who wrote it.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read.
    #[error("{}: {cause}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// A key or a value is wrong.
    #[error("{place}: {message}")]
    Wrong {
        /// The file, or the environment variable.
        place: String,
        /// What is wrong and what would be right.
        message: String,
    },
}

/// Everything that is wrong in the files of forms, a line each.
#[derive(Debug, thiserror::Error)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl std::fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lines: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

/// All that an installation can set. The meaning of each key stands in `config/intake.yaml`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "config/intake.yaml says what each key means")]
pub struct Config {
    pub listen: SocketAddr,
    pub operator_listen: SocketAddr,
    pub public_url: Option<PublicUrl>,
    #[serde(deserialize_with = "values::data")]
    pub data: Data,
    pub secret_key: Option<String>,
    pub forms: Vec<String>,
    pub site: Site,
    pub reply_within: Days,
    #[serde(deserialize_with = "values::remind_after")]
    pub remind_after: Option<Days>,
    pub privacy: Privacy,
    pub editors: Vec<Editor>,
    pub mail: Mail,
    pub notify: Notify,
    #[serde(deserialize_with = "values::retention")]
    pub retention: Span,
    #[serde(deserialize_with = "values::drafts_kept")]
    pub drafts_kept: Span,
    pub limits: Limits,
    pub security: Security,
    pub blog: Blog,
    /// The configuration file that was asked for, and what the environment said.
    #[serde(skip)]
    read_from: (Option<PathBuf>, Vec<(String, String)>),
}

/// Where submissions are kept. Its address may hold a password, so it is never shown.
#[derive(Clone)]
pub enum Data {
    /// A folder of the service's own.
    Folder(PathBuf),
    /// A database of PostgreSQL at this address.
    Postgres(String),
}

impl Data {
    /// The folder of the drafts.
    pub fn drafts(&self) -> &Path {
        match self {
            Self::Folder(folder) => folder,
            Self::Postgres(_) => Path::new("submissions"),
        }
    }
}

/// The section `mail`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "config/intake.yaml says what each key means")]
pub struct Mail {
    pub from: String,
    pub reply_to: Option<String>,
    pub transport: String,
    pub per_minute: NonZeroU32,
}

/// The section `notify`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "config/intake.yaml says what each key means")]
pub struct Notify {
    pub webhook: Option<String>,
    pub secret: Option<String>,
}

/// The section `limits`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "config/intake.yaml says what each key means")]
pub struct Limits {
    pub enabled: bool,
    #[serde(deserialize_with = "values::networks")]
    pub proxies: Vec<IpNet>,
    pub connections: NonZeroUsize,
    pub put_aside_from: u32,
    pub per_client: u32,
    pub most_per_client: u32,
    pub most_in_all: u32,
    pub same_domain: u32,
    pub known_domains: Vec<String>,
    pub mail_per_hour: u32,
    pub mail_per_day: u32,
}

/// The section `security`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "config/intake.yaml says what each key means")]
pub struct Security {
    pub contact: Option<String>,
    pub expires: Option<Date>,
}

/// The section `blog`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "config/intake.yaml says what each key means")]
pub struct Blog {
    pub url: Option<String>,
    pub key: Option<PathBuf>,
    pub token: Option<String>,
    #[serde(deserialize_with = "values::pattern")]
    pub branch: Option<Pattern>,
    #[serde(deserialize_with = "values::pause")]
    pub fetch_every: Duration,
    pub build_command: Option<String>,
    pub site: PathBuf,
    #[serde(deserialize_with = "values::zone")]
    pub timezone: Option<TimeZone>,
    /// Titles by folder.
    pub pages: BTreeMap<String, Vec<String>>,
}

/// A length of time in words: `12 months`.
pub fn span_in_words(span: &Span) -> String {
    SpanPrinter::new()
        .designator(Designator::Verbose)
        .spacing(Spacing::BetweenUnitsAndDesignators)
        .comma_after_designator(true)
        .span_to_string(span)
}

/// The text of a file; the place where it is none, for whoever wrote it with another program.
fn read_text(file: &Path) -> io::Result<String> {
    String::from_utf8(fs::read(file)?).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        let message = format!("line {line} is not written in UTF-8; save the file as UTF-8");
        io::Error::new(io::ErrorKind::InvalidData, message)
    })
}

impl Config {
    /// Reads the configuration: defaults, then `file`, then the `INTAKE__…` variables among
    /// `environment`. Without `file`, [`DEFAULT_FILE`] is read if it is there.
    ///
    /// # Errors
    /// The first key that is unknown or value that does not fit, by name.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut value: Value = parse(SHIPPED, "the shipped configuration")?;
        let path = file.unwrap_or(Path::new(DEFAULT_FILE));
        let text = match read_text(path) {
            Err(error) if file.is_none() && error.kind() == io::ErrorKind::NotFound => None,
            other => Some(other.map_err(|cause| ConfigError::Unreadable {
                file: path.to_owned(),
                cause,
            })?),
        };
        if let Some(text) = text {
            let place = path.display().to_string();
            let own = Node::read(&text).map_err(|mistake| ConfigError::Wrong {
                place: format!("{place}, line {}", mistake.line),
                message: mistake.message,
            })?;
            check_keys(&value, &own, "", &place)?;
            merge(&mut value, parse(&text, &place)?, "", &place)?;
            Self::from_value(&value, &place)?;
        }
        let mut variables: Vec<(String, String)> = environment
            .into_iter()
            .filter(|(name, _)| name.starts_with(PREFIX))
            .collect();
        variables.sort();
        let kept = variables.clone();
        for (name, text) in variables {
            let keys: Vec<String> = name[PREFIX.len()..]
                .split("__")
                .map(str::to_lowercase)
                .collect();
            let known = keys
                .iter()
                .try_fold(&value, |section, key| section.get(key.as_str()));
            // A text is taken as it stands, so that `no` or `12:30` need no quotes in a shell.
            let own = match known {
                Some(Value::Null) if text.is_empty() => Value::Null,
                Some(Value::String(_) | Value::Null) => Value::String(text),
                _ => parse(&text, &name)?,
            };
            let own = keys.iter().rev().fold(own, |inner, key| {
                Value::Mapping(Mapping::from_iter([(Value::from(key.as_str()), inner)]))
            });
            merge(&mut value, own, "", &name)?;
            Self::from_value(&value, &name)?;
        }
        let read_from = (file.map(Path::to_owned), kept);
        Self::from_value(&value, "the shipped configuration").map(|config| Self {
            read_from,
            ..config
        })
    }

    /// Reads the same file again, as it is now, with the environment as it was.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn read_again(&self) -> Result<Self, ConfigError> {
        let (file, environment) = &self.read_from;
        Self::load(file.as_deref(), environment.clone())
    }

    /// `retention` in words: `12 months`.
    pub fn retention_in_words(&self) -> String {
        span_in_words(&self.retention)
    }

    /// How long name, address and notes of what was sent with this form are kept after the end.
    pub fn retention_of(&self, definition: &Definition) -> Span {
        definition.retention.unwrap_or(self.retention)
    }

    /// Whether it still says who answers for personal data as the shipped example does.
    pub fn has_example_privacy(&self) -> bool {
        let shipped = parse(SHIPPED, "").and_then(|value| Self::from_value(&value, ""));
        shipped.is_ok_and(|shipped| shipped.privacy.controller == self.privacy.controller)
    }

    /// Whether the blog's pages are still those that are shipped as an example, and not read from a
    /// repository.
    pub fn has_example_pages(&self) -> bool {
        let shipped = parse(SHIPPED, "").and_then(|value| Self::from_value(&value, ""));
        let shipped = shipped.map(|shipped| shipped.blog.pages);
        self.blog.url.is_none() && shipped.is_ok_and(|shipped| shipped == self.blog.pages)
    }

    /// When the configuration file was changed last, if it is there.
    pub fn changed_at(&self) -> Option<SystemTime> {
        fs::metadata(self.file()).ok()?.modified().ok()
    }

    fn file(&self) -> &Path {
        let file = self.read_from.0.as_deref();
        file.unwrap_or(Path::new(DEFAULT_FILE))
    }

    /// The folder of the configuration file.
    fn folder(&self) -> &Path {
        self.file().parent().unwrap_or(Path::new(""))
    }

    /// Reads and judges the files of the forms, in the order of `forms`.
    ///
    /// # Errors
    /// Every mistake in every file, each with file and line.
    pub fn read_forms(&self) -> Result<Vec<Definition>, ConfigErrors> {
        let mut definitions = Vec::new();
        let mut errors = Vec::new();
        for name in &self.forms {
            let file = self.folder().join(FORMS).join(format!("{name}.yaml"));
            let text = match read_text(&file) {
                Err(error)
                    if error.kind() == io::ErrorKind::NotFound && *name == SHIPPED_FORM.0 =>
                {
                    SHIPPED_FORM.1.to_owned()
                }
                Err(cause) => {
                    errors.push(ConfigError::Unreadable { file, cause });
                    continue;
                }
                Ok(text) => text,
            };
            match form::judge(name, &text) {
                Ok(definition) => definitions.push(definition.named_after(&self.site.name)),
                Err(mistakes) => {
                    errors.extend(mistakes.into_iter().map(|mistake| ConfigError::Wrong {
                        place: format!("{}, line {}", file.display(), mistake.line),
                        message: mistake.message,
                    }));
                }
            }
        }
        if errors.is_empty() {
            Ok(definitions)
        } else {
            Err(ConfigErrors(errors))
        }
    }

    fn from_value(value: &Value, place: &str) -> Result<Self, ConfigError> {
        let wrong = |message: String| ConfigError::Wrong {
            place: place.to_owned(),
            message,
        };
        let config: Self =
            serde_yaml::from_value(value.clone()).map_err(|error| wrong(error.to_string()))?;
        config.judge().map_err(wrong)?;
        Ok(config)
    }
}
