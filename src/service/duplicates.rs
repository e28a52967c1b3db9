//! What tells the same as a submission, among all that was sent and on the blog.

use jiff::Timestamp;
use uuid::Uuid;

use super::Service;
use crate::{
    blog::PostAlike,
    form::{Answers, Definition, built_in},
    store::{StoreError, Summary},
    submission::{Action, Command, Duplicates, Effect, Other, Refusal, Stage, Submission},
    text::alike::{Likeness, Marks},
};

/// How many submissions are compared in full.
const MOST_COMPARED: usize = 8;
/// How many are told.
const MOST_TOLD: usize = 3;

/// Something that tells the same as a submission.
#[derive(Debug, Clone)]
pub struct Duplicate {
    /// Which one.
    pub other: Other,
    #[allow(missing_docs, reason = "the names say it")]
    pub title: String,
    /// Where it stands and when it came in; absent for a post.
    pub at: Option<(Stage, Timestamp)>,
    /// What they have in common.
    pub likeness: Likeness,
}

impl Service {
    /// What tells the same as a submission with these answers and their marks, without what an editor has said it is
    /// no duplicate of, and without what was merged: of that only what was kept counts. What has the
    /// most in common with it comes first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) fn duplicates(
        &self,
        id: Uuid,
        definition: &Definition,
        answers: &Answers,
        marks: &Marks,
        known: &Duplicates,
    ) -> Result<Vec<Duplicate>, StoreError> {
        let own = Other::Submission(id);
        let mut found = Vec::new();
        for other in self.store.candidates(marks, Some(id), MOST_COMPARED)? {
            let definition = self.forms.of(&other.form);
            let likeness = marks.likeness(&definition.marks(other.answers()));
            let is_denied = other.duplicates.denied.contains(&own);
            if likeness.is_any() && !is_denied && other.merged_into().is_none() {
                found.push(Duplicate {
                    other: Other::Submission(other.id),
                    title: definition.title_of(other.answers()).to_owned(),
                    at: Some((other.stage, other.received())),
                    likeness,
                });
            }
        }
        for post in (self.blog).posts_like(definition, marks, answers.text(built_in::SLUG)) {
            match self.store.published_in(&post.path)? {
                // What was published from here is told as what was sent.
                Some(one)
                    if one.id == id || found.iter().any(|it| it.other.id() == Some(one.id)) => {}
                Some(one) => found.push(Duplicate::published(one, post.likeness)),
                None => found.push(Duplicate::post(post)),
            }
        }
        found.retain(|one| !known.denied.contains(&one.other));
        found.sort_by_key(|one| u8::MAX - one.likeness.points());
        found.truncate(MOST_TOLD);
        Ok(found)
    }

    /// What tells the same as this submission, as long as it is not merged itself.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn duplicates_of(&self, submission: &Submission) -> Result<Vec<Duplicate>, StoreError> {
        if submission.merged_into().is_some() {
            return Ok(Vec::new());
        }
        let definition = self.forms.of(&submission.form);
        let (answers, known) = (submission.answers(), &submission.duplicates);
        let marks = definition.marks(answers);
        self.duplicates(submission.id, &definition, answers, &marks, known)
    }

    /// What another one is called.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn title_of(&self, other: &Other) -> Result<String, StoreError> {
        Ok(match other {
            Other::Submission(id) => match self.store.get(*id)? {
                Some(other) => {
                    let definition = self.forms.of(&other.form);
                    definition.title_of(other.answers()).to_owned()
                }
                None => id.to_string(),
            },
            Other::Post(path) => {
                let title = self.blog.title_of_post(path);
                title.unwrap_or_else(|| path.clone())
            }
        })
    }

    /// Whether what a command is about can be kept: `other` as it stands, where that was sent.
    pub(super) fn keeps(
        &self,
        command: &Command,
        id: Uuid,
        other: Option<&Submission>,
    ) -> Result<(), Refusal> {
        let Effect::Other(kept) = &command.effect else {
            return Ok(());
        };
        let is_there = match (kept, other) {
            (Other::Post(path), _) => self.blog.title_of_post(path).is_some(),
            (Other::Submission(_), other) => other.is_some_and(|other| other.id != id),
        };
        let can_be_kept = other.is_none_or(|other| {
            let is_ended = matches!(other.stage, Stage::Declined | Stage::Withdrawn);
            !is_ended && !other.is_held_back()
        });
        // Another editor has said so since this one looked.
        let is_denied =
            other.is_some_and(|it| it.duplicates.denied.contains(&Other::Submission(id)));
        match command.action {
            Action::Merge if is_denied => Err(Refusal::NotOffered),
            Action::Merge if !is_there || !can_be_kept => Err(Refusal::NotKept),
            _ if !is_there => Err(Refusal::NotOffered),
            _ => Ok(()),
        }
    }
}

/// The submission that a command is about besides the one that it is done to.
pub(super) fn beside(command: &Command) -> Option<Uuid> {
    match &command.effect {
        Effect::Other(other) => other.id(),
        _ => None,
    }
}

impl Duplicate {
    fn published(one: Summary, likeness: Likeness) -> Self {
        Self {
            other: Other::Submission(one.id),
            title: one.title,
            at: Some((one.stage, one.received)),
            likeness,
        }
    }

    fn post(post: PostAlike) -> Self {
        Self {
            other: Other::Post(post.path),
            title: post.title,
            at: None,
            likeness: post.likeness,
        }
    }
}
