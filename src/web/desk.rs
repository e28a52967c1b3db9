//! The desk: the queue, one submission, decisions with their mail, editing, and signing in.

mod asked;
mod beside;
pub(super) mod bulk;
mod chart;
pub(super) mod compare;
pub(super) mod decide;
pub(super) mod duplicate;
pub(super) mod edit;
pub(super) mod export;
pub(super) mod files;
mod history;
pub(super) mod invite;
mod list;
pub(super) mod live;
mod plan;
mod publishing;
pub(super) mod queue;
mod ready;
pub(super) mod sessions;
pub(super) mod sign_in;
mod sign_off;
pub(super) mod signed_out;
pub(super) mod submission;
mod typed;
mod versions;
mod words;

use crate::{form::Definition, service::Service, submission::Submission, templates::TemplateError};

/// Renders every page of the desk with this sample.
pub(super) fn try_pages(
    service: &Service,
    definition: &Definition,
    sample: &Submission,
) -> Result<(), TemplateError> {
    queue::try_pages(service, sample)?;
    submission::try_page(service, sample)?;
    edit::try_page(service, definition, sample)?;
    decide::try_page(service, sample)?;
    compare::try_page(service, sample)?;
    duplicate::try_page(service, sample)?;
    bulk::try_page(service, sample)?;
    sessions::try_page(service)?;
    invite::try_page(service, definition)?;
    signed_out::try_page(service)?;
    sign_in::try_pages(service)
}
