//! Records of the version before forms were files, brought up to format 1.
//!
//! They say no format. Case study and editors' part stood apart in them, the history knew editors
//! by name, and mail was letters. The step is made on the JSON itself, so that those types need not
//! live on: what keeps its name is not even looked at here, and what is not known is left where it
//! is. Whether the result is a record is judged by whoever reads it, as for every other.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Action;

/// The one form there was; now it is the one that ships.
const FORM: &str = "case-study";

/// What the history said happened, and the action that it is now.
const HAPPENINGS: [(&str, Action); 18] = [
    ("received", Action::Submit),
    ("approved", Action::Approve),
    ("changes_requested", Action::RequestChanges),
    ("declined", Action::Decline),
    ("declined_as_spam", Action::DeclineAsSpam),
    ("taken_back", Action::TakeBack),
    ("published", Action::Publish),
    ("taken_down", Action::Unpublish),
    ("edited", Action::Edit),
    ("noted", Action::Note),
    ("letter_again", Action::SendAgain),
    ("corrected", Action::Correct),
    ("resubmitted", Action::Resubmit),
    ("accepted", Action::Accept),
    ("suggested", Action::Suggest),
    ("withdrawn", Action::Withdraw),
    ("link_asked_for", Action::AskForLink),
    ("erased", Action::Erase),
];

type Object = Map<String, Value>;

/// The key at which a record is not one of the earlier version.
type Wrong = &'static str;

/// The record in format 1.
///
/// # Errors
/// With the key that is missing, of another kind or there twice.
pub(super) fn from_before_forms(mut record: Object) -> Result<Value, Wrong> {
    put(&mut record, "format", 1.into())?;
    put(&mut record, "form", FORM.into())?;
    let editors = addresses(&record);
    each(&mut record, "revisions", |it| {
        name_the_actor(it, &editors);
        join_answers(it)
    })?;
    each(&mut record, "history", |it| {
        name_the_actor(it, &editors);
        name_the_action(it)
    })?;
    each(&mut record, "letters", bring_up_letter)?;
    rename(&mut record, "letters", "mail")?;
    if let Some(Value::Object(publication)) = record.get_mut("publication") {
        rename(publication, "file", "path")?;
        rename(publication, "address", "permalink")?;
        rename(publication, "to_be_merged", "is_to_be_merged")?;
    }
    if record.contains_key("trouble") {
        rename(&mut record, "trouble", "publish_error")?;
    }
    Ok(Value::Object(record))
}

/// The editors' addresses by their names, as far as the record tells: it has written to them. Where
/// one has had several, the last counts.
fn addresses(record: &Object) -> BTreeMap<String, String> {
    let letters = record.get("letters").and_then(Value::as_array);
    let editor = |letter: &Value| {
        let editor = letter.get("to")?.get("editor")?;
        let text = |key| Some(editor.get(key)?.as_str()?.to_owned());
        Some((text("name")?, text("email")?))
    };
    letters.into_iter().flatten().filter_map(editor).collect()
}

/// An editor whose address the record does not hold keeps the name in its place: the desk shows it
/// as it shows the address of one who has left, and it is nobody's whom mail could go to.
fn name_the_actor(it: &mut Object, editors: &BTreeMap<String, String>) {
    match it.get_mut("by") {
        Some(Value::String(party)) if party == "time" => *party = "system".to_owned(),
        Some(Value::Object(party)) => {
            if let Some(Value::String(editor)) = party.get_mut("editor")
                && let Some(address) = editors.get(editor)
            {
                editor.clone_from(address);
            }
        }
        _ => {}
    }
}

/// Both parts become the answers; what is empty is no answer. A name that stands in both is the
/// campaigner's, and the editors' is what counted where the campaigner had left it empty.
fn join_answers(revision: &mut Object) -> Result<(), Wrong> {
    let mut answers = Object::new();
    for key in ["case_study", "editorial"] {
        let Some(Value::Object(part)) = revision.remove(key) else {
            return Err(key);
        };
        for (name, value) in part.into_iter().filter(|(_, value)| !is_empty(value)) {
            answers.entry(name).or_insert(value);
        }
    }
    put(revision, "answers", Value::Object(answers))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}

/// What happened was one word, or one word with an object of what belongs to it.
fn name_the_action(event: &mut Object) -> Result<(), Wrong> {
    let (happening, more) = match event.remove("what") {
        Some(Value::String(happening)) => (happening, Object::new()),
        Some(Value::Object(what)) if what.len() == 1 => match what.into_iter().next() {
            Some((happening, Value::Object(more))) => (happening, more),
            _ => return Err("what"),
        },
        _ => return Err("what"),
    };
    let known = HAPPENINGS.iter().find(|(name, _)| *name == happening);
    let (_, action) = known.ok_or("what")?;
    put(event, "action", action.name().into())?;
    for (key, value) in more {
        let key = match key.as_str() {
            "words" | "text" | "reason" => "note",
            "address" => "permalink",
            "again" => "is_again",
            "to_be_merged" => "is_to_be_merged",
            // The number of the letter that went again has no place any more; it is kept.
            other => other,
        };
        if event.insert(key.to_owned(), value).is_some() {
            return Err("what");
        }
    }
    Ok(())
}

fn bring_up_letter(letter: &mut Object) -> Result<(), Wrong> {
    if let Some(Value::Object(to)) = letter.get_mut("to")
        && let Some(editor) = to.get_mut("editor")
    {
        *editor = editor.get("email").cloned().ok_or("to")?;
    }
    let Some(Value::Object(state)) = letter.get_mut("state") else {
        return Err("state");
    };
    if let Some(Value::Object(owed)) = state.get_mut("owed") {
        rename(owed, "tries", "attempts")?;
        rename(owed, "trouble", "error")?;
        rename(state, "owed", "pending")?;
    } else if let Some(Value::Object(failed)) = state.get_mut("failed") {
        rename(failed, "trouble", "error")?;
    }
    Ok(())
}

fn each(
    record: &mut Object,
    key: Wrong,
    mut step: impl FnMut(&mut Object) -> Result<(), Wrong>,
) -> Result<(), Wrong> {
    let Some(Value::Array(list)) = record.get_mut(key) else {
        return Err(key);
    };
    for item in list {
        step(item.as_object_mut().ok_or(key)?)?;
    }
    Ok(())
}

fn rename(object: &mut Object, from: Wrong, to: Wrong) -> Result<(), Wrong> {
    let value = object.remove(from).ok_or(from)?;
    put(object, to, value)
}

/// Writes over nothing: where something stands there already, it is no record of that version.
fn put(object: &mut Object, key: Wrong, value: Value) -> Result<(), Wrong> {
    match object.insert(key.to_owned(), value) {
        None => Ok(()),
        Some(_) => Err(key),
    }
}

#[cfg(test)]
mod tests;
