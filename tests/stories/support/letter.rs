//! A message as it arrived.

use std::{collections::BTreeMap, fs, path::Path};

/// A letter as its reader gets it.
#[derive(Debug)]
pub struct Letter {
    pub headers: BTreeMap<String, String>,
    pub text: String,
    pub html: String,
    pub raw: String,
}

impl Letter {
    pub fn read(path: &Path) -> Self {
        let bytes = fs::read(path).expect("a letter");
        let mail = mailparse::parse_mail(&bytes).expect("a letter that mail programs can read");
        let part = |index: usize| mail.subparts[index].get_body().expect("a part");
        Self {
            headers: mail
                .headers
                .iter()
                .map(|header| (header.get_key(), header.get_value()))
                .collect(),
            text: part(0).replace("\r\n", "\n"),
            html: part(1).replace("\r\n", "\n"),
            raw: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    /// The first word of the text that begins with this.
    pub fn link(&self, beginning: &str) -> String {
        self.text
            .split_whitespace()
            .find(|word| word.starts_with(beginning))
            .unwrap_or_else(|| panic!("no link {beginning} in:\n{}", self.text))
            .to_owned()
    }
}
