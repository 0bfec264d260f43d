//! One thread waiting for one answer.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crate::error::Error;
use crate::sync::lock;

/// What a waiting thread learns.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// It is to commit the next group itself.
    Lead,
    /// Its write set is durable.
    Committed,
    /// The commit of its group failed.
    Failed(Arc<Error>),
    /// An earlier commit failed, so its own was not tried.
    Refused(Arc<Error>),
}

#[derive(Debug, Default)]
pub(crate) struct Waiter {
    outcome: Mutex<Option<Outcome>>,
    told: Condvar,
}

impl Waiter {
    pub(crate) fn wait(&self) -> Outcome {
        let mut outcome = lock(&self.outcome);
        loop {
            if let Some(outcome) = outcome.take() {
                return outcome;
            }
            outcome = self
                .told
                .wait(outcome)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(crate) fn tell(&self, outcome: Outcome) {
        *lock(&self.outcome) = Some(outcome);
        self.told.notify_one();
    }
}
