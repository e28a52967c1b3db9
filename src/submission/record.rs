//! The record as bytes: its format, and what is refused.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Submission, upgrade};

/// The format of the records that this version writes. A record of the version before there were
/// formats says none, and is brought up as it is read; a later format gets a step of that kind.
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
    /// Reads a record. One of the version before formats is as good as one of this: what is written
    /// next is of this format.
    ///
    /// # Errors
    /// When it is of a later format, or no record.
    pub fn read(bytes: &[u8]) -> Result<Self, RecordError> {
        #[derive(Deserialize)]
        struct Head {
            format: Option<u32>,
        }
        let head: Head = serde_json::from_slice(bytes).map_err(|error| broken(&error))?;
        let submission: Self = match head.format {
            Some(format) if format > FORMAT => return Err(RecordError::Newer(format)),
            Some(_) => serde_json::from_slice(bytes).map_err(|error| broken(&error))?,
            None => {
                let record: Map<String, Value> =
                    serde_json::from_slice(bytes).map_err(|error| broken(&error))?;
                let record = upgrade::from_before_forms(record).map_err(no_format)?;
                serde_json::from_value(record).map_err(|_| no_format("a field"))?
            }
        };
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
        serde_json::to_vec(self)
    }
}

fn no_format(wrong: &str) -> RecordError {
    RecordError::Broken(format!(
        "it says no format, and is no record of the version before formats either: {wrong} is \
         missing or of another kind"
    ))
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
