//! What an edit page is filled with, on the desk and for campaigners.

use super::{
    answer::{DAMAGED, Notice},
    body::FormBody,
};
use crate::{
    form::{Answers, By, Definition, Problem, Typed},
    submission::Submission,
};

/// What an edit page is filled with.
#[derive(Default)]
pub(super) struct Edited {
    pub(super) typed: Typed,
    pub(super) notice: Option<Notice>,
    pub(super) problems: Vec<Problem>,
    /// Somebody else has saved it in the meantime.
    pub(super) is_conflict: bool,
    /// Which revision it was filled with at first.
    pub(super) revision: Option<usize>,
}

impl Edited {
    /// The page as it is opened.
    pub(super) fn of(definition: &Definition, answers: &Answers) -> Self {
        Self {
            typed: Typed::of(definition, answers),
            ..Self::default()
        }
    }

    /// The page as it was sent.
    pub(super) fn sent(definition: &Definition, body: &FormBody) -> Self {
        Self {
            typed: Typed::read(definition, body.texts()),
            notice: body.damaged.then_some(DAMAGED),
            revision: body.revision(),
            ..Self::default()
        }
    }

    /// The answers from which both have started, after one has saved before the other.
    pub(super) fn base<'a>(&self, submission: &'a Submission) -> Option<&'a Answers> {
        let revision = self.revision.filter(|_| self.is_conflict)?;
        Some(&submission.revisions.get(revision)?.answers)
    }

    /// Takes over what somebody else has saved where this page left an answer as it was.
    pub(super) fn take_over(&mut self, definition: &Definition, by: By, submission: &Submission) {
        if let Some(base) = self.base(submission) {
            self.typed
                .take_over(definition, by, base, submission.answers());
        }
    }
}
