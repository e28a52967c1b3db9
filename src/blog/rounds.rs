//! Carrying out orders in rounds: fetch, plan, check, commit, push, record.

use std::{collections::BTreeMap, path::Path, thread};

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Blog, Outcome, Progress, Reported,
    git::{NewCommit, Parent, Pushed, Repository},
    plan::{Ground, Plan},
    programs::GitError,
    work::{Failed, Fault, Job, Work, pictures, stop},
};
use crate::{
    store::{Store, StoreError},
    submission::{Context, Order, Refusal, STALE, Stage, Submission},
};

/// How often somebody else may be faster before we give up.
const ROUNDS: usize = 6;
/// How many are recorded at once.
const AT_ONCE: usize = 8;

/// A job that has become real.
struct Finished {
    job: Job,
    commit: String,
    /// Where the host says a pull request can be opened.
    pull_request: Option<String>,
}

impl Blog {
    /// Carries out the orders, and records of each what became of it. Takes as long as the blog's
    /// check and the network take; other publishers wait meanwhile.
    ///
    /// # Errors
    /// When the store cannot be read. Everything else is an [`Outcome`].
    pub fn carry_out(
        &self,
        store: &Store,
        orders: Vec<(Uuid, Order)>,
        progress: Progress,
    ) -> Result<Vec<Reported>, StoreError> {
        let mut work = Work::new(store, &self.forms, orders);
        let how = self.with_repository(|repository| self.rounds(repository, &mut work, progress));
        // What the stop has cut off stays asked for.
        let how = if self.is_stopping() { Ok(()) } else { how };
        let reported = work.ended(how)?;
        for Reported { id, outcome, .. } in &reported {
            let words = match outcome {
                Outcome::Stopped(words) => words,
                Outcome::Stale => STALE,
                // What is on the blog, or could not be, is recorded already.
                Outcome::Refused(_) | Outcome::NothingToDo => "",
                _ => continue,
            };
            if !words.is_empty() {
                tracing::warn!(submission = %id, reason = words, "not published");
            }
            let noted = store.update(*id, |submission| {
                let is_for_a_day = submission.order.as_ref().is_some_and(|it| it.on.is_some());
                let waits = matches!(outcome, Outcome::Refused(Refusal::NotAgreed));
                // An order for a day waits for the campaigner's agreement.
                if !(waits && is_for_a_day) {
                    not_done(submission, words);
                }
            });
            // The outcome is told anyway, and this often has the same cause.
            if let Err(error) = noted {
                tracing::error!(submission = %id, %error, "that cannot be recorded");
            }
        }
        Ok(reported)
    }

    /// What [`Blog::carry_out`] would do, as differences. Changes nothing but our clone.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn show(
        &self,
        store: &Store,
        orders: Vec<(Uuid, Order)>,
    ) -> Result<Vec<Reported>, StoreError> {
        let mut work = Work::new(store, &self.forms, orders);
        let how = self.with_repository(|repository| {
            let jobs = self.jobs(&mut work)?;
            let ground = self.ground(repository)?;
            for (start, jobs) in by_start(&ground, jobs) {
                for (job, plan) in self.plan(repository, &start, jobs)? {
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
        repository: &Repository,
        work: &mut Work,
        progress: Progress,
    ) -> Result<(), Fault> {
        for _ in 0..ROUNDS {
            let jobs = self.jobs(work)?;
            if jobs.is_empty() || self.is_stopping() {
                return Ok(());
            }
            progress("Fetching the blog", 0, jobs.len());
            let ground = self.ground(repository)?;
            let (mut good, mut finished) = (Vec::new(), Vec::new());
            for (start, jobs) in by_start(&ground, jobs) {
                let mut commits = Vec::new();
                for (job, plan) in self.plan(repository, &start, jobs)? {
                    match plan {
                        Plan::Commit { .. } => commits.push(job),
                        Plan::Stop(words) => work.settle(&job, Outcome::Stopped(words)),
                        Plan::Nothing => {
                            let (commit, _) = repository.last_change(&job.place.path, &start)?;
                            finished.push(Finished {
                                job,
                                commit,
                                pull_request: None,
                            });
                        }
                    }
                }
                progress("Checking the blog", 0, commits.len());
                let (passed, failed) = self.sift(repository, &start, commits)?;
                good.extend(passed);
                for Failed(job, words) in failed {
                    work.settle(&job, Outcome::Stopped(words));
                }
            }
            let commits = self.commit(repository, &ground, &good)?;
            if self.all_unchanged(work.store, &good)? {
                progress("Pushing to the blog", 0, good.len());
                finished.extend(hand_over(repository, &ground, work, good, commits)?);
            }
            self.record(repository, &ground, work, progress, finished);
        }
        match work.overtaken.take() {
            _ if work.pending.is_empty() => Ok(()),
            Some(reason) => stop(format!(
                "Somebody else was faster each time; please try again. The last reason: {reason}"
            )),
            None => stop(
                "The drafts were changed again and again while they were published; please try again.",
            ),
        }
    }

    /// What is pending, as jobs. Orders that cannot be carried out are settled at once.
    fn jobs(&self, work: &mut Work) -> Result<Vec<Job>, StoreError> {
        let now = Timestamp::now();
        let mut jobs = Vec::new();
        for (id, order) in work.pending.clone() {
            let Some(submission) = work.get(id)? else {
                continue;
            };
            let place = self.place(&submission, now);
            let publication = self.publication_to_be(&submission, now);
            let definition = self.forms.of(&submission.form);
            let context = Context {
                definition: &definition,
                editors: &[],
                now,
            };
            let is_published = submission.stage == Stage::Published && !submission.is_to_publish();
            let refused = if !order.is_to_go && is_published {
                // A button pressed twice has done what it should.
                Some(Outcome::NothingToDo)
            } else if order.seen.is_some_and(|seen| seen != submission.version) {
                Some(Outcome::Stale)
            } else if !order.is_to_go && self.date_ahead(&submission, now).is_some() {
                Some(Outcome::Refused(Refusal::Ahead))
            } else {
                let taken = submission.takes(&order, publication, &context);
                taken.err().map(Outcome::Refused)
            };
            if let Some(outcome) = refused {
                work.report(&submission, outcome);
                continue;
            }
            let pages = match order.is_to_go {
                false => self.new_files(&submission, &definition)?,
                true => Vec::new(),
            };
            let pictures = match pictures(work.store, &submission, order.is_to_go)? {
                Ok(pictures) => pictures,
                Err(words) => {
                    work.report(&submission, Outcome::Stopped(words));
                    continue;
                }
            };
            jobs.push(Job {
                order,
                submission,
                definition,
                place,
                pages,
                pictures,
            });
        }
        Ok(jobs)
    }

    fn new_commit<'a>(&self, job: &'a Job, on: Parent<'a>) -> NewCommit<'a> {
        NewCommit {
            on,
            author: self.author(&job.submission, &job.order.by),
            at: Timestamp::now().as_second(),
            message: self.message(&job.submission, job.order.is_to_go),
            files: job.files(),
        }
    }

    /// One commit a job, each on the last of its branch.
    fn commit(
        &self,
        repository: &Repository,
        ground: &Ground,
        jobs: &[Job],
    ) -> Result<Vec<String>, GitError> {
        let mut last: BTreeMap<&str, usize> = BTreeMap::new();
        let mut commits = Vec::with_capacity(jobs.len());
        for (at, job) in jobs.iter().enumerate() {
            let branch = job.branch(ground);
            let on = match last.insert(branch, at) {
                Some(earlier) => Parent::Earlier(earlier),
                None => Parent::Known(ground.start(branch)),
            };
            commits.push(self.new_commit(job, on));
        }
        repository.commit_each(&commits)
    }

    /// The jobs all together on one commit, as they are tried.
    fn together(
        &self,
        repository: &Repository,
        start: &str,
        jobs: &[Job],
    ) -> Result<String, GitError> {
        let commits: Vec<NewCommit> = jobs
            .iter()
            .enumerate()
            .map(|(at, job)| {
                let on = match at.checked_sub(1) {
                    Some(earlier) => Parent::Earlier(earlier),
                    None => Parent::Known(start),
                };
                self.new_commit(job, on)
            })
            .collect();
        let mut names = repository.commit_each(&commits)?;
        Ok(names.pop().unwrap_or_else(|| start.to_owned()))
    }

    /// Parts the jobs into those with which the blog passes its check and has their pages, and
    /// those that it fails because of. One run where all is well.
    fn sift(
        &self,
        repository: &Repository,
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
            let all = [good.as_slice(), &heap].concat();
            let tip = self.together(repository, start, &all)?;
            let left_out = |tree: &Path| {
                let site = tree.join(&self.settings.site);
                heap.iter().map(|job| job.left_out(&site)).collect()
            };
            let left_out: Result<Vec<Option<String>>, String> =
                repository.check(&tip, command, left_out)?;
            let said = match left_out {
                Ok(left_out) => {
                    for (job, why) in heap.into_iter().zip(left_out) {
                        match why {
                            None => good.push(job),
                            Some(words) => failed.push(Failed(job, words)),
                        }
                    }
                    continue;
                }
                Err(said) => said,
            };
            if !base_passes && let Err(said) = repository.check(start, command, |_| ())? {
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

    /// Records what has become real. What was decided otherwise in the very moment is taken off
    /// again.
    fn record(
        &self,
        repository: &Repository,
        ground: &Ground,
        work: &mut Work,
        progress: Progress,
        finished: Vec<Finished>,
    ) {
        let (count, store) = (finished.len(), work.store);
        progress("Recording", 0, count);
        // The store syncs together what is written at once.
        let share = count.div_ceil(AT_ONCE).max(1);
        let recorded: Vec<_> = thread::scope(|scope| {
            let shares: Vec<_> = finished
                .chunks(share)
                .map(|some| {
                    let record = |done| self.record_one(store, ground, done);
                    scope.spawn(move || some.iter().map(record).collect::<Vec<_>>())
                })
                .collect();
            shares.into_iter().map(|share| share.join()).collect()
        });
        let recorded = recorded.into_iter().flat_map(|share| match share {
            Ok(share) => share,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        for (done, recorded) in finished.iter().zip(recorded) {
            let job = &done.job;
            let outcome = match recorded {
                Ok((outcome, true)) => outcome,
                Ok((_, false)) => match self.take_off_again(repository, ground, job) {
                    Ok(()) => Outcome::Stale,
                    Err(GitError(said)) => Outcome::Stopped(format!(
                        "It was decided otherwise while it was published, and could not be taken off again; remove {} from the blog: {said}",
                        job.place.path
                    )),
                },
                Err(error) => Outcome::Stopped(format!(
                    "The blog is as it should be, but that could not be recorded; publish again: {error}"
                )),
            };
            work.settle(job, outcome);
        }
        progress("Recording", count, count);
    }

    /// Records one. With `false` where that is not to be any more.
    fn record_one(
        &self,
        store: &Store,
        ground: &Ground,
        done: &Finished,
    ) -> Result<(Outcome, bool), StoreError> {
        let (job, now) = (&done.job, Timestamp::now());
        let commit = Some(done.commit.clone()).filter(|commit| !commit.is_empty());
        let commit = commit.map(|commit| (job.branch(ground).to_owned(), commit));
        let mut publication = self.publication(&job.submission, job.place.clone(), commit, now);
        publication.pull_request.clone_from(&done.pull_request);
        let command = job.order.done(publication.clone());
        let outcome = match job.order.is_to_go {
            false => Outcome::Published(Box::new(publication)),
            true => Outcome::Unpublished {
                is_to_be_merged: publication.is_to_be_merged,
            },
        };
        let (by, mail) = (job.order.by.clone(), job.order.mail.clone());
        let context = Context {
            definition: &job.definition,
            editors: &[],
            now,
        };
        let recorded = store.update(job.submission.id, |submission| {
            submission.act(by, command, mail, &context)
        })?;
        let is_good = matches!(recorded, Some(Ok(()) | Err(Refusal::NoChange)));
        Ok((outcome, is_good))
    }

    fn take_off_again(
        &self,
        repository: &Repository,
        ground: &Ground,
        job: &Job,
    ) -> Result<(), GitError> {
        if job.order.is_to_go {
            return Ok(());
        }
        let mut job = job.clone();
        job.order.is_to_go = true;
        for picture in &mut job.pictures {
            picture.bytes = None;
        }
        let branch = job.branch(ground);
        let remote = repository.known()?;
        let tip = remote.tips.get(branch).map_or("", String::as_str);
        let gone = self.together(repository, tip, std::slice::from_ref(&job))?;
        match repository.push(&[(branch, &gone)])?.pop() {
            Some(Pushed::Overtaken(reason) | Pushed::Refused(reason)) => Err(GitError(reason)),
            _ => Ok(()),
        }
    }
}

/// Records that an order was not carried out, and why where there are words for it.
fn not_done(submission: &mut Submission, words: &str) {
    if words.is_empty() {
        submission.order = None;
    } else {
        submission.could_not_publish(words.to_owned(), Timestamp::now());
    }
}

/// The jobs by the commit that they are put on, in their order.
fn by_start(ground: &Ground, jobs: Vec<Job>) -> Vec<(String, Vec<Job>)> {
    let mut groups: Vec<(String, Vec<Job>)> = Vec::new();
    for job in jobs {
        let start = ground.start(job.branch(ground));
        match groups.iter_mut().find(|(known, _)| known == start) {
            Some((_, group)) => group.push(job),
            None => groups.push((start.to_owned(), vec![job])),
        }
    }
    groups
}

/// Makes the commits real. Answers with those that are; where somebody else was faster the orders
/// stay pending.
fn hand_over(
    repository: &Repository,
    ground: &Ground,
    work: &mut Work,
    jobs: Vec<Job>,
    commits: Vec<String>,
) -> Result<Vec<Finished>, Fault> {
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    let mut tips: BTreeMap<&str, &str> = BTreeMap::new();
    for (job, commit) in jobs.iter().zip(&commits) {
        tips.insert(job.branch(ground), commit);
    }
    let tips: Vec<(&str, &str)> = tips.into_iter().collect();
    let answers = repository.push(&tips)?;
    let by_branch: BTreeMap<String, Pushed> = tips
        .iter()
        .map(|(branch, _)| (*branch).to_owned())
        .zip(answers)
        .collect();
    let mut finished = Vec::new();
    for (job, commit) in jobs.into_iter().zip(commits) {
        match by_branch.get(job.branch(ground)) {
            Some(Pushed::Yes(address)) => finished.push(Finished {
                pull_request: address.clone().filter(|_| job.place.branch.is_some()),
                job,
                commit,
            }),
            Some(Pushed::Refused(words)) => work.settle(&job, Outcome::Stopped(words.clone())),
            Some(Pushed::Overtaken(reason)) => work.overtaken = Some(reason.clone()),
            None => {}
        }
    }
    Ok(finished)
}
