//! A submission: its stage, its history, the letters it owes, and every rule of the workflow.
//!
//! Knows nothing about disks, clocks, HTTP, templates or YAML: time is an argument. One
//! [`Submission`] is one private record; replacing that record is the commit of every change, so
//! a decision and the letters that it causes become real together or not at all.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, civil::Date};
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

    /// The stage in words for editors.
    pub fn label(self) -> &'static str {
        match self {
            Stage::Quarantined => "In quarantine",
            Stage::Received => "To be reviewed",
            Stage::ChangesRequested => "Waiting for the campaigner",
            Stage::Approved => "Approved",
            Stage::Published => "Published",
            Stage::Declined => "Declined",
            Stage::Withdrawn => "Withdrawn",
        }
    }

    /// Whether nothing more is expected of anybody.
    pub fn is_end(self) -> bool {
        matches!(self, Stage::Published | Stage::Declined | Stage::Withdrawn)
    }

    /// The stage that this leads to; `None` where it is not offered. The whole workflow is this
    /// table.
    pub fn after(self, verb: Verb) -> Option<Stage> {
        use Stage::{
            Approved, ChangesRequested, Declined, Published, Quarantined, Received, Withdrawn,
        };
        match verb {
            Verb::Approve => matches!(self, Received | ChangesRequested).then_some(Approved),
            Verb::RequestChanges => matches!(self, Received | Approved).then_some(ChangesRequested),
            Verb::Decline => {
                matches!(self, Received | ChangesRequested | Approved).then_some(Declined)
            }
            Verb::DeclineAsSpam => matches!(self, Quarantined | Received).then_some(Declined),
            Verb::TakeBack => matches!(self, Quarantined | ChangesRequested | Approved | Declined)
                .then_some(Received),
            Verb::Publish => matches!(self, Approved | Published).then_some(Published),
            Verb::TakeDown => matches!(self, Published).then_some(Received),
            Verb::Edit => {
                matches!(self, Received | ChangesRequested | Approved | Published).then_some(self)
            }
            Verb::Note | Verb::SendAgain => Some(self),
            Verb::Correct => matches!(self, Received).then_some(self),
            Verb::Resubmit => matches!(self, ChangesRequested).then_some(Received),
            Verb::Accept => matches!(self, Received | Approved).then_some(self),
            Verb::Suggest => matches!(self, Received | Approved | Published).then_some(self),
            Verb::Withdraw => matches!(self, Quarantined | Received | ChangesRequested | Approved)
                .then_some(Withdrawn),
            Verb::AskForLink => (!matches!(self, Quarantined)).then_some(self),
            Verb::Erase if self.is_end() => Some(self),
            Verb::Erase => Some(Withdrawn),
        }
    }

    /// What an editor can do here, in the order of the desk's buttons.
    pub fn offers(self) -> impl Iterator<Item = Verb> {
        Verb::ALL
            .into_iter()
            .filter(move |verb| verb.is_for_editors() && self.after(*verb).is_some())
    }
}

/// The name of something that an editor, the campaigner or time can do with a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Verb {
    Approve,
    RequestChanges,
    Decline,
    DeclineAsSpam,
    TakeBack,
    Publish,
    TakeDown,
    Edit,
    Note,
    SendAgain,
    Correct,
    Resubmit,
    Accept,
    Suggest,
    Withdraw,
    AskForLink,
    Erase,
}

impl Verb {
    /// All of them: the editors' first.
    pub const ALL: [Verb; 17] = [
        Verb::Approve,
        Verb::RequestChanges,
        Verb::Decline,
        Verb::DeclineAsSpam,
        Verb::TakeBack,
        Verb::Publish,
        Verb::TakeDown,
        Verb::Edit,
        Verb::Note,
        Verb::SendAgain,
        Verb::Correct,
        Verb::Resubmit,
        Verb::Accept,
        Verb::Suggest,
        Verb::Withdraw,
        Verb::AskForLink,
        Verb::Erase,
    ];

    /// The value of the button that does it.
    pub fn name(self) -> &'static str {
        match self {
            Verb::Approve => "approve",
            Verb::RequestChanges => "request_changes",
            Verb::Decline => "decline",
            Verb::DeclineAsSpam => "decline_as_spam",
            Verb::TakeBack => "take_back",
            Verb::Publish => "publish",
            Verb::TakeDown => "take_down",
            Verb::Edit => "edit",
            Verb::Note => "note",
            Verb::SendAgain => "send_again",
            Verb::Correct => "correct",
            Verb::Resubmit => "resubmit",
            Verb::Accept => "accept",
            Verb::Suggest => "suggest",
            Verb::Withdraw => "withdraw",
            Verb::AskForLink => "ask_for_link",
            Verb::Erase => "erase",
        }
    }

    /// Whether it is done on the desk; the rest is the campaigner's.
    pub fn is_for_editors(self) -> bool {
        matches!(
            self,
            Verb::Approve
                | Verb::RequestChanges
                | Verb::Decline
                | Verb::DeclineAsSpam
                | Verb::TakeBack
                | Verb::Publish
                | Verb::TakeDown
                | Verb::Edit
                | Verb::Note
                | Verb::SendAgain
        )
    }

    /// The letter that it causes, and whether that goes to the editors.
    pub fn letter(self) -> Option<(LetterKind, bool)> {
        match self {
            Verb::Approve => Some((LetterKind::Approved, false)),
            Verb::RequestChanges => Some((LetterKind::ChangesRequested, false)),
            Verb::Decline => Some((LetterKind::Declined, false)),
            Verb::TakeBack => Some((LetterKind::TakenBack, false)),
            Verb::Publish => Some((LetterKind::Published, false)),
            Verb::TakeDown => Some((LetterKind::TakenDown, false)),
            Verb::AskForLink => Some((LetterKind::Link, false)),
            Verb::Correct => Some((LetterKind::Corrected, true)),
            Verb::Resubmit => Some((LetterKind::Resubmitted, true)),
            Verb::Accept => Some((LetterKind::Accepted, true)),
            Verb::Suggest => Some((LetterKind::Suggested, true)),
            Verb::Withdraw => Some((LetterKind::Withdrawn, true)),
            Verb::Erase => Some((LetterKind::Erased, true)),
            Verb::DeclineAsSpam | Verb::Edit | Verb::Note | Verb::SendAgain => None,
        }
    }
}

/// What is done, with all that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// It will be published.
    Approve,
    /// The campaigner is asked for changes.
    RequestChanges {
        /// For the whole.
        note: String,
        /// For single fields, by their names.
        at_fields: BTreeMap<String, String>,
    },
    /// It will not be published.
    Decline {
        /// For the campaigner.
        words: String,
    },
    /// It will not be published, and nobody is told.
    DeclineAsSpam,
    /// The last decision does not hold any more.
    TakeBack,
    /// It is on the blog, in these words; the commit is made.
    Publish(Box<Publication>),
    /// It is on the blog no more; the commit is made.
    TakeDown {
        /// For the campaigner; may be empty.
        words: String,
        /// The commit that removed it; absent where that was done by hand.
        commit: Option<String>,
        /// Whether it goes once that commit's branch is merged.
        to_be_merged: bool,
    },
    /// An editor changes the content.
    Edit(Box<Content>),
    /// An internal note, which never leaves the desk.
    Note {
        #[allow(missing_docs)]
        text: String,
    },
    /// The letter of this number is owed again.
    SendAgain {
        #[allow(missing_docs)]
        letter: u32,
    },
    /// The campaigner changes the content before an editor has begun.
    Correct(Box<CaseStudy>),
    /// The campaigner changes the content as asked.
    Resubmit(Box<CaseStudy>),
    /// The campaigner agrees with the post as it stands.
    Accept,
    /// The campaigner does not quite.
    Suggest {
        #[allow(missing_docs)]
        text: String,
    },
    /// The campaigner takes it back.
    Withdraw {
        /// May be empty.
        reason: String,
    },
    /// Somebody who knows the address wants the private link again.
    AskForLink,
    /// Name, address and notes leave the record for good; what is under way ends.
    Erase,
}

impl Action {
    /// Its name.
    pub fn verb(&self) -> Verb {
        match self {
            Action::Approve => Verb::Approve,
            Action::RequestChanges { .. } => Verb::RequestChanges,
            Action::Decline { .. } => Verb::Decline,
            Action::DeclineAsSpam => Verb::DeclineAsSpam,
            Action::TakeBack => Verb::TakeBack,
            Action::Publish(_) => Verb::Publish,
            Action::TakeDown { .. } => Verb::TakeDown,
            Action::Edit(_) => Verb::Edit,
            Action::Note { .. } => Verb::Note,
            Action::SendAgain { .. } => Verb::SendAgain,
            Action::Correct(_) => Verb::Correct,
            Action::Resubmit(_) => Verb::Resubmit,
            Action::Accept => Verb::Accept,
            Action::Suggest { .. } => Verb::Suggest,
            Action::Withdraw { .. } => Verb::Withdraw,
            Action::AskForLink => Verb::AskForLink,
            Action::Erase => Verb::Erase,
        }
    }
}

/// Why something was not done. Nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The stage does not offer it.
    #[error("this cannot be done any more, or not yet")]
    NotOffered,
    /// It needs words, and there are none.
    #[error("this needs some words")]
    NoWords,
    /// There are more than [`NOTE_LIMIT`] characters.
    #[error("this is too long")]
    TooLong,
    /// It would change nothing.
    #[error("nothing was changed")]
    NoChange,
    /// The blog did not allow it; the reason is [`Submission::trouble`].
    #[error("the blog did not allow it")]
    Blog,
}

/// The most characters of a note, a reason or a letter changed by hand.
pub const NOTE_LIMIT: usize = 5_000;

/// What an editor has made of the letter that a decision sends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum LetterChoice {
    /// As the template has it.
    #[default]
    AsItIs,
    /// In other words.
    Words(String),
    /// Not this time.
    LeftOut,
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
    /// The file's name on the blog after its date: `[a-z0-9]+(-[a-z0-9]+)*`. Made from the title
    /// when the submission comes in.
    #[serde(default)]
    pub slug: String,
    /// The post's date; absent: the day it is published.
    #[serde(default)]
    pub date: Option<Date>,
}

impl Editorial {
    /// The topics of the post: those chosen, or the usual ones where none was.
    pub fn topics_for<'a>(&'a self, case_study: &'a CaseStudy) -> &'a [String] {
        if case_study.topics.is_empty() {
            &self.topics
        } else {
            &case_study.topics
        }
    }
}

/// All that makes a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The campaigner's part, as it may have been edited.
    pub case_study: CaseStudy,
    /// The editors' part.
    pub editorial: Editorial,
}

/// A post on the blog, as it was last published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publication {
    /// When.
    pub at: Timestamp,
    /// The post's date. It and the slug stay as long as the post is on the blog: they are its
    /// address.
    pub date: Date,
    /// Its file in the blog's repository.
    pub file: String,
    /// Where people read it.
    pub address: String,
    /// The branch of its last commit; absent where it was published by hand.
    pub branch: Option<String>,
    /// That commit.
    pub commit: Option<String>,
    /// Whether that branch is its own, so that the post shows once the branch is merged.
    pub to_be_merged: bool,
    /// The file's text, byte for byte.
    pub post: String,
}

/// Why the last try to publish something failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trouble {
    /// When.
    pub at: Timestamp,
    /// For editors.
    pub words: String,
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// Whoever holds the private link.
    Campaigner,
    /// The editor of this name.
    Editor(String),
    /// Nobody: a time has passed, or the operator has typed a command.
    Time,
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
    /// The campaigner's part.
    pub case_study: CaseStudy,
    /// The editors' part.
    pub editorial: Editorial,
}

/// One line of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Party,
    /// What.
    pub what: Happening,
    /// The stage that this led to.
    pub stage: Stage,
    /// Which of the revisions stood after it, from 0.
    pub revision: usize,
}

/// What happened, with the words that belong to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Happening {
    Received,
    Approved,
    ChangesRequested {
        note: String,
        at_fields: BTreeMap<String, String>,
    },
    Declined {
        words: String,
    },
    DeclinedAsSpam,
    TakenBack,
    Published {
        address: String,
        commit: Option<String>,
        /// Not for the first time: its words have changed.
        again: bool,
        to_be_merged: bool,
    },
    TakenDown {
        words: String,
        commit: Option<String>,
        to_be_merged: bool,
    },
    Edited,
    Noted {
        text: String,
    },
    LetterAgain {
        letter: u32,
    },
    Corrected,
    Resubmitted,
    Accepted,
    Suggested {
        text: String,
    },
    Withdrawn {
        reason: String,
    },
    LinkAskedFor,
    Erased,
}

impl Happening {
    /// Takes the words out, for erasure.
    fn forget(&mut self) {
        match self {
            Happening::ChangesRequested { note, at_fields } => {
                note.clear();
                at_fields.clear();
            }
            Happening::Declined { words: text }
            | Happening::TakenDown { words: text, .. }
            | Happening::Noted { text }
            | Happening::Suggested { text }
            | Happening::Withdrawn { reason: text } => text.clear(),
            Happening::Received
            | Happening::Approved
            | Happening::DeclinedAsSpam
            | Happening::TakenBack
            | Happening::Published { .. }
            | Happening::Edited
            | Happening::LetterAgain { .. }
            | Happening::Corrected
            | Happening::Resubmitted
            | Happening::Accepted
            | Happening::LinkAskedFor
            | Happening::Erased => {}
        }
    }
}

/// What a letter says. Its templates are in `templates/letters/<name>/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterKind {
    /// To an editor: a case study has come in.
    Received,
    /// To the campaigner: it has arrived, and here is the private link.
    Receipt,
    /// To the campaigner: it will be published.
    Approved,
    /// To the campaigner: an editor asks for changes.
    ChangesRequested,
    /// To the campaigner: it will not be published.
    Declined,
    /// To the campaigner: the last decision does not hold any more.
    TakenBack,
    /// To the campaigner: it is on the blog, and where.
    Published,
    /// To the campaigner: it is on the blog no more.
    TakenDown,
    /// To the campaigner: the private link again.
    Link,
    /// To an editor: the campaigner has mended a mistake.
    Corrected,
    /// To an editor: the campaigner has made the changes.
    Resubmitted,
    /// To an editor: the campaigner agrees with the post.
    Accepted,
    /// To an editor: the campaigner suggests a change.
    Suggested,
    /// To an editor: the campaigner has taken it back.
    Withdrawn,
    /// To an editor: the personal data are gone.
    Erased,
}

impl LetterKind {
    /// Every kind of letter.
    pub const ALL: [LetterKind; 15] = [
        LetterKind::Received,
        LetterKind::Receipt,
        LetterKind::Approved,
        LetterKind::ChangesRequested,
        LetterKind::Declined,
        LetterKind::TakenBack,
        LetterKind::Published,
        LetterKind::TakenDown,
        LetterKind::Link,
        LetterKind::Corrected,
        LetterKind::Resubmitted,
        LetterKind::Accepted,
        LetterKind::Suggested,
        LetterKind::Withdrawn,
        LetterKind::Erased,
    ];

    /// The folder of its templates.
    pub fn name(self) -> &'static str {
        match self {
            LetterKind::Received => "received",
            LetterKind::Receipt => "receipt",
            LetterKind::Approved => "approved",
            LetterKind::ChangesRequested => "changes_requested",
            LetterKind::Declined => "declined",
            LetterKind::TakenBack => "taken_back",
            LetterKind::Published => "published",
            LetterKind::TakenDown => "taken_down",
            LetterKind::Link => "link",
            LetterKind::Corrected => "corrected",
            LetterKind::Resubmitted => "resubmitted",
            LetterKind::Accepted => "accepted",
            LetterKind::Suggested => "suggested",
            LetterKind::Withdrawn => "withdrawn",
            LetterKind::Erased => "erased",
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
    /// Which line of the history it tells of, from 0.
    pub about: usize,
    /// What an editor has written in the place of the template's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
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

/// Nobody should be able to fill a campaigner's mailbox by asking for lost links.
const LINK_PAUSE: SignedDuration = SignedDuration::from_mins(10);
/// The first pause after a failed try; each further one is twice as long.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(5);
/// The longest pause.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(2);
/// RFC 5321, section 4.5.4.1: give up after four to five days.
const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(5 * 24);

impl LetterState {
    fn owed_at(now: Timestamp) -> Self {
        Self::Owed {
            tries: 0,
            next: now,
            trouble: None,
        }
    }
}

impl Letter {
    /// When the letter is to be tried next; `None` once it is sent or given up.
    pub fn due(&self) -> Option<Timestamp> {
        match self.state {
            LetterState::Owed { next, .. } => Some(next),
            LetterState::Sent { .. } | LetterState::Dropped { .. } | LetterState::Failed { .. } => {
                None
            }
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
    /// Grows by one with every action; letters and their ways do not count.
    pub version: u64,
    /// Where it stands.
    pub stage: Stage,
    /// Who sent it. Private; gone after erasure.
    pub contact: Option<Contact>,
    /// What was agreed to.
    pub consent: Consent,
    /// The content, oldest first; never empty.
    pub revisions: Vec<Revision>,
    /// What happened, oldest first.
    pub history: Vec<Event>,
    /// The letters owed and sent.
    pub letters: Vec<Letter>,
    /// The post on the blog, while it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publication: Option<Publication>,
    /// Why it could not be published, until it is or something else is decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
    /// The post, byte for byte what would be published; the `.md` file is a copy of it. The queue
    /// writes it anew whenever the content changes.
    pub draft: String,
}

impl Submission {
    /// A new submission, with the letters that it owes: one to each editor, and the receipt.
    pub fn receive(
        id: Uuid,
        entry: Entry,
        mut editorial: Editorial,
        editors: &[Editor],
        now: Timestamp,
    ) -> Self {
        editorial.slug = slug(&format!(
            "{}{}",
            editorial.title_prefix, entry.case_study.title
        ));
        let mut submission = Self {
            id,
            version: 1,
            stage: Stage::Received,
            contact: Some(entry.contact),
            consent: Consent {
                wording: CONSENT_WORDING.to_owned(),
                given: now,
            },
            revisions: vec![Revision {
                at: now,
                by: Party::Campaigner,
                case_study: entry.case_study,
                editorial,
            }],
            history: vec![Event {
                at: now,
                by: Party::Campaigner,
                what: Happening::Received,
                stage: Stage::Received,
                revision: 0,
            }],
            letters: Vec::new(),
            publication: None,
            trouble: None,
            draft: String::new(),
        };
        submission.owe(LetterKind::Receipt, Recipient::Campaigner, None, now);
        submission.owe_editors(LetterKind::Received, editors, now);
        submission
    }

    /// The one door: does what is to be done, writes the history and the letters owed. Editors'
    /// letters go to each of `editors`.
    ///
    /// # Errors
    /// When the stage does not offer it, or it lacks what it needs; then nothing has changed.
    pub fn act(
        &mut self,
        by: Party,
        action: Action,
        letter: LetterChoice,
        editors: &[Editor],
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let verb = action.verb();
        let stage = self.stage.after(verb).ok_or(Refusal::NotOffered)?;
        if by == Party::Campaigner && self.contact.is_none() && verb != Verb::Erase {
            return Err(Refusal::NotOffered);
        }
        if let LetterChoice::Words(words) = &letter {
            required_words(words)?;
        }
        let what = match action {
            Action::Approve => Happening::Approved,
            Action::RequestChanges { note, at_fields } => {
                if note.trim().is_empty() && at_fields.is_empty() {
                    return Err(Refusal::NoWords);
                }
                for text in at_fields.values().chain([&note]) {
                    fits(text)?;
                }
                Happening::ChangesRequested { note, at_fields }
            }
            Action::Decline { words } => {
                fits(&words)?;
                Happening::Declined { words }
            }
            Action::DeclineAsSpam => Happening::DeclinedAsSpam,
            Action::TakeBack => Happening::TakenBack,
            Action::Publish(publication) => {
                let again = self.publication.is_some();
                if self
                    .publication
                    .as_ref()
                    .is_some_and(|old| old.post == publication.post)
                {
                    return Err(Refusal::NoChange);
                }
                let (address, commit) = (publication.address.clone(), publication.commit.clone());
                let to_be_merged = publication.to_be_merged;
                self.publication = Some(*publication);
                Happening::Published {
                    address,
                    commit,
                    again,
                    to_be_merged,
                }
            }
            Action::TakeDown {
                words,
                commit,
                to_be_merged,
            } => {
                fits(&words)?;
                self.publication = None;
                Happening::TakenDown {
                    words,
                    commit,
                    to_be_merged,
                }
            }
            Action::Edit(content) => {
                let Content {
                    case_study,
                    mut editorial,
                } = *content;
                if self.publication.is_some() {
                    editorial.slug.clone_from(&self.editorial().slug);
                    editorial.date = self.editorial().date;
                }
                self.revise(&by, case_study, editorial, now)?;
                Happening::Edited
            }
            Action::Note { text } => {
                required_words(&text)?;
                Happening::Noted { text }
            }
            Action::SendAgain { letter } => {
                self.owe_again(letter, now)?;
                Happening::LetterAgain { letter }
            }
            Action::Correct(case_study) => {
                if !self.is_untouched() {
                    return Err(Refusal::NotOffered);
                }
                let editorial = self.editorial().clone();
                self.revise(&by, *case_study, editorial, now)?;
                Happening::Corrected
            }
            Action::Resubmit(case_study) => {
                let editorial = self.editorial().clone();
                match self.revise(&by, *case_study, editorial, now) {
                    Ok(()) | Err(Refusal::NoChange) => {}
                    Err(refusal) => return Err(refusal),
                }
                Happening::Resubmitted
            }
            Action::Accept => Happening::Accepted,
            Action::Suggest { text } => {
                required_words(&text)?;
                Happening::Suggested { text }
            }
            Action::Withdraw { reason } => {
                fits(&reason)?;
                Happening::Withdrawn { reason }
            }
            Action::AskForLink => {
                if self.contact.is_none() || self.has_sent_link(now) {
                    return Err(Refusal::NoChange);
                }
                Happening::LinkAskedFor
            }
            Action::Erase => {
                if self.contact.is_none() {
                    return Err(Refusal::NoChange);
                }
                self.forget(now);
                Happening::Erased
            }
        };
        if stage != self.stage || matches!(verb, Verb::Edit | Verb::Publish) {
            self.trouble = None;
        }
        self.stage = stage;
        // What changes nothing for those who have the page open makes that page no older.
        if !matches!(verb, Verb::AskForLink | Verb::SendAgain) {
            self.version += 1;
        }
        let is_news = !matches!(what, Happening::Published { again: true, .. });
        self.history.push(Event {
            at: now,
            by: by.clone(),
            what,
            stage,
            revision: self.revisions.len() - 1,
        });
        match (verb.letter(), letter) {
            (None, _) | (_, LetterChoice::LeftOut) => {}
            _ if !is_news => {}
            (Some((kind, true)), _) => self.owe_editors(kind, editors, now),
            (Some((kind, false)), choice) => {
                let words = match choice {
                    LetterChoice::Words(words) => Some(words),
                    LetterChoice::AsItIs | LetterChoice::LeftOut => None,
                };
                if self.contact.is_some() {
                    self.owe(kind, Recipient::Campaigner, words, now);
                }
            }
        }
        Ok(())
    }

    fn owe_editors(&mut self, kind: LetterKind, editors: &[Editor], now: Timestamp) {
        for editor in editors {
            self.owe(kind, Recipient::Editor(editor.clone()), None, now);
        }
    }

    fn owe(&mut self, kind: LetterKind, to: Recipient, words: Option<String>, now: Timestamp) {
        let number = self.letters.last().map_or(1, |letter| letter.number + 1);
        self.letters.push(Letter {
            number,
            kind,
            to,
            made: now,
            about: self.history.len() - 1,
            words,
            state: LetterState::owed_at(now),
        });
    }

    /// One still owed is due at once; of one that went or was given up there will be another, under
    /// a new `Message-ID`: under the old one mail programs would hide it.
    fn owe_again(&mut self, number: u32, now: Timestamp) -> Result<(), Refusal> {
        let next_number = self.letters.last().map_or(1, |letter| letter.number + 1);
        let has_contact = self.contact.is_some();
        let old = self
            .letters
            .iter_mut()
            .find(|letter| letter.number == number)
            .filter(|letter| letter.to != Recipient::Campaigner || has_contact)
            .ok_or(Refusal::NotOffered)?;
        if let LetterState::Owed { next, .. } = &mut old.state {
            *next = now;
            return Ok(());
        }
        let again = Letter {
            number: next_number,
            made: now,
            state: LetterState::owed_at(now),
            ..old.clone()
        };
        self.letters.push(again);
        Ok(())
    }

    /// Whether a link is on its way, or went a short while ago.
    fn has_sent_link(&self, now: Timestamp) -> bool {
        self.letters.iter().any(|letter| {
            letter.kind == LetterKind::Link
                && (letter.due().is_some() || now.duration_since(letter.made) < LINK_PAUSE)
        })
    }

    fn revise(
        &mut self,
        by: &Party,
        case_study: CaseStudy,
        editorial: Editorial,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if case_study == *self.case_study() && editorial == *self.editorial() {
            return Err(Refusal::NoChange);
        }
        self.revisions.push(Revision {
            at: now,
            by: by.clone(),
            case_study,
            editorial,
        });
        Ok(())
    }

    /// Name, address, notes and older versions go; the post and what was decided stay.
    fn forget(&mut self, now: Timestamp) {
        self.contact = None;
        self.trouble = None;
        let last = self.revisions.len() - 1;
        self.revisions.drain(..last);
        for event in &mut self.history {
            event.what.forget();
            event.revision = 0;
        }
        for letter in &mut self.letters {
            letter.words = None;
            match &mut letter.state {
                LetterState::Owed { .. } if letter.to == Recipient::Campaigner => {
                    letter.state = LetterState::Dropped { at: now };
                }
                LetterState::Owed { trouble, .. } => *trouble = None,
                LetterState::Failed { trouble, .. } => trouble.clear(),
                LetterState::Sent { .. } | LetterState::Dropped { .. } => {}
            }
        }
    }

    /// Whether no editor has done anything with it yet.
    pub fn is_untouched(&self) -> bool {
        !self
            .history
            .iter()
            .any(|event| matches!(event.by, Party::Editor(_)))
    }

    /// Whether it waits to be published, for the first time or with changed words.
    pub fn is_to_publish(&self) -> bool {
        match self.stage {
            Stage::Approved => true,
            Stage::Published => self
                .publication
                .as_ref()
                .is_some_and(|publication| publication.post != self.draft),
            _ => false,
        }
    }

    /// Records why it could not be published. Nothing else changes, the version neither: whoever
    /// has the page open may go on.
    pub fn could_not_publish(&mut self, words: String, now: Timestamp) {
        if self.stage.after(Verb::Publish).is_some() {
            self.trouble = Some(Trouble { at: now, words });
        }
    }

    /// The editor who decided last about the words: who approved or edited them.
    pub fn editor_of_the_words(&self) -> Option<&str> {
        self.history
            .iter()
            .rev()
            .find_map(|event| match (&event.by, &event.what) {
                (Party::Editor(name), Happening::Approved | Happening::Edited) => {
                    Some(name.as_str())
                }
                _ => None,
            })
    }

    /// The note of the editor for whom the campaigner is to make changes.
    pub fn changes_asked_for(&self) -> Option<(&str, &BTreeMap<String, String>)> {
        if self.stage != Stage::ChangesRequested {
            return None;
        }
        self.history
            .iter()
            .rev()
            .find_map(|event| match &event.what {
                Happening::ChangesRequested { note, at_fields } => Some((note.as_str(), at_fields)),
                _ => None,
            })
    }

    /// Since when it stands in its stage.
    pub fn in_stage_since(&self) -> Timestamp {
        self.history
            .iter()
            .rev()
            .take_while(|event| event.stage == self.stage)
            .last()
            .map_or(self.consent.given, |event| event.at)
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

    /// The editors' part as it stands now.
    pub fn editorial(&self) -> &Editorial {
        &self.current().editorial
    }

    /// When it came in.
    pub fn received(&self) -> Timestamp {
        self.consent.given
    }

    /// Whether `again` is the same form sent again.
    pub fn was_sent_like(&self, again: &Submission) -> bool {
        let first = |submission: &Submission| {
            submission
                .revisions
                .first()
                .map(|revision| revision.case_study.clone())
        };
        self.contact == again.contact && first(self) == first(again)
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

fn fits(text: &str) -> Result<(), Refusal> {
    if text.chars().count() > NOTE_LIMIT {
        return Err(Refusal::TooLong);
    }
    Ok(())
}

fn required_words(text: &str) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::NoWords);
    }
    fits(text)
}

/// The longest slug that is made; people may write longer ones. Those on the blog have up to 55
/// characters.
const SLUG_LENGTH: usize = 55;

/// A slug for a title: its words in ASCII, as many as fit. Never empty.
pub fn slug(title: &str) -> String {
    let ascii = deunicode::deunicode(title).to_ascii_lowercase();
    let mut slug = String::new();
    // An apostrophe parts no words.
    for word in ascii
        .replace(['\'', '’'], "")
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        let length = slug.len() + usize::from(!slug.is_empty()) + word.len();
        if length > SLUG_LENGTH {
            break;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.push_str(word);
    }
    if slug.is_empty() {
        slug.push_str("case-study");
    }
    slug
}

/// Whether this can be a slug: `[a-z0-9]+(-[a-z0-9]+)*`, up to 100 characters.
pub fn is_slug(text: &str) -> bool {
    text.len() <= 100
        && text.split('-').all(|word| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
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
            about: 0,
            words: None,
            state: LetterState::owed_at(now),
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
