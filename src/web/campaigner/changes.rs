//! Changes to what was sent, saved to go on later: what the edit page and the private page say of them.

use actix_web::http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::{
    form::{By, Definition, Typed},
    service::{Outcome, Service},
    store::SavedForm,
    submission::{Refusal, Submission},
    web::{
        answer::{self, Notice},
        body::FormBody,
        edited::Edited,
        errors::Error,
    },
};

const UNASKED: &str = "Not asked for any more";

/// What was saved, and what the page knew of it that somebody types on.
#[derive(Default)]
pub(super) struct Changes {
    stands: Option<SavedForm>,
    /// The revision that the page showed, where it is one that came back.
    seen: Option<u64>,
    /// Whether something else was saved since; then the page shows both.
    is_conflict: bool,
}

/// How they are saved, in words.
#[derive(Serialize)]
pub(super) struct ChangesView {
    at: String,
    until: String,
    /// Each question that is answered anew, with what was typed.
    words: Vec<(String, String)>,
}

impl ChangesView {
    /// For trying templates.
    pub(super) fn sample() -> Self {
        let text = || "Sample".to_owned();
        Self {
            at: text(),
            until: text(),
            words: vec![(text(), text())],
        }
    }
}

impl Changes {
    /// What is saved of this submission.
    pub(super) fn of(service: &Service, id: Uuid) -> Result<Self, Error> {
        Ok(Self {
            stands: service.store.saved_changes(id)?,
            ..Self::default()
        })
    }

    /// The same for a page that was posted.
    pub(super) fn of_post(
        service: &Service,
        id: Uuid,
        definition: &Definition,
        body: &FormBody,
        edited: &mut Edited,
    ) -> Result<Self, Error> {
        let stands = service.store.saved_changes(id)?;
        if let Some(stands) = &stands {
            edited.typed.keep_unasked(&stands.typed, definition);
        }
        Ok(Self {
            stands,
            seen: Some(body.first("saved").parse().unwrap_or(0)),
            is_conflict: false,
        })
    }

    /// The edit page as it is opened. Where the answers are others by now than those that the changes
    /// were made to, it shows both.
    pub(super) fn opened(
        &self,
        definition: &Definition,
        submission: &Submission,
        was_saved: bool,
    ) -> Edited {
        let Some(stands) = &self.stands else {
            return Edited::of(definition, submission.answers());
        };
        let is_conflict = stands.base != Some(submission.revisions.len() - 1);
        Edited {
            typed: Typed::read(definition, stands.typed.pairs()),
            revision: stands.base,
            is_conflict,
            notice: match is_conflict {
                true => Some(Notice::CONFLICT),
                false => was_saved.then_some(Notice::CHANGES_SAVED),
            },
            ..Edited::default()
        }
    }

    /// Whether something else was saved since the page was filled; then the page will show both.
    pub(super) fn are_others(&mut self, edited: &mut Edited) -> bool {
        let seen = self.seen.unwrap_or(0);
        let is_news = |stands: &SavedForm| stands.is_news(&edited.typed, seen);
        self.is_conflict = self.stands.as_ref().is_some_and(is_news);
        if self.is_conflict {
            edited.notice = Some(Notice::CONFLICT);
        }
        self.is_conflict
    }

    /// Saves what was typed; the status of the page where that was not done.
    pub(super) fn save(
        &mut self,
        service: &Service,
        definition: &Definition,
        submission: &Submission,
        edited: &mut Edited,
        is_offered: bool,
    ) -> Result<Option<StatusCode>, Error> {
        let (now, seen) = (Timestamp::now(), self.seen.unwrap_or(0));
        let outcome = match edited.revision {
            _ if !is_offered => Outcome::Refused(Refusal::NotOffered),
            None => Outcome::Conflict,
            Some(base) => {
                let typed = &edited.typed;
                service.save_changes(definition, submission.id, typed, base, seen, now)?
            }
        };
        match &outcome {
            Outcome::Done(()) => return Ok(None),
            Outcome::Conflict => {
                self.stands = service.store.saved_changes(submission.id)?;
                let now = service.store.get(submission.id)?.ok_or(Error::NotFound)?;
                if edited.revision != Some(now.revisions.len() - 1) {
                    edited.is_conflict = true;
                    edited.notice = Some(Notice::CONFLICT);
                } else if !self.are_others(edited) {
                    edited.notice = Some(Notice::of(&outcome));
                }
            }
            outcome => edited.notice = Some(Notice::of(outcome)),
        }
        Ok(Some(answer::status(&outcome)))
    }

    /// Deletes what was saved, where that is sure; the status of the page where it is not.
    pub(super) fn discard(
        &self,
        service: &Service,
        id: Uuid,
        body: &FormBody,
        edited: &mut Edited,
    ) -> Result<Option<StatusCode>, Error> {
        if body.first("sure") == "yes" {
            service.store.discard_saved_changes(id)?;
            return Ok(None);
        }
        edited.notice = Some(Notice::NOT_DELETED);
        Ok(Some(StatusCode::UNPROCESSABLE_ENTITY))
    }

    /// What somebody else has saved, where the page shows both.
    pub(super) fn conflict(&self) -> Option<&Typed> {
        let stands = self.stands.as_ref().filter(|_| self.is_conflict);
        stands.map(|stands| &stands.typed)
    }

    /// The words that the form does not ask for any more.
    pub(super) fn unasked<'a>(&'a self, definition: &'a Definition) -> Vec<&'a str> {
        let stands = self.stands.iter();
        let unasked = stands.flat_map(|stands| stands.typed.unasked(definition));
        unasked.map(|(_, words)| words).collect()
    }

    /// The revision that the page is filled with, 0 where nothing is saved.
    pub(super) fn revision(&self) -> u64 {
        let stands = self.stands.as_ref().map_or(0, |stands| stands.revision);
        match self.is_conflict {
            true => stands,
            false => self.seen.unwrap_or(stands),
        }
    }

    pub(super) fn view(&self, service: &Service) -> Option<ChangesView> {
        let stands = self.stands.as_ref()?;
        let words = |at: Timestamp, format: &str| {
            let at = at.to_zoned_datetime(service.blog.zone());
            at.strftime(format).to_string()
        };
        Some(ChangesView {
            at: words(stands.saved, "%-d %B %Y at %H:%M %Z"),
            until: words(stands.expires, "%-d %B %Y"),
            words: Vec::new(),
        })
    }

    /// The same for the private page, with the words themselves where there is no form for them now.
    pub(super) fn on_private_page(
        service: &Service,
        submission: &Submission,
    ) -> Result<Option<ChangesView>, Error> {
        let changes = Self::of(service, submission.id)?;
        let Some(mut view) = changes.view(service) else {
            return Ok(None);
        };
        if let Some(stands) = changes.stands {
            let definition = service.forms.of(&submission.form);
            let sent = Typed::of(&definition, submission.answers());
            let fields = definition.fields_of(By::Campaigner);
            view.words = fields
                .filter(|field| !stands.typed.is_same(&sent, field))
                .map(|field| (field.label.clone(), stands.typed.in_words(field)))
                .filter(|(_, words)| !words.is_empty())
                .collect();
            let unasked = stands.typed.unasked(&definition);
            let unasked = unasked.map(|(_, words)| (UNASKED.to_owned(), words.to_owned()));
            view.words.extend(unasked);
        }
        Ok(Some(view))
    }
}
