//! How the jobs are doing, for whoever watches over the service.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// How a run of a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watched {
    /// It did what there was to do.
    Good,
    /// It failed, or panicked.
    Failed,
}

/// What is known of one job.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Health {
    /// How often it failed since the start.
    pub failures: u64,
    /// How often since it last did well.
    pub failing: u64,
}

/// How the jobs are doing.
#[derive(Debug, Default)]
pub struct Watch(Mutex<BTreeMap<&'static str, Health>>);

impl Watch {
    /// Notes how a run ended.
    pub fn note(&self, job: &'static str, how: Watched) {
        let mut jobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let health = jobs.entry(job).or_default();
        match how {
            Watched::Good => health.failing = 0,
            Watched::Failed => {
                health.failing += 1;
                health.failures += 1;
            }
        }
    }

    /// Every job that has run, by name.
    pub fn all(&self) -> BTreeMap<&'static str, Health> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
