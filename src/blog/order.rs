//! What is asked of the blog, and what became of it.

use uuid::Uuid;

use crate::submission::{Action, Actor, Command, Effect, MailChoice, Publication, Refusal};

/// Something to be done to the blog with a submission.
#[derive(Debug, Clone)]
pub struct Order {
    /// Which.
    pub id: Uuid,
    /// The version that whoever orders it has seen; `None` where that does not matter.
    pub seen: Option<u64>,
    /// What.
    pub wish: Wish,
    /// Who has given it.
    pub by: Actor,
    /// What becomes of the mail to the campaigner.
    pub mail: MailChoice,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// The draft is to be on the blog as it stands.
    Publish,
    /// The post is to go.
    Unpublish {
        /// For the campaigner; may be empty.
        words: String,
    },
}

impl Wish {
    /// What the record is told once it is fulfilled.
    pub fn done(&self, publication: Publication) -> Command {
        match self {
            Wish::Publish => Command::new(Action::Publish, Effect::Publish(Box::new(publication))),
            Wish::Unpublish { words } => {
                let effect = Effect::Unpublish {
                    commit: publication.commit,
                    is_to_be_merged: publication.is_to_be_merged,
                };
                Command {
                    note: words.clone(),
                    ..Command::new(Action::Unpublish, effect)
                }
            }
        }
    }
}

/// What became of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// Of which submission.
    pub id: Uuid,
    /// Its title; empty where there is no such submission.
    pub title: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is on the blog, and that is recorded.
    Published(Publication),
    /// It is gone from the blog, and that is recorded.
    Unpublished {
        /// Whether it goes once its branch is merged.
        is_to_be_merged: bool,
    },
    /// The blog has it already, in these words.
    NothingToDo,
    /// There is no such submission.
    NotThere,
    /// Somebody has changed it since it was seen.
    Stale,
    /// Its stage does not allow it.
    Refused(Refusal),
    /// Not done, for this reason.
    Stopped(String),
    /// Nothing was to be done but to show what would be: this difference.
    Shown(String),
}

impl Outcome {
    /// Whether the blog now stands as it should.
    pub fn is_good(&self) -> bool {
        matches!(
            self,
            Outcome::Published(_)
                | Outcome::Unpublished { .. }
                | Outcome::NothingToDo
                | Outcome::Shown(_)
        )
    }
}
