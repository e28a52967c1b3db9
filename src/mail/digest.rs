//! The daily mail of editors: its words, and sending it. No submission's record has it.

use jiff::Timestamp;
use lettre::Message;
use serde::Serialize;
use tokio::sync::watch;

use super::{
    Outbox, Rendered, capture,
    message::{Envelope, MessageError},
    sign_in::{again, say},
    transport::Attempt,
};
use crate::{
    store::{PendingDigest, StoreError, address_hash},
    submission::Delivery,
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
        let part = |file: &str| {
            let name = format!("letters/{KIND}/{file}");
            let text = self.templates.render(&name, &words)?;
            Ok(text.trim().to_owned())
        };
        Ok((part("subject.txt")?, part("body.txt")?))
    }

    /// Sends the daily mail that is due. `true` where the server had failed before and has answered.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub(super) async fn send_digests(
        &self,
        stop: &watch::Receiver<bool>,
    ) -> Result<bool, StoreError> {
        let mut has_come_back = false;
        loop {
            let now = Timestamp::now();
            let next = self.blocking(|store| store.next_digest()).await?;
            let Some(pending) = next.filter(|it| it.due <= now && !*stop.borrow()) else {
                return Ok(has_come_back);
            };
            let sending = self.send_digest(&pending, stop);
            let Some(attempt) = self.under_lease(sending, stop).await? else {
                return Ok(has_come_back);
            };
            has_come_back |= self.has_come_back(&attempt);
            let again = again(&attempt, pending.attempts);
            self.blocking(move |store| store.digest_attempted(&pending, again))
                .await?;
        }
    }

    async fn send_digest(&self, pending: &PendingDigest, stop: &watch::Receiver<bool>) -> Attempt {
        let id = format!(
            "{}.{KIND}.{}",
            &address_hash(&pending.email)[..16],
            pending.told.as_millisecond()
        );
        let written = || -> Result<Message, MessageError> {
            let editor = self.editor(&pending.email);
            let editor = editor.ok_or(MessageError::NoRecipient)?;
            let rendered = Rendered {
                subject: pending.subject.clone(),
                body: pending.body.clone(),
                closing: String::new(),
                block: String::new(),
                lang: String::new(),
                address: String::new(),
                signature: self.signature()?,
            };
            let to = Envelope {
                name: Some(editor.name.clone()),
                address: &editor.email,
                id: id.clone(),
                follows: Vec::new(),
                made: pending.told,
            };
            self.message(&rendered, to)
        };
        let message = match written() {
            Ok(message) => message,
            Err(MessageError::NoRecipient) => return Attempt::NotTried(Delivery::NoRecipient),
            Err(error) => {
                tracing::error!(kind = KIND, %error, "a daily mail cannot be written");
                return Attempt::NotTried(Delivery::Refused(error.to_string()));
            }
        };
        let name = capture::file_name(pending.told, &id);
        let attempt = self.transport.hand_over(message, &name, stop).await;
        say(&attempt, KIND);
        attempt
    }
}
