//! Carrying out orders in rounds: plan, check, commit, push, record.

use jiff::Timestamp;

use super::{
    Behalf, Blog, Order, Outcome, Progress, Reported, Wish,
    git::{Checkout, NewCommit, Pushed},
    plan::{Ground, Plan},
    programs::GitError,
    work::{Failed, Fault, Job, Work, stop},
};
use crate::{
    store::{Store, StoreError},
    submission::{Actor, Context, MailChoice, Refusal, Stage},
};

/// How often somebody else may be faster before we give up.
const ROUNDS: usize = 6;

impl Blog {
    /// Carries out the orders, and records of each what became of it. Takes as long as the blog's
    /// check and the network take; other publishers wait meanwhile.
    ///
    /// # Errors
    /// When the store cannot be read. Everything else is an [`Outcome`].
    pub fn carry_out(
        &self,
        store: &Store,
        orders: Vec<Order>,
        behalf: &Behalf,
        progress: Progress,
    ) -> Result<Vec<Reported>, StoreError> {
        let mut work = Work::new(store, &self.forms, orders);
        let how = self
            .checkout()
            .and_then(|checkout| Ok(checkout.take_turn()?))
            .and_then(|checkout| self.rounds(&checkout, &mut work, behalf, progress));
        let reported = work.ended(how)?;
        for report in &reported {
            if let Outcome::Stopped(words) = &report.outcome {
                tracing::warn!(submission = %report.id, reason = words, "not published");
                let now = Timestamp::now();
                let noted = store.update(report.id, |submission| {
                    submission.could_not_publish(words.clone(), now);
                });
                // The outcome is told anyway, and this often has the same cause.
                if let Err(error) = noted {
                    tracing::error!(submission = %report.id, %error, "that cannot be recorded");
                }
            }
        }
        Ok(reported)
    }

    /// What [`Blog::carry_out`] would do, as differences. Touches nothing.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn show(&self, store: &Store, orders: Vec<Order>) -> Result<Vec<Reported>, StoreError> {
        let behalf = Behalf {
            by: Actor::System,
            mail: MailChoice::AsItIs,
        };
        let mut work = Work::new(store, &self.forms, orders);
        let how = self
            .checkout()
            .and_then(|checkout| Ok(checkout.untouched()?))
            .and_then(|checkout| {
                while let Some(jobs) = self.line(&mut work, &behalf)? {
                    let ground = self.ground(&checkout, &jobs[0].place.branch)?;
                    for (job, plan) in self.plan(&checkout, &ground, jobs)? {
                        let outcome = match plan {
                            Plan::Commit { difference } => Outcome::Shown(difference),
                            Plan::Nothing => Outcome::NothingToDo,
                            Plan::Stop(words) => Outcome::Stopped(words),
                        };
                        work.settle(&job, outcome);
                    }
                }
                Ok(())
            });
        work.ended(how)
    }

    fn rounds(
        &self,
        checkout: &Checkout,
        work: &mut Work,
        behalf: &Behalf,
        progress: Progress,
    ) -> Result<(), Fault> {
        let mut overtaken = 0;
        while let Some(jobs) = self.line(work, behalf)? {
            let branch = jobs[0].place.branch.clone();
            progress("Fetching the blog", 0, jobs.len());
            let ground = self.ground(checkout, &branch)?;
            let mut commits = Vec::new();
            let mut there = Vec::new();
            for (job, plan) in self.plan(checkout, &ground, jobs)? {
                match plan {
                    Plan::Commit { .. } => commits.push(job),
                    Plan::Nothing => there.push(job),
                    Plan::Stop(words) => work.settle(&job, Outcome::Stopped(words)),
                }
            }
            progress("Checking the blog", 0, commits.len());
            let (commits, failed) = self.sift(checkout, &ground.start, commits)?;
            for Failed(job, words) in failed {
                work.settle(&job, Outcome::Stopped(words));
            }
            let names = self.commit(checkout, &ground.start, &commits)?;
            let tip = names.last().unwrap_or(&ground.start).clone();
            let overtaken_by = if !self.all_unchanged(work.store, &commits)? {
                Some("the drafts have changed".to_owned())
            } else if names.is_empty() {
                None
            } else {
                self.hand_over(checkout, &branch, &tip, progress)?
            };
            if let Some(reason) = overtaken_by {
                overtaken += 1;
                if overtaken == ROUNDS {
                    return stop(format!(
                        "Somebody else was faster each time; please try again. The last reason: {reason}"
                    ));
                }
                continue;
            }
            let mut finished: Vec<(Job, String)> = Vec::new();
            for job in there {
                let (commit, _) = checkout.last_change(&job.place.path, &ground.start)?;
                finished.push((job, commit));
            }
            finished.extend(commits.into_iter().zip(names));
            if finished.is_empty() {
                continue;
            }
            let tip = self.record(checkout, work, behalf, progress, finished, tip);
            // Where this fails the checkout stays as it was, and the next run will do it.
            if let Err(GitError(said)) = self.bring_up(checkout, &ground, &tip) {
                tracing::warn!(reason = said, "published, but the checkout was not moved");
            }
        }
        Ok(())
    }

    /// The next jobs that go to one branch, never none. Orders that cannot be carried out are
    /// settled at once.
    pub(super) fn line(
        &self,
        work: &mut Work,
        behalf: &Behalf,
    ) -> Result<Option<Vec<Job>>, StoreError> {
        let now = Timestamp::now();
        let mut jobs: Vec<Job> = Vec::new();
        for order in work.pending.clone() {
            let Some(submission) = work.get(order.id)? else {
                continue;
            };
            let place = self.place(&submission, now);
            let publication = self.publication(&submission, place.clone(), None, now);
            let command = order.wish.done(publication);
            let definition = self.forms.of(&submission.form);
            let context = Context {
                definition: &definition,
                editors: &[],
                now,
            };
            let is_offered = match order.wish {
                Wish::Publish => submission.is_to_publish(),
                Wish::Unpublish { .. } => submission.publication.is_some(),
            };
            // What cannot be recorded afterwards must not be done.
            let tried =
                submission
                    .clone()
                    .act(behalf.by.clone(), command, behalf.mail.clone(), &context);
            let refused = if order.wish == Wish::Publish
                && submission.stage == Stage::Published
                && !is_offered
            {
                // A button pressed twice has done what it should.
                Some(Outcome::NothingToDo)
            } else if order.seen.is_some_and(|seen| seen != submission.version) {
                Some(Outcome::Stale)
            } else if is_offered {
                tried.err().map(Outcome::Refused)
            } else {
                Some(Outcome::Refused(Refusal::NotOffered))
            };
            if let Some(outcome) = refused {
                work.report(&submission, outcome);
                continue;
            }
            if jobs
                .first()
                .is_none_or(|first| first.place.branch == place.branch)
            {
                let pages = match order.wish {
                    Wish::Publish => self.new_files(&submission, &definition)?,
                    Wish::Unpublish { .. } => Vec::new(),
                };
                jobs.push(Job {
                    submission,
                    definition,
                    wish: order.wish,
                    place,
                    pages,
                });
            }
        }
        Ok((!jobs.is_empty()).then_some(jobs))
    }

    fn commit(
        &self,
        checkout: &Checkout,
        start: &str,
        jobs: &[Job],
    ) -> Result<Vec<String>, GitError> {
        let commits: Vec<NewCommit> = jobs
            .iter()
            .map(|job| NewCommit {
                author: self.author(&job.submission),
                at: Timestamp::now().as_second(),
                message: self.message(&job.submission, &job.wish),
                files: job.files(),
            })
            .collect();
        checkout.commit_each(start, &commits)
    }

    /// Parts the jobs into those with which the blog passes its check, and those that it fails
    /// because of. One run where all is well.
    fn sift(
        &self,
        checkout: &Checkout,
        start: &str,
        jobs: Vec<Job>,
    ) -> Result<(Vec<Job>, Vec<Failed>), Fault> {
        let (Some(command), false) = (&self.settings.build_command, jobs.is_empty()) else {
            return Ok((jobs, Vec::new()));
        };
        let mut good: Vec<Job> = Vec::new();
        let mut failed = Vec::new();
        let mut heaps = vec![jobs];
        let mut base_passes = false;
        while let Some(mut heap) = heaps.pop() {
            let together = [good.as_slice(), &heap].concat();
            let names = self.commit(checkout, start, &together)?;
            let tip = names.last().map_or(start, String::as_str);
            let Some(said) = checkout.check(tip, command)? else {
                good = together;
                continue;
            };
            if !base_passes && let Some(said) = checkout.check(start, command)? {
                return stop(format!(
                    "The blog fails its own check even without the new posts: {said}"
                ));
            }
            base_passes = true;
            if heap.len() > 1 {
                let half = heap.split_off(heap.len() / 2);
                heaps.push(half);
                heaps.push(heap);
            } else if let Some(job) = heap.pop() {
                let words = format!("With this change the blog fails its check: {said}");
                failed.push(Failed(job, words));
            }
        }
        Ok((good, failed))
    }

    /// Whether the records are still those that the commits were made of.
    fn all_unchanged(&self, store: &Store, jobs: &[Job]) -> Result<bool, StoreError> {
        for job in jobs {
            let now = store.get(job.submission.id)?;
            if now.is_none_or(|now| now.version != job.submission.version) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The step that makes the commits real, or how it is known that somebody else was faster.
    fn hand_over(
        &self,
        checkout: &Checkout,
        branch: &str,
        tip: &str,
        progress: Progress,
    ) -> Result<Option<String>, Fault> {
        if self.settings.push {
            progress("Pushing to the blog", 0, 1);
            return Ok(match checkout.push(tip, branch)? {
                Pushed::Yes => None,
                Pushed::Overtaken(reason) => Some(reason),
            });
        }
        if self.settings.branch.is_fixed() {
            checkout.land(tip)?;
        } else {
            let old = checkout.commit(&format!("refs/heads/{branch}"))?;
            checkout.move_branch(branch, tip, old.as_deref())?;
        }
        Ok(None)
    }

    /// Records what has become real. Answers with the last commit of the branch: what was decided
    /// otherwise in the very moment is taken off again.
    fn record(
        &self,
        checkout: &Checkout,
        work: &mut Work,
        behalf: &Behalf,
        progress: Progress,
        finished: Vec<(Job, String)>,
        mut tip: String,
    ) -> String {
        let count = finished.len();
        for (index, (job, commit)) in finished.into_iter().enumerate() {
            progress("Recording", index, count);
            let now = Timestamp::now();
            let commit = (!commit.is_empty()).then_some(commit);
            let publication = self.publication(&job.submission, job.place.clone(), commit, now);
            let command = job.wish.done(publication.clone());
            let outcome = match job.wish {
                Wish::Publish => Outcome::Published(publication),
                Wish::Unpublish { .. } => Outcome::Unpublished {
                    is_to_be_merged: publication.is_to_be_merged,
                },
            };
            let (by, mail) = (behalf.by.clone(), behalf.mail.clone());
            let context = Context {
                definition: &job.definition,
                editors: &[],
                now,
            };
            let recorded = work.store.update(job.submission.id, |submission| {
                submission.act(by, command, mail, &context)
            });
            let outcome = match recorded {
                Ok(Some(Ok(()) | Err(Refusal::NoChange))) => outcome,
                Ok(Some(Err(_)) | None) => match self.take_off_again(checkout, &tip, &job) {
                    Ok(new_tip) => {
                        tip = new_tip;
                        Outcome::Stale
                    }
                    Err(GitError(said)) => Outcome::Stopped(format!(
                        "It was decided otherwise while it was published, and could not be taken off again; remove {} from the blog: {said}",
                        job.place.path
                    )),
                },
                Err(error) => Outcome::Stopped(format!(
                    "The blog is as it should be, but that could not be recorded; publish again: {error}"
                )),
            };
            work.settle(&job, outcome);
        }
        progress("Recording", count, count);
        tip
    }

    fn take_off_again(
        &self,
        checkout: &Checkout,
        tip: &str,
        job: &Job,
    ) -> Result<String, GitError> {
        let job = Job {
            wish: match job.wish {
                Wish::Publish => Wish::Unpublish {
                    words: String::new(),
                },
                Wish::Unpublish { .. } => return Ok(tip.to_owned()),
            },
            ..job.clone()
        };
        let names = self.commit(checkout, tip, std::slice::from_ref(&job))?;
        let new = names.last().cloned().unwrap_or_else(|| tip.to_owned());
        let branch = &job.place.branch;
        if !self.settings.push && self.settings.branch.is_fixed() {
            checkout.land(&new)?;
        } else if !self.settings.push {
            checkout.move_branch(branch, &new, Some(tip))?;
        } else if let Pushed::Overtaken(reason) = checkout.push(&new, branch)? {
            return Err(GitError(reason));
        }
        Ok(new)
    }

    /// Moves the checkout to what the blog now is.
    pub(super) fn bring_up(
        &self,
        checkout: &Checkout,
        ground: &Ground,
        tip: &str,
    ) -> Result<(), GitError> {
        if self.settings.branch.is_fixed() {
            return checkout.land(tip);
        }
        // Posts have branches of their own, so the checkout need not move where it cannot.
        if checkout.changed_files()?.is_empty()
            && checkout.leads_to(&checkout.head()?, &ground.base)?
        {
            checkout.land(&ground.base)?;
        }
        Ok(())
    }
}
