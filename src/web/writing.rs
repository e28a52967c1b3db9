//! What the script asks for while somebody writes: a paste as Markdown, and a text as the blog will
//! show it. Nothing of either is kept.

use actix_web::{HttpResponse, http::header, web::Data};

use super::{errors::Error, origin::OwnForm};
use crate::{
    post::below_the_title,
    service::{Service, ServiceError},
    text::{clean::clean, markdown::Document, pasted::markdown_of},
};

/// `POST /paste`: the Markdown of `html`.
pub(super) async fn paste(
    service: Data<Service>,
    OwnForm(body): OwnForm,
) -> Result<HttpResponse, Error> {
    let markdown = service
        .blocking(move |_| Ok::<_, ServiceError>(markdown_of(body.first("html"))))
        .await?;
    let markdown = markdown.ok_or(Error::NotAForm)?;
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(markdown))
}

/// `POST /preview`: the HTML of the Markdown in `text`.
pub(super) async fn preview(
    service: Data<Service>,
    OwnForm(body): OwnForm,
) -> Result<HttpResponse, Error> {
    let html = service
        .blocking(move |_| {
            let text = clean(body.first("text"));
            Ok::<_, ServiceError>(below_the_title(&Document::parse(&text).to_html()))
        })
        .await?;
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(html))
}
