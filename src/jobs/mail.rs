//! Sending mail.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Again, State, Stop};
use crate::{
    mail::Which,
    service::{Service, ServiceError},
};

/// At the first run everything pending is attempted, since the restart may be what makes mail
/// work again. So it is where the clock was set back: what was written before would wait until the
/// clock is there again.
pub(super) async fn run_once(
    service: &Arc<Service>,
    state: &mut State,
    stop: &Stop,
) -> Result<Again, ServiceError> {
    let now = Timestamp::now();
    let is_as_before = state.looked.replace(now).is_some_and(|last| last <= now);
    let which = if is_as_before {
        Which::Due
    } else {
        Which::Pending
    };
    let next = service.outbox.run_once(which, stop).await?;
    Ok(next.map_or(Again::AfterChange, Again::At))
}
