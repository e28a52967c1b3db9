//! The campaigner's private page: how far the case study has come, the post, and what can be done.

use actix_web::{HttpRequest, http::StatusCode, web::Data};
use serde::Serialize;

use crate::{
    case_study::FIELDS,
    changes,
    post::Post,
    service::{Outcome, Service},
    submission::{Action, Happening, LetterChoice, LetterKind, Party, Stage, Submission, Verb},
    templates::TemplateError,
    text::differences::Change,
    web::{
        answer::{self, Answer, Notice, Page, html, see_other},
        errors::Error,
        links::PrivateLink,
        origin::OwnForm,
    },
};

#[derive(Serialize)]
struct Status<'a> {
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
    /// Whether we can still write to the campaigner.
    reachable: bool,
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

/// `GET /mine/{id}/{key}`.
pub(in crate::web) async fn page(
    service: Data<Service>,
    request: HttpRequest,
    link: PrivateLink,
) -> Result<Answer, Error> {
    let id = link.id;
    if link.is_untidy {
        return Ok(see_other(service.private_path(id)));
    }
    let is_done = request.query_string() == "done";
    service
        .blocking(move |service| {
            let submission = service.queue.get(id)?.ok_or(Error::NotFound)?;
            let notice = is_done.then(|| done(&submission));
            let page = render(service, &submission, notice, "")?;
            Ok(html(StatusCode::OK, page))
        })
        .await
}

/// `POST /mine/{id}/{key}`.
pub(in crate::web) async fn act(
    service: Data<Service>,
    link: PrivateLink,
    OwnForm(body): OwnForm,
) -> Result<Answer, Error> {
    let text = crate::text::clean::clean(body.first("note"));
    let action = match body.first("action") {
        "accept" => Ok(Action::Accept),
        "suggest" => Ok(Action::Suggest { text: text.clone() }),
        "withdraw" => Ok(Action::Withdraw {
            reason: text.clone(),
        }),
        "erase" if body.first("sure") == "yes" => Ok(Action::Erase),
        "erase" => Err(Notice::bad(
            "Nothing was erased",
            "Tick the box if you are sure.",
        )),
        _ => Err(Notice::bad(
            "Nothing was changed",
            "Use one of the buttons.",
        )),
    };
    let id = link.id;
    let (status, notice) = match action {
        Err(notice) => (StatusCode::UNPROCESSABLE_ENTITY, notice),
        Ok(action) => {
            let (seen, letter) = (body.version(), LetterChoice::AsItIs);
            let acting = service.act(id, seen, Party::Campaigner, action, letter);
            match acting.await? {
                Outcome::Done(()) => return Ok(to_done(&service, &link)),
                Outcome::NotThere => return Err(Error::NotFound),
                outcome => (answer::status(&outcome), Notice::of(&outcome)),
            }
        }
    };
    service
        .blocking(move |service| {
            let submission = service.queue.get(id)?.ok_or(Error::NotFound)?;
            let page = render(service, &submission, Some(notice), &text)?;
            Ok(html(status, page))
        })
        .await
}

/// To the private page, which then says what was done.
pub(super) fn to_done(service: &Service, link: &PrivateLink) -> Answer {
    see_other(format!("{}?done", service.private_path(link.id)))
}

/// What the campaigner has just done.
fn done(submission: &Submission) -> Notice {
    let last = submission
        .history
        .iter()
        .rev()
        .find(|event| event.by == Party::Campaigner);
    let heading = match last.map(|event| &event.what) {
        Some(Happening::Corrected) => "Your correction has been saved",
        Some(Happening::Resubmitted) => "Your changes have been sent to the editors",
        Some(Happening::Accepted) => "We’ve told the editors that you’re happy with the post",
        Some(Happening::Suggested { .. }) => "Your suggestion has been sent to the editors",
        Some(Happening::Withdrawn { .. }) => "Your case study has been withdrawn",
        Some(Happening::Erased) => "Your name and email address have been erased",
        _ => "Done",
    };
    Notice::good(heading, "")
}

/// What the stage means for the campaigner, and what happens next.
fn stage_words(submission: &Submission) -> (&'static str, &'static str) {
    let told = |kind: LetterKind| submission.letters.iter().any(|letter| letter.kind == kind);
    match submission.stage {
        Stage::Quarantined | Stage::Received => (
            "Thank you. We’ve received your case study",
            "An editor will read it and email you. You don’t need to do anything until then.",
        ),
        Stage::ChangesRequested => (
            "An editor has asked for changes",
            "Their questions are below. They will look at it again once you have answered.",
        ),
        Stage::Approved => (
            "Approved",
            "An editor has approved your case study. We’ll email you its address when it’s on the blog.",
        ),
        Stage::Published => match &submission.publication {
            Some(publication) if publication.to_be_merged => (
                "Published",
                "Your case study has been handed to the blog. In the next few days you will find it here:",
            ),
            _ => ("Published", "Your case study is on the blog. Thank you!"),
        },
        Stage::Declined if told(LetterKind::Declined) => (
            "Not published",
            "The editors have decided not to publish this case study. They have written to you about it.",
        ),
        Stage::Declined => (
            "Not published",
            "The editors have decided not to publish this case study.",
        ),
        Stage::Withdrawn => (
            "Withdrawn",
            "You’ve withdrawn this case study. It won’t be published.",
        ),
    }
}

/// The private page, as it stands now.
pub(super) fn render(
    service: &Service,
    submission: &Submission,
    notice: Option<Notice>,
    typed: &str,
) -> Result<String, TemplateError> {
    let (stage, next) = stage_words(submission);
    let published = submission.publication.as_ref();
    let reachable = submission.contact.is_some();
    let can = |verb: Verb| reachable && submission.stage.after(verb).is_some();
    let sent = submission
        .revisions
        .iter()
        .rev()
        .find(|revision| revision.by == Party::Campaigner);
    let changes = match (sent, submission.revisions.last()) {
        (Some(sent), Some(now)) => changes::between(sent, now),
        _ => Vec::new(),
    };
    let own = Status {
        notice,
        link: service.private_path(submission.id),
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
        reachable,
        can: Can {
            correct: can(Verb::Correct) && submission.is_untouched(),
            accept: can(Verb::Accept),
            suggest: can(Verb::Suggest),
            withdraw: can(Verb::Withdraw),
            erase: can(Verb::Erase),
        },
        typed,
    };
    Page::new("mine.html", "Your case study")
        .wrong(notice.is_some_and(|notice| notice.bad))
        .render(service, &own)
}

pub(super) fn try_page(service: &Service, sample: &Submission) -> Result<(), TemplateError> {
    render(service, sample, None, "")?;
    render(service, sample, Some(done(sample)), "").map(drop)
}
