//! Sending what is due, and recording how each attempt ended.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use lettre::Message;
use serde::Serialize;
use tokio::sync::watch;
use uuid::Uuid;

use super::{
    Outbox, Rendered, capture,
    message::{Envelope, MessageError},
    transport::{Attempt, Transport},
};
use crate::{
    queue::{Queue, QueueError},
    submission::{Delivery, Editor, Mail, Recipient, Submission},
};

/// How often to look for mail that another process has put into the queue.
const LOOK_AGAIN: Duration = Duration::from_secs(15);

impl Outbox {
    /// Sends mail until `stop` says true; a message under way is finished first. At the start all
    /// pending mail is attempted at once, since the restart may be what makes mail work again.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let mut right_to_send = None;
        let mut at_start = true;
        while !*stop.borrow() {
            if right_to_send.is_none() {
                right_to_send = self.queue.right_to_send().unwrap_or_else(|error| {
                    tracing::error!(%error, "mail cannot be sent");
                    None
                });
                if let (Some(_), Transport::Folder(folder)) = (&right_to_send, &self.transport) {
                    capture::sweep(folder);
                }
            }
            let mut pause = LOOK_AGAIN;
            if right_to_send.is_some() {
                match self.send_due(at_start, &stop).await {
                    Ok(next) => {
                        at_start = false;
                        if let Some(next) = next {
                            let left = next.duration_since(Timestamp::now());
                            pause = pause.min(left.try_into().unwrap_or(Duration::ZERO));
                        }
                    }
                    Err(error) => tracing::error!(%error, "the queue cannot be read for mail"),
                }
            }
            tokio::select! {
                () = self.wake.notified() => {}
                () = tokio::time::sleep(pause) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Sends the mail that is due, or all pending mail if `all`; answers when the next is due.
    /// For one caller at a time, who has [`Queue::right_to_send`].
    ///
    /// # Errors
    /// When the queue cannot be read.
    pub async fn send_due(
        &self,
        all: bool,
        stop: &watch::Receiver<bool>,
    ) -> Result<Option<Timestamp>, QueueError> {
        let now = Timestamp::now();
        let mut pending: Vec<(Timestamp, Uuid)> = self
            .pending()
            .await?
            .into_iter()
            .filter(|(due, _)| all || *due <= now)
            .collect();
        pending.sort_unstable();
        for (_, id) in pending {
            let mut last = 0;
            // The record is read again before each, so that nothing goes to an erased address.
            while let Some(submission) = self.blocking(move |queue| queue.get(id)).await? {
                if *stop.borrow() {
                    return Ok(None);
                }
                let is_due = |mail: &&Mail| {
                    mail.number > last && mail.due().is_some_and(|due| all || due <= now)
                };
                let Some(mail) = submission.mail.iter().find(is_due) else {
                    break;
                };
                last = mail.number;
                let delivery = self.send(&submission, mail).await;
                self.record(id, last, delivery, stop).await;
            }
        }
        Ok(self.pending().await?.into_iter().map(|(due, _)| due).min())
    }

    /// Sends an editor the link to sign in with. It is no part of any record, so it is
    /// attempted for half a minute only; an editor who gets none can ask again.
    pub async fn send_sign_in(&self, editor: &Editor, link: &str) {
        #[derive(Serialize)]
        struct SignIn<'a> {
            link: &'a str,
        }
        let id = Uuid::now_v7();
        let written = || -> Result<Message, MessageError> {
            let part = |file: &str| {
                self.templates
                    .render(&format!("letters/sign_in/{file}"), &SignIn { link })
            };
            let rendered = Rendered {
                subject: part("subject.txt")?.trim().to_owned(),
                body: part("body.txt")?.trim().to_owned(),
                closing: String::new(),
                block: String::new(),
                address: String::new(),
            };
            let to = Envelope {
                name: Some(editor.name.clone()),
                address: &editor.email,
                id: id.to_string(),
                made: Timestamp::now(),
            };
            self.message(&rendered, to)
        };
        let message = match written() {
            Ok(message) => message,
            Err(error) => return tracing::error!(%error, "a sign-in message cannot be written"),
        };
        let name = capture::file_name(Timestamp::now(), &id.to_string());
        for pause in [1, 5, 15, 0] {
            match self.transport.hand_over(message.clone(), &name).await {
                Attempt::Taken => return tracing::info!(kind = "sign_in", "sent"),
                Attempt::Refused(trouble) => {
                    return tracing::error!(kind = "sign_in", trouble, "refused for good");
                }
                Attempt::Later(trouble) => {
                    tracing::warn!(kind = "sign_in", trouble, "not sent");
                }
            }
            if pause > 0 {
                tokio::time::sleep(Duration::from_secs(pause)).await;
            }
        }
    }

    /// When mail is due next, and of which submission.
    async fn pending(&self) -> Result<Vec<(Timestamp, Uuid)>, QueueError> {
        let listing = self.blocking(Queue::list).await?;
        Ok(listing
            .summaries
            .iter()
            .filter_map(|summary| Some((summary.next_mail?, summary.id)))
            .collect())
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Queue) -> Result<T, QueueError> + Send + 'static,
    ) -> Result<T, QueueError> {
        let queue = Arc::clone(&self.queue);
        match tokio::task::spawn_blocking(move || work(&queue)).await {
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
            match self
                .blocking(move |queue| {
                    queue.update(id, |submission| {
                        submission.mail_attempted(number, outcome, now);
                    })
                })
                .await
            {
                Ok(_) => return,
                // Nothing more is sent of a record that cannot be read, so nothing goes twice.
                Err(error @ QueueError::Unreadable { .. }) => {
                    return tracing::error!(%error, submission = %id, mail = number, "cannot record how a message was sent");
                }
                Err(error) => {
                    tracing::error!(%error, submission = %id, mail = number, "cannot record how a message was sent");
                    if *stop.borrow() {
                        return;
                    }
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }

    /// Attempts to send one message, and says in the log how it ended.
    async fn send(&self, submission: &Submission, mail: &Mail) -> Delivery {
        let (id, number, kind) = (submission.id, mail.number, mail.kind.as_str());
        let message = match self.write(submission, mail) {
            Ok(message) => message,
            Err(MessageError::NoRecipient) => {
                tracing::info!(submission = %id, mail = number, kind, "dropped: nobody to send it to");
                return Delivery::NoRecipient;
            }
            Err(error) => {
                tracing::error!(submission = %id, mail = number, kind, %error, "a message cannot be written");
                return match error {
                    MessageError::Template(_) => Delivery::Later(error.to_string()),
                    MessageError::Address | MessageError::NoRecipient | MessageError::Message => {
                        Delivery::Refused(error.to_string())
                    }
                };
            }
        };
        let name = capture::file_name(mail.made, &format!("{id}-{number}"));
        match self.transport.hand_over(message, &name).await {
            Attempt::Taken => {
                tracing::info!(submission = %id, mail = number, kind, "sent");
                Delivery::Taken
            }
            Attempt::Later(reason) => {
                let trouble = for_the_log(&reason);
                tracing::warn!(submission = %id, mail = number, kind, trouble, "not sent, will be tried again");
                Delivery::Later(reason)
            }
            Attempt::Refused(reason) => {
                let trouble = for_the_log(&reason);
                tracing::error!(submission = %id, mail = number, kind, trouble, "refused for good");
                Delivery::Refused(reason)
            }
        }
    }

    /// The message as it would go now.
    fn write(&self, submission: &Submission, mail: &Mail) -> Result<Message, MessageError> {
        let rendered = self.render(submission, mail)?;
        // Nobody must be able to have us write words of theirs to a stranger, so the campaigner's
        // name does not stand in the header.
        let (name, address) = match (&mail.to, &submission.contact) {
            (Recipient::Campaigner, Some(contact)) => (None, &contact.email),
            (Recipient::Campaigner, None) => return Err(MessageError::NoRecipient),
            (Recipient::Editor(email), _) => {
                let editor = self.editors.iter().find(|editor| editor.email == *email);
                // Who has left the desk gets no mail of it any more.
                let editor = editor.ok_or(MessageError::NoRecipient)?;
                (Some(editor.name.clone()), &editor.email)
            }
        };
        let to = Envelope {
            name,
            address,
            id: format!("{}.{}", submission.id, mail.number),
            made: mail.made,
        };
        self.message(&rendered, to)
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
