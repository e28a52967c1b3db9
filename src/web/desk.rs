//! The desk: the queue here, and below it one submission, decisions with their letters, and editing.

mod decide;
mod edit;
mod review;

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Payload},
};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::{
    Service, Stage, TemplateError, error,
    guard::{self, FormBody},
    sign_in::{self, SignedIn},
};
use crate::{
    case_study,
    queue::{Listing, Summary},
    submission::{Editor, Party, Submission, Verb},
};

pub(super) use decide::{act, several};
pub(super) use edit::{edit, save};
pub(super) use review::{download, patch, review};

const PAGE_SIZE: usize = 50;
const WEEKS: i64 = 12;

/// Who has sent a form of the desk, and what is in it.
async fn posted(
    request: &HttpRequest,
    payload: Payload,
) -> Result<(SignedIn, FormBody), HttpResponse> {
    match sign_in::signed_in(request) {
        Some(signed_in) => Ok((signed_in, guard::read_desk_form(request, payload).await?)),
        None => Err(error::nothing_here(request.clone()).await),
    }
}

fn waited(since: Timestamp, now: Timestamp) -> String {
    let hours = now.duration_since(since).as_hours().max(0);
    match (hours, hours / 24) {
        (0, _) => "for less than an hour".to_owned(),
        (1, _) => "for an hour".to_owned(),
        (_, 0) => format!("for {hours} hours"),
        (_, 1) => "for a day".to_owned(),
        (_, days) => format!("for {days} days"),
    }
}

fn day(at: Timestamp) -> String {
    at.strftime("%-d %B %Y, %H:%M UTC").to_string()
}

fn by(party: &Party) -> &str {
    match party {
        Party::Campaigner => "the campaigner",
        Party::Editor(name) => name,
        Party::Time => "the service",
    }
}

#[derive(Serialize)]
struct Desk {
    editor: String,
    token: String,
    notice: String,
    unreadable: Vec<String>,
    stage: String,
    q: String,
    total: usize,
    has_checkout: bool,
    counts: Vec<Count>,
    entries: Vec<Entry>,
    page: usize,
    pages: usize,
    query: String,
    chart: Chart,
}

#[derive(Serialize)]
struct Count {
    name: &'static str,
    label: &'static str,
    count: usize,
}

#[derive(Serialize)]
struct Entry {
    id: Uuid,
    version: u64,
    title: String,
    organisation: String,
    stage: &'static str,
    label: &'static str,
    waited: String,
    last_by: String,
    letters_failed: usize,
    trouble: bool,
    changed: bool,
    tick: bool,
}

#[derive(Serialize)]
struct Chart {
    text: String,
    weeks: Vec<Week>,
}

#[derive(Serialize)]
struct Week {
    x: usize,
    in_y: usize,
    in_height: usize,
    out_y: usize,
    out_height: usize,
}

/// What the address of the queue asks for.
#[derive(Default)]
struct Filter {
    stage: Option<Stage>,
    q: String,
    page: usize,
    notice: String,
}

impl Filter {
    fn parse(query: &str) -> Self {
        let mut filter = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "stage" => filter.stage = Stage::ALL.into_iter().find(|s| s.name() == value),
                "q" => filter.q = case_study::clean(&value).chars().take(200).collect(),
                "page" => filter.page = value.parse().unwrap_or(1),
                "done" => filter.notice = outcome(&value),
                _ => {}
            }
        }
        filter
    }

    fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(stage) = self.stage {
            query.append_pair("stage", stage.name());
        }
        if !self.q.is_empty() {
            query.append_pair("q", &self.q);
        }
        match query.finish() {
            query if query.is_empty() => query,
            query => query + "&",
        }
    }
}

/// `3-1`: three done, one not.
fn outcome(counts: &str) -> String {
    let mut numbers = counts
        .split('-')
        .map(|number| number.parse::<u32>().unwrap_or(0));
    let (done, left) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    match left {
        0 if done == 0 => "Nothing was picked.".to_owned(),
        0 => format!("Done for {done}."),
        _ => format!(
            "Done for {done}. Not for {left}: somebody has changed them meanwhile, their stage does not allow it, or they could not be published; then the reason stands on their pages."
        ),
    }
}

/// `GET /desk`.
pub(super) async fn queue(service: Data<Service>, request: HttpRequest) -> HttpResponse {
    let Some(signed_in) = sign_in::signed_in(&request) else {
        return error::nothing_here(request).await;
    };
    let filter = Filter::parse(request.query_string());
    let listed = service
        .clone()
        .into_inner()
        .blocking(|service| service.queue.list())
        .await;
    let listing = match listed {
        Ok(Ok(listing)) => listing,
        Ok(Err(cause)) => return error::internal(&request, &cause),
        Err(cause) => return error::internal(&request, &cause),
    };
    let own = desk(&service, &signed_in, &filter, &listing, Timestamp::now());
    error::rendered(
        &request,
        StatusCode::OK,
        service.page("desk.html", "The queue", own),
    )
}

fn desk(
    service: &Service,
    signed_in: &SignedIn,
    filter: &Filter,
    listing: &Listing,
    now: Timestamp,
) -> Desk {
    let words: Vec<String> = filter
        .q
        .to_lowercase()
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    let mut found: Vec<&Summary> = listing
        .summaries
        .iter()
        .map(AsRef::as_ref)
        .filter(|summary| filter.stage.is_none_or(|stage| summary.stage == stage))
        .filter(|summary| words.iter().all(|word| summary.haystack.contains(word)))
        .collect();
    // Those that wait for us come first, those that have waited longest before the others.
    found.sort_by_key(|summary| (summary.stage.is_end(), summary.since, summary.id));
    let pages = found.len().div_ceil(PAGE_SIZE).max(1);
    let page = filter.page.clamp(1, pages);
    let entries = found
        .iter()
        .skip((page - 1) * PAGE_SIZE)
        .take(PAGE_SIZE)
        .map(|summary| Entry {
            id: summary.id,
            version: summary.version,
            title: summary.title.clone(),
            organisation: summary.organisation.clone(),
            stage: summary.stage.name(),
            label: summary.stage.label(),
            waited: waited(summary.since, now),
            last_by: by(&summary.last_by).to_owned(),
            letters_failed: summary.letters_failed,
            trouble: summary.trouble,
            changed: summary.stage == Stage::Published && summary.to_publish,
            tick: summary.to_publish
                || summary.stage.after(Verb::Approve).is_some()
                || summary.stage.after(Verb::DeclineAsSpam).is_some(),
        })
        .collect();
    let counts = Stage::ALL
        .into_iter()
        .map(|stage| Count {
            name: stage.name(),
            label: stage.label(),
            count: listing
                .summaries
                .iter()
                .filter(|summary| summary.stage == stage)
                .count(),
        })
        .collect();
    Desk {
        editor: signed_in.editor.name.clone(),
        token: signed_in.token.clone(),
        notice: filter.notice.clone(),
        unreadable: listing.unreadable.iter().map(ToString::to_string).collect(),
        stage: filter.stage.map_or("", Stage::name).to_owned(),
        q: filter.q.clone(),
        total: listing.summaries.len(),
        has_checkout: service.blog.has_checkout(),
        counts,
        entries,
        page,
        pages,
        query: filter.query(),
        chart: chart(listing, now),
    }
}

fn chart(listing: &Listing, now: Timestamp) -> Chart {
    let mut counts = vec![(0_usize, 0_usize); WEEKS as usize];
    let week = |at: Timestamp| {
        let weeks_ago = now.duration_since(at).as_hours() / (7 * 24);
        usize::try_from(WEEKS - 1 - weeks_ago).ok()
    };
    for summary in &listing.summaries {
        if let Some(count) = week(summary.received).and_then(|week| counts.get_mut(week)) {
            count.0 += 1;
        }
        let is_out = summary.stage.is_end() || summary.stage == Stage::Approved;
        if let Some(count) = week(summary.since)
            .filter(|_| is_out)
            .and_then(|week| counts.get_mut(week))
        {
            count.1 += 1;
        }
    }
    let most = counts
        .iter()
        .map(|(a, b)| *a.max(b))
        .max()
        .unwrap_or(0)
        .max(1);
    let height = |count: usize| count * 90 / most;
    let weeks = counts
        .iter()
        .enumerate()
        .map(|(index, (came, went))| Week {
            x: index * 30 + 3,
            in_y: 100 - height(*came),
            in_height: height(*came),
            out_y: 100 - height(*went),
            out_height: height(*went),
        })
        .collect();
    let sum = |pick: fn(&(usize, usize)) -> usize| counts.iter().map(pick).sum::<usize>();
    let last = counts.last().copied().unwrap_or_default();
    Chart {
        text: format!(
            "In twelve weeks {} came in and {} were decided or withdrawn; this week {} and {}.",
            sum(|count| count.0),
            sum(|count| count.1),
            last.0,
            last.1
        ),
        weeks,
    }
}

/// Renders every page of the desk with samples; see [`Service::try_pages`].
pub(super) fn try_pages(service: &Service, submission: &Submission) -> Result<(), TemplateError> {
    let signed_in = SignedIn {
        editor: Editor {
            name: "Sample".into(),
            email: "sample@example.org".into(),
        },
        token: "0123".into(),
    };
    let mut listing = Listing::default();
    for summaries in [vec![], vec![Arc::new(Summary::of(submission))]] {
        listing.summaries = summaries;
        let own = desk(
            service,
            &signed_in,
            &Filter::default(),
            &listing,
            Timestamp::UNIX_EPOCH,
        );
        service.page("desk.html", "The queue", own)?;
    }
    review::try_page(service, &signed_in, submission, &listing)?;
    edit::try_page(service, &signed_in, submission)?;
    decide::try_pages(service, submission)
}
