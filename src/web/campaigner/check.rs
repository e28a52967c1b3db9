//! The check page: the post as it will be, before anything is sent.

use serde::Serialize;

use crate::{
    case_study::{self, CaseStudy, CaseStudyForm, Contact, Entry, FIELDS, Kind},
    post::Post,
    service::Service,
    submission::{Editorial, Submission},
    templates::TemplateError,
    web::answer::Page,
};

#[derive(Serialize)]
struct CheckPage<'a> {
    token: String,
    /// Label and answer, in the order of the form.
    answers: Vec<(&'static str, String)>,
    post: Post,
    /// Name and value of each field, to be sent on.
    kept: Vec<(&'static str, &'a str)>,
}

/// The page for a form without mistakes, and what was made of it.
pub(super) fn render(
    service: &Service,
    token: String,
    form: &CaseStudyForm,
    entry: &Entry,
) -> Result<String, TemplateError> {
    let editorial = &service.config.post;
    let kept = FIELDS
        .iter()
        .filter(|field| field.kind != Kind::Topics)
        .map(|field| (field.name, form.text(field.name)))
        .chain(form.topics.iter().map(|topic| ("topics", topic.as_str())))
        .collect();
    let own = CheckPage {
        token,
        answers: answers(&entry.case_study, &entry.contact, editorial),
        post: Post::preview(&entry.case_study, editorial),
        kept,
    };
    Page::new("check.html", "Check before you send").render(service, &own)
}

/// The answers that are not in the post, or not to be told from it at a glance.
fn answers(
    case_study: &CaseStudy,
    contact: &Contact,
    editorial: &Editorial,
) -> Vec<(&'static str, String)> {
    let topics = if case_study.topics.is_empty() {
        format!("{} (you chose none)", editorial.topics.join(", "))
    } else {
        case_study.topics.join(", ")
    };
    let mut answers = vec![
        ("Name of the campaign", case_study.title.clone()),
        ("Topics", topics),
    ];
    answers.extend(
        case_study
            .at_a_glance()
            .into_iter()
            .map(|(label, text)| (label, text.to_owned())),
    );
    answers.push(("Your name", contact.name.clone()));
    answers.push(("Your email address", contact.email.clone()));
    answers.push(("Agreed", case_study::CONSENT_WORDING.to_owned()));
    answers
}

pub(super) fn try_page(service: &Service, sample: &Submission) -> Result<(), TemplateError> {
    let Some(contact) = sample.contact.clone() else {
        return Ok(());
    };
    let entry = Entry {
        case_study: sample.case_study().clone(),
        contact,
    };
    render(service, String::new(), &CaseStudyForm::default(), &entry).map(drop)
}
