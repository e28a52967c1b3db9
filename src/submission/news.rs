//! What editors are told of, and how each wants to be told.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Action, Actor, Editor, Event, MailRule, Recipients, Submission};

/// How an editor is told of what happens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", try_from = "String")]
pub enum Mailing {
    /// By a mail about each thing.
    #[default]
    Each,
    /// By one mail a day.
    Digest,
    /// Not by mail.
    None,
}

impl TryFrom<String> for Mailing {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "each" => Ok(Self::Each),
            "digest" => Ok(Self::Digest),
            "none" => Ok(Self::None),
            _ => Err(format!(
                "`mail` of an editor must be each, digest or none, not “{text}”; the address is `email`"
            )),
        }
    }
}

impl Event {
    /// What editors are told of it by mail.
    fn news(&self) -> Option<&'static MailRule> {
        let is_for_editors =
            |mail: &&MailRule| matches!(mail.to, Recipients::Editors | Recipients::Assigned);
        let mut mails = self.action.rule().mail.iter();
        // What erases by itself after its time is no news, and neither is a report of other news.
        mails
            .find(is_for_editors)
            .filter(|_| self.by != Actor::System || self.action == Action::RemindEditors)
    }
}

impl Submission {
    /// When something last happened to it that editors are told of.
    pub fn news_at(&self) -> Option<Timestamp> {
        let mut events = self.history.iter().rev();
        events
            .find(|event| event.news().is_some())
            .map(|event| event.at)
    }

    /// What has happened after the first moment, up to the second, that this editor is told of, each in
    /// the words of the desk, once. Nothing of what may be abuse, and not who is to look after it.
    pub fn news_between(
        &self,
        email: &str,
        editors: &[Editor],
        since: Timestamp,
        until: Timestamp,
    ) -> Vec<&'static str> {
        let looked_after_by = self.looked_after_by(editors);
        let is_theirs = looked_after_by.is_none_or(|editor| editor.email == email);
        let mut labels = Vec::new();
        let new = self.history.iter();
        let new = new.filter(|event| event.at > since && event.at <= until);
        let new = new.filter(|event| event.action != Action::Assign);
        for mail in new.filter_map(Event::news) {
            let is_for_them = is_theirs || mail.to != Recipients::Assigned;
            if is_for_them && !labels.contains(&mail.label) {
                labels.push(mail.label);
            }
        }
        if self.is_held_back() {
            labels.clear();
        }
        labels
    }

    /// Whether somebody else has made this editor look after it between these moments.
    pub fn is_assigned_between(&self, email: &str, since: Timestamp, until: Timestamp) -> bool {
        let mut events = self.history.iter().rev().filter(|event| event.at <= until);
        let last = events.find(|event| event.action == Action::Assign);
        let by = Actor::Editor(email.to_owned());
        self.assigned.as_deref() == Some(email)
            && last.is_some_and(|event| event.at > since && event.by != by)
    }
}
