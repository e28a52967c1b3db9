//! Editing, also by two at once.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
    web::Data,
};
use jiff::civil::Date;
use serde::Serialize;
use uuid::Uuid;

use super::{
    posted,
    review::{Typed, render},
};
use crate::{
    case_study::{self, CaseStudyForm, Problem, Rules},
    queue::QueueError,
    submission::{
        Action, Content, Editorial, LetterChoice, Party, Refusal, Revision, Submission, Verb,
        is_slug,
    },
    templates::TemplateError,
    web::{
        Acted, Service, error,
        form::{self, Beside, PartView},
        guard::FormBody,
        mine::{Notice, refusal_status, refusal_words},
        sign_in::{self, SignedIn},
    },
};

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
                Ok(date) if self.date.len() == 10 && (1970..3000).contains(&date.year()) => {
                    Some(date)
                }
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
pub(in crate::web) async fn edit(
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
pub(in crate::web) async fn save(
    service: Data<Service>,
    request: HttpRequest,
    id: web::Path<String>,
    payload: web::Payload,
) -> HttpResponse {
    let (signed_in, body) = match posted(&request, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
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
        Ok(Acted::Done | Acted::Refused(Refusal::NoChange)) => HttpResponse::SeeOther()
            .insert_header((header::LOCATION, format!("/desk/{uuid}?done")))
            .finish(),
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

pub(super) fn try_page(
    service: &Service,
    signed_in: &SignedIn,
    submission: &Submission,
) -> Result<(), TemplateError> {
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
    render_edit(service, signed_in, submission, &edited).map(drop)
}
