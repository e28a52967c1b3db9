//! The campaigner's private page: how far the case study has come, the post, and what can be done.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
    web::Data,
};
use serde::Serialize;
use uuid::Uuid;

use super::{
    Acted, CaseStudy, CaseStudyForm, Post, Service, TemplateError, Timestamp, error,
    form::{self, Beside, PartView},
    guard,
};
use crate::{
    case_study::{self, FIELDS, Problem, Rules},
    changes::{self, Change},
    queue::{QueueError, address_hash},
    submission::{Action, LetterChoice, Party, Refusal, Submission, Verb},
};

/// Something to say on top of a page.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Notice {
    pub(super) text: &'static str,
    pub(super) bad: bool,
}

#[derive(Serialize)]
struct Mine<'a> {
    notice: Option<Notice>,
    link: String,
    reference: String,
    version: u64,
    stage: &'static str,
    next: &'static str,
    /// Where it is on the blog.
    address: &'a str,
    received: String,
    asked: Option<Asked<'a>>,
    post: Post,
    edited: bool,
    changes: Vec<Change>,
    can: Can,
    /// Words that were not taken.
    typed: &'a str,
}

#[derive(Serialize)]
struct Asked<'a> {
    note: &'a str,
    fields: Vec<(&'static str, &'a str)>,
}

#[derive(Serialize)]
struct Can {
    correct: bool,
    accept: bool,
    suggest: bool,
    withdraw: bool,
    erase: bool,
}

#[derive(Serialize)]
struct MineEdit<'a> {
    back: String,
    version: u64,
    revision: usize,
    heading: &'static str,
    button: &'static str,
    action: &'static str,
    note: &'a str,
    stale: bool,
    problems: &'a [Problem],
    parts: Vec<PartView<'a>>,
}

/// The id in the link, if its key fits.
fn opened(service: &Service, path: (String, String)) -> Option<Uuid> {
    let id = path.0.parse::<Uuid>().ok()?;
    service.keys.is_private_key(id, &path.1).then_some(id)
}

/// Which page a form was sent from, and what is in it.
async fn posted(
    service: &Service,
    request: &HttpRequest,
    path: web::Path<(String, String)>,
    payload: web::Payload,
) -> Result<(Uuid, guard::FormBody), HttpResponse> {
    match opened(service, path.into_inner()) {
        Some(id) => Ok((id, guard::read_own_form(service, request, payload).await?)),
        None => Err(error::nothing_here(request.clone()).await),
    }
}

fn link(service: &Service, id: Uuid) -> String {
    format!("/mine/{id}/{}", service.keys.private_key(id))
}

/// `GET /mine/{id}/{key}`.
pub(super) async fn page(
    service: Data<Service>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    let Some(id) = opened(&service, path.into_inner()) else {
        return error::nothing_here(request).await;
    };
    let done = match request.query_string() {
        "done" => Some(Notice {
            text: "Thank you. That is done, and the editors will see it.",
            bad: false,
        }),
        _ => None,
    };
    show(service, request, id, StatusCode::OK, done, String::new()).await
}

async fn show(
    service: Data<Service>,
    request: HttpRequest,
    id: Uuid,
    status: StatusCode,
    notice: Option<Notice>,
    typed: String,
) -> HttpResponse {
    let found = service
        .into_inner()
        .blocking(move |service| {
            let Some(submission) = service.queue.get(id)? else {
                return Ok(None);
            };
            let page = render(service, &submission, notice, &typed)?;
            Ok::<_, QueueError>(Some((status, page)))
        })
        .await;
    error::found(request, found).await
}

fn render(
    service: &Service,
    submission: &Submission,
    notice: Option<Notice>,
    typed: &str,
) -> Result<String, TemplateError> {
    let (stage, mut next) = submission.stage.for_the_campaigner();
    let published = submission.publication.as_ref();
    if published.is_some_and(|published| published.to_be_merged) {
        next = "Your case study has been handed to the blog. Within the next days you will find it here:";
    }
    let is_open = submission.contact.is_some();
    let can = |verb: Verb| is_open && submission.stage.after(verb).is_some();
    let sent = submission
        .revisions
        .iter()
        .rev()
        .find(|revision| revision.by == Party::Campaigner);
    let changes = match (sent, submission.revisions.last()) {
        (Some(sent), Some(now)) => changes::between(sent, now),
        _ => Vec::new(),
    };
    let own = Mine {
        notice,
        link: link(service, submission.id),
        reference: submission.id.to_string(),
        version: submission.version,
        stage,
        next,
        address: published.map_or("", |published| published.address.as_str()),
        received: submission.received().strftime("%-d %B %Y").to_string(),
        asked: submission
            .changes_asked_for()
            .map(|(note, at_fields)| Asked {
                note,
                fields: FIELDS
                    .iter()
                    .filter_map(|field| Some((field.label, at_fields.get(field.name)?.as_str())))
                    .collect(),
            }),
        post: Post::preview(submission.case_study(), submission.editorial()),
        edited: !changes.is_empty(),
        changes,
        can: Can {
            correct: can(Verb::Correct) && submission.is_untouched(),
            accept: can(Verb::Accept),
            suggest: can(Verb::Suggest),
            withdraw: can(Verb::Withdraw),
            erase: can(Verb::Erase),
        },
        typed,
    };
    service.page("mine.html", "Your case study", own)
}

/// `POST /mine/{id}/{key}`.
pub(super) async fn act(
    service: Data<Service>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    payload: web::Payload,
) -> HttpResponse {
    let (id, body) = match posted(&service, &request, path, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let text = case_study::clean(body.first("note"));
    let bad = |text| Some(Notice { text, bad: true });
    let action = match body.first("action") {
        "accept" => Action::Accept,
        "suggest" => Action::Suggest { text: text.clone() },
        "withdraw" => Action::Withdraw {
            reason: text.clone(),
        },
        "erase" if body.first("sure") == "yes" => Action::Erase,
        "erase" => {
            let notice = bad("Nothing was erased. Tick the box if you are sure.");
            return show(
                service,
                request,
                id,
                StatusCode::UNPROCESSABLE_ENTITY,
                notice,
                text,
            )
            .await;
        }
        _ => {
            let notice = bad("Nothing was done. Please use one of the buttons.");
            return show(
                service,
                request,
                id,
                StatusCode::UNPROCESSABLE_ENTITY,
                notice,
                text,
            )
            .await;
        }
    };
    let seen = body.first("version");
    let acted = service
        .clone()
        .into_inner()
        .act(id, seen, Party::Campaigner, action, LetterChoice::AsItIs)
        .await;
    let (status, notice) = match acted {
        Ok(Acted::Done) => return done(&service, id),
        Ok(Acted::NotThere) => return error::nothing_here(request).await,
        Ok(Acted::Stale) => (
            StatusCode::CONFLICT,
            bad(
                "Nothing was done, because an editor has changed something meanwhile. Please look at the post below, then try again.",
            ),
        ),
        Ok(Acted::Refused(refusal)) => (refusal_status(refusal), bad(refusal_words(refusal))),
        Err(cause) => return error::internal(&request, &cause),
    };
    show(service, request, id, status, notice, text).await
}

/// What a refusal is in the language of the web.
pub(super) fn refusal_status(refusal: Refusal) -> StatusCode {
    match refusal {
        Refusal::NotOffered | Refusal::NoChange | Refusal::Blog => StatusCode::CONFLICT,
        Refusal::NoWords | Refusal::TooLong => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// What a refusal is in words.
pub(super) fn refusal_words(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NotOffered => "Nothing was done: that is not possible at this stage.",
        Refusal::NoChange => "Nothing was done: there was nothing to change.",
        Refusal::Blog => "That was not done, and nothing has changed. The reason stands below.",
        Refusal::NoWords => "Nothing was done: please write some words for it first.",
        Refusal::TooLong => {
            "Nothing was done: your words are longer than 5,000 characters. Please shorten them."
        }
    }
}

fn done(service: &Service, id: Uuid) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, format!("{}?done", link(service, id))))
        .finish()
}

/// `GET /mine/{id}/{key}/edit`.
pub(super) async fn edit(
    service: Data<Service>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    let Some(id) = opened(&service, path.into_inner()) else {
        return error::nothing_here(request).await;
    };
    let shared = service.clone().into_inner();
    let found = shared
        .blocking(move |service| {
            let Some(submission) = service.queue.get(id)? else {
                return Ok(None);
            };
            if !may_edit(&submission) {
                let notice = Some(Notice {
                    text: refusal_words(Refusal::NotOffered),
                    bad: true,
                });
                let page = render(service, &submission, notice, "")?;
                return Ok(Some((StatusCode::CONFLICT, page)));
            }
            let form = CaseStudyForm::of(submission.case_study());
            let page = edit_page(service, &submission, &form, &[], false, None)?;
            Ok::<_, QueueError>(Some((StatusCode::OK, page)))
        })
        .await;
    error::found(request, found).await
}

fn may_edit(submission: &Submission) -> bool {
    submission.contact.is_some()
        && (submission.stage.after(Verb::Resubmit).is_some()
            || submission.stage.after(Verb::Correct).is_some() && submission.is_untouched())
}

fn edit_page(
    service: &Service,
    submission: &Submission,
    form: &CaseStudyForm,
    problems: &[Problem],
    stale: bool,
    base: Option<&CaseStudy>,
) -> Result<String, TemplateError> {
    let rules: Rules = service.rules();
    let asked = submission.changes_asked_for();
    let beside = Beside {
        notes: asked.map(|(_, at_fields)| at_fields),
        now: stale.then(|| submission.case_study()),
        base,
        case_study_only: true,
    };
    let resubmits = submission.stage.after(Verb::Resubmit).is_some();
    let (heading, button, action) = if resubmits {
        ("Change it and send it again", "Send it again", "resubmit")
    } else {
        ("Correct a mistake", "Save the correction", "correct")
    };
    let own = MineEdit {
        back: link(service, submission.id),
        version: submission.version,
        revision: submission.revisions.len() - 1,
        heading,
        button,
        action,
        note: asked.map_or("", |(note, _)| note),
        stale,
        problems,
        parts: form::parts(&rules, form, problems, &beside),
    };
    service.page("mine_edit.html", heading, own)
}

/// `POST /mine/{id}/{key}/edit`.
pub(super) async fn edited(
    service: Data<Service>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    payload: web::Payload,
) -> HttpResponse {
    let (id, body) = match posted(&service, &request, path, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let rules = service.rules();
    let mut form = CaseStudyForm::from_pairs(body.texts());
    let revision: Option<usize> = body.first("revision").parse().ok();
    let parsed = form.parse_case_study(&rules);
    let (status, stale, problems) = match parsed {
        Err(problems) => (StatusCode::UNPROCESSABLE_ENTITY, false, problems),
        Ok(_) if body.damaged => (StatusCode::UNPROCESSABLE_ENTITY, false, Vec::new()),
        Ok(case_study) => {
            let case_study = Box::new(case_study);
            let action = match body.first("action") {
                "correct" => Action::Correct(case_study),
                _ => Action::Resubmit(case_study),
            };
            let shared = service.clone().into_inner();
            let unchanged = shared
                .blocking(move |service| version_of(service, id, revision))
                .await;
            let seen = match unchanged {
                Ok(Some(version)) => version.to_string(),
                Ok(None) | Err(_) => body.first("version").to_owned(),
            };
            let acted = service
                .clone()
                .into_inner()
                .act(id, &seen, Party::Campaigner, action, LetterChoice::AsItIs)
                .await;
            match acted {
                Ok(Acted::Done) => return done(&service, id),
                Ok(Acted::NotThere) => return error::nothing_here(request).await,
                Ok(Acted::Stale) => (StatusCode::CONFLICT, true, Vec::new()),
                Ok(Acted::Refused(refusal)) => {
                    let problem = Problem {
                        field: "title",
                        message: refusal_words(refusal).to_owned(),
                    };
                    (refusal_status(refusal), false, vec![problem])
                }
                Err(cause) => return error::internal(&request, &cause),
            }
        }
    };
    let found = service
        .into_inner()
        .blocking(move |service| {
            let Some(submission) = service.queue.get(id)? else {
                return Ok(None);
            };
            let base = submission
                .revisions
                .get(revision.filter(|_| stale).unwrap_or(usize::MAX))
                .map(|base| &base.case_study);
            if let Some(base) = base {
                form.take_over(base, submission.case_study());
            }
            let page = edit_page(service, &submission, &form, &problems, stale, base)?;
            Ok::<_, QueueError>(Some((status, page)))
        })
        .await;
    error::found(request, found).await
}

/// The version to answer a request for changes with, if the content is still what the form was
/// filled with: what editors have noted among themselves meanwhile is nothing to the campaigner.
fn version_of(service: &Service, id: Uuid, revision: Option<usize>) -> Option<u64> {
    let submission = service.queue.get(id).ok()??;
    let same = revision == Some(submission.revisions.len() - 1)
        && submission.stage.after(Verb::Resubmit).is_some();
    same.then_some(submission.version)
}

#[derive(Serialize)]
struct Lost {
    asked: bool,
}

/// `GET /lost-link`.
pub(super) async fn lost(service: Data<Service>, request: HttpRequest) -> HttpResponse {
    let page = service.page("lost.html", "Lost link", Lost { asked: false });
    error::rendered(&request, StatusCode::OK, page)
}

/// `POST /lost-link`: the same answer for every address, at once; the rest is done afterwards.
pub(super) async fn find(
    service: Data<Service>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let body = match guard::read_form(&request, payload).await {
        Ok(body) => body,
        Err(refusal) => return refusal,
    };
    let address = address_hash(body.first("email"));
    let page = service.page("lost.html", "Look into your mail", Lost { asked: true });
    let answer = error::rendered(&request, StatusCode::OK, page);
    actix_web::rt::spawn(async move {
        let service = service.into_inner();
        let outbox = std::sync::Arc::clone(&service.outbox);
        let asked = service
            .blocking(move |service| {
                for summary in service.queue.list()?.summaries {
                    if summary.mail_address == Some(address) {
                        service.queue.update(summary.id, |submission| {
                            // Refused while such a letter is still on its way.
                            let _ = submission.act(
                                Party::Campaigner,
                                Action::AskForLink,
                                LetterChoice::AsItIs,
                                &[],
                                Timestamp::now(),
                            );
                        })?;
                    }
                }
                Ok::<_, QueueError>(())
            })
            .await;
        match asked {
            Ok(Ok(())) => outbox.wake(),
            Ok(Err(cause)) => tracing::error!(%cause, "a lost link could not be sent"),
            Err(cause) => tracing::error!(%cause, "a lost link could not be sent"),
        }
    });
    answer
}

pub(super) fn try_pages(service: &Service, submission: &Submission) -> Result<(), TemplateError> {
    render(service, submission, None, "")?;
    let form = CaseStudyForm::of(submission.case_study());
    let problems = CaseStudyForm::default()
        .parse_case_study(&service.rules())
        .err()
        .unwrap_or_default();
    edit_page(service, submission, &form, &problems, false, None)?;
    edit_page(
        service,
        submission,
        &CaseStudyForm::default(),
        &[],
        true,
        None,
    )?;
    for asked in [false, true] {
        service.page("lost.html", "Lost link", Lost { asked })?;
    }
    Ok(())
}
