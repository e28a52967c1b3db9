//! Taking in what somebody sends: what speaks for abuse, what is put aside, who gets mail of it.
//!
//! Nothing is refused for what it says. What looks like abuse waits apart until an editor has looked
//! at it. A client that sends more than anybody writes is told to wait.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{Outcome, Service, ServiceError};
use crate::{
    form::{Answers, By, Definition, Entry, Kind, built_in},
    keys::TokenTrouble,
    store::{ALIKE_FOR, Alike, Inserted, Rate, StoreError, Summary},
    submission::{
        Action, Actor, Arrival, Command, Context, Effect, MailChoice, Reception, Stage, Submission,
        Suspicion,
    },
    text::{
        domains::{Named, is_among, named},
        fingerprint::{Fingerprint, is_gibberish},
    },
};

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// How fast the fastest type, in characters a second; faster is pasted, or a program.
const FASTEST: usize = 15;
/// Nobody opens a form, fills all of it in and sends it within so many seconds.
const INSTANT: usize = 3;
/// Fewer characters say nothing about how fast they were written.
const FEWEST_CHARACTERS: usize = 200;
/// So many links are usual on any form.
const USUAL_LINKS: usize = 10;
/// So many domains of a text are looked at.
const MOST_DOMAINS: usize = 20;
/// How much two texts have in common that count as the same.
const SAME: f64 = 0.8;
/// Mail to editors about single submissions, in an hour; what comes in besides is told together.
const MOST_NEWS: u32 = 10;

/// The trace of what came in without mail to the editors of its own.
const BESIDES: &str = "besides";

/// Points of what speaks for abuse; from 10 on, as it is shipped, a submission is put aside. What
/// happens to honest people (a text that was prepared and pasted, a field filled in by the browser, a
/// text sent twice) stays below it, also two of these together.
const HIDDEN_FIELD: u32 = 5;
const AT_ONCE: u32 = 5;
const FAST: u32 = 3;
const LINK_IN_LINE: u32 = 3;
const MANY_LINKS: u32 = 4;
const SENT_TWICE: u32 = 3;
const SAME_ADDRESS: u32 = 4;
const SURE: u32 = 10;

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
    /// was sent before with the same answers.
    ///
    /// # Errors
    /// When the post could not be rendered.
    pub fn submit(
        &self,
        definition: &Definition,
        token: &str,
        entry: Entry,
        sender: &Sender,
        now: Timestamp,
    ) -> Result<Outcome<Uuid>, ServiceError> {
        let id = match self.keys.open_form_token(token, now) {
            Ok(id) => id,
            Err(TokenTrouble::Old) => return Ok(Outcome::FormTooOld),
            Err(TokenTrouble::Unknown) => return Ok(Outcome::NotOurForm),
        };
        let received = self.receive(id, definition, entry, sender, now);
        match received {
            Ok(outcome) => Ok(outcome),
            Err(StoreError::Template(cause)) => Err(cause.into()),
            Err(cause) => Ok(Outcome::NotSaved(cause.into())),
        }
    }

    fn receive(
        &self,
        id: Uuid,
        definition: &Definition,
        entry: Entry,
        sender: &Sender,
        now: Timestamp,
    ) -> Result<Outcome<Uuid>, StoreError> {
        let context = Context {
            definition,
            editors: &self.config.editors,
            now,
        };
        if !self.config.limits.enabled {
            let submission = Submission::receive(id, entry, Reception::default(), &context);
            let inserted = self.store.insert(submission, &[])?;
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
        let rates = [sent(limits.most_per_client, HOUR), together];
        if let Some(wait) = self.store.count(&rates, now)? {
            // Sent again because the answer was lost, it is there all the same.
            let again = Submission::receive(id, entry, Reception::default(), &context);
            let found = self.store.get(id)?;
            return Ok(match found.is_some_and(|it| it.was_sent_like(&again)) {
                true => Outcome::Done(id),
                false => {
                    Self::limit_reached(sender, "submit");
                    Outcome::TooMany(wait)
                }
            });
        }
        let mut message = Message::of(definition, &entry, sender, self);
        let began = self.keys.made(id).unwrap_or(now);
        let took = now.duration_since(began);
        let mut suspicions = message.suspicions(self, definition, sender, took)?;
        let shared = self.shared(&message, definition, sender, id, now)?;
        suspicions.extend(shared.into_iter().map(|it| it.suspicion));
        let arrival = Arrival {
            is_known: sender.browser.is_some(),
            suspicions,
            ..Arrival::default()
        };
        let is_aside = arrival.score() >= limits.put_aside_from;
        let reception = Reception {
            without_receipt: !is_aside
                && !self.may_write_to(&entry.contact.email, sender, Letter::Other, now)?,
            without_news: !is_aside && self.store.count(&[news()], now)?.is_some(),
            is_aside,
            arrival,
        };
        if reception.without_news {
            message.names.push(BESIDES.to_owned());
        }
        let submission = Submission::receive(id, entry, reception, &context);
        let inserted = self.store.insert(submission, &message.names)?;
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
        let limits = &self.config.limits;
        if !limits.enabled {
            return Ok(true);
        }
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
        // Of an editor's mailbox some is left for links to sign in with: each proves whose mailbox it
        // is, so that its owner gets in whatever strangers have sent there.
        let mut editors = self.config.editors.iter();
        let is_editors = editors.any(|editor| mailbox(&editor.email) == mailbox(email));
        if is_editors && letter == Letter::Other {
            let other = |most: u32, per| Rate {
                name: format!("mail-other:{address}"),
                most,
                per,
            };
            rates.push(other(limits.mail_per_hour.saturating_sub(1), HOUR));
            rates.push(other(limits.mail_per_day.saturating_sub(2), DAY));
        }
        Ok(self.store.count(&rates, now)?.is_none())
    }

    /// The name of a browser that is known by this.
    pub fn known_as(&self, what: &Known) -> String {
        let what = match what {
            Known::Editor(email) => format!("editor {}", mailbox(email)),
            Known::LinkHolder(id) => format!("submission {id}"),
        };
        self.keys.sign("browser", &what)
    }

    /// What it has in common with others so that it speaks for abuse.
    fn shared(
        &self,
        message: &Message,
        definition: &Definition,
        sender: &Sender,
        id: Uuid,
        now: Timestamp,
    ) -> Result<Vec<Shared>, StoreError> {
        let since = |age| now.saturating_sub(age).unwrap_or(now);
        let limits = &self.config.limits;
        let mut found = Vec::new();
        let others = |name: &str, age| {
            let mut alike = self.store.alike(name, since(age))?;
            alike.retain(|other| other.summary.id != id);
            Ok::<_, StoreError>(alike)
        };
        let ids = |alike: &[Alike]| alike.iter().map(|other| other.summary.id).collect();
        let most = limits.per_client as usize;
        let alike = others(&message.client, HOUR)?;
        if alike.len() >= most {
            let count = alike.len() + 1;
            let words = format!("{count} submissions came from one place within an hour.");
            found.push(Shared {
                suspicion: Suspicion::shared(SURE, words, &message.client),
                with: ids(&alike),
            });
        }
        let alike = others(&message.contact, HOUR)?;
        if alike.len() >= most && sender.browser.is_none() {
            let count = alike.len() + 1;
            let words = format!("{count} submissions came with one address within an hour.");
            found.push(Shared {
                // Anybody can type somebody else's address, so it is never enough alone.
                suspicion: Suspicion::shared(SAME_ADDRESS, words, &message.contact),
                with: Vec::new(),
            });
        }
        for (domain, group) in &message.domains {
            let alike = others(group, ALIKE_FOR)?;
            // An editor has worked with one that names it.
            let is_trusted = |other: &Alike| match other.summary.stage {
                Stage::ChangesRequested | Stage::Approved | Stage::Published => true,
                Stage::Received => matches!(other.summary.last_actor, Actor::Editor(_)),
                Stage::Quarantined | Stage::Declined | Stage::Withdrawn => false,
            };
            let mut contacts: BTreeSet<&str> = alike
                .iter()
                .filter_map(|other| other.contact.as_deref())
                .collect();
            contacts.insert(&message.contact_hash);
            let count = contacts.len();
            if count >= limits.same_domain as usize
                && !alike.iter().any(is_trusted)
                && !self.is_published(domain, definition)?
            {
                let words = format!(
                    "It names {domain}, as do others of the last 30 days, with {count} addresses in all; no published post does."
                );
                found.push(Shared {
                    suspicion: Suspicion::shared(SURE, words, group),
                    with: ids(&alike),
                });
            }
        }
        found.extend(self.same_text(message, id, since(ALIKE_FOR))?);
        Ok(found)
    }

    /// Whether a post of this form that is on the blog names this domain.
    fn is_published(&self, domain: &str, definition: &Definition) -> Result<bool, StoreError> {
        let published = self.store.published(&definition.name)?;
        Ok(published.iter().any(|one| {
            let definition = self.forms.of(&one.form);
            named(&own_words(&definition, one.answers()))
                .domains
                .contains(domain)
        }))
    }

    fn same_text(
        &self,
        message: &Message,
        id: Uuid,
        since: Timestamp,
    ) -> Result<Option<Shared>, StoreError> {
        /// So many are compared in full.
        const MOST: usize = 5;
        let mut seen = BTreeSet::from([id]);
        let mut same = Vec::new();
        let mut group = None;
        'bands: for band in &message.bands {
            for other in self.store.alike(band, since)? {
                if seen.len() > MOST {
                    break 'bands;
                }
                if !seen.insert(other.summary.id) {
                    continue;
                }
                let Some(other) = self.store.get(other.summary.id)? else {
                    continue;
                };
                let definition = self.forms.of(&other.form);
                let text = Fingerprint::of(&own_words(&definition, other.answers()));
                if text.likeness(&message.fingerprint) >= SAME {
                    same.push(other.id);
                    group.get_or_insert(band);
                }
            }
        }
        let suspicion = match (same.len(), group) {
            (0, _) | (_, None) => return Ok(None),
            (1, _) => {
                same.clear();
                let words = "Nearly the same text has come in before.";
                Suspicion::new(SENT_TWICE, words)
            }
            (_, Some(group)) => {
                let words = "Nearly the same text has come in several times.";
                Suspicion::shared(SURE, words, group)
            }
        };
        Ok(Some(Shared {
            suspicion,
            with: same,
        }))
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
            lines.push(format!("{count} {many} put aside as possible abuse."));
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

fn outcome(inserted: Inserted, id: Uuid) -> Outcome<Uuid> {
    match inserted {
        Inserted::New | Inserted::Again => Outcome::Done(id),
        Inserted::Taken => Outcome::AlreadySent,
    }
}

fn news() -> Rate {
    Rate {
        name: "news".to_owned(),
        most: MOST_NEWS,
        per: HOUR,
    }
}

/// All that the campaigner has answered, without what stands there by default.
fn own_words(definition: &Definition, answers: &Answers) -> String {
    let words: Vec<String> = definition
        .fields_of(By::Campaigner)
        .filter_map(|field| Some(answers.get(&field.name)?.in_words(field)))
        .collect();
    words.join("\n")
}

/// An address without what many providers let people put after a `+`, so that it cannot be used to
/// write to one mailbox under many names.
fn mailbox(email: &str) -> String {
    let email = email.trim().to_lowercase();
    match email.rsplit_once('@') {
        Some((local, domain)) => {
            let local = local.split_once('+').map_or(local, |(before, _)| before);
            format!("{local}@{domain}")
        }
        None => email,
    }
}

/// What a submission has in common with others that speaks for abuse, and with which of them.
struct Shared {
    suspicion: Suspicion,
    with: Vec<Uuid>,
}

/// What is looked at of something that is sent.
struct Message {
    text: String,
    fingerprint: Fingerprint,
    named: Named,
    in_lines: usize,
    /// The names of the traces that it leaves.
    names: Vec<String>,
    client: String,
    contact: String,
    contact_hash: String,
    /// Domains that are not known to be named by honest people, and the names of their traces.
    domains: Vec<(String, String)>,
    bands: Vec<String>,
}

impl Message {
    fn of(definition: &Definition, entry: &Entry, sender: &Sender, service: &Service) -> Self {
        let text = own_words(definition, &entry.answers);
        let in_lines = definition
            .fields_of(By::Campaigner)
            .filter(|field| matches!(field.kind, Kind::Line | Kind::LongLine))
            .filter(|field| field.name != built_in::CONTACT_EMAIL)
            .filter_map(|field| entry.answers.get(&field.name))
            .filter(|answer| named(&answer.plain()).links > 0)
            .count();
        let fingerprint = Fingerprint::of(&text);
        let trace = |kind: &str, what: &str| format!("{kind}:{}", service.keys.sign(kind, what));
        let named = named(&text);
        let known = &service.config.limits.known_domains;
        let known = known.iter().map(String::as_str);
        let domains: Vec<(String, String)> = named
            .domains
            .iter()
            .filter(|domain| !is_among(domain, known.clone()))
            .take(MOST_DOMAINS)
            .map(|domain| (domain.clone(), trace("domain", domain)))
            .collect();
        let bands: Vec<String> = fingerprint
            .bands()
            .iter()
            .map(|band| format!("text:{band}"))
            .collect();
        let client = format!("client:{}", sender.name());
        let contact = trace("contact", &mailbox(&entry.contact.email));
        let names = [client.clone(), contact.clone()]
            .into_iter()
            .chain(domains.iter().map(|(_, name)| name.clone()))
            .chain(bands.iter().cloned())
            .collect();
        Self {
            text,
            fingerprint,
            named,
            in_lines,
            names,
            client,
            contact_hash: crate::store::address_hash(&entry.contact.email),
            contact,
            domains,
            bands,
        }
    }

    /// What speaks for abuse in it alone.
    fn suspicions(
        &self,
        service: &Service,
        definition: &Definition,
        sender: &Sender,
        took: SignedDuration,
    ) -> Result<Vec<Suspicion>, StoreError> {
        let mut found = Vec::new();
        let mut note = |points, words: String| found.push(Suspicion::new(points, words));
        if sender.fell_for_it {
            let words = "A field was filled in that people are asked to leave empty.";
            note(HIDDEN_FIELD, words.to_owned());
        }
        let characters = self.text.chars().count();
        let seconds = usize::try_from(took.as_secs()).unwrap_or(0);
        if characters >= FEWEST_CHARACTERS && seconds < INSTANT {
            let words = format!(
                "It was sent {seconds} seconds after the form was opened, with {characters} characters."
            );
            note(AT_ONCE, words);
        } else if characters >= FEWEST_CHARACTERS && characters > FASTEST * seconds {
            let words = format!(
                "It was sent {seconds} seconds after the form was opened: its {characters} characters were not typed there."
            );
            note(FAST, words);
        }
        if self.named.domains.len() > MOST_DOMAINS {
            let words = format!("It names {} domains.", self.named.domains.len());
            note(MANY_LINKS, words);
        }
        if is_gibberish(&self.text) {
            note(
                SURE,
                "It isn’t written in words of any language.".to_owned(),
            );
        }
        if self.in_lines > 0 {
            let words = "There is a web address in a field for a few words.";
            note(LINK_IN_LINE, words.to_owned());
        }
        let links = self.named.links;
        if links > USUAL_LINKS {
            let published = service.store.published(&definition.name)?;
            let most = published.iter().map(|one| {
                let definition = service.forms.of(&one.form);
                named(&own_words(&definition, one.answers())).links
            });
            if links > most.max().unwrap_or(0) {
                let words = format!("It has {links} links, more than any that is published.");
                note(MANY_LINKS, words);
            }
        }
        Ok(found)
    }
}
