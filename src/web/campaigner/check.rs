//! The check page: every answer and the post as it will be, before anything is sent.

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    form::{By, Contact, Definition, Entry, Field, GivenBy, Purpose, Question, Typed, built_in},
    post::Preview,
    service::Service,
    submission::{Submission, Unknown},
    templates::TemplateError,
    web::{answer::Page, fields::anchor},
};

#[derive(Serialize)]
struct CheckPage<'a> {
    action_url: String,
    token: String,
    revision: u64,
    noun: &'a str,
    before_sending: &'a str,
    answers: Vec<CheckedAnswer<'a>>,
    purposes: Vec<AgreedView<'a>>,
    /// What may harm somebody once it is published.
    harm: Vec<Question>,
    post: Preview,
    /// Name and value of each input, to be sent on.
    kept: Vec<(&'a str, &'a str)>,
    left_empty: &'a str,
}

/// What is agreed to, or not.
#[derive(Serialize)]
struct AgreedView<'a> {
    wording: &'a str,
    is_agreed: bool,
    /// The box to go to for changing it; empty where there is none.
    input: &'a str,
}

/// Words to which nobody agreed with these answers, and that no box asks for, are left out.
fn agreed<'a>(definition: &'a Definition, entry: &Entry) -> Vec<AgreedView<'a>> {
    let purposes = definition.consent.purposes.iter();
    let view = |purpose: &'a Purpose| {
        let is_ticked = purpose.given_by == GivenBy::Tick;
        AgreedView {
            wording: &purpose.wording,
            is_agreed: entry.agreed.contains(&purpose.name),
            input: if is_ticked { &purpose.input } else { "" },
        }
    };
    purposes
        .map(view)
        .filter(|it| it.is_agreed || !it.input.is_empty())
        .collect()
}

/// What is sent on as it came.
pub(super) struct Kept<'a> {
    pub(super) action_url: String,
    /// The page of the saved form; empty where it is not saved.
    pub(super) page: &'a str,
    pub(super) token: String,
    /// The revision of the saved form that the page was filled with.
    pub(super) revision: u64,
    pub(super) typed: &'a Typed,
    /// What came in the field that people leave empty.
    pub(super) left_empty: &'a str,
}

/// A question and its answer.
#[derive(Serialize)]
struct CheckedAnswer<'a> {
    label: &'a str,
    /// Empty where nothing was answered.
    words: String,
    /// The language that the words were typed in; may be empty.
    lang: String,
    /// What stands there because nothing was answered.
    by_default: bool,
    /// What was changed in what was typed.
    remarks: Vec<&'a str>,
    is_public: bool,
    /// The input to go to for changing it.
    anchor: String,
}

/// The page for a form without mistakes, and what was made of it.
pub(super) fn render(
    service: &Service,
    definition: &Definition,
    kept: Kept,
    entry: &Entry,
) -> Result<String, TemplateError> {
    let asked = definition.parts.iter().flat_map(|part| &part.fields);
    let language = definition.language_of(&entry.answers);
    let own = CheckPage {
        action_url: kept.action_url,
        token: kept.token,
        revision: kept.revision,
        noun: &definition.noun,
        before_sending: &definition.before_sending,
        answers: asked
            .filter(|field| field.by == By::Campaigner)
            .map(|field| answer(definition, kept.typed, entry, field, &language))
            .collect(),
        purposes: agreed(definition, entry),
        harm: service.may_harm(definition, &entry.answers),
        post: service.preview_of(definition, entry, kept.page, Timestamp::now())?,
        kept: kept.typed.pairs().collect(),
        left_empty: kept.left_empty,
    };
    Page::new("check.html", "Check before you send")
        .about(definition)
        .render(service, &own)
}

fn answer<'a>(
    definition: &Definition,
    typed: &Typed,
    entry: &'a Entry,
    field: &'a Field,
    language: &str,
) -> CheckedAnswer<'a> {
    let words = match field.name.as_str() {
        built_in::CONTACT_NAME => entry.contact.name.clone(),
        built_in::CONTACT_EMAIL => entry.contact.email.clone(),
        name => entry
            .answers
            .get(name)
            .map_or_else(|| field.unanswered().to_owned(), |it| it.in_words(field)),
    };
    let was_left = Typed::default().is_same(typed, field);
    CheckedAnswer {
        label: &field.label,
        by_default: was_left
            && !words.is_empty()
            && entry.answers.get(&field.name).is_some()
            && !definition.is_credit(&field.name),
        words,
        lang: match field.kind.is_text() && field.is_public {
            true => language.to_owned(),
            false => String::new(),
        },
        remarks: entry
            .remarks
            .iter()
            .filter(|remark| remark.field == field.name)
            .map(|remark| remark.message.as_str())
            .collect(),
        is_public: field.is_public
            || field.name == built_in::CONTACT_NAME && definition.shows_own_name(&entry.answers),
        anchor: anchor(field),
    }
}

pub(super) fn try_page(
    service: &Service,
    definition: &Definition,
    sample: &Submission,
) -> Result<(), TemplateError> {
    let entry = Entry {
        answers: sample.answers().clone(),
        contact: Contact {
            name: "Sample".into(),
            email: "sample@example.org".into(),
            unknown: Unknown::new(),
        },
        agreed: definition.consent.names(),
        remarks: Vec::new(),
    };
    let typed = Typed::of(definition, &entry.answers);
    let kept = Kept {
        action_url: String::new(),
        page: "",
        token: String::new(),
        revision: 0,
        typed: &typed,
        left_empty: "",
    };
    render(service, definition, kept, &entry).map(drop)
}
