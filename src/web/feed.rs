//! The queue as a feed (Atom, RFC 4287) for the feed reader of an editor, who has a key of their own
//! in its address.
//!
//! It holds what lists show and nothing private: titles, stages, and links to the desk, where one has
//! to sign in.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderValue},
    web::Data,
};
use sha2::{Digest, Sha256};

use super::errors::Error;
use crate::{
    service::Service,
    store::{StoreError, Summary},
    text::hex,
};

/// How many submissions it holds, the newest.
const MOST: usize = 50;

/// `GET /feed/{key}`.
pub(super) async fn page(
    service: Data<Service>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let key = request.match_info().get("key").unwrap_or_default();
    let key = key.to_owned();
    let feed = service
        .blocking(move |service| {
            if service.owner_of_feed(&key)?.is_none() {
                return Err(Error::NotFound);
            }
            Ok(feed(service, &service.store.newest_summaries(MOST)?))
        })
        .await?;
    let tag = format!("\"{}\"", hex(&Sha256::digest(feed.as_bytes())[..16]));
    let known = request.headers().get(header::IF_NONE_MATCH);
    let known = known.and_then(|known| known.to_str().ok());
    // A web server in front that compresses makes a weak tag of it.
    let is_known = |known: &str| {
        let mut tags = known.split(',').map(str::trim);
        tags.any(|known| known == "*" || known.trim_start_matches("W/") == tag)
    };
    let is_known = known.is_some_and(is_known);
    let mut response = match is_known {
        true => HttpResponse::NotModified(),
        false => HttpResponse::Ok(),
    };
    response
        .insert_header((header::ETAG, tag))
        .insert_header((
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-cache"),
        ))
        .content_type("application/atom+xml; charset=utf-8");
    Ok(match is_known {
        true => response.finish(),
        false => response.body(feed),
    })
}

impl Service {
    /// The key in the address of the feed of the editor with this mail address.
    pub(super) fn feed_key(&self, email: &str) -> Result<String, StoreError> {
        Ok(self.keys.sign(PURPOSE, &self.feed_text(email)?))
    }

    /// Which editor has this key; nobody who has left the desk.
    fn owner_of_feed(&self, key: &str) -> Result<Option<&str>, StoreError> {
        let editors = self.config.editors.iter().map(|it| it.email.as_str());
        for email in editors.filter(|email| self.editor(email).is_some()) {
            if self.keys.is_signed(PURPOSE, &self.feed_text(email)?, key) {
                return Ok(Some(email));
            }
        }
        Ok(None)
    }

    /// What the key is made of: whose it is, and how often it was changed for a new one.
    fn feed_text(&self, email: &str) -> Result<String, StoreError> {
        Ok(format!("{} {email}", self.store.feed_changed(email)?))
    }
}

/// Sets the keys of feeds apart from all else that the secret signs.
const PURPOSE: &str = "feed";

fn feed(service: &Service, summaries: &[Summary]) -> String {
    let desk = escaped(&format!("{}/desk", service.public_url));
    let site = escaped(&service.config.site.name);
    let updated = summaries.iter().map(|summary| summary.since).max();
    let updated = updated.unwrap_or_default();
    let entries: String = summaries
        .iter()
        .map(|summary| entry(service, &desk, summary))
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <feed xmlns=\"http://www.w3.org/2005/Atom\">\n\
         <id>{desk}</id>\n\
         <title>The queue: {site}</title>\n\
         <updated>{updated}</updated>\n\
         <author><name>{site}</name></author>\n\
         <link rel=\"alternate\" type=\"text/html\" href=\"{desk}\"/>\n\
         {entries}</feed>\n"
    )
}

fn entry(service: &Service, desk: &str, summary: &Summary) -> String {
    let (id, since, stage) = (summary.id, summary.since, summary.stage.name());
    let (title, label) = (escaped(&summary.title), escaped(summary.stage.label()));
    let form = escaped(&service.forms.of(&summary.form).title);
    let received = summary.received;
    format!(
        "<entry>\n\
         <id>urn:uuid:{id}</id>\n\
         <title type=\"text\">{title}</title>\n\
         <published>{received}</published>\n\
         <updated>{since}</updated>\n\
         <link rel=\"alternate\" type=\"text/html\" href=\"{desk}/{id}\"/>\n\
         <category term=\"{stage}\" label=\"{label}\"/>\n\
         <summary type=\"text\">{form}: {label}</summary>\n\
         </entry>\n"
    )
}

/// As text and attributes of XML have it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
