//! What was sent to the desk by somebody who is not signed in any more, or signed in anew since the
//! page was opened: it comes back with every word, to be sent again by the same button.
//!
//! Nothing of the store is shown here, because whoever sees it may be anybody.

use actix_web::http::StatusCode;
use serde::Serialize;

use crate::{
    service::Service,
    submission::Action,
    templates::TemplateError,
    text::capitalised,
    web::{
        answer::{Answer, Page, html},
        body::FormBody,
    },
};

/// Inputs of the desk's forms that nobody types.
const NOT_TYPED: &[&str] = &[
    "all",
    "assigned",
    "back",
    "due_on",
    "enter",
    "kept_for",
    "letter_number",
    "letters",
    "list",
    "next_action",
    "offered",
    "on",
    "pick",
    "revision",
    "send",
    "session",
    "shown",
    "step",
    "sure",
    "version",
];

#[derive(Serialize)]
struct SignedOutPage<'a> {
    /// Whether somebody is signed in, anew.
    is_signed_in: bool,
    /// Where it was sent, and is to be sent again.
    path: &'a str,
    token: &'a str,
    words: Vec<WordsView<'a>>,
    hidden: Vec<(&'a str, &'a str)>,
    /// The value of the button, and what it says.
    action: &'a str,
    button: &'a str,
    /// Whether there is anything to be sent again.
    has_button: bool,
    had_files: bool,
}

#[derive(Serialize)]
struct WordsView<'a> {
    name: &'a str,
    label: String,
    text: &'a str,
}

/// The page; `path` is where it was sent, `token` what the form is to bring along the next time.
pub(in crate::web) fn page(
    service: &Service,
    path: &str,
    body: &FormBody,
    token: &str,
    is_signed_in: bool,
) -> Result<Answer, TemplateError> {
    let pairs = body
        .texts()
        .filter(|(name, text)| !["token", "action"].contains(name) && !text.is_empty());
    let (hidden, words): (Vec<_>, Vec<_>) = pairs.partition(|(name, _)| NOT_TYPED.contains(name));
    let action = body.first("action");
    let own = SignedOutPage {
        is_signed_in,
        path,
        token,
        words: words
            .into_iter()
            .map(|(name, text)| WordsView {
                name,
                label: label(name),
                text,
            })
            .collect(),
        hidden,
        action,
        button: button(action),
        has_button: !path.ends_with("/sign-out"),
        had_files: body.has_files(),
    };
    let title = match is_signed_in {
        true => "Please send this again",
        false => "You’ve been signed out",
    };
    let page = Page::new("signed_out.html", title).wrong(true);
    Ok(html(StatusCode::FORBIDDEN, page.render(service, &own)?))
}

/// What a button says that does this.
fn button(action: &str) -> &'static str {
    let action = action.strip_suffix("_next").unwrap_or(action);
    if action.is_empty() {
        return "Save";
    }
    let Ok(action) = action.parse::<Action>() else {
        return "Send again";
    };
    let rule = action.rule();
    match (rule.heading, rule.button) {
        ("", "") => "Send again",
        ("", button) => button,
        (heading, _) => heading,
    }
}

/// What an input is called, from its name.
fn label(name: &str) -> String {
    match name {
        "note" => "Message".to_owned(),
        "letter" => "Email".to_owned(),
        "kept_letter" => "Email that was not sent".to_owned(),
        _ => {
            let words = name.replace('_', " ");
            match words.strip_prefix("note ") {
                Some(field) => format!("Comment on {field}"),
                None => capitalised(&words),
            }
        }
    }
}

pub(super) fn try_page(service: &Service) -> Result<(), TemplateError> {
    for is_signed_in in [true, false] {
        let body = FormBody::sample(&[("note", "Sample"), ("version", "1"), ("action", "note")]);
        page(service, "/desk", &body, "0123", is_signed_in)?;
    }
    Ok(())
}
