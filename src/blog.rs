//! The blog: what its pages are called, and publishing into its repository.
//!
//! Promises: a post is committed only if the blog will show it right and nothing is overwritten
//! that was not published from here; one commit a post; whatever fails, or whenever we are killed,
//! the submission is still approved and the checkout as it was, or both are as they should be after
//! the next try. What the remote has (or, without pushing, the checkout's branch) is the truth: a
//! post that stands there in our words is published, and only has to be recorded.

mod git;
mod plan;
mod programs;
mod vocabulary;

use std::sync::{Arc, Mutex};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use uuid::Uuid;

use crate::{
    config,
    post::blog_title,
    queue::{Queue, QueueError},
    submission::{
        Action, Editor, LetterChoice, Party, Publication, Refusal, Stage, Submission, is_slug,
    },
    text::differences,
};

use git::{Checkout, NewCommit, Pushed, lies_there};
use plan::{Ground, Plan};
use programs::GitError;
pub use vocabulary::Vocabulary;

/// How often somebody else may be faster before we give up.
const ROUNDS: usize = 6;
/// The line by which a commit of ours is known.
const TRAILER: &str = "Intake-Submission: ";

/// Something to be done to the blog with a submission.
#[derive(Debug, Clone)]
pub struct Order {
    /// Which.
    pub id: Uuid,
    /// The version that whoever orders it has seen; `None` where that does not matter.
    pub seen: Option<u64>,
    /// What.
    pub wish: Wish,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// The draft is to be on the blog as it stands.
    Publish,
    /// The post is to go.
    TakeDown {
        /// For the campaigner; may be empty.
        words: String,
    },
}

impl Wish {
    /// What the record is told once it is fulfilled.
    pub fn done(&self, publication: Publication) -> Action {
        match self {
            Wish::Publish => Action::Publish(Box::new(publication)),
            Wish::TakeDown { words } => Action::TakeDown {
                words: words.clone(),
                commit: publication.commit,
                to_be_merged: publication.to_be_merged,
            },
        }
    }
}

/// What became of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// Of which submission.
    pub id: Uuid,
    /// Its title; empty where there is no such submission.
    pub title: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is on the blog, and that is recorded.
    Published(Publication),
    /// It is gone from the blog, and that is recorded.
    TakenDown {
        /// Whether it goes once its branch is merged.
        to_be_merged: bool,
    },
    /// The blog has it already, in these words.
    NothingToDo,
    /// There is no such submission.
    NotThere,
    /// Somebody has changed it since it was seen.
    Stale,
    /// Its stage does not allow it.
    Refused(Refusal),
    /// Not done, for this reason.
    Stopped(String),
    /// Nothing was to be done but to show what would be: this difference.
    Shown(String),
}

impl Outcome {
    /// Whether the blog now stands as it should.
    pub fn is_good(&self) -> bool {
        matches!(
            self,
            Outcome::Published(_)
                | Outcome::TakenDown { .. }
                | Outcome::NothingToDo
                | Outcome::Shown(_)
        )
    }
}

/// On whose behalf orders are carried out.
#[derive(Debug, Clone)]
pub struct Behalf {
    /// Who has given them.
    pub by: Party,
    /// What becomes of the letters to the campaigners.
    pub letter: LetterChoice,
}

/// Where a post is or will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The post's date.
    pub date: Date,
    /// Its file in the repository.
    pub file: String,
    /// Where people read it.
    pub address: String,
    branch: String,
}

/// How far the work is: a few words, how many are done, of how many.
pub type Progress<'a> = &'a dyn Fn(&str, usize, usize);

/// The blog as configured.
pub struct Blog {
    settings: config::Blog,
    editors: Vec<Editor>,
    read: Mutex<vocabulary::Read>,
}

/// Why a round ended early.
enum Fault {
    /// For every draft of the round.
    Blog(String),
    Queue(QueueError),
}

impl From<GitError> for Fault {
    fn from(GitError(words): GitError) -> Self {
        Self::Blog(words)
    }
}

impl From<QueueError> for Fault {
    fn from(error: QueueError) -> Self {
        Self::Queue(error)
    }
}

fn stop<T>(words: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Blog(words.into()))
}

/// Orders, and what became of those that are settled.
struct Work<'a> {
    queue: &'a Queue,
    pending: Vec<Order>,
    reported: Vec<Reported>,
}

impl<'a> Work<'a> {
    fn new(queue: &'a Queue, orders: Vec<Order>) -> Self {
        Self {
            queue,
            pending: orders,
            reported: Vec::new(),
        }
    }

    fn settle(&mut self, job: &Job, outcome: Outcome) {
        self.report(&job.submission, outcome);
    }

    fn report(&mut self, submission: &Submission, outcome: Outcome) {
        self.pending.retain(|order| order.id != submission.id);
        self.reported.push(Reported {
            id: submission.id,
            title: submission.case_study().title.clone(),
            outcome,
        });
    }

    /// Settles all that is left: for this reason nothing of it was done.
    fn stop(&mut self, words: &str) -> Result<(), QueueError> {
        for order in std::mem::take(&mut self.pending) {
            match self.queue.get(order.id)? {
                Some(submission) => self.report(&submission, Outcome::Stopped(words.to_owned())),
                None => self.not_there(order.id),
            }
        }
        Ok(())
    }

    fn not_there(&mut self, id: Uuid) {
        self.pending.retain(|order| order.id != id);
        self.reported.push(Reported {
            id,
            title: String::new(),
            outcome: Outcome::NotThere,
        });
    }

    fn ended(mut self, how: Result<(), Fault>) -> Result<Vec<Reported>, QueueError> {
        match how {
            Ok(()) => {}
            Err(Fault::Queue(error)) => return Err(error),
            Err(Fault::Blog(words)) => self.stop(&words)?,
        }
        Ok(self.reported)
    }
}

/// A submission that an order is for, as it stands now.
#[derive(Clone)]
struct Job {
    submission: Submission,
    wish: Wish,
    place: Place,
}

/// A job with which the blog fails its check, and what that said.
struct Failed(Job, String);

impl Blog {
    /// The blog of this configuration. Touches nothing.
    pub fn new(settings: &config::Blog, editors: &[Editor]) -> Self {
        Self {
            settings: settings.clone(),
            editors: editors.to_vec(),
            read: Mutex::default(),
        }
    }

    /// Whether there is a checkout to publish into.
    pub fn has_checkout(&self) -> bool {
        self.settings.path.is_some()
    }

    /// What the blog's pages are called, as the checkout has them now.
    pub fn vocabulary(&self) -> Arc<Vocabulary> {
        vocabulary::of_work_tree(&self.settings, &self.read)
    }

    /// Where this submission's post is, or will be if it is published now.
    pub fn place(&self, submission: &Submission, now: Timestamp) -> Place {
        let editorial = submission.editorial();
        let fill = |pattern: &config::Pattern, date| {
            pattern.fill(&editorial.slug, date, &editorial.category)
        };
        match &submission.publication {
            Some(publication) => Place {
                date: publication.date,
                file: publication.file.clone(),
                address: publication.address.clone(),
                branch: fill(&self.settings.branch, publication.date),
            },
            None => {
                let today = now.to_zoned_datetime(TimeZone::UTC).date();
                let date = editorial.date.unwrap_or(today);
                Place {
                    date,
                    file: fill(&self.settings.file, date),
                    address: fill(&self.settings.address, date),
                    branch: fill(&self.settings.branch, date),
                }
            }
        }
    }

    fn publication(
        &self,
        submission: &Submission,
        place: Place,
        commit: Option<String>,
        now: Timestamp,
    ) -> Publication {
        Publication {
            at: now,
            date: place.date,
            file: place.file,
            address: place.address,
            branch: commit.is_some().then_some(place.branch),
            to_be_merged: commit.is_some() && !self.settings.branch.is_fixed(),
            commit,
            post: submission.draft.clone(),
        }
    }

    /// The record of this submission's post if it were published now, for showing what that would
    /// bring, and for posts that somebody puts on the blog by hand.
    pub fn publication_to_be(&self, submission: &Submission, now: Timestamp) -> Publication {
        Publication {
            to_be_merged: self.has_checkout() && !self.settings.branch.is_fixed(),
            ..self.publication(submission, self.place(submission, now), None, now)
        }
    }

    /// The post as a patch that `git am` and `git apply` take, for a blog without a checkout here.
    pub fn patch(&self, submission: &Submission, now: Timestamp) -> String {
        let place = self.place(submission, now);
        let before = submission
            .publication
            .as_ref()
            .map(|publication| publication.post.as_str());
        let message = self.message(submission, &Wish::Publish);
        let (subject, body) = message.split_once("\n\n").unwrap_or((&message, ""));
        format!(
            "From {nothing} Mon Sep 17 00:00:00 2001\nFrom: {author}\nDate: {date}\nSubject: [PATCH] {subject}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n{body}\n---\n{difference}-- \nIntake\n",
            nothing = "0".repeat(40),
            author = self.author(submission),
            date = now.strftime("%a, %d %b %Y %H:%M:%S +0000"),
            body = body.trim_end(),
            difference = differences::unified(&place.file, before, Some(&submission.draft)),
        )
    }

    /// What the blog would show wrongly, by its own pages' titles.
    pub fn to_mend(submission: &Submission, vocabulary: &Vocabulary) -> Vec<String> {
        let (case_study, editorial) = (submission.case_study(), submission.editorial());
        let topics = editorial.topics_for(case_study);
        let mut lines = Vec::new();
        for (kind, wanted, known) in [
            (
                "author",
                std::slice::from_ref(&editorial.author),
                &vocabulary.authors,
            ),
            ("topic", topics, &vocabulary.topics),
            (
                "project",
                editorial.projects.as_slice(),
                &vocabulary.projects,
            ),
        ] {
            for title in wanted.iter().filter(|title| !known.contains(title)) {
                lines.push(format!("The blog has no page for the {kind} “{title}”."));
            }
        }
        if !is_slug(&editorial.slug) {
            lines
                .push("The address may hold small letters, digits and single hyphens only.".into());
        }
        lines
    }

    // ---- orders ----------------------------------------------------------------------------

    /// Carries out the orders, and records of each what became of it. Takes as long as the blog's
    /// check and the network take; other publishers wait meanwhile.
    ///
    /// # Errors
    /// When the queue cannot be read. Everything else is an [`Outcome`].
    pub fn carry_out(
        &self,
        queue: &Queue,
        orders: Vec<Order>,
        behalf: &Behalf,
        progress: Progress,
    ) -> Result<Vec<Reported>, QueueError> {
        let mut work = Work::new(queue, orders);
        let how = self
            .checkout()
            .and_then(|checkout| Ok(checkout.take_turn()?))
            .and_then(|checkout| self.rounds(&checkout, &mut work, behalf, progress));
        let reported = work.ended(how)?;
        for report in &reported {
            if let Outcome::Stopped(words) = &report.outcome {
                tracing::warn!(submission = %report.id, reason = words, "not published");
                let now = Timestamp::now();
                let noted = queue.update(report.id, |submission| {
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
    /// When the queue cannot be read.
    pub fn show(&self, queue: &Queue, orders: Vec<Order>) -> Result<Vec<Reported>, QueueError> {
        let behalf = Behalf {
            by: Party::Time,
            letter: LetterChoice::AsItIs,
        };
        let mut work = Work::new(queue, orders);
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

    fn checkout(&self) -> Result<Checkout, Fault> {
        match &self.settings.path {
            Some(path) => Ok(Checkout::open(path, &self.settings.remote)?),
            None => stop(
                "`blog.path` is not set, so there is no checkout to publish into; the desk offers each post as a download and as a patch",
            ),
        }
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
            let overtaken_by = if !self.all_unchanged(work.queue, &commits)? {
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
                let (commit, _) = checkout.last_change(&job.place.file, &ground.start)?;
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
    fn line(&self, work: &mut Work, behalf: &Behalf) -> Result<Option<Vec<Job>>, QueueError> {
        let now = Timestamp::now();
        let mut jobs: Vec<Job> = Vec::new();
        for order in work.pending.clone() {
            let Some(submission) = work.queue.get(order.id)? else {
                work.not_there(order.id);
                continue;
            };
            let place = self.place(&submission, now);
            let publication = self.publication(&submission, place.clone(), None, now);
            let action = order.wish.done(publication);
            let is_offered = match order.wish {
                Wish::Publish => submission.is_to_publish(),
                Wish::TakeDown { .. } => submission.publication.is_some(),
            };
            // What cannot be recorded afterwards must not be done.
            let tried =
                submission
                    .clone()
                    .act(behalf.by.clone(), action, behalf.letter.clone(), &[], now);
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
                jobs.push(Job {
                    submission,
                    wish: order.wish,
                    place,
                });
            }
        }
        Ok((!jobs.is_empty()).then_some(jobs))
    }

    // ---- doing it --------------------------------------------------------------------------

    fn author(&self, submission: &Submission) -> String {
        let plain = |text: &str| text.replace(['<', '>', '\n', '\0'], "");
        let name = submission.editor_of_the_words();
        let editor = match name {
            Some(name) => self.editors.iter().find(|editor| editor.name == name),
            None => self.editors.first(),
        };
        match (editor, name) {
            (Some(editor), _) => format!("{} <{}>", plain(&editor.name), plain(&editor.email)),
            // RFC 2606, section 2: an address that is nobody's. The record has only the name of
            // those who have left.
            (None, name) => format!(
                "{} <nobody@localhost.invalid>",
                plain(name.unwrap_or("Intake"))
            ),
        }
    }

    fn message(&self, submission: &Submission, wish: &Wish) -> String {
        let verb = match wish {
            Wish::Publish if submission.publication.is_some() => "Update",
            Wish::Publish => "Publish",
            Wish::TakeDown { .. } => "Take down",
        };
        let title = format!(
            "{}{}",
            submission.editorial().title_prefix,
            submission.case_study().title
        );
        format!(
            "{verb} “{}”\n\n{TRAILER}{}\n",
            without_commands(&blog_title(&title)),
            submission.id
        )
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
                files: vec![(
                    job.place.file.as_str(),
                    (job.wish == Wish::Publish).then_some(job.submission.draft.as_str()),
                )],
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
        let (Some(command), false) = (&self.settings.check, jobs.is_empty()) else {
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
    fn all_unchanged(&self, queue: &Queue, jobs: &[Job]) -> Result<bool, QueueError> {
        for job in jobs {
            let now = queue.get(job.submission.id)?;
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
            let action = job.wish.done(publication.clone());
            let outcome = match job.wish {
                Wish::Publish => Outcome::Published(publication),
                Wish::TakeDown { .. } => Outcome::TakenDown {
                    to_be_merged: publication.to_be_merged,
                },
            };
            let (by, letter) = (behalf.by.clone(), behalf.letter.clone());
            let recorded = work.queue.update(job.submission.id, |submission| {
                submission.act(by, action, letter, &[], now)
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
                        job.place.file
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
                Wish::Publish => Wish::TakeDown {
                    words: String::new(),
                },
                Wish::TakeDown { .. } => return Ok(tip.to_owned()),
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
    fn bring_up(&self, checkout: &Checkout, ground: &Ground, tip: &str) -> Result<(), GitError> {
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

    /// Undoes what a publisher left half done when it was killed. Waits for those at work.
    ///
    /// # Errors
    /// In words, when it cannot be undone.
    pub fn recover(&self) -> Result<(), String> {
        if !self.has_checkout() {
            return Ok(());
        }
        self.checkout()
            .and_then(|checkout| Ok(checkout.take_turn()?))
            .map(drop)
            .map_err(words)
    }

    /// Brings checkout and remote up to date with each other, where nothing is to be published.
    ///
    /// # Errors
    /// In words, when it cannot be.
    pub fn bring_up_to_date(&self) -> Result<(), String> {
        if !self.has_checkout() {
            return Ok(());
        }
        self.checkout()
            .and_then(|checkout| Ok(checkout.take_turn()?))
            .and_then(|checkout| {
                let branch = self.any_branch();
                let ground = self.ground(&checkout, &branch)?;
                if self.settings.push
                    && ground.is_ahead
                    && let Pushed::Overtaken(reason) = checkout.push(&ground.base, &branch)?
                {
                    return stop(reason);
                }
                Ok(self.bring_up(&checkout, &ground, &ground.base)?)
            })
            .map_err(words)
    }

    /// The branch of posts; where each has its own, the name of one that there is not.
    fn any_branch(&self) -> String {
        let today = Timestamp::now().to_zoned_datetime(TimeZone::UTC).date();
        self.settings.branch.fill("intake-check", today, "blog")
    }

    // ---- judging ---------------------------------------------------------------------------

    /// Judges all that publishing needs: what was looked at, and how it is. Nothing is changed in
    /// the blog.
    pub fn judge(&self) -> Vec<(&'static str, Result<String, String>)> {
        let mut judged = Vec::new();
        let Some(path) = &self.settings.path else {
            judged.push((
                "blog",
                Ok("no checkout; the desk offers posts as downloads and patches".to_owned()),
            ));
            return judged;
        };
        let checkout = match self.checkout().and_then(|it| Ok(it.take_turn()?)) {
            Ok(checkout) => checkout,
            Err(fault) => {
                judged.push(("blog", Err(words(fault))));
                return judged;
            }
        };
        judged.push((
            "blog written",
            checkout
                .try_to_write()
                .map(|()| format!("{} can be written", path.display()))
                .map_err(|GitError(said)| said),
        ));
        let branch = self.any_branch();
        let ground = match self.ground(&checkout, &branch) {
            Ok(ground) => ground,
            Err(fault) => {
                judged.push(("blog read", Err(words(fault))));
                return judged;
            }
        };
        match checkout.in_the_way_of(&ground.base) {
            Ok(None) => {}
            Ok(Some(file)) => judged.push(("blog read", Err(lies_there(&file)))),
            Err(GitError(said)) => judged.push(("blog read", Err(said))),
        }
        judged.push((
            "blog read",
            Ok(if ground.has_remote {
                format!("up to {} of {}", short(&ground.base), self.settings.remote)
            } else {
                format!("up to {}; it has no remote", short(&ground.base))
            }),
        ));
        judged.push((
            "blog pushed",
            if self.settings.push {
                checkout
                    .try_push(&ground.start, &branch)
                    .map(|()| format!("{} takes {branch}", self.settings.remote))
                    .map_err(|GitError(said)| said)
            } else {
                Ok("not asked for; commits wait in the checkout".to_owned())
            },
        ));
        judged.push((
            "blog check",
            match &self.settings.check {
                None => Ok("no `blog.check` command".to_owned()),
                Some(command) => match checkout.check(&ground.base, command) {
                    Ok(None) => Ok("passes".to_owned()),
                    Ok(Some(said)) => Err(format!("`{command}` fails: {said}")),
                    Err(GitError(said)) => Err(said),
                },
            },
        ));
        judged
    }
}

fn words(fault: Fault) -> String {
    match fault {
        Fault::Blog(words) => words,
        Fault::Queue(error) => error.to_string(),
    }
}

/// The submission that a commit of ours names.
fn submission_of(message: &str) -> Option<Uuid> {
    message
        .lines()
        .find_map(|line| line.strip_prefix(TRAILER)?.trim().parse().ok())
}

/// A title is a campaigner's, and hosts obey some words in a commit's message: `[skip ci]`,
/// `Fixes #1`, `@someone`. Brackets become round, and an invisible word joiner (U+2060) parts the
/// others.
fn without_commands(title: &str) -> String {
    let mut out = String::with_capacity(title.len());
    for c in title.chars() {
        match c {
            '[' => out.push('('),
            ']' => out.push(')'),
            '#' | '@' | '!' | '~' => out.extend([c, '\u{2060}']),
            ':' if out.ends_with("http") || out.ends_with("https") => out.extend(['\u{2060}', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    for sign in ["GH-", "gh-", "***"] {
        let (first, rest) = sign.split_at(sign.len() - 1);
        out = out.replace(sign, &format!("{first}\u{2060}{rest}"));
    }
    out
}

fn short(commit: &str) -> &str {
    commit.get(..10).unwrap_or(commit)
}
