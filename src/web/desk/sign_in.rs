//! Signing in to the desk by a one-time link, and out again.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method, StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
    web::{self, Data},
};
use jiff::Timestamp;
use serde::Serialize;

use super::sessions::in_words;
use crate::{
    keys,
    service::{Browser, Known, Noted, Outcome, Service, ServiceError, note},
    store::LINK_LIFETIME,
    templates::TemplateError,
    web::{
        answer::{Answer, Page, html, see_other},
        errors::Error,
        links::tidy,
        origin::OwnForm,
        sender::{remember, sender, typed_address},
        session::{self, DESK, DeskForm, SignedIn},
    },
};

/// Held by the browser that asked for a link, which works only there.
const BROWSER: &str = "intake_browser";

/// What the page has to say.
enum State<'a> {
    Blank,
    Asked,
    /// A link that does not work here. With it a new one can be asked for, if it is one of ours.
    Wrong(&'a str),
    /// With the address that was typed, and whether the device is their own.
    TooMany(&'a str, bool),
}

#[derive(Default, Serialize)]
struct SignIn<'a> {
    asked: bool,
    wrong: bool,
    proof: &'a str,
    too_many: bool,
    email: &'a str,
    is_own: bool,
    mail_per_hour: u32,
    mail_per_day: u32,
}

fn render(service: &Service, state: &State) -> Result<String, TemplateError> {
    let own = match *state {
        State::Blank => SignIn::default(),
        State::Asked => SignIn {
            asked: true,
            mail_per_hour: service.config.limits.mail_per_hour,
            mail_per_day: service.config.limits.mail_per_day,
            ..SignIn::default()
        },
        State::Wrong(proof) => SignIn {
            wrong: true,
            proof,
            ..SignIn::default()
        },
        State::TooMany(email, is_own) => SignIn {
            too_many: true,
            email,
            is_own,
            ..SignIn::default()
        },
    };
    let title = match state {
        State::Asked => "Check your email",
        _ => "Sign in to the desk",
    };
    Page::new("sign_in.html", title)
        .wrong(own.wrong || own.too_many)
        .render(service, &own)
}

/// `GET /desk/sign-in`.
pub(in crate::web) async fn page(service: Data<Service>) -> Result<Answer, Error> {
    Ok(html(StatusCode::OK, render(&service, &State::Blank)?))
}

/// `POST /desk/sign-in`: the same answer for every address, in the same time.
pub(in crate::web) async fn ask(
    service: Data<Service>,
    request: HttpRequest,
    OwnForm(body): OwnForm,
) -> Result<HttpResponse, Error> {
    // The same for all links that this browser asks for, so that each of them works.
    let known = session::brought(&service, &request, BROWSER);
    let known = known.filter(|secret| secret.len() == 64);
    let browser = Browser {
        secret: known.map_or_else(keys::secret, Ok)?,
        is_own: body.first("own") == "yes",
    };
    let lifetime = LINK_LIFETIME.as_secs();
    let cookie = session::cookie(&service, BROWSER, DESK, browser.secret.clone(), lifetime);
    let sender = sender(&service, &request);
    let answer = service
        .blocking(move |service| {
            let (email, proof) = (body.first("email"), tidy(body.first("proof")));
            let now = Timestamp::now();
            Ok::<_, Error>(
                match service.ask_to_sign_in(email, proof, &browser, &sender, now)? {
                    Outcome::TooMany(wait) => {
                        let state = State::TooMany(typed_address(email), browser.is_own);
                        Answer::Later(wait, render(service, &state)?)
                    }
                    _ => html(StatusCode::OK, render(service, &State::Asked)?),
                },
            )
        })
        .await?;
    let mut answer = answer.into_response();
    answer.add_cookie(&cookie).map_err(std::io::Error::other)?;
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
    let browser = session::brought(&service, &request, BROWSER).unwrap_or_default();
    let link = link.into_inner();
    let client = sender(&service, &request).client;
    let user_agent = request.headers().get(header::USER_AGENT);
    let user_agent = user_agent.and_then(|text| text.to_str().ok());
    let described = in_words(user_agent.unwrap_or_default());
    let signed_in = service
        .blocking(move |service| {
            let link = tidy(&link);
            if let Some((editor, begun)) = service.sign_in(link, &browser, &described)? {
                note(Noted::SignIn, &editor.name, &client, "");
                return Ok::<_, Error>(Ok((editor, begun)));
            }
            note(Noted::SignInRefused, "", &client, "");
            let is_proof = service.store.is_proof(link, Timestamp::now())?;
            let state = State::Wrong(if is_proof { link } else { "" });
            let page = render(service, &state)?;
            Ok(Err(html(StatusCode::FORBIDDEN, page)))
        })
        .await?;
    let (editor, begun) = match signed_in {
        Ok(signed_in) => signed_in,
        Err(answer) => return Ok(answer.into_response()),
    };
    let (to, gone) = session::wanted(&service, &request).unzip();
    let mut answer = see_other(to.unwrap_or_else(|| DESK.to_owned())).into_response();
    let cookies = [
        gone,
        Some(session::begin(&service, &begun)),
        Some(session::removal(&service, BROWSER, DESK)),
        remember(&service, &request, &Known::Editor(&editor.email)),
    ];
    for cookie in cookies.into_iter().flatten() {
        answer.add_cookie(&cookie).map_err(std::io::Error::other)?;
    }
    Ok(answer)
}

/// `POST /desk/sign-out`.
pub(in crate::web) async fn sign_out(
    service: Data<Service>,
    request: HttpRequest,
    signed_in: SignedIn,
    _form: DeskForm,
) -> Result<HttpResponse, Error> {
    let client = sender(&service, &request).client;
    note(Noted::SignedOut, &signed_in.editor.name, &client, "");
    let (secret, gone) = session::end(&service, &request);
    service
        .blocking(move |service| {
            service.store.sign_out(&secret)?;
            Ok::<_, ServiceError>(())
        })
        .await?;
    let mut answer = see_other("/desk/sign-in").into_response();
    // Pages of the desk that were kept so that going back finds typed words.
    let forgotten = HeaderValue::from_static("\"cache\"");
    let clear = HeaderName::from_static("clear-site-data");
    answer.headers_mut().insert(clear, forgotten);
    answer.add_cookie(&gone).map_err(std::io::Error::other)?;
    Ok(answer)
}

pub(super) fn try_pages(service: &Service) -> Result<(), TemplateError> {
    for state in [
        State::Blank,
        State::Asked,
        State::Wrong("sample"),
        State::TooMany("sample@example.org", true),
    ] {
        render(service, &state)?;
    }
    Ok(())
}
