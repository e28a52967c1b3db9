//! Work that the store has noted for a job: drafts to be synced, words to be indexed, lost links to be
//! sent. It is gathered for a moment, because many at once cost hardly more than one.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use super::{Again, Stop};
use crate::service::{Service, ServiceError};

const GATHERED: Duration = Duration::from_secs(1);

/// Does some of the work; answers whether there may be more, `None` when nothing was noted.
type DoSome = fn(&Service, Timestamp) -> Result<Option<bool>, ServiceError>;

pub(super) async fn run_once(
    service: &Arc<Service>,
    do_some: DoSome,
    stop: &Stop,
) -> Result<Again, ServiceError> {
    loop {
        let is_more = service
            .blocking(move |service| do_some(service, Timestamp::now()))
            .await?;
        match is_more {
            None => return Ok(Again::AfterChange),
            Some(true) if !*stop.borrow() => {}
            Some(_) => return Ok(Again::After(GATHERED)),
        }
    }
}
