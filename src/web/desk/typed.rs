//! What an editor has typed and wants done, as the forms of the desk send it.

use std::collections::BTreeMap;

use crate::{
    blog::Wish,
    case_study::FIELDS,
    service::Decision,
    submission::{Action, LetterChoice},
    web::body::FormBody,
};

/// What was typed on the page of a submission and is shown again where it was not taken.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) note: String,
    pub(super) at_fields: BTreeMap<String, String>,
    /// The letter as it was to go.
    pub(super) letter: String,
}

impl Typed {
    pub(super) fn of(body: &FormBody) -> Self {
        let at_fields = FIELDS
            .iter()
            .filter_map(|field| {
                let text = crate::text::clean::clean(body.first(&format!("note_{}", field.name)));
                (!text.is_empty()).then(|| (field.name.to_owned(), text))
            })
            .collect();
        Self {
            note: crate::text::clean::clean(body.first("note")),
            at_fields,
            letter: match choice(body) {
                LetterChoice::Words(words) => words,
                LetterChoice::AsItIs | LetterChoice::LeftOut => String::new(),
            },
        }
    }
}

/// The decision that a button stands for; `None` for a button that there is not.
pub(super) fn decision(body: &FormBody, typed: &Typed) -> Option<Decision> {
    Some(Decision::Act(match body.first("action") {
        "publish" => return Some(Decision::Blog(Wish::Publish)),
        "take_down" => {
            return Some(Decision::Blog(Wish::TakeDown {
                words: typed.note.clone(),
            }));
        }
        "approve" => Action::Approve,
        "request_changes" => Action::RequestChanges {
            note: typed.note.clone(),
            at_fields: typed.at_fields.clone(),
        },
        "decline" => Action::Decline {
            words: typed.note.clone(),
        },
        "decline_as_spam" => Action::DeclineAsSpam,
        "take_back" => Action::TakeBack,
        "note" => Action::Note {
            text: typed.note.clone(),
        },
        "send_again" => Action::SendAgain {
            letter: body.first("letter_number").parse().ok()?,
        },
        _ => return None,
    }))
}

/// What the editor has made of the mail, if it was shown.
pub(super) fn choice(body: &FormBody) -> LetterChoice {
    if !body.has("letter") {
        LetterChoice::AsItIs
    } else if body.first("send") != "yes" {
        LetterChoice::LeftOut
    } else {
        LetterChoice::Words(crate::text::clean::clean(body.first("letter")))
    }
}
