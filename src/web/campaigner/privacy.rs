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
    /// The forms with a time of their own for which names and addresses are kept, that time, and whether
    /// there is a name.
    kept_otherwise: Vec<(&'a str, String, bool)>,
}

fn render(service: &Service) -> Result<String, TemplateError> {
    let forms = service.forms.all().iter();
    let own = Privacy {
        kept_otherwise: forms
            .filter_map(|form| {
                let time = form.retention.as_ref()?;
                Some((form.title.as_str(), span_in_words(time), form.asks_name()))
            })
            .collect(),
    };
    let mut all = service.forms.all().iter();
    let title = match all.any(|form| form.asks_name()) {
        true => "What we do with your name and email address",
        false => "What we do with your email address",
    };
    Page::new("privacy_page.html", title).render(service, &own)
}

/// `GET /privacy`.
pub(in crate::web) async fn page(service: Data<Service>) -> Result<Answer, Error> {
    Ok(html(StatusCode::OK, render(&service)?))
}

pub(super) fn try_page(service: &Service) -> Result<(), TemplateError> {
    render(service).map(drop)
}
