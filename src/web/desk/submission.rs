//! One submission: the post, the answers, history and mail, and what can be decided.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, http::StatusCode, web::Data};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::{
    history::{HistoryLine, LetterView, done, history_line, letter_view},
    publishing::PublishingView,
    typed::Typed,
    words::{by, day, since},
};
use crate::{
    blog::Blog,
    case_study::{Contact, FIELDS, Part},
    changes,
    post::Post,
    queue::Listing,
    service::Service,
    submission::{Stage, Submission, Verb},
    templates::TemplateError,
    text::differences::Change,
    web::{
        answer::{Answer, Notice, Page, html},
        errors::Error,
        links::Reference,
        session::SignedIn,
    },
};

/// Titles on the blog run to this many characters.
const LONGEST_TITLE: usize = 132;

#[derive(Serialize)]
struct SubmissionPage<'a> {
    editor: &'a str,
    token: &'a str,
    notice: Option<Notice>,
    /// Another one that waits to be reviewed.
    next: Option<Uuid>,
    id: Uuid,
    version: u64,
    title: &'a str,
    stage: &'static str,
    label: &'static str,
    waited: String,
    mend: Vec<String>,
    post: Post,
    draft: &'a str,
    offers: BTreeMap<&'static str, bool>,
    publishing: PublishingView<'a>,
    note: &'a str,
    letter: &'a str,
    note_fields: Vec<NoteField<'a>>,
    field_notes_open: bool,
    contact: Option<&'a Contact>,
    consent: ConsentView<'a>,
    answers: Vec<(String, String)>,
    versions: Vec<Version>,
    from: usize,
    to: usize,
    changes: Vec<Change>,
    history: Vec<HistoryLine>,
    letters: Vec<LetterView>,
}

#[derive(Serialize)]
struct NoteField<'a> {
    name: &'static str,
    label: &'static str,
    text: &'a str,
}

#[derive(Serialize)]
struct ConsentView<'a> {
    wording: &'a str,
    given: String,
}

#[derive(Serialize)]
struct Version {
    number: usize,
    text: String,
}

/// `GET /desk/{id}`.
pub(in crate::web) async fn page(
    service: Data<Service>,
    request: HttpRequest,
    signed_in: SignedIn,
    Reference(id): Reference,
) -> Result<Answer, Error> {
    let query = request.query_string().to_owned();
    service
        .blocking(move |service| {
            let submission = service.queue.get(id)?.ok_or(Error::NotFound)?;
            let editor = &signed_in.editor.name;
            let shown = Shown {
                notice: (query == "done").then(|| done(&submission, editor)),
                typed: Typed::default(),
                query,
            };
            let listing = service.queue.list()?;
            let page = render(service, &signed_in, &submission, &listing, &shown)?;
            Ok(html(StatusCode::OK, page))
        })
        .await
}

/// What a page of a submission shows besides it.
#[derive(Default)]
pub(super) struct Shown {
    pub(super) notice: Option<Notice>,
    pub(super) typed: Typed,
    /// Which revisions to compare, as the address says it.
    query: String,
}

/// The page after something was not done.
pub(super) async fn again(
    service: &Data<Service>,
    signed_in: SignedIn,
    id: Uuid,
    status: StatusCode,
    notice: Notice,
    typed: Typed,
) -> Result<Answer, Error> {
    service
        .blocking(move |service| {
            let submission = service.queue.get(id)?.ok_or(Error::NotFound)?;
            let page = render_wrong(service, &signed_in, &submission, notice, typed)?;
            Ok(html(status, page))
        })
        .await
}

/// The same, where the submission has been read already.
pub(super) fn render_wrong(
    service: &Service,
    signed_in: &SignedIn,
    submission: &Submission,
    notice: Notice,
    typed: Typed,
) -> Result<String, Error> {
    let shown = Shown {
        notice: Some(notice),
        typed,
        query: String::new(),
    };
    let listing = service.queue.list()?;
    Ok(render(service, signed_in, submission, &listing, &shown)?)
}

fn render(
    service: &Service,
    signed_in: &SignedIn,
    submission: &Submission,
    listing: &Listing,
    shown: &Shown,
) -> Result<String, TemplateError> {
    let last = submission.revisions.len() - 1;
    let asked = |name: &str| {
        form_urlencoded::parse(shown.query.as_bytes())
            .find(|(key, _)| key == name)
            .and_then(|(_, value)| value.parse::<usize>().ok())
            .filter(|number| *number <= last)
    };
    let (from, to) = (asked("from").unwrap_or(0), asked("to").unwrap_or(last));
    let now = Timestamp::now();
    let typed = &shown.typed;
    let own = SubmissionPage {
        editor: &signed_in.editor.name,
        token: &signed_in.token,
        notice: shown.notice,
        next: next_to_review(submission, listing),
        id: submission.id,
        version: submission.version,
        title: &submission.case_study().title,
        stage: submission.stage.name(),
        label: submission.stage.label(),
        waited: since(submission.stage.is_end(), submission.in_stage_since(), now),
        mend: to_mend(service, submission, listing),
        post: Post::preview(submission.case_study(), submission.editorial()),
        draft: &submission.draft,
        offers: Verb::ALL
            .into_iter()
            .filter(|verb| verb.is_for_editors())
            .map(|verb| {
                let offered = submission.stage.offers().any(|offered| offered == verb)
                    && (verb != Verb::Publish || submission.is_to_publish());
                (verb.name(), offered)
            })
            .collect(),
        publishing: PublishingView::of(service, submission, now),
        note: &typed.note,
        letter: &typed.letter,
        note_fields: FIELDS
            .iter()
            .filter(|field| field.part != Part::You)
            .map(|field| NoteField {
                name: field.name,
                label: field.label,
                text: typed.at_fields.get(field.name).map_or("", String::as_str),
            })
            .collect(),
        field_notes_open: !typed.at_fields.is_empty(),
        contact: submission.contact.as_ref(),
        consent: ConsentView {
            wording: &submission.consent.wording,
            given: day(submission.consent.given),
        },
        answers: changes::fields(&submission.revisions[last]),
        versions: submission
            .revisions
            .iter()
            .enumerate()
            .map(|(number, revision)| Version {
                number,
                text: format!(
                    "{} – {}, {}",
                    number + 1,
                    by(&revision.by),
                    day(revision.at)
                ),
            })
            .collect(),
        from,
        to,
        changes: changes::between(&submission.revisions[from], &submission.revisions[to]),
        history: submission.history.iter().map(history_line).collect(),
        letters: submission
            .letters
            .iter()
            .map(|letter| letter_view(submission, letter))
            .collect(),
    };
    Page::new("review.html", &submission.case_study().title)
        .wrong(shown.notice.is_some_and(|notice| notice.bad))
        .render(service, &own)
}

/// The one that has waited longest for a first review.
fn next_to_review(submission: &Submission, listing: &Listing) -> Option<Uuid> {
    listing
        .summaries
        .iter()
        .filter(|other| other.stage == Stage::Received && other.id != submission.id)
        .min_by_key(|other| other.since)
        .map(|other| other.id)
}

/// What the blog would reject or show wrongly.
fn to_mend(service: &Service, submission: &Submission, listing: &Listing) -> Vec<String> {
    let (case_study, editorial) = (submission.case_study(), submission.editorial());
    let mut lines = Blog::to_mend(submission, &service.blog.vocabulary());
    let date = submission
        .publication
        .as_ref()
        .map(|publication| publication.date)
        .or(editorial.date);
    if let Some(other) = listing.summaries.iter().find(|summary| {
        summary.id != submission.id
            && summary.slug == editorial.slug
            && summary.date == date
            && !matches!(summary.stage, Stage::Declined | Stage::Withdrawn)
    }) {
        lines.push(format!(
            "“{}” has the same address on the same date; one would replace the other on the blog.",
            other.title
        ));
    }
    let title = format!("{}{}", editorial.title_prefix, case_study.title);
    if title.chars().count() > LONGEST_TITLE {
        lines.push(format!(
            "The title has {} characters with what stands before it; the blog shows {LONGEST_TITLE} well.",
            title.chars().count()
        ));
    }
    lines
}

pub(super) fn try_page(service: &Service, sample: &Submission) -> Result<(), TemplateError> {
    let (signed_in, listing) = (SignedIn::sample(), Listing::default());
    render(service, &signed_in, sample, &listing, &Shown::default())?;
    let notice = Some(done(sample, "Sample"));
    let shown = Shown {
        notice,
        ..Shown::default()
    };
    render(service, &signed_in, sample, &listing, &shown).map(drop)
}
