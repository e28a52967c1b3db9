//! Which submission the address of a page names.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use uuid::Uuid;

use super::errors::Error;
use crate::{
    service::Service,
    submission::{MOST_LINKS, Submission},
};

/// The link of a private page, whose key fits.
#[derive(Debug, Clone, Copy)]
pub(super) struct PrivateLink {
    pub(super) id: Uuid,
    /// How often the link had been changed when this one was made.
    pub(super) changed: u32,
    /// Whether something stands behind the key that does not belong to it.
    pub(super) is_untidy: bool,
}

impl PrivateLink {
    fn of(request: &HttpRequest) -> Result<Self, Error> {
        let service = request.app_data::<Data<Service>>().ok_or(Error::NotSetUp)?;
        let part = |name| request.match_info().get(name).ok_or(Error::NotFound);
        let id: Uuid = part("id")?.parse().map_err(|_| Error::NotFound)?;
        let typed = part("key")?;
        let key = tidy(typed);
        let mut all = 0..=MOST_LINKS;
        let changed = all.find(|changed| service.keys.is_private_key(id, *changed, key));
        Ok(Self {
            id,
            changed: changed.ok_or(Error::NotFound)?,
            is_untidy: key != typed,
        })
    }

    /// The submission that it leads to, unless it was changed for another since.
    pub(super) fn submission(self, service: &Service) -> Result<Submission, Error> {
        let found = service.store.get(self.id)?;
        let found = found.filter(|it| it.link_changed == self.changed);
        found.ok_or(Error::NotFound)
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
