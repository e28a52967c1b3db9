//! The queue, with filters and search.

use actix_web::{HttpRequest, http::StatusCode, web::Data};
use jiff::Timestamp;
use serde::Serialize;
use strum::VariantArray;
use uuid::Uuid;

use super::{
    bulk,
    chart::{Chart, chart},
    words::{answer_by, by, since},
};
use crate::{
    service::Service,
    store::{self, Counts, Cursor, StoreError, Summary},
    submission::{Action, Stage, Submission},
    templates::TemplateError,
    text::{clean::clean, search::Query},
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
    has_repository: bool,
    /// How much mail was given up.
    mail_failed: usize,
    counts: Vec<Count>,
    entries: Vec<Entry>,
    is_first: bool,
    /// Where the next page begins, where there is one.
    next: Option<String>,
    /// The filter as the address has it.
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
    ordered: bool,
    /// The day by which to answer a request to take it off the blog.
    take_down_by: Option<String>,
    changed: bool,
    tick: bool,
}

/// What the address of the queue asks for.
#[derive(Default)]
struct Filter {
    wanted: store::Filter,
    q: String,
    after: Option<Cursor>,
    notice: String,
}

impl Filter {
    fn parse(query: &str) -> Self {
        let mut filter = Self::default();
        let (mut action, mut done) = (String::new(), String::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "stage" => filter.wanted.stage = value.parse().ok(),
                "form" if !value.is_empty() => filter.wanted.form = Some(value.into_owned()),
                "q" => filter.q = clean(&value).chars().take(200).collect(),
                "after" => filter.after = value.parse().ok(),
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
        if let Some(stage) = self.wanted.stage {
            query.append_pair("stage", stage.name());
        }
        if let Some(form) = &self.wanted.form {
            query.append_pair("form", form);
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
    service
        .blocking(move |service| {
            let shown = Shown::of(service, &filter)?;
            let page = render(service, &signed_in, &filter, &shown, Timestamp::now())?;
            Ok(html(StatusCode::OK, page))
        })
        .await
}

/// What the page is made of.
struct Shown {
    page: store::Page,
    counts: Counts,
}

impl Shown {
    fn of(service: &Service, filter: &Filter) -> Result<Self, StoreError> {
        let (wanted, after) = (&filter.wanted, filter.after);
        Ok(Self {
            page: match Query::parse(&filter.q) {
                Some(query) => service.store.search(&query, wanted, after, PAGE_SIZE)?,
                None => service.store.queue(wanted, after, PAGE_SIZE)?,
            },
            counts: service.store.counts()?,
        })
    }
}

fn render(
    service: &Service,
    signed_in: &SignedIn,
    filter: &Filter,
    shown: &Shown,
    now: Timestamp,
) -> Result<String, TemplateError> {
    let entries = shown
        .page
        .summaries
        .iter()
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
            ordered: summary.ordered,
            take_down_by: summary
                .take_down_asked
                .map(|asked| answer_by(service, asked)),
            changed: summary.stage == Stage::Published && summary.to_publish,
            tick: summary.to_publish && !summary.ordered
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
            count: shown.counts.in_stage(*stage),
        })
        .collect();
    let own = QueuePage {
        editor: signed_in.editor.name.clone(),
        token: signed_in.token.clone(),
        notice: filter.notice.clone(),
        unreadable: shown
            .page
            .unreadable
            .iter()
            .map(ToString::to_string)
            .collect(),
        stage: filter.wanted.stage.map_or("", Stage::name).to_owned(),
        form: filter.wanted.form.clone().unwrap_or_default(),
        q: filter.q.clone(),
        forms: match service.forms.all() {
            [_] => Vec::new(),
            several => several
                .iter()
                .map(|form| (form.name.clone(), form.title.clone()))
                .collect(),
        },
        total: shown.counts.all(),
        has_repository: service.blog.has_repository(),
        mail_failed: shown.counts.mail_failed(),
        counts,
        entries,
        is_first: filter.after.is_none(),
        next: shown.page.next.map(|next| next.to_string()),
        query: filter.query(),
        chart: chart(&shown.counts, now),
    };
    Page::new("desk.html", "The queue").render(service, &own)
}

pub(super) fn try_pages(service: &Service, sample: &Submission) -> Result<(), TemplateError> {
    let mut shown = Shown {
        page: store::Page::default(),
        counts: Counts::default(),
    };
    for summaries in [vec![], vec![Summary::of(sample, &service.forms)]] {
        shown.page.summaries = summaries;
        let (filter, now) = (Filter::default(), Timestamp::UNIX_EPOCH);
        render(service, &SignedIn::sample(), &filter, &shown, now)?;
    }
    Ok(())
}
