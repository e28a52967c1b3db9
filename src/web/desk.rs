//! The desk: the queue, one submission, decisions with their letters, and editing.

use std::collections::BTreeMap;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
    web::Data,
};
use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use uuid::Uuid;

use super::{
    Acted, CaseStudyForm, Contact, Editorial, Post, Rules, Service, Stage, TemplateError, error,
    form::{self, Beside, PartView},
    guard::{self, FormBody},
    mine::{Notice, refusal_status, refusal_words},
    sign_in::{self, SignedIn},
};
use crate::{
    blog::{Blog, Order, Wish},
    case_study::{self, FIELDS, Part, Problem},
    changes::{self, Change},
    queue::{Listing, QueueError, Summary},
    submission::{
        Action, Content, Happening, LetterChoice, LetterState, Party, Recipient, Refusal, Revision,
        Submission, Verb, is_slug,
    },
};

const PAGE_SIZE: usize = 50;
const WEEKS: i64 = 12;
/// Titles on the blog run to this many characters.
const LONGEST_TITLE: usize = 132;

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

// ---- the queue ---------------------------------------------------------------------------------

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

/// `POST /desk`: several at once.
pub(super) async fn several(
    service: Data<Service>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let Some(signed_in) = sign_in::signed_in(&request) else {
        return error::nothing_here(request).await;
    };
    let body = match guard::read_desk_form(&request, payload).await {
        Ok(body) => body,
        Err(refusal) => return refusal,
    };
    let decision = match body.first("action") {
        "approve" => Decision::Act(Action::Approve),
        "decline_as_spam" => Decision::Act(Action::DeclineAsSpam),
        "publish" if service.blog.has_checkout() => Decision::Blog(Wish::Publish),
        _ => {
            return error::message(
                &request,
                StatusCode::UNPROCESSABLE_ENTITY,
                "That cannot be done for several at once",
                "Nothing was changed. Please go back and use one of the buttons.",
            );
        }
    };
    let picks: Vec<(Uuid, u64)> = body
        .texts()
        .filter(|(name, _)| *name == "pick")
        .filter_map(|(_, pick)| {
            let (id, seen) = pick.split_once(':')?;
            Some((id.parse().ok()?, seen.parse().ok()?))
        })
        .collect();
    let writes = decision != Decision::Act(Action::DeclineAsSpam);
    if writes && body.first("step") == "show" && !picks.is_empty() {
        let shared = service.clone().into_inner();
        let page = shared
            .blocking(move |service| service.letters_for(&picks, &signed_in, &decision))
            .await;
        return match page {
            Ok(Ok(page)) => error::rendered(&request, StatusCode::OK, Ok(page)),
            Ok(Err(cause)) => error::internal(&request, &cause),
            Err(cause) => error::internal(&request, &cause),
        };
    }
    let letter = if body.has("letters") && body.first("send") != "yes" {
        LetterChoice::LeftOut
    } else {
        LetterChoice::AsItIs
    };
    let party = Party::Editor(signed_in.editor.name);
    let (mut done, mut left) = (0, 0);
    let mut count = |acted: &Acted| match acted {
        Acted::Done => done += 1,
        _ => left += 1,
    };
    match decision {
        Decision::Act(action) => {
            for (id, seen) in picks {
                let shared = service.clone().into_inner();
                let (party, letter) = (party.clone(), letter.clone());
                let seen = seen.to_string();
                match shared.act(id, &seen, party, action.clone(), letter).await {
                    Ok(acted) => count(&acted),
                    Err(cause) => return error::internal(&request, &cause),
                }
            }
        }
        Decision::Blog(wish) => {
            let orders = picks
                .into_iter()
                .map(|(id, seen)| Order {
                    id,
                    seen: Some(seen),
                    wish: wish.clone(),
                })
                .collect();
            let shared = service.clone().into_inner();
            match shared.carry_out(orders, party, letter).await {
                Ok(all) => all.iter().for_each(&mut count),
                Err(cause) => return error::internal(&request, &cause),
            }
        }
    }
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, format!("/desk?done={done}-{left}")))
        .finish()
}

// ---- one submission ----------------------------------------------------------------------------

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
struct Typed {
    note: String,
    at_fields: BTreeMap<String, String>,
    /// The letter as it was to go.
    letter: String,
}

impl Typed {
    fn of(body: &FormBody) -> Self {
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
pub(super) async fn review(
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

async fn show(
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

fn render(
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

fn history_line(event: &crate::submission::Event) -> HistoryLine {
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
        Happening::TakenDown { words: text, .. } => {
            words.push(text.clone());
            "took it off the blog"
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

fn letter_view(submission: &Submission, letter: &crate::submission::Letter) -> LetterView {
    use crate::submission::LetterKind as K;
    let kind = match letter.kind {
        K::Received => "New case study",
        K::Receipt => "Receipt",
        K::Approved => "Approval",
        K::ChangesRequested => "Request for changes",
        K::Declined => "Decline",
        K::TakenBack => "Decision taken back",
        K::Published => "On the blog",
        K::TakenDown => "Off the blog",
        K::Link => "Link again",
        K::Corrected => "Corrected",
        K::Resubmitted => "Sent again",
        K::Accepted => "Agreement",
        K::Suggested => "Suggestion",
        K::Withdrawn => "Withdrawal",
        K::Erased => "Data erased",
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
pub(super) async fn download(
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
pub(super) async fn patch(
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

// ---- decisions ---------------------------------------------------------------------------------

#[derive(Serialize)]
struct Decide<'a> {
    editor: &'a str,
    token: &'a str,
    id: Uuid,
    version: u64,
    title: &'a str,
    heading: &'static str,
    action: &'static str,
    subject: String,
    body: String,
    kept: Vec<(String, String)>,
}

/// `POST /desk/{id}`.
pub(super) async fn act(
    service: Data<Service>,
    request: HttpRequest,
    id: web::Path<String>,
    payload: web::Payload,
) -> HttpResponse {
    let Some(signed_in) = sign_in::signed_in(&request) else {
        return error::nothing_here(request).await;
    };
    let body = match guard::read_desk_form(&request, payload).await {
        Ok(body) => body,
        Err(refusal) => return refusal,
    };
    let typed = Typed::of(&body);
    let Some(decision) = decision_of(&body, &typed) else {
        let notice = Some(Notice {
            text: "Nothing was done. Please use one of the buttons.",
            bad: true,
        });
        return show(
            service,
            request,
            &id,
            StatusCode::UNPROCESSABLE_ENTITY,
            notice,
            typed,
        )
        .await;
    };
    let Ok(uuid) = id.parse::<Uuid>() else {
        return error::nothing_here(request).await;
    };
    let seen = body.first("version");
    let writes = matches!(decision.verb().letter(), Some((_, false)));
    let mut shown = None;
    if writes && body.first("step") == "show" {
        let shared = service.clone().into_inner();
        let letter = shared.letter_for(uuid, seen, &signed_in, &decision).await;
        match letter {
            Ok(Ok(Some(page))) => return error::rendered(&request, StatusCode::OK, Ok(page)),
            Ok(Ok(None)) => {}
            Ok(Err(acted)) => shown = Some(Ok(acted)),
            Err(cause) => shown = Some(Err(cause)),
        }
    }
    let acted = match shown {
        Some(acted) => acted,
        None => {
            let shared = service.clone().into_inner();
            let party = Party::Editor(signed_in.editor.name);
            shared
                .decide(uuid, seen, party, decision, choice(&body))
                .await
        }
    };
    let (status, text) = match acted {
        Ok(Acted::Done) => {
            return HttpResponse::SeeOther()
                .insert_header((header::LOCATION, format!("/desk/{uuid}?done")))
                .finish();
        }
        Ok(Acted::NotThere) => return error::nothing_here(request).await,
        Ok(Acted::Stale) => (
            StatusCode::CONFLICT,
            "Nothing was done: somebody has changed this meanwhile. Below is how it stands now; your words are still in the field.",
        ),
        Ok(Acted::Refused(refusal)) => (refusal_status(refusal), refusal_words(refusal)),
        Err(cause) => return error::internal(&request, &cause),
    };
    let notice = Some(Notice { text, bad: true });
    show(service, request, &id, status, notice, typed).await
}

/// What an editor wants done: with the record alone, or with the blog.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Decision {
    Act(Action),
    Blog(Wish),
}

impl Decision {
    fn verb(&self) -> Verb {
        match self {
            Decision::Act(action) => action.verb(),
            Decision::Blog(Wish::Publish) => Verb::Publish,
            Decision::Blog(Wish::TakeDown { .. }) => Verb::TakeDown,
        }
    }

    /// What it will do to the record of this submission.
    fn action(&self, service: &Service, submission: &Submission, now: Timestamp) -> Action {
        match self {
            Decision::Act(action) => action.clone(),
            Decision::Blog(Wish::Publish) => {
                Action::Publish(Box::new(service.blog.publication_to_be(submission, now)))
            }
            Decision::Blog(Wish::TakeDown { words }) => Action::TakeDown {
                words: words.clone(),
                commit: None,
            },
        }
    }
}

fn decision_of(body: &FormBody, typed: &Typed) -> Option<Decision> {
    Some(Decision::Act(match body.first("action") {
        "publish" => return Some(Decision::Blog(Wish::Publish)),
        "take_down" => {
            return Some(Decision::Blog(Wish::TakeDown {
                words: typed.note.clone(),
            }));
        }
        "approve" => Action::Approve,
        "request_changes" => Action::RequestChanges {
            note: typed.note.clone(),
            at_fields: typed.at_fields.clone(),
        },
        "decline" => Action::Decline {
            words: typed.note.clone(),
        },
        "decline_as_spam" => Action::DeclineAsSpam,
        "take_back" => Action::TakeBack,
        "note" => Action::Note {
            text: typed.note.clone(),
        },
        "send_again" => Action::SendAgain {
            letter: body.first("letter_number").parse().ok()?,
        },
        _ => return None,
    }))
}

/// What has been made of the letter on its page, if it was shown.
fn choice(body: &FormBody) -> LetterChoice {
    if !body.has("letter") {
        LetterChoice::AsItIs
    } else if body.first("send") != "yes" {
        LetterChoice::LeftOut
    } else {
        LetterChoice::Words(case_study::clean(body.first("letter")))
    }
}

impl Service {
    /// Does what an editor has decided; without a checkout, what the blog is to be is the editor's
    /// own work, and only recorded here.
    async fn decide(
        self: std::sync::Arc<Self>,
        id: Uuid,
        seen: &str,
        by: Party,
        decision: Decision,
        letter: LetterChoice,
    ) -> Result<Acted, super::ActError> {
        match decision {
            Decision::Act(action) => self.act(id, seen, by, action, letter).await,
            Decision::Blog(wish) if self.blog.has_checkout() => {
                let Ok(seen) = seen.parse() else {
                    return Ok(Acted::Stale);
                };
                let order = Order {
                    id,
                    seen: Some(seen),
                    wish,
                };
                let acted = self.carry_out(vec![order], by, letter).await?;
                Ok(acted.first().copied().unwrap_or(Acted::NotThere))
            }
            Decision::Blog(_) => {
                let found = std::sync::Arc::clone(&self)
                    .blocking(move |service| service.queue.get(id))
                    .await??;
                let Some(found) = found else {
                    return Ok(Acted::NotThere);
                };
                let action = decision.action(&self, &found, Timestamp::now());
                self.act(id, seen, by, action, letter).await
            }
        }
    }

    /// The page with the letter that a decision will send, `None` where it sends none, or why the
    /// decision cannot be made. Changes nothing.
    async fn letter_for(
        self: std::sync::Arc<Self>,
        id: Uuid,
        seen: &str,
        signed_in: &SignedIn,
        decision: &Decision,
    ) -> Result<Result<Option<String>, Acted>, super::ActError> {
        let seen = seen.parse().ok();
        let (signed_in, decision) = (signed_in.clone(), decision.clone());
        self.blocking(move |service| {
            let Some(found) = service.queue.get(id)? else {
                return Ok(Err(Acted::NotThere));
            };
            if seen != Some(found.version) {
                return Ok(Err(Acted::Stale));
            }
            let verb = decision.verb();
            let (trial, letter) = match service.tried(&found, &signed_in, &decision)? {
                Ok(tried) => tried,
                Err(refusal) => return Ok(Err(Acted::Refused(refusal))),
            };
            if letter.is_none() && trial.contact.is_some() {
                return Ok(Ok(None));
            }
            let (subject, body) = letter.unwrap_or_else(|| {
                (
                    "(none: the address is erased)".to_owned(),
                    "(none)".to_owned(),
                )
            });
            let own = Decide {
                editor: &signed_in.editor.name,
                token: &signed_in.token,
                id,
                version: found.version,
                title: &trial.case_study().title,
                heading: heading(verb),
                action: verb.name(),
                subject,
                body,
                kept: kept(&decision),
            };
            Ok(Ok(Some(service.page("decide.html", heading(verb), own)?)))
        })
        .await?
    }

    /// The submission as it would be after the decision, and subject and words of the letter that
    /// it would send.
    #[allow(clippy::type_complexity)]
    fn tried(
        &self,
        found: &Submission,
        signed_in: &SignedIn,
        decision: &Decision,
    ) -> Result<Result<(Submission, Option<(String, String)>), Refusal>, TemplateError> {
        let mut trial = found.clone();
        let now = Timestamp::now();
        let action = decision.action(self, found, now);
        let party = Party::Editor(signed_in.editor.name.clone());
        if let Err(refusal) = trial.act(party, action, LetterChoice::AsItIs, &[], now) {
            return Ok(Err(refusal));
        }
        let letter = match trial.letters.last() {
            Some(letter) if trial.letters.len() > found.letters.len() => {
                let rendered = self.outbox.render(&trial, letter)?;
                Some((rendered.subject, rendered.body))
            }
            _ => None,
        };
        Ok(Ok((trial, letter)))
    }
}

#[derive(Serialize)]
struct Several<'a> {
    editor: &'a str,
    token: &'a str,
    picked: Vec<Picked>,
    left: usize,
    action: &'static str,
    does: &'static str,
    done: &'static str,
}

#[derive(Serialize)]
struct Picked {
    id: Uuid,
    version: u64,
    title: String,
    subject: String,
    body: String,
}

impl Service {
    /// The page with the letters that a decision about several will send. Changes nothing.
    fn letters_for(
        &self,
        picks: &[(Uuid, u64)],
        signed_in: &SignedIn,
        decision: &Decision,
    ) -> Result<String, QueueError> {
        let mut picked = Vec::new();
        for (id, seen) in picks {
            let Some(found) = self.queue.get(*id)?.filter(|found| found.version == *seen) else {
                continue;
            };
            let Ok((trial, letter)) = self.tried(&found, signed_in, decision)? else {
                continue;
            };
            let (subject, body) = letter.unwrap_or_default();
            picked.push(Picked {
                id: *id,
                version: *seen,
                title: trial.case_study().title.clone(),
                subject,
                body,
            });
        }
        let verb = decision.verb();
        let own = Several {
            editor: &signed_in.editor.name,
            token: &signed_in.token,
            left: picks.len() - picked.len(),
            action: verb.name(),
            does: several_words(verb).0,
            done: several_words(verb).1,
            picked,
        };
        Ok(self.page("several.html", several_words(verb).0, own)?)
    }
}

/// As in “Approve 3 case studies”, and “cannot be approved”.
fn several_words(verb: Verb) -> (&'static str, &'static str) {
    match verb {
        Verb::Publish => ("Publish", "published"),
        _ => ("Approve", "approved"),
    }
}

fn heading(verb: Verb) -> &'static str {
    match verb {
        Verb::Approve => "Approve it",
        Verb::RequestChanges => "Ask for these changes",
        Verb::Decline => "Decline it",
        Verb::Publish => "Publish it",
        Verb::TakeDown => "Take it off the blog",
        _ => "Take the decision back",
    }
}

/// The words of the decision, to be sent on with it.
fn kept(decision: &Decision) -> Vec<(String, String)> {
    match decision {
        Decision::Act(Action::RequestChanges { note, at_fields }) => {
            let mut kept = vec![("note".to_owned(), note.clone())];
            kept.extend(
                at_fields
                    .iter()
                    .map(|(name, text)| (format!("note_{name}"), text.clone())),
            );
            kept
        }
        Decision::Act(Action::Decline { words }) | Decision::Blog(Wish::TakeDown { words }) => {
            vec![("note".to_owned(), words.clone())]
        }
        _ => Vec::new(),
    }
}

// ---- editing -----------------------------------------------------------------------------------

#[derive(Serialize)]
struct DeskEdit<'a> {
    editor: &'a str,
    token: &'a str,
    id: Uuid,
    version: u64,
    revision: usize,
    title: &'a str,
    /// Where it is on the blog, while it is.
    address: &'a str,
    stale: bool,
    problems: &'a [Problem],
    parts: Vec<PartView<'a>>,
    editorial: Vec<EditorialView>,
}

#[derive(Serialize)]
struct EditorialView {
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    kind: &'static str,
    value: String,
    problem: String,
    now: String,
    options: Vec<OptionView>,
}

#[derive(Serialize)]
struct OptionView {
    name: String,
    chosen: bool,
}

/// The editorial fields as typed.
#[derive(Default)]
struct EditorialForm {
    author: String,
    projects: Vec<String>,
    slug: String,
    date: String,
    intro: String,
    outro: String,
    featured: bool,
}

impl EditorialForm {
    fn of(editorial: &Editorial) -> Self {
        Self {
            author: editorial.author.clone(),
            projects: editorial.projects.clone(),
            slug: editorial.slug.clone(),
            date: editorial
                .date
                .map(|date| date.to_string())
                .unwrap_or_default(),
            intro: editorial.intro.clone(),
            outro: editorial.outro.clone(),
            featured: editorial.featured,
        }
    }

    fn read(body: &FormBody) -> Self {
        let text = |name: &str| case_study::clean(body.first(name));
        Self {
            author: text("author"),
            projects: body
                .texts()
                .filter(|(name, _)| *name == "projects")
                .map(|(_, text)| case_study::clean(text))
                .filter(|text| !text.is_empty())
                .collect(),
            slug: text("slug"),
            date: text("date"),
            intro: text("intro"),
            outro: text("outro"),
            featured: ["true", "yes", "on"].contains(&body.first("featured")),
        }
    }

    /// See [`CaseStudyForm::take_over`].
    fn take_over(&mut self, base: &Editorial, now: &Editorial) {
        fn take<T: PartialEq>(slot: &mut T, base: &T, now: T) {
            if slot == base {
                *slot = now;
            }
        }
        let (base, now) = (Self::of(base), Self::of(now));
        take(&mut self.author, &base.author, now.author);
        take(&mut self.projects, &base.projects, now.projects);
        take(&mut self.slug, &base.slug, now.slug);
        take(&mut self.date, &base.date, now.date);
        take(&mut self.intro, &base.intro, now.intro);
        take(&mut self.outro, &base.outro, now.outro);
        take(&mut self.featured, &base.featured, now.featured);
    }

    /// `fixed`: slug and date are those of a post on the blog, and stay.
    fn parse(&self, before: &Editorial, fixed: bool) -> Result<Editorial, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut wrong = |field: &'static str, message: &str| {
            problems.push(Problem {
                field,
                message: message.to_owned(),
            });
        };
        if self.author.is_empty() || self.author.contains('\n') {
            wrong("author", "Choose an author");
        }
        if !fixed && !is_slug(&self.slug) {
            wrong(
                "slug",
                "Write the address in small letters and digits with single hyphens between them, for example “case-study-trade-unions”",
            );
        }
        let date = if fixed {
            before.date
        } else if self.date.is_empty() {
            None
        } else {
            match self.date.parse::<Date>() {
                Ok(date) if self.date.len() == 10 => Some(date),
                _ => {
                    wrong(
                        "date",
                        "Write the date as year, month and day, for example “2026-03-31”, or leave it empty",
                    );
                    None
                }
            }
        };
        for (name, text) in [("intro", &self.intro), ("outro", &self.outro)] {
            if text.chars().count() > 5_000 {
                wrong(name, "Shorten this to 5,000 characters");
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Editorial {
            author: self.author.clone(),
            projects: self.projects.clone(),
            slug: if fixed {
                before.slug.clone()
            } else {
                self.slug.clone()
            },
            date,
            intro: self.intro.clone(),
            outro: self.outro.clone(),
            featured: self.featured,
            ..before.clone()
        })
    }

    fn views(
        &self,
        service: &Service,
        problems: &[Problem],
        now: Option<&Editorial>,
        base: Option<&Editorial>,
    ) -> Vec<EditorialView> {
        let blog = service.blog.vocabulary();
        let (now, base) = (now.map(Self::of), base.map(Self::of));
        let options = |known: &[String], chosen: &[String]| {
            // What is chosen stays on offer, even where the blog has no page for it.
            let others = chosen.iter().filter(|name| !known.contains(name));
            known
                .iter()
                .chain(others)
                .map(|name| OptionView {
                    name: name.clone(),
                    chosen: chosen.contains(name),
                })
                .collect::<Vec<_>>()
        };
        let view = |name, label, hint, kind, pick: fn(&Self) -> String| EditorialView {
            name,
            label,
            hint,
            kind,
            value: pick(self),
            problem: problems
                .iter()
                .find(|problem| problem.field == name)
                .map(|problem| problem.message.clone())
                .unwrap_or_default(),
            now: now
                .as_ref()
                .map(pick)
                .filter(|stands| base.as_ref().is_none_or(|base| pick(base) != *stands))
                .filter(|stands| *stands != pick(self))
                .map(|stands| match (kind, stands.as_str()) {
                    ("tick", "true") => "(ticked)".to_owned(),
                    ("tick", _) => "(not ticked)".to_owned(),
                    _ => form::stands_in_words(stands),
                })
                .unwrap_or_default(),
            options: match name {
                "author" => options(&blog.authors, std::slice::from_ref(&self.author)),
                "projects" => options(&blog.projects, &self.projects),
                _ => Vec::new(),
            },
        };
        vec![
            view(
                "author",
                "Author",
                "A person with a page on the blog.",
                "choice",
                |form| form.author.clone(),
            ),
            view(
                "projects",
                "Projects",
                "On whose pages the post is listed.",
                "choices",
                |form| form.projects.join(", "),
            ),
            view(
                "slug",
                "Address",
                "The last part of the post’s address: small letters, digits and hyphens.",
                "line",
                |form| form.slug.clone(),
            ),
            view(
                "date",
                "Date",
                "Year, month and day, for example 2026-03-31. Empty: the day it is published.",
                "line",
                |form| form.date.clone(),
            ),
            view(
                "intro",
                "Intro",
                "Markdown above the story; the blog’s lists show it too.",
                "text",
                |form| form.intro.clone(),
            ),
            view("outro", "Outro", "Markdown at the end.", "text", |form| {
                form.outro.clone()
            }),
            view(
                "featured",
                "Show it among the featured posts",
                "",
                "tick",
                |form| form.featured.to_string(),
            ),
        ]
    }
}

/// What an edit page is filled with.
struct Edited {
    form: CaseStudyForm,
    editorial: EditorialForm,
    problems: Vec<Problem>,
    stale: bool,
    /// Which revision it was filled with at first.
    revision: Option<usize>,
}

impl Edited {
    /// The revision from which both editors have started, after one has saved before the other.
    fn base<'a>(&self, submission: &'a Submission) -> Option<&'a Revision> {
        let revision = self.revision.filter(|_| self.stale)?;
        submission.revisions.get(revision)
    }
}

/// `GET /desk/{id}/edit`.
pub(super) async fn edit(
    service: Data<Service>,
    request: HttpRequest,
    id: web::Path<String>,
) -> HttpResponse {
    edit_page(service, request, &id, StatusCode::OK, None).await
}

async fn edit_page(
    service: Data<Service>,
    request: HttpRequest,
    id: &str,
    status: StatusCode,
    edited: Option<Edited>,
) -> HttpResponse {
    let (Some(signed_in), Ok(id)) = (sign_in::signed_in(&request), id.parse::<Uuid>()) else {
        return error::nothing_here(request).await;
    };
    let shared = service.clone().into_inner();
    let found = shared
        .blocking(move |service| {
            let Some(submission) = service.queue.get(id)? else {
                return Ok(None);
            };
            if submission.stage.after(Verb::Edit).is_none() {
                let notice = Some(Notice {
                    text: "At this stage it cannot be edited.",
                    bad: true,
                });
                let (listing, typed) = (service.queue.list()?, Typed::default());
                let page = render(
                    service,
                    &signed_in,
                    &submission,
                    &listing,
                    "",
                    notice,
                    &typed,
                )?;
                return Ok(Some((StatusCode::CONFLICT, page)));
            }
            let mut edited = edited.unwrap_or_else(|| Edited {
                form: CaseStudyForm::of(submission.case_study()),
                editorial: EditorialForm::of(submission.editorial()),
                problems: Vec::new(),
                stale: false,
                revision: None,
            });
            if let Some(base) = edited.base(&submission).cloned() {
                let now = submission.case_study();
                edited.form.take_over(&base.case_study, now);
                edited
                    .editorial
                    .take_over(&base.editorial, submission.editorial());
            }
            let page = render_edit(service, &signed_in, &submission, &edited)?;
            Ok::<_, QueueError>(Some((status, page)))
        })
        .await;
    error::found(request, found).await
}

fn render_edit(
    service: &Service,
    signed_in: &SignedIn,
    submission: &Submission,
    edited: &Edited,
) -> Result<String, TemplateError> {
    let rules: Rules = service.rules();
    let beside = Beside {
        notes: None,
        now: edited.stale.then(|| submission.case_study()),
        base: edited.base(submission).map(|base| &base.case_study),
        case_study_only: true,
    };
    let own = DeskEdit {
        editor: &signed_in.editor.name,
        token: &signed_in.token,
        id: submission.id,
        version: submission.version,
        revision: submission.revisions.len() - 1,
        title: &submission.case_study().title,
        address: submission
            .publication
            .as_ref()
            .map_or("", |publication| publication.address.as_str()),
        stale: edited.stale,
        problems: &edited.problems,
        parts: form::parts(&rules, &edited.form, &edited.problems, &beside),
        editorial: edited
            .editorial
            .views(
                service,
                &edited.problems,
                edited.stale.then(|| submission.editorial()),
                edited.base(submission).map(|base| &base.editorial),
            )
            .into_iter()
            .filter(|view| {
                submission.publication.is_none() || !["slug", "date"].contains(&view.name)
            })
            .collect(),
    };
    service.page("desk_edit.html", "Edit", own)
}

/// `POST /desk/{id}/edit`.
pub(super) async fn save(
    service: Data<Service>,
    request: HttpRequest,
    id: web::Path<String>,
    payload: web::Payload,
) -> HttpResponse {
    let Some(signed_in) = sign_in::signed_in(&request) else {
        return error::nothing_here(request).await;
    };
    let body = match guard::read_desk_form(&request, payload).await {
        Ok(body) => body,
        Err(refusal) => return refusal,
    };
    let Ok(uuid) = id.parse::<Uuid>() else {
        return error::nothing_here(request).await;
    };
    let mut edited = Edited {
        form: CaseStudyForm::from_pairs(body.texts()),
        editorial: EditorialForm::read(&body),
        problems: Vec::new(),
        stale: false,
        revision: body.first("revision").parse().ok(),
    };
    let shared = service.clone().into_inner();
    let found = shared
        .blocking(move |service| service.queue.get(uuid))
        .await;
    let before = match found {
        Ok(Ok(Some(submission))) => submission,
        Ok(Ok(None)) => return error::nothing_here(request).await,
        Ok(Err(cause)) => return error::internal(&request, &cause),
        Err(cause) => return error::internal(&request, &cause),
    };
    let parsed = (
        edited.form.parse_case_study(&service.rules()),
        edited
            .editorial
            .parse(before.editorial(), before.publication.is_some()),
    );
    let content = match parsed {
        (Ok(case_study), Ok(editorial)) if !body.damaged => Content {
            case_study,
            editorial,
        },
        (case_study, editorial) => {
            edited.problems.extend(case_study.err().unwrap_or_default());
            edited.problems.extend(editorial.err().unwrap_or_default());
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return edit_page(service, request, &id, status, Some(edited)).await;
        }
    };
    let seen = body.first("version");
    let party = Party::Editor(signed_in.editor.name);
    let action = Action::Edit(Box::new(content));
    let acted = service
        .clone()
        .into_inner()
        .act(uuid, seen, party, action, LetterChoice::AsItIs)
        .await;
    match acted {
        Ok(Acted::Done | Acted::Refused(crate::submission::Refusal::NoChange)) => {
            HttpResponse::SeeOther()
                .insert_header((header::LOCATION, format!("/desk/{uuid}?done")))
                .finish()
        }
        Ok(Acted::NotThere) => error::nothing_here(request).await,
        Ok(Acted::Stale) => {
            edited.stale = true;
            edit_page(service, request, &id, StatusCode::CONFLICT, Some(edited)).await
        }
        Ok(Acted::Refused(refusal)) => {
            edited.problems.push(Problem {
                field: "title",
                message: refusal_words(refusal).to_owned(),
            });
            let status = refusal_status(refusal);
            edit_page(service, request, &id, status, Some(edited)).await
        }
        Err(cause) => error::internal(&request, &cause),
    }
}

pub(super) fn try_pages(service: &Service, submission: &Submission) -> Result<(), TemplateError> {
    let signed_in = SignedIn {
        editor: crate::submission::Editor {
            name: "Sample".into(),
            email: "sample@example.org".into(),
        },
        token: "0123".into(),
    };
    let now = Timestamp::UNIX_EPOCH;
    let mut listing = Listing::default();
    let filter = Filter::default();
    service.page(
        "desk.html",
        "The queue",
        desk(service, &signed_in, &filter, &listing, now),
    )?;
    listing.summaries = vec![std::sync::Arc::new(Summary::of(submission))];
    service.page(
        "desk.html",
        "The queue",
        desk(service, &signed_in, &filter, &listing, now),
    )?;
    let typed = Typed::default();
    render(service, &signed_in, submission, &listing, "", None, &typed)?;
    let edited = Edited {
        form: CaseStudyForm::of(submission.case_study()),
        editorial: EditorialForm::default(),
        problems: EditorialForm::default()
            .parse(submission.editorial(), false)
            .err()
            .unwrap_or_default(),
        stale: true,
        revision: Some(0),
    };
    render_edit(service, &signed_in, submission, &edited)?;
    let own = Decide {
        editor: "Sample",
        token: "0123",
        id: submission.id,
        version: 1,
        title: "Sample",
        heading: heading(Verb::Approve),
        action: Verb::Approve.name(),
        subject: "Sample".into(),
        body: "Sample".into(),
        kept: vec![("note".into(), "Sample".into())],
    };
    service.page("decide.html", "Sample", own)?;
    let own = Several {
        editor: "Sample",
        token: "0123",
        left: 1,
        action: "approve",
        does: "Approve",
        done: "approved",
        picked: vec![Picked {
            id: submission.id,
            version: 1,
            title: "Sample".into(),
            subject: "Sample".into(),
            body: "Sample".into(),
        }],
    };
    service.page("several.html", "Sample", own).map(drop)
}
