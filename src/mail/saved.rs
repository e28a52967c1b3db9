//! Mail about forms that were saved and not sent: the link that was asked for, the reminder, and the
//! invitation to complete what an editor has begun.

use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;

use super::{
    Outbox,
    message::{Envelope, MessageError, Outgoing},
    unrecorded::{Ended, State, Unrecorded},
};
use crate::{
    form::Door,
    store::{Invitation, PendingSavedMail, Store, StoreError},
    text::day_in_words,
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
    /// Until when it can be sent; empty where that is for as long as it is kept.
    closes: String,
    /// What people read since the form was closed; may be empty.
    after: &'a str,
}

impl Unrecorded for PendingSavedMail {
    fn next(store: &Store, _: Timestamp) -> Result<Option<Self>, StoreError> {
        store.next_saved_mail()
    }

    fn state(&self) -> State {
        State {
            kind: self.kind.name(),
            due: self.due,
            attempts: self.attempts,
        }
    }

    fn write(&self, outbox: &Outbox) -> Result<Outgoing, MessageError> {
        let (kind, form) = (self.kind.name(), &self.form);
        let definition = outbox.forms.of(&form.form);
        let key = outbox.keys.private_key(form.id, 0);
        let expires = form.expires.to_zoned_datetime(TimeZone::UTC);
        let invitation = form.invitation.as_ref();
        let word = |word: fn(&Invitation) -> &String| invitation.map_or("", |it| word(it));
        let now = Timestamp::now();
        let begun = outbox.keys.made(form.id).unwrap_or(now);
        let opening = outbox.store.opening(&definition);
        let closes = opening.closes.filter(|closes| *closes < form.expires);
        let words = Words {
            by: invitation
                .and_then(|it| outbox.editor(&it.by))
                .map_or("", |it| &it.name),
            title: word(|it| &it.title),
            page: word(|it| &it.page),
            message: word(|it| &it.message),
            is_untouched: form.is_untouched(),
            is_closed: opening.for_one_who_began(begun, now) != Door::Open,
            closes: closes
                .and_then(|closes| closes.checked_add(opening.finish_within).ok())
                .map_or_else(String::new, |closes| {
                    closes.strftime("%-d %B %Y, %H:%M UTC").to_string()
                }),
            after: &opening.after,
            site: &outbox.site.name,
            noun: &definition.noun,
            form: &definition.title,
            private_url: format!("{}/mine/{}/{key}", outbox.public_url, form.id),
            until: day_in_words(expires.date()),
        };
        let id = format!("{}.{kind}.{}", form.id, self.due.as_millisecond());
        let to = Envelope {
            file: format!("{}-{kind}", form.id),
            ..Envelope::new(&form.email, id, Timestamp::now())
        };
        outbox.message(&outbox.plain(kind, &words)?, to)
    }

    fn attempted(&self, store: &Store, ended: Ended) -> Result<(), StoreError> {
        store.saved_mail_attempted(self, ended.again, ended.is_refused)
    }
}
