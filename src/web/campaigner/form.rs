//! The form, and what happens when it is sent.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::Data,
};
use jiff::Timestamp;
use serde::Serialize;

use super::check;
use crate::{
    case_study::{CaseStudyForm, Problem},
    service::{Outcome, Service},
    templates::TemplateError,
    web::{
        answer::{self, Answer, DAMAGED, Notice, Page, html, see_other},
        body::FormBody,
        errors::Error,
        fields::{self, Beside, PartView},
        request_id::RequestId,
    },
};

#[derive(Serialize)]
struct FormPage<'a> {
    token: String,
    /// Something to know that is not about a field.
    notice: Option<Notice>,
    problems: &'a [Problem],
    parts: Vec<PartView<'a>>,
}

const WHICH: Notice = Notice::bad(
    "Use one of the buttons",
    "Nothing has been saved yet. Your words are below.",
);

/// `GET /`.
pub(in crate::web) async fn empty(service: Data<Service>) -> Result<HttpResponse, Error> {
    let token = service.keys.form_token(Timestamp::now());
    let page = render(&service, token, &CaseStudyForm::default(), None, &[])?;
    let mut answer = html(StatusCode::OK, page).into_response();
    // May be kept for the back button, also without JavaScript: with the same token, the same
    // words sent again are no second submission. Nobody's words are in it yet.
    let may_be_kept = header::HeaderValue::from_static("private, no-cache");
    answer
        .headers_mut()
        .insert(header::CACHE_CONTROL, may_be_kept);
    Ok(answer)
}

/// `POST /`.
pub(in crate::web) async fn send(
    service: Data<Service>,
    request: HttpRequest,
    body: FormBody,
) -> Result<Answer, Error> {
    let id = RequestId::of(&request);
    service
        .blocking(move |service| judge(service, &body, &id))
        .await
}

fn judge(service: &Service, body: &FormBody, request: &str) -> Result<Answer, Error> {
    let now = Timestamp::now();
    let form = CaseStudyForm::from_pairs(body.texts());
    let brought = body.first("token");
    // A token that is not good is replaced: it only matters when the form is sent.
    let token = match service.keys.open_form_token(brought, now) {
        Ok(_) => brought.to_owned(),
        Err(_) => service.keys.form_token(now),
    };
    let page = |status, token, notice, problems: &[Problem]| {
        Ok(html(
            status,
            render(service, token, &form, notice, problems)?,
        ))
    };
    let action = body.first("action");
    if action == "edit" {
        return page(StatusCode::OK, token, None, &[]);
    }
    let notice = match action {
        _ if body.damaged => Some(DAMAGED),
        "submit" | "check" => None,
        _ => Some(WHICH),
    };
    let entry = match (form.parse(&service.rules()), notice) {
        (Ok(entry), None) => entry,
        (parsed, notice) => {
            let problems = parsed.err().unwrap_or_default();
            return page(StatusCode::UNPROCESSABLE_ENTITY, token, notice, &problems);
        }
    };
    if action == "check" {
        let page = check::render(service, token, &form, &entry)?;
        return Ok(html(StatusCode::OK, page));
    }
    let outcome = service.submit(brought, entry, now)?;
    // With the same token, sending again what could not be saved cannot make two of it.
    let token = match &outcome {
        Outcome::Done(id) => return Ok(see_other(service.private_path(*id))),
        Outcome::AlreadySent => service.keys.form_token(now),
        Outcome::NotSaved(cause) => {
            let cause = cause.for_the_log();
            tracing::error!(request, cause, "a case study could not be saved");
            token
        }
        _ => token,
    };
    let notice = Some(Notice::of(&outcome));
    page(answer::status(&outcome), token, notice, &[])
}

fn render(
    service: &Service,
    token: String,
    form: &CaseStudyForm,
    notice: Option<Notice>,
    problems: &[Problem],
) -> Result<String, TemplateError> {
    let rules = service.rules();
    let own = FormPage {
        token,
        notice,
        problems,
        parts: fields::parts(&rules, form, problems, &Beside::default()),
    };
    Page::new("form.html", "Tell us about your campaign")
        .wrong(notice.is_some() || !problems.is_empty())
        .render(service, &own)
}

pub(super) fn try_pages(service: &Service) -> Result<(), TemplateError> {
    let form = CaseStudyForm::default();
    let problems = form.parse(&service.rules()).err().unwrap_or_default();
    render(service, String::new(), &form, None, &[])?;
    render(service, String::new(), &form, Some(WHICH), &problems).map(drop)
}
