//! What an editor has typed and wants done, as the forms of the desk send it.

use std::collections::BTreeMap;

use crate::{
    submission::{Action, Command, Effect, MailChoice, Who, Words},
    text::clean::clean,
    web::body::FormBody,
};

/// What the name of a field for words at a single field begins with.
const AT_FIELD: &str = "note_";

/// What was typed on the page of a submission and is shown again where it was not taken.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) note: String,
    pub(super) at_fields: BTreeMap<String, String>,
    /// The campaigner's address as it should be.
    pub(super) email: String,
    /// The mail as it was to go.
    pub(super) mail: String,
}

impl Typed {
    pub(super) fn of(body: &FormBody) -> Self {
        let at_fields = body.texts().filter_map(|(name, text)| {
            let (field, text) = (name.strip_prefix(AT_FIELD)?, clean(text));
            (!text.is_empty()).then(|| (field.to_owned(), text))
        });
        Self {
            note: clean(body.first("note")),
            at_fields: at_fields.collect(),
            email: clean(body.first("email")).trim().to_owned(),
            mail: match choice(body) {
                MailChoice::Words(words) => words,
                MailChoice::AsItIs | MailChoice::LeftOut | MailChoice::ToEditors => String::new(),
            },
        }
    }
}

/// The command that a button stands for, with the words that it takes; `None` for a button that
/// there is not.
pub(super) fn command(body: &FormBody, typed: &Typed) -> Option<Command> {
    let action: Action = body.first("action").parse().ok()?;
    let rule = action.rule();
    if !rule.who.contains(&Who::Editor) || action == Action::Edit {
        return None;
    }
    let effect = match action {
        Action::SendAgain => Effect::SendAgain(body.first("letter_number").parse().ok()?),
        Action::CorrectAddress => Effect::Address(typed.email.clone()),
        _ => Effect::Plain,
    };
    let mut command = Command::new(action, effect);
    if rule.words != Words::None {
        command.note.clone_from(&typed.note);
    }
    if rule.words == Words::AtFields {
        command.at_fields.clone_from(&typed.at_fields);
    }
    Some(command)
}

/// The words of a command as fields of a form, to be sent on with it.
pub(super) fn kept(command: &Command, on: &str) -> Vec<(String, String)> {
    let note = [
        ("note".to_owned(), command.note.clone()),
        ("on".to_owned(), on.to_owned()),
    ];
    let at_fields = command
        .at_fields
        .iter()
        .map(|(name, text)| (format!("{AT_FIELD}{name}"), text.clone()));
    note.into_iter()
        .filter(|(_, text)| !text.is_empty())
        .chain(at_fields)
        .collect()
}

/// What the editor has made of the mail, if it was shown.
pub(super) fn choice(body: &FormBody) -> MailChoice {
    if !body.has("letter") {
        MailChoice::AsItIs
    } else if body.first("send") != "yes" {
        MailChoice::LeftOut
    } else {
        MailChoice::Words(clean(body.first("letter")))
    }
}
