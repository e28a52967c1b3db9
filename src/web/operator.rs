//! Pages for whoever runs the service, and for development.

pub(super) mod mailbox;
pub(super) mod probes;

use crate::{service::Service, templates::TemplateError};

/// Renders every page of these with samples.
pub(super) fn try_pages(service: &Service) -> Result<(), TemplateError> {
    mailbox::try_pages(service)
}
