//! Editing, also by two at once.

use actix_web::{http::StatusCode, web::Data};
use serde::Serialize;
use uuid::Uuid;

use super::{
    editorial::{EditorialForm, EditorialView},
    submission,
    typed::Typed,
};
use crate::{
    case_study::{CaseStudyForm, Problem},
    service::{Outcome, Service},
    submission::{Action, Content, LetterChoice, Refusal, Revision, Submission, Verb},
    templates::TemplateError,
    web::{
        answer::{self, Answer, DAMAGED, Notice, Page, html, see_other},
        errors::Error,
        fields::{self, Beside, PartView, STALE},
        links::Reference,
        session::{DeskForm, SignedIn},
    },
};

#[derive(Serialize)]
struct EditPage<'a> {
    editor: &'a str,
    token: &'a str,
    id: Uuid,
    version: u64,
    revision: usize,
    title: &'a str,
    /// Where it is on the blog, while it is.
    address: &'a str,
    notice: Option<Notice>,
    problems: &'a [Problem],
    parts: Vec<PartView<'a>>,
    editorial: Vec<EditorialView>,
}

/// What the page is filled with.
struct Edited {
    form: CaseStudyForm,
    editorial: EditorialForm,
    notice: Option<Notice>,
    problems: Vec<Problem>,
    /// Somebody else has saved it in the meantime.
    stale: bool,
    /// Which revision it was filled with at first.
    revision: Option<usize>,
}

impl Edited {
    fn of(submission: &Submission) -> Self {
        Self {
            form: CaseStudyForm::of(submission.case_study()),
            editorial: EditorialForm::of(submission.editorial()),
            notice: None,
            problems: Vec::new(),
            stale: false,
            revision: None,
        }
    }

    /// The revision from which both editors have started, after one has saved before the other.
    fn base<'a>(&self, submission: &'a Submission) -> Option<&'a Revision> {
        let revision = self.revision.filter(|_| self.stale)?;
        submission.revisions.get(revision)
    }
}

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
            let submission = service.queue.get(id)?.ok_or(Error::NotFound)?;
            if submission.stage.after(Verb::Edit).is_none() {
                let outcome = Outcome::<()>::Refused(Refusal::NotOffered);
                let (notice, typed) = (Notice::of(&outcome), Typed::default());
                let page =
                    submission::render_wrong(service, &signed_in, &submission, notice, typed)?;
                return Ok(html(answer::status(&outcome), page));
            }
            let mut edited = edited.unwrap_or_else(|| Edited::of(&submission));
            if let Some(base) = edited.base(&submission).cloned() {
                let (now, editorial) = (submission.case_study(), submission.editorial());
                edited.form.take_over(&base.case_study, now);
                edited.editorial.take_over(&base.editorial, editorial);
            }
            let page = render(service, &signed_in, &submission, &edited)?;
            Ok(html(status, page))
        })
        .await
}

fn render(
    service: &Service,
    signed_in: &SignedIn,
    submission: &Submission,
    edited: &Edited,
) -> Result<String, TemplateError> {
    let rules = service.rules();
    let beside = Beside {
        notes: None,
        now: edited.stale.then(|| submission.case_study()),
        base: edited.base(submission).map(|base| &base.case_study),
        case_study_only: true,
    };
    let publication = submission.publication.as_ref();
    let editorial = edited.editorial.views(
        service,
        &edited.problems,
        edited.stale.then(|| submission.editorial()),
        edited.base(submission).map(|base| &base.editorial),
    );
    let own = EditPage {
        editor: &signed_in.editor.name,
        token: &signed_in.token,
        id: submission.id,
        version: submission.version,
        revision: submission.revisions.len() - 1,
        title: &submission.case_study().title,
        address: publication.map_or("", |publication| publication.address.as_str()),
        notice: edited.notice,
        problems: &edited.problems,
        parts: fields::parts(&rules, &edited.form, &edited.problems, &beside),
        editorial: editorial
            .into_iter()
            .filter(|view| publication.is_none() || !["slug", "date"].contains(&view.name))
            .collect(),
    };
    Page::new("desk_edit.html", "Edit")
        .wrong(edited.notice.is_some() || !edited.problems.is_empty())
        .render(service, &own)
}

/// `POST /desk/{id}/edit`.
pub(in crate::web) async fn save(
    service: Data<Service>,
    signed_in: SignedIn,
    Reference(id): Reference,
    DeskForm(body): DeskForm,
) -> Result<Answer, Error> {
    let mut edited = Edited {
        form: CaseStudyForm::from_pairs(body.texts()),
        editorial: EditorialForm::read(&body),
        notice: body.damaged.then_some(DAMAGED),
        problems: Vec::new(),
        stale: false,
        revision: body.revision(),
    };
    let before = service
        .blocking(move |service| service.queue.get(id)?.ok_or(Error::NotFound))
        .await?;
    let parsed = (
        edited.form.parse_case_study(&service.rules()),
        edited
            .editorial
            .parse(before.editorial(), before.publication.is_some()),
    );
    let status = match parsed {
        (Ok(case_study), Ok(editorial)) if !body.damaged => {
            let content = Content {
                case_study,
                editorial,
            };
            let (action, letter) = (Action::Edit(Box::new(content)), LetterChoice::AsItIs);
            let saving = service.act(id, body.version(), signed_in.party(), action, letter);
            let outcome = saving.await?;
            match &outcome {
                Outcome::Done(()) | Outcome::Refused(Refusal::NoChange) => {
                    return Ok(see_other(format!("/desk/{id}?done")));
                }
                Outcome::NotThere => return Err(Error::NotFound),
                Outcome::Conflict => {
                    edited.stale = true;
                    edited.notice = Some(STALE);
                }
                _ => edited.notice = Some(Notice::of(&outcome)),
            }
            answer::status(&outcome)
        }
        (case_study, editorial) => {
            edited.problems.extend(case_study.err().unwrap_or_default());
            edited.problems.extend(editorial.err().unwrap_or_default());
            StatusCode::UNPROCESSABLE_ENTITY
        }
    };
    show(&service, signed_in, id, status, Some(edited)).await
}

pub(super) fn try_page(service: &Service, sample: &Submission) -> Result<(), TemplateError> {
    let editorial = EditorialForm::default();
    let problems = editorial.parse(sample.editorial(), false).err();
    let edited = Edited {
        editorial,
        notice: Some(STALE),
        problems: problems.unwrap_or_default(),
        stale: true,
        revision: Some(0),
        ..Edited::of(sample)
    };
    render(service, &SignedIn::sample(), sample, &edited).map(drop)
}
