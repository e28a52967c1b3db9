//! The typed configuration: the shipped file, what the installation's own file says otherwise,
//! what the environment says otherwise; parsed once, at start.
//!
//! The shipped `config/intake.yaml` is the list of keys and their defaults. Nothing here may be
//! printed as a whole: two values are secrets.

mod left;
mod merge;
mod public_url;
mod site;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fs, io,
    net::{IpAddr, SocketAddr},
    num::{NonZeroU32, NonZeroUsize},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use ipnet::IpNet;
use jiff::{
    SignedDuration, Span,
    civil::Date,
    fmt::friendly::{Designator, Spacing, SpanPrinter},
    tz::TimeZone,
};
use serde::{Deserialize, Deserializer};
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
    #[serde(deserialize_with = "data")]
    pub data: Data,
    pub secret_key: Option<String>,
    pub forms: Vec<String>,
    pub site: Site,
    pub reply_within: Days,
    #[serde(deserialize_with = "remind_after")]
    pub remind_after: Option<Days>,
    pub privacy: Privacy,
    pub editors: Vec<Editor>,
    pub mail: Mail,
    pub notify: Notify,
    #[serde(deserialize_with = "retention")]
    pub retention: Span,
    #[serde(deserialize_with = "drafts_kept")]
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

impl Notify {
    /// What is wrong with it, if anything is.
    pub fn judge(&self) -> Result<(), &'static str> {
        const SHORTEST: usize = 16;
        let secret = self.secret.as_deref().unwrap_or_default();
        let Some(webhook) = &self.webhook else {
            return Ok(());
        };
        let Ok(url) = url::Url::parse(webhook) else {
            return Err(
                "`notify.webhook` is not an address, as in https://chat.example.org/hooks/…",
            );
        };
        let host = PublicUrl::try_from(url.origin().ascii_serialization());
        let is_here = host.is_ok_and(|host| host.is_loopback());
        if url.scheme() != "https" && (url.scheme() != "http" || !is_here) {
            return Err("`notify.webhook` must begin with https://");
        }
        if secret.chars().count() < SHORTEST {
            return Err(
                "`notify.webhook` needs a `notify.secret` of at least 16 characters, which signs what is sent",
            );
        }
        Ok(())
    }
}

/// The section `limits`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "config/intake.yaml says what each key means")]
pub struct Limits {
    pub enabled: bool,
    #[serde(deserialize_with = "networks")]
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
    #[serde(deserialize_with = "pattern")]
    pub branch: Option<Pattern>,
    #[serde(deserialize_with = "pause")]
    pub fetch_every: Duration,
    pub build_command: Option<String>,
    pub site: PathBuf,
    #[serde(deserialize_with = "zone")]
    pub timezone: Option<TimeZone>,
    /// Titles by folder.
    pub pages: BTreeMap<String, Vec<String>>,
}

/// Addresses and networks: `127.0.0.1`, `10.0.0.0/8`.
fn networks<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<IpNet>, D::Error> {
    let network = |text: String| {
        let address = text.parse::<IpAddr>().map(IpNet::from);
        address.or_else(|_| text.parse()).map_err(|_| {
            serde::de::Error::custom(format!(
                "`limits.proxies` takes addresses and networks, as in 127.0.0.1 or 10.0.0.0/8, not “{text}”"
            ))
        })
    };
    /// A list, or one text, as the environment has it.
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Texts {
        Many(Vec<String>),
        One(String),
    }
    let texts = match Texts::deserialize(from)? {
        Texts::Many(texts) => texts,
        Texts::One(text) => text
            .split([',', ' '])
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect(),
    };
    texts.into_iter().map(network).collect()
}

fn pattern<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Pattern>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    text.map(Pattern::try_from)
        .transpose()
        .map_err(serde::de::Error::custom)
}

/// A time between two tries, in words: `10 minutes`.
fn pause<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(from)?;
    let pause = text.parse::<SignedDuration>().ok();
    pause
        .and_then(|pause| Duration::try_from(pause).ok())
        .filter(|pause| !pause.is_zero())
        .ok_or_else(|| {
            serde::de::Error::custom(format!(
                "`blog.fetch_every` must be a length of time, as in 10 minutes, not “{text}”"
            ))
        })
}

fn zone<'de, D: Deserializer<'de>>(from: D) -> Result<Option<TimeZone>, D::Error> {
    let Some(name) = Option::<String>::deserialize(from)? else {
        return Ok(None);
    };
    TimeZone::get(&name).map(Some).map_err(|_| {
        serde::de::Error::custom(format!(
            "`blog.timezone` must be the name of a time zone, as in Europe/London, not “{name}”"
        ))
    })
}

/// A number of days, or `never`.
fn remind_after<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Days>, D::Error> {
    let text = String::deserialize(from)?;
    if text == "never" {
        return Ok(None);
    }
    Days::try_from(text.clone()).map(Some).map_err(|_| {
        serde::de::Error::custom(format!(
            "`remind_after` must be a number of days or of working days, as in 14 days, or never, not “{text}”"
        ))
    })
}

/// A length of time in words: `12 months`.
pub fn span_in_words(span: &Span) -> String {
    SpanPrinter::new()
        .designator(Designator::Verbose)
        .spacing(Spacing::BetweenUnitsAndDesignators)
        .comma_after_designator(true)
        .span_to_string(span)
}

fn retention<'de, D: Deserializer<'de>>(from: D) -> Result<Span, D::Error> {
    span(from, "retention")
}

fn drafts_kept<'de, D: Deserializer<'de>>(from: D) -> Result<Span, D::Error> {
    span(from, "drafts_kept")
}

/// A length of time in words: `12 months`.
fn span<'de, D: Deserializer<'de>>(from: D, key: &str) -> Result<Span, D::Error> {
    let text = String::deserialize(from)?;
    match text.parse::<Span>() {
        Ok(span) if span.signum() > 0 => Ok(span),
        _ => Err(serde::de::Error::custom(format!(
            "`{key}` must be a length of time, as in 12 months or 90 days, not “{text}”"
        ))),
    }
}

fn data<'de, D: Deserializer<'de>>(from: D) -> Result<Data, D::Error> {
    let text = String::deserialize(from)?;
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        return Ok(Data::Postgres(text));
    }
    // Without a slash at its end, so that what stands beside it has one name.
    let folder: PathBuf = Path::new(&text).components().collect();
    if folder.file_name().is_none() || text.contains("://") {
        return Err(serde::de::Error::custom(
            "`data` must be a folder of its own, as in submissions, or postgres://user:password@host/database",
        ));
    }
    Ok(Data::Folder(folder))
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
        let text = match fs::read_to_string(path) {
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
            let text = match fs::read_to_string(&file) {
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
        if config.editors.is_empty() {
            return Err(wrong(
                "`editors` is empty; name at least one, or nobody hears of what comes in".into(),
            ));
        }
        for (at, editor) in config.editors.iter().enumerate() {
            let others = || config.editors[..at].iter();
            let same = |a: &str, b: &str| a.trim().to_lowercase() == b.trim().to_lowercase();
            if others().any(|other| same(&other.email, &editor.email)) {
                return Err(wrong(format!(
                    "`editors`: {} has the address of another editor; records know editors by it, so each needs their own",
                    editor.name
                )));
            }
            if others().any(|other| same(&other.name, &editor.name)) {
                return Err(wrong(format!(
                    "`editors`: two have the name {}; add something that tells them apart",
                    editor.name
                )));
            }
        }
        if config.forms.is_empty() {
            return Err(wrong(
                "`forms` is empty; name at least one, as in case-study".into(),
            ));
        }
        for (at, name) in config.forms.iter().enumerate() {
            let is_name = !name.is_empty()
                && name
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            if !is_name || config.forms[..at].contains(name) {
                return Err(wrong(format!(
                    "`forms`: “{name}” must be the name of a file in forms/, in small letters, digits and hyphens, and stand there once"
                )));
            }
        }
        if let Some(secret) = &config.secret_key
            && secret.len() < 32
        {
            return Err(wrong(
                "`secret_key` needs at least 32 characters; leave it out to have one made".into(),
            ));
        }
        if let Some(branch) = &config.blog.branch
            && !branch.is_branch()
        {
            return Err(wrong("`blog.branch` must be a name that git knows".into()));
        }
        if let Some(url) = &config.blog.url
            && (url.is_empty() || url.starts_with('-') || url.contains(char::is_whitespace))
        {
            return Err(wrong(
                "`blog.url` must be an address of a repository, as git clone takes it".into(),
            ));
        }
        if config.blog.token.is_some()
            && !config
                .blog
                .url
                .as_ref()
                .is_some_and(|url| url.starts_with("https://"))
        {
            return Err(wrong(
                "`blog.token` is for a `blog.url` that begins with https://; by any other way it could be read by others".into(),
            ));
        }
        Ok(config)
    }
}
