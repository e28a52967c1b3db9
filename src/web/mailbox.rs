//! Captured mail, for trying things out: only with the folder transport, and only at this machine.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web, web::Data};
use serde::Serialize;

use super::{Service, TemplateError, error};
use crate::mail::{self, Captured};

#[derive(Serialize)]
struct Mailbox {
    letters: Vec<Captured>,
}

async fn captured(service: &Data<Service>) -> Option<std::io::Result<Vec<Captured>>> {
    if !service.config.listen.ip().is_loopback() {
        return None;
    }
    let folder = service.outbox.folder()?.to_owned();
    let letters = web::block(move || mail::captured(&folder)).await;
    Some(letters.unwrap_or_else(|error| Err(std::io::Error::other(error))))
}

/// All letters, newest first.
pub(super) async fn list(service: Data<Service>, request: HttpRequest) -> HttpResponse {
    match captured(&service).await {
        None => error::nothing_here(request).await,
        Some(Err(cause)) => error::internal(&request, &cause),
        Some(Ok(letters)) => {
            let page = service.page("mailbox.html", "Captured mail", Mailbox { letters });
            error::rendered(&request, StatusCode::OK, page)
        }
    }
}

/// One letter.
pub(super) async fn letter(
    service: Data<Service>,
    request: HttpRequest,
    name: web::Path<String>,
) -> HttpResponse {
    let letters = match captured(&service).await {
        None => return error::nothing_here(request).await,
        Some(Err(cause)) => return error::internal(&request, &cause),
        Some(Ok(letters)) => letters,
    };
    let Some(letter) = letters.into_iter().find(|letter| letter.name == *name) else {
        return error::nothing_here(request).await;
    };
    error::rendered(&request, StatusCode::OK, show(&service, &letter))
}

/// The letter's text, with its links to follow.
fn show(service: &Service, letter: &Captured) -> Result<String, TemplateError> {
    #[derive(Serialize)]
    struct One<'a> {
        letter: &'a Captured,
        lines: Vec<Vec<Word<'a>>>,
    }
    #[derive(Serialize)]
    struct Word<'a> {
        text: &'a str,
        link: bool,
    }
    let lines = letter
        .text
        .lines()
        .map(|line| {
            line.split_inclusive(' ')
                .map(|text| Word {
                    text,
                    link: text.trim_end().starts_with(&service.public_url),
                })
                .collect()
        })
        .collect();
    service.page("captured.html", "Captured letter", One { letter, lines })
}

pub(super) fn try_pages(service: &Service) -> Result<(), TemplateError> {
    let sample = Captured {
        name: "sample.eml".into(),
        date: "Mon, 23 Nov 2026 09:00:00 +0000".into(),
        to: "someone@example.org".into(),
        subject: "Sample".into(),
        text: format!("A sample\n{}/mine/x/y\n", service.public_url),
    };
    show(service, &sample)?;
    let own = Mailbox {
        letters: vec![sample],
    };
    service.page("mailbox.html", "Captured mail", own).map(drop)
}
