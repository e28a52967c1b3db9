//! Mail that no submission's record has. The store keeps what is pending of each kind in a table of
//! that kind; what is done with it is the same for all, and stands here.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio::sync::watch;
use uuid::Uuid;

use super::{
    Outbox, Rendered,
    message::{Envelope, MessageError, Outgoing},
    transport::Attempt,
    worker::Named,
};
use crate::{
    store::{PendingDigest, PendingSavedMail, PendingSignIn, Store, StoreError},
    templates::TemplateError,
};

/// The first pause before it is attempted again; each further one is twice as long, up to the
/// longest.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(2);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_secs(60);

/// A message of one of these kinds that is pending.
pub(super) trait Unrecorded: Send + Sync {
    /// The one of this kind that is due first, whether by now or later.
    fn next(store: &Store, now: Timestamp) -> Result<Option<Self>, StoreError>
    where
        Self: Sized;

    fn state(&self) -> State;

    /// The message as it would go now. One that cannot be written, or that nobody is to get any more,
    /// is given up.
    fn write(&self, outbox: &Outbox) -> Result<Outgoing, MessageError>;

    /// Records that it was attempted.
    fn attempted(&self, store: &Store, ended: Ended) -> Result<(), StoreError>;
}

/// How it stands with a message that is pending.
pub(super) struct State {
    /// The name of its kind, for the log.
    pub kind: &'static str,
    /// When it is to be attempted.
    pub due: Timestamp,
    /// How often it was.
    pub attempts: u32,
}

/// What became of an attempt.
#[derive(Clone, Copy)]
pub(super) struct Ended {
    /// When it is due again; `None` for never.
    pub again: Option<Timestamp>,
    /// Whether it was refused for good.
    pub is_refused: bool,
}

/// Finds the first message of a kind.
type First = fn(&Store, Timestamp) -> Result<Option<Box<dyn Unrecorded>>, StoreError>;

/// Every kind, in the order in which they are sent.
const KINDS: [First; 3] = [
    first::<PendingSignIn>,
    first::<PendingSavedMail>,
    first::<PendingDigest>,
];

fn first<K: Unrecorded + 'static>(
    store: &Store,
    now: Timestamp,
) -> Result<Option<Box<dyn Unrecorded>>, StoreError> {
    Ok(K::next(store, now)?.map(|pending| Box::new(pending) as _))
}

/// When the first message of all these kinds is due, whether by now or later.
pub(super) fn first_due(store: &Store, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let mut all = Vec::new();
    for first in KINDS {
        all.extend(first(store, now)?.map(|pending| pending.state().due));
    }
    Ok(all.into_iter().min())
}

#[derive(Serialize)]
struct LastWords {
    reference: String,
}

impl Outbox {
    /// Sends all of these kinds that is due. `true` where the server had failed before and has
    /// answered.
    pub(super) async fn send_unrecorded(
        &self,
        stop: &watch::Receiver<bool>,
    ) -> Result<bool, StoreError> {
        let mut has_come_back = false;
        for first in KINDS {
            has_come_back |= self.send_each(first, stop).await?;
        }
        Ok(has_come_back)
    }

    /// The same for links to sign in with alone: somebody waits for each.
    pub(super) async fn send_sign_ins(
        &self,
        stop: &watch::Receiver<bool>,
    ) -> Result<bool, StoreError> {
        self.send_each(first::<PendingSignIn>, stop).await
    }

    async fn send_each(
        &self,
        first: First,
        stop: &watch::Receiver<bool>,
    ) -> Result<bool, StoreError> {
        let mut has_come_back = false;
        loop {
            let now = Timestamp::now();
            let Some(pending) = self.blocking(move |store| first(store, now)).await? else {
                return Ok(has_come_back);
            };
            let State {
                kind,
                due,
                attempts,
            } = pending.state();
            if due > now || *stop.borrow() {
                return Ok(has_come_back);
            }
            let named = Named { kind, of: None };
            let sending = self.attempt(named, || pending.write(self), stop);
            let Some(attempt) = self.under_lease(sending, stop).await? else {
                return Ok(has_come_back);
            };
            has_come_back |= self.has_come_back(&attempt);
            let ended = Ended {
                again: again(&attempt, attempts),
                is_refused: matches!(attempt, Attempt::Refused(_)),
            };
            self.blocking(move |store| pending.attempted(store, ended))
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
        let written = || -> Result<Outgoing, MessageError> {
            let words = LastWords {
                reference: submission.to_string(),
            };
            let id = format!("{submission}.{kind}");
            let to = Envelope {
                file: format!("{submission}-0"),
                ..Envelope::new(&address, id, Timestamp::now())
            };
            self.message(&self.plain(kind, &words)?, to)
        };
        let message = match written() {
            Ok(message) => message,
            Err(error) => {
                tracing::error!(%submission, kind, %error, "mail cannot be written");
                return;
            }
        };
        let (_never, stop) = watch::channel(false);
        match self.transport.hand_over(message, &stop).await {
            Attempt::Taken => tracing::info!(%submission, kind, "sent"),
            _ => tracing::warn!(%submission, kind, "not sent, and not tried again"),
        }
    }

    /// Mail of this kind in words, with nothing below them.
    pub(super) fn plain(
        &self,
        kind: &str,
        words: &impl Serialize,
    ) -> Result<Rendered, TemplateError> {
        let (subject, body) = self.subject_and_body(kind, words)?;
        Ok(Rendered {
            subject,
            body,
            signature: self.signature()?,
            ..Rendered::default()
        })
    }

    /// What the templates of this kind of mail make of these words.
    pub(super) fn subject_and_body(
        &self,
        kind: &str,
        words: &impl Serialize,
    ) -> Result<(String, String), TemplateError> {
        let part = |file: &str| {
            let name = format!("letters/{kind}/{file}");
            let text = self.templates.render(&name, words)?;
            Ok(text.trim().to_owned())
        };
        Ok((part("subject.txt")?, part("body.txt")?))
    }
}

/// When such mail is attempted again; `None` for never.
fn again(attempt: &Attempt, attempts: u32) -> Option<Timestamp> {
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
