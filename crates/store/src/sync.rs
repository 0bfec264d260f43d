//! Locking that a panicking thread cannot spoil for the others.
//!
//! Every structure behind these locks is changed in steps that each leave it whole, so the
//! poisoning of the standard library's locks carries no information here.

use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
