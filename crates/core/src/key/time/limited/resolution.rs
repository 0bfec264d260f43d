//! The units of time that limited times can count, from nanoseconds to weeks.

use std::fmt::{Debug, Display};
use std::hash::Hash;

use ordered_varint::Variable;
use serde::{Deserialize, Serialize};

use super::SignedDuration;
use crate::key::Key;
use crate::key::time::TimeError;

/// A unit of time.
pub trait TimeResolution: Debug + Send + Sync {
    /// The integer that counts the units.
    type Representation: Variable
        + Serialize
        + for<'de> Deserialize<'de>
        + for<'k> Key<'k>
        + Display
        + Hash
        + Eq
        + PartialEq
        + Ord
        + PartialOrd
        + Clone
        + Copy
        + Send
        + Sync
        + Debug
        + Default;

    /// What follows the number of units in text.
    const FORMAT_SUFFIX: &'static str;

    /// Returns the duration of `value` units.
    ///
    /// # Errors
    ///
    /// Returns [`TimeError::DeltaNotRepresentable`] if it is too long.
    fn repr_to_duration(value: Self::Representation) -> Result<SignedDuration, TimeError>;

    /// Returns the number of whole units in `duration`, rounded toward the past.
    ///
    /// # Errors
    ///
    /// Returns [`TimeError::DeltaNotRepresentable`] if there are too many.
    fn duration_to_repr(duration: SignedDuration) -> Result<Self::Representation, TimeError>;
}

const SECOND: i128 = 1_000_000_000;

macro_rules! impl_resolutions {
    ($($resolution:ident($representation:ty), $suffix:literal, $unit:literal = $nanos:expr;)+) => {$(
        #[doc = concat!("Counts ", $unit, ".")]
        #[derive(Debug)]
        pub enum $resolution {}

        impl TimeResolution for $resolution {
            type Representation = $representation;

            const FORMAT_SUFFIX: &'static str = $suffix;

            fn repr_to_duration(value: Self::Representation) -> Result<SignedDuration, TimeError> {
                SignedDuration::from_nanos(i128::from(value) * $nanos)
                    .ok_or(TimeError::DeltaNotRepresentable)
            }

            fn duration_to_repr(
                duration: SignedDuration,
            ) -> Result<Self::Representation, TimeError> {
                let units = duration.as_nanos().div_euclid($nanos);
                units
                    .try_into()
                    .map_err(|_| TimeError::DeltaNotRepresentable)
            }
        }
    )+};
}

impl_resolutions! {
    Weeks(i32), "w", "weeks" = 7 * 24 * 60 * 60 * SECOND;
    Days(i32), "d", "days" = 24 * 60 * 60 * SECOND;
    Hours(i32), "h", "hours" = 60 * 60 * SECOND;
    Minutes(i32), "m", "minutes" = 60 * SECOND;
    Seconds(i64), "s", "seconds" = SECOND;
    Milliseconds(i64), "ms", "milliseconds" = 1_000_000;
    Microseconds(i64), "us", "microseconds" = 1_000;
    Nanoseconds(i64), "ns", "nanoseconds" = 1;
}
