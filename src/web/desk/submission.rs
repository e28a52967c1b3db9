//! One submission: the post, the answers, history and mail, and what can be decided.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, http::StatusCode, web::Data};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::{
    asked::{AddendumView, TakeDownView},
    beside::Beside,
    edit,
    history::{Done, HistoryLine, MailView, history_line, mail_view},
    list::List,
    plan::PlanView,
    publishing::PublishingView,
    ready::{HarmView, to_fix},
    sign_off::SignOffView,
    typed::Typed,
    versions::VersionsView,
    words::{moment, since},
};
use crate::{
    form::{Audience, By, Contact, InWords},
    post::Preview,
    service::Service,
    submission::{Action, RULES, Submission, Suspicion},
    templates::TemplateError,
    web::{
        agreed::Agreed,
        answer::{Answer, Notice, Page, html},
        errors::Error,
        links::Reference,
        session::SignedIn,
    },
};

/// How many lines of history and mail are in sight at once; those before are folded.
const IN_SIGHT: usize = 4;

#[derive(Serialize)]
struct SubmissionPage<'a> {
    editor: &'a str,
    token: &'a str,
    notice: Option<Notice>,
    done: Option<Done>,
    /// The list that it was opened from, as its address has it.
    list: String,
    #[serde(flatten)]
    beside: &'a Beside,
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
    note: &'a str,
    /// A mail that was changed and not sent, and the action that it was for.
    letter: &'a str,
    letter_for: &'a str,
    note_fields: Vec<NoteField<'a>>,
    field_notes_open: bool,
    /// What speaks for abuse, and how much.
    suspicions: &'a [Suspicion],
    contact: Option<&'a Contact>,
    /// A correction of the address that was not taken.
    email: &'a str,
    agreements: Vec<Agreed<'a>>,
    answers: Vec<InWords>,
    /// Answers that are never published, which the preview does not have.
    unpublished: Vec<InWords>,
    #[serde(flatten)]
    plan: PlanView<'a>,
    /// How long it waits, where that is too long.
    late: Option<String>,
    #[serde(flatten)]
    versions: VersionsView,
    earlier: Vec<HistoryLine>,
    history: Vec<HistoryLine>,
    earlier_mail: Vec<MailView>,
    mail: Vec<MailView>,
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
                notice: (query == edit::LEFT_OUT).then_some(Notice::PICTURES_LEFT_OUT),
                done: what_was_done(service, &signed_in, &submission, &query)?,
                typed: Typed::default(),
                list: List::parse(service, &query, &signed_in),
                query,
            };
            let beside = Beside::of(service, &submission, &shown.list)?;
            let page = render(service, &signed_in, &submission, &beside, &shown)?;
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
    Ok(render(service, signed_in, submission, &beside, &shown)?)
}

fn render(
    service: &Service,
    signed_in: &SignedIn,
    submission: &Submission,
    beside: &Beside,
    shown: &Shown,
) -> Result<String, TemplateError> {
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
    let own = SubmissionPage {
        editor: &signed_in.editor.name,
        token: &signed_in.token,
        notice: shown.notice,
        done: shown.done.clone(),
        list: shown.list.query(),
        beside,
        id: submission.id,
        version: submission.version,
        title: definition.title_of(answers),
        stage: submission.stage.name(),
        label: submission.stage.label(),
        waited: since(submission.stage.is_end(), submission.in_stage_since(), now),
        to_fix: to_fix(
            service,
            &definition,
            submission,
            beside.same_address.as_deref(),
        ),
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
        publishing: PublishingView::of(service, submission, beside.step.clone(), now),
        sign_off: SignOffView::of(service, &definition, submission),
        addendum: AddendumView::of(service, &definition, submission, typed),
        take_downs: TakeDownView::all(service, submission),
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
        contact: submission.contact.as_ref(),
        email: &typed.email,
        agreements: (submission.consent.all())
            .map(|it| Agreed::of(it, &definition.consent, |at| moment(service, at)))
            .collect(),
        answers: answers_shown,
        unpublished,
        plan: PlanView::of(service, &definition, submission, typed, now),
        late: service.late_by(submission.stage, submission.in_stage_since(), now),
        versions: VersionsView::of(service, &definition, submission, &shown.query),
        earlier: history.drain(..folded(history.len())).collect(),
        history,
        earlier_mail: mail.drain(..folded(mail.len())).collect(),
        mail,
    };
    Page::new("review.html", definition.title_of(answers))
        .about(&definition)
        .wrong(shown.notice.is_some_and(|notice| notice.bad))
        .render(service, &own)
}

/// How many of so many lines are folded: one alone would take as much room.
fn folded(lines: usize) -> usize {
    match lines.saturating_sub(IN_SIGHT) {
        1 => 0,
        more => more,
    }
}

pub(super) fn try_page(service: &Service, sample: &Submission) -> Result<(), TemplateError> {
    let signed_in = SignedIn::sample();
    render(
        service,
        &signed_in,
        sample,
        &Beside::default(),
        &Shown::default(),
    )?;
    let shown = Shown {
        done: Some(Done::to_another(service, sample, &signed_in)),
        ..Shown::default()
    };
    render(service, &signed_in, sample, &Beside::sample(sample), &shown).map(drop)
}
