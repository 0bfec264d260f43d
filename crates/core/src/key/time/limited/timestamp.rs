//! `LimitedResolutionTimestamp`: a moment as the number of whole units since an epoch.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::{Debug, Display, Formatter};
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::epoch::signed_duration_since_unix_epoch;
use super::{AnyTimestamp, LimitedResolutionDuration, SignedDuration, TimeEpoch, TimeResolution};
use crate::key::time::TimeError;
use crate::key::{ByteSource, CompositeKind, Key, KeyEncoding, KeyVisitor, varint};

/// A moment that counts whole units of time since `Epoch`.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
///
/// use bonsaidb_core::key::time::TimestampAsMilliseconds;
///
/// let moment = UNIX_EPOCH + Duration::from_millis(1_500);
/// let timestamp = TimestampAsMilliseconds::try_from(moment).unwrap();
/// assert_eq!(timestamp.to_string(), "1.500");
/// assert_eq!("1.5".parse::<TimestampAsMilliseconds>().unwrap(), timestamp);
/// ```
pub struct LimitedResolutionTimestamp<Resolution: TimeResolution, Epoch: TimeEpoch>(
    LimitedResolutionDuration<Resolution>,
    PhantomData<Epoch>,
);

impl<Resolution, Epoch> LimitedResolutionTimestamp<Resolution, Epoch>
where
    Resolution: TimeResolution,
    Epoch: TimeEpoch,
{
    /// Returns the current time.
    ///
    /// # Panics
    ///
    /// Panics if the clock shows a time that this type cannot represent.
    #[must_use]
    pub fn now() -> Self {
        Self::try_from(SystemTime::now()).expect("the current time should be representable")
    }

    /// Returns the time that passed from `other` to `self`, or `None` if `other` is later.
    ///
    /// # Errors
    ///
    /// Returns [`TimeError::DeltaNotRepresentable`] if one of the two is before the Unix epoch.
    pub fn duration_since(&self, other: &impl AnyTimestamp) -> Result<Option<Duration>, TimeError> {
        let own = self.duration_since_unix_epoch()?;
        let other = other.duration_since_unix_epoch()?;
        Ok(own.checked_sub(other))
    }

    /// Returns the time between `other` and `self`, whichever is earlier.
    ///
    /// # Errors
    ///
    /// Returns [`TimeError::DeltaNotRepresentable`] if one of the two is before the Unix epoch.
    pub fn duration_between(&self, other: &impl AnyTimestamp) -> Result<Duration, TimeError> {
        let own = self.duration_since_unix_epoch()?;
        let other = other.duration_since_unix_epoch()?;
        Ok(own.abs_diff(other))
    }

    /// Returns the number of units since the epoch.
    pub const fn representation(&self) -> Resolution::Representation {
        self.0.representation()
    }

    /// Returns the moment this many units after the epoch.
    pub const fn from_representation(representation: Resolution::Representation) -> Self {
        Self(LimitedResolutionDuration::new(representation), PhantomData)
    }

    /// Returns the seconds since the Unix epoch as a decimal number, with a fraction of three, six
    /// or nine digits if there is one.
    ///
    /// # Errors
    ///
    /// Returns [`TimeError::DeltaNotRepresentable`] if this moment is before the Unix epoch.
    pub fn to_timestamp_string(&self) -> Result<String, TimeError> {
        let since_epoch = self.duration_since_unix_epoch()?;
        let seconds = since_epoch.as_secs();
        let nanos = since_epoch.subsec_nanos();
        Ok(if nanos == 0 {
            seconds.to_string()
        } else if nanos % 1_000_000 == 0 {
            format!("{seconds}.{:03}", nanos / 1_000_000)
        } else if nanos % 1_000 == 0 {
            format!("{seconds}.{:06}", nanos / 1_000)
        } else {
            format!("{seconds}.{nanos:09}")
        })
    }

    fn from_signed_duration_since_unix_epoch(duration: SignedDuration) -> Result<Self, TimeError> {
        duration
            .checked_add(SignedDuration::Negative(Epoch::epoch_offset()))
            .ok_or(TimeError::DeltaNotRepresentable)?
            .try_into()
            .map(|since_epoch| Self(since_epoch, PhantomData))
    }

    fn signed_duration_since_unix_epoch(self) -> Result<SignedDuration, TimeError> {
        SignedDuration::try_from(self.0)?
            .checked_add(SignedDuration::Positive(Epoch::epoch_offset()))
            .ok_or(TimeError::DeltaNotRepresentable)
    }
}

impl<Resolution, Epoch> AnyTimestamp for LimitedResolutionTimestamp<Resolution, Epoch>
where
    Resolution: TimeResolution,
    Epoch: TimeEpoch,
{
    fn duration_since_unix_epoch(&self) -> Result<Duration, TimeError> {
        match self.signed_duration_since_unix_epoch()? {
            SignedDuration::Positive(duration) => Ok(duration),
            SignedDuration::Negative(_) => Err(TimeError::DeltaNotRepresentable),
        }
    }
}

impl<Resolution, Epoch> Display for LimitedResolutionTimestamp<Resolution, Epoch>
where
    Resolution: TimeResolution,
    Epoch: TimeEpoch,
{
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self.to_timestamp_string() {
            Ok(text) => f.write_str(&text),
            Err(_) => Display::fmt(&self.0, f),
        }
    }
}

impl<Resolution, Epoch> Debug for LimitedResolutionTimestamp<Resolution, Epoch>
where
    Resolution: TimeResolution,
    Epoch: TimeEpoch,
{
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "LimitedResolutionTimestamp({self})")
    }
}

/// Reads the seconds since the Unix epoch, optionally with a fraction of up to nine digits. What
/// is finer than the resolution is dropped.
impl<Resolution, Epoch> FromStr for LimitedResolutionTimestamp<Resolution, Epoch>
where
    Resolution: TimeResolution,
    Epoch: TimeEpoch,
{
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let since_epoch = parse_seconds(text).ok_or(TimeError::InvalidValue)?;
        Self::from_signed_duration_since_unix_epoch(SignedDuration::Positive(since_epoch))
    }
}

/// Parses `seconds[.fraction]`.
fn parse_seconds(text: &str) -> Option<Duration> {
    const FRACTION_DIGITS_MAX: usize = 9;
    // The parser of integers would take a leading plus sign.
    let digits_only = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());

    let (seconds, fraction) = match text.split_once('.') {
        Some((seconds, fraction)) => (seconds, Some(fraction)),
        None => (text, None),
    };
    if !digits_only(seconds) {
        return None;
    }
    let nanos = match fraction {
        Some(fraction) if fraction.len() <= FRACTION_DIGITS_MAX && digits_only(fraction) => {
            let missing_digits = u32::try_from(FRACTION_DIGITS_MAX - fraction.len()).ok()?;
            fraction.parse::<u32>().ok()? * 10_u32.pow(missing_digits)
        }
        Some(_) => return None,
        None => 0,
    };
    Some(Duration::new(seconds.parse().ok()?, nanos))
}

impl<Resolution, Epoch> From<LimitedResolutionDuration<Resolution>>
    for LimitedResolutionTimestamp<Resolution, Epoch>
where
    Resolution: TimeResolution,
    Epoch: TimeEpoch,
{
    fn from(since_epoch: LimitedResolutionDuration<Resolution>) -> Self {
        Self(since_epoch, PhantomData)
    }
}

impl<Resolution, Epoch> From<LimitedResolutionTimestamp<Resolution, Epoch>>
    for LimitedResolutionDuration<Resolution>
where
    Resolution: TimeResolution,
    Epoch: TimeEpoch,
{
    fn from(timestamp: LimitedResolutionTimestamp<Resolution, Epoch>) -> Self {
        timestamp.0
    }
}

impl<Resolution, Epoch> TryFrom<SystemTime> for LimitedResolutionTimestamp<Resolution, Epoch>
where
    Resolution: TimeResolution,
    Epoch: TimeEpoch,
{
    type Error = TimeError;

    fn try_from(time: SystemTime) -> Result<Self, Self::Error> {
        Self::from_signed_duration_since_unix_epoch(signed_duration_since_unix_epoch(time))
    }
}

impl<Resolution, Epoch> TryFrom<LimitedResolutionTimestamp<Resolution, Epoch>> for SystemTime
where
    Resolution: TimeResolution,
    Epoch: TimeEpoch,
{
    type Error = TimeError;

    fn try_from(
        timestamp: LimitedResolutionTimestamp<Resolution, Epoch>,
    ) -> Result<Self, Self::Error> {
        match timestamp.signed_duration_since_unix_epoch()? {
            SignedDuration::Positive(after) => UNIX_EPOCH.checked_add(after),
            SignedDuration::Negative(before) => UNIX_EPOCH.checked_sub(before),
        }
        .ok_or(TimeError::DeltaNotRepresentable)
    }
}

impl<'k, Resolution, Epoch> Key<'k> for LimitedResolutionTimestamp<Resolution, Epoch>
where
    Resolution: TimeResolution,
    Epoch: TimeEpoch,
{
    const CAN_OWN_BYTES: bool = false;

    fn from_ord_bytes<'e>(bytes: ByteSource<'k, 'e>) -> Result<Self, Self::Error> {
        LimitedResolutionDuration::from_ord_bytes(bytes).map(Self::from)
    }
}

impl<Resolution, Epoch> KeyEncoding for LimitedResolutionTimestamp<Resolution, Epoch>
where
    Resolution: TimeResolution,
    Epoch: TimeEpoch,
{
    type Error = TimeError;

    const LENGTH: Option<usize> = None;

    fn describe<Visitor>(visitor: &mut Visitor)
    where
        Visitor: KeyVisitor,
    {
        let name = "bonsaidb::core::key::time::LimitedResolutionTimestamp";
        visitor.visit_composite(CompositeKind::Struct(Cow::Borrowed(name)), 1);
        visitor.visit_composite_attribute("epoch", Epoch::epoch_offset().as_nanos());
        Resolution::Representation::describe(visitor);
    }

    fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error> {
        Ok(varint::encode(&self.representation())?)
    }
}

// Derives would ask the resolution and the epoch for the traits.

impl<Resolution: TimeResolution, Epoch: TimeEpoch> Clone
    for LimitedResolutionTimestamp<Resolution, Epoch>
{
    fn clone(&self) -> Self {
        *self
    }
}

impl<Resolution: TimeResolution, Epoch: TimeEpoch> Copy
    for LimitedResolutionTimestamp<Resolution, Epoch>
{
}

impl<Resolution: TimeResolution, Epoch: TimeEpoch> Default
    for LimitedResolutionTimestamp<Resolution, Epoch>
{
    fn default() -> Self {
        Self(LimitedResolutionDuration::default(), PhantomData)
    }
}

impl<Resolution: TimeResolution, Epoch: TimeEpoch> Eq
    for LimitedResolutionTimestamp<Resolution, Epoch>
{
}

impl<Resolution: TimeResolution, Epoch: TimeEpoch> PartialEq
    for LimitedResolutionTimestamp<Resolution, Epoch>
{
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<Resolution: TimeResolution, Epoch: TimeEpoch> Ord
    for LimitedResolutionTimestamp<Resolution, Epoch>
{
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl<Resolution: TimeResolution, Epoch: TimeEpoch> PartialOrd
    for LimitedResolutionTimestamp<Resolution, Epoch>
{
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<Resolution: TimeResolution, Epoch: TimeEpoch> Hash
    for LimitedResolutionTimestamp<Resolution, Epoch>
{
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<Resolution: TimeResolution, Epoch: TimeEpoch> Serialize
    for LimitedResolutionTimestamp<Resolution, Epoch>
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, Resolution: TimeResolution, Epoch: TimeEpoch> Deserialize<'de>
    for LimitedResolutionTimestamp<Resolution, Epoch>
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        LimitedResolutionDuration::deserialize(deserializer).map(Self::from)
    }
}
