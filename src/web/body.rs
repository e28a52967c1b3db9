//! Reading a form post: limits and damage must not cost anybody's words.

use std::{pin::Pin, sync::Arc, time::Duration};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, web::Data};
use futures_util::StreamExt;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

use super::errors::Error;
use crate::service::Service;

/// The bytes that a character takes at most: four, each written as `%XX`.
const CHARACTER: u64 = 12;
/// The least and the most that is read of a form post. In between, the largest form that is within
/// its limits decides.
const BODY_LIMITS: (u64, u64) = (1 << 20, 4 << 20);
/// How much of a body that is too large is read and thrown away, so that the browser gets round
/// to reading our answer.
const DRAIN_LIMIT: usize = 32 << 20;
/// How long a body may take on a slow line, and how many bytes a second have to come on the average
/// after a while: a tenth of what the slowest mobile network brings.
const BODY_TIMEOUT: Duration = Duration::from_secs(90);
const SLOWEST: u64 = 200;
const PATIENCE: Duration = Duration::from_secs(15);
/// No form of ours has so many inputs.
const MOST_INPUTS: usize = 5_000;
/// What is typed comes back on pages, so of characters only somewhat more is taken than all fields
/// together take: so much that nobody who has written too much has to send it in parts.
const SLACK: u64 = 20_000;
/// A body longer than this waits for its turn before it is read as a form.
const LARGE: usize = 64 << 10;
/// So many large ones are worked on at once.
const AT_ONCE: usize = 2;

/// The turns of large bodies: so many at once cost memory and time.
pub(super) struct Turns(Arc<Semaphore>);

impl Turns {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

/// What an extractor answers that reads the body.
pub(super) type Reading<T> = Pin<Box<dyn Future<Output = Result<T, Error>>>>;

/// A form post as it came.
pub(super) struct FormBody {
    pairs: Vec<(String, String)>,
    /// Some of it was not UTF-8 and was replaced by U+FFFD.
    pub(super) damaged: bool,
    /// Held until it is worked on.
    _turn: Option<OwnedSemaphorePermit>,
}

impl FormBody {
    /// Name and value of each field, in the order of the form.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|(key, _)| key == name)
    }

    /// The first value of this name; empty where there is none.
    pub(super) fn first(&self, name: &str) -> &str {
        self.pairs
            .iter()
            .find(|(key, _)| key == name)
            .map_or("", |(_, value)| value)
    }

    /// The button that sent it. Where the Enter key sent it, which presses the first button of a
    /// form, a hidden one stands for the one that is meant.
    pub(super) fn button(&self) -> &str {
        match self.first("action") {
            "" => self.first("enter"),
            action => action,
        }
    }

    /// The version of the submission that the page showed.
    pub(super) fn version(&self) -> Option<u64> {
        self.first("version").parse().ok()
    }

    /// The revision that the fields of the page were filled with.
    pub(super) fn revision(&self) -> Option<usize> {
        self.first("revision").parse().ok()
    }
}

impl FromRequest for FormBody {
    type Error = Error;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_form = request
            .content_type()
            .eq_ignore_ascii_case("application/x-www-form-urlencoded");
        let longest = request
            .app_data::<Data<Service>>()
            .map_or(0, |service| service.forms.most_characters());
        let limit = (longest * CHARACTER).clamp(BODY_LIMITS.0, BODY_LIMITS.1) as usize;
        let most = usize::try_from(longest * 2 + SLACK).unwrap_or(usize::MAX);
        let turns = request.app_data::<Data<Turns>>();
        let turns = turns.map(|turns| Arc::clone(&turns.0));
        let payload = payload.take();
        Box::pin(async move {
            let reading = tokio::time::timeout(BODY_TIMEOUT, read(is_form, limit, payload));
            let body = reading.await.map_err(|_| Error::TooSlow)??;
            let turn = match turns {
                Some(turns) if body.len() > LARGE => turns.acquire_owned().await.ok(),
                _ => None,
            };
            let form = parse(&body, turn);
            let characters = form.pairs.iter().map(|(_, value)| value.chars().count());
            if form.pairs.len() >= MOST_INPUTS || characters.sum::<usize>() > most {
                return Err(Error::TooLong { close: false });
            }
            Ok(form)
        })
    }
}

async fn read(is_form: bool, limit: usize, mut payload: Payload) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    let mut length = 0_usize;
    let begun = Instant::now();
    loop {
        let expected = begun + PATIENCE + Duration::from_secs(length as u64 / SLOWEST);
        let next = tokio::time::timeout_at(expected, payload.next()).await;
        let Some(chunk) = next.map_err(|_| Error::TooSlow)? else {
            break;
        };
        let chunk = chunk.map_err(|_| Error::CutShort)?;
        length += chunk.len();
        if length > DRAIN_LIMIT {
            break;
        }
        if length <= limit && is_form {
            body.extend_from_slice(&chunk);
        }
    }
    if length > limit {
        let close = length > DRAIN_LIMIT;
        return Err(Error::TooLong { close });
    }
    if !is_form {
        return Err(Error::NotAForm);
    }
    Ok(body)
}

fn parse(body: &[u8], turn: Option<OwnedSemaphorePermit>) -> FormBody {
    let inputs = form_urlencoded::parse(body).into_owned();
    let pairs: Vec<(String, String)> = inputs.take(MOST_INPUTS).collect();
    let marks: usize = pairs
        .iter()
        .map(|(key, value)| key.matches('\u{fffd}').count() + value.matches('\u{fffd}').count())
        .sum();
    FormBody {
        pairs,
        damaged: marks > 0 && marks > typed_marks(body),
        _turn: turn,
    }
}

/// A person may well have typed the mark itself; every other one stands for damage.
fn typed_marks(body: &[u8]) -> usize {
    let escaped = body
        .windows(9)
        .filter(|bytes| bytes.eq_ignore_ascii_case(b"%EF%BF%BD"));
    let plain = body.windows(3).filter(|bytes| bytes == b"\xef\xbf\xbd");
    escaped.count() + plain.count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_told_from_a_mark_that_was_typed() {
        assert!(!parse("title=a%EF%BF%BDb&text=\u{fffd}".as_bytes(), None).damaged);
        assert!(parse(b"title=a%FFb", None).damaged);
        assert!(parse(b"title=a\xffb", None).damaged);
        assert!(parse(b"title=%ef%bf%bd%FF", None).damaged);
    }
}
