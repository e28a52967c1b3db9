//! What is to be looked at before a submission is published: what the blog would reject or show
//! wrongly, and what may harm somebody.

use serde::Serialize;

use super::words::moment;
use crate::{
    form::{Definition, Question},
    service::{Service, marks},
    submission::Submission,
};

/// Titles on the blog run to this many characters.
const LONGEST_TITLE: usize = 132;

/// What may harm somebody, as questions, and whether an editor has looked at it.
#[derive(Serialize)]
pub(super) struct HarmView {
    questions: Vec<Question>,
    /// How many things they are about.
    count: usize,
    /// Who has looked at all of it, and when; empty where nobody has.
    looked_at: String,
    /// Who has looked at it before something new came in; empty where nobody has.
    looked_before: String,
}

impl HarmView {
    pub(super) fn of(service: &Service, definition: &Definition, submission: &Submission) -> Self {
        let questions = service.may_harm_in(definition, submission);
        let looked_at = submission.looked_at.as_ref();
        let is_seen = submission.has_looked_at(&marks(submission, &questions));
        let told = looked_at.filter(|_| is_seen && !questions.is_empty());
        Self {
            count: questions.iter().map(|it| it.about.len()).sum(),
            looked_at: told.map_or_else(String::new, |it| {
                let name = service.editor_name(&it.by);
                format!("{name} looked at these on {}.", moment(service, it.at))
            }),
            looked_before: (looked_at.filter(|_| !is_seen))
                .map_or_else(String::new, |it| service.editor_name(&it.by).to_owned()),
            questions,
        }
    }
}

/// What the blog would reject or show wrongly. `same_address` is the title of another submission whose
/// post would have the same address.
pub(super) fn to_fix(
    service: &Service,
    definition: &Definition,
    submission: &Submission,
    same_address: Option<&str>,
) -> Vec<String> {
    let mut lines = service.blog.to_fix(submission, &service.blog.vocabulary());
    if let Some(title) = same_address {
        lines.push(format!(
            "“{title}” has the same address on the same date; one would replace the other on the blog."
        ));
    }
    let count = definition.post_title(submission.answers()).chars().count();
    if count > LONGEST_TITLE {
        lines.push(format!(
            "The title has {count} characters with what stands before it; the blog shows {LONGEST_TITLE} well."
        ));
    }
    lines
}
