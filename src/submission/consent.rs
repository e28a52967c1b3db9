//! What was agreed to: each purpose of the form by itself, in the words that were shown.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Action, Actor, Asks, Command, Context, Effect, Event, Refusal, Revision, Submission, Unknown,
};
use crate::form::{Answers, Definition, Entry, Purpose, built_in};

/// The language of the pages.
const LANGUAGE: &str = "en";

/// What was agreed to. The first purpose stands in the record as the only one did before there were
/// several, so that every version of this program reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// The one without which nothing is sent.
    #[serde(flatten)]
    pub first: Agreement,
    /// The others that the form asked for, given or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Agreement>,
}

/// One purpose, and whether it was agreed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// The purpose, by its name in the form.
    #[serde(default = "publish", skip_serializing_if = "is_publish")]
    pub name: String,
    /// The words that were shown.
    pub wording: String,
    /// Which version of them; empty where the form says none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// The language of the page; empty in records of before it was kept.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub language: String,
    /// Whether it was one of several that had to be given.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_required: bool,
    /// When it was given; absent where it was not.
    pub given: Option<Timestamp>,
    /// When it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_back: Option<Timestamp>,
    /// What this version does not know, kept as it is.
    #[serde(flatten)]
    pub unknown: Unknown,
}

fn publish() -> String {
    built_in::PUBLISH.to_owned()
}

fn is_publish(name: &str) -> bool {
    name == built_in::PUBLISH
}

impl Agreement {
    fn of(purpose: &Purpose, given: Option<Timestamp>) -> Self {
        Self {
            name: purpose.name.clone(),
            wording: purpose.wording.clone(),
            version: purpose.version.clone(),
            language: LANGUAGE.to_owned(),
            is_required: purpose.is_required,
            given,
            taken_back: None,
            unknown: Unknown::new(),
        }
    }

    /// Whether it was given and not taken back.
    pub fn holds(&self) -> bool {
        self.given.is_some() && self.taken_back.is_none()
    }
}

impl Consent {
    /// What was agreed to with this form, just now.
    pub(super) fn of(definition: &Definition, entry: &Entry, now: Timestamp) -> Self {
        let purposes = definition.consent.purposes.iter();
        let mut agreements = purposes.map(|purpose| {
            let is_agreed = entry.agreed.contains(&purpose.name);
            Agreement::of(purpose, is_agreed.then_some(now))
        });
        Self {
            // A form that is configured has a purpose.
            first: agreements.next().unwrap_or_else(|| Agreement {
                name: publish(),
                wording: String::new(),
                version: String::new(),
                language: LANGUAGE.to_owned(),
                is_required: true,
                given: Some(now),
                taken_back: None,
                unknown: Unknown::new(),
            }),
            others: agreements.collect(),
        }
    }

    /// Every purpose, in the order of the form.
    pub fn all(&self) -> impl Iterator<Item = &Agreement> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// The agreement for the purpose of this name.
    pub fn named(&self, name: &str) -> Option<&Agreement> {
        self.all().find(|agreement| agreement.name == name)
    }

    /// Whether what had to be agreed to was taken back, so that nothing may be published.
    pub fn is_lacking(&self) -> bool {
        self.all()
            .any(|it| self.is_required(it) && it.taken_back.is_some())
    }

    /// Whether nothing may be published without it.
    pub fn is_required(&self, agreement: &Agreement) -> bool {
        agreement.is_required || agreement.name == self.first.name
    }

    fn all_mut(&mut self) -> impl Iterator<Item = &mut Agreement> {
        std::iter::once(&mut self.first).chain(&mut self.others)
    }

    /// Notes what the campaigner agrees to with these answers, without a tick, and did not before.
    pub(super) fn renew(&mut self, definition: &Definition, answers: &Answers, now: Timestamp) {
        let purposes = definition.consent.purposes.iter();
        for purpose in purposes.filter(|it| definition.agrees_by_answers(it, answers)) {
            let new = Agreement::of(purpose, Some(now));
            let known = self.all_mut().find(|it| it.name == purpose.name);
            match known {
                Some(agreement) if agreement.holds() => {}
                Some(agreement) => *agreement = new,
                None => self.others.push(new),
            }
        }
    }

    /// Whether the same was agreed to.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let given = |consent: &Self| -> Vec<(String, bool)> {
            let all = consent.all();
            all.map(|it| (it.name.clone(), it.given.is_some()))
                .collect()
        };
        given(self) == given(other)
    }
}

impl Submission {
    /// The command by which the campaigner takes back what was agreed to. Where nothing may be
    /// published without it, and nothing is yet, that is withdrawing.
    pub fn revoking(&self, purpose: &str, note: String) -> Command {
        let action = match self.withdraws(purpose) {
            true => Action::Withdraw,
            false => Action::RevokeConsent,
        };
        Command {
            note,
            ..Command::new(action, Effect::Revoke(purpose.to_owned()))
        }
    }

    /// Whether taking this back withdraws the submission.
    pub fn withdraws(&self, purpose: &str) -> bool {
        let agreement = self.consent.named(purpose);
        agreement.is_some_and(|it| self.consent.is_required(it))
            && Action::Withdraw.rule().after(self.stage).is_some()
    }

    /// Whether the pictures of these answers are left out when an editor saves them, because the
    /// campaigner does not agree to them any more.
    pub fn leaves_out_pictures(&self, definition: &Definition, answers: &Answers) -> bool {
        let mut left = answers.clone();
        self.leave_out_revoked(definition, &mut left);
        definition.pictures(&left) != definition.pictures(answers)
    }

    /// Takes out of answers that an editor saves what is agreed to no more.
    pub(super) fn leave_out_revoked(&self, definition: &Definition, answers: &mut Answers) {
        for agreement in self.consent.all().filter(|it| it.taken_back.is_some()) {
            definition.take_back(&agreement.name, answers);
        }
    }

    /// The purpose is agreed to no more. What it allowed goes from the draft at once; where it is on
    /// the blog, the event is a request to take it off.
    pub(super) fn revoke(
        &mut self,
        purpose: String,
        event: &mut Event,
        context: &Context,
    ) -> Result<(), Refusal> {
        if (event.action == Action::Withdraw) != self.withdraws(&purpose) {
            return Err(Refusal::NotOffered);
        }
        let agreement = self.consent.named(&purpose).ok_or(Refusal::NotOffered)?;
        if !agreement.holds() {
            return Err(Refusal::NoChange);
        }
        let is_required = self.consent.is_required(agreement);
        for agreement in self.consent.all_mut().filter(|it| it.name == purpose) {
            agreement.taken_back = Some(context.now);
        }
        let mut answers = self.answers().clone();
        context.definition.take_back(&purpose, &mut answers);
        let is_changed = answers != *self.answers();
        if is_changed {
            self.revisions.push(Revision {
                at: context.now,
                by: Actor::Campaigner,
                answers,
                unknown: Unknown::new(),
            });
        }
        if let Some(publication) = &self.publication {
            event.is_to_be_merged = publication.is_to_be_merged;
            event.asks = match () {
                () if is_required => Some(Asks::Whole),
                () if is_changed => Some(Asks::Part),
                () => None,
            };
        }
        event.purpose = purpose;
        Ok(())
    }
}
