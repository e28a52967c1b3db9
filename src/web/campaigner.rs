//! Pages for campaigners: the form, the check page, saved forms, the private page and its edit page,
//! lost links, and what is done with personal data.

mod addendum;
pub(super) mod address;
mod agreed;
pub(super) mod blank;
mod changes;
pub(super) mod check;
pub(super) mod copy;
pub(super) mod edit;
mod emails;
pub(super) mod form;
mod form_page;
pub(super) mod lost;
pub(super) mod privacy;
mod saved;
pub(super) mod status;
mod words;

use crate::{form::Definition, service::Service, submission::Submission, templates::TemplateError};

/// Renders every page for campaigners with this sample.
pub(super) fn try_pages(
    service: &Service,
    definition: &Definition,
    sample: &Submission,
) -> Result<(), TemplateError> {
    form::try_pages(service, definition)?;
    check::try_page(service, definition, sample)?;
    status::try_page(service, sample)?;
    copy::try_pages(service, sample)?;
    address::try_page(service, sample)?;
    edit::try_pages(service, definition, sample)?;
    privacy::try_page(service)?;
    lost::try_pages(service)
}
