//! What was asked of the blog and is not done yet.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{
    Action, Actor, Command, Context, Effect, MailChoice, Publication, Refusal, Rule, Submission,
    Unknown,
};
use crate::form::built_in;

/// What an editor is told whose order came to nothing because of a change.
pub const STALE: &str = "It was changed after you asked for this. Check it, then try again.";

/// That a post is to go on the blog, or off it. It stays in the record until it is done or cannot
/// be done, so that a restart forgets none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// When it was given.
    pub at: Timestamp,
    /// By whom.
    pub by: Actor,
    /// Whether the post is to go; else it is to be on the blog as the draft stands.
    pub is_to_go: bool,
    /// Words for the campaigner whose post is to go; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// What becomes of the mail to the campaigner.
    #[serde(default)]
    pub mail: MailChoice,
    /// The version that whoever gave it has seen; `None` where that does not matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<u64>,
    /// The post's date when it lay ahead: it is to be published on that day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Date>,
    /// What this version does not know, kept as it is.
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Order {
    /// The order that this command is; `None` where it is not about the blog.
    pub fn of(
        command: &Command,
        by: Actor,
        mail: MailChoice,
        seen: Option<u64>,
        at: Timestamp,
    ) -> Option<Self> {
        let is_to_go = match command.action {
            Action::Publish => false,
            Action::Unpublish => true,
            _ => return None,
        };
        Some(Self {
            at,
            by,
            is_to_go,
            note: command.note.clone(),
            mail,
            seen,
            on: None,
            unknown: Unknown::new(),
        })
    }

    /// What the record is told once it is done.
    pub fn done(&self, publication: Publication) -> Command {
        if self.is_to_go {
            let effect = Effect::Unpublish {
                commit: publication.commit,
                is_to_be_merged: publication.is_to_be_merged,
            };
            return Command {
                note: self.note.clone(),
                ..Command::new(Action::Unpublish, effect)
            };
        }
        let action = match publication.is_to_be_merged {
            true => Action::Propose,
            false => Action::Publish,
        };
        Command::new(action, Effect::Publish(Box::new(publication)))
    }
}

impl Submission {
    /// After an action: an order is for the version that whoever gave it has seen. An agreement leaves
    /// the words alone, and what editors do to a post that is to be published on a day is meant for
    /// that day too, unless the day or the address is another now. Where it cannot be carried out on
    /// its day any more, that is told at once.
    pub(super) fn carry_order_on(&mut self, rule: &Rule, by: &Actor, now: Timestamp) {
        let has_moved = rule.action == Action::Edit && self.has_moved();
        let Some(order) = &mut self.order else {
            return;
        };
        let is_for_a_day = order.on.is_some();
        let leaves_words = matches!(
            rule.action,
            Action::Accept | Action::AskToAgree | Action::NoAnswer
        );
        let is_meant = is_for_a_day && !matches!(by, Actor::Campaigner) && !has_moved;
        let is_next = rule.makes_stale && order.seen.is_some_and(|seen| seen + 1 == self.version);
        if is_next && (leaves_words || is_meant) {
            order.seen = Some(self.version);
        }
        if is_for_a_day && order.seen.is_some_and(|seen| seen != self.version) {
            self.order = None;
            self.could_not_publish(STALE.to_owned(), now);
        }
    }

    /// Whether the last two versions of the answers make posts of another day or another address.
    fn has_moved(&self) -> bool {
        let mut last = self.revisions.iter().rev();
        let (Some(now), Some(before)) = (last.next(), last.next()) else {
            return false;
        };
        let is_other = |name: &str| now.answers.get(name) != before.answers.get(name);
        [built_in::SLUG, built_in::DATE].into_iter().any(is_other)
    }

    /// Whether an order can be carried out as the record stands: what cannot be recorded afterwards
    /// must not be done. `publication` is what it would come to.
    ///
    /// # Errors
    /// Why not.
    pub fn takes(
        &self,
        order: &Order,
        publication: Publication,
        context: &Context,
    ) -> Result<(), Refusal> {
        let is_offered = match order.is_to_go {
            true => self.publication.is_some(),
            false => self.is_to_publish(),
        };
        if !is_offered {
            return Err(Refusal::NotOffered);
        }
        let (by, mail) = (order.by.clone(), order.mail.clone());
        self.clone().act(by, order.done(publication), mail, context)
    }
}
