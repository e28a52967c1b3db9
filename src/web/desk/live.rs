//! What happens while a page of the desk is open, as server-sent events (WHATWG HTML, section 9.2):
//! the queue's counts, who else has a submission in sight, and that somebody has changed it. Pages
//! are whole without.
//!
//! An event is sent when the store has changed and what the page would say differs from before. A
//! stream ends with its session, and with the service.

use std::{collections::BTreeMap, convert::Infallible, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, header},
    web::{Bytes, Data},
};
use futures_util::stream;
use jiff::Timestamp;
use serde::Serialize;
use strum::VariantArray;
use tokio::{
    runtime::Handle,
    sync::watch,
    time::{Instant, sleep, sleep_until},
};
use uuid::Uuid;

use crate::{
    service::{Service, ServiceError},
    store::Counts,
    submission::{Actor, Editor, Stage},
    web::{
        errors::Error,
        links::Reference,
        session::{self, SignedIn},
    },
};

/// How long changes are gathered before a page is told of them.
const GATHERED: Duration = Duration::from_secs(1);
/// How often a stream says that it is there, so that one whose page is gone ends; shorter than what
/// proxies wait for, and than what [`store::IN_SIGHT`](crate::store::IN_SIGHT) lasts.
const BEAT: Duration = Duration::from_secs(20);
/// How long a browser waits before it asks again, in milliseconds.
const AGAIN: u32 = 5_000;

/// Tells that the service is to stop, which waits for every answer that is not finished.
pub(in crate::web) struct Stopping(pub(in crate::web) watch::Receiver<bool>);

/// `GET /desk/events`: `seen` says what the page shows, as [`seen`] writes it.
pub(in crate::web) async fn queue(
    service: Data<Service>,
    stopping: Data<Stopping>,
    request: HttpRequest,
    signed_in: SignedIn,
) -> HttpResponse {
    let seen = named(&request, "seen");
    let seen = seen.split('.').map(|count| count.parse().unwrap_or(0));
    let subject = Subject::Queue {
        seen: seen.collect(),
    };
    answer(
        &request,
        Live::new(service, &stopping, &request, signed_in, subject),
    )
}

/// `GET /desk/{id}/events`: `version` says which version the page shows.
pub(in crate::web) async fn submission(
    service: Data<Service>,
    stopping: Data<Stopping>,
    request: HttpRequest,
    signed_in: SignedIn,
    Reference(id): Reference,
) -> Result<HttpResponse, Error> {
    let shown = named(&request, "version").parse();
    let there = move |service: &Service| service.store.get(id);
    let there = service.blocking(move |service| Ok::<_, ServiceError>(there(service)?));
    let there = there.await?.ok_or(Error::NotFound)?;
    let subject = Subject::Submission {
        id,
        shown: shown.unwrap_or(there.version),
    };
    Ok(answer(
        &request,
        Live::new(service, &stopping, &request, signed_in, subject),
    ))
}

fn named(request: &HttpRequest, wanted: &str) -> String {
    let mut parts = form_urlencoded::parse(request.query_string().as_bytes());
    let part = parts.find(|(name, _)| name == wanted);
    part.map_or_else(String::new, |(_, value)| value.into_owned())
}

fn answer(request: &HttpRequest, live: Live) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response
        .content_type("text/event-stream")
        // nginx would keep events back until it has many.
        .insert_header(("x-accel-buffering", "no"))
        .insert_header((header::CACHE_CONTROL, "no-store"));
    if request.method() == Method::HEAD {
        return response.finish();
    }
    response.streaming(stream::unfold(live, |mut live| async {
        let piece = live.next().await?;
        Some((Ok::<_, Infallible>(piece), live))
    }))
}

/// How many submissions stand in each stage, as the address of a page's events has it.
pub(super) fn seen(counts: &Counts) -> String {
    let counts = in_stages(counts).map(|count| count.to_string());
    counts.collect::<Vec<_>>().join(".")
}

fn in_stages(counts: &Counts) -> impl Iterator<Item = usize> {
    Stage::VARIANTS.iter().map(|stage| counts.in_stage(*stage))
}

/// What a page is about.
#[derive(Clone)]
enum Subject {
    /// The queue; how many the page shows in each stage.
    Queue { seen: Vec<usize> },
    /// A submission in the version that the page shows.
    Submission { id: Uuid, shown: u64 },
}

/// What is said of it.
#[derive(Default, PartialEq, Serialize)]
struct Said {
    /// Sentences; empty where there is nothing to say.
    text: String,
    /// Whether the page is out of date.
    is_stale: bool,
    /// How many there are in each stage by its name, and in all.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    counts: BTreeMap<&'static str, usize>,
}

/// The events of one page.
struct Live {
    service: Data<Service>,
    subject: Subject,
    editor: Editor,
    session: Option<String>,
    /// Tells this page from others of the same editor.
    page: Uuid,
    changes: watch::Receiver<()>,
    stopping: watch::Receiver<bool>,
    beat: Instant,
    /// Whether something may have happened.
    looks: bool,
    /// Whether it is to be noted that the page is in sight.
    is_in_sight: bool,
    /// What was said last.
    said: Option<Said>,
}

impl Live {
    fn new(
        service: Data<Service>,
        stopping: &Stopping,
        request: &HttpRequest,
        signed_in: SignedIn,
        subject: Subject,
    ) -> Self {
        Self {
            session: session::of(&service, request),
            changes: service.store.changes(),
            service,
            subject,
            editor: signed_in.editor,
            page: Uuid::now_v7(),
            stopping: stopping.0.clone(),
            beat: Instant::now() + BEAT,
            looks: true,
            is_in_sight: true,
            said: None,
        }
    }

    /// What is to be sent next; `None` at the end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if *self.stopping.borrow() {
                return None;
            }
            if self.looks {
                self.looks = false;
                self.changes.mark_unchanged();
                // Where the store is away, the next beat looks again.
                let said = self.look().await.unwrap_or_default();
                if said != self.said && said.is_some() {
                    let event = event(said.as_ref(), self.said.is_none());
                    self.said = said;
                    return Some(event);
                }
            }
            tokio::select! {
                _ = self.stopping.changed() => return None,
                changed = self.changes.changed() => {
                    changed.ok()?;
                    sleep(GATHERED).await;
                    self.looks = true;
                }
                () = sleep_until(self.beat) => {
                    session::who(&self.service, self.session.clone()).await?;
                    self.beat = Instant::now() + BEAT;
                    (self.looks, self.is_in_sight) = (true, true);
                    return Some(Bytes::from_static(b": there\n\n"));
                }
            }
        }
    }

    /// What there is to say; `None` where the submission is gone.
    async fn look(&mut self) -> Result<Option<Said>, ServiceError> {
        let subject = self.subject.clone();
        let page = std::mem::take(&mut self.is_in_sight).then_some(self.page);
        let editor = self.editor.clone();
        let look = move |service: &Service| match &subject {
            Subject::Queue { seen } => Ok(Some(of_queue(seen, &service.store.counts()?))),
            Subject::Submission { id, shown } => of_submission(service, *id, *shown, page, &editor),
        };
        self.service.blocking(look).await
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let (Subject::Submission { .. }, Ok(runtime)) = (&self.subject, Handle::try_current())
        else {
            return;
        };
        let (service, page) = (self.service.clone(), self.page);
        runtime.spawn_blocking(move || {
            if let Err(error) = service.store.is_out_of_sight(page) {
                tracing::warn!(%error, "a page that is closed seems open for a minute");
            }
        });
    }
}

fn event(said: Option<&Said>, is_first: bool) -> Bytes {
    let said = said.and_then(|said| serde_json::to_string(said).ok());
    let said = said.unwrap_or_else(|| "{}".to_owned());
    let again = match is_first {
        true => format!("retry: {AGAIN}\n"),
        false => String::new(),
    };
    format!("{again}data: {said}\n\n").into()
}

fn of_queue(seen: &[usize], counts: &Counts) -> Said {
    let now: Vec<usize> = in_stages(counts).collect();
    let more = counts.all().saturating_sub(seen.iter().sum());
    let is_stale = now != seen;
    let text = match (is_stale, more) {
        (false, _) => "",
        (true, 0) => "Something here has changed.",
        (true, 1) => "A new submission has come in.",
        (true, _) => "New submissions have come in.",
    };
    let by_stage = Stage::VARIANTS.iter().map(|stage| stage.name());
    let mut counted: BTreeMap<_, _> = by_stage.zip(now).collect();
    counted.insert("all", counts.all());
    Said {
        text: text.to_owned(),
        is_stale,
        counts: counted,
    }
}

fn of_submission(
    service: &Service,
    id: Uuid,
    shown: u64,
    in_sight: Option<Uuid>,
    editor: &Editor,
) -> Result<Option<Said>, ServiceError> {
    let now = Timestamp::now();
    if let Some(page) = in_sight {
        service.store.has_in_sight(page, id, &editor.email, now)?;
    }
    let Some(submission) = service.store.get(id)? else {
        return Ok(None);
    };
    let others = service.store.others_looking(id, &editor.email, now)?;
    let others: Vec<&str> = others
        .iter()
        .map(|email| service.editor_name(email))
        .collect();
    let is_stale = submission.version > shown;
    let mut sentences = Vec::new();
    if is_stale {
        let last = submission.history.last();
        let who = match last.map(|event| &event.by) {
            Some(Actor::Campaigner) => "The campaigner has",
            Some(Actor::Editor(email)) if *email == editor.email => "You have",
            Some(Actor::Editor(email)) => &format!("{} has", service.editor_name(email)),
            Some(Actor::System) | None => "The service has",
        };
        sentences.push(format!("{who} changed this since you opened the page."));
    }
    match others.as_slice() {
        [] => {}
        [one] => sentences.push(format!("{one} is looking at this too.")),
        [most @ .., last] => sentences.push(format!(
            "{} and {last} are looking at this too.",
            most.join(", ")
        )),
    }
    Ok(Some(Said {
        text: sentences.join(" "),
        is_stale,
        counts: BTreeMap::new(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_says_what_is_new() {
        let none = Counts::default();
        assert_eq!(seen(&none).split('.').count(), Stage::VARIANTS.len());
        let now: Vec<usize> = in_stages(&none).collect();
        assert_eq!(of_queue(&now, &none).text, "");
        let mut before = now;
        before[0] = 1;
        let said = of_queue(&before, &none);
        assert!(said.is_stale);
        assert_eq!(said.text, "Something here has changed.");
    }
}
