//! Mail about forms that were saved and not sent: the link that was asked for, and the reminder. No
//! submission's record has it.

use jiff::{Timestamp, tz::TimeZone};
use lettre::Message;
use serde::Serialize;
use tokio::sync::watch;

use super::{
    Outbox, capture,
    message::{Envelope, MessageError},
    sign_in::{again, say},
    transport::Attempt,
};
use crate::{
    form::Door,
    store::{Invitation, PendingSavedMail, StoreError},
    submission::Delivery,
};

/// What the templates of this mail are given.
#[derive(Serialize)]
struct Words<'a> {
    site: &'a str,
    noun: &'a str,
    /// The title of the form.
    form: &'a str,
    private_url: String,
    /// The day on which it is erased.
    until: String,
    /// What an editor has begun it with, and what that editor is called; else empty.
    by: &'a str,
    title: &'a str,
    page: &'a str,
    message: &'a str,
    /// Whether nobody has saved it since.
    is_untouched: bool,
    /// Whether it cannot be sent, as the form stands now.
    is_closed: bool,
}

impl Outbox {
    /// Sends the mail about saved forms that is due. `true` where the server had failed before and
    /// has answered.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub(super) async fn send_saved(
        &self,
        stop: &watch::Receiver<bool>,
    ) -> Result<bool, StoreError> {
        let mut has_come_back = false;
        loop {
            let now = Timestamp::now();
            let next = self.blocking(|store| store.next_saved_mail()).await?;
            let Some(pending) = next.filter(|it| it.due <= now && !*stop.borrow()) else {
                return Ok(has_come_back);
            };
            let Some(attempt) = self
                .under_lease(self.send_about(&pending, stop), stop)
                .await?
            else {
                return Ok(has_come_back);
            };
            has_come_back |= self.has_come_back(&attempt);
            let again = again(&attempt, pending.attempts);
            let is_refused = matches!(attempt, Attempt::Refused(_));
            self.blocking(move |store| store.saved_mail_attempted(&pending, again, is_refused))
                .await?;
        }
    }

    /// Attempts to send one.
    async fn send_about(
        &self,
        pending: &PendingSavedMail,
        stop: &watch::Receiver<bool>,
    ) -> Attempt {
        let kind = pending.kind.name();
        let form = &pending.form;
        let written = || -> Result<Message, MessageError> {
            let definition = self.forms.of(&form.form);
            let key = self.keys.private_key(form.id, 0);
            let expires = form.expires.to_zoned_datetime(TimeZone::UTC);
            let invitation = form.invitation.as_ref();
            let word = |word: fn(&Invitation) -> &String| invitation.map_or("", |it| word(it));
            let words = Words {
                by: invitation
                    .and_then(|it| self.editor(&it.by))
                    .map_or("", |it| &it.name),
                title: word(|it| &it.title),
                page: word(|it| &it.page),
                message: word(|it| &it.message),
                is_untouched: form.is_untouched(),
                is_closed: self.store.opening(&definition).at(Timestamp::now()) != Door::Open,
                site: &self.site.name,
                noun: &definition.noun,
                form: &definition.title,
                private_url: format!("{}/mine/{}/{key}", self.public_url, form.id),
                until: expires.strftime("%-d %B %Y").to_string(),
            };
            let to = Envelope {
                name: None,
                address: &form.email,
                id: format!("{}.{kind}.{}", form.id, pending.due.as_millisecond()),
                follows: Vec::new(),
                made: Timestamp::now(),
            };
            self.message(&self.plain(kind, &words)?, to)
        };
        let message = match written() {
            Ok(message) => message,
            Err(error) => {
                tracing::error!(kind, %error, "mail about a saved form cannot be written");
                return Attempt::NotTried(Delivery::Refused(error.to_string()));
            }
        };
        let name = capture::file_name(Timestamp::now(), &format!("{}-{kind}", form.id));
        let attempt = self.transport.hand_over(message, &name, stop).await;
        say(&attempt, kind);
        attempt
    }
}
