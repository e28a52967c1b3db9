//! The form, the check page, and what happens when it is sent.

use std::collections::BTreeMap;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
    web::Data,
};
use serde::Serialize;

use super::{
    CaseStudy, CaseStudyForm, Contact, Editorial, Post, QueueError, Rules, Service, TemplateError,
    Timestamp, error, guard,
};
use crate::{
    case_study::{self, Entry, FIELDS, Field, Kind, Part, Problem, thousands},
    keys::TokenTrouble,
    queue::Inserted,
    submission::Submission,
};

const PARTS: [(Part, &str, &str); 4] = [
    (Part::Campaign, "The campaign", ""),
    (Part::Story, "Its story", ""),
    (
        Part::Glance,
        "At a glance",
        "Short answers that stand below the story, so that readers can compare campaigns.",
    ),
    (
        Part::You,
        "About you",
        "Only the editors see your name and address. They are never published.",
    ),
];

#[derive(Serialize)]
struct FormPage<'a> {
    token: String,
    /// Something to know that is not about a field.
    notice: Option<Notice>,
    problems: &'a [Problem],
    parts: Vec<PartView<'a>>,
}

#[derive(Serialize, Clone, Copy)]
struct Notice {
    heading: &'static str,
    text: &'static str,
}

#[derive(Serialize)]
pub(super) struct PartView<'a> {
    id: Part,
    heading: &'static str,
    lead: &'static str,
    fields: Vec<FieldView<'a>>,
}

#[derive(Serialize)]
pub(super) struct FieldView<'a> {
    #[serde(flatten)]
    field: &'static Field,
    /// The limit in words.
    limit: String,
    required: bool,
    value: &'a str,
    problem: Option<&'a str>,
    /// What an editor asks for at this field.
    note: Option<&'a str>,
    /// What stands there now, where somebody else has changed it meanwhile.
    now: Option<String>,
    options: Vec<TopicView<'a>>,
}

#[derive(Serialize)]
pub(super) struct TopicView<'a> {
    name: &'a str,
    chosen: bool,
}

#[derive(Serialize)]
struct CheckPage<'a> {
    token: String,
    /// Label and answer, in the order of the form.
    answers: Vec<(&'static str, String)>,
    post: Post,
    /// Name and value of each field, to be sent on.
    kept: Vec<(&'static str, &'a str)>,
}

const DAMAGED: Notice = Notice {
    heading: "Some letters did not arrive as you typed them",
    text: "They are shown as � below. Please correct them and go on. Nothing has been saved yet.",
};
const TOKEN_OLD: Notice = Notice {
    heading: "This form was open for more than a week",
    text: "We did not save it, to be sure that it was you. All your words are below: please check them and send it again.",
};
const TOKEN_UNKNOWN: Notice = Notice {
    heading: "We could not tell that this came from our form",
    text: "So it was not saved. All your words are below: please check them and send it again.",
};
const TAKEN: Notice = Notice {
    heading: "You have already sent a case study from this form",
    text: "It is safe, and the link to it is in the e-mail that you got. What you see below is different and has not been saved. To send it as a second case study, go on; to change the first, reply to the e-mail.",
};
const NOT_SAVED: Notice = Notice {
    heading: "We could not save your case study just now",
    text: "It is our fault, not yours. All your words are below: please keep this page open and send it again in a few minutes.",
};
const WHICH: Notice = Notice {
    heading: "Please use one of the buttons",
    text: "Nothing has been saved yet. All your words are below.",
};

/// `GET /`.
pub(super) async fn empty(service: Data<Service>, request: HttpRequest) -> HttpResponse {
    let token = service.keys.form_token(Timestamp::now());
    let rules = service.rules();
    let form = CaseStudyForm::default();
    let page = form_page(&service, &rules, token, &form, None, &[]);
    let mut answer = error::rendered(&request, StatusCode::OK, page);
    // May be kept for the back button, also without JavaScript: with the same token, the same
    // words sent again are no second submission. Nobody's words are in it yet.
    let may_be_kept = header::HeaderValue::from_static("private, no-cache");
    answer
        .headers_mut()
        .insert(header::CACHE_CONTROL, may_be_kept);
    answer
}

/// What a form post comes to.
enum Outcome {
    Page(StatusCode, String),
    Accepted(String),
}

/// `POST /`.
pub(super) async fn sent(
    service: Data<Service>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let body = match guard::read_form(&request, payload).await {
        Ok(body) => body,
        Err(refusal) => return refusal,
    };
    let id = super::request_id(&request);
    let outcome = service
        .into_inner()
        .blocking(move |service| judge(service, &body, &id))
        .await;
    match outcome {
        Ok(Ok(Outcome::Page(status, html))) => error::rendered(&request, status, Ok(html)),
        Ok(Ok(Outcome::Accepted(link))) => HttpResponse::SeeOther()
            .insert_header((header::LOCATION, link))
            .finish(),
        Ok(Err(cause)) => error::internal(&request, &cause),
        Err(cause) => error::internal(&request, &cause),
    }
}

fn judge(
    service: &Service,
    body: &guard::FormBody,
    request: &str,
) -> Result<Outcome, TemplateError> {
    let now = Timestamp::now();
    let rules = service.rules();
    let form = CaseStudyForm::from_pairs(body.texts());
    let opened = service.keys.open_form_token(body.first("token"), now);
    // A token that is not good is replaced: it only matters when the form is sent.
    let token = match opened {
        Ok(_) => body.first("token").to_owned(),
        Err(_) => service.keys.form_token(now),
    };
    let page = |status, token, notice, problems: &[Problem]| {
        form_page(service, &rules, token, &form, notice, problems)
            .map(|html| Outcome::Page(status, html))
    };
    let action = body.first("action");
    if action == "edit" {
        return page(StatusCode::OK, token, None, &[]);
    }
    let parsed = form.parse(&rules);
    let problems = parsed.as_ref().err().map_or(&[][..], Vec::as_slice);
    let notice = match (action, opened) {
        _ if body.damaged => Some(DAMAGED),
        ("submit", Err(TokenTrouble::Old)) => Some(TOKEN_OLD),
        ("submit", Err(TokenTrouble::Unknown)) => Some(TOKEN_UNKNOWN),
        ("submit" | "check", _) => None,
        _ => Some(WHICH),
    };
    let (entry, id) = match (parsed.as_ref(), opened, notice) {
        (Ok(entry), Ok(id), None) if action == "submit" => (entry.clone(), id),
        (Ok(entry), _, None) => {
            return check_page(service, token, &form, entry)
                .map(|html| Outcome::Page(StatusCode::OK, html));
        }
        _ => return page(StatusCode::UNPROCESSABLE_ENTITY, token, notice, problems),
    };
    let submission = Submission::receive(
        id,
        entry,
        service.config.post.clone(),
        &service.config.editors,
        now,
    );
    match service.queue.insert(submission) {
        Ok(Inserted::New | Inserted::Again) => {
            service.outbox.wake();
            Ok(Outcome::Accepted(format!(
                "/mine/{id}/{}",
                service.keys.private_key(id)
            )))
        }
        Ok(Inserted::Taken) => page(
            StatusCode::CONFLICT,
            service.keys.form_token(now),
            Some(TAKEN),
            &[],
        ),
        Err(QueueError::Template(cause)) => Err(cause),
        Err(cause) => {
            tracing::error!(request, %cause, "a case study could not be saved");
            // With the same token, sending again cannot make two of it.
            page(StatusCode::SERVICE_UNAVAILABLE, token, Some(NOT_SAVED), &[])
        }
    }
}

fn form_page(
    service: &Service,
    rules: &Rules,
    token: String,
    form: &CaseStudyForm,
    notice: Option<Notice>,
    problems: &[Problem],
) -> Result<String, TemplateError> {
    let parts = parts(rules, form, problems, &Beside::default());
    let title = if problems.is_empty() && notice.is_none() {
        "Tell us about your campaign"
    } else {
        "Error: Tell us about your campaign"
    };
    let own = FormPage {
        token,
        notice,
        problems,
        parts,
    };
    service.page("form.html", title, own)
}

/// What stands beside the fields when a case study is changed.
#[derive(Default)]
pub(super) struct Beside<'a> {
    /// An editor's notes, by field.
    pub(super) notes: Option<&'a BTreeMap<String, String>>,
    /// The case study as somebody else has saved it meanwhile.
    pub(super) now: Option<&'a CaseStudy>,
    /// The case study from which both have started, where that can be told.
    pub(super) base: Option<&'a CaseStudy>,
    /// Without the part about the campaigner.
    pub(super) case_study_only: bool,
}

/// The parts of the form with everything filled in.
pub(super) fn parts<'a>(
    rules: &'a Rules,
    form: &'a CaseStudyForm,
    problems: &'a [Problem],
    beside: &Beside<'a>,
) -> Vec<PartView<'a>> {
    PARTS
        .iter()
        .filter(|(part, ..)| !(beside.case_study_only && *part == Part::You))
        .map(|(part, heading, lead)| PartView {
            id: *part,
            heading,
            lead,
            fields: FIELDS
                .iter()
                .filter(|field| field.part == *part)
                .map(|field| {
                    let mut view = field_view(field, rules, form, problems);
                    view.note = beside
                        .notes
                        .and_then(|notes| notes.get(field.name))
                        .map(String::as_str);
                    view.now = beside
                        .now
                        .filter(|now| beside.base.is_none_or(|base| differ(field, base, now)))
                        .and_then(|now| now_at(field, now, form));
                    view
                })
                .collect(),
        })
        .collect()
}

fn differ(field: &Field, one: &CaseStudy, other: &CaseStudy) -> bool {
    match field.kind {
        Kind::Topics => one.topics != other.topics,
        _ => one.text(field.name) != other.text(field.name),
    }
}

/// What stands at the field now, if that is not what the form holds.
fn now_at(field: &Field, now: &CaseStudy, form: &CaseStudyForm) -> Option<String> {
    let (stands, typed) = match field.kind {
        Kind::Topics => (now.topics.join(", "), form.topics.join(", ")),
        _ => (
            now.text(field.name)?.to_owned(),
            form.text(field.name).to_owned(),
        ),
    };
    (stands != typed).then(|| stands_in_words(stands))
}

/// What stands in a field now, so that one that somebody has emptied can be seen, too.
pub(super) fn stands_in_words(text: String) -> String {
    if text.is_empty() {
        return "(nothing)".to_owned();
    }
    text
}

fn field_view<'a>(
    field: &'static Field,
    rules: &'a Rules,
    form: &'a CaseStudyForm,
    problems: &'a [Problem],
) -> FieldView<'a> {
    let (min, max) = (thousands(field.limits.min), thousands(field.limits.max));
    let limit = match field.kind {
        Kind::Topics | Kind::Consent => String::new(),
        _ if field.limits.min > 1 => format!("{min} to {max} characters"),
        _ => format!("Up to {max} characters"),
    };
    let options = match field.kind {
        Kind::Topics => rules
            .topics
            .iter()
            .map(|name| TopicView {
                name,
                chosen: form.topics.contains(name),
            })
            .collect(),
        _ => Vec::new(),
    };
    FieldView {
        field,
        limit,
        required: case_study::is_required(field, rules),
        value: form.text(field.name),
        problem: problems
            .iter()
            .find(|problem| problem.field == field.name)
            .map(|problem| problem.message.as_str()),
        note: None,
        now: None,
        options,
    }
}

fn check_page(
    service: &Service,
    token: String,
    form: &CaseStudyForm,
    entry: &Entry,
) -> Result<String, TemplateError> {
    let editorial = &service.config.post;
    let kept = FIELDS
        .iter()
        .filter(|field| field.kind != Kind::Topics)
        .map(|field| (field.name, form.text(field.name)))
        .chain(form.topics.iter().map(|topic| ("topics", topic.as_str())))
        .collect();
    let own = CheckPage {
        token,
        answers: answers(&entry.case_study, &entry.contact, editorial),
        post: Post::preview(&entry.case_study, editorial),
        kept,
    };
    service.page("check.html", "Check before you send", own)
}

/// The answers that are not in the post, or not to be told from it at a glance.
fn answers(
    case_study: &CaseStudy,
    contact: &Contact,
    editorial: &Editorial,
) -> Vec<(&'static str, String)> {
    let topics = if case_study.topics.is_empty() {
        format!("{} (you chose none)", editorial.topics.join(", "))
    } else {
        case_study.topics.join(", ")
    };
    let mut answers = vec![
        ("Name of the campaign", case_study.title.clone()),
        ("Topics", topics),
    ];
    answers.extend(
        case_study
            .at_a_glance()
            .into_iter()
            .map(|(label, text)| (label, text.to_owned())),
    );
    answers.push(("Your name", contact.name.clone()));
    answers.push(("Your e-mail address", contact.email.clone()));
    answers.push(("Agreed", case_study::CONSENT_WORDING.to_owned()));
    answers
}

pub(super) fn try_pages(
    service: &Service,
    rules: &Rules,
    case_study: &CaseStudy,
) -> Result<(), TemplateError> {
    let form = CaseStudyForm::default();
    let problems = form.parse(rules).err().unwrap_or_default();
    form_page(service, rules, String::new(), &form, None, &[])?;
    form_page(service, rules, String::new(), &form, Some(WHICH), &problems)?;
    let entry = Entry {
        case_study: case_study.clone(),
        contact: Contact {
            name: "Sample".into(),
            email: "sample@example.org".into(),
        },
    };
    check_page(service, String::new(), &form, &entry).map(drop)
}
