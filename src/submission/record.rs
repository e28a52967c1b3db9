//! The record as bytes: its format, and what is refused.

use serde::Deserialize;

use super::Submission;

/// The format of the records that this version writes. A later one gets a step here that brings
/// older records up to it.
pub const FORMAT: u32 = 1;

/// Why a record cannot be read. Never says what it holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// A newer version wrote it; it is left alone.
    #[error("it was written by a newer version of Intake (format {0}); run that version")]
    Newer(u32),
    /// It is no record of ours.
    #[error("not a record that this version can read: {0}")]
    Broken(String),
}

impl Submission {
    /// Reads a record.
    ///
    /// # Errors
    /// When it is of a later format, or no record.
    pub fn read(bytes: &[u8]) -> Result<Self, RecordError> {
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        let head: Head = serde_json::from_slice(bytes).map_err(|error| broken(&error))?;
        if head.format > FORMAT {
            return Err(RecordError::Newer(head.format));
        }
        let submission: Self = serde_json::from_slice(bytes).map_err(|error| broken(&error))?;
        if submission.revisions.is_empty() {
            return Err(RecordError::Broken("it has no answers".to_owned()));
        }
        Ok(submission)
    }

    /// The record as it is kept.
    ///
    /// # Errors
    /// Never for a record of ours: all its keys are texts.
    pub fn write(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

/// The library's own words may quote what the record holds.
fn broken(error: &serde_json::Error) -> RecordError {
    RecordError::Broken(format!(
        "{} at line {}, column {}",
        match error.classify() {
            serde_json::error::Category::Data => "a field is missing or of another kind",
            serde_json::error::Category::Eof => "it ends too early",
            _ => "it is not JSON",
        },
        error.line(),
        error.column()
    ))
}
