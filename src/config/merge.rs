//! One layer of the configuration over another: the shipped file, the installation's own file, and
//! the environment. The keys of the shipped file are all that there are.

use serde_yaml::Value;

use super::ConfigError;
use crate::text::node::{self, Node, did_you_mean};

/// The text of a file or of a value as YAML.
pub(super) fn parse(text: &str, place: &str) -> Result<Value, ConfigError> {
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

/// Holds the keys of a file to those that there are; what is wrong is told with its line.
pub(super) fn check_keys(
    known: &Value,
    own: &Node,
    path: &str,
    place: &str,
) -> Result<(), ConfigError> {
    let (Value::Mapping(section), node::Value::Map(entries)) = (known, &own.value) else {
        return Ok(());
    };
    for (key, node) in entries {
        let path = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        let Some(inner) = section.get(key.as_str()) else {
            // The folders of the blog are the installation's own.
            if path.starts_with("blog.pages.") {
                continue;
            }
            let advice = did_you_mean(key, section.keys().filter_map(Value::as_str));
            return Err(ConfigError::Wrong {
                place: format!("{place}, line {}", node.line),
                message: format!("unknown key `{path}`; {advice}"),
            });
        };
        check_keys(inner, node, &path, place)?;
    }
    Ok(())
}

/// Puts what `own` says in the place of what `value` says, key by key.
pub(super) fn merge(
    value: &mut Value,
    own: Value,
    path: &str,
    place: &str,
) -> Result<(), ConfigError> {
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
                if path == "blog.pages" {
                    section.insert(key, inner);
                    continue;
                }
                let Some(slot) = section.get_mut(&key) else {
                    let advice = did_you_mean(&name, section.keys().filter_map(Value::as_str));
                    return wrong(format!("unknown key `{inner_path}`; {advice}"));
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
