//! Reminders of what waits: of each wait, and of each request for changes, there is one.

use jiff::Timestamp;

use super::{Action, Event, Refusal, Stage, Submission};

impl Event {
    /// Whether somebody was reminded.
    pub fn is_reminder(&self) -> bool {
        matches!(
            self.action,
            Action::RemindEditors | Action::RemindCampaigner
        )
    }
}

impl Submission {
    /// Since when it waits, for an editor or for the campaigner, where nobody was reminded of that yet.
    pub fn unreminded_since(&self) -> Option<Timestamp> {
        let begun = match self.stage {
            Stage::Received => {
                let mut events = self.history.iter();
                events.rposition(|event| event.stage != Stage::Received)
            }
            // A withdrawal that was undone makes no other request of it.
            Stage::ChangesRequested => {
                let mut events = self.history.iter();
                events.rposition(|event| event.action == Action::RequestChanges)
            }
            _ => return None,
        };
        let since = &self.history[begun.unwrap_or_default()..];
        let is_reminded = since.iter().any(Event::is_reminder);
        (!is_reminded).then(|| self.in_stage_since())
    }

    pub(super) fn may_remind(&self, action: Action) -> Result<(), Refusal> {
        if action == Action::RemindCampaigner && self.contact.is_none() {
            return Err(Refusal::NotOffered);
        }
        match self.unreminded_since() {
            Some(_) => Ok(()),
            None => Err(Refusal::NoChange),
        }
    }

    /// Drops reminders that have not gone yet: what they remind of is over.
    pub(super) fn drop_reminders(&mut self, now: Timestamp) {
        let history = &self.history;
        for mail in &mut self.mail {
            if history.get(mail.about).is_some_and(Event::is_reminder) {
                mail.drop_pending(now);
            }
        }
    }
}
