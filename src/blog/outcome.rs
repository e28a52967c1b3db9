//! What became of what was asked of the blog.

use uuid::Uuid;

use crate::submission::{Publication, Refusal};

/// An order, and what became of it.
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
    Published(Box<Publication>),
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
