//! The mail of submissions: rendering it, the transports, and the worker that sends what is
//! pending.
//!
//! A message is part of its submission's record, so the outbox keeps nothing of its own: it looks
//! for mail that is due, sends it one by one, and records how each attempt ended. A mail server
//! that is down, slow or refusing therefore delays mail and nothing else. The only module that
//! knows the mail library.

mod capture;
mod connection;
mod digest;
mod message;
mod render;
mod saved;
mod server;
mod sign_in;
mod transport;
mod unrecorded;
mod worker;

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use lettre::message::Mailbox;

pub(crate) use self::transport::masked;
use self::{server::Server, transport::Transport};
use crate::{
    config::{Config, Days, Left, PublicUrl, Site},
    form::Forms,
    keys::Keys,
    store::Store,
    submission::Editor,
    templates::Templates,
};

pub use self::{
    capture::{Captured, captured},
    digest::{DigestLine, DigestPart, DigestWords},
    render::Rendered,
    worker::Which,
};

/// A mail setting that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("`mail.{key}`: {message}")]
pub struct MailError {
    key: &'static str,
    message: String,
}

fn wrong(key: &'static str, message: impl Into<String>) -> MailError {
    MailError {
        key,
        message: message.into(),
    }
}

/// Sends the mail that the store's submissions cause.
pub struct Outbox {
    store: Arc<Store>,
    forms: Arc<Forms>,
    templates: Arc<Templates>,
    keys: Keys,
    public_url: PublicUrl,
    editors: Vec<Editor>,
    left: Arc<Left>,
    /// Who “we” are, and how soon an editor usually answers.
    site: Site,
    reply_within: Days,
    /// After which time campaigners are reminded.
    remind_after: Option<Days>,
    /// How long names and addresses are kept after the end, in words.
    retention: String,
    transport: Transport,
    from: Mailbox,
    reply_to: Mailbox,
    /// How the server has been lately.
    server: Mutex<Server>,
}

impl Outbox {
    /// An outbox for this store.
    ///
    /// # Errors
    /// When a mail setting cannot be used.
    pub fn new(
        config: &Config,
        public_url: &PublicUrl,
        forms: Arc<Forms>,
        store: Arc<Store>,
        templates: Arc<Templates>,
        keys: Keys,
        left: Arc<Left>,
    ) -> Result<Self, MailError> {
        let mail = &config.mail;
        let from = message::mailbox("from", &mail.from)?;
        let reply_to = match &mail.reply_to {
            Some(text) => message::mailbox("reply_to", text)?,
            None => from.clone(),
        };
        Ok(Self {
            store,
            forms,
            templates,
            keys,
            public_url: public_url.clone(),
            editors: config.editors.clone(),
            left,
            site: config.site.clone(),
            reply_within: config.reply_within.clone(),
            remind_after: config.remind_after.clone(),
            retention: config.retention_in_words(),
            transport: Transport::parse(&mail.transport)?,
            from,
            reply_to,
            server: Mutex::new(Server::new(mail.per_minute)),
        })
    }

    /// The folder of captured mail, when mail goes to one.
    pub fn folder(&self) -> Option<&Path> {
        match &self.transport {
            Transport::Folder(folder) => Some(folder),
            Transport::Smtp(_) => None,
        }
    }

    /// Whether the mail server answers, or the folder can be written.
    ///
    /// # Errors
    /// What is wrong, without addresses.
    pub async fn test(&self) -> Result<(), String> {
        self.transport.test().await
    }
}
