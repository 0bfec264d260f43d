//! A failed insert gives the contents back.

use std::fmt::{self, Debug, Display};

use crate::Error;

/// Why contents could not be inserted, and the contents. To the outside it is its error: it has the
/// same message and the same cause.
#[derive(Debug)]
pub struct InsertError<T> {
    /// What should have been inserted.
    pub contents: T,
    /// What went wrong.
    pub error: Error,
}

impl<T> Display for InsertError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.error, f)
    }
}

impl<T: Debug> std::error::Error for InsertError<T> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}
