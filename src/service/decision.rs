//! Decisions of editors, and the trial of a decision that shows the mail it would send.

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::{Outcome, Service, ServiceError};
use crate::{
    blog::{Order, Outcome as OnTheBlog, Wish},
    mail::Rendered,
    submission::{Action, Actor, Command, Context, MailChoice, Recipient, Refusal, Submission},
};

/// What a decision would come to.
#[derive(Debug)]
pub struct Trial {
    /// The submission as it would be.
    pub submission: Submission,
    /// The mail that would go to the campaigner.
    pub mail: Option<Rendered>,
}

/// How many of several were done.
#[derive(Debug, Default, Clone, Copy)]
pub struct Tally {
    /// Done.
    pub done: usize,
    /// Not done: changed since, not allowed, or stopped by the blog.
    pub left: usize,
}

impl Tally {
    fn count(&mut self, outcome: &Outcome) {
        if outcome.is_done() {
            self.done += 1;
        } else {
            self.left += 1;
        }
    }
}

/// What is to be done to the blog, where the command is about that.
fn wish(command: &Command) -> Option<Wish> {
    match command.action {
        Action::Publish => Some(Wish::Publish),
        Action::Unpublish => Some(Wish::Unpublish {
            words: command.note.clone(),
        }),
        _ => None,
    }
}

impl Service {
    /// Does what an editor has decided; `seen` is the version that they saw. Without a repository,
    /// what the blog is to be is the editor's own work, and only recorded here.
    ///
    /// # Errors
    /// When it could not even be tried.
    pub async fn decide(
        self: &Arc<Self>,
        id: Uuid,
        seen: Option<u64>,
        by: Actor,
        command: Command,
        mail: MailChoice,
    ) -> Result<Outcome, ServiceError> {
        let Some(wish) = wish(&command) else {
            return self.act(id, seen, by, command, mail).await;
        };
        if self.blog.has_repository() {
            if seen.is_none() {
                return Ok(Outcome::Conflict);
            }
            let orders = vec![Order {
                id,
                seen,
                wish,
                by,
                mail,
            }];
            let mut outcomes = self.carry_out(orders).await?;
            return Ok(outcomes.pop().unwrap_or(Outcome::NotThere));
        }
        let found = self
            .blocking(move |service| service.store.get(id).map_err(ServiceError::from))
            .await?;
        let Some(found) = found else {
            return Ok(Outcome::NotThere);
        };
        let command = self.with_effect(command, &found, Timestamp::now());
        self.act(id, seen, by, command, mail).await
    }

    /// What the command will do to the record of this submission.
    fn with_effect(&self, command: Command, submission: &Submission, now: Timestamp) -> Command {
        match wish(&command) {
            Some(wish) => wish.done(self.blog.publication_to_be(submission, now)),
            None => command,
        }
    }

    /// The same decision about several, each with the version that the editor saw.
    ///
    /// # Errors
    /// When one could not even be tried; those before it are done.
    pub async fn decide_each(
        self: &Arc<Self>,
        picks: Vec<(Uuid, u64)>,
        by: Actor,
        command: Command,
        mail: MailChoice,
    ) -> Result<Tally, ServiceError> {
        let mut tally = Tally::default();
        let Some(wish) = wish(&command) else {
            for (id, seen) in picks {
                let (by, command, mail) = (by.clone(), command.clone(), mail.clone());
                tally.count(&self.act(id, Some(seen), by, command, mail).await?);
            }
            return Ok(tally);
        };
        let order = |(id, seen)| Order {
            id,
            seen: Some(seen),
            wish: wish.clone(),
            by: by.clone(),
            mail: mail.clone(),
        };
        let orders = picks.into_iter().map(order).collect();
        for outcome in self.carry_out(orders).await? {
            tally.count(&outcome);
        }
        Ok(tally)
    }

    /// What a decision would come to. Changes nothing.
    ///
    /// # Errors
    /// When the record cannot be read, or the mail not be written.
    pub fn try_decision(
        &self,
        id: Uuid,
        seen: Option<u64>,
        by: Actor,
        command: &Command,
    ) -> Result<Outcome<Trial>, ServiceError> {
        let Some(found) = self.store.get(id)? else {
            return Ok(Outcome::NotThere);
        };
        if seen != Some(found.version) {
            return Ok(Outcome::Conflict);
        }
        let now = Timestamp::now();
        let command = self.with_effect(command.clone(), &found, now);
        let definition = self.forms.of(&found.form);
        let context = Context {
            definition: &definition,
            editors: &[],
            now,
        };
        let mut submission = found.clone();
        if let Err(refusal) = submission.act(by, command, MailChoice::AsItIs, &context) {
            return Ok(Outcome::Refused(refusal));
        }
        let mail = submission
            .mail
            .iter()
            .skip(found.mail.len())
            .find(|mail| mail.to == Recipient::Campaigner)
            .map(|mail| self.outbox.render(&submission, mail))
            .transpose()?;
        Ok(Outcome::Done(Trial { submission, mail }))
    }

    /// Carries out orders to the blog, in their order. Goes on to its end even where nobody waits
    /// for the answer any more.
    async fn carry_out(self: &Arc<Self>, orders: Vec<Order>) -> Result<Vec<Outcome>, ServiceError> {
        let reported = self
            .blocking(move |service| {
                service
                    .blog
                    .carry_out(&service.store, orders, &|_, _, _| {})
                    .map_err(ServiceError::from)
            })
            .await?;
        let outcomes = reported.into_iter().map(|reported| match reported.outcome {
            OnTheBlog::Published(_)
            | OnTheBlog::Unpublished { .. }
            | OnTheBlog::NothingToDo
            | OnTheBlog::Shown(_) => Outcome::Done(()),
            OnTheBlog::NotThere => Outcome::NotThere,
            OnTheBlog::Stale => Outcome::Conflict,
            OnTheBlog::Refused(refusal) => Outcome::Refused(refusal),
            OnTheBlog::Stopped(_) => Outcome::Refused(Refusal::Blog),
        });
        Ok(outcomes.collect())
    }
}
