//! What the campaigner wants of a post that is on the blog, as a submission's page shows it to editors:
//! an update of it, or to have it taken off.

use serde::Serialize;

use super::{typed::Typed, words::moment};
use crate::{
    form::Definition,
    service::Service,
    submission::{Asks, Stage, Submission},
};

/// An update by the campaigner that waits.
#[derive(Serialize)]
pub(super) struct AddendumView {
    at: String,
    heading: String,
    text: String,
}

impl AddendumView {
    /// As it came in, or as an editor has typed it; `None` where none waits.
    pub(super) fn of(
        service: &Service,
        definition: &Definition,
        submission: &Submission,
        typed: &Typed,
    ) -> Option<Self> {
        let event = submission.addendum();
        let event = event.filter(|_| submission.stage == Stage::Published)?;
        let as_it_came = || (definition.heading_of_update(event.at), event.note.clone());
        let (heading, text) = typed.addendum.clone().unwrap_or_else(as_it_came);
        Some(Self {
            at: moment(service, event.at),
            heading,
            text,
        })
    }
}

/// A request to take the post, or a part of it, off the blog.
#[derive(Serialize)]
pub(super) struct TakeDownView<'a> {
    asked: String,
    by: String,
    reason: &'a str,
    /// The words that are agreed to no more; empty where it is for another reason.
    revoked: &'a str,
    /// Whether it is about a part that the draft is without already.
    is_part: bool,
}

impl<'a> TakeDownView<'a> {
    /// Those that wait.
    pub(super) fn all(service: &Service, submission: &'a Submission) -> Vec<Self> {
        (submission.take_downs_asked().iter())
            .map(|waiting| Self {
                asked: moment(service, waiting.asked.at),
                by: service.answer_by(waiting.asked.at),
                reason: &waiting.asked.note,
                revoked: (submission.consent.named(&waiting.asked.purpose))
                    .map_or("", |it| &it.wording),
                is_part: waiting.asks == Asks::Part,
            })
            .collect()
    }
}
