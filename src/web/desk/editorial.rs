//! The fields that only editors fill in, as the edit page shows and reads them.

use jiff::civil::Date;
use serde::Serialize;

use crate::{
    case_study::Problem,
    service::Service,
    submission::{Editorial, is_slug},
    web::{body::FormBody, fields::stands_in_words},
};

#[derive(Serialize)]
pub(super) struct EditorialView {
    pub(super) name: &'static str,
    label: &'static str,
    hint: &'static str,
    kind: &'static str,
    value: String,
    problem: String,
    now: String,
    options: Vec<OptionView>,
}

#[derive(Serialize)]
pub(super) struct OptionView {
    name: String,
    chosen: bool,
}

/// The editorial fields as typed.
#[derive(Default)]
pub(super) struct EditorialForm {
    author: String,
    projects: Vec<String>,
    slug: String,
    date: String,
    intro: String,
    outro: String,
    featured: bool,
}

impl EditorialForm {
    pub(super) fn of(editorial: &Editorial) -> Self {
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

    pub(super) fn read(body: &FormBody) -> Self {
        let text = |name: &str| crate::text::clean::clean(body.first(name));
        Self {
            author: text("author"),
            projects: body
                .texts()
                .filter(|(name, _)| *name == "projects")
                .map(|(_, text)| crate::text::clean::clean(text))
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
    pub(super) fn take_over(&mut self, base: &Editorial, now: &Editorial) {
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
    pub(super) fn parse(&self, before: &Editorial, fixed: bool) -> Result<Editorial, Vec<Problem>> {
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

    pub(super) fn views(
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
                    _ => stands_in_words(stands),
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
