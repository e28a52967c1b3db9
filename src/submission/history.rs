//! What happened with a submission: the events, and what they tell.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Action, Actor, Asks, Other, Stage, Submission, Unknown};

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

impl Submission {
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
}
