//! What was agreed to: each purpose of the form by itself, in the words that were shown.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Unknown;
use crate::form::{Definition, Entry, Purpose, built_in};

/// The language of the pages.
const LANGUAGE: &str = "en";

/// What was agreed to. The first purpose stands in the record as the only one did before there were
/// several, so that every version of this program reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// The one without which nothing is sent.
    #[serde(flatten)]
    pub first: Agreement,
    /// The others that the form asked for, given or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Agreement>,
}

/// One purpose, and whether it was agreed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// The purpose, by its name in the form.
    #[serde(default = "publish", skip_serializing_if = "is_publish")]
    pub name: String,
    /// The words that were shown.
    pub wording: String,
    /// Which version of them; empty where the form says none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// The language of the page; empty in records of before it was kept.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub language: String,
    /// Whether it was one of several that had to be given.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_required: bool,
    /// When it was given; absent where it was not.
    pub given: Option<Timestamp>,
    /// When it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_back: Option<Timestamp>,
    /// What this version does not know, kept as it is.
    #[serde(flatten)]
    pub unknown: Unknown,
}

fn publish() -> String {
    built_in::PUBLISH.to_owned()
}

fn is_publish(name: &str) -> bool {
    name == built_in::PUBLISH
}

impl Agreement {
    fn of(purpose: &Purpose, given: Option<Timestamp>) -> Self {
        Self {
            name: purpose.name.clone(),
            wording: purpose.wording.clone(),
            version: purpose.version.clone(),
            language: LANGUAGE.to_owned(),
            is_required: purpose.is_required,
            given,
            taken_back: None,
            unknown: Unknown::new(),
        }
    }

    /// Whether it was given and not taken back.
    pub fn holds(&self) -> bool {
        self.given.is_some() && self.taken_back.is_none()
    }
}

impl Consent {
    /// What was agreed to with this form, just now.
    pub(super) fn of(definition: &Definition, entry: &Entry, now: Timestamp) -> Self {
        let purposes = definition.consent.purposes.iter();
        let mut agreements = purposes.map(|purpose| {
            let is_agreed = entry.agreed.contains(&purpose.name);
            Agreement::of(purpose, is_agreed.then_some(now))
        });
        Self {
            // A form that is configured has a purpose.
            first: agreements.next().unwrap_or_else(|| Agreement {
                name: publish(),
                wording: String::new(),
                version: String::new(),
                language: LANGUAGE.to_owned(),
                is_required: true,
                given: Some(now),
                taken_back: None,
                unknown: Unknown::new(),
            }),
            others: agreements.collect(),
        }
    }

    /// Every purpose, in the order of the form.
    pub fn all(&self) -> impl Iterator<Item = &Agreement> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// Whether the same was agreed to.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let given = |consent: &Self| -> Vec<(String, bool)> {
            let all = consent.all();
            all.map(|it| (it.name.clone(), it.given.is_some()))
                .collect()
        };
        given(self) == given(other)
    }
}
