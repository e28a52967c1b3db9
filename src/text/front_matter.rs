//! The front matter of a file that a template of ours made: what reads back from it.

use std::collections::BTreeMap;

use serde_yaml::Value;

/// What stands above and below front matter in YAML.
const YAML: &str = "---";
/// The same in TOML.
const TOML: &str = "+++";

/// What stands in front matter: of each place the text, or that there is something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrontMatter(BTreeMap<String, Option<String>>);

impl FrontMatter {
    /// Reads the front matter with which a file begins.
    ///
    /// # Errors
    /// What is wrong, for the person who wrote the file's template.
    pub fn read(file: &str) -> Result<Self, String> {
        let (front, _) = parts(file, YAML)
            .ok_or("the file does not begin with front matter between two lines of ---")?;
        let value: Value =
            serde_yaml::from_str(front).map_err(|error| format!("front matter: {error}"))?;
        if !value.is_mapping() {
            return Err("front matter: it has no keys".to_owned());
        }
        let mut places = BTreeMap::new();
        collect(String::new(), &value, &mut places);
        Ok(Self(places))
    }

    /// The text at a place, as in `tags.0`.
    pub fn text(&self, place: &str) -> Option<&str> {
        self.0.get(place)?.as_deref()
    }

    /// Every place in it.
    pub fn places(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    /// Every text with its place.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .filter_map(|(place, text)| Some((place.as_str(), text.as_deref()?)))
    }
}

/// What follows the front matter; the whole file where it has none.
pub fn body(file: &str) -> &str {
    let found = parts(file, YAML).or_else(|| parts(file, TOML));
    found.map_or(file, |(_, body)| body)
}

fn parts<'a>(file: &'a str, fence: &str) -> Option<(&'a str, &'a str)> {
    let rest = file.strip_prefix(fence)?.strip_prefix('\n')?;
    match rest.split_once(&format!("\n{fence}\n")) {
        Some((front, body)) => Some((front, body)),
        None => Some((rest.strip_suffix(fence)?.strip_suffix('\n')?, "")),
    }
}

fn collect(place: String, value: &Value, places: &mut BTreeMap<String, Option<String>>) {
    let below = |name: &str| match place.as_str() {
        "" => name.to_owned(),
        above => format!("{above}.{name}"),
    };
    match value {
        Value::Mapping(mapping) => {
            for (key, value) in mapping {
                let name = match key {
                    Value::String(name) => name.clone(),
                    other => format!("{other:?}"),
                };
                collect(below(&name), value, places);
            }
        }
        Value::Sequence(items) => {
            for (number, value) in items.iter().enumerate() {
                collect(below(&number.to_string()), value, places);
            }
        }
        Value::String(text) => {
            places.insert(place, Some(text.clone()));
        }
        _ => {
            places.insert(place, None);
        }
    }
}
