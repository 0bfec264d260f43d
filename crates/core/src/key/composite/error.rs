//! What can go wrong with a composite key, with the error of the field as its source.

use std::io;
use std::num::TryFromIntError;

use crate::AnyError;

/// A composite key could not be encoded or decoded.
///
/// [`source`](std::error::Error::source) is the error that was wrapped.
#[derive(thiserror::Error, Debug)]
#[error("composite key: {0}")]
pub struct CompositeKeyError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl CompositeKeyError {
    /// Wraps `error`.
    pub fn new<E: AnyError>(error: E) -> Self {
        Self(Box::new(error))
    }
}

impl From<TryFromIntError> for CompositeKeyError {
    fn from(error: TryFromIntError) -> Self {
        Self::new(error)
    }
}

impl From<io::Error> for CompositeKeyError {
    fn from(error: io::Error) -> Self {
        Self::new(error)
    }
}

/// A field contains a null byte and the composite key denies them.
#[derive(thiserror::Error, Debug)]
#[error("a field of a composite key contains a null byte")]
pub struct CompositeKeyFieldContainsNullByte;
