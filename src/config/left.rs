//! Who has left the desk while the service runs.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError, RwLock},
    time::SystemTime,
};

/// Editors who have left since the start: who was taken out of the file is out without a restart.
#[derive(Debug, Default)]
pub struct Left(RwLock<BTreeSet<String>>, Mutex<Option<SystemTime>>);

impl Left {
    /// Whether the editor with this address has left.
    pub fn has(&self, email: &str) -> bool {
        let left = self.0.read().unwrap_or_else(PoisonError::into_inner);
        left.contains(email)
    }

    /// Whether the file has changed since this was asked last.
    pub fn is_to_be_looked_at(&self, changed_at: Option<SystemTime>) -> bool {
        let mut last = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *last, changed_at) != changed_at
    }

    /// Sets who has left; `true` where that is news.
    pub fn set(&self, emails: BTreeSet<String>) -> bool {
        let mut left = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let is_news = *left != emails;
        *left = emails;
        is_news
    }
}
