//! Answers: pages made of templates, what stands on top of them, and the way to another page.

use actix_web::{
    HttpRequest, HttpResponse, Responder,
    body::BoxBody,
    http::{StatusCode, header},
};
use jiff::{SignedDuration, Span};
use serde::Serialize;

use crate::{
    config::{Days, Privacy, Site, span_in_words},
    form::Definition,
    service::{Outcome, Service},
    templates::TemplateError,
};

pub(super) use super::notice::Notice;

const MIME: &str = "text/html; charset=utf-8";

/// A page about to be rendered.
pub(super) struct Page<'a> {
    template: &'a str,
    title: &'a str,
    wrong: bool,
    retention: Option<Span>,
    asks_name: Option<bool>,
}

/// What `base.html` needs around the page's own values.
#[derive(Serialize)]
struct Around<'a, T: Serialize> {
    page_title: String,
    /// Who “we” are.
    site: &'a Site,
    reply_within: &'a Days,
    privacy: &'a Privacy,
    /// How long names and addresses are kept after the end, in words.
    retention: String,
    /// Whether there is a name to speak of, besides the address.
    asks_name: bool,
    /// What stands before the path of each address.
    base_path: &'a str,
    style: String,
    script: String,
    /// That of a submission's page on the desk.
    desk_script: String,
    #[serde(flatten)]
    own: &'a T,
}

impl<'a> Page<'a> {
    pub(super) fn new(template: &'a str, title: &'a str) -> Self {
        let wrong = false;
        Self {
            template,
            title,
            wrong,
            retention: None,
            asks_name: None,
        }
    }

    /// It is about what is sent with this form.
    pub(super) fn about(self, definition: &Definition) -> Self {
        Self {
            retention: definition.retention,
            asks_name: Some(definition.asks_name()),
            ..self
        }
    }

    /// Whether it comes back because something is wrong. Its title says so first, because that is
    /// the first thing that a screen reader reads out.
    pub(super) fn wrong(self, wrong: bool) -> Self {
        Self { wrong, ..self }
    }

    pub(super) fn render(
        self,
        service: &Service,
        own: &impl Serialize,
    ) -> Result<String, TemplateError> {
        let versioned = |name: &str| {
            let version = service.templates.asset_version(name);
            format!("/assets/{name}?v={}", version.unwrap_or_default())
        };
        let error = if self.wrong { "Error: " } else { "" };
        let around = Around {
            page_title: format!("{error}{}", self.title),
            site: &service.config.site,
            reply_within: &service.config.reply_within,
            privacy: &service.config.privacy,
            retention: match &self.retention {
                Some(own) => span_in_words(own),
                None => service.config.retention_in_words(),
            },
            asks_name: (self.asks_name)
                .unwrap_or_else(|| service.forms.all().iter().any(|form| form.asks_name())),
            base_path: service.public_url.base_path(),
            style: versioned("style.css"),
            script: versioned("form.js"),
            desk_script: versioned("desk.js"),
            own,
        };
        service.templates.render(self.template, &around)
    }
}

/// The status of an outcome.
pub(super) fn status<T>(outcome: &Outcome<T>) -> StatusCode {
    StatusCode::from_u16(outcome.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// An answer that can be made away from the threads that answer.
#[derive(Debug)]
pub(super) enum Answer {
    Page(StatusCode, String),
    SeeOther(String),
    /// A page that says to come again after this time.
    Later(SignedDuration, String),
}

impl Answer {
    pub(super) fn into_response(self) -> HttpResponse {
        match self {
            Answer::Page(status, html) => HttpResponse::build(status).content_type(MIME).body(html),
            Answer::Later(wait, html) => HttpResponse::TooManyRequests()
                .insert_header((header::RETRY_AFTER, wait.as_secs().max(1)))
                .content_type(MIME)
                .body(html),
            Answer::SeeOther(address) => HttpResponse::SeeOther()
                .insert_header((header::LOCATION, address))
                .finish(),
        }
    }
}

impl Responder for Answer {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        self.into_response()
    }
}

/// A page as the answer.
pub(super) fn html(status: StatusCode, html: String) -> Answer {
    Answer::Page(status, html)
}

/// To another page, with `GET`. The path is as in the table of routes.
pub(super) fn see_other(address: impl Into<String>) -> Answer {
    Answer::SeeOther(address.into())
}
