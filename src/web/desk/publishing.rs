//! What a submission's page says about its post on the blog.

use jiff::Timestamp;
use serde::Serialize;

use super::words::day;
use crate::{service::Service, submission::Submission};

/// Where the post is or will be, and what stands between.
#[derive(Serialize)]
pub(super) struct PublishingView<'a> {
    has_checkout: bool,
    file: String,
    address: String,
    /// Since when it is on the blog; empty while it is not.
    since: String,
    commit: &'a str,
    branch: &'a str,
    to_be_merged: bool,
    /// From what the blog has to the draft.
    difference: String,
    trouble: &'a str,
    tried: String,
}

impl<'a> PublishingView<'a> {
    pub(super) fn of(service: &Service, submission: &'a Submission, now: Timestamp) -> Self {
        let place = service.blog.place(submission, now);
        let published = submission.publication.as_ref();
        Self {
            has_checkout: service.blog.has_checkout(),
            since: published.map_or_else(String::new, |it| day(it.at)),
            commit: published
                .and_then(|it| it.commit.as_deref())
                .unwrap_or_default(),
            branch: published
                .and_then(|it| it.branch.as_deref())
                .unwrap_or_default(),
            to_be_merged: published.is_some_and(|it| it.to_be_merged),
            difference: published.map_or_else(String::new, |it| {
                crate::text::differences::unified(
                    &place.file,
                    Some(&it.post),
                    Some(&submission.draft),
                )
            }),
            trouble: submission
                .trouble
                .as_ref()
                .map_or("", |trouble| trouble.words.as_str()),
            tried: submission
                .trouble
                .as_ref()
                .map_or_else(String::new, |trouble| day(trouble.at)),
            file: place.file,
            address: place.address,
        }
    }
}
