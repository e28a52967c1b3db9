//! Captured mail, for trying things out: only with the folder transport, only at this machine, and
//! only for whoever can read the terminal, where its address stands. A visitor who comes through a web
//! server on this machine cannot be told from somebody at it.

use actix_web::{
    http::StatusCode,
    web::{self, Data},
};
use serde::Serialize;

use crate::{
    mail::{self, Captured},
    service::{Service, ServiceError},
    templates::TemplateError,
    web::{
        answer::{Answer, Page, html},
        errors::Error,
    },
};

/// What the key in its address is good for.
const PURPOSE: &str = "mailbox";

#[derive(Serialize)]
struct Mailbox<'a> {
    path: &'a str,
    messages: Vec<Captured>,
}

/// The path of the list.
pub(in crate::web) fn path(service: &Service) -> String {
    format!("/mailbox/{}", service.keys.sign(PURPOSE, ""))
}

async fn captured(service: &Data<Service>, key: &str) -> Result<Vec<Captured>, Error> {
    let is_theirs = service.keys.is_signed(PURPOSE, "", key);
    if !is_theirs || !service.config.listen.ip().is_loopback() {
        return Err(Error::NotFound);
    }
    let folder = service.outbox.folder().ok_or(Error::NotFound)?.to_owned();
    let messages = service
        .blocking(move |_| mail::captured(&folder).map_err(ServiceError::from))
        .await?;
    Ok(messages)
}

/// `GET /mailbox/{key}`: all mail, newest first.
pub(in crate::web) async fn list(
    service: Data<Service>,
    key: web::Path<String>,
) -> Result<Answer, Error> {
    let messages = captured(&service, &key).await?;
    Ok(html(StatusCode::OK, render(&service, messages)?))
}

/// `GET /mailbox/{key}/{name}`.
pub(in crate::web) async fn mail(
    service: Data<Service>,
    at: web::Path<(String, String)>,
) -> Result<Answer, Error> {
    let (key, name) = at.into_inner();
    let messages = captured(&service, &key).await?;
    let mut messages = messages.iter();
    let mail = messages.find(|mail| mail.name == name);
    let mail = mail.ok_or(Error::NotFound)?;
    Ok(html(StatusCode::OK, render_one(&service, mail)?))
}

fn render(service: &Service, messages: Vec<Captured>) -> Result<String, TemplateError> {
    Page::new("mailbox.html", "Captured mail").render(
        service,
        &Mailbox {
            path: &path(service),
            messages,
        },
    )
}

/// The mail's text, with its links to follow.
fn render_one(service: &Service, mail: &Captured) -> Result<String, TemplateError> {
    #[derive(Serialize)]
    struct One<'a> {
        path: &'a str,
        message: &'a Captured,
        lines: Vec<Vec<Word<'a>>>,
    }
    #[derive(Serialize)]
    struct Word<'a> {
        text: &'a str,
        link: bool,
    }
    let word = |text| Word {
        text,
        link: service.public_url.holds(text),
    };
    let lines = mail
        .text
        .lines()
        .map(|line| line.split_inclusive(' ').map(word).collect())
        .collect();
    let own = One {
        path: &path(service),
        message: mail,
        lines,
    };
    Page::new("captured.html", "Captured mail").render(service, &own)
}

pub(super) fn try_pages(service: &Service) -> Result<(), TemplateError> {
    let sample = Captured {
        name: "sample.eml".into(),
        date: "Mon, 23 Nov 2026 09:00:00 +0000".into(),
        to: "someone@example.org".into(),
        subject: "Sample".into(),
        text: format!("A sample\n{}/mine/x/y\n", service.public_url),
    };
    render_one(service, &sample)?;
    render(service, vec![sample]).map(drop)
}
