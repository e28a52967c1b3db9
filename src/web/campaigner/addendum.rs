//! What happened next, as the private page sends it.

use jiff::Timestamp;

use crate::{
    service::Service,
    submission::{Action, Command, Effect},
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
