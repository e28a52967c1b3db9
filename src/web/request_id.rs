//! The id by which a request is found in the log, and which error pages show.

use std::{
    fmt,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use actix_web::{HttpMessage, HttpRequest};
use uuid::{Builder, Uuid};

/// A UUIDv7 (RFC 9562): the time, random bits of this run of the program, and a counter, so that not
/// every request asks the system for random numbers. Nothing relies on its being secret.
#[derive(Clone, Copy)]
pub(super) struct RequestId(Uuid);

impl RequestId {
    pub(super) fn new() -> Self {
        static RUN: LazyLock<Uuid> = LazyLock::new(Uuid::now_v7);
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let millis = since.map_or(0, |since| since.as_millis() as u64);
        let mut rest = [0; 10];
        rest.copy_from_slice(&RUN.as_bytes()[6..]);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        rest[6..].copy_from_slice(&count.to_be_bytes());
        Self(Builder::from_unix_timestamp_millis(millis, &rest).into_uuid())
    }

    /// The id that this request was given when it came in.
    pub(super) fn of(request: &HttpRequest) -> String {
        let id = request.extensions().get::<RequestId>().copied();
        id.map_or_else(String::new, |id| id.to_string())
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_in_their_order_and_none_is_given_twice() {
        let ids: Vec<String> = (0..1000).map(|_| RequestId::new().to_string()).collect();
        assert!(ids.is_sorted_by(|one, next| one < next));
        let id: Uuid = ids[0].parse().unwrap();
        assert_eq!(id.get_version_num(), 7);
    }
}
