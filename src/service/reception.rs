//! Taking in what somebody sends: what speaks for abuse, what is put aside, who gets mail of it.
//!
//! Nothing is refused for what it says. What looks like abuse waits apart until an editor has looked
//! at it. A client that sends more than anybody writes is told to wait.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{
    Outcome, Service, ServiceError,
    suspicion::{Message, Shared},
};
use crate::{
    form::{Definition, Entry},
    keys::TokenTrouble,
    store::{ALIKE_FOR, Alike, Inserted, Rate, StoreError, Summary},
    submission::{
        Action, Actor, Arrival, Command, Context, Duplicates, Effect, MailChoice, Reception, Stage,
        Submission,
    },
    text::email::mail_address,
};

/// The time in which most limits count.
pub(super) const HOUR: SignedDuration = SignedDuration::from_hours(1);
pub(super) const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Mail to addresses that are typed on private pages, from one network in an hour: enough for a room full
/// of people, and no way to write to everybody.
const MOST_TO_TYPED: u32 = 40;
/// Mail to editors about single submissions, in an hour; what comes in besides is told together.
const MOST_NEWS: u32 = 10;

/// The trace of what came in without mail to the editors of its own.
const BESIDES: &str = "besides";

/// Who sends something, as far as that is known. The names tell nobody who it is.
#[derive(Debug, Clone, Default)]
pub struct Sender {
    /// The network that it comes from.
    pub client: String,
    /// The browser, where it is known from before.
    pub browser: Option<String>,
    /// Whether the field was filled in that people leave empty.
    pub fell_for_it: bool,
}

/// What mail that strangers can cause is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letter {
    /// A link to sign in with.
    SignIn,
    /// To an address that was typed on a private page, which anybody can have: a link to a saved form, a
    /// link to confirm the address.
    ToTyped,
    /// Anything else.
    Other,
}

/// What a browser is known by.
#[derive(Debug, Clone, Copy)]
pub enum Known<'a> {
    /// Somebody has signed in with it as the editor with this address.
    Editor(&'a str),
    /// Somebody has opened the private page of this submission with it. That proves nothing about the
    /// address that was typed.
    LinkHolder(Uuid),
}

impl Sender {
    /// Under which name it is counted.
    pub fn name(&self) -> &str {
        self.browser.as_deref().unwrap_or(&self.client)
    }
}

impl Service {
    /// Puts a submission into the store and wakes the mail worker: the id, also where the same form
    /// was sent before with the same answers. `opened` is what the form's token stands for.
    ///
    /// # Errors
    /// When the post could not be rendered.
    pub fn submit(
        &self,
        definition: &Definition,
        opened: Result<Uuid, TokenTrouble>,
        entry: Entry,
        sender: &Sender,
        now: Timestamp,
    ) -> Result<Outcome<Uuid>, ServiceError> {
        let id = match opened {
            Ok(id) => id,
            Err(TokenTrouble::Old) => return Ok(Outcome::FormTooOld),
            Err(TokenTrouble::Unknown) => return Ok(Outcome::NotOurForm),
        };
        let received = loop {
            let received = self.receive(id, definition, &entry, sender, now);
            // Where others have come to a limit in the same moment, it is looked at again.
            if let Some(received) = received.transpose() {
                break received;
            }
        };
        match received {
            Ok(outcome) => Ok(outcome),
            Err(StoreError::Template(cause)) => Err(cause.into()),
            Err(cause) => Ok(Outcome::NotSaved(cause.into())),
        }
    }

    /// `None` where a limit was reached since it was looked at.
    fn receive(
        &self,
        id: Uuid,
        definition: &Definition,
        entry: &Entry,
        sender: &Sender,
        now: Timestamp,
    ) -> Result<Option<Outcome<Uuid>>, StoreError> {
        let context = Context {
            definition,
            editors: &self.config.editors,
            now,
        };
        let marks = definition.marks(&entry.answers);
        let alike = || {
            let none = Duplicates::default();
            let alike = self.duplicates(id, definition, &entry.answers, &marks, &none)?;
            Ok::<_, StoreError>(alike.into_iter().map(|one| one.other).collect())
        };
        if !self.config.limits.enabled {
            let reception = Reception {
                alike: alike()?,
                ..Reception::default()
            };
            let submission = Submission::receive(id, entry.clone(), reception, &context);
            let inserted = self.store.insert(submission, &marks, &[], &[])?;
            return Ok(outcome(inserted, id));
        }
        let limits = &self.config.limits;
        let sent = |most, per| Rate {
            name: format!("sent:{}", sender.name()),
            most,
            per,
        };
        // A browser that is known is not shut out by what others send; but somebody may have made many
        // of them known, so what those of one network send together is bounded too.
        let together = match sender.browser {
            Some(_) => Rate {
                name: format!("sent:known:{}", sender.client),
                most: limits.most_per_client.saturating_mul(2),
                per: HOUR,
            },
            None => Rate {
                name: "sent".to_owned(),
                most: limits.most_in_all,
                per: HOUR,
            },
        };
        let mut rates = vec![sent(limits.most_per_client, HOUR), together];
        if let Some(wait) = self.store.over(&rates, now)? {
            // Sent again because the answer was lost, it is there all the same.
            let again = Submission::receive(id, entry.clone(), Reception::default(), &context);
            let found = self.store.get(id)?;
            return Ok(Some(
                match found.is_some_and(|it| it.was_sent_like(&again)) {
                    true => Outcome::Done(id),
                    false => {
                        Self::limit_reached(sender, "submit");
                        Outcome::TooMany(wait)
                    }
                },
            ));
        }
        let mut message = Message::of(definition, entry, sender, self);
        let began = self.keys.made(id).unwrap_or(now);
        let took = now.duration_since(began);
        let mut suspicions = message.suspicions(self, definition, sender, took)?;
        let shared = self.shared(&message, definition, sender, id, now)?;
        suspicions.extend(shared.into_iter().map(|it| it.suspicion));
        // Who tries the form out as an editor looks for it, and for its mail.
        let is_tried_out = self.is_editors(sender) && !message.is_of_many(&suspicions);
        let arrival = Arrival {
            is_known: sender.browser.is_some(),
            suspicions,
            ..Arrival::default()
        };
        let is_aside = arrival.score() >= limits.put_aside_from && !is_tried_out;
        let (mut without_receipt, mut without_news) = (false, false);
        if !is_aside {
            let receipt = self.rates_of_letters(&entry.contact.email, sender, Letter::Other);
            for (rates_of_it, without) in [
                (receipt, &mut without_receipt),
                (vec![news()], &mut without_news),
            ] {
                *without = self.store.over(&rates_of_it, now)?.is_some();
                if !*without {
                    rates.extend(rates_of_it);
                }
            }
        }
        let reception = Reception {
            without_receipt,
            without_news,
            is_aside,
            arrival,
            alike: alike()?,
        };
        if reception.without_news {
            message.names.push(BESIDES.to_owned());
        }
        let submission = Submission::receive(id, entry.clone(), reception, &context);
        // One transaction counts and accepts, so that accepting costs one sync.
        let inserted = self
            .store
            .insert(submission, &marks, &message.names, &rates)?;
        if inserted == Inserted::New {
            // Looked at again, because others may have come in at the same moment.
            for shared in self.shared(&message, definition, sender, id, now)? {
                self.put_aside_alike(&shared, now)?;
            }
        }
        Ok(outcome(inserted, id))
    }

    /// Counts mail that a stranger causes to this address: whether it may go.
    ///
    /// # Errors
    /// When that cannot be read or kept.
    pub fn may_write_to(
        &self,
        email: &str,
        sender: &Sender,
        letter: Letter,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let rates = self.rates_of_letters(email, sender, letter);
        Ok(self.count(&rates, now)?.is_none())
    }

    /// Counts something under these rates, unless limits are switched off. How long to wait, where it
    /// is too much; then nothing was counted.
    pub(super) fn count(
        &self,
        rates: &[Rate],
        now: Timestamp,
    ) -> Result<Option<SignedDuration>, StoreError> {
        match self.config.limits.enabled {
            true => self.store.count(rates, now),
            false => Ok(None),
        }
    }

    /// Under which mail is counted that a stranger causes to this address.
    pub(super) fn rates_of_letters(
        &self,
        email: &str,
        sender: &Sender,
        letter: Letter,
    ) -> Vec<Rate> {
        let limits = &self.config.limits;
        // The mail of an editor whose browser has signed in before is counted apart from what others
        // have us send to that address.
        let own = self.known_as(&Known::Editor(email));
        let own = sender.browser.as_ref().filter(|browser| **browser == own);
        let address = self.keys.sign("address", &mailbox(email));
        let rate = |most, per| Rate {
            name: format!("mail:{address}:{}", own.map_or("", String::as_str)),
            most,
            per,
        };
        let mut rates = vec![
            rate(limits.mail_per_hour, HOUR),
            rate(limits.mail_per_day, DAY),
        ];
        if letter == Letter::ToTyped {
            rates.push(Rate {
                name: format!("mail-typed:{}", sender.client),
                most: MOST_TO_TYPED,
                per: HOUR,
            });
        }
        // Of an editor's mailbox some is left for links to sign in with: each proves whose mailbox it
        // is, so that its owner gets in whatever strangers have sent there.
        let mut editors = self.config.editors.iter();
        let is_editors = editors.any(|editor| mailbox(&editor.email) == mailbox(email));
        if is_editors && letter != Letter::SignIn {
            let other = |most: u32, per| Rate {
                name: format!("mail-other:{address}"),
                most,
                per,
            };
            rates.push(other(limits.mail_per_hour.saturating_sub(1), HOUR));
            rates.push(other(limits.mail_per_day.saturating_sub(2), DAY));
        }
        rates
    }

    /// Whether an editor has signed in with the browser before.
    fn is_editors(&self, sender: &Sender) -> bool {
        sender.browser.as_ref().is_some_and(|browser| {
            let editors = self.config.editors.iter();
            let mut editors = editors.filter(|editor| !self.left.has(&editor.email));
            editors.any(|editor| self.known_as(&Known::Editor(&editor.email)) == *browser)
        })
    }

    /// The name of a browser that is known by this.
    pub fn known_as(&self, what: &Known) -> String {
        let what = match what {
            Known::Editor(email) => format!("editor {}", mailbox(email)),
            Known::LinkHolder(id) => format!("submission {id}"),
        };
        self.keys.sign("browser", &what)
    }

    /// Puts aside what came in shortly before and has this in common, unless somebody has looked at
    /// it or the browser was known.
    fn put_aside_alike(&self, shared: &Shared, now: Timestamp) -> Result<(), StoreError> {
        let since = now.saturating_sub(DAY).unwrap_or(now);
        for id in &shared.with {
            self.store.update(*id, |submission| {
                let is_known = submission.arrival.as_ref().is_some_and(|it| it.is_known);
                if is_known || submission.received() < since {
                    return;
                }
                let definition = self.forms.of(&submission.form);
                let context = Context {
                    definition: &definition,
                    editors: &self.config.editors,
                    now,
                };
                let effect = Effect::PutAside(Box::new(shared.suspicion.clone()));
                let command = Command::new(Action::PutAside, effect);
                // Refused where it is put aside already, or an editor has begun to work on it.
                let _ = submission.act(Actor::System, command, MailChoice::AsItIs, &context);
            })?;
        }
        Ok(())
    }

    /// Tells the editors in one mail what came in without one of its own: at most once an hour where
    /// that waits in the queue, at most once a day where it was put aside.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn report(&self, now: Timestamp) -> Result<(), StoreError> {
        let last = self.store.reported()?;
        let age = now.duration_since(last);
        // What was noted while the clock was ahead says nothing.
        let is_ahead = age < SignedDuration::ZERO;
        if age < HOUR && !is_ahead {
            return Ok(());
        }
        let age = if is_ahead { DAY } else { age };
        let longest = now.saturating_sub(ALIKE_FOR).unwrap_or(last);
        let since = if is_ahead { longest } else { last.max(longest) };
        let aside = self.store.come_to(Stage::Quarantined, since)?;
        let mut besides = self.store.alike(BESIDES, since)?;
        besides.retain(|one| one.summary.stage == Stage::Received);
        let mut lines = Vec::new();
        if let count @ 1.. = besides.len() {
            let many = if count == 1 {
                "submission has"
            } else {
                "submissions have"
            };
            lines.push(format!("{count} more {many} come in and can be reviewed."));
        }
        if let Some((count, _)) = aside {
            let many = if count == 1 {
                "submission was"
            } else {
                "submissions were"
            };
            lines.push(format!("{count} {many} held back as possible spam."));
        }
        let newest = besides.first().map(|one| one.summary.id);
        let is_due = !besides.is_empty() || age >= DAY;
        let Some(id) = newest.or(aside.map(|(_, id)| id)).filter(|_| is_due) else {
            return Ok(());
        };
        if !self.store.report(last, now)? {
            return Ok(());
        }
        let told = self.store.update(id, |submission| {
            let definition = self.forms.of(&submission.form);
            let context = Context {
                definition: &definition,
                editors: &self.config.editors,
                now,
            };
            let command = Command::with_note(Action::Report, lines.join(" "));
            submission.act(Actor::System, command, MailChoice::AsItIs, &context)
        });
        if !matches!(told, Ok(Some(Ok(())))) {
            // It is to be told still.
            self.store.report(now, last)?;
        }
        told.map(drop)
    }

    /// What else is put aside and has something in common with this submission.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn aside_like(
        &self,
        submission: &Submission,
        now: Timestamp,
    ) -> Result<Vec<Summary>, StoreError> {
        let since = now.saturating_sub(ALIKE_FOR).unwrap_or(now);
        let suspicions = submission.arrival.iter().flat_map(|it| &it.suspicions);
        let mut found: Vec<Summary> = Vec::new();
        for group in suspicions.filter_map(|it| it.group.as_deref()) {
            for Alike { summary, .. } in self.store.alike(group, since)? {
                let is_new = summary.id != submission.id
                    && !found.iter().any(|other| other.id == summary.id);
                if summary.stage == Stage::Quarantined && is_new {
                    found.push(summary);
                }
            }
        }
        Ok(found)
    }
}

fn outcome(inserted: Inserted, id: Uuid) -> Option<Outcome<Uuid>> {
    match inserted {
        Inserted::New | Inserted::Again => Some(Outcome::Done(id)),
        Inserted::Taken => Some(Outcome::AlreadySent),
        Inserted::TooMany => None,
    }
}

fn news() -> Rate {
    Rate {
        name: "news".to_owned(),
        most: MOST_NEWS,
        per: HOUR,
    }
}

/// An address without what many providers let people put after a `+`, and without dots, which the
/// largest ignores, so that it cannot be used to write to one mailbox under many names. Where a dot
/// makes it somebody else's, the two are counted together. Its domain is written as mail needs it: it can
/// be typed in hundreds of ways, as with the wide letters of Chinese fonts.
pub(super) fn mailbox(email: &str) -> String {
    let email = email.trim();
    let email = mail_address(email).unwrap_or_else(|_| email.to_owned());
    let email = email.to_lowercase();
    match email.rsplit_once('@') {
        Some((local, domain)) => {
            let local = local.split_once('+').map_or(local, |(before, _)| before);
            let domain = if domain == "googlemail.com" {
                "gmail.com"
            } else {
                domain
            };
            format!("{}@{domain}", local.replace('.', ""))
        }
        None => email,
    }
}
