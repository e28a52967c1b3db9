//! What happened next: when the campaigner is asked, and the update that waits for an editor.

use jiff::Timestamp;

use super::{Action, Context, Event, Refusal, Stage, Submission};
use crate::form::{Answers, add_addendum, addenda, built_in};

impl Submission {
    /// When the campaigner is asked next what happened since publication: while the post is on the
    /// blog and stays there, and as long as they agree to be written to about it.
    pub(super) fn follow_up_due(&self) -> Option<Timestamp> {
        let agrees = self.consent.named(built_in::CONTACT);
        let may_be_asked = self.stage == Stage::Published
            && self.contact.is_some()
            && agrees.is_some_and(|it| it.holds())
            && !self.consent.is_lacking()
            && self.take_downs_asked().is_empty();
        self.follow_ups.first().copied().filter(|_| may_be_asked)
    }

    /// Notes that they are asked. What would have been asked before counts as asked, too.
    pub(super) fn note_follow_up(&mut self, context: &Context) -> Result<(), Refusal> {
        let is_due = self.follow_up_due().is_some_and(|due| due <= context.now);
        if !is_due || context.definition.follow_up.is_empty() {
            return Err(Refusal::NotOffered);
        }
        self.follow_ups.retain(|due| *due > context.now);
        Ok(())
    }

    /// Whether the campaigner can write an update: they were asked, and none waits for an editor.
    pub fn can_add_addendum(&self) -> bool {
        let mut history = self.history.iter();
        let is_asked = history.any(|event| event.action == Action::AskFollowUp);
        self.stage == Stage::Published && is_asked && self.addendum().is_none()
    }

    /// The last that was done with an update: written, approved or declined.
    pub fn last_of_addenda(&self) -> Option<&Event> {
        let mut history = self.history.iter().rev();
        history.find(|event| {
            matches!(
                event.action,
                Action::AddAddendum | Action::ApproveAddendum | Action::DeclineAddendum
            )
        })
    }

    /// The update that waits for an editor; its words are the event's.
    pub fn addendum(&self) -> Option<&Event> {
        let last = self.last_of_addenda();
        last.filter(|event| event.action == Action::AddAddendum && !event.note.is_empty())
    }

    /// Adds to answers that the campaigner knows the updates among `now` that are in their own words.
    pub(super) fn with_own_addenda(&self, events: &[Event], known: &mut Answers, now: &Answers) {
        let written: Vec<&str> = events
            .iter()
            .filter(|event| event.action == Action::AddAddendum)
            .map(|event| event.note.as_str())
            .collect();
        for entry in addenda(now) {
            let is_known = addenda(known).contains(entry);
            if !is_known && written.contains(&entry.text(built_in::TEXT)) {
                add_addendum(known, entry.clone());
            }
        }
    }
}
