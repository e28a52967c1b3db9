//! Who looks after a submission, what is to be done with it next, and by when.

use jiff::civil::Date;

use super::{Actor, Context, Editor, Event, Refusal, Submission};

/// Who is to do what next, and by when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The address of the editor who looks after it; `None` for nobody.
    pub editor: Option<String>,
    /// What is to be done next; `None` where that stays as it is.
    pub next: Option<Next>,
}

/// What is to be done next.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Next {
    /// A line of the form's list; empty for none.
    pub action: String,
    /// The day by which.
    pub due_on: Option<Date>,
}

impl Plan {
    /// Whether it says what is next without a day by which.
    pub fn is_without_day(&self) -> bool {
        self.next.as_ref().is_some_and(|next| next.due_on.is_none())
    }
}

impl Submission {
    /// Takes over a plan, and adds what is to be done next to the words of its event.
    pub(super) fn plan(
        &mut self,
        plan: Plan,
        event: &mut Event,
        context: &Context,
    ) -> Result<(), Refusal> {
        let before = self.next();
        let next = plan.next.unwrap_or_else(|| before.clone());
        let is_known = next.action.is_empty()
            || next.action == before.action
            || context.definition.next_actions.contains(&next.action);
        if !is_known {
            return Err(Refusal::NoSuchStep);
        }
        if self.assigned == plan.editor && before == next {
            return Err(Refusal::NoChange);
        }
        let due = next.due_on.map(|day| day.strftime("by %-d %B %Y"));
        let due = due.map(|due| due.to_string()).unwrap_or_default();
        let words = [event.note.as_str(), &next.action, &due];
        let words = words.into_iter().filter(|words| !words.is_empty());
        event.note = words.collect::<Vec<_>>().join(" · ");
        self.assigned = plan.editor;
        self.set_next(next);
        Ok(())
    }

    /// The editor who looks after it: nobody, too, where whoever did has left.
    pub(super) fn looked_after_by<'a>(&self, editors: &'a [Editor]) -> Option<&'a Editor> {
        let mut editors = editors.iter();
        editors.find(|editor| self.assigned.as_ref() == Some(&editor.email))
    }

    fn next(&self) -> Next {
        Next {
            action: self.next_action.clone(),
            due_on: self.due_on,
        }
    }

    /// What is to be done next, from now on.
    pub(super) fn set_next(&mut self, next: Next) {
        self.next_action = next.action;
        self.due_on = next.due_on;
    }

    /// Whether it is somebody else who looks after it now than did before, and not by their own doing.
    pub(super) fn is_newly_assigned(&self, before: Option<&str>, by: &Actor) -> bool {
        let own = match by {
            Actor::Editor(email) => Some(email.as_str()),
            Actor::Campaigner | Actor::System => None,
        };
        let assigned = self.assigned.as_deref();
        assigned.is_some() && assigned != before && assigned != own
    }
}
