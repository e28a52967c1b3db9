//! Which submission the address of a page names.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use uuid::Uuid;

use super::errors::Error;
use crate::service::Service;

/// The link of a private page, whose key fits.
pub(super) struct PrivateLink {
    pub(super) id: Uuid,
    /// Whether something stands behind the key that does not belong to it.
    pub(super) is_untidy: bool,
}

impl PrivateLink {
    fn of(request: &HttpRequest) -> Result<Self, Error> {
        let service = request.app_data::<Data<Service>>().ok_or(Error::NotSetUp)?;
        let (id, typed): (Uuid, String) =
            request.match_info().load().map_err(|_| Error::NotFound)?;
        let key = tidy(&typed);
        if !service.keys.is_private_key(id, key) {
            return Err(Error::NotFound);
        }
        let is_untidy = key != typed;
        Ok(Self { id, is_untidy })
    }
}

impl FromRequest for PrivateLink {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}

/// A secret out of a link, without the full stop, bracket or quotation mark that people and mail
/// programs leave behind it. Secrets are made of letters and digits.
pub(super) fn tidy(secret: &str) -> &str {
    secret.trim_end_matches(|c: char| !c.is_ascii_alphanumeric())
}

/// The id in the address of a page of the desk.
pub(super) struct Reference(pub(super) Uuid);

impl FromRequest for Reference {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().get("id");
        let id = id.and_then(|id| id.parse().ok());
        ready(id.map(Self).ok_or(Error::NotFound))
    }
}
