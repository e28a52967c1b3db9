//! One submission: the post, the answers, history, letters, and the post as a file.

use std::collections::BTreeMap;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
    web::Data,
};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::{by, day, decide::choice, waited};
use crate::{
    blog::Blog,
    case_study::{self, Contact, FIELDS, Part},
    changes::{self, Change},
    post::Post,
    queue::{Listing, QueueError},
    submission::{
        Event, Happening, Letter, LetterChoice, LetterKind, LetterState, Recipient, Stage,
        Submission, Verb,
    },
    templates::TemplateError,
    web::{
        Service, error,
        guard::FormBody,
        mine::Notice,
        sign_in::{self, SignedIn},
    },
};

/// Titles on the blog run to this many characters.
const LONGEST_TITLE: usize = 132;

#[derive(Serialize)]
struct Review<'a> {
    editor: &'a str,
    token: &'a str,
    notice: Option<Notice>,
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

/// Where the post is or will be, and what stands between.
#[derive(Serialize)]
struct PublishingView<'a> {
    has_checkout: bool,
    file: String,
    address: String,
    /// Since when it is on the blog; empty while it is not.
    since: String,
    commit: &'a str,
    branch: &'a str,
    to_be_merged: bool,
    /// From what the blog has to the draft.
    difference: String,
    trouble: &'a str,
    tried: String,
}

impl<'a> PublishingView<'a> {
    fn of(service: &Service, submission: &'a Submission, now: Timestamp) -> Self {
        let place = service.blog.place(submission, now);
        let published = submission.publication.as_ref();
        Self {
            has_checkout: service.blog.has_checkout(),
            since: published.map_or_else(String::new, |it| day(it.at)),
            commit: published
                .and_then(|it| it.commit.as_deref())
                .unwrap_or_default(),
            branch: published
                .and_then(|it| it.branch.as_deref())
                .unwrap_or_default(),
            to_be_merged: published.is_some_and(|it| it.to_be_merged),
            difference: published.map_or_else(String::new, |it| {
                changes::unified(&place.file, Some(&it.post), Some(&submission.draft))
            }),
            trouble: submission
                .trouble
                .as_ref()
                .map_or("", |trouble| trouble.words.as_str()),
            tried: submission
                .trouble
                .as_ref()
                .map_or_else(String::new, |trouble| day(trouble.at)),
            file: place.file,
            address: place.address,
        }
    }
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

#[derive(Serialize)]
struct HistoryLine {
    text: String,
    words: Vec<String>,
}

#[derive(Serialize)]
struct LetterView {
    number: u32,
    kind: &'static str,
    to: String,
    state: String,
    failed: bool,
    again: bool,
}

/// What was typed on the page of a submission and is shown again where it was not taken.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) note: String,
    pub(super) at_fields: BTreeMap<String, String>,
    /// The letter as it was to go.
    letter: String,
}

impl Typed {
    pub(super) fn of(body: &FormBody) -> Self {
        let at_fields = FIELDS
            .iter()
            .filter_map(|field| {
                let text = case_study::clean(body.first(&format!("note_{}", field.name)));
                (!text.is_empty()).then(|| (field.name.to_owned(), text))
            })
            .collect();
        Self {
            note: case_study::clean(body.first("note")),
            at_fields,
            letter: match choice(body) {
                LetterChoice::Words(words) => words,
                LetterChoice::AsItIs | LetterChoice::LeftOut => String::new(),
            },
        }
    }
}

/// `GET /desk/{id}`.
pub(in crate::web) async fn review(
    service: Data<Service>,
    request: HttpRequest,
    id: web::Path<String>,
) -> HttpResponse {
    let notice = (request.query_string() == "done").then_some(Notice {
        text: "Done.",
        bad: false,
    });
    show(
        service,
        request,
        &id,
        StatusCode::OK,
        notice,
        Typed::default(),
    )
    .await
}

pub(super) async fn show(
    service: Data<Service>,
    request: HttpRequest,
    id: &str,
    status: StatusCode,
    notice: Option<Notice>,
    typed: Typed,
) -> HttpResponse {
    let (Some(signed_in), Ok(id)) = (sign_in::signed_in(&request), id.parse::<Uuid>()) else {
        return error::nothing_here(request).await;
    };
    let query = request.query_string().to_owned();
    let found = service
        .into_inner()
        .blocking(move |service| {
            let Some(submission) = service.queue.get(id)? else {
                return Ok(None);
            };
            let listing = service.queue.list()?;
            let page = render(
                service,
                &signed_in,
                &submission,
                &listing,
                &query,
                notice,
                &typed,
            )?;
            Ok::<_, QueueError>(Some((status, page)))
        })
        .await;
    error::found(request, found).await
}

pub(super) fn render(
    service: &Service,
    signed_in: &SignedIn,
    submission: &Submission,
    listing: &Listing,
    query: &str,
    notice: Option<Notice>,
    typed: &Typed,
) -> Result<String, TemplateError> {
    let last = submission.revisions.len() - 1;
    let asked = |name: &str| {
        form_urlencoded::parse(query.as_bytes())
            .find(|(key, _)| key == name)
            .and_then(|(_, value)| value.parse::<usize>().ok())
            .filter(|number| *number <= last)
    };
    let (from, to) = (asked("from").unwrap_or(0), asked("to").unwrap_or(last));
    let now = Timestamp::now();
    let own = Review {
        editor: &signed_in.editor.name,
        token: &signed_in.token,
        notice,
        id: submission.id,
        version: submission.version,
        title: &submission.case_study().title,
        stage: submission.stage.name(),
        label: submission.stage.label(),
        waited: waited(submission.in_stage_since(), now),
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
    service.page("review.html", &submission.case_study().title, own)
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

fn history_line(event: &Event) -> HistoryLine {
    let mut words = Vec::new();
    let did = match &event.what {
        Happening::Received => "sent it",
        Happening::Approved => "approved it",
        Happening::ChangesRequested { note, at_fields } => {
            words.push(note.clone());
            for (name, text) in at_fields {
                let label = case_study::field(name).map_or(name.as_str(), |field| field.label);
                words.push(format!("{label}: {text}"));
            }
            "asked for changes"
        }
        Happening::Declined { words: text } => {
            words.push(text.clone());
            "declined it"
        }
        Happening::DeclinedAsSpam => "declined it as spam",
        Happening::TakenBack => "took the decision back",
        Happening::Published { address, again, .. } => {
            words.push(address.clone());
            if *again {
                "published the changes"
            } else {
                "published it"
            }
        }
        Happening::TakenDown {
            words: text,
            to_be_merged,
            ..
        } => {
            words.push(text.clone());
            if *to_be_merged {
                "took it off the blog, where it goes once its branch is merged,"
            } else {
                "took it off the blog"
            }
        }
        Happening::Edited => "edited it",
        Happening::Noted { text } => {
            words.push(text.clone());
            "made an internal note"
        }
        Happening::LetterAgain { .. } => "had a letter sent again",
        Happening::Corrected => "corrected it",
        Happening::Resubmitted => "sent it again",
        Happening::Accepted => "agreed with the post",
        Happening::Suggested { text } => {
            words.push(text.clone());
            "suggested a change"
        }
        Happening::Withdrawn { reason } => {
            words.push(reason.clone());
            "withdrew it"
        }
        Happening::LinkAskedFor => "asked for the link again",
        Happening::Erased => "had the personal data erased",
    };
    words.retain(|text| !text.is_empty());
    let who = by(&event.by);
    let mut who = who.chars();
    let who: String = who
        .next()
        .map(|first| first.to_uppercase().chain(who).collect())
        .unwrap_or_default();
    let colon = if words.is_empty() { "." } else { ":" };
    HistoryLine {
        text: format!("{who} {did} on {}{colon}", day(event.at)),
        words,
    }
}

fn letter_view(submission: &Submission, letter: &Letter) -> LetterView {
    let kind = match letter.kind {
        LetterKind::Received => "New case study",
        LetterKind::Receipt => "Receipt",
        LetterKind::Approved => "Approval",
        LetterKind::ChangesRequested => "Request for changes",
        LetterKind::Declined => "Decline",
        LetterKind::TakenBack => "Decision taken back",
        LetterKind::Published => "On the blog",
        LetterKind::TakenDown => "Off the blog",
        LetterKind::Link => "Link again",
        LetterKind::Corrected => "Corrected",
        LetterKind::Resubmitted => "Sent again",
        LetterKind::Accepted => "Agreement",
        LetterKind::Suggested => "Suggestion",
        LetterKind::Withdrawn => "Withdrawal",
        LetterKind::Erased => "Data erased",
    };
    let state = match &letter.state {
        LetterState::Sent { at } => format!("sent on {}", day(*at)),
        LetterState::Dropped { .. } => "not sent: the address is erased".to_owned(),
        LetterState::Failed { trouble, .. } => format!("could not be sent: {trouble}"),
        LetterState::Owed { trouble: None, .. } => "about to be sent".to_owned(),
        LetterState::Owed {
            trouble: Some(trouble),
            next,
            ..
        } => format!("not sent yet ({trouble}); next try on {}", day(*next)),
    };
    let to = match &letter.to {
        Recipient::Campaigner => "the campaigner".to_owned(),
        Recipient::Editor(editor) => editor.name.clone(),
    };
    let reachable = letter.to != Recipient::Campaigner || submission.contact.is_some();
    LetterView {
        number: letter.number,
        kind,
        to,
        state,
        failed: matches!(letter.state, LetterState::Failed { .. }),
        again: reachable && !matches!(letter.state, LetterState::Owed { trouble: None, .. }),
    }
}

/// `GET /desk/{id}/post.md`: the post as a file of the blog.
pub(in crate::web) async fn download(
    service: Data<Service>,
    request: HttpRequest,
    id: web::Path<String>,
) -> HttpResponse {
    file(service, request, &id, "", |_, submission, _| {
        submission.draft.clone()
    })
    .await
}

/// `GET /desk/{id}/post.patch`: the post as `git am` takes it.
pub(in crate::web) async fn patch(
    service: Data<Service>,
    request: HttpRequest,
    id: web::Path<String>,
) -> HttpResponse {
    file(service, request, &id, ".patch", Blog::patch).await
}

async fn file(
    service: Data<Service>,
    request: HttpRequest,
    id: &str,
    ending: &str,
    text: fn(&Blog, &Submission, Timestamp) -> String,
) -> HttpResponse {
    let Ok(id) = id.parse::<Uuid>() else {
        return error::nothing_here(request).await;
    };
    let found = service
        .into_inner()
        .blocking(move |service| {
            let now = Timestamp::now();
            Ok::<_, QueueError>(service.queue.get(id)?.map(|submission| {
                let place = service.blog.place(&submission, now);
                (place.file, text(&service.blog, &submission, now))
            }))
        })
        .await;
    let (path, text) = match found {
        Ok(Ok(Some(found))) => found,
        Ok(Ok(None)) => return error::nothing_here(request).await,
        Ok(Err(cause)) => return error::internal(&request, &cause),
        Err(cause) => return error::internal(&request, &cause),
    };
    let name = path.rsplit('/').next().unwrap_or_default();
    let name: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c))
        .collect();
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}{ending}\""),
        ))
        .body(text)
}

pub(super) fn try_page(
    service: &Service,
    signed_in: &SignedIn,
    submission: &Submission,
    listing: &Listing,
) -> Result<(), TemplateError> {
    let typed = Typed::default();
    render(service, signed_in, submission, listing, "", None, &typed).map(drop)
}
