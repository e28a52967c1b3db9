//! A submission: the private record, what can be done with it, and the mail that this causes.
//!
//! Knows nothing about disks, clocks, HTTP, templates or YAML: time is an argument. One
//! [`Submission`] is one private record; replacing that record is the commit of every change, so
//! a decision and the mail that it causes become real together or not at all.

mod act;
mod arrival;
mod consent;
mod duplicate;
mod effect;
mod enqueue;
mod follow_up;
mod history;
mod mail;
mod news;
mod order;
mod plan;
mod publication;
mod record;
mod remind;
mod sign_off;
mod stage;
mod take_down;
mod upgrade;
mod workflow;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use act::{
    Command, Context, Effect, MOST_LINKS, MailChoice, NOTE_LIMIT, Refusal, fixed_while_published,
};
pub use arrival::{Arrival, Reception, Suspicion};
pub use consent::{Agreement, Consent};
pub use duplicate::{Duplicates, Other};
pub use history::Event;
pub use mail::{Delivery, Mail, MailState, Recipient};
pub use news::Mailing;
pub use order::{Order, STALE};
pub use plan::{Next, Plan};
pub use publication::{BranchState, ByHand, Publication, PublishError, TakenOver};
pub use record::{FORMAT, RecordError};
pub use sign_off::{ASKS_TO_AGREE, SignOff, SignOffAnswer, SignOffState};
pub use stage::Stage;
pub use take_down::{Asks, TakeDown};
pub use workflow::{
    Action, Limit, MOST_A_DAY, MailRule, RULES, Recipients, Rule, To, Who, Words, mail_rule,
};

use crate::form::{Answers, Contact, Entry};

/// What a record holds that this version does not know; it is kept.
pub type Unknown = BTreeMap<String, serde_json::Value>;

/// Someone who reviews submissions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Editor {
    /// The name on pages and in mail.
    pub name: String,
    /// Where mail goes. Records know editors by it.
    pub email: String,
    /// How they are told of what happens.
    #[serde(default)]
    pub mail: Mailing,
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// Whoever holds the private link.
    Campaigner,
    /// The editor with this address.
    Editor(String),
    /// Nobody: a time has passed, or somebody has typed a command on the server.
    System,
}

/// An address that counts once the link is opened that was sent to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAddress {
    /// Where the link was sent.
    pub email: String,
    /// When it was asked for.
    pub asked: Timestamp,
    /// What this version does not know, kept as it is.
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl NewAddress {
    /// How long it can be confirmed.
    const LASTS: SignedDuration = SignedDuration::from_hours(24);

    /// Until when it can be confirmed.
    pub fn until(&self) -> Timestamp {
        self.asked.saturating_add(Self::LASTS).unwrap_or(self.asked)
    }
}

/// The answers as they stood from one moment on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// When it was sent or saved.
    pub at: Timestamp,
    /// Who sent or saved it.
    pub by: Actor,
    /// All of them, the editors' and the private ones too.
    pub answers: Answers,
    /// What this version does not know, kept as it is.
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// That an editor has looked at what may harm somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookedAt {
    /// When.
    pub at: Timestamp,
    /// The editor's address.
    pub by: String,
    /// What it was about: [`Question::marks`](crate::form::Question::marks), never the words.
    pub marks: Vec<String>,
    /// What this version does not know, kept as it is.
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// One submission: the private record, the one source of truth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// [`FORMAT`].
    pub format: u32,
    /// A UUIDv7; also the reference that people see, and the names of the files.
    pub id: Uuid,
    /// The name of the form that was filled in.
    pub form: String,
    /// Grows by one with every action that makes an open page stale.
    pub version: u64,
    /// Where it stands.
    pub stage: Stage,
    /// Who sent it. Private; gone after erasure.
    pub contact: Option<Contact>,
    /// The address that the campaigner wants to be written to instead. Private.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_address: Option<NewAddress>,
    /// What was agreed to.
    pub consent: Consent,
    /// The answers, oldest first; never empty.
    pub revisions: Vec<Revision>,
    /// How it came in, where there is something to tell of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrival: Option<Arrival>,
    /// What it may be a duplicate of.
    #[serde(default, skip_serializing_if = "Duplicates::is_empty")]
    pub duplicates: Duplicates,
    /// The address of the editor who looks after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned: Option<String>,
    /// What is to be done with it next, in the words of the form's list; empty where nothing is said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub next_action: String,
    /// The day by which that is to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_on: Option<Date>,
    /// How often the private link was changed for a new one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub link_changed: u32,
    /// What happened, oldest first.
    pub history: Vec<Event>,
    /// Mail pending and sent.
    pub mail: Vec<Mail>,
    /// The post on the blog, while it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publication: Option<Publication>,
    /// What was changed on the blog and taken over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_over: Option<TakenOver>,
    /// What the campaigner was asked to agree to, and what came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_off: Option<SignOff>,
    /// Whether the words as they stand were never agreed to, though the history cannot tell it any
    /// more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_unagreed: bool,
    /// When the campaigner is asked what happened since publication.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub follow_ups: Vec<Timestamp>,
    /// What was asked of the blog and is not done yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// Why it could not be published, until it is or something else is decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publish_error: Option<PublishError>,
    /// That somebody has looked at what may harm somebody, the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked_at: Option<LookedAt>,
    /// The post, byte for byte what would be published; the `.md` file is a copy of it. The queue
    /// writes it anew whenever the answers change.
    pub draft: String,
    /// The pictures of the draft: where each will be in the repository, and its file.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pictures: BTreeMap<String, String>,
    /// What this version does not know, kept as it is.
    #[serde(flatten)]
    pub unknown: Unknown,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Submission {
    /// A new submission, with the mail that it causes.
    pub fn receive(id: Uuid, entry: Entry, reception: Reception, context: &Context) -> Self {
        let rule = Action::Submit.rule();
        let now = context.now;
        let stage = match reception.is_aside {
            true => Stage::Quarantined,
            false => Stage::Received,
        };
        let consent = Consent::of(context.definition, &entry, now);
        let mut submission = Self {
            format: FORMAT,
            id,
            form: context.definition.name.clone(),
            version: 1,
            stage,
            contact: Some(entry.contact),
            new_address: None,
            consent,
            revisions: vec![Revision {
                at: now,
                by: Actor::Campaigner,
                answers: entry.answers,
                unknown: Unknown::new(),
            }],
            arrival: reception.arrival.into_record(),
            duplicates: Duplicates {
                found: reception.alike,
                ..Duplicates::default()
            },
            assigned: None,
            next_action: String::new(),
            due_on: None,
            link_changed: 0,
            history: vec![Event::new(now, Actor::Campaigner, rule.action, stage, 0)],
            mail: Vec::new(),
            publication: None,
            taken_over: None,
            sign_off: None,
            is_unagreed: false,
            follow_ups: Vec::new(),
            order: None,
            publish_error: None,
            looked_at: None,
            draft: String::new(),
            pictures: BTreeMap::new(),
            unknown: Unknown::new(),
        };
        submission.enqueue_some(rule, None, context, |mail| {
            !reception.is_aside
                && match mail.to {
                    Recipients::Editors | Recipients::Assigned => !reception.without_news,
                    Recipients::Campaigner | Recipients::Address | Recipients::NewAddress => {
                        !reception.without_receipt
                    }
                }
        });
        submission
    }

    /// The answers as they stand now.
    ///
    /// # Panics
    /// Never for a record that was read: one without a revision is refused.
    pub fn answers(&self) -> &Answers {
        &self.revisions[self.revisions.len() - 1].answers
    }

    /// Whether it was held back as possible spam, or declined as spam, and no editor has taken it in
    /// since. Withdrawing it changes nothing about that.
    pub fn is_held_back(&self) -> bool {
        let leads_on = |event: &&Event| {
            let is_own = event.by == Actor::Campaigner && event.action != Action::Submit;
            !is_own && event.action.rule().to != To::Same
        };
        self.stage == Stage::Quarantined
            || self
                .history
                .iter()
                .rev()
                .find(leads_on)
                .is_some_and(|event| {
                    event.stage == Stage::Quarantined || event.action == Action::DeclineAsSpam
                })
    }

    /// Whether who opens its private page is known from then on. Not by what looks like abuse; nor by
    /// what came from a browser that was known, so that one cannot make many.
    pub fn makes_known(&self) -> bool {
        !matches!(self.stage, Stage::Quarantined | Stage::Declined)
            && self.arrival.as_ref().is_none_or(|it| !it.is_known)
    }

    /// When it came in.
    pub fn received(&self) -> Timestamp {
        // Without the first purpose nothing is sent, so it was given then.
        let first = self.history.first().map(|event| event.at);
        self.consent.first.given.or(first).unwrap_or_default()
    }

    /// Whether `again` is the same form sent again.
    pub fn was_sent_like(&self, again: &Submission) -> bool {
        let first = |it: &Submission| {
            it.revisions
                .first()
                .map(|revision| revision.answers.clone())
        };
        self.form == again.form
            && self.contact == again.contact
            && self.consent.is_like(&again.consent)
            && first(self) == first(again)
    }
}
