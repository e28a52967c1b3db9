//! Who “we” are, how soon we answer, and who answers for personal data: what people read on every
//! page and in every letter.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use url::Url;

use crate::text::email::mail_address;

/// The section `site`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "config/intake.yaml says what each key means")]
pub struct Site {
    #[serde(deserialize_with = "words")]
    pub name: String,
    #[serde(deserialize_with = "address")]
    pub contact: String,
}

/// The section `privacy`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "config/intake.yaml says what each key means")]
pub struct Privacy {
    #[serde(deserialize_with = "words")]
    pub controller: String,
    #[serde(deserialize_with = "words")]
    pub authority: String,
    #[serde(deserialize_with = "web_address")]
    pub authority_url: String,
}

/// A number of days, or of working days: `10 working days`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Days {
    count: u16,
    are_working: bool,
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let working = if self.are_working { "working " } else { "" };
        let end = if self.count == 1 { "" } else { "s" };
        write!(f, "{} {working}day{end}", self.count)
    }
}

impl From<Days> for String {
    fn from(days: Days) -> Self {
        days.to_string()
    }
}

impl TryFrom<String> for Days {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (count, are_working) = match words.as_slice() {
            [count, "day" | "days"] => (count, false),
            [count, "working", "day" | "days"] => (count, true),
            _ => (&"", false),
        };
        match count.parse() {
            Ok(count) if count > 0 => Ok(Self { count, are_working }),
            _ => Err(format!(
                "`reply_within` must be a number of days or of working days, as in 10 working days, not “{text}”"
            )),
        }
    }
}

/// One line that is not empty.
fn words<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    if text.trim().is_empty() || text.contains(char::is_control) {
        return Err(serde::de::Error::custom(
            "`site.name`, `privacy.controller` and `privacy.authority` must each be words in one line",
        ));
    }
    Ok(text.trim().to_owned())
}

fn address<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    mail_address(&text).map_err(|_| {
        serde::de::Error::custom(format!(
            "`site.contact` must be an email address, as in hello@example.org, not “{text}”"
        ))
    })
}

fn web_address<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    match Url::parse(&text) {
        Ok(url) if ["https", "http"].contains(&url.scheme()) => Ok(text),
        _ => Err(serde::de::Error::custom(format!(
            "`privacy.authority_url` must be the address of a web page, as in https://example.org/complain, not “{text}”"
        ))),
    }
}
