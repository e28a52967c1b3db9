//! Telling another program of changes.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Again, State, Stop};
use crate::service::{Service, ServiceError};

/// At the first run, what was given up before is attempted again: the restart may be what makes it
/// work.
pub(super) async fn run_once(
    service: &Arc<Service>,
    state: &mut State,
    stop: &Stop,
) -> Result<Again, ServiceError> {
    if service.webhook.is_none() {
        return Ok(Again::AfterChange);
    }
    if !state.has_run {
        service
            .blocking(|service| {
                let again = service.store.notices_again(Timestamp::now());
                again.map_err(ServiceError::from)
            })
            .await?;
        state.has_run = true;
    }
    loop {
        let next = service
            .blocking(|service| {
                let Some(webhook) = &service.webhook else {
                    return Ok::<_, ServiceError>(None);
                };
                Ok(webhook.deliver_some(&service.store, Timestamp::now())?)
            })
            .await?;
        match next {
            None => return Ok(Again::AfterChange),
            Some(due) if due <= Timestamp::now() && !*stop.borrow() => {}
            Some(due) => return Ok(Again::At(due)),
        }
    }
}
