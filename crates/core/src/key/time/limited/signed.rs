//! Durations that may be negative.

use std::iter::Sum;
use std::time::Duration;

const NANOS_PER_SECOND: u128 = 1_000_000_000;

/// A duration with a direction.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum SignedDuration {
    /// A duration toward the future.
    Positive(Duration),
    /// A duration toward the past.
    Negative(Duration),
}

impl SignedDuration {
    /// Returns the sum, or `None` if it does not fit.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        Self::from_nanos(self.as_nanos() + other.as_nanos())
    }

    /// Returns the number of nanoseconds, which fits with some thirty bits to spare.
    pub(super) fn as_nanos(self) -> i128 {
        let nanos = |duration: Duration| {
            i128::try_from(duration.as_nanos()).expect("a duration has fewer than 2^94 nanoseconds")
        };
        match self {
            Self::Positive(duration) => nanos(duration),
            Self::Negative(duration) => -nanos(duration),
        }
    }

    /// Returns this many nanoseconds, or `None` if they are too many for a [`Duration`].
    pub(super) fn from_nanos(nanos: i128) -> Option<Self> {
        let magnitude = nanos.unsigned_abs();
        let seconds = u64::try_from(magnitude / NANOS_PER_SECOND).ok()?;
        let subsec_nanos = u32::try_from(magnitude % NANOS_PER_SECOND).ok()?;
        let duration = Duration::new(seconds, subsec_nanos);
        Some(if nanos < 0 {
            Self::Negative(duration)
        } else {
            Self::Positive(duration)
        })
    }
}

/// The sum, or `None` if it does not fit or there is nothing to add.
impl Sum<SignedDuration> for Option<SignedDuration> {
    fn sum<I>(mut iter: I) -> Self
    where
        I: Iterator<Item = SignedDuration>,
    {
        let first = iter.next()?;
        iter.try_fold(first, SignedDuration::checked_add)
    }
}

/// # Panics
///
/// Panics if the sum does not fit or there is nothing to add.
impl Sum<SignedDuration> for SignedDuration {
    fn sum<I>(iter: I) -> Self
    where
        I: Iterator<Item = SignedDuration>,
    {
        iter.sum::<Option<Self>>()
            .expect("the sum of durations is empty or does not fit")
    }
}
