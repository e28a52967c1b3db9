//! Who sends something: the network it comes from, or a browser that is known from before.

use actix_web::{HttpRequest, cookie::Cookie};

use super::{
    client::Client,
    session::{brought, cookie},
};
use crate::service::{Known, Sender, Service};

/// Held by browsers that have been an editor's, or have opened a private link: they are counted
/// apart, so that nobody else can shut them out. It tells nothing but that.
const KNOWN: &str = "intake_known";
/// How long that is remembered: 90 days, in seconds.
const REMEMBERED: i64 = 90 * 24 * 3600;

/// Who sends this.
pub(super) fn sender(service: &Service, request: &HttpRequest) -> Sender {
    let client = Client::behind(request, &service.config.limits.proxies);
    let client = client.map_or_else(String::new, |client| client.to_string());
    Sender {
        client: service.keys.sign("client", &client),
        browser: known(service, request),
        fell_for_it: false,
    }
}

fn known(service: &Service, request: &HttpRequest) -> Option<String> {
    let known = brought(service, request, KNOWN)?;
    let (name, signature) = known.split_once('.')?;
    service
        .keys
        .is_signed("known browser", name, signature)
        .then(|| name.to_owned())
}

/// The cookie that makes a browser known, where it is not yet. What it is known by is not in it. An
/// editor's counts before what it was known by till then.
pub(super) fn remember(
    service: &Service,
    request: &HttpRequest,
    what: &Known,
) -> Option<Cookie<'static>> {
    if matches!(what, Known::LinkHolder(_)) && known(service, request).is_some() {
        return None;
    }
    let name = service.known_as(what);
    let signature = service.keys.sign("known browser", &name);
    let value = format!("{name}.{signature}");
    Some(cookie(service, KNOWN, "", value, REMEMBERED))
}

/// An address that was typed where somebody has asked too often, to stand there when they ask again;
/// nothing where it is longer than any address.
pub(super) fn typed_address(email: &str) -> &str {
    const LONGEST: usize = 254;
    let email = email.trim();
    if email.len() > LONGEST { "" } else { email }
}
