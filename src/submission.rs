//! A submission: its stage, its history, the letters it owes, and every rule of the workflow.
//!
//! Knows nothing about disks, clocks, HTTP, templates or YAML: time is an argument. One
//! [`Submission`] is one private record; replacing that record is the commit of every change, so
//! a decision and the letters that it causes become real together or not at all.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::case_study::{CONSENT_WORDING, CaseStudy, Contact, Entry};

/// Where a submission stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Looks like spam; stands before `received`.
    Quarantined,
    /// Waits for an editor.
    Received,
    /// Waits for the campaigner.
    ChangesRequested,
    /// Will be published.
    Approved,
    /// Is on the blog.
    Published,
    /// An editor decided against it.
    Declined,
    /// The campaigner took it back.
    Withdrawn,
}

impl Stage {
    /// All stages, in the order of the way.
    pub const ALL: [Stage; 7] = [
        Stage::Quarantined,
        Stage::Received,
        Stage::ChangesRequested,
        Stage::Approved,
        Stage::Published,
        Stage::Declined,
        Stage::Withdrawn,
    ];

    /// The name in the record, on the command line and in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Quarantined => "quarantined",
            Stage::Received => "received",
            Stage::ChangesRequested => "changes_requested",
            Stage::Approved => "approved",
            Stage::Published => "published",
            Stage::Declined => "declined",
            Stage::Withdrawn => "withdrawn",
        }
    }

    /// What the stage means, and what happens next, in words for the campaigner.
    pub fn for_the_campaigner(self) -> (&'static str, &'static str) {
        match self {
            Stage::Quarantined | Stage::Received => (
                "Received",
                "An editor will read your case study and write to you by e-mail. You need do nothing until then.",
            ),
            Stage::ChangesRequested => (
                "Waiting for you",
                "An editor has asked you for changes. Please see the e-mail that was sent to you.",
            ),
            Stage::Approved => (
                "Approved",
                "An editor has approved your case study. It will be on the blog soon.",
            ),
            Stage::Published => ("Published", "Your case study is on the blog. Thank you!"),
            Stage::Declined => (
                "Not published",
                "The editors have decided not to publish this case study. Please see the e-mail that was sent to you.",
            ),
            Stage::Withdrawn => (
                "Withdrawn",
                "You have withdrawn this case study. It will not be published.",
            ),
        }
    }
}

/// Someone who reviews submissions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Editor {
    /// The name in the history and in letters.
    pub name: String,
    /// Where letters go.
    pub email: String,
}

/// What a post has besides the case study: set by the configuration for a new draft, then the
/// editors'.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Editorial {
    /// Must equal the title of a page in the blog's `_people/`.
    pub author: String,
    /// The post's category, which is also the first part of its address.
    pub category: String,
    /// Whether the blog shows the post among the featured ones.
    pub featured: bool,
    /// Titles of pages in the blog's `_projects/`.
    pub projects: Vec<String>,
    /// The topics of a post for which none was chosen.
    pub topics: Vec<String>,
    /// What stands before the campaign's name in the post's title, blanks included.
    pub title_prefix: String,
    /// Markdown above the story; it is also what listings show.
    pub intro: String,
    /// Markdown at the end of the post.
    pub outro: String,
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// Whoever holds the private link.
    Campaigner,
    /// The editor of this name.
    Editor(String),
}

/// What was agreed to, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// The words that stood beside the box.
    pub wording: String,
    /// When the form with the ticked box arrived.
    pub given: Timestamp,
}

/// The content as it stood from one moment on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revision {
    /// When it was sent or saved.
    pub at: Timestamp,
    /// Whose words.
    pub by: Party,
    /// The words.
    pub case_study: CaseStudy,
}

/// One line of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Party,
    /// The stage that this led to.
    pub stage: Stage,
}

/// What a letter says. Its templates are in `templates/letters/<name>/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterKind {
    /// To an editor: a case study has come in.
    Received,
    /// To the campaigner: it has arrived, and here is the private link.
    Receipt,
}

impl LetterKind {
    /// Every kind of letter.
    pub const ALL: [LetterKind; 2] = [LetterKind::Received, LetterKind::Receipt];

    /// The folder of its templates.
    pub fn name(self) -> &'static str {
        match self {
            LetterKind::Received => "received",
            LetterKind::Receipt => "receipt",
        }
    }
}

/// Whom a letter is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// The submission's contact.
    Campaigner,
    /// An editor as configured when the letter was made.
    Editor(Editor),
}

/// How far a letter has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterState {
    /// To be sent.
    Owed {
        /// How often sending failed.
        tries: u32,
        /// Not before this moment.
        next: Timestamp,
        /// What went wrong last, without addresses.
        trouble: Option<String>,
    },
    /// A mail server took it.
    Sent {
        /// When.
        at: Timestamp,
    },
    /// Given up.
    Failed {
        /// When.
        at: Timestamp,
        /// What went wrong, without addresses.
        trouble: String,
    },
}

/// A letter that a submission owes or has sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Letter {
    /// 1, 2, 3 … within the submission; with the submission's id it makes the `Message-ID`.
    pub number: u32,
    /// What it says.
    pub kind: LetterKind,
    /// Whom it is for.
    pub to: Recipient,
    /// When the event happened that it tells of; its `Date`.
    pub made: Timestamp,
    /// How far it has come.
    pub state: LetterState,
}

/// How a try to send a letter ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// A mail server took it.
    Taken,
    /// It may go better later.
    Later(String),
    /// The server refused it for good.
    Refused(String),
}

/// The first pause after a failed try; each further one is twice as long.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(5);
/// The longest pause.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(2);
/// RFC 5321, section 4.5.4.1: give up after four to five days.
const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(5 * 24);

impl Letter {
    /// When the letter is to be tried next; `None` once it is sent or given up.
    pub fn due(&self) -> Option<Timestamp> {
        match self.state {
            LetterState::Owed { next, .. } => Some(next),
            LetterState::Sent { .. } | LetterState::Failed { .. } => None,
        }
    }

    fn tried(&mut self, delivery: Delivery, now: Timestamp) {
        let LetterState::Owed { tries, .. } = self.state else {
            return;
        };
        self.state = match delivery {
            Delivery::Taken => LetterState::Sent { at: now },
            Delivery::Refused(trouble) => LetterState::Failed { at: now, trouble },
            Delivery::Later(trouble) if now.duration_since(self.made) >= GIVE_UP_AFTER => {
                LetterState::Failed { at: now, trouble }
            }
            Delivery::Later(trouble) => LetterState::Owed {
                tries: tries.saturating_add(1),
                next: now.saturating_add(pause_after(tries)).unwrap_or(now),
                trouble: Some(trouble),
            },
        };
    }
}

/// 5 s, 10 s, 20 s … up to two hours: about 70 tries in the five days.
fn pause_after(tries: u32) -> SignedDuration {
    let factor = 2_i32.saturating_pow(tries.min(20));
    FIRST_PAUSE
        .checked_mul(factor)
        .map_or(LONGEST_PAUSE, |pause| pause.min(LONGEST_PAUSE))
}

/// One submission: the private record, the one source of truth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submission {
    /// A UUIDv7; also the reference that people see, and the names of the files.
    pub id: Uuid,
    /// Grows by one with every change.
    pub version: u64,
    /// Where it stands.
    pub stage: Stage,
    /// Who sent it. Private.
    pub contact: Contact,
    /// What was agreed to.
    pub consent: Consent,
    /// What the post has besides the case study.
    pub editorial: Editorial,
    /// The content, oldest first; never empty.
    pub revisions: Vec<Revision>,
    /// What happened, oldest first.
    pub history: Vec<Event>,
    /// The letters owed and sent.
    pub letters: Vec<Letter>,
    /// The post, byte for byte what would be published; the `.md` file is a copy of it. The queue
    /// writes it anew whenever the content changes.
    pub draft: String,
}

impl Submission {
    /// A new submission, with the letters that it owes: one to each editor, and the receipt.
    pub fn receive(
        id: Uuid,
        entry: Entry,
        editorial: Editorial,
        editors: &[Editor],
        now: Timestamp,
    ) -> Self {
        let mut submission = Self {
            id,
            version: 1,
            stage: Stage::Received,
            contact: entry.contact,
            consent: Consent {
                wording: CONSENT_WORDING.to_owned(),
                given: now,
            },
            editorial,
            revisions: vec![Revision {
                at: now,
                by: Party::Campaigner,
                case_study: entry.case_study,
            }],
            history: vec![Event {
                at: now,
                by: Party::Campaigner,
                stage: Stage::Received,
            }],
            letters: Vec::new(),
            draft: String::new(),
        };
        submission.owe(LetterKind::Receipt, Recipient::Campaigner, now);
        for editor in editors {
            submission.owe(LetterKind::Received, Recipient::Editor(editor.clone()), now);
        }
        submission
    }

    fn owe(&mut self, kind: LetterKind, to: Recipient, now: Timestamp) {
        let number = self.letters.last().map_or(1, |letter| letter.number + 1);
        self.letters.push(Letter {
            number,
            kind,
            to,
            made: now,
            state: LetterState::Owed {
                tries: 0,
                next: now,
                trouble: None,
            },
        });
    }

    /// The content as it stands now.
    ///
    /// # Panics
    /// Never for a record that the queue has read: it refuses one without a revision.
    pub fn case_study(&self) -> &CaseStudy {
        &self.current().case_study
    }

    fn current(&self) -> &Revision {
        &self.revisions[self.revisions.len() - 1]
    }

    /// When it came in.
    pub fn received(&self) -> Timestamp {
        self.consent.given
    }

    /// Whether this is what somebody sent who sends the same form again.
    pub fn was_sent_as(&self, entry: &Entry) -> bool {
        self.contact == entry.contact
            && self
                .revisions
                .first()
                .is_some_and(|first| first.case_study == entry.case_study)
    }

    /// Records how a try to send the letter of this number ended. A letter that is not owed any
    /// more stays as it is.
    pub fn letter_tried(&mut self, number: u32, delivery: Delivery, now: Timestamp) {
        for letter in &mut self.letters {
            if letter.number == number {
                letter.tried(delivery, now);
                return;
            }
        }
    }

    /// How many letters were given up.
    pub fn letters_failed(&self) -> usize {
        self.letters
            .iter()
            .filter(|letter| matches!(letter.state, LetterState::Failed { .. }))
            .count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(now: Timestamp) -> Letter {
        Letter {
            number: 1,
            kind: LetterKind::Receipt,
            to: Recipient::Campaigner,
            made: now,
            state: LetterState::Owed {
                tries: 0,
                next: now,
                trouble: None,
            },
        }
    }

    #[test]
    fn a_dead_mail_server_is_tried_for_days_with_growing_pauses_then_given_up() {
        let start = Timestamp::from_second(1_800_000_000).unwrap();
        let mut letter = letter(start);
        let mut now = start;
        let mut pauses = Vec::new();
        while let Some(due) = letter.due() {
            pauses.push(due.duration_since(now).as_secs());
            now = due;
            letter.tried(Delivery::Later("connection refused".into()), now);
        }
        assert_eq!(pauses[..5], [0, 5, 10, 20, 40]);
        assert!(pauses.is_sorted() && pauses.ends_with(&[7200]));
        assert!((60..90).contains(&pauses.len()), "{} tries", pauses.len());
        let days = now.duration_since(start).as_hours() / 24;
        assert_eq!(days, 5);
        assert!(matches!(letter.state, LetterState::Failed { .. }));
    }

    #[test]
    fn a_refusal_for_good_is_not_tried_again_and_a_sent_letter_stays_sent() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let mut refused = letter(now);
        refused.tried(Delivery::Refused("550 no such person".into()), now);
        assert_eq!(refused.due(), None);
        let mut sent = letter(now);
        sent.tried(Delivery::Taken, now);
        sent.tried(Delivery::Later("a late answer".into()), now);
        assert_eq!(sent.state, LetterState::Sent { at: now });
    }
}
