//! The moments that timestamps count from, and what is common to all timestamps.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::SignedDuration;
use crate::key::time::TimeError;

/// A moment that timestamps count from.
pub trait TimeEpoch: Sized + Send + Sync {
    /// Returns the name of the epoch.
    fn name() -> &'static str;

    /// Returns the time from the Unix epoch to this one.
    fn epoch_offset() -> Duration;
}

/// The beginning of 1970 in UTC.
#[derive(Debug)]
pub struct UnixEpoch;

impl TimeEpoch for UnixEpoch {
    fn name() -> &'static str {
        "Unix"
    }

    fn epoch_offset() -> Duration {
        Duration::ZERO
    }
}

/// The 20th of March 2031, 04:31:47 UTC.
///
/// Keys of timestamps take more bytes the further they are from their epoch, in either direction.
/// One in the near future keeps those of the present short.
#[derive(Debug)]
pub struct BonsaiEpoch;

impl TimeEpoch for BonsaiEpoch {
    fn name() -> &'static str {
        "BonsaiDb"
    }

    fn epoch_offset() -> Duration {
        Duration::from_secs(1_931_747_507)
    }
}

/// A moment in time.
pub trait AnyTimestamp {
    /// Returns the time since the Unix epoch.
    ///
    /// # Errors
    ///
    /// Returns [`TimeError::DeltaNotRepresentable`] if this moment was before the Unix epoch.
    fn duration_since_unix_epoch(&self) -> Result<Duration, TimeError>;
}

impl AnyTimestamp for SystemTime {
    fn duration_since_unix_epoch(&self) -> Result<Duration, TimeError> {
        self.duration_since(UNIX_EPOCH)
            .map_err(|_| TimeError::DeltaNotRepresentable)
    }
}

/// Returns the time from the Unix epoch to `time`.
pub(super) fn signed_duration_since_unix_epoch(time: SystemTime) -> SignedDuration {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => SignedDuration::Positive(after),
        Err(error) => SignedDuration::Negative(error.duration()),
    }
}
