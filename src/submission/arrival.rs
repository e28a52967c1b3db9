//! How a submission came in: what spoke for abuse, and what follows from that.

use serde::{Deserialize, Serialize};

use super::{Other, Unknown};

/// How a submission came in, as its record keeps it. Gone after erasure.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// Whether it came from a browser that was known before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_known: bool,
    /// What spoke for abuse.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suspicions: Vec<Suspicion>,
    /// What this version does not know, kept as it is.
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// Something that speaks for abuse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspicion {
    /// How much.
    pub points: u32,
    /// What it is, for editors.
    pub words: String,
    /// The name of the trace that it has in common with others; absent where it is about this one
    /// alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// What this version does not know, kept as it is.
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Suspicion {
    /// About this one alone.
    pub fn new(points: u32, words: impl Into<String>) -> Self {
        Self {
            points,
            words: words.into(),
            group: None,
            unknown: Unknown::new(),
        }
    }

    /// Shared with all that have left this trace.
    pub fn shared(points: u32, words: impl Into<String>, group: &str) -> Self {
        Self {
            group: Some(group.to_owned()),
            ..Self::new(points, words)
        }
    }
}

impl Arrival {
    /// The score: the points of all that speaks for abuse.
    pub fn score(&self) -> u32 {
        self.suspicions.iter().map(|it| it.points).sum()
    }

    fn is_empty(&self) -> bool {
        self.suspicions.is_empty() && !self.is_known && self.unknown.is_empty()
    }

    /// Nothing, where there is nothing to tell.
    pub(super) fn into_record(self) -> Option<Self> {
        (!self.is_empty()).then_some(self)
    }
}

/// What becomes of a new submission.
#[derive(Debug, Clone, Default)]
pub struct Reception {
    /// How it came in.
    pub arrival: Arrival,
    /// What it is like.
    pub alike: Vec<Other>,
    /// Whether it is put aside: then nobody gets mail.
    pub is_aside: bool,
    /// Whether the address may not be written to, because others could have had us write to it.
    pub without_receipt: bool,
    /// Whether the editors get no mail about this one, because they have had many just now.
    pub without_news: bool,
}
