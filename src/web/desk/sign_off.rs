//! What a submission's page says of the campaigner's agreement.

use serde::Serialize;

use super::words::moment;
use crate::{
    form::Definition,
    service::Service,
    submission::{Action, SignOffState, Submission},
    text::{capitalised, day_in_words},
};

/// How it stands with the campaigner's agreement.
#[derive(Serialize)]
pub(super) struct SignOffView {
    /// Whether nothing may be published without it.
    holds_back: bool,
    state: SignOffState,
    /// The same in a few words, as the queue has them.
    words: String,
    /// When they were asked, and the last day to answer.
    asked: String,
    by: String,
    /// Whether no answer counts as agreement.
    silence_agrees: bool,
    /// Whether it is to be reviewed again because of it.
    led_back: bool,
    /// What they want to be different.
    suggestion: String,
    /// Whether there is somebody to ask.
    can_be_asked: bool,
}

impl SignOffView {
    pub(super) fn of(service: &Service, definition: &Definition, submission: &Submission) -> Self {
        let state = submission.sign_off_state(definition);
        let mut history = submission.history.iter().rev();
        let suggestion = history.find(|event| event.action == Action::Suggest);
        let sign_off = submission.sign_off.as_ref();
        let led_back = submission.is_led_back();
        Self {
            holds_back: state.holds_back(),
            state,
            words: capitalised(state.in_words()),
            asked: sign_off.map_or_else(String::new, |it| moment(service, it.asked)),
            by: submission.answer_by().map(day_in_words).unwrap_or_default(),
            silence_agrees: sign_off.is_some_and(|it| it.silence_agrees),
            suggestion: match state == SignOffState::Suggested || led_back {
                true => suggestion.map_or("", |it| &it.note).to_owned(),
                false => String::new(),
            },
            led_back,
            can_be_asked: submission.contact.is_some(),
        }
    }
}
