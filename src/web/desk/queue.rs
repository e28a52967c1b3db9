//! The queue, with filters and search.

use std::sync::Arc;

use actix_web::{HttpRequest, http::StatusCode, web::Data};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::{
    bulk,
    chart::{Chart, chart},
    words::{by, since},
};
use crate::{
    queue::{Listing, Summary},
    service::{Service, ServiceError},
    submission::{Stage, Submission, Verb},
    templates::TemplateError,
    web::{
        answer::{Answer, Page, html},
        errors::Error,
        session::SignedIn,
    },
};

const PAGE_SIZE: usize = 50;

#[derive(Serialize)]
struct QueuePage {
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
        let (mut action, mut done) = (String::new(), String::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "stage" => filter.stage = Stage::ALL.into_iter().find(|s| s.name() == value),
                "q" => {
                    filter.q = crate::text::clean::clean(&value)
                        .chars()
                        .take(200)
                        .collect()
                }
                "page" => filter.page = value.parse().unwrap_or(1),
                "done" => done = value.into_owned(),
                "action" => action = value.into_owned(),
                _ => {}
            }
        }
        if !done.is_empty() {
            filter.notice = bulk::notice(&action, &done);
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

/// `GET /desk`.
pub(in crate::web) async fn page(
    service: Data<Service>,
    request: HttpRequest,
    signed_in: SignedIn,
) -> Result<Answer, Error> {
    let filter = Filter::parse(request.query_string());
    let listing = service
        .blocking(|service| service.queue.list().map_err(ServiceError::from))
        .await?;
    let page = render(&service, &signed_in, &filter, &listing, Timestamp::now())?;
    Ok(html(StatusCode::OK, page))
}

fn render(
    service: &Service,
    signed_in: &SignedIn,
    filter: &Filter,
    listing: &Listing,
    now: Timestamp,
) -> Result<String, TemplateError> {
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
            waited: since(summary.stage.is_end(), summary.since, now),
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
    let own = QueuePage {
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
    };
    Page::new("desk.html", "The queue").render(service, &own)
}

pub(super) fn try_pages(service: &Service, sample: &Submission) -> Result<(), TemplateError> {
    let mut listing = Listing::default();
    for summaries in [vec![], vec![Arc::new(Summary::of(sample))]] {
        listing.summaries = summaries;
        let (filter, now) = (Filter::default(), Timestamp::UNIX_EPOCH);
        render(service, &SignedIn::sample(), &filter, &listing, now)?;
    }
    Ok(())
}
