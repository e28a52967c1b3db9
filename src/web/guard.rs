//! Who and what may come in: bodies of forms, and requests from this very machine.

use std::time::Duration;

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    guard::GuardContext,
    http::{Method, StatusCode, header},
    middleware::Next,
    web::{self, Data},
};
use futures_util::StreamExt;
use subtle::ConstantTimeEq;

use super::{Service, error, sign_in};

/// More than the largest form that is within the limits can take: 20,000 characters of four bytes,
/// each written as `%XX`, with room for the other fields. What is larger is read to this end and
/// shown again with its problems as far as [`BODY_LIMIT`].
const BODY_LIMIT: usize = 1 << 20;
/// How much of a body that is too large is read and thrown away, so that the browser gets round
/// to reading our answer.
const DRAIN_LIMIT: usize = 32 << 20;
/// How long a body may take on a slow line.
const BODY_TIMEOUT: Duration = Duration::from_secs(90);

/// A form post as it came.
pub(super) struct FormBody {
    pub(super) pairs: Vec<(String, String)>,
    /// Some of it was not UTF-8 and was replaced by U+FFFD.
    pub(super) damaged: bool,
}

impl FormBody {
    pub(super) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|(key, _)| key == name)
    }

    pub(super) fn first(&self, name: &str) -> &str {
        self.pairs
            .iter()
            .find(|(key, _)| key == name)
            .map_or("", |(_, value)| value)
    }
}

/// Reads the body of a form post, or answers with a page that says why not.
pub(super) async fn read_form(
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<FormBody, HttpResponse> {
    match tokio::time::timeout(BODY_TIMEOUT, read(request, payload)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(error::message(
            request,
            StatusCode::REQUEST_TIMEOUT,
            "The connection was too slow",
            "Your case study did not arrive, and nothing was saved. Go back: your words are still in the form. Then send it again.",
        )),
    }
}

async fn read(request: &HttpRequest, mut payload: web::Payload) -> Result<FormBody, HttpResponse> {
    let is_form = request
        .content_type()
        .eq_ignore_ascii_case("application/x-www-form-urlencoded");
    let mut body = Vec::new();
    let mut length = 0_usize;
    while let Some(chunk) = payload.next().await {
        let Ok(chunk) = chunk else {
            return Err(error::message(
                request,
                StatusCode::BAD_REQUEST,
                "Your case study did not arrive whole",
                "Nothing was saved. Go back: your words are still in the form. Then send it again.",
            ));
        };
        length += chunk.len();
        if length > DRAIN_LIMIT {
            break;
        }
        if length <= BODY_LIMIT && is_form {
            body.extend_from_slice(&chunk);
        }
    }
    if length > BODY_LIMIT {
        let mut response = error::message(
            request,
            StatusCode::PAYLOAD_TOO_LARGE,
            "That is too long for us to read",
            "Nothing was saved. Go back: your words are still in the form. A story takes 20,000 characters at most, and no pictures; please shorten it and send it again.",
        );
        if length > DRAIN_LIMIT {
            response
                .head_mut()
                .set_connection_type(actix_web::http::ConnectionType::Close);
        }
        return Err(response);
    }
    if !is_form {
        return Err(error::message(
            request,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "That is not our form",
            "Only the form on this site can be sent here. Please go to the form and fill it in.",
        ));
    }
    Ok(parse(&body))
}

fn parse(body: &[u8]) -> FormBody {
    let pairs: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
    let marks: usize = pairs
        .iter()
        .map(|(key, value)| key.matches('\u{fffd}').count() + value.matches('\u{fffd}').count())
        .sum();
    // A person may well have typed the mark itself; every other one stands for damage.
    let typed = String::from_utf8_lossy(body)
        .to_ascii_uppercase()
        .matches("%EF%BF%BD")
        .count()
        + body
            .windows(3)
            .filter(|bytes| bytes == b"\xef\xbf\xbd")
            .count();
    FormBody {
        pairs,
        damaged: marks > typed,
    }
}

/// Whether a browser sent this from one of our own pages, as far as it tells. Not all do, so
/// changes need a token or a private link besides.
pub(super) fn is_same_origin(headers: &header::HeaderMap, public_url: &str) -> bool {
    let text = |name: header::HeaderName| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default().to_owned())
    };
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin" || site == "none";
    }
    match text(header::ORIGIN) {
        None => true,
        // What browsers say on pages that give no referrer.
        Some(origin) if origin == "null" => true,
        Some(origin) => {
            let host = text(header::HOST).unwrap_or_default();
            origin_of(public_url) == origin
                || origin.split_once("://").map(|it| it.1) == Some(&host)
        }
    }
}

/// The scheme and host of an address, as browsers write them in `Origin`.
fn origin_of(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find('/').map_or(url.len(), |at| start + at);
    &url[..end]
}

/// The one guard of the desk: lets editors in who are signed in, and changes only from its own
/// pages.
pub(super) async fn editors_only(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(service) = request.app_data::<Data<Service>>().cloned() else {
        return Err(actix_web::error::ErrorInternalServerError("not set up"));
    };
    let session = sign_in::session_cookie(request.request());
    let Some(signed_in) = sign_in::who(&service, session).await else {
        let is_change = request.method() == Method::POST;
        let (request, _) = request.into_parts();
        let answer = if is_change {
            error::message(
                &request,
                StatusCode::FORBIDDEN,
                "You are not signed in",
                "Nothing was changed. Sign in at /desk/sign-in, perhaps in another tab, then come back to this page and send it again.",
            )
        } else {
            HttpResponse::SeeOther()
                .insert_header((header::LOCATION, "/desk/sign-in"))
                .finish()
        };
        return Ok(ServiceResponse::new(request, answer));
    };
    if request.method() == Method::POST && !is_same_origin(request.headers(), &service.public_url) {
        let (request, _) = request.into_parts();
        let answer = error::forged(&request);
        return Ok(ServiceResponse::new(request, answer));
    }
    request.extensions_mut().insert(signed_in);
    Ok(next.call(request).await?.map_into_boxed_body())
}

/// Reads the body of a form that stands on one of our own pages.
pub(super) async fn read_own_form(
    service: &Service,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<FormBody, HttpResponse> {
    let body = read_form(request, payload).await?;
    if is_same_origin(request.headers(), &service.public_url) {
        Ok(body)
    } else {
        Err(error::forged(request))
    }
}

/// Reads the body of a form of the desk, which must bring its session's token.
pub(super) async fn read_desk_form(
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<FormBody, HttpResponse> {
    let body = read_form(request, payload).await?;
    let expected = sign_in::signed_in(request).map(|signed_in| signed_in.token);
    let same = expected
        .is_some_and(|token| bool::from(token.as_bytes().ct_eq(body.first("token").as_bytes())));
    if same {
        Ok(body)
    } else {
        Err(error::forged(request))
    }
}

/// Whether a request comes from this machine and was meant for it: a loopback address at both
/// ends, a loopback name in the `Host`, and no proxy in between. So a proxy's outside visitors do
/// not get in, nor a web page that has its own name point here.
pub(super) fn at_this_machine(context: &GuardContext<'_>) -> bool {
    let head = context.head();
    let proxied = ["forwarded", "x-forwarded-for", "x-real-ip", "via"]
        .iter()
        .any(|name| head.headers().contains_key(*name));
    let host = head
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let local = name == "localhost"
        || name
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback());
    let near = head
        .peer_addr
        .is_some_and(|address| address.ip().to_canonical().is_loopback());
    near && local && !proxied
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_must_be_ours_to_its_last_letter() {
        let from = |origin: &'static str| {
            let mut headers = header::HeaderMap::new();
            headers.insert(header::HOST, header::HeaderValue::from_static("inside:80"));
            headers.insert(header::ORIGIN, header::HeaderValue::from_static(origin));
            is_same_origin(&headers, "https://forms.example.organic/intake")
        };
        assert!(from("https://forms.example.organic") && from("http://inside:80"));
        for foreign in [
            "",
            "https",
            "https://forms.example.org",
            "http://forms.example.organic",
            "https://forms.example.organic.evil.example",
            "https://evil.example/://inside:80",
        ] {
            assert!(!from(foreign), "{foreign}");
        }
    }

    #[test]
    fn damage_is_told_from_a_mark_that_was_typed() {
        assert!(!parse("title=a%EF%BF%BDb&story=\u{fffd}".as_bytes()).damaged);
        assert!(parse(b"title=a%FFb").damaged);
        assert!(parse(b"title=a\xffb").damaged);
        assert!(parse(b"title=%ef%bf%bd%FF").damaged);
    }
}
