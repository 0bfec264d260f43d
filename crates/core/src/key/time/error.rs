//! What can go wrong with times.

use std::io;

use serde::{Deserialize, Serialize};

/// A time could not be converted, encoded or decoded.
#[derive(thiserror::Error, Debug, Clone, Serialize, Deserialize)]
pub enum TimeError {
    /// The time is before or after everything that the target type can hold.
    #[error("the time cannot be represented by the target type")]
    DeltaNotRepresentable,
    /// The bytes or the text are not a time.
    #[error("not a valid time")]
    InvalidValue,
}

/// A time is before or after everything that the target type can hold.
#[derive(thiserror::Error, Debug)]
#[error("the time cannot be represented by the target type")]
pub struct DeltaNotRepresentable;

impl From<DeltaNotRepresentable> for TimeError {
    fn from(_: DeltaNotRepresentable) -> Self {
        Self::DeltaNotRepresentable
    }
}

impl From<io::Error> for TimeError {
    fn from(_: io::Error) -> Self {
        Self::InvalidValue
    }
}
