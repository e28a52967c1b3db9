//! Mail that no submission's record has: with the link that an editor signs in with, which goes before
//! all other and is attempted for as long as the link is good; and the last words to an address that is
//! erased, or that another one takes the place of.

use jiff::{SignedDuration, Timestamp};
use lettre::Message;
use serde::Serialize;
use tokio::sync::watch;
use uuid::Uuid;

use super::{
    Outbox, Rendered, capture,
    message::{Envelope, MessageError},
    transport::Attempt,
    worker::for_the_log,
};
use crate::{
    store::{SignIn, StoreError},
    submission::Delivery,
};

/// The first pause before it is attempted again; each further one is twice as long, up to the
/// longest.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(2);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_secs(60);

/// What the templates of this mail are given.
#[derive(Serialize)]
struct Words<'a> {
    link: &'a str,
}

#[derive(Serialize)]
struct LastWords {
    reference: String,
}

impl Outbox {
    /// Sends the mail with links that is due; somebody waits for each. `true` where the server had
    /// failed before and has answered.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub(super) async fn send_sign_ins(
        &self,
        stop: &watch::Receiver<bool>,
    ) -> Result<bool, StoreError> {
        let mut has_come_back = false;
        loop {
            let now = Timestamp::now();
            let next = self
                .blocking(move |store| store.next_sign_in_mail(now))
                .await?;
            let Some((_, asked)) = next.filter(|(due, _)| *due <= now && !*stop.borrow()) else {
                return Ok(has_come_back);
            };
            let sending = self.send_sign_in(&asked, stop);
            let Some(attempt) = self.under_lease(sending, stop).await? else {
                return Ok(has_come_back);
            };
            has_come_back |= self.has_come_back(&attempt);
            let again = again(&attempt, asked.attempts);
            self.blocking(move |store| store.sign_in_mail_attempted(asked.id, again))
                .await?;
        }
    }

    /// Tells somebody that their personal data were erased by the private link, once: the address is
    /// kept nowhere any more, so it is not attempted again.
    pub async fn tell_of_erasure(&self, address: String, submission: Uuid) {
        self.tell_once("erasure", address, submission).await;
    }

    /// Tells the earlier address of somebody that mail goes to another one now, once: it is kept nowhere
    /// any more.
    pub async fn tell_earlier_address(&self, address: String, submission: Uuid) {
        self.tell_once("earlier_address", address, submission).await;
    }

    async fn tell_once(&self, kind: &'static str, address: String, submission: Uuid) {
        let written = || -> Result<Message, MessageError> {
            let words = LastWords {
                reference: submission.to_string(),
            };
            let rendered = self.plain(kind, &words)?;
            let to = Envelope {
                name: None,
                address: &address,
                id: format!("{submission}.{kind}"),
                follows: Vec::new(),
                made: Timestamp::now(),
            };
            self.message(&rendered, to)
        };
        let message = match written() {
            Ok(message) => message,
            Err(error) => {
                tracing::error!(%submission, kind, %error, "mail cannot be written");
                return;
            }
        };
        let name = capture::file_name(Timestamp::now(), &format!("{submission}-0"));
        let (_never, stop) = watch::channel(false);
        match self.transport.hand_over(message, &name, &stop).await {
            Attempt::Taken => tracing::info!(%submission, kind, "sent"),
            _ => tracing::warn!(%submission, kind, "not sent, and not tried again"),
        }
    }

    /// Mail of this kind in words, with nothing below them.
    pub(super) fn plain(
        &self,
        kind: &str,
        words: &impl Serialize,
    ) -> Result<Rendered, MessageError> {
        let part = |file: &str| {
            self.templates
                .render(&format!("letters/{kind}/{file}"), words)
        };
        Ok(Rendered {
            subject: part("subject.txt")?.trim().to_owned(),
            body: part("body.txt")?.trim().to_owned(),
            closing: String::new(),
            block: String::new(),
            lang: String::new(),
            address: String::new(),
            signature: self.signature()?,
        })
    }

    /// Attempts to send an editor the link to sign in with.
    async fn send_sign_in(&self, asked: &SignIn, stop: &watch::Receiver<bool>) -> Attempt {
        if asked.email.is_empty() {
            return Attempt::NotTried(Delivery::NoRecipient);
        }
        let link = self.keys.sign_in_link(asked.id);
        let link = format!("{}/desk/sign-in/{link}", self.public_url);
        let written = || -> Result<Message, MessageError> {
            let editor = self.editor(&asked.email).ok_or(MessageError::NoRecipient)?;
            let rendered = self.plain("sign_in", &Words { link: &link })?;
            let to = Envelope {
                name: Some(editor.name.clone()),
                address: &editor.email,
                id: asked.id.to_string(),
                follows: Vec::new(),
                made: Timestamp::now(),
            };
            self.message(&rendered, to)
        };
        let message = match written() {
            Ok(message) => message,
            Err(error) => {
                tracing::error!(%error, "mail with a sign-in link cannot be written");
                return Attempt::NotTried(Delivery::Refused(error.to_string()));
            }
        };
        let name = capture::file_name(Timestamp::now(), &asked.id.to_string());
        let attempt = self.transport.hand_over(message, &name, stop).await;
        say(&attempt, "sign_in");
        attempt
    }
}

/// When mail that no record has is attempted again; `None` for never.
pub(super) fn again(attempt: &Attempt, attempts: u32) -> Option<Timestamp> {
    match attempt {
        Attempt::Taken | Attempt::Refused(_) | Attempt::NotTried(_) => None,
        Attempt::Later(_) | Attempt::Unreachable(_) => {
            let factor = 2_i32.saturating_pow(attempts.min(20));
            let pause = FIRST_PAUSE.checked_mul(factor).unwrap_or(LONGEST_PAUSE);
            Timestamp::now()
                .saturating_add(pause.min(LONGEST_PAUSE))
                .ok()
        }
    }
}

/// Logs how an attempt with mail ended that no record has.
pub(super) fn say(attempt: &Attempt, kind: &str) {
    match attempt {
        Attempt::Taken => tracing::info!(kind, "sent"),
        Attempt::Refused(reason) => {
            tracing::error!(kind, trouble = for_the_log(reason), "refused for good");
        }
        Attempt::Later(reason) | Attempt::Unreachable(reason) => {
            tracing::warn!(kind, trouble = for_the_log(reason), "not sent");
        }
        Attempt::NotTried(_) => {}
    }
}
