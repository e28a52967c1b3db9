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
mod mail;
mod news;
mod order;
mod plan;
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
pub use mail::{Delivery, Mail, MailState, Recipient};
pub use news::Mailing;
pub use order::{Order, STALE};
pub use plan::{Next, Plan};
pub use record::{FORMAT, RecordError};
pub use sign_off::{ASKS_TO_AGREE, SignOff, SignOffAnswer, SignOffState};
pub use stage::Stage;
pub use take_down::{Asks, TakeDown};
pub use workflow::{
    Action, Limit, MOST_A_DAY, MailRule, RULES, Recipients, Rule, To, Who, Words, mail_rule,
};

use crate::form::{Answers, Contact, Definition, Entry};

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

/// One line of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Actor,
    /// What was done.
    pub action: Action,
    /// The stage that this led to.
    pub stage: Stage,
    /// Which of the revisions stood after it, from 0.
    pub revision: usize,
    /// The words that belong to it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Words at single fields, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub at_fields: BTreeMap<String, String>,
    /// Where the post is since then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permalink: Option<String>,
    /// The commit that published or removed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Whether it had been published before, in other words.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_again: bool,
    /// Whether it shows once that commit's branch is merged.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_to_be_merged: bool,
    /// The purpose that is agreed to no more since then.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub purpose: String,
    /// What of the post is to be taken off the blog for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks: Option<Asks>,
    /// What is kept instead of it since then, or what it was said to be no duplicate of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<Other>,
    /// What this version does not know, kept as it is.
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// A post on the blog, as it was last published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// When.
    pub at: Timestamp,
    /// The post's date. It and the slug stay as long as the post is on the blog: they are its
    /// address.
    pub date: Date,
    /// Its file in the blog's repository.
    pub path: String,
    /// Where people read it.
    pub permalink: String,
    /// The branch of its last commit; absent where it was published by hand.
    pub branch: Option<String>,
    /// That commit.
    pub commit: Option<String>,
    /// Whether that branch is its own and not merged yet, so that the post does not show.
    pub is_to_be_merged: bool,
    /// Where the host says that a pull request for that branch can be opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_request: Option<String>,
    /// How that branch stands on the host, as it was seen last.
    #[serde(default, skip_serializing_if = "BranchState::is_open")]
    pub branch_state: BranchState,
    /// The file's text, byte for byte.
    pub post: String,
    /// The pictures that came with it: where each is in the repository, and its file.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pictures: BTreeMap<String, String>,
    /// Which of them somebody has changed on the blog, and what was decided about that.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by_hand: BTreeMap<String, ByHand>,
    /// What this version does not know, kept as it is.
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// A picture that somebody has changed on the blog, and what was decided about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByHand {
    /// What git calls it there.
    pub object: String,
    /// Whether it stays, as long as no other one is put in its place here.
    pub stays: bool,
    /// What this version does not know, kept as it is.
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// How a branch that waits to be merged stands on the host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BranchState {
    /// As it was pushed from here.
    #[default]
    Open,
    /// Somebody has pushed to it.
    Changed,
    /// It is gone, and was not merged.
    Closed,
}

impl BranchState {
    fn is_open(&self) -> bool {
        *self == Self::Open
    }
}

/// Changes that somebody has made to a post on the blog, and that stay in it: from one text to the
/// other. The draft is what the template makes of the answers, with these changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenOver {
    /// What the template made of the answers then.
    pub from: String,
    /// The same with the changes.
    pub to: String,
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

/// Why the last attempt to publish something failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishError {
    /// When.
    pub at: Timestamp,
    /// For editors.
    pub words: String,
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

    /// Whether no editor has done anything with it yet.
    pub fn is_untouched(&self) -> bool {
        !self
            .history
            .iter()
            .any(|event| matches!(event.by, Actor::Editor(_)))
    }

    /// The stage at which it was withdrawn, as long as that can be undone: until an editor has acted
    /// since, and unless what had to be agreed to was taken back.
    pub fn before_withdrawal(&self) -> Option<Stage> {
        let is_withdrawal = |event: &Event| event.action == Action::Withdraw;
        let at = self.history.iter().rposition(is_withdrawal)?;
        let mut since = self.history[at..].iter();
        let is_seen = since.any(|event| matches!(event.by, Actor::Editor(_)));
        let before = self.history.get(at.checked_sub(1)?)?.stage;
        let may_return = !is_seen && !self.consent.is_lacking();
        (self.stage == Stage::Withdrawn && may_return).then_some(before)
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

    /// Whether it waits to be published, for the first time or with changed words.
    pub fn is_to_publish(&self) -> bool {
        match self.stage {
            Stage::Approved => self.publication.as_ref().is_none_or(|it| self.differs(it)),
            Stage::Published => self.publication.as_ref().is_some_and(|it| self.differs(it)),
            _ => false,
        }
    }

    fn differs(&self, publication: &Publication) -> bool {
        publication.post != self.draft
            || publication.pictures != self.pictures
            || publication.by_hand.values().any(|it| !it.stays)
    }

    /// The pictures that stay on the blog as somebody has changed them there, once this is published.
    pub fn pictures_by_hand(&self) -> BTreeMap<String, ByHand> {
        let Some(published) = &self.publication else {
            return BTreeMap::new();
        };
        let is_same = |path: &String| published.pictures.get(path) == self.pictures.get(path);
        let stays = published.by_hand.iter();
        let stays = stays.filter(|(path, it)| it.stays && is_same(path));
        stays.map(|(path, it)| (path.clone(), it.clone())).collect()
    }

    /// Records why it could not be published; what was asked of the blog is asked no more, unless
    /// it was for a day, which is not over yet. The version stays: whoever has the page open may go
    /// on.
    pub fn could_not_publish(&mut self, words: String, now: Timestamp) {
        self.order = self.order.take().filter(|order| order.on.is_some());
        if Action::Publish.rule().after(self.stage).is_some() {
            self.publish_error = Some(PublishError {
                at: now,
                words,
                unknown: Unknown::new(),
            });
        }
    }

    /// The address of the editor who decided last about the words: who approved or edited them.
    pub fn editor_of_the_words(&self) -> Option<&str> {
        self.history.iter().rev().find_map(|event| match &event.by {
            Actor::Editor(email) if matches!(event.action, Action::Approve | Action::Edit) => {
                Some(email.as_str())
            }
            _ => None,
        })
    }

    /// The request for changes that waits for the campaigner.
    pub fn changes_requested(&self) -> Option<&Event> {
        self.history
            .iter()
            .rev()
            .find(|event| event.action == Action::RequestChanges)
            .filter(|_| self.stage == Stage::ChangesRequested)
    }

    /// Since when it stands in its stage.
    pub fn in_stage_since(&self) -> Timestamp {
        self.history
            .iter()
            .rev()
            .take_while(|event| event.stage == self.stage)
            .last()
            .map_or_else(|| self.received(), |event| event.at)
    }

    /// When it came in.
    pub fn received(&self) -> Timestamp {
        // Without the first purpose nothing is sent, so it was given then.
        let first = self.history.first().map(|event| event.at);
        self.consent.first.given.or(first).unwrap_or_default()
    }

    /// The post's date, where one is set or it is on the blog.
    pub fn date(&self, definition: &Definition) -> Option<Date> {
        match &self.publication {
            Some(publication) => Some(publication.date),
            None => definition.date_of(self.answers()),
        }
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

impl Event {
    pub(super) fn new(
        at: Timestamp,
        by: Actor,
        action: Action,
        stage: Stage,
        revision: usize,
    ) -> Self {
        Self {
            at,
            by,
            action,
            stage,
            revision,
            note: String::new(),
            at_fields: BTreeMap::new(),
            permalink: None,
            commit: None,
            is_again: false,
            is_to_be_merged: false,
            purpose: String::new(),
            asks: None,
            other: None,
            unknown: Unknown::new(),
        }
    }
}
