//! For campaigners who have lost the link to their private page.

use actix_web::{http::StatusCode, web::Data};
use serde::Serialize;

use crate::{
    service::Service,
    templates::TemplateError,
    web::{
        answer::{Answer, Page, html},
        body::FormBody,
        errors::Error,
    },
};

#[derive(Serialize)]
struct Lost {
    asked: bool,
}

fn render(service: &Service, asked: bool) -> Result<String, TemplateError> {
    let title = if asked {
        "Check your email"
    } else {
        "Lost your link?"
    };
    Page::new("lost.html", title).render(service, &Lost { asked })
}

/// `GET /lost-link`.
pub(in crate::web) async fn page(service: Data<Service>) -> Result<Answer, Error> {
    Ok(html(StatusCode::OK, render(&service, false)?))
}

/// `POST /lost-link`: the same answer for every address, at once; the rest is done afterwards.
pub(in crate::web) async fn ask(service: Data<Service>, body: FormBody) -> Result<Answer, Error> {
    let answer = html(StatusCode::OK, render(&service, true)?);
    let email = body.first("email").to_owned();
    actix_web::rt::spawn(async move {
        let asked = service
            .blocking(move |service| service.send_lost_links(&email))
            .await;
        if let Err(cause) = asked {
            let cause = cause.for_the_log();
            tracing::error!(cause, "a lost link could not be sent");
        }
    });
    Ok(answer)
}

pub(super) fn try_pages(service: &Service) -> Result<(), TemplateError> {
    render(service, false)?;
    render(service, true).map(drop)
}
