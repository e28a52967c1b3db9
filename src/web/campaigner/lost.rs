//! For campaigners who have lost the link to their private page.

use actix_web::{HttpRequest, http::StatusCode, web::Data};
use jiff::Timestamp;
use serde::Serialize;

use crate::{
    service::{Outcome, Service},
    templates::TemplateError,
    web::{
        answer::{Answer, Page, html},
        errors::Error,
        origin::OwnForm,
        sender::{sender, typed_address},
    },
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum State<'a> {
    Blank,
    Asked,
    /// With the address that was typed.
    TooMany(&'a str),
}

#[derive(Serialize)]
struct Lost<'a> {
    asked: bool,
    too_many: bool,
    email: &'a str,
    mail_per_hour: u32,
    mail_per_day: u32,
}

fn render(service: &Service, state: State) -> Result<String, TemplateError> {
    let (title, too_many) = match state {
        State::Asked => ("Check your email", None),
        State::Blank => ("Lost your link?", None),
        State::TooMany(email) => ("Lost your link?", Some(email)),
    };
    let own = Lost {
        asked: state == State::Asked,
        too_many: too_many.is_some(),
        email: too_many.unwrap_or_default(),
        mail_per_hour: service.config.limits.mail_per_hour,
        mail_per_day: service.config.limits.mail_per_day,
    };
    Page::new("lost.html", title)
        .wrong(own.too_many)
        .render(service, &own)
}

/// `GET /lost-link`.
pub(in crate::web) async fn page(service: Data<Service>) -> Result<Answer, Error> {
    Ok(html(StatusCode::OK, render(&service, State::Blank)?))
}

/// `POST /lost-link`: the same answer for every address, in the same time; a job does the rest.
pub(in crate::web) async fn ask(
    service: Data<Service>,
    request: HttpRequest,
    OwnForm(body): OwnForm,
) -> Result<Answer, Error> {
    let sender = sender(&service, &request);
    service
        .blocking(move |service| {
            let email = body.first("email");
            let asked = service.ask_for_links(email, &sender, Timestamp::now())?;
            match asked {
                Outcome::TooMany(wait) => {
                    let state = State::TooMany(typed_address(email));
                    Ok(Answer::Later(wait, render(service, state)?))
                }
                _ => Ok(html(StatusCode::OK, render(service, State::Asked)?)),
            }
        })
        .await
}

pub(super) fn try_pages(service: &Service) -> Result<(), TemplateError> {
    render(service, State::Blank)?;
    render(service, State::TooMany("sample@example.org"))?;
    render(service, State::Asked).map(drop)
}
