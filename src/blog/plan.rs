//! What an order comes to: on which commit it builds, and what that has where the post is to stand.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Blog,
    by_hand::{Found, found_in},
    git::{Entry, Remote, Repository},
    known,
    message::submission_of,
    programs::GitError,
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

/// What the remote has, and from where posts start.
pub(super) struct Ground {
    /// The blog as it is: posts go to its branch, or to branches of their own that are merged into it.
    pub(super) base: String,
    /// That branch.
    pub(super) branch: String,
    pub(super) remote: Remote,
    /// The branches of single posts that have come into it.
    merged: BTreeSet<String>,
}

impl Ground {
    /// Whether all of this branch has come into the blog.
    pub(super) fn is_merged(&self, branch: &str) -> bool {
        self.merged.contains(branch)
    }

    /// The commit that the next post of this branch is put on.
    pub(super) fn start(&self, branch: &str) -> &str {
        match self.remote.tips.get(branch) {
            Some(tip) if !self.merged.contains(branch) => tip,
            _ => &self.base,
        }
    }
}

impl Blog {
    /// Brings in what the remote has, and looks whether it can be published to.
    pub(super) fn ground(&self, repository: &Repository) -> Result<Ground, Fault> {
        let now = Timestamp::now();
        let remote = repository.fetch()?;
        let (branch, base) = self.base_of(&remote)?;
        self.note(repository, &base, Some(now))?;
        let merged = match self.settings.branch {
            Some(_) if !self.is_fixed() => repository.merged_into(&base)?,
            _ => Vec::new(),
        };
        Ok(Ground {
            base,
            branch,
            remote,
            merged: merged.into_iter().collect(),
        })
    }

    /// The branch that is the blog, and where it stands.
    pub(super) fn base_of(&self, remote: &Remote) -> Result<(String, String), Fault> {
        let branch = match &self.settings.branch {
            Some(branch) if branch.is_fixed() => Some(branch.as_str().to_owned()),
            _ => remote.default.clone(),
        };
        let names: Vec<&str> = remote.tips.keys().map(String::as_str).collect();
        let names = some_of(&names);
        let tip = branch.as_ref().and_then(|branch| remote.tips.get(branch));
        match (branch, tip) {
            (Some(branch), Some(tip)) => Ok((branch, tip.clone())),
            _ if remote.tips.is_empty() => {
                stop("The blog’s repository has no commit yet. Push the blog to it first.")
            }
            (Some(branch), None) => stop(format!(
                "The blog’s repository has no branch {branch}; it has {names}. Set `blog.branch`."
            )),
            (None, _) => stop(format!(
                "The blog’s repository does not say which of its branches is the blog: {names}. Set its default branch, or `blog.branch`."
            )),
        }
    }

    /// What each job comes to, in this order: of two for one place the first has it.
    pub(super) fn plan(
        &self,
        repository: &Repository,
        start: &str,
        jobs: Vec<Job>,
    ) -> Result<Vec<(Job, Plan)>, Fault> {
        let mut site = Site::new(repository, start, &jobs)?;
        let vocabulary = known::vocabulary(&self.settings, &self.folders, repository, &site.files)?;
        let mut planned = Vec::new();
        for mut job in jobs {
            let plan = match job.order.is_to_go {
                true => {
                    job.pictures
                        .retain(|picture| site.files.contains_key(&picture.path));
                    plan_to_unpublish(&site, &job)?
                }
                false => self.plan_to_publish(&site, &mut job, &vocabulary)?,
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
            if let Some(other) = site.in_the_way(path) {
                return Ok(Plan::Stop(format!(
                    "The blog has {other}, which would have the same address as {path}. Choose another name for “{}”.",
                    page.title
                )));
            }
        }
        if let Some(words) = site.is_filtered(job) {
            return Ok(Plan::Stop(words));
        }
        if let Some(words) = site.sort_out_pictures(job)? {
            return Ok(Plan::Stop(words));
        }
        let (submission, file) = (&job.submission, job.place.path.as_str());
        let draft = submission.draft.as_str();
        if let Some(other) = site.in_the_way(file) {
            return Ok(Plan::Stop(format!(
                "The blog has {other}, which would have the same address as {file}. Choose another address or date."
            )));
        }
        let Some(stands) = site.text(file) else {
            return Ok(if submission.publication.is_some() {
                Plan::Stop(match site.moved_to(submission)? {
                    Some(place) => moved(file, &place),
                    None => format!(
                        "{file} has gone from the blog since it was published from here. Take the post down here as well; then it can be published anew."
                    ),
                })
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
        Ok(
            if is_the_draft && job.pages.is_empty() && job.pictures.is_empty() {
                Plan::Nothing
            } else {
                let stands = String::from_utf8_lossy(stands);
                let difference = differences::unified(file, Some(&stands), Some(draft));
                Plan::Commit {
                    difference: site.with_pages(job, difference),
                }
            },
        )
    }
}

fn plan_to_unpublish(site: &Site, job: &Job) -> Result<Plan, Fault> {
    let (submission, file) = (&job.submission, job.place.path.as_str());
    let Some(stands) = site.text(file) else {
        return Ok(match site.moved_to(submission)? {
            Some(place) => Plan::Stop(moved(file, &place)),
            None if job.pictures.is_empty() => Plan::Nothing,
            // The post was removed by hand, and its pictures are still there.
            None => Plan::Commit {
                difference: site.with_pages(job, String::new()),
            },
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
    repository: &'a Repository,
    start: &'a str,
    files: BTreeMap<String, Entry>,
    /// Their paths by the name that blogs make an address of; some may be gone by now.
    by_stem: BTreeMap<String, Vec<String>>,
    /// What stands in the places of the jobs.
    texts: BTreeMap<String, Vec<u8>>,
    /// The filters that `.gitattributes` names for the places of the jobs.
    filters: BTreeMap<String, String>,
    /// Whose the posts are that are planned.
    planned: BTreeMap<String, Uuid>,
    /// The titles of the pages that are planned to come with them.
    pages: BTreeMap<String, String>,
}

impl<'a> Site<'a> {
    fn new(repository: &'a Repository, start: &'a str, jobs: &[Job]) -> Result<Self, GitError> {
        let files = repository.files(start)?;
        let (places, objects): (Vec<&str>, Vec<&str>) = jobs
            .iter()
            .filter_map(|job| files.get_key_value(&job.place.path))
            .map(|(place, entry)| (place.as_str(), entry.object.as_str()))
            .unzip();
        let texts = places
            .iter()
            .map(|place| (*place).to_owned())
            .zip(repository.contents(&objects)?)
            .collect();
        let mut by_stem: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for file in files.keys() {
            by_stem
                .entry(parted(file).1)
                .or_default()
                .push(file.clone());
        }
        let mut filters = BTreeMap::new();
        let has_attributes = |file: &String| file.rsplit('/').next() == Some(".gitattributes");
        if files.keys().any(has_attributes) {
            let asked: Vec<&str> = jobs
                .iter()
                .flat_map(|job| job.files())
                .map(|it| it.0)
                .collect();
            let found = repository.filters(start, &asked)?;
            for (file, filter) in asked.iter().zip(found) {
                filters.extend(filter.map(|filter| ((*file).to_owned(), filter)));
            }
        }
        Ok(Self {
            repository,
            start,
            files,
            texts,
            filters,
            by_stem,
            planned: BTreeMap::new(),
            pages: BTreeMap::new(),
        })
    }

    /// Another file that would be in the way of this one: a part of its path that is no folder, or
    /// one of the same name but for its ending, which blogs take for the same address.
    fn in_the_way(&self, file: &str) -> Option<&str> {
        let there = |path: &str| {
            self.files
                .get_key_value(path)
                .map(|(path, _)| path.as_str())
        };
        let parents = file.match_indices('/').map(|(at, _)| &file[..at]);
        let inside = format!("{file}/");
        let (own_folder, own_stem) = parted(file);
        // Jekyll takes posts from any folder named _posts and what is below it, and dates without
        // zeros; clones on other systems know no difference of case.
        let is_near = |folder: &str| {
            folder == own_folder
                || own_stem != "index"
                    && (folder.starts_with(own_folder)
                        || is_of_posts(own_folder) && is_of_posts(folder))
        };
        let mut twins = self.by_stem.get(&own_stem).into_iter().flatten();
        parents
            .filter_map(there)
            .next()
            .or_else(|| {
                let (next, _) = self.files.range(inside.clone()..).next()?;
                next.starts_with(&inside).then_some(next.as_str())
            })
            .or_else(|| {
                let twin = twins.find(|other| *other != file && is_near(parted(other).0))?;
                there(twin)
            })
    }

    /// Why a file of this job cannot be written: what the blog keeps of it is not its text, as with
    /// Git LFS, and only a checkout that is set up for it makes the one of the other.
    fn is_filtered(&self, job: &Job) -> Option<String> {
        let (file, filter) = job
            .files()
            .into_iter()
            .find_map(|(file, _)| Some((file, self.filters.get(file)?)))?;
        Some(format!(
            "The blog’s .gitattributes sends {file} through the filter “{filter}”, so its text is not kept in the repository itself. Take it out there with a line `{file} -filter` after the others, or for the whole folder."
        ))
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
        let pictures = job.pictures.iter().map(|picture| match &picture.bytes {
            Some(bytes) => format!("{} ({} kB)\n", picture.path, bytes.len().div_ceil(1000)),
            None => format!("{} (taken away)\n", picture.path),
        });
        pages.chain(pictures).chain([difference]).collect()
    }

    /// Leaves of a job's pictures what changes something. Answers with words where another file
    /// stands in the place of one.
    fn sort_out_pictures(&self, job: &mut Job) -> Result<Option<String>, GitError> {
        let published = job.submission.publication.as_ref();
        let published = |path: &str| published.filter(|it| it.pictures.contains_key(path));
        let mut changed = Vec::new();
        for picture in std::mem::take(&mut job.pictures) {
            let path = picture.path.as_str();
            let stands = self.files.get(path);
            let Some(bytes) = &picture.bytes else {
                if let (Some(stands), Some(publication)) = (stands, published(path)) {
                    let found = found_in(self.repository, publication, &picture, &stands.object)?;
                    if matches!(found, Found::ByHand) {
                        return Ok(Some(changed_by_hand(path)));
                    }
                    changed.push(picture);
                }
                continue;
            };
            let mut parents = path.match_indices('/').map(|(at, _)| &path[..at]);
            if let Some(other) = parents.find(|parent| self.files.contains_key(*parent)) {
                return Ok(Some(format!(
                    "The blog has a file {other}, so there can be no picture at {path}. Change `post.images` in the form’s file."
                )));
            }
            let Some(stands) = stands else {
                changed.push(picture);
                continue;
            };
            // One that is planned in this round has no name yet.
            let is_same = stands.object == self.repository.object_of(bytes)?;
            if is_same {
                continue;
            }
            let Some(publication) = published(path) else {
                return Ok(Some(format!(
                    "The blog has another picture at {path}. Choose another address or date."
                )));
            };
            match found_in(self.repository, publication, &picture, &stands.object)? {
                Found::Ours => changed.push(picture),
                Found::Stays => {}
                Found::ByHand => return Ok(Some(changed_by_hand(path))),
            }
        }
        job.pictures = changed;
        Ok(None)
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
                &self.repository.last_change(file, self.start)?.1,
            )),
        }
    }

    fn change(&mut self, job: &Job) {
        let file = job.place.path.clone();
        for picture in &job.pictures {
            let entry = Entry {
                mode: "100644".to_owned(),
                object: String::new(),
            };
            match &picture.bytes {
                Some(_) => self.files.insert(picture.path.clone(), entry),
                None => self.files.remove(&picture.path),
            };
        }
        if job.order.is_to_go {
            self.texts.remove(&file);
            self.files.remove(&file);
            return;
        }
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
        self.by_stem
            .entry(parted(&file).1)
            .or_default()
            .push(file.clone());
        self.files.insert(file, entry);
    }

    /// Where the post is now that was published and is not there any more: where the same text is,
    /// or where it went with changes.
    fn moved_to(&self, submission: &Submission) -> Result<Option<String>, GitError> {
        let Some(published) = &submission.publication else {
            return Ok(None);
        };
        let object = self.repository.object_of(published.post.as_bytes())?;
        let same = self.files.iter().find(|(_, entry)| entry.object == object);
        if let Some((place, _)) = same {
            return Ok(Some(place.clone()));
        }
        let went = self.repository.moved_to(&published.path, self.start)?;
        Ok(went.filter(|place| self.files.contains_key(place)))
    }
}

fn is_as_published(submission: &Submission, stands: &[u8]) -> bool {
    submission
        .publication
        .as_ref()
        .is_some_and(|published| published.post.as_bytes() == stands)
}

fn changed_by_hand(path: &str) -> String {
    format!(
        "The picture {path} was changed on the blog since it was published from here. Compare the post with what the blog has now, and keep or replace what was changed there."
    )
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

fn some_of(names: &[&str]) -> String {
    const MANY: usize = 10;
    let shown = &names[..names.len().min(MANY)];
    match names.len() - shown.len() {
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
