//! What was agreed to, in words, for campaigners and for editors.

use serde::Serialize;

use crate::{
    form::{Consent, GivenBy},
    submission::Agreement,
};

/// A purpose, and whether it is agreed to.
#[derive(Serialize)]
pub(super) struct Agreed<'a> {
    wording: &'a str,
    version: &'a str,
    /// When it was agreed to; empty where it was not.
    given: String,
    /// Whether it is about something that was not sent: then nobody was asked to agree.
    is_idle: bool,
    /// When it was taken back; empty where it was not.
    taken_back: String,
}

impl<'a> Agreed<'a> {
    /// `day` puts a moment in words.
    pub(super) fn of(
        it: &'a Agreement,
        consent: &Consent,
        day: impl Fn(jiff::Timestamp) -> String,
    ) -> Self {
        Self {
            wording: &it.wording,
            version: &it.version,
            is_idle: it.given.is_none()
                && (consent.purposes.iter())
                    .any(|purpose| purpose.name == it.name && purpose.given_by != GivenBy::Tick),
            given: it.given.map_or_else(String::new, &day),
            taken_back: it.taken_back.map_or_else(String::new, &day),
        }
    }
}

/// What the form's file says of who answers for personal data; empty texts where it says nothing.
#[derive(Serialize)]
pub(super) struct Responsible<'a> {
    controller: &'a str,
    contact: &'a str,
    notice: &'a str,
    /// The address where the notice is, where it is one.
    notice_url: &'a str,
}

impl<'a> Responsible<'a> {
    pub(super) fn of(consent: &'a Consent) -> Self {
        let notice = consent.notice.as_str();
        let is_address = ["https://", "http://"]
            .iter()
            .any(|scheme| notice.starts_with(scheme) && !notice.contains(char::is_whitespace));
        let (notice, notice_url) = if is_address {
            ("", notice)
        } else {
            (notice, "")
        };
        Self {
            controller: &consent.controller,
            contact: &consent.contact,
            notice,
            notice_url,
        }
    }
}
