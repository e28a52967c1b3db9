//! The typed configuration: the shipped file, what the installation's own file says otherwise,
//! what the environment says otherwise; parsed once, at start.
//!
//! The shipped `config/intake.yaml` is the list of keys and their defaults. Nothing here may be
//! printed as a whole: two values are secrets.

use std::{
    fs, io,
    net::SocketAddr,
    path::{Component, Path, PathBuf},
};

use jiff::{Span, civil::Date};
use serde::{Deserialize, Deserializer};
use serde_yaml::{Mapping, Value};

use crate::{
    case_study::Glance,
    submission::{Editor, Editorial},
};

/// Where the configuration stands unless `--config` says otherwise.
pub const DEFAULT_FILE: &str = "config/intake.yaml";

const SHIPPED: &str = include_str!("../config/intake.yaml");
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

/// All that an installation can set. The meaning of each key stands in `config/intake.yaml`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Config {
    pub listen: SocketAddr,
    pub public_url: Option<String>,
    pub queue: PathBuf,
    pub secret_key: Option<String>,
    pub editors: Vec<Editor>,
    pub mail: Mail,
    #[serde(deserialize_with = "span")]
    pub retention: Span,
    pub form: Form,
    #[serde(deserialize_with = "editorial")]
    pub post: Editorial,
    pub blog: Blog,
}

/// The section `mail`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Mail {
    pub from: String,
    pub reply_to: Option<String>,
    pub transport: String,
}

/// The section `form`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Form {
    pub required: Vec<Glance>,
}

/// The section `blog`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Blog {
    pub path: Option<PathBuf>,
    pub remote: String,
    pub branch: Pattern,
    pub push: bool,
    pub check: Option<String>,
    pub file: Pattern,
    pub address: Pattern,
    pub topics: Vec<String>,
    pub projects: Vec<String>,
    pub authors: Vec<String>,
}

/// A text with places for what differs from post to post: `{slug}`, `{date}` and its parts
/// `{year}`, `{month}`, `{day}`, and `{category}`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Pattern(String);

impl Pattern {
    const PLACES: [&str; 6] = ["slug", "date", "year", "month", "day", "category"];

    /// The text with the places filled in.
    pub fn fill(&self, slug: &str, date: Date, category: &str) -> String {
        let values = [
            slug.to_owned(),
            date.to_string(),
            date.strftime("%Y").to_string(),
            date.strftime("%m").to_string(),
            date.strftime("%d").to_string(),
            category.to_owned(),
        ];
        let mut text = self.0.clone();
        for (place, value) in Self::PLACES.iter().zip(values) {
            text = text.replace(&format!("{{{place}}}"), &value);
        }
        text
    }

    /// Whether it has this place.
    pub fn has(&self, place: &str) -> bool {
        self.0.contains(&format!("{{{place}}}"))
    }

    /// Whether it is the same for every post.
    pub fn is_fixed(&self) -> bool {
        !self.0.contains('{')
    }
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut rest = text.as_str();
        while let Some((_, after)) = rest.split_once('{') {
            let place = after.split_once('}').map(|(place, _)| place);
            if !place.is_some_and(|place| Self::PLACES.contains(&place)) {
                return Err(format!(
                    "“{text}” has a place that is not known; known are {{{}}}",
                    Self::PLACES.join("}, {")
                ));
            }
            rest = after;
        }
        Ok(Self(text))
    }
}

/// The section `post`, where `projects` may be one title or a list.
fn editorial<'de, D: Deserializer<'de>>(from: D) -> Result<Editorial, D::Error> {
    let mut value = Mapping::deserialize(from)?;
    if let Some(projects) = value.get_mut("projects")
        && let Value::String(one) = projects
    {
        *projects = Value::Sequence(vec![Value::String(std::mem::take(one))]);
    }
    serde_yaml::from_value(Value::Mapping(value)).map_err(serde::de::Error::custom)
}

/// A length of time in words: `12 months`.
fn span<'de, D: Deserializer<'de>>(from: D) -> Result<Span, D::Error> {
    let text = String::deserialize(from)?;
    match text.parse::<Span>() {
        Ok(span) if span.signum() > 0 => Ok(span),
        _ => Err(serde::de::Error::custom(format!(
            "`retention` must be a length of time, as in 12 months or 90 days, not “{text}”"
        ))),
    }
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
        let text = match fs::read_to_string(file.unwrap_or(Path::new(DEFAULT_FILE))) {
            Err(error) if file.is_none() && error.kind() == io::ErrorKind::NotFound => None,
            other => Some(other.map_err(|source| ConfigError::Unreadable {
                file: file.unwrap_or(Path::new(DEFAULT_FILE)).to_owned(),
                cause: source,
            })?),
        };
        if let Some(text) = text {
            let place = file
                .unwrap_or(Path::new(DEFAULT_FILE))
                .display()
                .to_string();
            let own: Value = parse(&text, &place)?;
            merge(&mut value, own, "", &place)?;
            Self::from_value(&value, &place)?;
        }
        let mut variables: Vec<(String, String)> = environment
            .into_iter()
            .filter(|(name, _)| name.starts_with(PREFIX))
            .collect();
        variables.sort();
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
        Self::from_value(&value, "the shipped configuration")
    }

    fn from_value(value: &Value, place: &str) -> Result<Self, ConfigError> {
        let wrong = |message: String| ConfigError::Wrong {
            place: place.to_owned(),
            message,
        };
        let mut config: Self =
            serde_yaml::from_value(value.clone()).map_err(|error| wrong(error.to_string()))?;
        let queue = config.queue.as_os_str();
        if queue.is_empty() || config.queue.file_name().is_none() {
            return Err(wrong(
                "`queue` must name a folder of its own, as in submissions".into(),
            ));
        }
        if queue
            .as_encoded_bytes()
            .windows(3)
            .any(|three| three == b"://")
        {
            return Err(wrong(
                "`queue` must be a folder; data bases are not supported".into(),
            ));
        }
        // Without a slash at its end, so that what stands beside the queue has one name.
        config.queue = config.queue.components().collect();
        if config.editors.is_empty() {
            return Err(wrong(
                "`editors` is empty; name at least one, or nobody hears of a new case study".into(),
            ));
        }
        if let Some(secret) = &config.secret_key
            && secret.len() < 32
        {
            return Err(wrong(
                "`secret_key` needs at least 32 characters; leave it out to have one made".into(),
            ));
        }
        let file = Path::new(&config.blog.file.0);
        let stays_inside = file.components().all(|part| match part {
            Component::Normal(name) => !name.eq_ignore_ascii_case(".git"),
            _ => false,
        });
        let text = &config.blog.file.0;
        let is_plain =
            !text.chars().any(char::is_control) && !text.ends_with('/') && !text.contains("//");
        if !stays_inside || !is_plain || !config.blog.file.has("slug") {
            return Err(wrong(
                "`blog.file` must be a path inside the repository with {slug} in it, as in _posts/{date}-{slug}.md".into(),
            ));
        }
        for (key, name) in [
            ("remote", &config.blog.remote),
            ("branch", &config.blog.branch.0),
        ] {
            if name.is_empty() || name.starts_with('-') || name.contains(char::is_whitespace) {
                return Err(wrong(format!("`blog.{key}` must be a name that git knows")));
            }
        }
        let address = &config.blog.address.0;
        if !(address.starts_with("https://") || address.starts_with("http://")) {
            return Err(wrong(
                "`blog.address` must begin with https:// or http://".into(),
            ));
        }
        if let Some(url) = &config.public_url
            && !(url.starts_with("https://") || url.starts_with("http://"))
        {
            return Err(wrong(
                "`public_url` must begin with https:// or http://".into(),
            ));
        }
        Ok(config)
    }
}

fn parse(text: &str, place: &str) -> Result<Value, ConfigError> {
    serde_yaml::from_str(text).map_err(|error| ConfigError::Wrong {
        place: place.to_owned(),
        // The library's words may quote a value, which may be a secret.
        message: match (error.to_string(), error.location()) {
            (words, Some(at)) if words.contains('`') => format!(
                "a value cannot be read at line {}, column {}; put it between quotes",
                at.line(),
                at.column()
            ),
            (words, None) if words.contains('`') => {
                "a value cannot be read; put it between quotes".to_owned()
            }
            (words, _) => words,
        },
    })
}

/// Puts what `own` says in the place of what `value` says, key by key.
fn merge(value: &mut Value, own: Value, path: &str, place: &str) -> Result<(), ConfigError> {
    let wrong = |message: String| {
        Err(ConfigError::Wrong {
            place: place.to_owned(),
            message,
        })
    };
    match (&mut *value, own) {
        (Value::Mapping(_), Value::Null) => Ok(()),
        (Value::Mapping(section), Value::Mapping(own)) => {
            for (key, inner) in own {
                let name = match &key {
                    Value::String(name) => name.clone(),
                    other => format!("{other:?}"),
                };
                let inner_path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                let Some(slot) = section.get_mut(&key) else {
                    let known: Vec<&str> = section.keys().filter_map(Value::as_str).collect();
                    return wrong(format!(
                        "unknown key `{inner_path}`; known here: {}",
                        known.join(", ")
                    ));
                };
                merge(slot, inner, &inner_path, place)?;
            }
            Ok(())
        }
        (Value::Mapping(_), _) => wrong(format!("`{path}` must be a section with keys")),
        (Value::Bool(_), own) if !own.is_bool() => wrong(format!("`{path}` must be true or false")),
        (Value::String(_) | Value::Null, Value::Number(_) | Value::Bool(_)) => {
            wrong(format!("`{path}` must be a text; put it between quotes"))
        }
        (Value::String(_), Value::Null) => wrong(format!("`{path}` must not be empty")),
        (slot, own) => {
            *slot = own;
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(file: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("intake.yaml");
        fs::write(&path, file).unwrap();
        let environment = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::load(Some(&path), environment).map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_needs_only_what_differs_and_the_environment_wins() {
        let config = load(
            "listen: 127.0.0.1:1\nmail:\n    from: A <a@example.org>\n",
            &[
                ("INTAKE__LISTEN", "127.0.0.1:2"),
                ("INTAKE__POST__AUTHOR", "no"),
                ("INTAKE__POST__PROJECTS", "[One, Two]"),
                ("INTAKE__POST__FEATURED", "false"),
                ("INTAKE__EDITORS", "[{name: Ann, email: ann@example.org}]"),
                ("INTAKE_LOG", "not ours"),
            ],
        )
        .unwrap();
        assert_eq!(config.listen.port(), 2);
        assert_eq!(config.mail.from, "A <a@example.org>");
        assert_eq!(config.mail.transport, "folder:mailbox");
        assert_eq!(config.post.author, "no");
        assert!(!config.post.featured);
        assert_eq!(config.editors[0].name, "Ann");
        assert!(load("", &[]).is_ok(), "an empty file says nothing");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (file, environment, expected) in [
            (
                "mail:\n    transprot: x\n",
                None,
                "unknown key `mail.transprot`; known here: from, reply_to, transport",
            ),
            (
                "",
                Some(("INTAKE__MAIL__FORM", "x")),
                "INTAKE__MAIL__FORM: unknown key `mail.form`",
            ),
            (
                "",
                Some(("INTAKE__NOPE", "x")),
                "INTAKE__NOPE: unknown key `nope`",
            ),
            ("mail: 3\n", None, "`mail` must be a section with keys"),
            (
                "post:\n    author: 3\n",
                None,
                "`post.author` must be a text",
            ),
            (
                "form:\n    required: [colour]\n",
                None,
                "unknown variant `colour`",
            ),
            ("listen: nowhere\n", None, "invalid socket address"),
            (
                "editors:\n    - name: A\n      mail: a@example.org\n",
                None,
                "unknown field `mail`",
            ),
            (
                "secret_key: short\n",
                None,
                "`secret_key` needs at least 32 characters",
            ),
            (
                "retention: soon\n",
                None,
                "`retention` must be a length of time",
            ),
            ("a: [\n", None, "intake.yaml: "),
        ] {
            let environment: Vec<_> = environment.into_iter().collect();
            let message = load(file, &environment).map(|_| ()).unwrap_err();
            assert!(message.contains(expected), "{message}");
        }
    }
}
