//! Requests of the campaigner to take the post, or a part of it, off the blog.

use serde::{Deserialize, Serialize};

use super::{Action, Event, Stage, Submission};

/// What is to be taken off the blog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asks {
    /// The whole post.
    Whole,
    /// What the draft is without already: publishing the changes does it.
    Part,
}

/// A request, and what an editor made of it.
#[derive(Debug, Clone, Copy)]
pub struct TakeDown<'a> {
    /// When it was asked, and why.
    pub asked: &'a Event,
    /// What it asks.
    pub asks: Asks,
    /// What answered it.
    pub answer: Option<&'a Event>,
}

impl Submission {
    /// Every request, oldest first.
    pub fn take_downs(&self) -> impl DoubleEndedIterator<Item = TakeDown<'_>> {
        self.history.iter().enumerate().filter_map(|(at, asked)| {
            let asks = match asked.action {
                Action::AskTakeDown => Asks::Whole,
                _ => asked.asks?,
            };
            Some(TakeDown {
                asked,
                asks,
                answer: self.answer_to(at, asks),
            })
        })
    }

    /// What answered the request that stands there in the history.
    fn answer_to(&self, at: usize, asks: Asks) -> Option<&Event> {
        let asked = &self.history[at];
        // A branch that waited to be merged then still has what is to go.
        let mut is_without = !asked.is_to_be_merged;
        self.history[at + 1..].iter().find(|event| {
            is_without |= event.action == Action::Propose;
            match event.action {
                Action::KeepPublished | Action::Unpublish => true,
                Action::Publish => asks == Asks::Part && is_without,
                _ => false,
            }
        })
    }

    /// The requests that wait for an editor.
    pub fn take_downs_asked(&self) -> Vec<TakeDown<'_>> {
        let is_published = self.stage == Stage::Published;
        self.take_downs()
            .filter(|it| is_published && it.answer.is_none())
            .collect()
    }

    /// Whether the campaigner had asked for it when it was taken off the blog last.
    pub fn is_off_as_asked(&self) -> bool {
        let mut events = self.history.iter().rev();
        let off = events.find(|event| event.action == Action::Unpublish);
        off.is_some()
            && self
                .take_downs()
                .any(|it| it.asks == Asks::Whole && it.answer == off)
    }

    /// Whether one for the whole post waits.
    pub(super) fn is_take_down_asked(&self) -> bool {
        let waiting = self.take_downs_asked();
        waiting.iter().any(|it| it.asks == Asks::Whole)
    }
}
