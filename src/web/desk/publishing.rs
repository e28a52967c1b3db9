//! What a submission's page says about its post on the blog.

use jiff::Timestamp;
use serde::Serialize;

use super::words::{by, moment};
use crate::{
    service::Service,
    submission::{BranchState, Submission},
    text::{day_in_words, differences::unified},
};

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
    is_branch_changed: bool,
    is_branch_closed: bool,
    /// From what the blog has to the draft.
    difference: String,
    /// Where a pull request for its branch can be opened.
    pull_request: &'a str,
    /// What is asked of the blog.
    order: Option<OrderView<'a>>,
    /// The day of a post whose date lies ahead, as people and as the form write it.
    day: String,
    on: String,
    /// Why the last attempt failed.
    error: &'a str,
    tried: String,
}

/// What is asked of the blog, and how far it is.
#[derive(Serialize)]
struct OrderView<'a> {
    by: &'a str,
    at: String,
    is_to_go: bool,
    /// The day on which it is to be published; empty where that is now.
    day: String,
    step: String,
    since: String,
}

impl<'a> PublishingView<'a> {
    pub(super) fn of(
        service: &'a Service,
        submission: &'a Submission,
        step: Option<(String, Timestamp)>,
        now: Timestamp,
    ) -> Self {
        let place = service.blog.place(submission, now);
        let ahead = service.blog.date_ahead(submission, now);
        let (step, since) = step.unzip();
        let published = submission.publication.as_ref();
        let definition = service.forms.of(&submission.form);
        let waits = submission.sign_off_state(&definition).holds_back();
        Self {
            has_repository: service.blog.has_repository(),
            since: published.map_or_else(String::new, |it| moment(service, it.at)),
            commit: published
                .and_then(|it| it.commit.as_deref())
                .unwrap_or_default(),
            branch: published
                .and_then(|it| it.branch.as_deref())
                .unwrap_or_default(),
            pull_request: published
                .and_then(|it| it.pull_request.as_deref())
                .unwrap_or_default(),
            order: submission.order.as_ref().map(|order| OrderView {
                by: by(service, &order.by),
                at: moment(service, order.at),
                is_to_go: order.is_to_go,
                // Without the campaigner's agreement it still waits when its day has come.
                day: (order.on)
                    .filter(|_| ahead.is_some() || waits)
                    .map(day_in_words)
                    .unwrap_or_default(),
                step: step.unwrap_or_default(),
                since: since.map(|at| moment(service, at)).unwrap_or_default(),
            }),
            day: ahead.map(day_in_words).unwrap_or_default(),
            on: ahead.map(|date| date.to_string()).unwrap_or_default(),
            is_branch_changed: published.is_some_and(|it| it.branch_state == BranchState::Changed),
            is_branch_closed: published.is_some_and(|it| it.branch_state == BranchState::Closed),
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
                .map_or_else(String::new, |error| moment(service, error.at)),
            path: place.path,
            permalink: place.permalink,
        }
    }
}
