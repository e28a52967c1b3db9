//! The campaigner's edit page: corrections, and answers to a request for changes.

use actix_web::{http::StatusCode, web::Data};
use serde::Serialize;

use super::status;
use crate::{
    case_study::{CaseStudy, CaseStudyForm, Problem},
    service::{Outcome, Service},
    submission::{Action, LetterChoice, Party, Refusal, Submission, Verb},
    templates::TemplateError,
    web::{
        answer::{self, Answer, DAMAGED, Notice, Page, html},
        errors::Error,
        fields::{self, Beside, PartView, STALE},
        links::PrivateLink,
        origin::OwnForm,
    },
};

#[derive(Serialize)]
struct EditPage<'a> {
    back: String,
    version: u64,
    revision: usize,
    heading: &'static str,
    button: &'static str,
    action: &'static str,
    note: &'a str,
    notice: Option<Notice>,
    problems: &'a [Problem],
    parts: Vec<PartView<'a>>,
}

/// What the page is filled with.
struct Edited {
    form: CaseStudyForm,
    notice: Option<Notice>,
    problems: Vec<Problem>,
    /// Somebody else has saved the case study in the meantime.
    stale: bool,
    /// Which revision it was filled with at first.
    revision: Option<usize>,
}

impl Edited {
    fn of(case_study: &CaseStudy) -> Self {
        Self {
            form: CaseStudyForm::of(case_study),
            notice: None,
            problems: Vec::new(),
            stale: false,
            revision: None,
        }
    }
}

/// `GET /mine/{id}/{key}/edit`.
pub(in crate::web) async fn page(
    service: Data<Service>,
    link: PrivateLink,
) -> Result<Answer, Error> {
    service
        .blocking(move |service| {
            let submission = service.queue.get(link.id)?.ok_or(Error::NotFound)?;
            if !may_edit(&submission) {
                let outcome = Outcome::<()>::Refused(Refusal::NotOffered);
                let notice = Some(Notice::of(&outcome));
                let page = status::render(service, &submission, notice, "")?;
                return Ok(html(answer::status(&outcome), page));
            }
            let edited = Edited::of(submission.case_study());
            Ok(html(StatusCode::OK, render(service, &submission, edited)?))
        })
        .await
}

fn may_edit(submission: &Submission) -> bool {
    submission.contact.is_some()
        && (submission.stage.after(Verb::Resubmit).is_some()
            || submission.stage.after(Verb::Correct).is_some() && submission.is_untouched())
}

/// `POST /mine/{id}/{key}/edit`.
pub(in crate::web) async fn save(
    service: Data<Service>,
    link: PrivateLink,
    OwnForm(body): OwnForm,
) -> Result<Answer, Error> {
    let id = link.id;
    let mut edited = Edited {
        form: CaseStudyForm::from_pairs(body.texts()),
        notice: body.damaged.then_some(DAMAGED),
        problems: Vec::new(),
        stale: false,
        revision: body.revision(),
    };
    let status = match edited.form.parse_case_study(&service.rules()) {
        Ok(case_study) if !body.damaged => {
            let case_study = Box::new(case_study);
            let action = match body.first("action") {
                "correct" => Action::Correct(case_study),
                _ => Action::Resubmit(case_study),
            };
            let revision = edited.revision;
            let unchanged = service
                .blocking(move |service| {
                    let submission = service.queue.get(id)?;
                    Ok::<_, Error>(submission.and_then(|it| version_to_answer(&it, revision)))
                })
                .await?;
            let (seen, letter) = (unchanged.or(body.version()), LetterChoice::AsItIs);
            let acting = service.act(id, seen, Party::Campaigner, action, letter);
            let outcome = acting.await?;
            match &outcome {
                Outcome::Done(()) => return Ok(status::to_done(&service, &link)),
                Outcome::NotThere => return Err(Error::NotFound),
                Outcome::Conflict => {
                    edited.stale = true;
                    edited.notice = Some(STALE);
                }
                _ => edited.notice = Some(Notice::of(&outcome)),
            }
            answer::status(&outcome)
        }
        parsed => {
            edited.problems = parsed.err().unwrap_or_default();
            StatusCode::UNPROCESSABLE_ENTITY
        }
    };
    service
        .blocking(move |service| {
            let submission = service.queue.get(id)?.ok_or(Error::NotFound)?;
            Ok(html(status, render(service, &submission, edited)?))
        })
        .await
}

/// The version to answer a request for changes with, if the content is still what the form was
/// filled with: what editors have noted among themselves since is nothing to the campaigner.
fn version_to_answer(submission: &Submission, revision: Option<usize>) -> Option<u64> {
    let same = revision == Some(submission.revisions.len() - 1)
        && submission.stage.after(Verb::Resubmit).is_some();
    same.then_some(submission.version)
}

fn render(
    service: &Service,
    submission: &Submission,
    mut edited: Edited,
) -> Result<String, TemplateError> {
    let base = edited.revision.filter(|_| edited.stale);
    let base = base.and_then(|base| submission.revisions.get(base));
    let base = base.map(|base| &base.case_study);
    if let Some(base) = base {
        edited.form.take_over(base, submission.case_study());
    }
    let rules = service.rules();
    let asked = submission.changes_asked_for();
    let beside = Beside {
        notes: asked.map(|(_, at_fields)| at_fields),
        now: edited.stale.then(|| submission.case_study()),
        base,
        case_study_only: true,
    };
    let resubmits = submission.stage.after(Verb::Resubmit).is_some();
    let (heading, button, action) = if resubmits {
        (
            "Change your case study and send it again",
            "Send it again",
            "resubmit",
        )
    } else {
        ("Correct a mistake", "Save the correction", "correct")
    };
    let own = EditPage {
        back: service.private_path(submission.id),
        version: submission.version,
        revision: submission.revisions.len() - 1,
        heading,
        button,
        action,
        note: asked.map_or("", |(note, _)| note),
        notice: edited.notice,
        problems: &edited.problems,
        parts: fields::parts(&rules, &edited.form, &edited.problems, &beside),
    };
    Page::new("mine_edit.html", heading)
        .wrong(edited.notice.is_some() || !edited.problems.is_empty())
        .render(service, &own)
}

pub(super) fn try_pages(service: &Service, sample: &Submission) -> Result<(), TemplateError> {
    let mut edited = Edited::of(sample.case_study());
    let parsed = CaseStudyForm::default().parse_case_study(&service.rules());
    edited.problems = parsed.err().unwrap_or_default();
    render(service, sample, edited)?;
    let mut edited = Edited::of(sample.case_study());
    edited.form = CaseStudyForm::default();
    (edited.stale, edited.notice) = (true, Some(STALE));
    render(service, sample, edited).map(drop)
}
