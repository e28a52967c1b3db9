//! The post on the blog, as a record has it, and what the draft is beside it.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{Action, Stage, Submission, Unknown};
use crate::form::Definition;

/// A post on the blog, as it was last published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// When.
    pub at: Timestamp,
    /// The post's date. It and the slug stay as long as the post is on the blog: they are its
    /// address.
    pub date: Date,
    /// Its file in the blog's repository.
    pub path: String,
    /// Where people read it.
    pub permalink: String,
    /// The branch of its last commit; absent where it was published by hand.
    pub branch: Option<String>,
    /// That commit.
    pub commit: Option<String>,
    /// Whether that branch is its own and not merged yet, so that the post does not show.
    pub is_to_be_merged: bool,
    /// Where the host says that a pull request for that branch can be opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_request: Option<String>,
    /// How that branch stands on the host, as it was seen last.
    #[serde(default, skip_serializing_if = "BranchState::is_open")]
    pub branch_state: BranchState,
    /// The file's text, byte for byte.
    pub post: String,
    /// The pictures that came with it: where each is in the repository, and its file.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pictures: BTreeMap<String, String>,
    /// Which of them somebody has changed on the blog, and what was decided about that.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by_hand: BTreeMap<String, ByHand>,
    /// What this version does not know, kept as it is.
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// A picture that somebody has changed on the blog, and what was decided about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByHand {
    /// What git calls it there.
    pub object: String,
    /// Whether it stays, as long as no other one is put in its place here.
    pub stays: bool,
    /// What this version does not know, kept as it is.
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// How a branch that waits to be merged stands on the host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BranchState {
    /// As it was pushed from here.
    #[default]
    Open,
    /// Somebody has pushed to it.
    Changed,
    /// It is gone, and was not merged.
    Closed,
}

impl BranchState {
    fn is_open(&self) -> bool {
        *self == Self::Open
    }
}

/// Changes that somebody has made to a post on the blog, and that stay in it: from one text to the
/// other. The draft is what the template makes of the answers, with these changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenOver {
    /// What the template made of the answers then.
    pub from: String,
    /// The same with the changes.
    pub to: String,
    /// What this version does not know, kept as it is.
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// Why the last attempt to publish something failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishError {
    /// When.
    pub at: Timestamp,
    /// For editors.
    pub words: String,
    /// What this version does not know, kept as it is.
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Submission {
    /// Whether it waits to be published, for the first time or with changed words.
    pub fn is_to_publish(&self) -> bool {
        match self.stage {
            Stage::Approved => self.publication.as_ref().is_none_or(|it| self.differs(it)),
            Stage::Published => self.publication.as_ref().is_some_and(|it| self.differs(it)),
            _ => false,
        }
    }

    fn differs(&self, publication: &Publication) -> bool {
        publication.post != self.draft
            || publication.pictures != self.pictures
            || publication.by_hand.values().any(|it| !it.stays)
    }

    /// The pictures that stay on the blog as somebody has changed them there, once this is published.
    pub fn pictures_by_hand(&self) -> BTreeMap<String, ByHand> {
        let Some(published) = &self.publication else {
            return BTreeMap::new();
        };
        let is_same = |path: &String| published.pictures.get(path) == self.pictures.get(path);
        let stays = published.by_hand.iter();
        let stays = stays.filter(|(path, it)| it.stays && is_same(path));
        stays.map(|(path, it)| (path.clone(), it.clone())).collect()
    }

    /// Records why it could not be published; what was asked of the blog is asked no more, unless
    /// it was for a day, which is not over yet. The version stays: whoever has the page open may go
    /// on.
    pub fn could_not_publish(&mut self, words: String, now: Timestamp) {
        self.order = self.order.take().filter(|order| order.on.is_some());
        if Action::Publish.rule().after(self.stage).is_some() {
            self.publish_error = Some(PublishError {
                at: now,
                words,
                unknown: Unknown::new(),
            });
        }
    }

    /// The post's date, where one is set or it is on the blog.
    pub fn date(&self, definition: &Definition) -> Option<Date> {
        match &self.publication {
            Some(publication) => Some(publication.date),
            None => definition.date_of(self.answers()),
        }
    }
}
