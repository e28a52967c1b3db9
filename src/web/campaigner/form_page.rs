//! The page of a form: empty, or with what was typed, what is wrong with it, and how it is saved.

use jiff::Timestamp;
use serde::Serialize;

use super::saved;
use crate::{
    form::{Definition, GivenBy, Problem, Purpose, Typed, Vocabulary, built_in},
    service::Service,
    store::SavedForm,
    templates::TemplateError,
    web::{
        agreed::Responsible,
        answer::{Notice, Page},
        fields::{Conflict, Filled, PartView, Shown, parts},
        pictures,
    },
};

#[derive(Serialize)]
struct FormPage<'a> {
    action_url: String,
    enctype: &'static str,
    token: String,
    noun: &'a str,
    has_groups: bool,
    title: &'a str,
    lead: &'a str,
    about: &'a str,
    /// Something to know that is not about a field.
    notice: Option<Notice>,
    problems: &'a [Problem],
    parts: Vec<PartView>,
    purposes: Vec<PurposeView<'a>>,
    /// Who answers for what is sent, where the form says it.
    responsible: Responsible<'a>,
    /// What came in the field that people leave empty.
    left_empty: &'a str,
    /// Whether nobody has typed anything in yet.
    is_new: bool,
    /// How it is saved, where it is.
    saved: Option<SavedView<'a>>,
    /// Whether it can be neither sent nor saved any more, so that there is no button for that.
    is_closed: bool,
    /// Words that were saved and are asked for no more.
    unasked: Vec<&'a str>,
}

/// A saved form, in words.
#[derive(Serialize)]
struct SavedView<'a> {
    /// Where it can be opened again.
    link: String,
    revision: u64,
    at: String,
    until: String,
    /// What was typed as the address to send the link to, and what is wrong with it.
    email: &'a str,
    problem: Option<&'a str>,
    /// Whether a reminder is to be sent there.
    remind: bool,
}

#[derive(Serialize)]
struct PurposeView<'a> {
    /// The name of the box, and its id; empty where people agree in another way.
    input: &'a str,
    wording: &'a str,
    is_required: bool,
    is_given: bool,
    problem: Option<&'a str>,
}

/// What a form is filled with, and what is said about it.
#[derive(Default)]
pub(super) struct State {
    pub(super) token: String,
    pub(super) typed: Typed,
    pub(super) left_empty: String,
    pub(super) notice: Option<Notice>,
    pub(super) problems: Vec<Problem>,
    /// Whether what was typed is what its address has filled in.
    pub(super) is_prefilled: bool,
    /// The saved form, as it stands.
    pub(super) saved: Option<SavedForm>,
    /// The revision that the words are of, where that may be another than stands by now.
    pub(super) seen: Option<u64>,
    /// Whether somebody else has saved it in between; the page shows both.
    pub(super) is_conflict: bool,
    /// Whether the form is closed for whoever has it.
    pub(super) is_closed: bool,
    /// What was typed as the address to send the link to.
    pub(super) email: Option<String>,
}

/// Where a form is posted to: the first at `/`, as long as it is the only one.
pub(super) fn form_url(service: &Service, definition: &Definition) -> String {
    match service.forms.all() {
        [_] => "/".to_owned(),
        _ => format!("/forms/{}", definition.name),
    }
}

/// Where a form is posted to: a saved one to its own address.
pub(super) fn action_url(
    service: &Service,
    definition: &Definition,
    saved: Option<&SavedForm>,
) -> String {
    match saved {
        Some(saved) => service.private_path(saved.id, 0),
        None => form_url(service, definition),
    }
}

fn saved_view<'a>(service: &Service, state: &'a State, saved: &'a SavedForm) -> SavedView<'a> {
    let words = |at: Timestamp, format: &str| {
        let at = at.to_zoned_datetime(service.blog.zone());
        at.strftime(format).to_string()
    };
    let problem = |problem: &&Problem| problem.input == saved::EMAIL;
    SavedView {
        link: format!(
            "{}{}",
            service.public_url,
            service.private_path(saved.id, 0)
        ),
        revision: match state.is_conflict {
            true => saved.revision,
            false => state.seen.unwrap_or(saved.revision),
        },
        at: words(saved.saved, "%-d %B %Y at %H:%M %Z"),
        until: words(saved.expires, "%-d %B %Y"),
        email: state.email.as_deref().unwrap_or(&saved.email),
        problem: (state.problems.iter().find(problem)).map(|problem| problem.message.as_str()),
        remind: saved.remind || saved.email.is_empty(),
    }
}

fn purposes<'a>(definition: &'a Definition, state: &'a State) -> Vec<PurposeView<'a>> {
    let view = |purpose: &'a Purpose| {
        let is_ticked = purpose.given_by == GivenBy::Tick;
        let mut problems = state.problems.iter();
        PurposeView {
            input: if is_ticked { &purpose.input } else { "" },
            wording: &purpose.wording,
            is_required: purpose.is_required,
            is_given: state.typed.first(&purpose.input) == built_in::YES,
            problem: problems
                .find(|problem| problem.input == purpose.input)
                .map(|problem| problem.message.as_str()),
        }
    };
    definition.consent.purposes.iter().map(view).collect()
}

pub(super) fn render(
    service: &Service,
    definition: &Definition,
    vocabulary: &Vocabulary,
    state: &State,
) -> Result<String, TemplateError> {
    let own = FormPage {
        action_url: action_url(service, definition, state.saved.as_ref()),
        token: state.token.clone(),
        enctype: pictures::enctype(definition, state.saved.is_some()),
        noun: &definition.noun,
        has_groups: definition.has_groups(),
        title: &definition.title,
        lead: &definition.lead,
        about: &definition.about,
        notice: state.notice,
        problems: &state.problems,
        parts: parts(
            Shown::Form,
            &Filled {
                definition,
                vocabulary,
                typed: &state.typed,
                problems: &state.problems,
                stands: None,
                notes: None,
                conflict: (state.saved.as_ref())
                    .filter(|_| state.is_conflict)
                    .map(|saved| Conflict::Typed(&saved.typed)),
                pictures: saved::page_of(service, state.saved.as_ref()),
            },
        ),
        purposes: purposes(definition, state),
        responsible: Responsible::of(&definition.consent),
        left_empty: &state.left_empty,
        is_new: state.is_prefilled || state.typed == Typed::default() && state.notice.is_none(),
        is_closed: state.is_closed,
        saved: (state.saved.as_ref()).map(|saved| saved_view(service, state, saved)),
        unasked: (state.saved.iter())
            .flat_map(|saved| saved.typed.unasked(definition))
            .map(|(_, words)| words)
            .collect(),
    };
    Page::new("form.html", &definition.title)
        .about(definition)
        .wrong(state.notice.is_some() || !state.problems.is_empty())
        .render(service, &own)
}
