//! Decisions of editors, and the trial of a decision that shows the mail it would send.

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::{Outcome, Service, ServiceError};
use crate::{
    blog::{Behalf, Order, Outcome as OnTheBlog, Wish},
    mail::Rendered,
    submission::{Action, LetterChoice, Party, Refusal, Submission, Verb},
};

/// What an editor wants done: with the record alone, or with the blog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Something that the record alone has to be told.
    Act(Action),
    /// Something to be done to the blog.
    Blog(Wish),
}

impl Decision {
    /// The name of what is done.
    pub fn verb(&self) -> Verb {
        match self {
            Decision::Act(action) => action.verb(),
            Decision::Blog(Wish::Publish) => Verb::Publish,
            Decision::Blog(Wish::TakeDown { .. }) => Verb::TakeDown,
        }
    }

    /// What it will do to the record of this submission.
    fn action(&self, service: &Service, submission: &Submission, now: Timestamp) -> Action {
        match self {
            Decision::Act(action) => action.clone(),
            Decision::Blog(wish) => wish.done(service.blog.publication_to_be(submission, now)),
        }
    }
}

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

impl Service {
    /// Does what an editor has decided; `seen` is the version that they saw. Without a checkout,
    /// what the blog is to be is the editor's own work, and only recorded here.
    ///
    /// # Errors
    /// When it could not even be tried.
    pub async fn decide(
        self: &Arc<Self>,
        id: Uuid,
        seen: Option<u64>,
        by: Party,
        decision: Decision,
        letter: LetterChoice,
    ) -> Result<Outcome, ServiceError> {
        match decision {
            Decision::Act(action) => self.act(id, seen, by, action, letter).await,
            Decision::Blog(wish) if self.blog.has_checkout() => {
                if seen.is_none() {
                    return Ok(Outcome::Conflict);
                }
                let orders = vec![Order { id, seen, wish }];
                let mut outcomes = self.carry_out(orders, by, letter).await?;
                Ok(outcomes.pop().unwrap_or(Outcome::NotThere))
            }
            Decision::Blog(_) => {
                let found = self
                    .blocking(move |service| service.queue.get(id).map_err(ServiceError::from))
                    .await?;
                let Some(found) = found else {
                    return Ok(Outcome::NotThere);
                };
                let action = decision.action(self, &found, Timestamp::now());
                self.act(id, seen, by, action, letter).await
            }
        }
    }

    /// The same decision about several, each with the version that the editor saw.
    ///
    /// # Errors
    /// When one could not even be tried; those before it are done.
    pub async fn decide_each(
        self: &Arc<Self>,
        picks: Vec<(Uuid, u64)>,
        by: Party,
        decision: Decision,
        letter: LetterChoice,
    ) -> Result<Tally, ServiceError> {
        let mut tally = Tally::default();
        match decision {
            Decision::Act(action) => {
                for (id, seen) in picks {
                    let (by, action, letter) = (by.clone(), action.clone(), letter.clone());
                    tally.count(&self.act(id, Some(seen), by, action, letter).await?);
                }
            }
            Decision::Blog(wish) => {
                let order = |(id, seen)| Order {
                    id,
                    seen: Some(seen),
                    wish: wish.clone(),
                };
                let orders = picks.into_iter().map(order).collect();
                for outcome in self.carry_out(orders, by, letter).await? {
                    tally.count(&outcome);
                }
            }
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
        by: Party,
        decision: &Decision,
    ) -> Result<Outcome<Trial>, ServiceError> {
        let Some(found) = self.queue.get(id)? else {
            return Ok(Outcome::NotThere);
        };
        if seen != Some(found.version) {
            return Ok(Outcome::Conflict);
        }
        let now = Timestamp::now();
        let action = decision.action(self, &found, now);
        let mut submission = found.clone();
        if let Err(refusal) = submission.act(by, action, LetterChoice::AsItIs, &[], now) {
            return Ok(Outcome::Refused(refusal));
        }
        let mail = match submission.letters.last() {
            Some(letter) if submission.letters.len() > found.letters.len() => {
                Some(self.outbox.render(&submission, letter)?)
            }
            _ => None,
        };
        Ok(Outcome::Done(Trial { submission, mail }))
    }

    /// Carries out orders to the blog, in their order. Goes on to its end even where nobody waits
    /// for the answer any more.
    async fn carry_out(
        self: &Arc<Self>,
        orders: Vec<Order>,
        by: Party,
        letter: LetterChoice,
    ) -> Result<Vec<Outcome>, ServiceError> {
        let behalf = Behalf { by, letter };
        let reported = self
            .blocking(move |service| {
                service
                    .blog
                    .carry_out(&service.queue, orders, &behalf, &|_, _, _| {})
                    .map_err(ServiceError::from)
            })
            .await?;
        self.outbox.wake();
        let outcomes = reported.into_iter().map(|reported| match reported.outcome {
            OnTheBlog::Published(_)
            | OnTheBlog::TakenDown { .. }
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
