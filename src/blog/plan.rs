//! What an order comes to: on which commit it builds, and what that has where the post is to stand.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{
    Blog, Wish,
    git::{Checkout, Entry, lies_there},
    message::submission_of,
    programs::GitError,
    vocabulary,
    work::{Fault, Job, NewFile, stop},
};
use crate::{form::Vocabulary, submission::Submission, text::differences};

/// How much of a difference is kept beside a draft that it stopped.
const DIFFERENCE_LIMIT: usize = 8_000;

/// What an order comes to, on the ground of what the blog has.
pub(super) enum Plan {
    /// The file is to be written, or removed, and this is the difference.
    Commit {
        difference: String,
    },
    /// The file is as it should be.
    Nothing,
    Stop(String),
}

/// From where the posts of one branch start.
pub(super) struct Ground {
    /// The commit that they are put on.
    pub(super) start: String,
    /// Where the checkout's own branch is to go.
    pub(super) base: String,
    pub(super) has_remote: bool,
    /// Whether the checkout has commits of ours that the remote has not.
    pub(super) is_ahead: bool,
}

impl Blog {
    /// Looks whether the checkout may be published from, and brings in what the remote has.
    pub(super) fn ground(&self, checkout: &Checkout, branch: &str) -> Result<Ground, Fault> {
        let Some(own) = checkout.branch()? else {
            return stop("The checkout is not on a branch; run `git switch` there.");
        };
        let is_fixed = self.settings.branch.is_fixed();
        if is_fixed && own != branch {
            return stop(format!(
                "The checkout is on the branch {own}, but posts go to {branch}; run `git switch {branch}` there."
            ));
        }
        let head = checkout.head()?;
        let changed = checkout.changed_files()?;
        if is_fixed && !changed.is_empty() {
            return stop(format!(
                "The checkout has changes that are not committed; commit or undo them: {}",
                some_of(&changed)
            ));
        }
        let has_remote = checkout.has_remote()?;
        if !has_remote && self.settings.push {
            return stop(format!(
                "The checkout has no remote {}; set `blog.remote`, or `blog.push` to false",
                self.settings.remote
            ));
        }
        let tips = if has_remote {
            checkout
                .fetch(&[own.as_str(), branch])
                .map_err(|GitError(said)| GitError(format!("The remote cannot be read: {said}")))?
        } else {
            BTreeMap::new()
        };
        let base = match tips.get(&own) {
            None => head.clone(),
            Some(tip) if !is_fixed => tip.clone(),
            Some(tip) if checkout.leads_to(&head, tip)? => tip.clone(),
            Some(tip) if checkout.leads_to(tip, &head)? => {
                let others = checkout
                    .messages(tip, &head)?
                    .iter()
                    .filter(|message| submission_of(message).is_none())
                    .count();
                if self.settings.push && others > 0 {
                    return stop(format!(
                        "The checkout has commits of somebody that were never pushed ({others}); push or undo them"
                    ));
                }
                head.clone()
            }
            Some(_) => {
                return stop(format!(
                    "The checkout and the remote have gone different ways on {own}; merge or rebase there"
                ));
            }
        };
        let start = if is_fixed {
            base.clone()
        } else {
            let local = if self.settings.push {
                None
            } else {
                checkout.commit(&format!("refs/heads/{branch}"))?
            };
            match local.or_else(|| tips.get(branch).cloned()) {
                Some(tip) if !checkout.leads_to(&tip, &base)? => tip,
                _ => base.clone(),
            }
        };
        Ok(Ground {
            is_ahead: is_fixed
                && tips
                    .get(&own)
                    .is_some_and(|tip| *tip != base && base == head),
            start,
            base,
            has_remote,
        })
    }

    /// What each job comes to, in this order: of two for one place the first has it.
    pub(super) fn plan(
        &self,
        checkout: &Checkout,
        ground: &Ground,
        jobs: Vec<Job>,
    ) -> Result<Vec<(Job, Plan)>, Fault> {
        let mut site = Site::new(checkout, &ground.start, &jobs)?;
        let vocabulary =
            vocabulary::of_commit(&self.settings, &self.folders, checkout, &site.files)?;
        let mut planned = Vec::new();
        for mut job in jobs {
            let plan = match job.wish {
                Wish::Unpublish { .. } => plan_to_unpublish(&site, &job)?,
                Wish::Publish => self.plan_to_publish(&site, &mut job, &vocabulary)?,
            };
            if let Plan::Commit { .. } = plan {
                site.change(&job);
            }
            planned.push((job, plan));
        }
        Ok(planned)
    }

    fn plan_to_publish(
        &self,
        site: &Site,
        job: &mut Job,
        vocabulary: &Vocabulary,
    ) -> Result<Plan, Fault> {
        let to_fix = self.to_fix(&job.submission, vocabulary);
        if !to_fix.is_empty() {
            return Ok(Plan::Stop(to_fix.join("\n")));
        }
        if let Some(words) = site.sort_out_pages(job, vocabulary) {
            return Ok(Plan::Stop(words));
        }
        for page in &job.pages {
            let path = page.path.as_str();
            if let Some(other) = in_the_way(path, &site.files) {
                return Ok(Plan::Stop(format!(
                    "The blog has {other}, which would have the same address as {path}. Choose another name for “{}”.",
                    page.title
                )));
            }
            if self.settings.branch.is_fixed() && site.checkout.has_untracked(path)? {
                return Ok(Plan::Stop(lies_there(path)));
            }
        }
        let (submission, file) = (&job.submission, job.place.path.as_str());
        let draft = submission.draft.as_str();
        if let Some(other) = in_the_way(file, &site.files) {
            return Ok(Plan::Stop(format!(
                "The blog has {other}, which would have the same address as {file}. Choose another address or date."
            )));
        }
        let Some(stands) = site.text(file) else {
            let lies_there_untracked =
                self.settings.branch.is_fixed() && site.checkout.has_untracked(file)?;
            return Ok(if submission.publication.is_some() {
                Plan::Stop(match site.moved_to(submission)? {
                    Some(place) => moved(file, &place),
                    None => format!(
                        "{file} has gone from the blog since it was published from here. Take the post down here as well; then it can be published anew."
                    ),
                })
            } else if lies_there_untracked {
                Plan::Stop(lies_there(file))
            } else {
                Plan::Commit {
                    difference: site.with_pages(job, differences::unified(file, None, Some(draft))),
                }
            });
        };
        let is_the_draft = stands == draft.as_bytes();
        if !is_as_published(submission, stands) {
            match site.owner(file)? {
                Some(other) if other != submission.id => {
                    return Ok(Plan::Stop(format!(
                        "{file} is the post of another submission, {other}. Choose another address or date."
                    )));
                }
                None if !is_the_draft => {
                    return Ok(Plan::Stop(not_ours(submission, file, stands)));
                }
                _ => {}
            }
        }
        Ok(if is_the_draft && job.pages.is_empty() {
            Plan::Nothing
        } else {
            let stands = String::from_utf8_lossy(stands);
            let difference = differences::unified(file, Some(&stands), Some(draft));
            Plan::Commit {
                difference: site.with_pages(job, difference),
            }
        })
    }
}

fn plan_to_unpublish(site: &Site, job: &Job) -> Result<Plan, Fault> {
    let (submission, file) = (&job.submission, job.place.path.as_str());
    let Some(stands) = site.text(file) else {
        return Ok(match site.moved_to(submission)? {
            Some(place) => Plan::Stop(moved(file, &place)),
            None => Plan::Nothing,
        });
    };
    let before = String::from_utf8_lossy(stands);
    if is_as_published(submission, stands) || site.owner(file)? == Some(submission.id) {
        return Ok(Plan::Commit {
            difference: differences::unified(file, Some(&before), None),
        });
    }
    let published = submission.publication.as_ref().map(|it| it.post.as_str());
    Ok(Plan::Stop(format!(
        "{file} was edited on the blog since it was published from here. Remove it from the repository by hand, then take it down here as well. Since then it has changed by this:\n\n{}",
        cut(differences::unified(file, published, Some(&before)))
    )))
}

/// The files that the blog has, with what the jobs planned so far will change.
struct Site<'a> {
    checkout: &'a Checkout,
    start: &'a str,
    files: BTreeMap<String, Entry>,
    /// What stands in the places of the jobs.
    texts: BTreeMap<String, Vec<u8>>,
    /// Whose the posts are that are planned.
    planned: BTreeMap<String, Uuid>,
    /// The titles of the pages that are planned to come with them.
    pages: BTreeMap<String, String>,
}

impl<'a> Site<'a> {
    fn new(checkout: &'a Checkout, start: &'a str, jobs: &[Job]) -> Result<Self, GitError> {
        let files = checkout.files(start)?;
        let (places, objects): (Vec<&str>, Vec<&str>) = jobs
            .iter()
            .filter_map(|job| files.get_key_value(&job.place.path))
            .map(|(place, entry)| (place.as_str(), entry.object.as_str()))
            .unzip();
        let texts = places
            .iter()
            .map(|place| (*place).to_owned())
            .zip(checkout.contents(&objects)?)
            .collect();
        Ok(Self {
            checkout,
            start,
            files,
            texts,
            planned: BTreeMap::new(),
            pages: BTreeMap::new(),
        })
    }

    /// Leaves of a job's pages those that the blog does not have. Answers with words where another
    /// page stands, or is planned, in the place of one.
    fn sort_out_pages(&self, job: &mut Job, vocabulary: &Vocabulary) -> Option<String> {
        let same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
        let mut missing: Vec<NewFile> = Vec::new();
        for page in std::mem::take(&mut job.pages) {
            let titled = vocabulary.titled(&page.folder, &page.title);
            match self.pages.get(&page.path) {
                Some(title) if same(title, &page.title) => missing.push(page),
                None if titled.is_some_and(|it| {
                    page.is_by_title || page.path.ends_with(&format!("/{}.md", it.stem))
                }) => {}
                None if titled.is_some() => {
                    return Some(format!(
                        "The blog has a page “{}” by now; edit this and choose it from the list.",
                        page.title
                    ));
                }
                None if !self.files.contains_key(&page.path)
                    && !missing.iter().any(|other| other.path == page.path) =>
                {
                    missing.push(page);
                }
                _ if page.is_by_title => {
                    return Some(format!(
                        "The blog has another page at {}; choose another name for “{}”.",
                        page.path, page.title
                    ));
                }
                _ => {
                    return Some(format!(
                        "The blog has another page at {} by now; edit this and save it, then “{}” gets a file of its own.",
                        page.path, page.title
                    ));
                }
            }
        }
        job.pages = missing;
        None
    }

    /// The differences of the pages that come with a post and with none before it, and then the
    /// post's own.
    fn with_pages(&self, job: &Job, difference: String) -> String {
        let pages = job
            .pages
            .iter()
            .filter(|page| !self.pages.contains_key(&page.path))
            .map(|page| differences::unified(&page.path, None, Some(&page.text)));
        pages.chain([difference]).collect()
    }

    fn text(&self, file: &str) -> Option<&[u8]> {
        self.texts.get(file).map(Vec::as_slice)
    }

    /// The submission whose post stands there: planned in this round, or what the last commit
    /// says; a publisher that was killed may have had no time to record that it is ours.
    fn owner(&self, file: &str) -> Result<Option<Uuid>, GitError> {
        match self.planned.get(file) {
            Some(planned) => Ok(Some(*planned)),
            None => Ok(submission_of(
                &self.checkout.last_change(file, self.start)?.1,
            )),
        }
    }

    fn change(&mut self, job: &Job) {
        let file = job.place.path.clone();
        match job.wish {
            Wish::Publish => {
                for page in &job.pages {
                    self.pages.insert(page.path.clone(), page.title.clone());
                }
                let text = job.submission.draft.clone().into_bytes();
                let entry = Entry {
                    mode: "100644".to_owned(),
                    object: String::new(),
                };
                self.texts.insert(file.clone(), text);
                self.planned.insert(file.clone(), job.submission.id);
                self.files.insert(file, entry);
            }
            Wish::Unpublish { .. } => {
                self.texts.remove(&file);
                self.files.remove(&file);
            }
        }
    }

    /// Where the post is now that was published and is not there any more: where the same text is,
    /// or where it went with changes.
    fn moved_to(&self, submission: &Submission) -> Result<Option<String>, GitError> {
        let Some(published) = &submission.publication else {
            return Ok(None);
        };
        let object = self.checkout.object_of(&published.post)?;
        let same = self.files.iter().find(|(_, entry)| entry.object == object);
        if let Some((place, _)) = same {
            return Ok(Some(place.clone()));
        }
        let went = self.checkout.moved_to(&published.path, self.start)?;
        Ok(went.filter(|place| self.files.contains_key(place)))
    }
}

fn is_as_published(submission: &Submission, stands: &[u8]) -> bool {
    submission
        .publication
        .as_ref()
        .is_some_and(|published| published.post.as_bytes() == stands)
}

fn moved(file: &str, place: &str) -> String {
    format!(
        "{file} was moved to {place} on the blog since it was published from here. Move it back, or go on with it there."
    )
}

/// Why a file on the blog that somebody else has written is not overwritten.
fn not_ours(submission: &Submission, file: &str, stands: &[u8]) -> String {
    let reason = if submission.publication.is_some() {
        "was edited on the blog since it was published from here. Take over what should stay, or undo it there"
    } else {
        "stands on the blog already and was not published from here. Choose another address or date"
    };
    let stands = String::from_utf8_lossy(stands);
    let difference = differences::unified(file, Some(&stands), Some(&submission.draft));
    format!(
        "{file} {reason}. From what the blog has to the draft, the difference is:\n\n{}",
        cut(difference)
    )
}

/// Another file that would be in the way of this one: a part of its path that is no folder, or one
/// of the same name but for its ending, which blogs take for the same address.
fn in_the_way<'a>(file: &str, files: &'a BTreeMap<String, Entry>) -> Option<&'a str> {
    let (own_folder, own_stem) = parted(file);
    files.keys().map(String::as_str).find(|other| {
        let leads_here = file
            .strip_prefix(other)
            .is_some_and(|rest| rest.starts_with('/'));
        let is_inside = other
            .strip_prefix(file)
            .is_some_and(|rest| rest.starts_with('/'));
        // Jekyll takes posts from any folder named _posts and what is below it, and dates without
        // zeros; clones on other systems know no difference of case.
        let (folder, stem) = parted(other);
        let is_near = folder == own_folder
            || own_stem != "index"
                && (folder.starts_with(own_folder)
                    || is_of_posts(own_folder) && is_of_posts(folder));
        let is_twin = *other != file && is_near && stem == own_stem;
        leads_here || is_inside || is_twin
    })
}

/// The folder, with the `/` at its end, and the name without its ending, in one spelling.
fn parted(path: &str) -> (&str, String) {
    let (folder, name) = path.split_at(path.rfind('/').map_or(0, |at| at + 1));
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let parts: Vec<&str> = stem
        .splitn(4, '-')
        .map(|part| match part.trim_start_matches('0') {
            short if !short.is_empty() && short.bytes().all(|byte| byte.is_ascii_digit()) => short,
            _ => part,
        })
        .collect();
    (folder, parts.join("-").to_lowercase())
}

fn is_of_posts(folder: &str) -> bool {
    folder.split('/').any(|part| part == "_posts")
}

fn some_of(files: &[String]) -> String {
    const MANY: usize = 10;
    let shown = files.iter().take(MANY).cloned().collect::<Vec<_>>();
    match files.len().saturating_sub(MANY) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(DIFFERENCE_LIMIT) {
        text.truncate(end);
        text.push_str("\n…");
    }
    text
}
