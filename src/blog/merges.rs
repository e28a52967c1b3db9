//! Posts on branches of their own: whether they have come into the blog by now.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Blog, git::Repository, plan::Ground, programs::GitError, work::words};
use crate::submission::{BranchState, Publication, Stage, Submission};

/// How it stands with a post that waits to be merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merge {
    /// It is on the blog.
    Merged(Box<Publication>),
    /// It is not, and its branch is so.
    Waits(BranchState),
    /// It is not to be published any more, and its branch is gone.
    GivenUp,
}

impl Blog {
    /// Asks the remote for what is new, and reads it. Answers how it stands with these posts, which
    /// wait to be merged; the branch of one that is not to be published any more is removed.
    ///
    /// # Errors
    /// In words, when the remote cannot be read.
    pub fn refresh(&self, waiting: &[Submission]) -> Result<Vec<(Uuid, Merge)>, String> {
        let looked = self.with_repository(|repository| {
            let ground = self.ground(repository)?;
            let mut merges = Vec::new();
            for submission in waiting {
                if let Some(publication) = &submission.publication {
                    let stage = submission.stage;
                    let merge = merge_of(repository, &ground, publication, stage)?;
                    merges.push((submission.id, merge));
                }
            }
            Ok(merges)
        });
        looked.map_err(words)
    }
}

fn merge_of(
    repository: &Repository,
    ground: &Ground,
    publication: &Publication,
    stage: Stage,
) -> Result<Merge, GitError> {
    let branch = publication.branch.as_deref().unwrap_or_default();
    let tip = ground.remote.tips.get(branch);
    let commit = publication.commit.as_deref().unwrap_or_default();
    let stands = repository.text_at(&ground.base, &publication.path)?;
    // Hosts may put all of a branch into another commit; then only the text tells.
    let is_same = stands.as_deref() == Some(publication.post.as_bytes());
    let is_there = stands.is_some() && stage == Stage::Approved;
    if is_same || is_there || ground.is_merged(branch) {
        let (commit, _) = repository.last_change(&publication.path, &ground.base)?;
        return Ok(Merge::Merged(Box::new(Publication {
            at: Timestamp::now(),
            commit: Some(commit),
            branch: Some(ground.branch.clone()),
            is_to_be_merged: false,
            pull_request: None,
            branch_state: BranchState::Open,
            ..publication.clone()
        })));
    }
    let state = match tip {
        None => BranchState::Closed,
        Some(tip) if tip == commit => BranchState::Open,
        Some(_) => BranchState::Changed,
    };
    if matches!(stage, Stage::Approved | Stage::Published) {
        return Ok(Merge::Waits(state));
    }
    Ok(match state {
        BranchState::Closed => Merge::GivenUp,
        BranchState::Changed => Merge::Waits(state),
        BranchState::Open => match repository.remove_branch(branch, commit)? {
            true => Merge::GivenUp,
            false => Merge::Waits(state),
        },
    })
}
