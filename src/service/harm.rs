//! What may harm somebody once it is published, as it is asked about on pages. It is in no letter, no
//! line of the log and no metric.

use super::Service;
use crate::{
    form::{Answers, Definition, Question},
    submission::Submission,
    text::harm::Known,
};

impl Service {
    /// What these answers raise.
    pub fn may_harm(&self, definition: &Definition, answers: &Answers) -> Vec<Question> {
        let mut known = Known::default();
        known.add(&self.config.site.contact);
        definition.may_harm(answers, &self.blog.vocabulary(), known)
    }
}

/// The marks of all that is asked about a submission.
pub fn marks(submission: &Submission, questions: &[Question]) -> Vec<String> {
    let salt = submission.id.to_string();
    let all = questions.iter().flat_map(|question| question.marks(&salt));
    all.collect()
}
