//! Signing in to the desk by a one-time link, and out again.

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite, time::Duration},
    http::{Method, StatusCode, header},
    web,
    web::Data,
};
use serde::Serialize;

use super::{Service, TemplateError, Timestamp, error, guard};
use crate::{
    sessions::{self, LINK_LIFETIME, SESSION_LIFETIME},
    submission::Editor,
};

/// Held by the browser that asked for a link; the link is good only there.
const BROWSER: &str = "intake_browser";
/// Holds a session's secret and its signature.
const SESSION: &str = "intake_session";

/// An editor who is signed in; put into the request by [`guard::editors_only`].
#[derive(Debug, Clone)]
pub(super) struct SignedIn {
    pub(super) editor: Editor,
    /// What every form of this session must bring along.
    pub(super) token: String,
}

#[derive(Serialize)]
struct SignIn {
    asked: bool,
    wrong: bool,
}

fn cookie(service: &Service, name: &'static str, value: String, lifetime: i64) -> Cookie<'static> {
    Cookie::build(name, value)
        .path("/desk")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(service.public_url.starts_with("https://"))
        .max_age(Duration::seconds(lifetime))
        .finish()
}

fn page(
    service: &Service,
    request: &HttpRequest,
    status: StatusCode,
    own: &SignIn,
) -> HttpResponse {
    let page = service.page("sign_in.html", "Sign in to the desk", own);
    error::rendered(request, status, page)
}

/// `GET /desk/sign-in`.
pub(super) async fn empty(service: Data<Service>, request: HttpRequest) -> HttpResponse {
    let own = SignIn {
        asked: false,
        wrong: false,
    };
    page(&service, &request, StatusCode::OK, &own)
}

/// `POST /desk/sign-in`: the same answer for every address, at once; the rest is done afterwards.
pub(super) async fn ask(
    service: Data<Service>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let body = match guard::read_own_form(&service, &request, payload).await {
        Ok(body) => body,
        Err(refusal) => return refusal,
    };
    let email = body.first("email").trim().to_lowercase();
    // The same for all links that this browser asks for, so that each of them works.
    let known = request
        .cookie(BROWSER)
        .map(|cookie| cookie.value().to_owned())
        .filter(|secret| secret.len() == 64);
    let browser = match known.map_or_else(sessions::secret, Ok) {
        Ok(secret) => secret,
        Err(cause) => return error::internal(&request, &cause),
    };
    let own = SignIn {
        asked: true,
        wrong: false,
    };
    let mut answer = page(&service, &request, StatusCode::OK, &own);
    let lifetime = LINK_LIFETIME.as_secs();
    if let Err(cause) = answer.add_cookie(&cookie(&service, BROWSER, browser.clone(), lifetime)) {
        return error::internal(&request, &cause);
    }
    actix_web::rt::spawn(send_link(service.into_inner(), email, browser));
    answer
}

async fn send_link(service: std::sync::Arc<Service>, email: String, browser: String) {
    let Some(editor) = service
        .config
        .editors
        .iter()
        .find(|editor| editor.email.to_lowercase() == email)
        .cloned()
    else {
        tracing::info!("a sign-in was asked for with an address that is no editor's");
        return;
    };
    let asked = {
        let email = editor.email.clone();
        std::sync::Arc::clone(&service)
            .blocking(move |service| service.sessions.ask(&email, &browser, Timestamp::now()))
            .await
    };
    match asked {
        Ok(Ok(Some(secret))) => {
            let link = format!("{}/desk/sign-in/{secret}", service.public_url);
            service.outbox.send_sign_in(&editor, &link).await;
        }
        Ok(Ok(None)) => tracing::warn!("too many sign-in links asked for at once"),
        Ok(Err(cause)) => tracing::error!(%cause, "a sign-in link could not be kept"),
        Err(cause) => tracing::error!(%cause, "a sign-in link could not be made"),
    }
}

/// `GET /desk/sign-in/{link}`. Programs that look at links in letters cannot use one up: it is
/// good only with the cookie of the browser that asked.
pub(super) async fn redeem(
    service: Data<Service>,
    request: HttpRequest,
    link: web::Path<String>,
) -> HttpResponse {
    let browser = request
        .cookie(BROWSER)
        .map(|cookie| cookie.value().to_owned())
        .unwrap_or_default();
    if request.method() == Method::HEAD {
        return HttpResponse::Ok().finish();
    }
    let link = link.into_inner();
    let shared = service.clone().into_inner();
    let redeemed = shared
        .blocking(move |service| service.sessions.redeem(&link, &browser, Timestamp::now()))
        .await;
    let secret = match redeemed {
        Ok(Ok(Some((email, secret)))) if editor(&service, &email).is_some() => secret,
        Ok(Ok(_)) => {
            let own = SignIn {
                asked: false,
                wrong: true,
            };
            return page(&service, &request, StatusCode::FORBIDDEN, &own);
        }
        Ok(Err(cause)) => return error::internal(&request, &cause),
        Err(cause) => return error::internal(&request, &cause),
    };
    let signed = format!("{secret}.{}", service.keys.sign("session", &secret));
    let mut gone = cookie(&service, BROWSER, String::new(), 0);
    gone.make_removal();
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, "/desk"))
        .cookie(cookie(
            &service,
            SESSION,
            signed,
            SESSION_LIFETIME.as_secs(),
        ))
        .cookie(gone)
        .finish()
}

fn editor(service: &Service, email: &str) -> Option<Editor> {
    service
        .config
        .editors
        .iter()
        .find(|editor| editor.email == email)
        .cloned()
}

/// Who is signed in, if anybody: the cookie's signature, the session, and the configuration must
/// all agree.
pub(super) async fn who(service: &Data<Service>, session: Option<Cookie<'_>>) -> Option<SignedIn> {
    let value = session?.value().to_owned();
    let (secret, signature) = value.split_once('.')?;
    if !service.keys.is_signed("session", secret, signature) {
        return None;
    }
    let secret = secret.to_owned();
    let asked = secret.clone();
    let found = service
        .clone()
        .into_inner()
        .blocking(move |service| service.sessions.find(&asked, Timestamp::now()))
        .await;
    let email = match found {
        Ok(Ok(email)) => email?,
        Ok(Err(cause)) => {
            tracing::error!(%cause, "sessions cannot be read");
            return None;
        }
        Err(_) => return None,
    };
    Some(SignedIn {
        editor: editor(service, &email)?,
        token: service.keys.sign("desk", &secret),
    })
}

/// The cookie of the session.
pub(super) fn session_cookie(request: &HttpRequest) -> Option<Cookie<'static>> {
    request.cookie(SESSION)
}

/// Who is signed in, for handlers behind the guard.
pub(super) fn signed_in(request: &HttpRequest) -> Option<SignedIn> {
    request.extensions().get::<SignedIn>().cloned()
}

/// `POST /desk/sign-out`.
pub(super) async fn sign_out(
    service: Data<Service>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    if let Err(refusal) = guard::read_desk_form(&request, payload).await {
        return refusal;
    }
    let secret = session_cookie(&request)
        .and_then(|cookie| Some(cookie.value().split_once('.')?.0.to_owned()))
        .unwrap_or_default();
    let ended = service
        .clone()
        .into_inner()
        .blocking(move |service| service.sessions.end(&secret, Timestamp::now()))
        .await;
    if let Ok(Err(cause)) = ended {
        return error::internal(&request, &cause);
    }
    let mut gone = cookie(&service, SESSION, String::new(), 0);
    gone.make_removal();
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, "/desk/sign-in"))
        .cookie(gone)
        .finish()
}

pub(super) fn try_pages(service: &Service) -> Result<(), TemplateError> {
    for (asked, wrong) in [(false, false), (true, false), (false, true)] {
        service.page("sign_in.html", "Sign in", SignIn { asked, wrong })?;
    }
    Ok(())
}
