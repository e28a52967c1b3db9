//! Who is signed in to the desk: cookies, the desk's guard, and what its handlers are given.

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
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
    errors::Error,
    origin,
};
use crate::{
    service::{Service, ServiceError},
    store::SESSION_LIFETIME,
    submission::{Actor, Editor},
};

/// Holds a session's secret and its signature.
const SESSION: &str = "intake_session";
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

/// The form post of a page of the desk: it has brought its session's token.
pub(super) struct DeskForm(pub(super) FormBody);

impl FromRequest for DeskForm {
    type Error = Error;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let signed_in = SignedIn::of(request);
        let body = FormBody::from_request(request, payload);
        Box::pin(async move {
            let (body, expected) = (body.await?, signed_in?.token);
            let brought = body.first("token").as_bytes();
            if bool::from(expected.as_bytes().ct_eq(brought)) {
                Ok(DeskForm(body))
            } else {
                Err(Error::Forged)
            }
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
    let session = brought(&service, request.request(), SESSION);
    let Some(signed_in) = who(&service, session).await else {
        return Ok(if is_change {
            request.error_response(Error::NotSignedIn)
        } else {
            request.into_response(see_other("/desk/sign-in").into_response())
        });
    };
    if is_change && !origin::is_own(request.headers(), service.public_url.as_str()) {
        return Ok(request.error_response(Error::Forged));
    }
    request.extensions_mut().insert(signed_in);
    Ok(next.call(request).await?.map_into_boxed_body())
}

/// Who is signed in, if anybody: the cookie's signature, the session, and the configuration must
/// all agree.
async fn who(service: &Data<Service>, session: Option<String>) -> Option<SignedIn> {
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
pub(super) fn begin(service: &Service, secret: &str) -> Cookie<'static> {
    let signed = format!("{secret}.{}", service.keys.sign("session", secret));
    cookie(service, SESSION, DESK, signed, SESSION_LIFETIME.as_secs())
}

/// The secret of the session that a request brings, and the cookie that ends it in the browser.
pub(super) fn end(service: &Service, request: &HttpRequest) -> (String, Cookie<'static>) {
    let secret = brought(service, request, SESSION)
        .and_then(|session| Some(session.split_once('.')?.0.to_owned()))
        .unwrap_or_default();
    (secret, removal(service, SESSION, DESK))
}
