//! Editing, also by two at once.

use actix_web::{HttpRequest, http::StatusCode, web::Data};
use serde::Serialize;
use uuid::Uuid;

use super::{submission, typed, words::moment};
use crate::{
    form::{By, Definition, Problem},
    service::{Outcome, Service},
    submission::{
        Action, Actor, Command, Effect, MailChoice, Refusal, Submission, fixed_while_published,
    },
    templates::TemplateError,
    web::{
        answer::{self, Answer, Notice, Page, html, see_other},
        edited::Edited,
        errors::Error,
        fields::{Conflict, Filled, PartView, Shown, changed_group, parts},
        links::Reference,
        pictures::enctype,
        sender::sender,
        session::{DeskForm, SignedIn},
    },
};

#[derive(Serialize)]
struct EditPage<'a> {
    editor: &'a str,
    token: &'a str,
    action_url: String,
    enctype: &'static str,
    has_groups: bool,
    id: Uuid,
    version: u64,
    revision: usize,
    title: &'a str,
    /// Where it is on the blog, while it is.
    address: &'a str,
    notice: Option<Notice>,
    problems: &'a [Problem],
    parts: Vec<PartView>,
    /// When the campaigner took back what they had agreed to about pictures; empty where they did not.
    no_pictures_since: String,
    /// Whether the editor wants to leave, and has changed something.
    is_leaving: bool,
}

/// Stands behind the `?` of the submission's page after something was left out.
pub(super) const LEFT_OUT: &str = "left-out";

/// `GET /desk/{id}/edit`.
pub(in crate::web) async fn page(
    service: Data<Service>,
    signed_in: SignedIn,
    Reference(id): Reference,
) -> Result<Answer, Error> {
    show(&service, signed_in, id, StatusCode::OK, None).await
}

/// The page, filled with `edited` or with what there is.
async fn show(
    service: &Data<Service>,
    signed_in: SignedIn,
    id: Uuid,
    status: StatusCode,
    edited: Option<Edited>,
) -> Result<Answer, Error> {
    service
        .blocking(move |service| {
            let submission = service.store.get(id)?.ok_or(Error::NotFound)?;
            let definition = service.forms.of(&submission.form);
            let by = Actor::Editor(signed_in.editor.email.clone());
            if !submission.offers(Action::Edit, &by) || definition.is_gone() {
                let outcome = Outcome::<()>::Refused(Refusal::NotOffered);
                let (notice, typed) = (Some(Notice::of(&outcome)), typed::Typed::default());
                let page =
                    submission::render_again(service, &signed_in, &submission, notice, typed)?;
                return Ok(html(answer::status(&outcome), page));
            }
            let mut edited =
                edited.unwrap_or_else(|| Edited::of(&definition, submission.answers()));
            edited.take_over(&definition, By::Editors, &submission);
            let page = render(service, &signed_in, &definition, &submission, &edited)?;
            Ok(html(status, page))
        })
        .await
}

fn render(
    service: &Service,
    signed_in: &SignedIn,
    definition: &Definition,
    submission: &Submission,
    edited: &Edited,
) -> Result<String, TemplateError> {
    let publication = submission.publication.as_ref();
    let fixed = match publication {
        Some(_) => fixed_while_published(definition),
        None => Vec::new(),
    };
    let now = submission.answers();
    let filled = Filled {
        definition,
        vocabulary: &service.blog.vocabulary(),
        typed: &edited.typed,
        problems: &edited.problems,
        stands: Some(now),
        notes: None,
        conflict: edited
            .is_conflict
            .then(|| Conflict::Answers(now, edited.base(submission))),
        pictures: format!("/desk/{}", submission.id),
    };
    let own = EditPage {
        editor: &signed_in.editor.name,
        token: &signed_in.token,
        action_url: format!("/desk/{}/edit", submission.id),
        enctype: enctype(definition, true),
        has_groups: definition.has_groups(),
        id: submission.id,
        version: submission.version,
        revision: submission.revisions.len() - 1,
        title: definition.title_of(now),
        address: publication.map_or("", |publication| publication.permalink.as_str()),
        notice: edited.notice,
        problems: &edited.problems,
        no_pictures_since: (submission.consent.all())
            .filter(|it| definition.is_about_pictures(&it.name))
            .find_map(|it| it.taken_back)
            .map_or_else(String::new, |at| moment(service, at)),
        is_leaving: edited.is_leaving,
        parts: parts(Shown::Record(By::Editors), &filled)
            .into_iter()
            .map(|part| part.without(&fixed))
            .collect(),
    };
    Page::new("desk_edit.html", "Edit")
        .wrong(edited.notice.is_some() || !edited.problems.is_empty())
        .render(service, &own)
}

/// `POST /desk/{id}/edit`.
pub(in crate::web) async fn save(
    service: Data<Service>,
    request: HttpRequest,
    signed_in: SignedIn,
    Reference(id): Reference,
    DeskForm(body): DeskForm,
) -> Result<Answer, Error> {
    let sender = sender(&service, &request);
    let (found, definition, mut edited, body) = service
        .blocking(move |service| {
            let found = service.store.get(id)?.ok_or(Error::NotFound)?;
            let definition = service.forms.of(&found.form);
            let edited = Edited::sent(service, id, &definition, &body, &sender)?;
            Ok::<_, Error>((found, definition, edited, body))
        })
        .await?;
    if let Some(status) = edited.uploaded() {
        return show(&service, signed_in, id, status, Some(edited)).await;
    }
    if changed_group(&definition, body.first("action"), &mut edited.typed) {
        return show(&service, signed_in, id, StatusCode::OK, Some(edited)).await;
    }
    let fixed = match found.publication {
        Some(_) => fixed_while_published(&definition),
        None => Vec::new(),
    };
    let vocabulary = service.blog.vocabulary();
    let (typed, stands) = (&edited.typed, found.answers());
    let parsed = definition.parse_answers(typed, By::Editors, &vocabulary, stands, &fixed);
    if body.has("back") {
        if parsed.is_ok_and(|parsed| parsed.answers == *stands) {
            return Ok(see_other(format!("/desk/{id}")));
        }
        edited.is_leaving = true;
        edited.notice = Some(Notice::LEAVING);
        return show(&service, signed_in, id, StatusCode::OK, Some(edited)).await;
    }
    let answers = match parsed {
        Ok(parsed) if !body.damaged && edited.missing.is_empty() => parsed.answers,
        parsed => {
            edited.refuse(parsed.err());
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return show(&service, signed_in, id, status, Some(edited)).await;
        }
    };
    let done = match found.leaves_out_pictures(&definition, &answers) {
        true => LEFT_OUT,
        false => "done",
    };
    let command = Command::new(Action::Edit, Effect::Revise(answers.clone()));
    // What else was done meanwhile, such as a note, leaves the answers alone that this page showed.
    let is_same = edited.revision == Some(found.revisions.len() - 1);
    let seen = body.version().map(|seen| match is_same {
        true => found.version,
        false => seen,
    });
    let by = signed_in.actor();
    let outcome = service
        .act(id, seen, by, command, MailChoice::AsItIs)
        .await?;
    edited.notice = match &outcome {
        Outcome::Done(()) | Outcome::Refused(Refusal::NoChange) => {
            return Ok(see_other(format!("/desk/{id}?{done}")));
        }
        Outcome::NotThere => return Err(Error::NotFound),
        Outcome::Conflict => {
            let now = service.blocking(move |service| Ok::<_, Error>(service.store.get(id)?));
            let now = now.await?.ok_or(Error::NotFound)?;
            edited.is_conflict = *now.answers() != answers;
            Some(match edited.is_conflict {
                true => Notice::CONFLICT,
                false => Notice::SAVED_BEFORE,
            })
        }
        other => Some(Notice::of(other)),
    };
    let status = answer::status(&outcome);
    show(&service, signed_in, id, status, Some(edited)).await
}

pub(super) fn try_page(
    service: &Service,
    definition: &Definition,
    sample: &Submission,
) -> Result<(), TemplateError> {
    let edited = Edited {
        notice: Some(Notice::CONFLICT),
        is_conflict: true,
        revision: Some(0),
        ..Edited::of(definition, sample.answers())
    };
    render(service, &SignedIn::sample(), definition, sample, &edited).map(drop)
}
