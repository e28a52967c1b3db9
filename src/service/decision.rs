//! Decisions of editors, and the trial of a decision that shows the mail it would send.

use std::sync::Arc;

use jiff::{Timestamp, civil::Date};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Outcome, Service, ServiceError, duplicates::beside};
use crate::{
    form::SignOff,
    mail::Rendered,
    submission::{
        Action, Actor, Command, Context, Effect, MailChoice, Order, Recipient, Refusal, Stage,
        Submission, TakenOver, Unknown,
    },
    text::{differences::merged, hex},
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

/// What tells a text from another.
pub fn fingerprint(text: &str) -> String {
    hex(&Sha256::digest(text))
}

impl Service {
    /// Does what an editor has decided; `seen` is the version that they saw, `on` the day on which
    /// a post is to be published whose date lies ahead. What is to be done to the blog is noted, and
    /// done by a job. Without a repository it is the editor's own work, and only recorded here.
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
        on: Option<Date>,
    ) -> Result<Outcome, ServiceError> {
        if !matches!(command.action, Action::Publish | Action::Unpublish) {
            return self.act(id, seen, by, command, mail).await;
        }
        if self.blog.has_repository() {
            return self.order(id, seen, by, command, mail, on).await;
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

    /// Notes what is to be done to the blog. Where something was noted already, that stands.
    async fn order(
        self: &Arc<Self>,
        id: Uuid,
        seen: Option<u64>,
        by: Actor,
        command: Command,
        mail: MailChoice,
        on: Option<Date>,
    ) -> Result<Outcome, ServiceError> {
        let noted = self
            .blocking(move |service| {
                let now = Timestamp::now();
                let order = Order::of(&command, by, mail, seen, now);
                let note = |submission: &mut Submission| {
                    let is_published = submission.stage == Stage::Published;
                    if is_published
                        && command.action == Action::Publish
                        && !submission.is_to_publish()
                    {
                        // A button pressed twice has done what it should.
                        return Outcome::Done(());
                    }
                    let Some(mut order) = order.filter(|_| seen == Some(submission.version)) else {
                        return Outcome::Conflict;
                    };
                    let definition = service.forms.of(&submission.form);
                    let context = Context {
                        definition: &definition,
                        editors: &[],
                        now,
                    };
                    let publication = service.blog.publication_to_be(submission, now);
                    let date = service.blog.date_ahead(submission, now);
                    let is_for_its_day = !order.is_to_go && date.is_some() && date == on;
                    match submission.takes(&order, publication, &context) {
                        // On its day it goes on waiting until that is there.
                        Err(Refusal::NotAgreed) if is_for_its_day => {}
                        Err(refusal) => return Outcome::Refused(refusal),
                        Ok(()) if !order.is_to_go && date.is_some() && date != on => {
                            return Outcome::Refused(Refusal::Ahead);
                        }
                        Ok(()) => {}
                    }
                    if !order.is_to_go && date.is_some() {
                        order.on = date;
                    }
                    if submission.order.is_none() {
                        submission.order = Some(order);
                        submission.publish_error = None;
                    }
                    Outcome::Done(())
                };
                service.store.update(id, note).map_err(ServiceError::from)
            })
            .await?;
        Ok(noted.unwrap_or(Outcome::NotThere))
    }

    /// Takes over what somebody has changed on the blog, into the draft; `shown` is the
    /// [`fingerprint`] of all that the editor saw of the blog.
    ///
    /// # Errors
    /// When the record cannot be read or written.
    pub async fn take_over(
        self: &Arc<Self>,
        id: Uuid,
        seen: Option<u64>,
        by: Actor,
        shown: String,
    ) -> Result<Outcome, ServiceError> {
        self.with_what_stands(id, seen, by, Action::TakeOver, shown)
            .await
    }

    /// Publishes over what somebody has changed on the blog; `shown` as above.
    ///
    /// # Errors
    /// When the record cannot be read or written.
    pub async fn overrule(
        self: &Arc<Self>,
        id: Uuid,
        seen: Option<u64>,
        by: Actor,
        shown: String,
    ) -> Result<Outcome, ServiceError> {
        let outcome = self
            .with_what_stands(id, seen, by.clone(), Action::Overrule, shown)
            .await?;
        if !outcome.is_done() {
            return Ok(outcome);
        }
        let publish = Command::new(Action::Publish, Effect::Plain);
        let seen = seen.map(|seen| seen + 1);
        self.order(id, seen, by, publish, MailChoice::AsItIs, None)
            .await
    }

    async fn with_what_stands(
        self: &Arc<Self>,
        id: Uuid,
        seen: Option<u64>,
        by: Actor,
        action: Action,
        shown: String,
    ) -> Result<Outcome, ServiceError> {
        let effect = self
            .blocking(move |service| service.what_stands(id, action, &shown))
            .await?;
        match effect {
            Ok(effect) => {
                let command = Command::new(action, effect);
                self.act(id, seen, by, command, MailChoice::AsItIs).await
            }
            Err(outcome) => Ok(outcome),
        }
    }

    /// What stands on the blog, as the record is told of it.
    fn what_stands(
        &self,
        id: Uuid,
        action: Action,
        shown: &str,
    ) -> Result<Result<Effect, Outcome>, ServiceError> {
        let Some(submission) = self.store.get(id)? else {
            return Ok(Err(Outcome::NotThere));
        };
        let Some(publication) = &submission.publication else {
            return Ok(Err(Outcome::Refused(Refusal::NotOffered)));
        };
        let Ok(found) = self.blog.stands(&self.store, &submission) else {
            return Ok(Err(Outcome::Conflict));
        };
        if fingerprint(&found.whole()) != shown {
            return Ok(Err(Outcome::Conflict));
        }
        let (stands, pictures) = (found.text, found.pictures);
        if action == Action::Overrule || stands == publication.post {
            return Ok(Ok(Effect::Stands(stands, None, pictures)));
        }
        let (to, is_whole) = merged(&publication.post, &submission.draft, &stands);
        if !is_whole {
            return Ok(Err(Outcome::Refused(Refusal::Overlap)));
        }
        let changes = TakenOver {
            from: self.store.rendered(&submission)?,
            to,
            unknown: Unknown::new(),
        };
        let changes = Some(Box::new(changes));
        Ok(Ok(Effect::Stands(stands, changes, pictures)))
    }

    /// What the command will do to the record of this submission.
    fn with_effect(&self, command: Command, submission: &Submission, now: Timestamp) -> Command {
        let mail = MailChoice::AsItIs;
        match Order::of(&command, Actor::System, mail, None, now) {
            Some(order) => order.done(self.blog.publication_to_be(submission, now)),
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
        for (id, seen) in picks {
            let (by, command, mail) = (by.clone(), command.clone(), mail.clone());
            let outcome = self.decide(id, Some(seen), by, command, mail, None).await?;
            tally.count(&outcome);
        }
        Ok(tally)
    }

    /// Has the mail sent again that was given up, of some submissions at once.
    ///
    /// # Errors
    /// When the store cannot be read or written; what was done before that is done.
    pub fn send_failed_again(&self, by: &Actor) -> Result<Tally, ServiceError> {
        const AT_ONCE: usize = 200;
        let mut failed = self.store.with_failed_mail(AT_ONCE + 1)?;
        let left = failed.len().saturating_sub(AT_ONCE);
        failed.truncate(AT_ONCE);
        let mut tally = Tally { done: 0, left };
        for summary in failed {
            let done = self.store.update(summary.id, |submission| {
                let definition = self.forms.of(&submission.form);
                let context = Context {
                    definition: &definition,
                    editors: &self.config.editors,
                    now: Timestamp::now(),
                };
                let command = Command::new(Action::SendAgain, Effect::SendFailedAgain);
                submission.act(by.clone(), command, MailChoice::AsItIs, &context)
            })?;
            tally.done += usize::from(matches!(done, Some(Ok(()))));
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
        let mut definition = self.forms.of(&found.form);
        if command.action == Action::Publish && self.blog.date_ahead(&found, now).is_some() {
            // What goes on its day may wait for the campaigner's agreement until then.
            Arc::make_mut(&mut definition).sign_off = SignOff::default();
        }
        let context = Context {
            definition: &definition,
            editors: &[],
            now,
        };
        let other = match beside(&command) {
            Some(other) => self.store.get(other)?,
            None => None,
        };
        let mut submission = found.clone();
        let kept = self.keeps(&command, id, other.as_ref());
        let done = kept.and_then(|()| submission.act(by, command, MailChoice::AsItIs, &context));
        if let Err(refusal) = done {
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
}
