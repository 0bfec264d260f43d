//! The time at which a key-value entry expires, as seconds and nanoseconds since 1970.

use std::borrow::Cow;
use std::ops::{Add, Sub};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::key::{
    ByteSource, CompositeKind, IncorrectByteLength, Key, KeyEncoding, KeyKind, KeyVisitor,
};

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// A moment since the Unix epoch, with a resolution of nanoseconds.
#[derive(Debug, Clone, Copy, Eq, PartialEq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Timestamp {
    /// The number of whole seconds since the Unix epoch.
    pub seconds: u64,
    /// The number of nanoseconds after the whole seconds.
    pub nanos: u32,
}

impl Timestamp {
    /// The latest timestamp.
    pub const MAX: Self = Self {
        seconds: u64::MAX,
        nanos: 999_999_999,
    };
    /// The earliest timestamp: the Unix epoch.
    pub const MIN: Self = Self {
        seconds: 0,
        nanos: 0,
    };

    /// Returns the current time.
    ///
    /// # Panics
    ///
    /// Panics if the clock shows a time before 1970.
    #[must_use]
    pub fn now() -> Self {
        Self::from(SystemTime::now())
    }
}

/// # Panics
///
/// Panics if the time is before 1970.
impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let since_epoch = time
            .duration_since(UNIX_EPOCH)
            .expect("timestamps before the Unix epoch are not supported");
        Self {
            seconds: since_epoch.as_secs(),
            nanos: since_epoch.subsec_nanos(),
        }
    }
}

/// The time since the Unix epoch.
impl From<Timestamp> for Duration {
    fn from(timestamp: Timestamp) -> Self {
        // The fields are public, so there may be more nanoseconds than make a second.
        Self::from_secs(timestamp.seconds)
            .saturating_add(Self::from_nanos(u64::from(timestamp.nanos)))
    }
}

/// The time between two timestamps, or `None` if the first is earlier.
impl Sub for Timestamp {
    type Output = Option<Duration>;

    fn sub(self, earlier: Self) -> Self::Output {
        Duration::from(self).checked_sub(Duration::from(earlier))
    }
}

/// A later timestamp, at most [`Timestamp::MAX`].
impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self::Output {
        let nanos = u64::from(self.nanos) + u64::from(duration.subsec_nanos());
        let seconds = self
            .seconds
            .checked_add(duration.as_secs())
            .and_then(|seconds| seconds.checked_add(nanos / NANOS_PER_SECOND));
        let nanos = u32::try_from(nanos % NANOS_PER_SECOND);
        match (seconds, nanos) {
            (Some(seconds), Ok(nanos)) => Self { seconds, nanos },
            _ => Self::MAX,
        }
    }
}

impl<'k> Key<'k> for Timestamp {
    const CAN_OWN_BYTES: bool = false;

    fn from_ord_bytes<'e>(bytes: ByteSource<'k, 'e>) -> Result<Self, Self::Error> {
        let (seconds, nanos) = bytes.split_first_chunk::<8>().ok_or(IncorrectByteLength)?;
        Ok(Self {
            seconds: u64::from_be_bytes(*seconds),
            nanos: u32::from_be_bytes(nanos.try_into()?),
        })
    }
}

impl KeyEncoding for Timestamp {
    type Error = IncorrectByteLength;

    const LENGTH: Option<usize> = Some(12);

    fn describe<Visitor>(visitor: &mut Visitor)
    where
        Visitor: KeyVisitor,
    {
        visitor.visit_composite(
            CompositeKind::Struct(Cow::Borrowed("std::time::Timestamp")),
            2,
        );
        visitor.visit_type(KeyKind::U64);
        visitor.visit_type(KeyKind::U32);
    }

    fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error> {
        let mut bytes = Vec::with_capacity(12);
        bytes.extend_from_slice(&self.seconds.to_be_bytes());
        bytes.extend_from_slice(&self.nanos.to_be_bytes());
        Ok(Cow::Owned(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timestamp(seconds: u64, nanos: u32) -> Timestamp {
        Timestamp { seconds, nanos }
    }

    #[test]
    fn adding_carries_into_the_seconds() {
        let sum = timestamp(1, 999_999_999) + Duration::from_nanos(1);
        assert_eq!(sum, timestamp(2, 0));
        let sum = timestamp(1, 600_000_000) + Duration::new(1, 600_000_000);
        assert_eq!(sum, timestamp(3, 200_000_000));
        let sum = timestamp(1, u32::MAX) + Duration::from_nanos(999_999_999);
        assert_eq!(sum, timestamp(6, 294_967_294));
    }

    #[test]
    fn adding_ends_at_the_latest_timestamp() {
        assert_eq!(Timestamp::MAX + Duration::from_nanos(1), Timestamp::MAX);
        assert_eq!(Timestamp::MAX + Duration::MAX, Timestamp::MAX);
        assert_eq!(timestamp(2, 0) + Duration::MAX, Timestamp::MAX);
        assert_eq!(Timestamp::MIN + Duration::MAX, Timestamp::MAX);
    }

    #[test]
    fn subtracting_gives_the_time_between() {
        let difference = timestamp(3, 0) - timestamp(1, 500_000_000);
        assert_eq!(difference, Some(Duration::from_millis(1_500)));
        assert_eq!(timestamp(1, 0) - timestamp(1, 1), None);
        assert_eq!(timestamp(1, 1) - timestamp(1, 1), Some(Duration::ZERO));
    }

    #[test]
    fn fields_out_of_range_convert_without_panic() {
        assert_eq!(
            Duration::from(timestamp(1, u32::MAX)),
            Duration::new(5, 294_967_295)
        );
        assert_eq!(Duration::from(timestamp(u64::MAX, u32::MAX)), Duration::MAX);
    }

    #[test]
    fn the_current_time_is_now() {
        let before = SystemTime::now();
        let now = Timestamp::now();
        assert!(Timestamp::from(before) <= now);
        assert!(now <= Timestamp::from(SystemTime::now()));
    }

    #[test]
    fn keys_of_another_length_are_errors() {
        for length in [0, 7, 8, 11, 13] {
            let bytes = vec![0; length];
            assert!(Timestamp::from_ord_bytes(ByteSource::Owned(bytes)).is_err());
        }
    }
}
