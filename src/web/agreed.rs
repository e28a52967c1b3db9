//! What was agreed to, in words, for campaigners and for editors.

use serde::Serialize;

use crate::submission::Agreement;

/// A purpose, and whether it is agreed to.
#[derive(Serialize)]
pub(super) struct Agreed<'a> {
    wording: &'a str,
    version: &'a str,
    /// When it was agreed to; empty where it was not.
    given: String,
    /// When it was taken back; empty where it was not.
    taken_back: String,
}

impl<'a> Agreed<'a> {
    /// `day` puts a moment in words.
    pub(super) fn of(it: &'a Agreement, day: impl Fn(jiff::Timestamp) -> String) -> Self {
        Self {
            wording: &it.wording,
            version: &it.version,
            given: it.given.map_or_else(String::new, &day),
            taken_back: it.taken_back.map_or_else(String::new, &day),
        }
    }
}
