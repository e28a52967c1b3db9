//! Pages that tell of something wrong: fixed words and a request id. Causes go to the log.

use actix_web::{
    HttpRequest, HttpResponse,
    error::BlockingError,
    http::{StatusCode, header},
    web::Data,
};
use serde::Serialize;

use super::{Service, TemplateError, request_id};

const MIME: &str = "text/html; charset=utf-8";

#[derive(Serialize)]
struct Message<'a> {
    heading: &'a str,
    text: &'a str,
    request: String,
}

/// A page with a heading and a paragraph.
pub(super) fn message(
    request: &HttpRequest,
    status: StatusCode,
    heading: &str,
    text: &str,
) -> HttpResponse {
    let page = request.app_data::<Data<Service>>().map(|service| {
        let own = Message {
            heading,
            text,
            request: request_id(request),
        };
        service.page("message.html", heading, own)
    });
    match page {
        Some(Ok(html)) => HttpResponse::build(status).content_type(MIME).body(html),
        _ => HttpResponse::build(status).body(format!("{heading}\n{text}\n")),
    }
}

/// The page for a cause that the person at the browser cannot mend; the cause goes to the log.
pub(super) fn internal(request: &HttpRequest, cause: &dyn std::fmt::Display) -> HttpResponse {
    tracing::error!(request = request_id(request), %cause, "could not answer");
    message(
        request,
        StatusCode::INTERNAL_SERVER_ERROR,
        "Sorry, something went wrong here",
        "It is our fault, not yours. Please go back and try again in a few minutes. If it happens again, write to us with the number below.",
    )
}

/// What work away from the answering threads comes to: a page with its status, no such page, or a
/// cause for the log.
pub(super) async fn found<E: std::fmt::Display>(
    request: HttpRequest,
    outcome: Result<Result<Option<(StatusCode, String)>, E>, BlockingError>,
) -> HttpResponse {
    match outcome {
        Ok(Ok(Some((status, html)))) => page(status, html),
        Ok(Ok(None)) => nothing_here(request).await,
        Ok(Err(cause)) => internal(&request, &cause),
        Err(cause) => internal(&request, &cause),
    }
}

/// A rendered page, or its cause for the log.
pub(super) fn rendered(
    request: &HttpRequest,
    status: StatusCode,
    html: Result<String, TemplateError>,
) -> HttpResponse {
    match html {
        Ok(html) => page(status, html),
        Err(cause) => internal(request, &cause),
    }
}

fn page(status: StatusCode, html: String) -> HttpResponse {
    HttpResponse::build(status).content_type(MIME).body(html)
}

/// 404, the same for a page that never was and for a private link that does not fit.
pub(super) async fn nothing_here(request: HttpRequest) -> HttpResponse {
    message(
        &request,
        StatusCode::NOT_FOUND,
        "There is no such page",
        "Check that the whole link was copied: long links are sometimes cut in two by e-mail programs.",
    )
}

/// 403 for a change that was not asked for on our own pages.
pub(super) fn forged(request: &HttpRequest) -> HttpResponse {
    message(
        request,
        StatusCode::FORBIDDEN,
        "We could not tell that this came from you",
        "Nothing was changed. Please go back, load the page again, and then try once more.",
    )
}

/// 405, with the methods that there are.
pub(super) async fn wrong_method(request: HttpRequest, allow: String) -> HttpResponse {
    let mut response = message(
        &request,
        StatusCode::METHOD_NOT_ALLOWED,
        "This page cannot be used in that way",
        "Please go to the form and start from there.",
    );
    if let Ok(allow) = header::HeaderValue::from_str(&allow) {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}

pub(super) fn try_page(service: &Service) -> Result<(), TemplateError> {
    let own = Message {
        heading: "Sample",
        text: "Sample",
        request: "0123".into(),
    };
    service.page("message.html", "Sample", own).map(drop)
}
