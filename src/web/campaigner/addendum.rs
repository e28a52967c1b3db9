//! What happened next, as the private page sends it.

use jiff::Timestamp;

use crate::{
    service::Service,
    submission::{Action, Command, Effect, Submission},
    web::answer::Notice,
};

/// What the page says where it was not taken.
pub(super) const NOT_TAKEN: Notice = Notice::bad(
    "Your update wasn’t sent",
    "Write what happened, in 20,000 characters at most. What you typed is below.",
);

/// An update to something sent with this form, as a command; `None` where it cannot be taken.
pub(super) fn judged(service: &Service, form: &str, text: &str) -> Option<Command> {
    let definition = service.forms.of(form);
    let heading = definition.heading_of_update(Timestamp::now());
    let entry = definition.parse_addendum(&heading, text, &service.blog.vocabulary());
    let effect = Effect::Addendum(Box::new(entry.ok()?));
    Some(Command::new(Action::AddAddendum, effect))
}

/// What became of the last update, in a sentence; empty where none was decided.
pub(super) fn decided(submission: &Submission) -> &'static str {
    match submission.last_of_addenda().map(|event| event.action) {
        Some(Action::ApproveAddendum) if submission.is_to_publish() => {
            "Thank you. An editor has approved your update. It will be at the end of the post soon."
        }
        Some(Action::ApproveAddendum) => "Thank you. Your update is in the post.",
        Some(Action::DeclineAddendum) => "The editors decided not to add your update to the post.",
        _ => "",
    }
}
