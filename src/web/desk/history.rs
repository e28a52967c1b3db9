//! History and mail of a submission in the words of the desk.

use serde::Serialize;

use super::words::{by, day};
use crate::{
    case_study,
    submission::{Event, Happening, Letter, LetterKind, LetterState, Party, Recipient, Submission},
    web::answer::Notice,
};

#[derive(Serialize)]
pub(super) struct HistoryLine {
    text: String,
    words: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct LetterView {
    number: u32,
    kind: &'static str,
    to: String,
    state: String,
    failed: bool,
    again: bool,
}

/// One event.
pub(super) fn history_line(event: &Event) -> HistoryLine {
    let mut words = Vec::new();
    let did = match &event.what {
        Happening::Received => "sent it",
        Happening::Approved => "approved it",
        Happening::ChangesRequested { note, at_fields } => {
            words.push(note.clone());
            for (name, text) in at_fields {
                let label = case_study::field(name).map_or(name.as_str(), |field| field.label);
                words.push(format!("{label}: {text}"));
            }
            "asked for changes"
        }
        Happening::Declined { words: text } => {
            words.push(text.clone());
            "declined it"
        }
        Happening::DeclinedAsSpam => "declined it as spam",
        Happening::TakenBack => "took the decision back",
        Happening::Published { address, again, .. } => {
            words.push(address.clone());
            if *again {
                "published the changes"
            } else {
                "published it"
            }
        }
        Happening::TakenDown {
            words: text,
            to_be_merged,
            ..
        } => {
            words.push(text.clone());
            if *to_be_merged {
                "took it off the blog, where it goes once its branch is merged,"
            } else {
                "took it off the blog"
            }
        }
        Happening::Edited => "edited it",
        Happening::Noted { text } => {
            words.push(text.clone());
            "made an internal note"
        }
        Happening::LetterAgain { .. } => "had a letter sent again",
        Happening::Corrected => "corrected it",
        Happening::Resubmitted => "sent it again",
        Happening::Accepted => "agreed with the post",
        Happening::Suggested { text } => {
            words.push(text.clone());
            "suggested a change"
        }
        Happening::Withdrawn { reason } => {
            words.push(reason.clone());
            "withdrew it"
        }
        Happening::LinkAskedFor => "asked for the link again",
        Happening::Erased => "had the personal data erased",
    };
    words.retain(|text| !text.is_empty());
    let mut who = match &event.by {
        Party::Campaigner => "the campaigner",
        party => by(party),
    }
    .chars();
    let who: String = who
        .next()
        .map(|first| first.to_uppercase().chain(who).collect())
        .unwrap_or_default();
    let colon = if words.is_empty() { "." } else { ":" };
    HistoryLine {
        text: format!("{who} {did} on {}{colon}", day(event.at)),
        words,
    }
}

/// One mail.
pub(super) fn letter_view(submission: &Submission, letter: &Letter) -> LetterView {
    let kind = match letter.kind {
        LetterKind::Received => "New case study",
        LetterKind::Receipt => "Receipt",
        LetterKind::Approved => "Approval",
        LetterKind::ChangesRequested => "Request for changes",
        LetterKind::Declined => "Decline",
        LetterKind::TakenBack => "Decision taken back",
        LetterKind::Published => "On the blog",
        LetterKind::TakenDown => "Off the blog",
        LetterKind::Link => "Link again",
        LetterKind::Corrected => "Corrected",
        LetterKind::Resubmitted => "Sent again",
        LetterKind::Accepted => "Agreement",
        LetterKind::Suggested => "Suggestion",
        LetterKind::Withdrawn => "Withdrawal",
        LetterKind::Erased => "Data erased",
    };
    let state = match &letter.state {
        LetterState::Sent { at } => format!("sent on {}", day(*at)),
        LetterState::Dropped { .. } => "not sent: the address is erased".to_owned(),
        LetterState::Failed { trouble, .. } => format!("could not be sent: {trouble}"),
        LetterState::Owed { trouble: None, .. } => "about to be sent".to_owned(),
        LetterState::Owed {
            trouble: Some(trouble),
            next,
            ..
        } => format!("not sent yet ({trouble}); next try on {}", day(*next)),
    };
    let to = match &letter.to {
        Recipient::Campaigner => "the campaigner".to_owned(),
        Recipient::Editor(editor) => editor.name.clone(),
    };
    let reachable = letter.to != Recipient::Campaigner || submission.contact.is_some();
    LetterView {
        number: letter.number,
        kind,
        to,
        state,
        failed: matches!(letter.state, LetterState::Failed { .. }),
        again: reachable && !matches!(letter.state, LetterState::Owed { trouble: None, .. }),
    }
}

/// What the editor of this name has just done, and whether mail goes to the campaigner for it.
pub(super) fn done(submission: &Submission, editor: &str) -> Notice {
    let last = submission.history.last();
    let by_editor = |event: &&Event| matches!(&event.by, Party::Editor(name) if name == editor);
    let heading = match last.filter(by_editor).map(|event| &event.what) {
        Some(Happening::Approved) => "Approved",
        Some(Happening::ChangesRequested { .. }) => "Changes requested",
        Some(Happening::Declined { .. }) => "Declined",
        Some(Happening::DeclinedAsSpam) => "Declined as spam",
        Some(Happening::TakenBack) => "Decision withdrawn",
        Some(Happening::Published { .. }) => "Published",
        Some(Happening::TakenDown { .. }) => "Taken off the blog",
        Some(Happening::Edited) => "Changes saved",
        Some(Happening::Noted { .. }) => "Internal note saved",
        Some(Happening::LetterAgain { .. }) => "The email is being sent again",
        _ => "Done",
    };
    let about = submission.history.len().saturating_sub(1);
    let goes = submission.letters.iter().any(|letter| {
        letter.about == about
            && letter.to == Recipient::Campaigner
            && !matches!(
                letter.state,
                LetterState::Dropped { .. } | LetterState::Failed { .. }
            )
    });
    let text = if goes {
        "An email to the campaigner is on its way."
    } else {
        ""
    };
    Notice::good(heading, text)
}
