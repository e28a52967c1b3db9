//! The campaigner's own copy of what was agreed to and answered: a page to print, and a file to keep.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web::Data,
};
use serde::Serialize;

use super::agreed::{AgreementView, agreements};
use crate::{
    form::{Audience, By},
    service::Service,
    submission::{Actor, Submission},
    templates::TemplateError,
    web::{
        agreed::Responsible,
        answer::{Answer, Page, html},
        errors::Error,
        links::PrivateLink,
    },
};

#[derive(Serialize)]
struct Copy<'a> {
    /// The private page.
    back: String,
    noun: &'a str,
    /// The form's heading.
    form: &'a str,
    reference: String,
    received: String,
    /// When the answers were sent.
    sent: String,
    /// Where it is on the blog; may be empty.
    address: &'a str,
    name: &'a str,
    /// Whether the post shows it.
    shows_name: bool,
    email: &'a str,
    agreements: Vec<AgreementView<'a>>,
    /// Who answers for it: as the form says, or else the service.
    responsible: Responsible<'a>,
    controller: &'a str,
    contact: &'a str,
    answers: Vec<AnswerView>,
}

#[derive(Serialize)]
struct AnswerView {
    label: String,
    words: String,
    is_public: bool,
}

/// `GET /mine/{id}/{key}/copy`.
pub(in crate::web) async fn page(
    service: Data<Service>,
    link: PrivateLink,
) -> Result<Answer, Error> {
    service
        .blocking(move |service| {
            let submission = link.submission(service)?;
            let page = render(service, &submission)?.ok_or(Error::NotFound)?;
            Ok(html(StatusCode::OK, page))
        })
        .await
}

/// `GET /mine/{id}/{key}/copy.txt`.
pub(in crate::web) async fn file(
    service: Data<Service>,
    link: PrivateLink,
) -> Result<HttpResponse, Error> {
    let text = service
        .blocking(move |service| {
            let submission = link.submission(service)?;
            text(service, &submission)?.ok_or(Error::NotFound)
        })
        .await?;
    let disposition = format!("attachment; filename=\"{}.txt\"", link.id);
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, disposition))
        .body(text))
}

fn render(service: &Service, submission: &Submission) -> Result<Option<String>, TemplateError> {
    with_copy(service, submission, |copy| {
        Page::new("copy.html", "A copy of what you agreed to and sent").render(service, copy)
    })
}

fn text(service: &Service, submission: &Submission) -> Result<Option<String>, TemplateError> {
    with_copy(service, submission, |copy| {
        service.templates.render("copy.txt", copy)
    })
}

/// Nothing where the personal data are erased.
fn with_copy(
    service: &Service,
    submission: &Submission,
    write: impl FnOnce(&Copy) -> Result<String, TemplateError>,
) -> Result<Option<String>, TemplateError> {
    let Some(contact) = &submission.contact else {
        return Ok(None);
    };
    let definition = service.forms.of(&submission.form);
    // What editors have changed since is the editors'.
    let mut revisions = submission.revisions.iter().rev();
    let own = revisions.find(|revision| revision.by == Actor::Campaigner);
    let answers = own.map_or(submission.answers(), |revision| &revision.answers);
    let is_own = |name: &str| {
        let field = definition.field(name);
        field.is_none_or(|field| field.by == By::Campaigner)
    };
    let copy = Copy {
        back: service.private_path(submission.id, submission.link_changed),
        noun: &definition.noun,
        form: &definition.title,
        reference: submission.id.to_string(),
        received: service.day_in_words(submission.received()),
        sent: own.map_or_else(String::new, |revision| service.day_in_words(revision.at)),
        address: (submission.publication.as_ref()).map_or("", |it| it.permalink.as_str()),
        name: &contact.name,
        shows_name: definition.shows_own_name(answers),
        email: &contact.email,
        agreements: agreements(service, &definition, submission),
        responsible: Responsible::of(&definition.consent),
        controller: &service.config.privacy.controller,
        contact: &service.config.site.contact,
        answers: definition
            .in_words(answers, Audience::Editors)
            .into_iter()
            .filter(|answer| is_own(&answer.name))
            .map(|answer| AnswerView {
                words: match definition.field(&answer.name) {
                    Some(field) if answer.words.is_empty() => field.unanswered().to_owned(),
                    _ => answer.words,
                },
                label: answer.label,
                is_public: answer.is_public,
            })
            .collect(),
    };
    write(&copy).map(Some)
}

pub(super) fn try_pages(service: &Service, sample: &Submission) -> Result<(), TemplateError> {
    render(service, sample)?;
    text(service, sample).map(drop)
}
