//! What is done with names and email addresses.

use actix_web::{http::StatusCode, web::Data};
use serde::Serialize;

use crate::{
    service::Service,
    templates::TemplateError,
    web::{
        answer::{Answer, Page, html},
        errors::Error,
    },
};

/// All that it says stands around every page.
#[derive(Serialize)]
struct Privacy {}

fn render(service: &Service) -> Result<String, TemplateError> {
    Page::new(
        "privacy_page.html",
        "What we do with your name and email address",
    )
    .render(service, &Privacy {})
}

/// `GET /privacy`.
pub(in crate::web) async fn page(service: Data<Service>) -> Result<Answer, Error> {
    Ok(html(StatusCode::OK, render(&service)?))
}

pub(super) fn try_page(service: &Service) -> Result<(), TemplateError> {
    render(service).map(drop)
}
