//! What an order comes to: on which commit it builds, and what that has where the post is to stand.

use std::collections::BTreeMap;

use super::{
    Blog, Fault, Job, Wish,
    git::{Checkout, Entry, lies_there},
    programs::GitError,
    stop, submission_of, vocabulary,
    vocabulary::Vocabulary,
};
use crate::{changes, submission::Submission};

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

    pub(super) fn plan(
        &self,
        checkout: &Checkout,
        ground: &Ground,
        jobs: Vec<Job>,
    ) -> Result<Vec<(Job, Plan)>, Fault> {
        let mut files = checkout.files(&ground.start)?;
        let vocabulary = vocabulary::of_commit(&self.settings, checkout, &files)?;
        let there: Vec<&str> = jobs
            .iter()
            .filter_map(|job| files.get(&job.place.file))
            .map(|entry| entry.object.as_str())
            .collect();
        let contents = checkout.contents(&there)?;
        let mut contents: BTreeMap<String, Vec<u8>> = there
            .iter()
            .map(|object| (*object).to_owned())
            .zip(contents)
            .collect();
        let mut planned = Vec::new();
        for job in jobs {
            let stands = files
                .get(&job.place.file)
                .and_then(|entry| contents.get(&entry.object));
            let plan = match &job.wish {
                Wish::TakeDown { .. } => {
                    self.plan_to_take_down(checkout, ground, &job, stands, &files)?
                }
                Wish::Publish => {
                    self.plan_to_publish(checkout, ground, &job, stands, &files, &vocabulary)?
                }
            };
            if let Plan::Commit { .. } = plan {
                match job.wish {
                    Wish::Publish => {
                        let object = job.submission.id.to_string();
                        contents.insert(object.clone(), job.submission.draft.clone().into_bytes());
                        let mode = "100644".to_owned();
                        files.insert(job.place.file.clone(), Entry { mode, object });
                    }
                    Wish::TakeDown { .. } => drop(files.remove(&job.place.file)),
                }
            }
            planned.push((job, plan));
        }
        Ok(planned)
    }

    fn plan_to_take_down(
        &self,
        checkout: &Checkout,
        ground: &Ground,
        job: &Job,
        stands: Option<&Vec<u8>>,
        files: &BTreeMap<String, Entry>,
    ) -> Result<Plan, Fault> {
        let (submission, file) = (&job.submission, &job.place.file);
        let Some(stands) = stands else {
            return Ok(match moved_to(checkout, ground, submission, files)? {
                Some(place) => Plan::Stop(moved(file, &place)),
                None => Plan::Nothing,
            });
        };
        let published = submission.publication.as_ref();
        let is_ours = published.is_some_and(|published| published.post.as_bytes() == stands)
            || submission_of(&checkout.last_change(file, &ground.start)?.1) == Some(submission.id);
        let before = String::from_utf8_lossy(stands);
        if is_ours {
            return Ok(Plan::Commit {
                difference: changes::unified(file, Some(&before), None),
            });
        }
        let published = published.map(|published| published.post.as_str());
        Ok(Plan::Stop(format!(
            "{file} was edited on the blog since it was published from here. Remove it from the repository by hand, then take it down here as well. Since then it has changed by this:\n\n{}",
            cut(changes::unified(file, published, Some(&before)))
        )))
    }

    fn plan_to_publish(
        &self,
        checkout: &Checkout,
        ground: &Ground,
        job: &Job,
        stands: Option<&Vec<u8>>,
        files: &BTreeMap<String, Entry>,
        vocabulary: &Vocabulary,
    ) -> Result<Plan, Fault> {
        let (submission, file) = (&job.submission, &job.place.file);
        let draft = submission.draft.as_str();
        let published = submission.publication.as_ref();
        let mend = Self::to_mend(submission, vocabulary);
        if !mend.is_empty() {
            return Ok(Plan::Stop(mend.join("\n")));
        }
        if let Some(other) = in_the_way(file, files) {
            return Ok(Plan::Stop(format!(
                "The blog has {other}, which would have the same address as {file}. Choose another address or date."
            )));
        }
        let Some(stands) = stands else {
            if let Some(place) = moved_to(checkout, ground, submission, files)? {
                return Ok(Plan::Stop(moved(file, &place)));
            }
            if published.is_some() {
                return Ok(Plan::Stop(format!(
                    "{file} has gone from the blog since it was published from here. Take the post down here as well; then it can be published anew."
                )));
            }
            if self.settings.branch.is_fixed() && checkout.has_untracked(file)? {
                return Ok(Plan::Stop(lies_there(file)));
            }
            return Ok(Plan::Commit {
                difference: changes::unified(file, None, Some(draft)),
            });
        };
        if published.is_none_or(|published| published.post.as_bytes() != stands) {
            // Planned in this round, or what the last commit says; a publisher that was killed may
            // have had no time to record that it is ours.
            let owner = match files[file].object.parse().ok() {
                Some(planned) => Some(planned),
                None => submission_of(&checkout.last_change(file, &ground.start)?.1),
            };
            match owner {
                Some(other) if other != submission.id => {
                    return Ok(Plan::Stop(format!(
                        "{file} is the post of another submission, {other}. Choose another address or date."
                    )));
                }
                Some(_) => {}
                _ if stands == draft.as_bytes() => {}
                _ => return Ok(Plan::Stop(not_ours(submission, file, stands))),
            }
        }
        Ok(if stands == draft.as_bytes() {
            Plan::Nothing
        } else {
            let stands = String::from_utf8_lossy(stands);
            Plan::Commit {
                difference: changes::unified(file, Some(&stands), Some(draft)),
            }
        })
    }
}

/// Where the post is now that was published and is not there any more: where the same text is, or
/// where it went with changes.
fn moved_to(
    checkout: &Checkout,
    ground: &Ground,
    submission: &Submission,
    files: &BTreeMap<String, Entry>,
) -> Result<Option<String>, Fault> {
    let Some(published) = &submission.publication else {
        return Ok(None);
    };
    let object = checkout.object_of(&published.post)?;
    if let Some((place, _)) = files.iter().find(|(_, entry)| entry.object == object) {
        return Ok(Some(place.clone()));
    }
    let went = checkout.moved_to(&published.file, &ground.start)?;
    Ok(went.filter(|place| files.contains_key(place)))
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
    let difference = changes::unified(file, Some(&stands), Some(&submission.draft));
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
