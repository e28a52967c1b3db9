//! Times and people in the words of the desk.

use jiff::{Timestamp, civil::Date};
use serde::Serialize;

use crate::{service::Service, submission::Actor};

/// How long a submission has been at its stage: waiting, or at the end of its way.
pub(super) fn since(is_end: bool, since: Timestamp, now: Timestamp) -> String {
    let hours = now.duration_since(since).as_hours().max(0);
    let long = match (hours, hours / 24) {
        (0, _) => "less than an hour".to_owned(),
        (1, _) => "an hour".to_owned(),
        (_, 0) => format!("{hours} hours"),
        (_, 1) => "a day".to_owned(),
        (_, days) => format!("{days} days"),
    };
    if is_end {
        format!("{long} ago")
    } else {
        format!("waiting {long}")
    }
}

/// What is to be done next, and by when.
#[derive(Serialize)]
pub(super) struct NextUp {
    action: String,
    /// `3 Dec`; empty without a day.
    due: String,
    is_overdue: bool,
}

impl NextUp {
    /// `None` where nothing is said.
    pub(super) fn of(action: &str, due_on: Option<Date>, today: Date) -> Option<Self> {
        let due = due_on.map(|day| match day.year() == today.year() {
            true => day.strftime("%-d %b").to_string(),
            false => day.strftime("%-d %b %Y").to_string(),
        });
        let is_said = !action.is_empty() || due.is_some();
        is_said.then(|| Self {
            action: action.to_owned(),
            due: due.unwrap_or_default(),
            is_overdue: due_on.is_some_and(|day| day < today),
        })
    }
}

/// Day and minute, on the blog's clock.
pub(super) fn moment(service: &Service, at: Timestamp) -> String {
    let at = at.to_zoned_datetime(service.blog.zone());
    at.strftime("%-d %B %Y, %H:%M %Z").to_string()
}

/// Who did something.
pub(super) fn by<'a>(service: &'a Service, actor: &'a Actor) -> &'a str {
    match actor {
        Actor::Campaigner => "campaigner",
        Actor::Editor(email) => service.editor_name(email),
        Actor::System => "the service",
    }
}
