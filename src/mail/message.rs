//! Words → a message as mail carries it, and addresses as mail needs them.

use std::time::SystemTime;

use jiff::Timestamp;
use lettre::{
    Message,
    message::{
        Mailbox, MultiPart,
        header::{Header, HeaderName, HeaderValue},
    },
};

use super::{MailError, Outbox, Rendered, capture, wrong};
use crate::{templates::TemplateError, text::email::mail_address};

/// RFC 3834, section 5: keeps out-of-office answers away.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }
    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }
    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// The same for Microsoft's servers, which do not know the other ([MS-OXCMAIL], section
/// 2.2.3.2.14).
#[derive(Clone)]
struct AutoResponseSuppress;

impl Header for AutoResponseSuppress {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("X-Auto-Response-Suppress")
    }
    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }
    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "All".to_owned())
    }
}

/// Why a message could not even be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum MessageError {
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error("the address is not one that mail can be sent to")]
    Address,
    #[error("there is nobody to send it to any more")]
    NoRecipient,
    #[error("the message could not be put together")]
    Message,
}

/// Whom a message goes to, and what tells it from every other.
pub(super) struct Envelope<'a> {
    /// Shown beside the address; left out where it holds a control character.
    pub name: Option<String>,
    pub address: &'a str,
    /// The part of the Message-ID before the `@`. Sent twice, a message has the same one, so that
    /// mail programs show it once.
    pub id: String,
    /// The same of the messages that it follows, the first one first (RFC 5322, section 3.6.4).
    pub follows: Vec<String>,
    /// The `Date`.
    pub made: Timestamp,
    /// What its file is called where it is captured, after that moment.
    pub file: String,
}

impl<'a> Envelope<'a> {
    /// To this address, without a name; it follows nothing, and its file is called as the message.
    pub(super) fn new(address: &'a str, id: String, made: Timestamp) -> Self {
        Self {
            name: None,
            address,
            file: id.clone(),
            id,
            follows: Vec::new(),
            made,
        }
    }
}

/// A message that can go.
pub(super) struct Outgoing {
    pub message: Message,
    /// The name of its file where it is captured.
    pub file: String,
}

impl Outbox {
    /// The message with these words.
    pub(super) fn message(
        &self,
        rendered: &Rendered,
        to: Envelope,
    ) -> Result<Outgoing, MessageError> {
        let mailbox = Mailbox::new(
            to.name.filter(|name| !name.chars().any(char::is_control)),
            deliverable(to.address).ok_or(MessageError::Address)?,
        );
        let in_full = |id: &String| format!("<{id}@{}>", self.from.email.domain());
        let mut builder = Message::builder();
        if let Some(last) = to.follows.last() {
            let all: Vec<String> = to.follows.iter().map(in_full).collect();
            builder = builder.in_reply_to(in_full(last)).references(all.join(" "));
        }
        let message = builder
            .from(self.from.clone())
            .reply_to(self.reply_to.clone())
            .to(mailbox)
            .subject(rendered.subject.clone())
            .date(SystemTime::try_from(to.made).unwrap_or(SystemTime::UNIX_EPOCH))
            .message_id(Some(in_full(&to.id)))
            .header(AutoSubmitted)
            .header(AutoResponseSuppress)
            .multipart(MultiPart::alternative_plain_html(
                rendered.text(),
                self.html(rendered)?,
            ))
            .map_err(|_| MessageError::Message)?;
        Ok(Outgoing {
            message,
            file: capture::file_name(to.made, &to.file),
        })
    }
}

/// An address of the configuration, with or without a name.
pub(super) fn mailbox(key: &'static str, text: &str) -> Result<Mailbox, MailError> {
    text.parse::<Mailbox>()
        .ok()
        .and_then(|mailbox| {
            let address = deliverable(mailbox.email.as_ref())?;
            Some(Mailbox::new(mailbox.name, address))
        })
        .ok_or_else(|| {
            wrong(
                key,
                "must be an address, as in The editors <editors@example.org>",
            )
        })
}

/// The address as the mail library wants it.
fn deliverable(address: &str) -> Option<lettre::Address> {
    mail_address(address).ok()?.parse().ok()
}
