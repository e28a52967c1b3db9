//! Sending what is due, and recording how each attempt ended.

use std::{
    collections::VecDeque,
    sync::{Arc, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use tokio::{sync::watch, time::Instant};
use uuid::Uuid;

use super::{
    Outbox, capture,
    message::{Envelope, MessageError, Outgoing},
    server::Server,
    transport::{Attempt, Transport},
    unrecorded::first_due,
};
use crate::{
    store::{Lease, Store, StoreError},
    submission::{Delivery, Editor, Mail, MailState, Recipient, Submission},
};

/// Only one process sends at a time, so that nothing goes twice. Who dies while sending keeps
/// others from it for this long at most.
const LEASE: Lease = Lease {
    name: "mail",
    lasts: SignedDuration::from_secs(15),
};
/// How often it is renewed while a message is under way.
const RENEWED: Duration = Duration::from_secs(5);
/// How long the mail of a record waits that this version cannot read. Then whichever instance sends
/// has it: a newer one that serves beside this one, and wrote that record, can.
const UNREADABLE_PAUSE: SignedDuration = SignedDuration::from_mins(5);
/// How many submissions are looked up at once.
const AT_ONCE: usize = 100;
/// The same where all that waits is to go: what is not among them goes when it is due.
const WAITING_AT_ONCE: usize = 10_000;

/// What mail is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// What is due.
    Due,
    /// All that is pending, also what waits to be attempted again.
    Pending,
}

/// What a message is called in the log.
pub(super) struct Named<'a> {
    pub kind: &'a str,
    /// The submission whose record has it, and its number there.
    pub of: Option<(Uuid, u32)>,
}

impl Outbox {
    /// Sends mail that is due, some at once, until `stop` says true; a message under way is finished
    /// first. Answers when to come again; `None` when nothing is pending.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn run_once(
        &self,
        which: Which,
        stop: &watch::Receiver<bool>,
    ) -> Result<Option<Timestamp>, StoreError> {
        if self
            .next(which)
            .await?
            .is_none_or(|due| due > Timestamp::now())
        {
            return self.next(Which::Due).await;
        }
        if !self.renew().await? {
            // Another process sends; it may die.
            let soon = SignedDuration::from_secs(5);
            return Ok(Timestamp::now().saturating_add(soon).ok());
        }
        if let (Which::Pending, Transport::Folder(folder)) = (which, &self.transport) {
            capture::sweep(folder);
        }
        let sent = self.send_some(which, stop).await;
        let given_back = self.blocking(|store| store.give_back(LEASE)).await;
        self.server().renewed = None;
        sent?;
        given_back?;
        self.next(Which::Due).await
    }

    /// When the next message is to be attempted.
    async fn next(&self, which: Which) -> Result<Option<Timestamp>, StoreError> {
        let now = Timestamp::now();
        let (unrecorded, mail) = self
            .blocking(move |store| Ok((first_due(store, now)?, store.due_mail(None, 1)?)))
            .await?;
        let alone_until = self.server().left_alone_until(now);
        let mail = mail.first().map(|pending| match which {
            Which::Due => pending.due.max(alone_until.unwrap_or(pending.due)),
            Which::Pending => now,
        });
        Ok(unrecorded.into_iter().chain(mail).min())
    }

    async fn send_some(
        &self,
        mut which: Which,
        stop: &watch::Receiver<bool>,
    ) -> Result<(), StoreError> {
        let now = Timestamp::now();
        if self.send_unrecorded(stop).await? {
            which = Which::Pending;
        }
        let (until, most) = match which {
            Which::Due => (Some(now), AT_ONCE),
            Which::Pending => (None, WAITING_AT_ONCE),
        };
        let mut pending = VecDeque::from(
            self.blocking(move |store| store.due_mail(until, most))
                .await?,
        );
        while let Some(next) = pending.pop_front() {
            let mut last = 0;
            // The record is read again before each, so that nothing goes to an erased address.
            while let Some(submission) = self.readable(next.id).await? {
                let is_alone = self.server().left_alone_until(Timestamp::now()).is_some();
                if *stop.borrow() || is_alone {
                    return Ok(());
                }
                let is_due = |mail: &&Mail| {
                    // What was made while the clock was ahead waits for nothing but that.
                    let waits = mail.was_attempted() || mail.made > now;
                    let waits = which == Which::Pending && waits;
                    mail.number > last && mail.due().is_some_and(|due| waits || due <= now)
                };
                let Some(mail) = submission.mail.iter().find(is_due) else {
                    if last == 0 {
                        let due = submission.mail.iter().filter_map(Mail::due).min();
                        self.blocking(move |store| store.set_mail_due(next.id, due))
                            .await?;
                    }
                    break;
                };
                last = mail.number;
                let named = Named {
                    kind: &mail.kind,
                    of: Some((next.id, last)),
                };
                let sending = self.attempt(named, || self.write(&submission, mail), stop);
                let Some(attempt) = self.under_lease(sending, stop).await? else {
                    return Ok(());
                };
                let has_come_back = self.has_come_back(&attempt);
                self.record(next.id, last, delivery(attempt), stop).await;
                if (self.send_sign_ins(stop).await? || has_come_back) && which == Which::Due {
                    // The server is there again: all that has waited for it goes now.
                    which = Which::Pending;
                    let waits = |store: &Store| store.due_mail(None, WAITING_AT_ONCE);
                    pending = self.blocking(waits).await?.into();
                }
            }
        }
        Ok(())
    }

    /// The submission, unless this version cannot read its record: its mail is left to another
    /// version, and looked at again later.
    async fn readable(&self, id: Uuid) -> Result<Option<Submission>, StoreError> {
        let read = move |store: &Store| {
            let found = store.get(id)?;
            // A form is closed before mail about that is pending, and mail says whether it is open.
            store.look_for_closed_forms()?;
            Ok(found)
        };
        match self.blocking(read).await {
            Err(error) if error.is_of_one_record() => {
                tracing::error!(%error, submission = %id, "its mail is not sent");
                let later = Timestamp::now().saturating_add(UNREADABLE_PAUSE);
                self.blocking(move |store| store.set_mail_due(id, later.ok()))
                    .await?;
                Ok(None)
            }
            other => other,
        }
    }

    /// Sends at the pace that is allowed, and keeps the lease meanwhile. `None` when another
    /// process has it, or the service stops before it is time: then nothing was begun.
    pub(super) async fn under_lease<T>(
        &self,
        sending: impl Future<Output = T>,
        stop: &watch::Receiver<bool>,
    ) -> Result<Option<T>, StoreError> {
        let pace = match &self.transport {
            Transport::Folder(_) => Duration::ZERO,
            Transport::Smtp(_) => self.server().pace(Instant::now()),
        };
        let mut stop = stop.clone();
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return Ok(None),
            () = tokio::time::sleep(pace) => {}
        }
        let is_held = self
            .server()
            .renewed
            .is_some_and(|at| at.elapsed() < RENEWED);
        if !is_held && !self.renew().await? {
            return Ok(None);
        }
        let mut sending = std::pin::pin!(sending);
        loop {
            tokio::select! {
                sent = &mut sending => return Ok(Some(sent)),
                () = tokio::time::sleep(RENEWED) => {
                    // What is under way must be finished and recorded, whatever the store says.
                    if let Err(error) = self.renew().await {
                        tracing::error!(%error, "the lease for mail could not be renewed");
                    }
                }
            }
        }
    }

    /// Takes or renews the lease; `false` while another process has it.
    async fn renew(&self) -> Result<bool, StoreError> {
        let now = Timestamp::now();
        let is_ours = self.blocking(move |store| store.take(LEASE, now)).await?;
        self.server().renewed = is_ours.then(Instant::now);
        Ok(is_ours)
    }

    /// Notes how the server has answered: whether it had failed before.
    pub(super) fn has_come_back(&self, attempt: &Attempt) -> bool {
        match attempt {
            Attempt::Unreachable(_) => {
                self.server().failed(Timestamp::now());
                false
            }
            // A refusal of our own says nothing of the server.
            Attempt::NotTried(_) => false,
            Attempt::Taken | Attempt::Later(_) | Attempt::Refused(_) => {
                let has_come_back = self.server().answered();
                if has_come_back {
                    tracing::info!("the mail server takes mail again");
                }
                has_come_back
            }
        }
    }

    fn server(&self) -> MutexGuard<'_, Server> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn editor(&self, email: &str) -> Option<&Editor> {
        let mut editors = self.editors.iter();
        editors.find(|editor| editor.email == email && !self.left.has(email))
    }

    pub(super) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = Arc::clone(&self.store);
        match tokio::task::spawn_blocking(move || work(&store)).await {
            Ok(answer) => answer,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    /// Records how an attempt ended, trying until it succeeds: a message that a server took must
    /// not be sent again because our disk was full for a while.
    async fn record(
        &self,
        id: Uuid,
        number: u32,
        delivery: Delivery,
        stop: &watch::Receiver<bool>,
    ) {
        loop {
            let outcome = delivery.clone();
            let now = Timestamp::now();
            let recorded = self.blocking(move |store| {
                let may_give_up = store.believes_clock();
                store.update(id, |submission| {
                    submission.mail_attempted(number, outcome, may_give_up, now);
                })
            });
            match recorded.await {
                Ok(_) => return,
                Err(error) => {
                    tracing::error!(%error, submission = %id, mail = number, "cannot record how a message was sent");
                    // Nothing more is sent of a record that cannot be read, so nothing goes twice.
                    if error.is_of_one_record() || *stop.borrow() {
                        return;
                    }
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }

    /// Attempts to send one message, and says in the log how it ended.
    pub(super) async fn attempt(
        &self,
        Named { kind, of }: Named<'_>,
        write: impl FnOnce() -> Result<Outgoing, MessageError>,
        stop: &watch::Receiver<bool>,
    ) -> Attempt {
        let submission = of.map(|(id, _)| tracing::field::display(id));
        let mail = of.map(|(_, number)| number);
        let message = match write() {
            Ok(message) => message,
            Err(MessageError::NoRecipient) => {
                tracing::info!(submission, mail, kind, "dropped: nobody to send it to");
                return Attempt::NotTried(Delivery::NoRecipient);
            }
            Err(error) => {
                tracing::error!(submission, mail, kind, %error, "a message cannot be written");
                return Attempt::NotTried(match error {
                    MessageError::Template(_) => Delivery::Later(error.to_string()),
                    MessageError::Address | MessageError::NoRecipient | MessageError::Message => {
                        Delivery::Refused(error.to_string())
                    }
                });
            }
        };
        let attempt = self.transport.hand_over(message, stop).await;
        match &attempt {
            Attempt::Taken => tracing::info!(submission, mail, kind, "sent"),
            Attempt::Later(reason) | Attempt::Unreachable(reason) => {
                let trouble = for_the_log(reason);
                // One outage is one thing to know, however much mail waits for its end.
                if let Some(times) = self.server().is_to_be_told(Instant::now()) {
                    tracing::warn!(
                        submission,
                        mail,
                        kind,
                        trouble,
                        times,
                        "not sent, will be tried again"
                    );
                }
            }
            Attempt::Refused(reason) => {
                let trouble = for_the_log(reason);
                tracing::error!(submission, mail, kind, trouble, "refused for good");
            }
            Attempt::NotTried(_) => {}
        }
        attempt
    }

    /// The message as it would go now.
    fn write(&self, submission: &Submission, mail: &Mail) -> Result<Outgoing, MessageError> {
        let rendered = self.render(submission, mail)?;
        // Nobody must be able to have us write words of theirs to a stranger, so the campaigner's
        // name does not stand in the header.
        let (name, address) = match (&mail.to, &submission.contact) {
            (Recipient::Campaigner, Some(contact)) => (None, &contact.email),
            (Recipient::NewAddress, _) => {
                let new = submission.new_address.as_ref();
                (None, &new.ok_or(MessageError::NoRecipient)?.email)
            }
            (Recipient::Campaigner, None) => return Err(MessageError::NoRecipient),
            (Recipient::Editor(email), _) => {
                // Who has left the desk gets no mail of it any more.
                let editor = self.editor(email).ok_or(MessageError::NoRecipient)?;
                (Some(editor.name.clone()), &editor.email)
            }
        };
        let to = Envelope {
            name,
            address,
            id: message_id(submission, mail),
            follows: submission
                .mail
                .iter()
                .filter(|before| before.to == mail.to && before.number < mail.number)
                .filter(|before| matches!(before.state, MailState::Sent { .. }))
                .map(|before| message_id(submission, before))
                .collect(),
            made: mail.made,
            file: format!("{}-{}", submission.id, mail.number),
        };
        self.message(&rendered, to)
    }
}

/// The part of a message's `Message-ID` before the `@`.
fn message_id(submission: &Submission, mail: &Mail) -> String {
    format!("{}.{}", submission.id, mail.number)
}

/// What the record is told of an attempt.
fn delivery(attempt: Attempt) -> Delivery {
    match attempt {
        Attempt::Taken => Delivery::Taken,
        Attempt::Later(reason) | Attempt::Unreachable(reason) => Delivery::Later(reason),
        Attempt::Refused(reason) => Delivery::Refused(reason),
        Attempt::NotTried(delivery) => delivery,
    }
}

/// What a server says may name the person in words that no mask knows, so of its answers only kind
/// and code get into the log: `permanent error (550)`.
fn for_the_log(trouble: &str) -> &str {
    match trouble.split_once("): ") {
        Some((kind, _)) if kind.ends_with(|c: char| c.is_ascii_digit()) => {
            &trouble[..kind.len() + 1]
        }
        _ => trouble,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_servers_words_only_kind_and_code_get_into_the_log() {
        assert_eq!(
            for_the_log("permanent error (550): user ana of Lisbon unknown"),
            "permanent error (550)"
        );
        assert_eq!(
            for_the_log("Connection error: Connection refused (os error 111)"),
            "Connection error: Connection refused (os error 111)"
        );
    }
}
