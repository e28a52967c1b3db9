//! The versions of a submission, and what has changed between two of them.

use serde::Serialize;

use super::words::{by, moment};
use crate::{
    form::{Audience, Definition},
    service::Service,
    submission::Submission,
    text::differences::Change,
};

/// All versions, and two of them compared.
#[derive(Serialize)]
pub(super) struct VersionsView {
    versions: Vec<Version>,
    from: usize,
    to: usize,
    changes: Vec<Change>,
}

#[derive(Serialize)]
struct Version {
    number: usize,
    text: String,
}

impl VersionsView {
    /// The page's query names the two as `from` and `to`; else they are the first and the last.
    pub(super) fn of(
        service: &Service,
        definition: &Definition,
        submission: &Submission,
        query: &str,
    ) -> Self {
        let revisions = &submission.revisions;
        let last = revisions.len() - 1;
        let asked = |name: &str| {
            form_urlencoded::parse(query.as_bytes())
                .find(|(key, _)| key == name)
                .and_then(|(_, value)| value.parse::<usize>().ok())
                .filter(|number| *number <= last)
        };
        let (from, to) = (asked("from").unwrap_or(0), asked("to").unwrap_or(last));
        Self {
            versions: (revisions.iter().enumerate())
                .map(|(number, revision)| Version {
                    number,
                    text: format!(
                        "{} – {}, {}",
                        number + 1,
                        by(service, &revision.by),
                        moment(service, revision.at)
                    ),
                })
                .collect(),
            from,
            to,
            changes: definition.changes(
                &revisions[from].answers,
                &revisions[to].answers,
                Audience::Editors,
            ),
        }
    }
}
