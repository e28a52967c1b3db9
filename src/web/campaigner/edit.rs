//! The campaigner's edit page: corrections, and answers to a request for changes.

use actix_web::{HttpRequest, http::StatusCode, web::Data};
use serde::Serialize;

use super::{
    changes::{Changes, ChangesView},
    saved,
    status::{self, Typed},
};
use crate::{
    form::{Answers, By, Definition, GivenBy, Problem},
    service::{Outcome, Service},
    submission::{Action, Actor, Command, Effect, MailChoice, Refusal, Submission},
    templates::TemplateError,
    web::{
        answer::{self, Answer, Notice, Page, html, see_other},
        edited::Edited,
        errors::Error,
        fields::{Conflict, Filled, PartView, Shown, changed_group, parts},
        links::PrivateLink,
        origin::OwnForm,
        pictures::enctype,
        sender::sender,
    },
};

#[derive(Serialize)]
struct EditPage<'a> {
    back: String,
    action_url: String,
    enctype: &'static str,
    has_groups: bool,
    noun: &'a str,
    version: u64,
    revision: usize,
    heading: String,
    button: &'static str,
    action: &'static str,
    note: &'a str,
    notice: Option<Notice>,
    problems: &'a [Problem],
    parts: Vec<PartView>,
    /// The revision of what was saved to go on later, and how it is saved, where it is.
    saved_revision: u64,
    saved: Option<ChangesView>,
    /// Words that were saved and are asked for no more.
    unasked: Vec<&'a str>,
    /// What is agreed to by adding something on this page.
    agreed_by_answers: Vec<&'a str>,
}

/// `GET /mine/{id}/{key}/edit`.
pub(in crate::web) async fn page(
    service: Data<Service>,
    request: HttpRequest,
    link: PrivateLink,
) -> Result<Answer, Error> {
    let was_saved = request.query_string() == "saved";
    service
        .blocking(move |service| {
            let submission = link.submission(service)?;
            let definition = service.forms.of(&submission.form);
            if action(&submission).is_none() || definition.is_gone() {
                let outcome = Outcome::<()>::Refused(Refusal::NotOffered);
                let notice = Some(Notice::of(&outcome));
                let page = status::render(service, &submission, notice, &Typed::default())?;
                return Ok(html(answer::status(&outcome), page));
            }
            let changes = Changes::of(service, link.id)?;
            let edited = changes.opened(&definition, &submission, was_saved);
            let page = render(service, &definition, &submission, edited, &changes)?;
            Ok(html(StatusCode::OK, page))
        })
        .await
}

/// What saving the page would be now.
pub(super) fn action(submission: &Submission) -> Option<Action> {
    [Action::Resubmit, Action::Correct]
        .into_iter()
        .find(|action| submission.offers(*action, &Actor::Campaigner))
}

/// `POST /mine/{id}/{key}/edit`.
pub(in crate::web) async fn save(
    service: Data<Service>,
    request: HttpRequest,
    link: PrivateLink,
    OwnForm(body): OwnForm,
) -> Result<Answer, Error> {
    let id = link.id;
    let sender = sender(&service, &request);
    let begun = service
        .blocking(move |service| {
            let found = match link.submission(service) {
                Err(Error::NotFound) => return Ok(Err(saved::nowhere(service, &body)?)),
                found => found?,
            };
            let definition = service.forms.of(&found.form);
            let mut edited = Edited::sent(service, id, &definition, &body, &sender)?;
            let changes = Changes::of_post(service, id, &definition, &body, &mut edited)?;
            Ok::<_, Error>(Ok((found, definition, edited, changes, body)))
        })
        .await?;
    let (found, definition, mut edited, mut changes, body) = match begun {
        Ok(begun) => begun,
        Err(page) => return Ok(page),
    };
    let button = body.button();
    let status = if let Some(status) = edited.uploaded() {
        status
    } else if changed_group(&definition, button, &mut edited.typed) {
        StatusCode::OK
    } else if button == "save" && !body.damaged || button == "discard" {
        let is_discarded = button == "discard";
        let kept;
        (edited, changes, kept) = service
            .blocking(move |service| {
                let (mut edited, mut changes) = (edited, changes);
                let kept = match body.button() {
                    "discard" => changes.discard(service, id, &body, &mut edited)?,
                    _ => {
                        let definition = service.forms.of(&found.form);
                        let is_offered = action(&found).is_some();
                        changes.save(service, &definition, &found, &mut edited, is_offered)?
                    }
                };
                Ok::<_, Error>((edited, changes, kept))
            })
            .await?;
        let page = service.private_path(id, link.changed);
        match kept {
            Some(status) if is_discarded && edited.revision.is_none() => {
                // From the private page, where there is nothing to edit at this stage.
                let again = service.blocking(move |service| {
                    let (found, notice) = (link.submission(service)?, edited.notice);
                    let page = status::render(service, &found, notice, &Typed::default())?;
                    Ok(html(status, page))
                });
                return again.await;
            }
            Some(status) => status,
            None if is_discarded => return Ok(see_other(format!("{page}?deleted"))),
            None => return Ok(see_other(format!("{page}/edit?saved"))),
        }
    } else if changes.are_others(&mut edited) {
        StatusCode::CONFLICT
    } else {
        let vocabulary = service.blog.vocabulary();
        let typed = &edited.typed;
        match definition.parse_answers(typed, By::Campaigner, &vocabulary, found.answers(), &[]) {
            Ok(parsed) if !body.damaged && edited.missing.is_empty() => {
                let action = match button {
                    "correct" => Action::Correct,
                    _ => Action::Resubmit,
                };
                let answers = parsed.answers.clone();
                let command = Command::new(action, Effect::Revise(parsed.answers));
                let seen = version_to_answer(&found, edited.revision).or(body.version());
                let acting = service.act(id, seen, Actor::Campaigner, command, MailChoice::AsItIs);
                let outcome = acting.await?;
                match &outcome {
                    Outcome::Done(()) => return Ok(status::to_done(&service, &link)),
                    Outcome::NotThere => return Err(Error::NotFound),
                    Outcome::Conflict => {
                        let looking = service
                            .blocking(move |service| sent_before(service, link, action, &answers));
                        if let Some(page) = looking.await? {
                            return Ok(page);
                        }
                        edited.is_conflict = true;
                        edited.notice = Some(Notice::CONFLICT);
                    }
                    _ => edited.notice = Some(Notice::of(&outcome)),
                }
                answer::status(&outcome)
            }
            parsed => {
                edited.refuse(parsed.err());
                StatusCode::UNPROCESSABLE_ENTITY
            }
        }
    };
    service
        .blocking(move |service| {
            let submission = link.submission(service)?;
            let page = render(service, &definition, &submission, edited, &changes)?;
            Ok(html(status, page))
        })
        .await
}

/// The private page for who has sent these very answers before: by a button that was pressed twice, or
/// after going back.
fn sent_before(
    service: &Service,
    link: PrivateLink,
    action: Action,
    answers: &Answers,
) -> Result<Option<Answer>, Error> {
    let now = link.submission(service)?;
    // What is still asked for has not been sent, whatever the answers are.
    let is_asked = action == Action::Resubmit && now.offers(action, &Actor::Campaigner);
    if is_asked || now.answers() != answers {
        return Ok(None);
    }
    let notice = Some(Notice::SENT_BEFORE);
    let page = status::render(service, &now, notice, &Typed::default())?;
    Ok(Some(html(StatusCode::CONFLICT, page)))
}

/// The version to answer a request for changes with, if the answers are still what the form was
/// filled with: what editors have noted among themselves since is nothing to the campaigner.
fn version_to_answer(submission: &Submission, revision: Option<usize>) -> Option<u64> {
    let same = revision == Some(submission.revisions.len() - 1)
        && submission.offers(Action::Resubmit, &Actor::Campaigner);
    same.then_some(submission.version)
}

fn render(
    service: &Service,
    definition: &Definition,
    submission: &Submission,
    mut edited: Edited,
    changes: &Changes,
) -> Result<String, TemplateError> {
    let now = submission.answers();
    edited.take_over(definition, By::Campaigner, submission);
    let asked = submission.changes_requested();
    let noun = &definition.noun;
    let (heading, button, action) = match action(submission) {
        Some(Action::Correct) => (
            "Correct a mistake".to_owned(),
            "Send the correction",
            Action::Correct,
        ),
        _ => (
            format!("Change your {noun} and send it again"),
            "Send it again",
            Action::Resubmit,
        ),
    };
    let back = service.private_path(submission.id, submission.link_changed);
    let own = EditPage {
        action_url: format!("{back}/edit"),
        back: back.clone(),
        enctype: enctype(definition, true),
        has_groups: definition.has_groups(),
        noun,
        version: submission.version,
        revision: submission.revisions.len() - 1,
        heading: heading.clone(),
        button,
        action: action.name(),
        note: asked.map_or("", |event| event.note.as_str()),
        notice: edited.notice,
        problems: &edited.problems,
        parts: parts(
            Shown::Record(By::Campaigner),
            &Filled {
                definition,
                vocabulary: &service.blog.vocabulary(),
                typed: &edited.typed,
                problems: &edited.problems,
                stands: Some(now),
                notes: asked.map(|event| &event.at_fields),
                conflict: match changes.conflict() {
                    Some(theirs) => Some(Conflict::Typed(theirs)),
                    None if edited.is_conflict => {
                        Some(Conflict::Answers(now, edited.base(submission)))
                    }
                    None => None,
                },
                pictures: back,
            },
        ),
        saved_revision: changes.revision(),
        saved: changes.view(service),
        unasked: changes.unasked(definition),
        agreed_by_answers: (definition.consent.purposes.iter())
            .filter(|purpose| purpose.given_by != GivenBy::Tick)
            .map(|purpose| purpose.wording.as_str())
            .collect(),
    };
    Page::new("mine_edit.html", &heading)
        .about(definition)
        .wrong(edited.notice.is_some_and(|it| it.bad) || !edited.problems.is_empty())
        .render(service, &own)
}

pub(super) fn try_pages(
    service: &Service,
    definition: &Definition,
    sample: &Submission,
) -> Result<(), TemplateError> {
    let edited = Edited::of(definition, sample.answers());
    let changes = Changes::default();
    render(service, definition, sample, edited, &changes)?;
    let conflict = Edited {
        is_conflict: true,
        notice: Some(Notice::CONFLICT),
        ..Edited::default()
    };
    render(service, definition, sample, conflict, &changes).map(drop)
}
