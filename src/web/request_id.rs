//! The id by which a request is found in the log, and which error pages show.

use std::fmt;

use actix_web::{HttpMessage, HttpRequest};
use uuid::Uuid;

#[derive(Clone, Copy)]
pub(super) struct RequestId(Uuid);

impl RequestId {
    pub(super) fn new() -> Self {
        Self(Uuid::now_v7())
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
