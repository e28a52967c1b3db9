//! Who does what next with a submission, and by when.

use jiff::Timestamp;
use serde::Serialize;

use super::{typed::Typed, words::NextUp};
use crate::{form::Definition, service::Service, submission::Submission};

/// What is planned, and what can be.
#[derive(Serialize)]
pub(super) struct PlanView<'a> {
    /// Name, address and whether it is the one, of each editor.
    editors: Vec<(&'a str, &'a str, bool)>,
    /// Who looks after it.
    assigned: String,
    /// What can be done next, with whether it is that.
    next_actions: Vec<(&'a str, bool)>,
    /// The day by which, as the form has it.
    due_on: String,
    /// What is next and by when, in words.
    next_up: Option<NextUp>,
}

impl<'a> PlanView<'a> {
    pub(super) fn of(
        service: &'a Service,
        definition: &'a Definition,
        submission: &'a Submission,
        typed: &Typed,
        now: Timestamp,
    ) -> Self {
        let assigned = submission.assigned.as_deref();
        let (action, due_on) = (&submission.next_action, submission.due_on);
        Self {
            editors: (service.config.editors.iter())
                .map(|one| {
                    let is_theirs = assigned == Some(&one.email);
                    (one.name.as_str(), one.email.as_str(), is_theirs)
                })
                .collect(),
            assigned: assigned.map_or_else(String::new, |email| service.assigned_in_words(email)),
            next_actions: next_actions(definition, action),
            due_on: match typed.due_on.as_str() {
                "" => due_on.map_or_else(String::new, |day| day.to_string()),
                typed => typed.to_owned(),
            },
            next_up: NextUp::of(action, due_on, service.day_of(now)),
        }
    }
}

/// What can be done next, with whether it is that; what has left the form's list stays where it is.
fn next_actions<'a>(definition: &'a Definition, next: &'a str) -> Vec<(&'a str, bool)> {
    let mut actions: Vec<(&str, bool)> = (definition.next_actions.iter())
        .map(|action| (action.as_str(), action == next))
        .collect();
    if !next.is_empty() && !actions.iter().any(|(_, is_next)| *is_next) {
        actions.push((next, true));
    }
    actions
}
