//! The queue, with filters and search.

use std::sync::Arc;

use actix_web::{HttpRequest, http::StatusCode, web::Data};
use jiff::Timestamp;
use serde::Serialize;
use strum::VariantArray;
use uuid::Uuid;

use super::{
    bulk,
    chart::{Chart, chart},
    words::{by, since},
};
use crate::{
    queue::{Listing, Summary},
    service::{Service, ServiceError},
    submission::{Action, Stage, Submission},
    templates::TemplateError,
    text::clean::clean,
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
    form: String,
    q: String,
    /// Name and title of each form, where there are several.
    forms: Vec<(String, String)>,
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
    by: String,
    /// The form's title, where there are several.
    form: String,
    stage: &'static str,
    label: &'static str,
    waited: String,
    last_by: String,
    mail_failed: usize,
    publish_error: bool,
    changed: bool,
    tick: bool,
}

/// What the address of the queue asks for.
#[derive(Default)]
struct Filter {
    stage: Option<Stage>,
    form: String,
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
                "stage" => filter.stage = value.parse().ok(),
                "form" => filter.form = value.into_owned(),
                "q" => filter.q = clean(&value).chars().take(200).collect(),
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
        for (name, value) in [("form", &self.form), ("q", &self.q)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
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
        .filter(|summary| filter.form.is_empty() || summary.form == filter.form)
        .filter(|summary| words.iter().all(|word| summary.search_text.contains(word)))
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
            by: summary.by.clone(),
            form: match service.forms.all() {
                [_] => String::new(),
                _ => service.forms.of(&summary.form).title.clone(),
            },
            stage: summary.stage.name(),
            label: summary.stage.label(),
            waited: since(summary.stage.is_end(), summary.since, now),
            last_by: by(service, &summary.last_actor).to_owned(),
            mail_failed: summary.mail_failed,
            publish_error: summary.publish_error,
            changed: summary.stage == Stage::Published && summary.to_publish,
            tick: summary.to_publish
                || [Action::Approve, Action::DeclineAsSpam]
                    .iter()
                    .any(|action| action.rule().after(summary.stage).is_some()),
        })
        .collect();
    let counts = Stage::VARIANTS
        .iter()
        .map(|stage| Count {
            name: stage.name(),
            label: stage.label(),
            count: listing
                .summaries
                .iter()
                .filter(|summary| summary.stage == *stage)
                .count(),
        })
        .collect();
    let own = QueuePage {
        editor: signed_in.editor.name.clone(),
        token: signed_in.token.clone(),
        notice: filter.notice.clone(),
        unreadable: listing.unreadable.iter().map(ToString::to_string).collect(),
        stage: filter.stage.map_or("", Stage::name).to_owned(),
        form: filter.form.clone(),
        q: filter.q.clone(),
        forms: match service.forms.all() {
            [_] => Vec::new(),
            several => several
                .iter()
                .map(|form| (form.name.clone(), form.title.clone()))
                .collect(),
        },
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
    for summaries in [vec![], vec![Arc::new(Summary::of(sample, &service.forms))]] {
        listing.summaries = summaries;
        let (filter, now) = (Filter::default(), Timestamp::UNIX_EPOCH);
        render(service, &SignedIn::sample(), &filter, &listing, now)?;
    }
    Ok(())
}
