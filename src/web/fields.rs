//! The questions of a form as templates show them, on the form and on both edit pages.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    form::{
        Answer, Answers, By, Choice, Definition, Field, Kind, Limits, Part, Problem, Typed,
        Vocabulary, built_in, thousands,
    },
    text::{capitalised, language},
};

/// What the inputs are filled with, and what stands beside them.
pub(super) struct Filled<'a> {
    pub(super) definition: &'a Definition,
    pub(super) vocabulary: &'a Vocabulary,
    pub(super) typed: &'a Typed,
    pub(super) problems: &'a [Problem],
    /// The answers of the record that is changed.
    pub(super) stands: Option<&'a Answers>,
    /// An editor's words at single fields.
    pub(super) notes: Option<&'a BTreeMap<String, String>>,
    /// What somebody else has saved in between.
    pub(super) conflict: Option<Conflict<'a>>,
    /// The path of the page that pictures are uploaded to and shown below; empty where there can be
    /// none yet.
    pub(super) pictures: String,
}

/// What somebody else has saved in between.
#[derive(Clone, Copy)]
pub(super) enum Conflict<'a> {
    /// Answers, and those from which both have started, where that can be told.
    Answers(&'a Answers, Option<&'a Answers>),
    /// A saved form, which may hold anything.
    Typed(&'a Typed),
}

/// Whose page it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// All that the public form asks.
    Form,
    /// What this side may change of a record.
    Record(By),
}

#[derive(Serialize)]
pub(super) struct PartView {
    id: String,
    title: String,
    lead: String,
    /// Whether it asks who somebody is.
    is_contact: bool,
    fields: Vec<FieldView>,
}

#[derive(Serialize)]
struct FieldView {
    /// The name of the input, and its id.
    id: String,
    label: String,
    hint: String,
    example: String,
    kind: Kind,
    required: bool,
    is_public: bool,
    value: String,
    problem: Option<String>,
    /// What an editor asks for.
    note: Option<String>,
    /// What somebody else has saved there.
    now: Option<String>,
    described_by: String,
    /// The limit in words, and as numbers for the counter.
    limit: String,
    min: u64,
    max: u64,
    /// Of a text of several lines, or one that tends to be long.
    rows: u8,
    input: &'static str,
    inputmode: &'static str,
    autocomplete: String,
    /// Boxes to tick.
    choices: Vec<ChoiceView>,
    /// What a list to choose one from holds, and what it says while nothing is chosen.
    listed: Vec<ChoiceView>,
    unchosen: String,
    takes_new: bool,
    new_value: String,
    boxes: Vec<BoxView>,
    entries: Vec<EntryView>,
    /// Whether pictures can be uploaded, and what was wrong with the last.
    uploads: bool,
    upload_problem: Option<String>,
    /// The button that adds an entry; empty where there is no room for more.
    add: String,
    full: String,
    /// The input to go to once it is added.
    add_anchor: String,
}

#[derive(Serialize)]
struct ChoiceView {
    value: String,
    label: String,
    chosen: bool,
    gone: bool,
}

#[derive(Serialize)]
struct BoxView {
    part: &'static str,
    label: &'static str,
    value: String,
}

#[derive(Serialize)]
struct EntryView {
    number: usize,
    heading: String,
    is_first: bool,
    /// Of a picture: its file, and where it is shown; else empty.
    file: String,
    picture: String,
    replace_problem: Option<String>,
    fields: Vec<FieldView>,
}

/// The parts of the page with everything filled in; a part without a question for this side is
/// left out.
pub(super) fn parts(shown: Shown, filled: &Filled) -> Vec<PartView> {
    let is_contact = |part: &Part| part.fields.iter().all(|field| filled.is_contact(field));
    let is_asked = |field: &&Field| match shown {
        Shown::Form => field.by == By::Campaigner,
        Shown::Record(By::Editors) => !filled.definition.is_credit(&field.name),
        Shown::Record(By::Campaigner) => field.by == By::Campaigner,
    };
    let view = |part: &Part| PartView {
        id: part.name.clone(),
        title: part.title.clone(),
        lead: part.lead.clone(),
        is_contact: is_contact(part),
        fields: part
            .fields
            .iter()
            .filter(is_asked)
            .map(|field| filled.top(field))
            .collect(),
    };
    filled
        .definition
        .parts
        .iter()
        .filter(|part| shown == Shown::Form || !is_contact(part))
        .map(view)
        .filter(|part| !part.fields.is_empty())
        .collect()
}

/// The buttons `add:GROUP`, `remove:GROUP-N` and `up:GROUP-N`: adds, removes or moves an entry;
/// whether the button was one of these.
pub(super) fn changed_group(definition: &Definition, button: &str, typed: &mut Typed) -> bool {
    let Some((what, which)) = button.split_once(':') else {
        return false;
    };
    let (name, number) = match which.split_once('-') {
        None => (which, None),
        Some((name, number)) => match number.parse() {
            Ok(number) => (name, Some(number)),
            Err(_) => return false,
        },
    };
    let group = definition.field(name);
    let Some(group) = group.filter(|field| field.kind.is_group()) else {
        return false;
    };
    match (what, number) {
        ("add", None) => {
            if (typed.entries(name).len() as u64) < group.limits.most() {
                typed.add_entry(group);
            }
        }
        ("up", Some(number)) => typed.move_up(name, number),
        ("remove", Some(number)) => typed.remove_entry(name, number),
        _ => return false,
    }
    true
}

/// The input to go to for changing the answer to a field.
pub(super) fn anchor(field: &Field) -> String {
    match field.kind {
        Kind::Date => format!("{}-day", field.name),
        _ => field.name.clone(),
    }
}

impl PartView {
    /// What of the part somebody may fill in who does not send it. Only one field is required, whatever
    /// the form asks; a part that asks who somebody is, is left out.
    pub(super) fn begun(mut self, is_meant: impl Fn(&str) -> bool, required: &str) -> Option<Self> {
        self.fields.retain(|field| is_meant(&field.id));
        for field in &mut self.fields {
            field.required = field.id == required;
        }
        (!self.fields.is_empty()).then_some(self)
    }

    /// The part without the fields of these names.
    pub(super) fn without(mut self, names: &[&str]) -> Self {
        self.fields
            .retain(|field| !names.contains(&field.id.as_str()));
        self
    }
}

impl Filled<'_> {
    fn is_contact(&self, field: &Field) -> bool {
        !self
            .definition
            .fields()
            .any(|known| known.name == field.name)
    }

    /// A field of the form itself, with what stands beside it.
    fn top(&self, field: &Field) -> FieldView {
        let stands = self.stands.and_then(|answers| answers.get(&field.name));
        let mut view = self.field(field, &field.name, stands);
        view.note = self.notes.and_then(|notes| notes.get(&field.name)).cloned();
        view.now = self.saved_by_others(field);
        if field.kind.is_group() {
            self.group(field, stands, &mut view);
        }
        view.described_by = described_by(&view);
        view
    }

    /// What somebody else has saved in this field, where that is neither what both started from
    /// nor what was typed.
    fn saved_by_others(&self, field: &Field) -> Option<String> {
        let nothing = || "(nothing)".to_owned();
        let (now, base) = match self.conflict? {
            Conflict::Answers(now, base) => (now, base),
            Conflict::Typed(theirs) => {
                let words = || Some(theirs.in_words(field)).filter(|words| !words.is_empty());
                return (!theirs.is_same(self.typed, field))
                    .then(|| words().unwrap_or_else(nothing));
            }
        };
        let answer = now.get(&field.name);
        if base.is_some_and(|base| base.get(&field.name) == answer) {
            return None;
        }
        if Typed::of(self.definition, now).is_same(self.typed, field) {
            return None;
        }
        Some(match answer {
            // So that one that somebody has emptied can be seen, too.
            None => nothing(),
            Some(answer) => answer.in_words(field),
        })
    }

    fn group(&self, field: &Field, stands: Option<&Answer>, view: &mut FieldView) {
        let numbers = self.typed.entries(&field.name);
        let next = numbers.last().map_or(0, |last| last + 1);
        let mut inputs = field.fields.iter();
        let first = inputs.find(|inner| inner.name != built_in::PICTURE);
        let first = first.map(anchor).unwrap_or_default();
        view.add_anchor = format!("{}-{next}-{first}", field.name);
        let Limits::Count { max, .. } = field.limits else {
            return;
        };
        if field.kind == Kind::Images {
            view.upload_problem = self.problem(&format!("file-{}", field.name));
            view.uploads = !self.pictures.is_empty() && (numbers.len() as u64) < max;
        }
        if (numbers.len() as u64) >= max {
            view.full = format!("There is room for {} at most.", thousands(max));
        } else if field.kind == Kind::Group {
            let more = if numbers.is_empty() { "" } else { "another " };
            view.add = format!("Add {more}{}", field.entry);
        }
        view.entries = numbers
            .into_iter()
            .enumerate()
            .map(|(place, number)| EntryView {
                number,
                heading: format!("{} {}", capitalised(&field.entry), place + 1),
                is_first: place == 0,
                file: self.file(field, number).to_owned(),
                picture: self.picture(field, number),
                replace_problem: self.problem(&format!("file-{}-{number}", field.name)),
                fields: field
                    .fields
                    .iter()
                    .filter(|inner| inner.name != built_in::PICTURE)
                    .map(|inner| {
                        let id = format!("{}-{number}-{}", field.name, inner.name);
                        let stood = match stands {
                            Some(Answer::Entries(entries)) => {
                                entries.get(number).and_then(|entry| entry.get(&inner.name))
                            }
                            _ => None,
                        };
                        let mut view = self.field(inner, &id, stood);
                        view.described_by = described_by(&view);
                        view
                    })
                    .collect(),
            })
            .collect();
    }

    fn file(&self, field: &Field, number: usize) -> &str {
        let input = format!("{}-{number}-{}", field.name, built_in::PICTURE);
        self.typed.first(&input)
    }

    fn picture(&self, field: &Field, number: usize) -> String {
        match self.file(field, number) {
            "" => String::new(),
            file => format!("{}/pictures/{file}", self.pictures),
        }
    }

    fn problem(&self, input: &str) -> Option<String> {
        let mut problems = self.problems.iter();
        let found = problems.find(|problem| problem.input == input)?;
        Some(found.message.clone())
    }

    fn field(&self, field: &Field, id: &str, stands: Option<&Answer>) -> FieldView {
        let is_here = |input: &str| {
            input == id || !field.kind.is_group() && input.starts_with(&format!("{id}-"))
        };
        let choices = |stands: Option<&Answer>, chosen: &[&str]| {
            field
                .choices(self.vocabulary, stands)
                .into_iter()
                // What was typed anew stands in its own box.
                .filter(|choice| !(choice.is_gone && self.is_new(stands, choice)))
                .map(|choice| ChoiceView {
                    chosen: chosen.contains(&choice.value.as_str()),
                    value: choice.value,
                    label: choice.label,
                    gone: choice.is_gone,
                })
                .collect::<Vec<_>>()
        };
        let mut value = self.typed.first(id).to_owned();
        if field.kind == Kind::Language && language::tag(&value).is_none() {
            value = field
                .default
                .as_ref()
                .map(Answer::plain)
                .unwrap_or_default();
        }
        let (limit, min, max) = field.limit_in_words();
        let (input, inputmode) = match field.kind {
            Kind::Email => ("email", "email"),
            Kind::Url => ("text", "url"),
            Kind::Number => ("text", "decimal"),
            Kind::Year => ("text", "numeric"),
            _ => ("text", ""),
        };
        FieldView {
            id: id.to_owned(),
            label: field.label.clone(),
            hint: field.hint.clone(),
            example: field.example.clone(),
            kind: field.kind,
            required: field.is_required,
            is_public: field.is_public,
            problem: self
                .problems
                .iter()
                .find(|problem| is_here(&problem.input))
                .map(|problem| problem.message.clone()),
            note: None,
            now: None,
            described_by: String::new(),
            limit,
            min,
            max,
            rows: match field.kind {
                Kind::LongLine => 2,
                Kind::Text => 8,
                // A few lines, or pages.
                Kind::Markdown if field.limits.most() <= 5_000 => 4,
                Kind::Markdown => 16,
                _ => 0,
            },
            input,
            inputmode,
            autocomplete: field.autocomplete.clone(),
            choices: match field.kind {
                Kind::Choices => choices(stands, &self.typed.all(id).collect::<Vec<_>>()),
                Kind::YesNo => ["yes", "no"]
                    .iter()
                    .map(|value_of| ChoiceView {
                        value: (*value_of).to_owned(),
                        label: if *value_of == "yes" { "Yes" } else { "No" }.to_owned(),
                        chosen: is_yes_or_no(&value) == Some(*value_of),
                        gone: false,
                    })
                    .collect(),
                _ => Vec::new(),
            },
            listed: match field.kind {
                Kind::Choice => {
                    let mut listed = choices(stands, &[value.as_str()]);
                    listed.retain(|choice| choice.label != field.unanswered());
                    listed
                }
                Kind::Language => {
                    let tag = language::tag(&value).map(Answer::Text);
                    choices(tag.as_ref(), &[value.as_str()])
                }
                _ => Vec::new(),
            },
            unchosen: match field.unanswered() {
                "" => "Choose one".to_owned(),
                words => words.to_owned(),
            },
            takes_new: field.takes_new(),
            new_value: self.typed.first(&format!("{id}-new")).to_owned(),
            boxes: match field.kind {
                Kind::Date => [("day", "Day"), ("month", "Month"), ("year", "Year")]
                    .map(|(part, label)| BoxView {
                        part,
                        label,
                        value: self.typed.first(&format!("{id}-{part}")).to_owned(),
                    })
                    .into(),
                _ => Vec::new(),
            },
            entries: Vec::new(),
            uploads: false,
            upload_problem: None,
            add: String::new(),
            full: String::new(),
            add_anchor: String::new(),
            value,
        }
    }

    fn is_new(&self, stands: Option<&Answer>, choice: &Choice) -> bool {
        stands.is_some_and(|answer| answer.adds(&choice.value))
    }
}

fn is_yes_or_no(text: &str) -> Option<&'static str> {
    match text.to_lowercase().as_str() {
        "yes" | "true" | "on" | "1" => Some("yes"),
        "no" | "false" | "off" | "0" => Some("no"),
        _ => None,
    }
}

/// The ids of what a screen reader reads besides the label: first what is wrong, then what is asked.
fn described_by(view: &FieldView) -> String {
    let beside = [
        ("problem", view.problem.is_some()),
        ("note", view.note.is_some()),
        ("hint", !(view.hint.is_empty() && view.example.is_empty())),
        ("marks", view.kind == Kind::Markdown),
        ("limit", !view.limit.is_empty()),
    ];
    beside
        .into_iter()
        .filter(|(_, is_there)| *is_there)
        .map(|(what, _)| format!("{}-{what}", view.id))
        .collect::<Vec<_>>()
        .join(" ")
}
