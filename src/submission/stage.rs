//! The stages of a submission.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// Where a submission stands.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Stage {
    /// Looks like spam; stands before `received`.
    Quarantined,
    /// Waits for an editor.
    Received,
    /// Waits for the campaigner.
    ChangesRequested,
    /// Will be published.
    Approved,
    /// Is on the blog.
    Published,
    /// An editor decided against it.
    Declined,
    /// The campaigner took it back.
    Withdrawn,
}

impl Stage {
    /// The name in the record, on the command line and in addresses.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The stage in words for editors.
    pub fn label(self) -> &'static str {
        match self {
            Stage::Quarantined => "Possible spam",
            Stage::Received => "To be reviewed",
            Stage::ChangesRequested => "Waiting for the campaigner",
            Stage::Approved => "Approved",
            Stage::Published => "Published",
            Stage::Declined => "Declined",
            Stage::Withdrawn => "Withdrawn",
        }
    }

    /// Whether nothing more is expected of anybody.
    pub fn is_end(self) -> bool {
        matches!(self, Stage::Published | Stage::Declined | Stage::Withdrawn)
    }
}
