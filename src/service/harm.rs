//! What may harm somebody once it is published, as it is asked about on pages. It is in no letter, no
//! line of the log and no metric.

use super::Service;
use crate::{
    form::{Answer, Answers, Definition, Question, add_addendum, built_in},
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

    /// What a submission raises, with the update that nobody has decided about yet.
    pub fn may_harm_in(&self, definition: &Definition, submission: &Submission) -> Vec<Question> {
        let mut answers = submission.answers().clone();
        if let Some(written) = submission.addendum() {
            let mut entry = Answers::default();
            let words = Answer::Text(written.note.clone());
            entry.set(built_in::TEXT, Some(words));
            add_addendum(&mut answers, entry);
        }
        self.may_harm(definition, &answers)
    }
}

/// The marks of all that is asked about a submission.
pub fn marks(submission: &Submission, questions: &[Question]) -> Vec<String> {
    let salt = submission.id.to_string();
    let all = questions.iter().flat_map(|question| question.marks(&salt));
    all.collect()
}
