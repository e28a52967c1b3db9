//! Who is signed in to the desk: cookies, the desk's guard, and what its handlers are given.

use std::{
    future::{Ready, ready},
    io,
};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest, HttpResponse,
    body::{BoxBody, MessageBody},
    cookie::{Cookie, SameSite, time::Duration},
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::Method,
    middleware::Next,
    web::Data,
};
use jiff::Timestamp;
use subtle::ConstantTimeEq;

use super::{
    answer::see_other,
    body::{FormBody, Reading},
    desk::signed_out,
    errors::Error,
    origin,
};
use crate::{
    keys,
    service::{Service, ServiceError},
    store::{Begun, LINK_LIFETIME},
    submission::{Actor, Editor, Mailing},
};

/// Holds a session's secret and its signature.
const SESSION: &str = "intake_session";
/// Held by a browser in which words came back because a session had ended; they can be sent with the
/// token that is made of it, once an editor is signed in.
const BEFORE: &str = "intake_before";
/// How long words that came back may stay open, in seconds: twelve hours.
const BEFORE_LASTS: i64 = 12 * 3600;
/// Holds the page that was wanted before signing in.
const WANTED: &str = "intake_wanted";
const LONGEST_WANTED: usize = 1_000;
/// The path of the pages that its cookies are for.
pub(super) const DESK: &str = "/desk";

/// An editor who is signed in.
#[derive(Debug, Clone)]
pub(super) struct SignedIn {
    pub(super) editor: Editor,
    /// What every form of this session must bring along.
    pub(super) token: String,
}

impl SignedIn {
    /// Who acts, for the record.
    pub(super) fn actor(&self) -> Actor {
        Actor::Editor(self.editor.email.clone())
    }

    /// For trying templates.
    pub(super) fn sample() -> Self {
        Self {
            editor: Editor {
                name: "Sample".into(),
                email: "sample@example.org".into(),
                mail: Mailing::default(),
            },
            token: "0123".into(),
        }
    }

    fn of(request: &HttpRequest) -> Result<Self, Error> {
        let signed_in = request.extensions().get::<SignedIn>().cloned();
        signed_in.ok_or(Error::NotFound)
    }
}

impl FromRequest for SignedIn {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}

/// The form post of a page of the desk: it has brought its session's token, or that of the page on
/// which words came back when a session had ended.
pub(super) struct DeskForm(pub(super) FormBody);

impl FromRequest for DeskForm {
    type Error = Error;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let signed_in = SignedIn::of(request);
        let body = FormBody::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let (body, signed_in) = (body.await?, signed_in?);
            let service = request.app_data::<Data<Service>>().ok_or(Error::NotSetUp)?;
            let brought = body.first("token").as_bytes();
            let before = before(service, &request).map(|secret| before_token(service, &secret));
            let good = [Some(&signed_in.token), before.as_ref()];
            let is_good = good.into_iter().flatten().fold(false, |is_good, token| {
                is_good | bool::from(token.as_bytes().ct_eq(brought))
            });
            if is_good {
                return Ok(DeskForm(body));
            }
            if !origin::says_it_is_own(request.headers(), service.public_url.as_str()) {
                return Err(Error::Forged);
            }
            // From a page that was opened before this session began.
            let path = request.path();
            let answer = signed_out::page(service, path, &body, &signed_in.token, true)?;
            Err(Error::SendAgain(answer))
        })
    }
}

/// The one guard of the desk: lets editors in who are signed in, and changes only from its own
/// pages.
pub(super) async fn editors_only(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let Some(service) = request.app_data::<Data<Service>>().cloned() else {
        return Ok(request.error_response(Error::NotSetUp));
    };
    let is_change = request.method() == Method::POST;
    let session = of(&service, request.request());
    let signed_in = who(&service, session).await;
    if is_change && !origin::is_own(request.headers(), service.public_url.as_str()) {
        return Ok(request.error_response(match signed_in {
            Some(_) => Error::Forged,
            None => Error::NotSignedIn,
        }));
    }
    let Some(signed_in) = signed_in else {
        let (request, payload) = request.into_parts();
        let answer = if is_change {
            words_again(&service, &request, payload).await
        } else {
            let mut answer = see_other("/desk/sign-in").into_response();
            let wanted = match *request.method() {
                Method::GET => wanted_cookie(&service, &request),
                _ => None,
            };
            wanted
                .map_or(Ok(()), |cookie| answer.add_cookie(&cookie))
                .map_err(io::Error::other)?;
            Ok(answer)
        };
        return Ok(match answer {
            Ok(answer) => ServiceResponse::new(request, answer),
            Err(error) => ServiceResponse::from_err(error, request),
        });
    };
    request.extensions_mut().insert(signed_in);
    Ok(next.call(request).await?.map_into_boxed_body())
}

/// What was sent after the session had ended, on a page with all its words, to be sent again once
/// its editor has signed in.
async fn words_again(
    service: &Data<Service>,
    request: &HttpRequest,
    mut payload: Payload,
) -> Result<HttpResponse, Error> {
    let body = FormBody::from_request(request, &mut payload).await?;
    let secret = before(service, request).map_or_else(keys::secret, Ok)?;
    let token = before_token(service, &secret);
    let answer = signed_out::page(service, request.path(), &body, &token, false)?;
    let mut answer = answer.into_response();
    let signed = format!("{secret}.{}", service.keys.sign("before", &secret));
    let before = cookie(service, BEFORE, DESK, signed, BEFORE_LASTS);
    for cookie in [Some(before), wanted_cookie(service, request)]
        .into_iter()
        .flatten()
    {
        answer.add_cookie(&cookie).map_err(io::Error::other)?;
    }
    Ok(answer)
}

/// What this browser got with words that came back.
fn before(service: &Service, request: &HttpRequest) -> Option<String> {
    let brought = brought(service, request, BEFORE)?;
    let (secret, signature) = brought.split_once('.')?;
    let is_ours = service.keys.is_signed("before", secret, signature);
    is_ours.then(|| secret.to_owned())
}

fn before_token(service: &Service, secret: &str) -> String {
    service.keys.sign("desk before", secret)
}

/// Keeps in the browser which page was wanted by somebody who has to sign in first.
fn wanted_cookie(service: &Service, request: &HttpRequest) -> Option<Cookie<'static>> {
    let wanted = request.uri().path_and_query()?.as_str();
    let path = request.path();
    let is_page = !path.contains('.') && !path.ends_with("/sign-out");
    if !is_page || wanted == DESK || wanted.len() > LONGEST_WANTED {
        return None;
    }
    let wanted: String = form_urlencoded::byte_serialize(wanted.as_bytes()).collect();
    Some(cookie(
        service,
        WANTED,
        DESK,
        wanted,
        LINK_LIFETIME.as_secs(),
    ))
}

/// The page of the desk that was wanted before signing in, and the cookie that takes that back.
pub(super) fn wanted(
    service: &Service,
    request: &HttpRequest,
) -> Option<(String, Cookie<'static>)> {
    let wanted = brought(service, request, WANTED)?;
    let gone = removal(service, WANTED, DESK);
    // Only ever to a page of the desk, whoever has set the cookie.
    let rest = wanted.strip_prefix(DESK).unwrap_or_default();
    let is_of_desk = rest.starts_with('/') || rest.starts_with('?');
    let is_plain = wanted
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let path = match is_of_desk && is_plain && !rest.starts_with("/sign-in") {
        true => wanted,
        false => DESK.to_owned(),
    };
    Some((path, gone))
}

/// The session that a request brings, to be asked for again with [`who`].
pub(super) fn of(service: &Service, request: &HttpRequest) -> Option<String> {
    brought(service, request, SESSION)
}

/// Who is signed in, if anybody: the cookie's signature, the session, and the configuration must
/// all agree.
pub(super) async fn who(service: &Data<Service>, session: Option<String>) -> Option<SignedIn> {
    let session = session?;
    let (secret, signature) = session.split_once('.')?;
    if !service.keys.is_signed("session", secret, signature) {
        return None;
    }
    let token = service.keys.sign("desk", secret);
    let secret = secret.to_owned();
    let found = service
        .blocking(move |service| {
            let email = service.store.session(&secret, Timestamp::now())?;
            Ok::<_, ServiceError>(email)
        })
        .await;
    let email = match found {
        Ok(email) => email?,
        Err(cause) => {
            let cause = cause.for_the_log();
            tracing::error!(cause, "sessions cannot be read");
            return None;
        }
    };
    let editor = service.editor(&email)?.clone();
    Some(SignedIn { editor, token })
}

/// A cookie for pages below this path; `lifetime` in seconds. Over https its name says to browsers
/// that nobody else can have set it (RFC 6265bis, section 4.1.3): nobody of other hosts of the
/// domain, and then it is for all pages; where the host is shared, nobody without https.
pub(super) fn cookie(
    service: &Service,
    name: &str,
    below: &str,
    value: String,
    lifetime: i64,
) -> Cookie<'static> {
    let base_path = service.public_url.base_path();
    let path = match service.public_url.is_https() && base_path.is_empty() {
        true => "/".to_owned(),
        false => format!("{base_path}{below}"),
    };
    let path = if path.is_empty() {
        "/".to_owned()
    } else {
        path
    };
    Cookie::build(cookie_name(service, name), value)
        .path(path)
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(service.public_url.is_https())
        .max_age(Duration::seconds(lifetime))
        .finish()
}

fn cookie_name(service: &Service, name: &str) -> String {
    let url = &service.public_url;
    let prefix = match (url.is_https(), url.base_path()) {
        (false, _) => "",
        (true, "") => "__Host-",
        (true, _) => "__Secure-",
    };
    format!("{prefix}{name}")
}

/// The value of the cookie of this name that a request brings.
pub(super) fn brought(service: &Service, request: &HttpRequest, name: &str) -> Option<String> {
    let cookie = request.cookie(&cookie_name(service, name))?;
    Some(cookie.value().to_owned())
}

/// The same cookie, taken back.
pub(super) fn removal(service: &Service, name: &str, below: &str) -> Cookie<'static> {
    let mut gone = cookie(service, name, below, String::new(), 0);
    gone.make_removal();
    gone
}

/// The cookie of a new session.
pub(super) fn begin(service: &Service, begun: &Begun) -> Cookie<'static> {
    let secret = &begun.secret;
    let signed = format!("{secret}.{}", service.keys.sign("session", secret));
    cookie(service, SESSION, DESK, signed, begun.lifetime.as_secs())
}

/// The secret of the session that a request brings, and the cookie that ends it in the browser.
pub(super) fn end(service: &Service, request: &HttpRequest) -> (String, Cookie<'static>) {
    let secret = brought(service, request, SESSION)
        .and_then(|session| Some(session.split_once('.')?.0.to_owned()))
        .unwrap_or_default();
    (secret, removal(service, SESSION, DESK))
}
