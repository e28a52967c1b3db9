//! The mail that a submission causes: what it is about, whom it is for, and how far it has come.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Submission, Unknown};

/// The first pause after a failed attempt; each further one is twice as long.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(5);
/// The longest pause.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(2);
/// RFC 5321, section 4.5.4.1: give up after four to five days.
const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(5 * 24);

/// Mail that is pending or was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// 1, 2, 3 … within the submission; with the submission's id it makes the `Message-ID`.
    pub number: u32,
    /// What it says: the folder of its templates.
    pub kind: String,
    /// Whom it is for.
    pub to: Recipient,
    /// When the event happened that it tells of; its `Date`.
    pub made: Timestamp,
    /// Which line of the history it tells of, from 0.
    pub about: usize,
    /// What an editor has written in the place of the template's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// Other submissions whose private links it brings besides, each with how often its link was
    /// changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<(Uuid, u32)>,
    /// How far it has come.
    pub state: MailState,
    /// What this version does not know, kept as it is.
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// Whom mail is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// The submission's contact.
    Campaigner,
    /// The address that the contact is to have, and that is not confirmed yet.
    NewAddress,
    /// The editor with this address.
    Editor(String),
}

/// How far mail has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailState {
    /// To be sent.
    Pending {
        /// How often sending failed.
        attempts: u32,
        /// Not before this moment.
        next: Timestamp,
        /// What went wrong last, without addresses.
        error: Option<String>,
    },
    /// A mail server took it.
    Sent {
        /// When.
        at: Timestamp,
    },
    /// Not to be sent any more: there is nobody to send it to.
    Dropped {
        /// When.
        at: Timestamp,
    },
    /// Given up.
    Failed {
        /// When.
        at: Timestamp,
        /// What went wrong, without addresses.
        error: String,
    },
}

/// How an attempt to send mail ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// A mail server took it.
    Taken,
    /// It may go better later.
    Later(String),
    /// The server refused it for good.
    Refused(String),
    /// There is nobody to send it to any more.
    NoRecipient,
}

impl MailState {
    pub(super) fn pending_at(now: Timestamp) -> Self {
        Self::Pending {
            attempts: 0,
            next: now,
            error: None,
        }
    }
}

impl Mail {
    /// When it is to be attempted next; `None` once it is sent or given up.
    pub fn due(&self) -> Option<Timestamp> {
        match self.state {
            MailState::Pending { next, .. } => Some(next),
            MailState::Sent { .. } | MailState::Dropped { .. } | MailState::Failed { .. } => None,
        }
    }

    /// Whether it is pending and was attempted in vain; what was not waits for its time.
    pub fn was_attempted(&self) -> bool {
        matches!(self.state, MailState::Pending { attempts, .. } if attempts > 0)
    }

    fn attempted(&mut self, delivery: Delivery, may_give_up: bool, now: Timestamp) {
        let attempts = match self.state {
            MailState::Pending { attempts, .. } => attempts,
            // It was not needed any more while it was on its way.
            MailState::Dropped { .. } if delivery == Delivery::Taken => 0,
            _ => return,
        };
        self.state = match delivery {
            Delivery::Taken => MailState::Sent { at: now },
            Delivery::Refused(error) => MailState::Failed { at: now, error },
            Delivery::NoRecipient => MailState::Dropped { at: now },
            Delivery::Later(error)
                if may_give_up && now.duration_since(self.made) >= GIVE_UP_AFTER =>
            {
                MailState::Failed { at: now, error }
            }
            Delivery::Later(error) => MailState::Pending {
                attempts: attempts.saturating_add(1),
                next: now.saturating_add(pause_after(attempts)).unwrap_or(now),
                error: Some(error),
            },
        };
    }

    /// Drops it, if it has not gone yet.
    pub(super) fn drop_pending(&mut self, now: Timestamp) {
        if self.due().is_some() {
            self.state = MailState::Dropped { at: now };
        }
    }

    /// Takes out the words, and drops what was for the campaigner.
    pub(super) fn forget(&mut self, now: Timestamp) {
        self.words = None;
        self.also.clear();
        match &mut self.state {
            MailState::Pending { .. } if !matches!(self.to, Recipient::Editor(_)) => {
                self.state = MailState::Dropped { at: now };
            }
            MailState::Pending { error, .. } => *error = None,
            MailState::Failed { error, .. } => error.clear(),
            MailState::Sent { .. } | MailState::Dropped { .. } => {}
        }
    }
}

impl Submission {
    /// Records how an attempt to send the mail of this number ended. Mail that is not pending any
    /// more stays as it is. With a clock that is not believed, nothing is given up for its age.
    pub fn mail_attempted(
        &mut self,
        number: u32,
        delivery: Delivery,
        may_give_up: bool,
        now: Timestamp,
    ) {
        if let Some(mail) = self.mail.iter_mut().find(|mail| mail.number == number) {
            mail.attempted(delivery, may_give_up, now);
        }
    }

    /// How much of its mail was given up and is not on its way again.
    pub fn mail_failed(&self) -> usize {
        self.failed_mail().len()
    }

    /// Whether there is somebody to send it to, as far as the record knows.
    pub fn has_recipient(&self, to: &Recipient) -> bool {
        match to {
            Recipient::Campaigner => self.contact.is_some(),
            Recipient::NewAddress => self.new_address.is_some(),
            Recipient::Editor(_) => true,
        }
    }

    /// The numbers of mail that was given up, was not sent again since, and still has somebody to go
    /// to.
    pub fn failed_mail(&self) -> Vec<u32> {
        let failed = |mail: &&Mail| {
            matches!(mail.state, MailState::Failed { .. }) && self.has_recipient(&mail.to)
        };
        let is_last = |mail: &&Mail| {
            !self.mail.iter().any(|other| {
                other.number > mail.number
                    && (&other.kind, &other.to, other.about) == (&mail.kind, &mail.to, mail.about)
            })
        };
        let numbers = self.mail.iter().filter(failed).filter(is_last);
        numbers.map(|mail| mail.number).collect()
    }
}

/// 5 s, 10 s, 20 s … up to two hours: about 70 attempts in the five days.
fn pause_after(attempts: u32) -> SignedDuration {
    let factor = 2_i32.saturating_pow(attempts.min(20));
    FIRST_PAUSE
        .checked_mul(factor)
        .map_or(LONGEST_PAUSE, |pause| pause.min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(now: Timestamp) -> Mail {
        Mail {
            number: 1,
            kind: "receipt".into(),
            to: Recipient::Campaigner,
            made: now,
            about: 0,
            words: None,
            also: Vec::new(),
            state: MailState::pending_at(now),
            unknown: Unknown::new(),
        }
    }

    #[test]
    fn a_dead_mail_server_is_tried_for_days_with_growing_pauses_then_given_up() {
        let start = Timestamp::from_second(1_800_000_000).unwrap();
        let mut mail = mail(start);
        let mut now = start;
        let mut pauses = Vec::new();
        while let Some(due) = mail.due() {
            pauses.push(due.duration_since(now).as_secs());
            now = due;
            mail.attempted(Delivery::Later("connection refused".into()), true, now);
        }
        assert_eq!(pauses[..5], [0, 5, 10, 20, 40]);
        assert!(pauses.is_sorted() && pauses.ends_with(&[7200]));
        assert!(
            (60..90).contains(&pauses.len()),
            "{} attempts",
            pauses.len()
        );
        let days = now.duration_since(start).as_hours() / 24;
        assert_eq!(days, 5);
        assert!(matches!(mail.state, MailState::Failed { .. }));
    }

    #[test]
    fn a_refusal_for_good_is_not_tried_again_and_sent_mail_stays_sent() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let mut refused = mail(now);
        refused.attempted(Delivery::Refused("550 no such person".into()), true, now);
        assert_eq!(refused.due(), None);
        let mut sent = mail(now);
        sent.attempted(Delivery::Taken, true, now);
        sent.attempted(Delivery::Later("a late answer".into()), true, now);
        assert_eq!(sent.state, MailState::Sent { at: now });
    }
}
