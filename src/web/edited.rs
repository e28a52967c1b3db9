//! What an edit page is filled with, on the desk and for campaigners.

use actix_web::http::StatusCode;
use uuid::Uuid;

use super::{answer::Notice, body::FormBody, errors::Error, pictures};
use crate::{
    form::{Answers, By, Definition, Problem, Typed},
    service::{Sender, Service},
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
    /// Whether the editor wants to leave it, and has changed something.
    pub(super) is_leaving: bool,
    /// Which revision it was filled with at first.
    pub(super) revision: Option<usize>,
    /// Whether it was sent to upload a picture, which is there now or could not be taken.
    pub(super) has_uploaded: bool,
    /// Pictures that are named and were never uploaded.
    pub(super) missing: Vec<Problem>,
}

impl Edited {
    /// The page as it is opened.
    pub(super) fn of(definition: &Definition, answers: &Answers) -> Self {
        Self {
            typed: Typed::of(definition, answers),
            ..Self::default()
        }
    }

    /// The page as it was sent for the submission `id`.
    pub(super) fn sent(
        service: &Service,
        id: Uuid,
        definition: &Definition,
        body: &FormBody,
        sender: &Sender,
    ) -> Result<Self, Error> {
        let mut edited = Self {
            typed: Typed::read(definition, body.texts()),
            notice: body.damaged.then_some(Notice::DAMAGED),
            revision: body.revision(),
            ..Self::default()
        };
        match pictures::upload(service, id, definition, body, sender, &mut edited.typed)? {
            Some(uploaded) => {
                edited.has_uploaded = true;
                edited.problems.extend(uploaded.err());
            }
            None => edited.missing = pictures::missing(service, id, definition, &edited.typed)?,
        }
        Ok(edited)
    }

    /// What is wrong with the answers, and with the pictures.
    pub(super) fn refuse(&mut self, problems: Option<Vec<Problem>>) {
        self.problems = problems.unwrap_or_default();
        self.problems.append(&mut self.missing);
    }

    /// The status of the page after an upload.
    pub(super) fn uploaded(&self) -> Option<StatusCode> {
        self.has_uploaded.then_some(match self.problems.is_empty() {
            true => StatusCode::OK,
            false => StatusCode::UNPROCESSABLE_ENTITY,
        })
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
