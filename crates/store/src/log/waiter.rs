//! Threads waiting to be told to look again.

use std::sync::{Condvar, Mutex, PoisonError};

use crate::sync::lock;

#[derive(Debug, Default)]
pub(super) struct Waiter {
    is_told: Mutex<bool>,
    told: Condvar,
}

impl Waiter {
    pub(super) fn wait(&self) {
        let mut is_told = lock(&self.is_told);
        while !*is_told {
            let waited = self.told.wait(is_told);
            is_told = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(super) fn tell(&self) {
        *lock(&self.is_told) = true;
        self.told.notify_all();
    }
}
