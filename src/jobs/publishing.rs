//! The blog: what it has by now.

use std::sync::Arc;

use super::{Again, State};
use crate::service::{Service, ServiceError};

pub(super) async fn run_once(
    service: &Arc<Service>,
    state: &mut State,
) -> Result<Again, ServiceError> {
    let every = service.config.blog.fetch_every;
    // What was seen at the start is new enough.
    if !service.blog.has_repository() || !std::mem::replace(&mut state.has_run, true) {
        return Ok(Again::After(every));
    }
    service
        .blocking(|service| {
            // A host that is away is no trouble of ours, and comes back.
            if let Err(reason) = service.blog.refresh() {
                tracing::warn!(reason, "the blog could not be looked at");
            }
            Ok::<_, ServiceError>(())
        })
        .await?;
    Ok(Again::After(every))
}
