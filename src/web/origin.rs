//! Where a request comes from: our own pages, this machine, or elsewhere.

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    guard::GuardContext,
    http::header::{self, HeaderMap, HeaderName},
    web::Data,
};

use super::{
    body::{FormBody, Reading},
    errors::Error,
};
use crate::{service::Service, text::links::same_origin};

/// The form post of one of our own pages.
pub(super) struct OwnForm(pub(super) FormBody);

impl FromRequest for OwnForm {
    type Error = Error;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let own = request
            .app_data::<Data<Service>>()
            .ok_or(Error::NotSetUp)
            .map(|service| is_own(request.headers(), service.public_url.as_str()));
        let body = FormBody::from_request(request, payload);
        Box::pin(async move {
            let body = body.await?;
            if own? {
                Ok(OwnForm(body))
            } else {
                Err(Error::Forged)
            }
        })
    }
}

/// Whether a browser tells that it sent this from one of our own pages.
pub(super) fn says_it_is_own(headers: &HeaderMap, public_url: &str) -> bool {
    let tells = [HeaderName::from_static("sec-fetch-site"), header::ORIGIN];
    tells.iter().any(|name| headers.contains_key(name)) && is_own(headers, public_url)
}

/// Whether a browser sent this from one of our own pages, as far as it tells. Not all do, so
/// changes need a token or a private link besides.
pub(super) fn is_own(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name: HeaderName| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default().to_owned())
    };
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin" || site == "none";
    }
    match text(header::ORIGIN) {
        None => true,
        // What browsers say on pages that give no referrer.
        Some(origin) if origin == "null" => true,
        Some(origin) => {
            let host = text(header::HOST).unwrap_or_default();
            same_origin(&origin, public_url)
                || origin.split_once("://").map(|it| it.1) == Some(&host)
        }
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
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn an_origin_must_be_ours_to_its_last_letter() {
        let from = |origin: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("inside:80"));
            headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            is_own(&headers, "https://forms.example.organic/intake")
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
}
