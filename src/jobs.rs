//! The jobs beside the web: mail, publishing, drafts, search, lost links, the webhook, reports, upkeep; and the supervisor that keeps them going.
//!
//! Each is a `run_once` that does what there is to do and says when to come again. One that fails
//! or panics is counted, logged and tried again with growing pauses; the others go on meanwhile.

mod mail;
mod noted;
mod notices;
mod publishing;
mod upkeep;

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use jiff::Timestamp;
use tokio::sync::watch;

use crate::{
    service::{Service, ServiceError, Watched},
    store::Place,
};

/// How often a job looks for what other processes have changed.
const LOOK_AGAIN: Duration = Duration::from_secs(15);
/// How long changes are gathered before a job looks at them, so that many are one.
const GATHERED: Duration = Duration::from_millis(20);
/// The first pause after a failure; each further one is twice as long, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// So soon after its end a trouble of the store is known to be over, and the service ready again.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// When a job wants to come again.
enum Again {
    /// At this moment, or when the store has changed.
    At(Timestamp),
    /// When the store has changed.
    AfterChange,
    /// After this time, whatever happens.
    After(Duration),
}

type Stop = watch::Receiver<bool>;
type RunOnce = for<'a> fn(&'a Arc<Service>, &'a mut State, &'a Stop) -> Running<'a>;
type Running<'a> = BoxFuture<'a, Result<Again, ServiceError>>;

/// What a job remembers from one run to the next.
#[derive(Default)]
struct State {
    has_run: bool,
    /// When something was last looked at that is not looked at each time.
    looked: Option<Timestamp>,
    place: Place,
}

/// The jobs by name, as metrics show them.
const JOBS: [(&str, RunOnce); 8] = [
    ("mail", |service, state, stop| {
        mail::run_once(service, state, stop).boxed()
    }),
    ("publishing", |service, state, _| {
        publishing::run_once(service, state).boxed()
    }),
    ("drafts", |service, _, stop| {
        let secure = |service: &Service, now| Ok(service.store.secure_drafts(now)?);
        noted::run_once(service, secure, stop).boxed()
    }),
    ("search", |service, _, stop| {
        noted::run_once(service, |service, _| Ok(service.store.index_some()?), stop).boxed()
    }),
    ("links", |service, _, stop| {
        noted::run_once(service, Service::send_lost_links, stop).boxed()
    }),
    ("webhook", |service, state, stop| {
        notices::run_once(service, state, stop).boxed()
    }),
    ("report", |service, _, stop| {
        let report = |service: &Service, now| {
            service.look_who_has_left();
            service.store.look_for_closed_forms()?;
            service.report(now)?;
            service.write_digests(now).map(|()| None)
        };
        noted::run_once(service, report, stop).boxed()
    }),
    ("upkeep", |service, state, _| {
        upkeep::run_once(service, state).boxed()
    }),
];

/// Runs all jobs until `stop` says true; what is under way is finished first.
pub async fn run(service: Arc<Service>, stop: Stop) {
    let jobs = JOBS.map(|(name, run_once)| {
        let (service, stop) = (Arc::clone(&service), stop.clone());
        tokio::spawn(supervise(service, name, run_once, stop))
    });
    for job in jobs {
        if let Err(error) = job.await {
            tracing::error!(%error, "a job's supervisor ended early");
        }
    }
}

async fn supervise(service: Arc<Service>, name: &'static str, run_once: RunOnce, mut stop: Stop) {
    let mut state = State::default();
    let mut changes = service.store.changes();
    let mut failures = 0_u32;
    while !*stop.borrow() {
        changes.mark_unchanged();
        let running = AssertUnwindSafe(run_once(&service, &mut state, &stop)).catch_unwind();
        let again = match running.await {
            Ok(Ok(again)) => {
                failures = 0;
                service.watched.note(name, Watched::Good);
                again
            }
            wrong => {
                let cause = match wrong {
                    Ok(Err(error)) => error.for_the_log(),
                    _ => "it panicked; the panic stands above".to_owned(),
                };
                tracing::error!(job = name, cause, "a job failed and will be tried again");
                service.watched.note(name, Watched::Failed);
                let pause = FIRST_PAUSE * 2_u32.saturating_pow(failures.min(10));
                failures = failures.saturating_add(1);
                Again::After(pause.min(LONGEST_PAUSE))
            }
        };
        let (pause, heeds_changes) = match again {
            Again::At(then) => {
                let left = then.duration_since(Timestamp::now());
                let left = Duration::try_from(left).unwrap_or(Duration::ZERO);
                (left.min(LOOK_AGAIN), true)
            }
            Again::AfterChange => (LOOK_AGAIN, true),
            Again::After(pause) => (pause, false),
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = changes.changed(), if heeds_changes => tokio::time::sleep(GATHERED).await,
            _ = stop.changed() => {}
        }
    }
}
