//! Sending mail.

use std::sync::Arc;

use super::{Again, State, Stop};
use crate::{
    mail::Which,
    service::{Service, ServiceError},
};

/// At the first run everything pending is attempted, since the restart may be what makes mail
/// work again.
pub(super) async fn run_once(
    service: &Arc<Service>,
    state: &mut State,
    stop: &Stop,
) -> Result<Again, ServiceError> {
    let which = if std::mem::replace(&mut state.has_run, true) {
        Which::Due
    } else {
        Which::Pending
    };
    let next = service.outbox.run_once(which, stop).await?;
    Ok(next.map_or(Again::AfterChange, Again::At))
}
