//! The daily mail of editors: its words, and the message that they become.

use jiff::Timestamp;
use serde::Serialize;

use super::{
    Outbox, Rendered,
    message::{Envelope, MessageError, Outgoing},
    unrecorded::{Ended, State, Unrecorded},
};
use crate::{
    store::{PendingDigest, Store, StoreError, address_hash},
    templates::TemplateError,
};

const KIND: &str = "digest";

/// What a daily mail tells; nothing private.
#[derive(Debug, Default, Serialize)]
pub struct DigestWords {
    /// `3 new, 1 due`, for its subject.
    pub in_short: String,
    #[allow(missing_docs, reason = "the names say it")]
    pub parts: Vec<DigestPart>,
    /// How many were held back as possible spam.
    pub aside: i64,
}

/// Submissions below one heading.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct DigestPart {
    pub heading: String,
    pub lines: Vec<DigestLine>,
    /// Whether there are more.
    pub is_cut: bool,
}

/// One submission.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct DigestLine {
    pub title: String,
    /// What there is to say of it.
    pub what: String,
    pub url: String,
}

impl DigestWords {
    /// For trying templates.
    pub fn sample() -> Self {
        let line = DigestLine {
            title: "Sample".to_owned(),
            what: "New submission".to_owned(),
            url: "https://forms.example.org/desk".to_owned(),
        };
        Self {
            in_short: "1 new".to_owned(),
            parts: vec![DigestPart {
                heading: "What’s new".to_owned(),
                lines: vec![line],
                is_cut: true,
            }],
            aside: 1,
        }
    }
}

/// What the templates are given.
#[derive(Serialize)]
struct Words<'a> {
    site: &'a str,
    desk_url: String,
    aside_url: String,
    #[serde(flatten)]
    told: &'a DigestWords,
}

impl Outbox {
    /// Subject and body of a daily mail.
    ///
    /// # Errors
    /// When a template does not fit.
    pub fn digest(&self, told: &DigestWords) -> Result<(String, String), TemplateError> {
        let words = Words {
            site: &self.site.name,
            desk_url: format!("{}/desk", self.public_url),
            aside_url: format!("{}/desk?stage=quarantined", self.public_url),
            told,
        };
        self.subject_and_body(KIND, &words)
    }
}

impl Unrecorded for PendingDigest {
    fn next(store: &Store, _: Timestamp) -> Result<Option<Self>, StoreError> {
        store.next_digest()
    }

    fn state(&self) -> State {
        State {
            kind: KIND,
            due: self.due,
            attempts: self.attempts,
        }
    }

    fn write(&self, outbox: &Outbox) -> Result<Outgoing, MessageError> {
        let editor = outbox.editor(&self.email);
        let editor = editor.ok_or(MessageError::NoRecipient)?;
        let whose = &address_hash(&self.email)[..16];
        let id = format!("{whose}.{KIND}.{}", self.told.as_millisecond());
        let to = Envelope {
            name: Some(editor.name.clone()),
            ..Envelope::new(&editor.email, id, self.told)
        };
        let rendered = Rendered {
            subject: self.subject.clone(),
            body: self.body.clone(),
            signature: outbox.signature()?,
            ..Rendered::default()
        };
        outbox.message(&rendered, to)
    }

    fn attempted(&self, store: &Store, ended: Ended) -> Result<(), StoreError> {
        store.digest_attempted(self, ended.again)
    }
}
