//! The fields of a case study as pages show them: filled in, with problems, notes, and what somebody
//! else has saved in the meantime.

use std::collections::BTreeMap;

use serde::Serialize;

use super::answer::Notice;
use crate::case_study::{
    self, CaseStudy, CaseStudyForm, FIELDS, Field, Kind, Part, Problem, Rules, thousands,
};

const PARTS: [(Part, &str, &str); 4] = [
    (Part::Campaign, "The campaign", ""),
    (Part::Story, "The story", ""),
    (
        Part::Glance,
        "At a glance",
        "Short answers shown below the story, so readers can compare campaigns.",
    ),
    (
        Part::You,
        "About you",
        "Only our editors see your name and email address. They are never published.",
    ),
];

/// For an edit page that somebody else has saved before.
pub(super) const STALE: Notice = Notice::bad(
    "Someone else has saved changes while you were editing",
    "Your text is still here. Where you both changed the same answer, theirs is shown beside yours. Combine them, then save.",
);

#[derive(Serialize)]
pub(super) struct PartView<'a> {
    id: Part,
    heading: &'static str,
    lead: &'static str,
    fields: Vec<FieldView<'a>>,
}

#[derive(Serialize)]
pub(super) struct FieldView<'a> {
    #[serde(flatten)]
    field: &'static Field,
    /// The limit in words.
    limit: String,
    required: bool,
    value: &'a str,
    problem: Option<&'a str>,
    /// What an editor asks for at this field.
    note: Option<&'a str>,
    /// What it says now, where somebody else has changed it.
    now: Option<String>,
    options: Vec<TopicView<'a>>,
}

#[derive(Serialize)]
pub(super) struct TopicView<'a> {
    name: &'a str,
    chosen: bool,
}

/// What stands beside the fields when a case study is changed.
#[derive(Default)]
pub(super) struct Beside<'a> {
    /// An editor's notes, by field.
    pub(super) notes: Option<&'a BTreeMap<String, String>>,
    /// The case study as somebody else has saved it.
    pub(super) now: Option<&'a CaseStudy>,
    /// The case study from which both have started, where that can be told.
    pub(super) base: Option<&'a CaseStudy>,
    /// Without the part about the campaigner.
    pub(super) case_study_only: bool,
}

/// The parts of the form with everything filled in.
pub(super) fn parts<'a>(
    rules: &'a Rules,
    form: &'a CaseStudyForm,
    problems: &'a [Problem],
    beside: &Beside<'a>,
) -> Vec<PartView<'a>> {
    PARTS
        .iter()
        .filter(|(part, ..)| !(beside.case_study_only && *part == Part::You))
        .map(|(part, heading, lead)| PartView {
            id: *part,
            heading,
            lead,
            fields: FIELDS
                .iter()
                .filter(|field| field.part == *part)
                .map(|field| {
                    let mut view = field_view(field, rules, form, problems);
                    view.note = beside
                        .notes
                        .and_then(|notes| notes.get(field.name))
                        .map(String::as_str);
                    view.now = beside
                        .now
                        .filter(|now| beside.base.is_none_or(|base| differ(field, base, now)))
                        .and_then(|now| now_at(field, now, form));
                    view
                })
                .collect(),
        })
        .collect()
}

fn differ(field: &Field, one: &CaseStudy, other: &CaseStudy) -> bool {
    match field.kind {
        Kind::Topics => one.topics != other.topics,
        _ => one.text(field.name) != other.text(field.name),
    }
}

/// What stands at the field now, if that is not what the form holds.
fn now_at(field: &Field, now: &CaseStudy, form: &CaseStudyForm) -> Option<String> {
    let (stands, typed) = match field.kind {
        Kind::Topics => (now.topics.join(", "), form.topics.join(", ")),
        _ => (
            now.text(field.name)?.to_owned(),
            form.text(field.name).to_owned(),
        ),
    };
    (stands != typed).then(|| stands_in_words(stands))
}

/// What stands in a field now, so that one that somebody has emptied can be seen, too.
pub(super) fn stands_in_words(text: String) -> String {
    if text.is_empty() {
        return "(nothing)".to_owned();
    }
    text
}

fn field_view<'a>(
    field: &'static Field,
    rules: &'a Rules,
    form: &'a CaseStudyForm,
    problems: &'a [Problem],
) -> FieldView<'a> {
    let (min, max) = (thousands(field.limits.min), thousands(field.limits.max));
    let limit = match field.kind {
        Kind::Topics | Kind::Consent => String::new(),
        _ if field.limits.min > 1 => format!("{min} to {max} characters"),
        _ => format!("Up to {max} characters"),
    };
    let options = match field.kind {
        Kind::Topics => rules
            .topics
            .iter()
            .map(|name| TopicView {
                name,
                chosen: form.topics.contains(name),
            })
            .collect(),
        _ => Vec::new(),
    };
    FieldView {
        field,
        limit,
        required: case_study::is_required(field, rules),
        value: form.text(field.name),
        problem: problems
            .iter()
            .find(|problem| problem.field == field.name)
            .map(|problem| problem.message.as_str()),
        note: None,
        now: None,
        options,
    }
}
