//! One submission: the post, the answers, history and mail, and what can be decided.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, http::StatusCode, web::Data};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::{
    edit,
    history::{Done, HistoryLine, MailView, history_line, mail_view},
    list::{List, PlaceView},
    publishing::PublishingView,
    sign_off::SignOffView,
    typed::Typed,
    words::{NextUp, answer_by, by, day, since},
};
use crate::{
    form::{Audience, By, Contact, Definition, InWords, Question},
    post::Preview,
    service::{Duplicate, Service, marks},
    store::{StoreError, Summary},
    submission::{Action, Asks, Other, RULES, Stage, Submission, Suspicion},
    templates::TemplateError,
    text::differences::Change,
    web::{
        agreed::Agreed,
        answer::{Answer, Notice, Page, html},
        errors::Error,
        links::Reference,
        session::SignedIn,
    },
};

/// After pictures were edited to which the campaigner does not agree any more.
const LEFT_OUT: Notice = Notice::bad(
    "The pictures were left out",
    "The campaigner took back their agreement to pictures. Everything else is saved.",
);
/// How many lines of history and mail are in sight at once; those before are folded.
const IN_SIGHT: usize = 4;
/// Titles on the blog run to this many characters.
const LONGEST_TITLE: usize = 132;

#[derive(Serialize)]
struct SubmissionPage<'a> {
    editor: &'a str,
    token: &'a str,
    notice: Option<Notice>,
    done: Option<Done>,
    /// Another one that waits to be reviewed.
    next: Option<Uuid>,
    /// The list that it was opened from, as its address has it.
    list: String,
    place: Option<PlaceView>,
    id: Uuid,
    version: u64,
    title: &'a str,
    stage: &'static str,
    label: &'static str,
    waited: String,
    to_fix: Vec<String>,
    /// What may harm somebody once it is published; absent where nothing can be changed any more.
    harm: Option<HarmView>,
    post: Preview,
    draft: &'a str,
    /// Whether each thing that can be done is offered.
    offers: BTreeMap<&'static str, bool>,
    /// The buttons beside the field for words.
    buttons: Vec<Button>,
    publishing: PublishingView<'a>,
    sign_off: SignOffView,
    addendum: Option<AddendumView>,
    /// The requests to take it off the blog that wait.
    take_downs: Vec<TakeDownView<'a>>,
    /// What it may be a duplicate of, each with the page that shows both.
    duplicates: Vec<OtherView>,
    /// What is kept instead of it, and what it is kept instead of.
    merged_into: Option<OtherView>,
    merged: Vec<OtherView>,
    note: &'a str,
    /// A mail that was changed and not sent, and the action that it was for.
    letter: &'a str,
    letter_for: &'a str,
    note_fields: Vec<NoteField<'a>>,
    field_notes_open: bool,
    /// What speaks for abuse, and how much.
    suspicions: &'a [Suspicion],
    /// What else is put aside that has something in common.
    alike: Vec<AlikeView>,
    contact: Option<&'a Contact>,
    /// A correction of the address that was not taken.
    email: &'a str,
    agreements: Vec<Agreed<'a>>,
    answers: Vec<InWords>,
    /// Answers that are never published, which the preview does not have.
    unpublished: Vec<InWords>,
    /// Name, address and whether it is the one, of each editor.
    editors: Vec<(&'a str, &'a str, bool)>,
    /// Who looks after it.
    assigned: &'a str,
    /// What can be done next, with whether it is that.
    next_actions: Vec<(&'a str, bool)>,
    /// The day by which, as the form has it.
    due_on: String,
    /// What is next and by when, in words.
    next_up: Option<NextUp>,
    /// How long it waits, where that is too long.
    late: Option<String>,
    versions: Vec<Version>,
    from: usize,
    to: usize,
    changes: Vec<Change>,
    earlier: Vec<HistoryLine>,
    history: Vec<HistoryLine>,
    earlier_mail: Vec<MailView>,
    mail: Vec<MailView>,
}

/// What may harm somebody, as questions, and whether an editor has looked at it.
#[derive(Serialize)]
struct HarmView {
    questions: Vec<Question>,
    /// How many things they are about.
    count: usize,
    /// Who has looked at all of it, and when; empty where nobody has.
    looked_at: String,
    /// Who has looked at it before something new came in; empty where nobody has.
    looked_before: String,
}

impl HarmView {
    fn of(service: &Service, definition: &Definition, submission: &Submission) -> Self {
        let questions = service.may_harm_in(definition, submission);
        let looked_at = submission.looked_at.as_ref();
        let is_seen = submission.has_looked_at(&marks(submission, &questions));
        let told = looked_at.filter(|_| is_seen && !questions.is_empty());
        Self {
            count: questions.iter().map(|it| it.about.len()).sum(),
            looked_at: told.map_or_else(String::new, |it| {
                let name = service.editor_name(&it.by);
                format!("{name} looked at these on {}.", day(service, it.at))
            }),
            looked_before: (looked_at.filter(|_| !is_seen))
                .map_or_else(String::new, |it| service.editor_name(&it.by).to_owned()),
            questions,
        }
    }
}

#[derive(Serialize)]
struct TakeDownView<'a> {
    asked: String,
    by: String,
    reason: &'a str,
    /// The words that are agreed to no more; empty where it is for another reason.
    revoked: &'a str,
    /// Whether it is about a part that the draft is without already.
    is_part: bool,
}

/// An update by the campaigner that waits.
#[derive(Serialize)]
struct AddendumView {
    at: String,
    heading: String,
    text: String,
}

#[derive(Serialize)]
struct OtherView {
    title: String,
    /// Empty for a post of the blog.
    url: String,
    about: String,
}

#[derive(Serialize)]
struct AlikeView {
    id: Uuid,
    version: u64,
    title: String,
}

#[derive(Serialize)]
struct Button {
    action: &'static str,
    label: &'static str,
}

#[derive(Serialize)]
struct NoteField<'a> {
    name: &'a str,
    label: &'a str,
    text: &'a str,
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
            let submission = service.store.get(id)?.ok_or(Error::NotFound)?;
            let shown = Shown {
                notice: (query == edit::LEFT_OUT).then_some(LEFT_OUT),
                done: what_was_done(service, &signed_in, &submission, &query)?,
                typed: Typed::default(),
                list: List::parse(service, &query, &signed_in),
                query,
            };
            let beside = Beside::of(service, &submission, &shown.list)?;
            let page = render(service, &signed_in, &submission, beside, &shown)?;
            Ok(html(StatusCode::OK, page))
        })
        .await
}

/// What this editor has just done, as the address tells: to this one, or to the one before it in the
/// list.
fn what_was_done(
    service: &Service,
    signed_in: &SignedIn,
    submission: &Submission,
    query: &str,
) -> Result<Option<Done>, Error> {
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            // How far something is that is asked of the blog, the page says below.
            "done" if submission.order.is_none() => {
                return Ok(Some(Done::of(service, submission, signed_in)));
            }
            "did" => {
                let Ok(id) = value.parse() else { continue };
                let other = service.store.get(id)?;
                return Ok(other.map(|other| Done::to_another(service, &other, signed_in)));
            }
            _ => {}
        }
    }
    Ok(None)
}

/// What a page of a submission shows besides it.
#[derive(Default)]
pub(super) struct Shown {
    pub(super) notice: Option<Notice>,
    done: Option<Done>,
    pub(super) typed: Typed,
    /// The list that it was opened from.
    list: List,
    /// Which revisions to compare, as the address says it.
    query: String,
}

/// The page after something was not done.
pub(super) async fn again(
    service: &Data<Service>,
    signed_in: SignedIn,
    id: Uuid,
    status: StatusCode,
    notice: Option<Notice>,
    typed: Typed,
) -> Result<Answer, Error> {
    service
        .blocking(move |service| {
            let submission = service.store.get(id)?.ok_or(Error::NotFound)?;
            let page = render_again(service, &signed_in, &submission, notice, typed)?;
            Ok(html(status, page))
        })
        .await
}

/// The same, where the submission has been read already.
pub(super) fn render_again(
    service: &Service,
    signed_in: &SignedIn,
    submission: &Submission,
    notice: Option<Notice>,
    typed: Typed,
) -> Result<String, Error> {
    let shown = Shown {
        notice,
        list: List::parse(service, &typed.list, signed_in),
        typed,
        ..Shown::default()
    };
    let beside = Beside::of(service, submission, &shown.list)?;
    Ok(render(service, signed_in, submission, beside, &shown)?)
}

fn render(
    service: &Service,
    signed_in: &SignedIn,
    submission: &Submission,
    beside: Beside,
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
    let definition = service.forms.of(&submission.form);
    let (actor, answers) = (signed_in.actor(), submission.answers());
    let state = submission.sign_off_state(&definition);
    let offered = |action: Action| {
        let can_be_asked = state.can_be_asked() && submission.contact.is_some();
        submission.offers(action, &actor) && (action != Action::AskToAgree || can_be_asked)
    };
    let (unpublished, answers_shown) = definition
        .in_words(answers, Audience::Editors)
        .into_iter()
        .partition(|answer| !answer.is_public);
    let mut history: Vec<HistoryLine> = submission
        .history
        .iter()
        .map(|event| history_line(service, &definition, submission, event))
        .collect();
    let mut mail: Vec<MailView> = submission
        .mail
        .iter()
        .map(|mail| mail_view(service, submission, mail))
        .collect();
    let assigned = submission.assigned.as_deref();
    let own = SubmissionPage {
        editor: &signed_in.editor.name,
        token: &signed_in.token,
        notice: shown.notice,
        done: shown.done.clone(),
        next: beside.next,
        list: shown.list.query(),
        place: beside.place,
        id: submission.id,
        version: submission.version,
        title: definition.title_of(answers),
        stage: submission.stage.name(),
        label: submission.stage.label(),
        waited: since(submission.stage.is_end(), submission.in_stage_since(), now),
        to_fix: to_fix(service, &definition, submission, beside.same_address),
        harm: offered(Action::LookedAt).then(|| HarmView::of(service, &definition, submission)),
        post: service.preview(&definition, submission, &format!("/desk/{}", submission.id)),
        draft: &submission.draft,
        offers: RULES
            .iter()
            .map(|rule| (rule.action.name(), offered(rule.action)))
            .collect(),
        buttons: RULES
            .iter()
            .filter(|rule| !rule.button.is_empty() && offered(rule.action))
            .map(|rule| Button {
                action: rule.action.name(),
                label: rule.button,
            })
            .collect(),
        publishing: PublishingView::of(service, submission, beside.step, now),
        sign_off: SignOffView::of(service, &definition, submission),
        addendum: (submission.addendum())
            .filter(|_| submission.stage == Stage::Published)
            .map(|event| {
                let (heading, text) = typed.addendum.clone().unwrap_or_else(|| {
                    (definition.heading_of_update(event.at), event.note.clone())
                });
                AddendumView {
                    at: day(service, event.at),
                    heading,
                    text,
                }
            }),
        take_downs: (submission.take_downs_asked().iter())
            .map(|waiting| TakeDownView {
                asked: day(service, waiting.asked.at),
                by: answer_by(service, waiting.asked.at),
                reason: &waiting.asked.note,
                revoked: (submission.consent.named(&waiting.asked.purpose))
                    .map_or("", |it| &it.wording),
                is_part: waiting.asks == Asks::Part,
            })
            .collect(),
        duplicates: beside.duplicates,
        merged_into: beside.merged_into,
        merged: beside.merged,
        note: &typed.note,
        letter: &typed.mail,
        letter_for: &typed.mail_for,
        note_fields: definition
            .fields_of(By::Campaigner)
            .map(|field| NoteField {
                name: &field.name,
                label: &field.label,
                text: typed.at_fields.get(&field.name).map_or("", String::as_str),
            })
            .collect(),
        field_notes_open: !typed.at_fields.is_empty(),
        suspicions: submission
            .arrival
            .as_ref()
            .map_or(&[], |arrival| &arrival.suspicions),
        alike: beside.alike,
        contact: submission.contact.as_ref(),
        email: &typed.email,
        agreements: (submission.consent.all())
            .map(|it| Agreed::of(it, &definition.consent, |at| day(service, at)))
            .collect(),
        answers: answers_shown,
        unpublished,
        editors: service
            .config
            .editors
            .iter()
            .map(|one| {
                let is_theirs = assigned == Some(&one.email);
                (one.name.as_str(), one.email.as_str(), is_theirs)
            })
            .collect(),
        assigned: assigned.map_or("", |email| service.editor_name(email)),
        next_actions: next_actions(&definition, submission),
        due_on: match typed.due_on.as_str() {
            "" => submission
                .due_on
                .map_or_else(String::new, |day| day.to_string()),
            typed => typed.to_owned(),
        },
        next_up: NextUp::of(
            &submission.next_action,
            submission.due_on,
            service.day_of(now),
        ),
        late: service.late_by(submission.stage, submission.in_stage_since(), now),
        versions: submission
            .revisions
            .iter()
            .enumerate()
            .map(|(number, revision)| Version {
                number,
                text: format!(
                    "{} – {}, {}",
                    number + 1,
                    by(service, &revision.by),
                    day(service, revision.at)
                ),
            })
            .collect(),
        from,
        to,
        changes: definition.changes(
            &submission.revisions[from].answers,
            &submission.revisions[to].answers,
            Audience::Editors,
        ),
        earlier: history.drain(..folded(history.len())).collect(),
        history,
        earlier_mail: mail.drain(..folded(mail.len())).collect(),
        mail,
    };
    Page::new("review.html", definition.title_of(answers))
        .wrong(shown.notice.is_some_and(|notice| notice.bad))
        .render(service, &own)
}

/// What can be done next, with whether it is that; what has left the form's list stays where it is.
fn next_actions<'a>(
    definition: &'a Definition,
    submission: &'a Submission,
) -> Vec<(&'a str, bool)> {
    let next = submission.next_action.as_str();
    let mut actions: Vec<(&str, bool)> = (definition.next_actions.iter())
        .map(|action| (action.as_str(), action == next))
        .collect();
    if !next.is_empty() && !actions.iter().any(|(_, is_next)| *is_next) {
        actions.push((next, true));
    }
    actions
}

/// How many of so many lines are folded: one alone would take as much room.
fn folded(lines: usize) -> usize {
    match lines.saturating_sub(IN_SIGHT) {
        1 => 0,
        more => more,
    }
}

/// What a page tells of other submissions.
#[derive(Default)]
struct Beside {
    /// The one to go on with: of the list, or the one that has waited longest for a first review.
    next: Option<Uuid>,
    /// Where it stands in the list.
    place: Option<PlaceView>,
    /// The title of one whose post would have the same address.
    same_address: Option<String>,
    /// What publishing is doing.
    step: Option<(String, Timestamp)>,
    /// Where it is put aside, what else is that has something in common.
    alike: Vec<AlikeView>,
    duplicates: Vec<OtherView>,
    merged_into: Option<OtherView>,
    merged: Vec<OtherView>,
}

impl Beside {
    fn of(service: &Service, submission: &Submission, list: &List) -> Result<Self, StoreError> {
        let id = submission.id;
        let place = list.place(service, id)?;
        let next = list.next(service, id, place.as_ref())?;
        let same_address = service.store.with_address_of(submission)?;
        let (duplicates, merged_into) = match submission.merged_into() {
            Some(other) => (Vec::new(), Some(OtherView::kept(service, other)?)),
            None => (OtherView::duplicates(service, submission)?, None),
        };
        let merged = service.store.merged_into(id)?.into_iter();
        Ok(Self {
            duplicates,
            merged_into,
            merged: merged.map(OtherView::merged).collect(),
            next,
            place,
            same_address: same_address.map(|other| other.title),
            step: match submission.order {
                Some(_) => service.store.step()?,
                None => None,
            },
            alike: match submission.stage {
                Stage::Quarantined => service
                    .aside_like(submission, Timestamp::now())?
                    .into_iter()
                    .map(|one| AlikeView {
                        id: one.id,
                        version: one.version,
                        title: one.title,
                    })
                    .collect(),
                _ => Vec::new(),
            },
        })
    }
}

impl OtherView {
    /// What may tell the same. What looks like spam is judged as such first.
    fn duplicates(service: &Service, submission: &Submission) -> Result<Vec<Self>, StoreError> {
        let found = match submission.is_held_back() {
            true => Vec::new(),
            false => service.duplicates_of(submission)?,
        };
        let view = |one: Duplicate| {
            let what = match one.at {
                Some((stage, at)) => {
                    let at = at.to_zoned_datetime(service.blog.zone());
                    let (at, label) = (at.strftime("%-d %B %Y"), stage.label().to_lowercase());
                    format!("received on {at} ({label})")
                }
                None => "a post on the blog".to_owned(),
            };
            Self {
                url: one.other.path_beside(submission.id),
                about: format!("{what}: {}", one.likeness.in_words()),
                title: one.title,
            }
        };
        Ok(found.into_iter().map(view).collect())
    }

    fn kept(service: &Service, other: &Other) -> Result<Self, StoreError> {
        let id = other.id();
        Ok(Self {
            title: service.title_of(other)?,
            url: id.map_or_else(String::new, |id| format!("/desk/{id}")),
            about: String::new(),
        })
    }

    fn sample() -> Self {
        Self {
            title: "Sample".to_owned(),
            url: "/desk".to_owned(),
            about: "sample".to_owned(),
        }
    }

    fn merged(one: Summary) -> Self {
        Self {
            title: one.title,
            url: format!("/desk/{}", one.id),
            about: String::new(),
        }
    }
}

/// What the blog would reject or show wrongly.
fn to_fix(
    service: &Service,
    definition: &Definition,
    submission: &Submission,
    same_address: Option<String>,
) -> Vec<String> {
    let mut lines = service.blog.to_fix(submission, &service.blog.vocabulary());
    let answers = submission.answers();
    if let Some(title) = same_address {
        lines.push(format!(
            "“{title}” has the same address on the same date; one would replace the other on the blog."
        ));
    }
    let count = definition.post_title(answers).chars().count();
    if count > LONGEST_TITLE {
        lines.push(format!(
            "The title has {count} characters with what stands before it; the blog shows {LONGEST_TITLE} well."
        ));
    }
    lines
}

pub(super) fn try_page(service: &Service, sample: &Submission) -> Result<(), TemplateError> {
    let signed_in = SignedIn::sample();
    let beside = Beside::default();
    render(service, &signed_in, sample, beside, &Shown::default())?;
    let beside = Beside {
        next: Some(sample.id),
        place: Some(PlaceView::sample()),
        same_address: Some("Sample".to_owned()),
        step: None,
        duplicates: vec![OtherView::sample()],
        merged_into: Some(OtherView::sample()),
        merged: vec![OtherView::sample()],
        alike: vec![AlikeView {
            id: sample.id,
            version: 1,
            title: "Sample".to_owned(),
        }],
    };
    let shown = Shown {
        done: Some(Done::to_another(service, sample, &signed_in)),
        ..Shown::default()
    };
    render(service, &signed_in, sample, beside, &shown).map(drop)
}
