//! Signing in to the desk by a one-time link, and out again.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, StatusCode},
    web::{self, Data},
};
use serde::Serialize;

use crate::{
    keys,
    service::{Service, ServiceError},
    store::LINK_LIFETIME,
    templates::TemplateError,
    web::{
        answer::{Answer, Page, html, see_other},
        errors::Error,
        links::tidy,
        origin::OwnForm,
        session::{self, DeskForm},
    },
};

/// Held by the browser that asked for a link, which works only there.
const BROWSER: &str = "intake_browser";

#[derive(Serialize)]
struct SignIn {
    asked: bool,
    wrong: bool,
}

fn render(service: &Service, asked: bool, wrong: bool) -> Result<String, TemplateError> {
    let title = if asked {
        "Check your email"
    } else {
        "Sign in to the desk"
    };
    Page::new("sign_in.html", title)
        .wrong(wrong)
        .render(service, &SignIn { asked, wrong })
}

/// `GET /desk/sign-in`.
pub(in crate::web) async fn page(service: Data<Service>) -> Result<Answer, Error> {
    Ok(html(StatusCode::OK, render(&service, false, false)?))
}

/// `POST /desk/sign-in`: the same answer for every address, at once; the rest is done afterwards.
pub(in crate::web) async fn ask(
    service: Data<Service>,
    request: HttpRequest,
    OwnForm(body): OwnForm,
) -> Result<HttpResponse, Error> {
    let email = body.first("email").trim().to_lowercase();
    // The same for all links that this browser asks for, so that each of them works.
    let known = request
        .cookie(BROWSER)
        .map(|cookie| cookie.value().to_owned())
        .filter(|secret| secret.len() == 64);
    let browser = known.map_or_else(keys::secret, Ok)?;
    let mut answer = html(StatusCode::OK, render(&service, true, false)?).into_response();
    let lifetime = LINK_LIFETIME.as_secs();
    let cookie = session::cookie(&service, BROWSER, browser.clone(), lifetime);
    answer.add_cookie(&cookie).map_err(std::io::Error::other)?;
    let service = service.into_inner();
    actix_web::rt::spawn(service.send_sign_in_link(email, browser));
    Ok(answer)
}

/// `GET /desk/sign-in/{link}`. Programs that look at links in mail cannot use one up: it works
/// only with the cookie of the browser that asked.
pub(in crate::web) async fn redeem(
    service: Data<Service>,
    request: HttpRequest,
    link: web::Path<String>,
) -> Result<HttpResponse, Error> {
    if request.method() == Method::HEAD {
        return Ok(HttpResponse::Ok().finish());
    }
    let browser = request
        .cookie(BROWSER)
        .map(|cookie| cookie.value().to_owned())
        .unwrap_or_default();
    let link = link.into_inner();
    let secret = service
        .blocking(move |service| service.sign_in(tidy(&link), &browser))
        .await?;
    let Some(secret) = secret else {
        let page = render(&service, false, true)?;
        return Ok(html(StatusCode::FORBIDDEN, page).into_response());
    };
    let mut answer = see_other("/desk").into_response();
    for cookie in [
        session::begin(&service, &secret),
        session::removal(&service, BROWSER),
    ] {
        answer.add_cookie(&cookie).map_err(std::io::Error::other)?;
    }
    Ok(answer)
}

/// `POST /desk/sign-out`.
pub(in crate::web) async fn sign_out(
    service: Data<Service>,
    request: HttpRequest,
    _form: DeskForm,
) -> Result<HttpResponse, Error> {
    let (secret, gone) = session::end(&service, &request);
    service
        .blocking(move |service| {
            service.store.sign_out(&secret)?;
            Ok::<_, ServiceError>(())
        })
        .await?;
    let mut answer = see_other("/desk/sign-in").into_response();
    answer.add_cookie(&gone).map_err(std::io::Error::other)?;
    Ok(answer)
}

pub(super) fn try_pages(service: &Service) -> Result<(), TemplateError> {
    for (asked, wrong) in [(false, false), (true, false), (false, true)] {
        render(service, asked, wrong)?;
    }
    Ok(())
}
