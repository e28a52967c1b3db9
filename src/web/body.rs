//! Reading a form post: limits and damage must not cost anybody's words.

use std::{pin::Pin, sync::Arc, time::Duration};

use actix_multipart::Multipart;
use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    http::header::{self, HeaderMap},
    web::{Bytes, Data},
};
use futures_util::StreamExt;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

use super::errors::Error;
use crate::{picture::LARGEST_FILE, service::Service};

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
/// The same of one with a file.
const FILE_TIMEOUT: Duration = Duration::from_secs(600);
const SLOWEST: u64 = 200;
/// The same of a large one, which takes room from others.
const SLOWEST_LARGE: u64 = 5_000;
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

/// The room that all large bodies together have while they are read, and how long one waits for it.
const ROOM: usize = 48 << 20;
const WAITS: Duration = Duration::from_secs(20);

/// The turns of large bodies: so many at once cost memory and time.
pub(super) struct Turns {
    /// To be worked on.
    work: Arc<Semaphore>,
    /// In kilobytes, to be read.
    room: Arc<Semaphore>,
}

impl Turns {
    pub(super) fn new() -> Self {
        Self {
            work: Arc::new(Semaphore::new(AT_ONCE)),
            room: Arc::new(Semaphore::new(ROOM >> 10)),
        }
    }
}

/// Waits for a turn, for a while.
async fn turn(turns: &Arc<Semaphore>, many: usize) -> Result<OwnedSemaphorePermit, Error> {
    let many = u32::try_from(many).unwrap_or(u32::MAX);
    let waiting = tokio::time::timeout(WAITS, Arc::clone(turns).acquire_many_owned(many));
    let turn = waiting.await.map_err(|_| Error::Busy)?;
    turn.map_err(|_| Error::Busy)
}

/// What an extractor answers that reads the body.
pub(super) type Reading<T> = Pin<Box<dyn Future<Output = Result<T, Error>>>>;

/// A form post as it came.
pub(super) struct FormBody {
    pairs: Vec<(String, String)>,
    /// Files that are not empty, each by the name of its input.
    files: Vec<(String, Vec<u8>)>,
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

    /// The file of the input of this name.
    pub(super) fn file(&self, name: &str) -> Option<&[u8]> {
        let found = self.files.iter().find(|(key, _)| key == name)?;
        Some(&found.1)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|(key, _)| key == name)
    }

    pub(super) fn has_files(&self) -> bool {
        !self.files.is_empty()
    }

    /// For trying templates.
    pub(super) fn sample(pairs: &[(&str, &str)]) -> Self {
        let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        Self {
            pairs: pairs.iter().map(owned).collect(),
            files: Vec::new(),
            damaged: false,
            _turn: None,
        }
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
        let kind = kind(request);
        let longest = request
            .app_data::<Data<Service>>()
            .map_or(0, |service| service.forms.most_characters());
        let mut limit = (longest * CHARACTER).clamp(BODY_LIMITS.0, BODY_LIMITS.1) as usize;
        let mut timeout = BODY_TIMEOUT;
        if let Kind::Parts = kind {
            limit += LARGEST_FILE;
            timeout = FILE_TIMEOUT;
        }
        let head = request.head().headers().clone();
        let most = usize::try_from(longest * 2 + SLACK).unwrap_or(usize::MAX);
        let Some(turns) = request.app_data::<Data<Turns>>().cloned() else {
            return Box::pin(std::future::ready(Err(Error::NotSetUp)));
        };
        let announced = request.headers().get(header::CONTENT_LENGTH);
        let announced = announced.and_then(|length| length.to_str().ok()?.parse().ok());
        let payload = payload.take();
        Box::pin(async move {
            let expected = announced.unwrap_or(limit).min(limit);
            let is_form = !matches!(kind, Kind::Other);
            let reading = read(is_form, limit, expected, &turns.room, payload);
            let reading = tokio::time::timeout(timeout, reading);
            let read = reading.await.map_err(|_| Error::TooSlow)?;
            // Words alone do not come to that: it is the file.
            let (body, _room) = read.map_err(|error| match (error, &kind) {
                (Error::TooLong { close }, Kind::Parts) => Error::FileTooLarge { close },
                (error, _) => error,
            })?;
            let turn = match body.len() > LARGE {
                true => Some(turn(&turns.work, 1).await?),
                false => None,
            };
            let form = match kind {
                Kind::Parts => parts(&head, body, turn).await?,
                _ => parse(&body, turn),
            };
            let characters = form.pairs.iter().map(|(_, value)| value.chars().count());
            if form.pairs.len() >= MOST_INPUTS || characters.sum::<usize>() > most {
                return Err(Error::TooLong { close: false });
            }
            Ok(form)
        })
    }
}

/// The body, and the room that it takes where it is large: all of it is taken before more is read than
/// a small one has, so that those who have begun can end.
async fn read(
    is_form: bool,
    limit: usize,
    expected: usize,
    room: &Arc<Semaphore>,
    mut payload: Payload,
) -> Result<(Vec<u8>, Option<OwnedSemaphorePermit>), Error> {
    let mut body = Vec::new();
    let mut taken = None;
    let mut length = 0_usize;
    let mut begun = Instant::now();
    loop {
        let slowest = if length > LARGE {
            SLOWEST_LARGE
        } else {
            SLOWEST
        };
        let deadline = begun + PATIENCE + Duration::from_secs(length as u64 / slowest);
        let next = tokio::time::timeout_at(deadline, payload.next()).await;
        let Some(chunk) = next.map_err(|_| Error::TooSlow)? else {
            break;
        };
        let chunk = chunk.map_err(|_| Error::CutShort)?;
        length += chunk.len();
        if length > DRAIN_LIMIT {
            break;
        }
        if length <= limit && is_form {
            if taken.is_none() && length > LARGE {
                let waited = Instant::now();
                taken = Some(turn(room, (expected >> 10) + 1).await?);
                body.reserve_exact(expected.saturating_sub(body.len()));
                // Waiting for us is not the client's slowness.
                begun += waited.elapsed();
            }
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
    Ok((body, taken))
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
        files: Vec::new(),
        damaged: marks > 0 && marks > typed_marks(body),
        _turn: turn,
    }
}

/// How the inputs of a form post come.
enum Kind {
    Inputs,
    /// With files, RFC 7578.
    Parts,
    Other,
}

/// Files are taken only where there is a page of its own for whoever sends them.
fn kind(request: &HttpRequest) -> Kind {
    const WITH_FILES: [&str; 3] = [
        "/mine/{id}/{key}",
        "/mine/{id}/{key}/edit",
        "/desk/{id}/edit",
    ];
    let kind = request.content_type();
    let takes_files = || {
        let pattern = request.match_pattern();
        pattern.is_some_and(|it| WITH_FILES.iter().any(|page| it.ends_with(page)))
    };
    if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        Kind::Inputs
    } else if kind.eq_ignore_ascii_case("multipart/form-data") && takes_files() {
        Kind::Parts
    } else {
        Kind::Other
    }
}

/// Reads a form post with files.
async fn parts(
    head: &HeaderMap,
    body: Vec<u8>,
    turn: Option<OwnedSemaphorePermit>,
) -> Result<FormBody, Error> {
    const CHUNK: usize = 16 << 10;
    let body = Bytes::from(body);
    let chunks = (0..body.len()).step_by(CHUNK);
    let chunks = chunks.map(move |at| Ok(body.slice(at..body.len().min(at + CHUNK))));
    let chunks: Vec<_> = chunks.collect();
    let mut parts = Multipart::new(head, futures_util::stream::iter(chunks));
    let (mut pairs, mut files, mut damaged) = (Vec::new(), Vec::new(), false);
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(|_| Error::NotAForm)?;
        let name = part.name().unwrap_or_default().to_owned();
        let is_file = part
            .content_disposition()
            .is_some_and(|it| it.get_filename().is_some());
        let bytes = part.bytes(usize::MAX).await;
        let bytes = bytes.map_err(|_| Error::NotAForm)?;
        let bytes = bytes.map_err(|_| Error::CutShort)?;
        if is_file {
            if !bytes.is_empty() {
                files.push((name, bytes.to_vec()));
            }
        } else if pairs.len() < MOST_INPUTS {
            let text = String::from_utf8_lossy(&bytes);
            damaged |= std::str::from_utf8(&bytes).is_err();
            pairs.push((name, text.into_owned()));
        }
    }
    Ok(FormBody {
        pairs,
        files,
        damaged,
        _turn: turn,
    })
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
