//! What a submission's page says about its post on the blog.

use jiff::Timestamp;
use serde::Serialize;

use super::words::day;
use crate::{service::Service, submission::Submission, text::differences::unified};

/// Where the post is or will be, and what stands between.
#[derive(Serialize)]
pub(super) struct PublishingView<'a> {
    has_repository: bool,
    path: String,
    permalink: String,
    /// Since when it is on the blog; empty while it is not.
    since: String,
    commit: &'a str,
    branch: &'a str,
    is_to_be_merged: bool,
    /// From what the blog has to the draft.
    difference: String,
    /// Why the last attempt failed.
    error: &'a str,
    tried: String,
}

impl<'a> PublishingView<'a> {
    pub(super) fn of(service: &Service, submission: &'a Submission, now: Timestamp) -> Self {
        let place = service.blog.place(submission, now);
        let published = submission.publication.as_ref();
        Self {
            has_repository: service.blog.has_repository(),
            since: published.map_or_else(String::new, |it| day(it.at)),
            commit: published
                .and_then(|it| it.commit.as_deref())
                .unwrap_or_default(),
            branch: published
                .and_then(|it| it.branch.as_deref())
                .unwrap_or_default(),
            is_to_be_merged: published.is_some_and(|it| it.is_to_be_merged),
            difference: published.map_or_else(String::new, |it| {
                unified(&place.path, Some(&it.post), Some(&submission.draft))
            }),
            error: submission
                .publish_error
                .as_ref()
                .map_or("", |error| error.words.as_str()),
            tried: submission
                .publish_error
                .as_ref()
                .map_or_else(String::new, |error| day(error.at)),
            path: place.path,
            permalink: place.permalink,
        }
    }
}
