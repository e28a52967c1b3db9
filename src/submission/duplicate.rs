//! What a submission is like: another one, or a post of the blog.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Stage, Submission, Unknown};

/// Something that tells the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Other {
    /// The submission with this id.
    Submission(Uuid),
    /// The post in this file of the blog's repository, which was not published from here.
    Post(String),
}

impl Other {
    /// As addresses and forms have it: an id, or the path of a file.
    pub fn parse(text: &str) -> Option<Self> {
        match text.parse() {
            Ok(id) => Some(Self::Submission(id)),
            Err(_) => Some(Self::Post(text.to_owned())).filter(|_| text.contains('/')),
        }
    }

    /// The path of the desk's page on which this stands beside the submission with that id.
    pub fn path_beside(&self, id: Uuid) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let query = query.append_pair("of", &self.to_string()).finish();
        format!("/desk/{id}/duplicate?{query}")
    }

    /// The id, of a submission.
    pub fn id(&self) -> Option<Uuid> {
        match self {
            Self::Submission(id) => Some(*id),
            Self::Post(_) => None,
        }
    }
}

impl std::fmt::Display for Other {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Submission(id) => write!(f, "{id}"),
            Self::Post(path) => f.write_str(path),
        }
    }
}

/// What is known of a submission's duplicates.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duplicates {
    /// What it was found to be like when it came in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<Other>,
    /// What an editor has said it is no duplicate of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub denied: Vec<Other>,
    /// What was kept instead of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<Other>,
    /// What this version does not know, kept as it is.
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Duplicates {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What came in as a possible duplicate of something, and nobody has said otherwise.
    pub fn open(&self) -> impl Iterator<Item = &Other> {
        let found = self.found.iter();
        found.filter(|other| !self.denied.contains(other))
    }
}

impl Submission {
    /// What was kept instead of this one, as long as that is so.
    pub fn merged_into(&self) -> Option<&Other> {
        // A program of before may have taken the decision back, and does not know of this.
        let merged_into = self.duplicates.merged_into.as_ref();
        merged_into.filter(|_| self.stage == Stage::Declined)
    }
}
