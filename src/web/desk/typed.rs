//! What an editor has typed and wants done, as the forms of the desk send it.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::{
    form::built_in,
    service::fingerprint,
    submission::{Action, Command, Effect, MailChoice, Next, Other, Plan, Who, Words},
    text::clean::{clean, clean_line},
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
    /// The mail as it was to go, where the editor has changed it.
    pub(super) mail: String,
    /// The name of the action that it is for.
    pub(super) mail_for: String,
    /// The day by which what is next is to be done.
    pub(super) due_on: String,
    /// The list that the page was opened from.
    pub(super) list: String,
    /// An update as an editor has it: its heading and its words.
    pub(super) addendum: Option<(String, String)>,
}

impl Typed {
    pub(super) fn of(body: &FormBody) -> Self {
        let at_fields = body.texts().filter_map(|(name, text)| {
            let (field, text) = (name.strip_prefix(AT_FIELD)?, clean(text));
            (!text.is_empty()).then(|| (field.to_owned(), text))
        });
        let letter = match choice(body) {
            MailChoice::Words(words) => words,
            MailChoice::AsItIs | MailChoice::ToEditors => clean(body.first("kept_letter")),
            MailChoice::LeftOut => clean(body.first("letter")),
        };
        let is_as_offered = fingerprint(letter.trim()) == body.first("offered");
        let mail_for = match body.first("kept_for") {
            "" => action_name(body),
            name => name,
        };
        Self {
            note: clean(body.first("note")),
            at_fields: at_fields.collect(),
            email: clean(body.first("email")).trim().to_owned(),
            mail: if is_as_offered { String::new() } else { letter },
            mail_for: mail_for.to_owned(),
            due_on: clean(body.first("due_on")).trim().to_owned(),
            list: body.first("list").to_owned(),
            addendum: body
                .has(TEXT)
                .then(|| (clean_line(body.first(HEADING)), clean(body.first(TEXT)))),
        }
    }

    /// Whether something was typed that this command does not take.
    pub(super) fn is_left_out_by(&self, command: &Command) -> bool {
        self.note != command.note || self.at_fields != command.at_fields
    }
}

/// What the value of a button ends with after which the next one is shown.
const AND_NEXT: &str = "_next";

/// The name of the action that a button stands for.
fn action_name(body: &FormBody) -> &str {
    let name = body.first("action");
    name.strip_suffix(AND_NEXT).unwrap_or(name)
}

/// Whether the editor wants to go on with the next one.
pub(super) fn goes_on(body: &FormBody) -> bool {
    body.first("action").ends_with(AND_NEXT)
}

/// The command that a button stands for, with the words that it takes; `None` for a button that
/// there is not.
pub(super) fn command(body: &FormBody, typed: &Typed) -> Option<Command> {
    let action: Action = action_name(body).parse().ok()?;
    let rule = action.rule();
    if !rule.who.contains(&Who::Editor) || action == Action::Edit {
        return None;
    }
    let effect = match action {
        Action::SendAgain => Effect::SendAgain(body.first("letter_number").parse().ok()?),
        Action::CorrectAddress => Effect::Address(typed.email.clone()),
        Action::ApproveAddendum => Effect::Addendum(Box::default()),
        Action::Assign => {
            let editor = Some(body.first("assigned").to_owned());
            // A page that was opened before there was anything to be done next leaves that alone.
            let has_next = body.has("next_action") || body.has("due_on");
            Effect::Assign(Plan {
                editor: editor.filter(|email| !email.is_empty()),
                next: has_next.then(|| Next {
                    action: body.first("next_action").to_owned(),
                    due_on: day(&typed.due_on),
                }),
            })
        }
        Action::Merge | Action::NotDuplicate => Effect::Other(Other::parse(body.first("of"))?),
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

/// A day by which somebody can do something: a year that is half typed in a browser’s own box, 0202, or
/// one too many, is a slip.
fn day(typed: &str) -> Option<Date> {
    let day: Date = typed.parse().ok()?;
    (2000..3000).contains(&day.year()).then_some(day)
}

/// The words of a command as fields of a form, to be sent on with it.
pub(super) fn kept(command: &Command, on: &str, list: &str) -> Vec<(String, String)> {
    let other = match &command.effect {
        Effect::Other(other) => other.to_string(),
        _ => String::new(),
    };
    let note = [
        ("note".to_owned(), command.note.clone()),
        ("of".to_owned(), other),
        ("on".to_owned(), on.to_owned()),
        ("list".to_owned(), list.to_owned()),
    ];
    let at_fields = command
        .at_fields
        .iter()
        .map(|(name, text)| (format!("{AT_FIELD}{name}"), text.clone()));
    let addendum = match &command.effect {
        Effect::Addendum(entry) => vec![
            (HEADING.to_owned(), entry.text(built_in::HEADING).to_owned()),
            (TEXT.to_owned(), entry.text(built_in::TEXT).to_owned()),
        ],
        _ => Vec::new(),
    };
    note.into_iter()
        .chain(addendum)
        .filter(|(_, text)| !text.is_empty())
        .chain(at_fields)
        .collect()
}

/// The inputs of an update, as its page and the one that shows the mail have them.
pub(super) const HEADING: &str = "addendum_heading";
pub(super) const TEXT: &str = "addendum";

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
