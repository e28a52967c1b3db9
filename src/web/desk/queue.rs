//! The queue, with filters and search.

use std::collections::BTreeSet;

use actix_web::{HttpRequest, http::StatusCode, web::Data};
use jiff::Timestamp;
use serde::Serialize;
use strum::VariantArray;
use uuid::Uuid;

use super::{
    bulk,
    chart::{Chart, chart},
    list::{Due, List},
    live,
    words::{NextUp, by, since},
};
use crate::{
    service::Service,
    store::{self, Counts, Cursor, Sort, StoreError, Summary},
    submission::{Action, SignOffState, Stage, Submission},
    templates::TemplateError,
    text::{day_in_words, language},
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
    /// Who may look after something.
    editors: Vec<Choice>,
    /// The languages that submissions are written in, where there are several.
    languages: Vec<Choice>,
    /// Whether only what an editor has to see to is shown.
    problems: bool,
    /// What can be asked for of what has a time.
    dues: Vec<Choice>,
    sorts: Vec<Choice>,
    /// Whether anything is left out.
    is_narrowed: bool,
    /// How many match in all, where so many can be decided at once.
    matching: Option<usize>,
    /// How many can be decided at once.
    at_once: usize,
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
    /// Where what happens meanwhile is told.
    live: String,
    chart: Chart,
}

#[derive(Serialize)]
struct Count {
    name: &'static str,
    label: &'static str,
    count: usize,
}

#[derive(Serialize)]
struct Choice {
    value: String,
    label: String,
    is_chosen: bool,
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
    is_duplicate: bool,
    is_merged: bool,
    mail_failed: usize,
    publish_error: bool,
    /// Whether an update by the campaigner waits.
    addendum: bool,
    /// What stands between it and the blog, where that is the campaigner's agreement.
    sign_off: &'static str,
    ordered: bool,
    /// The day by which to answer a request to take it off the blog.
    take_down_by: Option<String>,
    changed: bool,
    /// Who looks after it.
    assigned: String,
    next_up: Option<NextUp>,
    /// How long it waits, where that is too long.
    late: Option<String>,
    /// The date of its post, where that is the order.
    date: String,
    tick: bool,
}

/// What the address of the queue asks for.
#[derive(Default)]
struct Asked {
    list: List,
    after: Option<Cursor>,
    notice: String,
}

impl Asked {
    fn parse(service: &Service, query: &str, signed_in: &SignedIn) -> Self {
        let mut asked = Self {
            list: List::parse(service, query, signed_in),
            ..Self::default()
        };
        let (mut action, mut done) = (String::new(), String::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "after" => asked.after = value.parse().ok(),
                "done" => done = value.into_owned(),
                "action" => action = value.into_owned(),
                _ => {}
            }
        }
        if !done.is_empty() {
            asked.notice = bulk::notice(&action, &done);
        }
        asked
    }
}

/// `GET /desk`.
pub(in crate::web) async fn page(
    service: Data<Service>,
    request: HttpRequest,
    signed_in: SignedIn,
) -> Result<Answer, Error> {
    let asked = Asked::parse(&service, request.query_string(), &signed_in);
    service
        .blocking(move |service| {
            let shown = Shown::of(service, &asked)?;
            let page = render(service, &signed_in, &asked, &shown, Timestamp::now())?;
            Ok(html(StatusCode::OK, page))
        })
        .await
}

/// What the page is made of.
struct Shown {
    page: store::Page,
    counts: Counts,
    /// How many match in all, where that is counted.
    matching: Option<usize>,
}

impl Shown {
    fn of(service: &Service, asked: &Asked) -> Result<Self, StoreError> {
        let page = asked.list.page(service, asked.after, PAGE_SIZE)?;
        let is_all = asked.after.is_none() && page.next.is_none();
        Ok(Self {
            matching: match asked.list.q.is_empty() {
                _ if is_all => Some(page.summaries.len()),
                true => service.store.how_many(&asked.list.wanted)?,
                false => None,
            },
            page,
            counts: service.store.counts()?,
        })
    }
}

fn render(
    service: &Service,
    signed_in: &SignedIn,
    asked: &Asked,
    shown: &Shown,
    now: Timestamp,
) -> Result<String, TemplateError> {
    let list = &asked.list;
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
            is_duplicate: summary.is_duplicate,
            is_merged: summary.is_merged,
            mail_failed: summary.mail_failed,
            publish_error: summary.publish_error,
            addendum: summary.addendum,
            sign_off: summary.sign_off.map_or("", SignOffState::in_words),
            ordered: summary.ordered,
            take_down_by: summary
                .take_down_asked
                .map(|asked| service.answer_by(asked)),
            changed: summary.stage == Stage::Published && summary.to_publish,
            assigned: summary
                .assigned
                .as_ref()
                .map_or_else(String::new, |email| service.assigned_in_words(email)),
            next_up: NextUp::of(&summary.next_action, summary.due_on, service.day_of(now)),
            late: service.late_by(summary.stage, summary.since, now),
            date: match (list.wanted.sort, summary.date) {
                (Sort::Date, Some(date)) => day_in_words(date),
                _ => String::new(),
            },
            tick: summary.to_publish && !summary.ordered
                || [Action::Approve, Action::DeclineAsSpam]
                    .iter()
                    .any(|action| action.rule().after(summary.stage).is_some()),
        })
        .collect();
    let counts = Stage::VARIANTS
        .iter()
        // What looks like spam is spoken of only where there is some.
        .filter(|stage| {
            **stage != Stage::Quarantined
                || list.wanted.stage == Some(Stage::Quarantined)
                || shown.counts.in_stage(**stage) > 0
        })
        .map(|stage| Count {
            name: stage.name(),
            label: stage.label(),
            count: shown.counts.in_stage(*stage),
        })
        .collect();
    let own = QueuePage {
        editor: signed_in.editor.name.clone(),
        token: signed_in.token.clone(),
        notice: asked.notice.clone(),
        unreadable: shown
            .page
            .unreadable
            .iter()
            .map(ToString::to_string)
            .collect(),
        stage: list.wanted.stage.map_or("", Stage::name).to_owned(),
        form: list.wanted.form.clone().unwrap_or_default(),
        q: list.q.clone(),
        editors: service
            .config
            .editors
            .iter()
            .map(|one| Choice {
                is_chosen: list.wanted.assigned.as_ref() == Some(&one.email),
                value: one.email.clone(),
                label: one.name.clone(),
            })
            .collect(),
        languages: languages(&shown.counts, list.wanted.language.as_deref()),
        problems: list.wanted.has_problem,
        dues: Due::VARIANTS
            .iter()
            .map(|due| Choice {
                is_chosen: list.due == Some(*due),
                value: due.name().to_owned(),
                label: match due {
                    Due::Overdue => "Overdue",
                    Due::Week => "Due in 7 days",
                    Due::Late => "Late",
                }
                .to_owned(),
            })
            .collect(),
        sorts: Sort::VARIANTS
            .iter()
            .map(|sort| Choice {
                is_chosen: list.wanted.sort == *sort,
                value: sort.name().to_owned(),
                label: match sort {
                    Sort::Waiting => "Longest waiting",
                    Sort::Newest => "Newest",
                    Sort::Date => "Date of the post",
                    Sort::Due => "Due first",
                }
                .to_owned(),
            })
            .collect(),
        is_narrowed: list.is_narrowed(),
        matching: shown
            .matching
            .filter(|matching| *matching <= bulk::MOST_AT_ONCE),
        at_once: bulk::MOST_AT_ONCE,
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
        is_first: asked.after.is_none(),
        next: shown.page.next.map(|next| next.to_string()),
        query: list.query(),
        live: format!("/desk/events?seen={}", live::seen(&shown.counts)),
        chart: chart(&shown.counts, now),
    };
    Page::new("desk.html", "The queue").render(service, &own)
}

/// The languages to choose from, by their names; none where all is in one.
fn languages(counts: &Counts, wanted: Option<&str>) -> Vec<Choice> {
    let mut tags: BTreeSet<&str> = counts.languages().collect();
    tags.extend(wanted);
    if tags.len() < 2 {
        return Vec::new();
    }
    let mut languages: Vec<Choice> = tags
        .into_iter()
        .map(|tag| Choice {
            value: tag.to_owned(),
            label: language::name(tag),
            is_chosen: wanted == Some(tag),
        })
        .collect();
    languages.sort_by_cached_key(|one| one.label.to_lowercase());
    languages
}

pub(super) fn try_pages(service: &Service, sample: &Submission) -> Result<(), TemplateError> {
    let mut shown = Shown {
        page: store::Page::default(),
        counts: Counts::default(),
        matching: Some(1),
    };
    for summaries in [vec![], vec![Summary::of(sample, &service.forms)]] {
        shown.page.summaries = summaries;
        let (asked, now) = (Asked::default(), Timestamp::UNIX_EPOCH);
        render(service, &SignedIn::sample(), &asked, &shown, now)?;
    }
    Ok(())
}
