//! What is done with names and email addresses.

use actix_web::{http::StatusCode, web::Data};
use serde::Serialize;

use crate::{
    config::span_in_words,
    service::Service,
    templates::TemplateError,
    web::{
        answer::{Answer, Page, html},
        errors::Error,
    },
};

#[derive(Serialize)]
struct Privacy<'a> {
    /// The forms with a time of their own for which names and addresses are kept, and that time.
    kept_otherwise: Vec<(&'a str, String)>,
}

fn render(service: &Service) -> Result<String, TemplateError> {
    let forms = service.forms.all().iter();
    let own = forms.filter_map(|form| Some((form.title.as_str(), form.retention.as_ref()?)));
    let own = Privacy {
        kept_otherwise: own
            .map(|(form, time)| (form, span_in_words(time)))
            .collect(),
    };
    Page::new(
        "privacy_page.html",
        "What we do with your name and email address",
    )
    .render(service, &own)
}

/// `GET /privacy`.
pub(in crate::web) async fn page(service: Data<Service>) -> Result<Answer, Error> {
    Ok(html(StatusCode::OK, render(&service)?))
}

pub(super) fn try_page(service: &Service) -> Result<(), TemplateError> {
    render(service).map(drop)
}
