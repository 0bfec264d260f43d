//! `LimitedResolutionDuration`: a number of whole units of time.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::{Debug, Display, Formatter};
use std::hash::{Hash, Hasher};
use std::iter::Sum;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{SignedDuration, TimeResolution};
use crate::key::time::TimeError;
use crate::key::{ByteSource, CompositeKind, Key, KeyEncoding, KeyVisitor, varint};

/// A duration that counts whole units of time. It may be negative.
///
/// ```
/// use std::time::Duration;
///
/// use bonsaidb_core::key::time::Minutes;
///
/// let minutes = Minutes::try_from(Duration::from_secs(150)).unwrap();
/// assert_eq!(minutes, Minutes::new(2));
/// assert_eq!(minutes.to_string(), "2m");
/// ```
pub struct LimitedResolutionDuration<Resolution: TimeResolution>(Resolution::Representation);

impl<Resolution> LimitedResolutionDuration<Resolution>
where
    Resolution: TimeResolution,
{
    /// Returns a duration of this many units.
    pub const fn new(representation: Resolution::Representation) -> Self {
        Self(representation)
    }

    /// Returns the number of units.
    pub const fn representation(&self) -> Resolution::Representation {
        self.0
    }
}

// Derives would ask the resolution for the traits, not its representation.

impl<Resolution: TimeResolution> Clone for LimitedResolutionDuration<Resolution> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Resolution: TimeResolution> Copy for LimitedResolutionDuration<Resolution> {}

impl<Resolution: TimeResolution> Default for LimitedResolutionDuration<Resolution> {
    fn default() -> Self {
        Self(Resolution::Representation::default())
    }
}

impl<Resolution: TimeResolution> Eq for LimitedResolutionDuration<Resolution> {}

impl<Resolution: TimeResolution> PartialEq for LimitedResolutionDuration<Resolution> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<Resolution: TimeResolution> Ord for LimitedResolutionDuration<Resolution> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl<Resolution: TimeResolution> PartialOrd for LimitedResolutionDuration<Resolution> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<Resolution: TimeResolution> Hash for LimitedResolutionDuration<Resolution> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<Resolution: TimeResolution> Debug for LimitedResolutionDuration<Resolution> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        Display::fmt(self, f)
    }
}

impl<Resolution: TimeResolution> Display for LimitedResolutionDuration<Resolution> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.0, Resolution::FORMAT_SUFFIX)
    }
}

impl<Resolution: TimeResolution> Serialize for LimitedResolutionDuration<Resolution> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, Resolution: TimeResolution> Deserialize<'de> for LimitedResolutionDuration<Resolution> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Resolution::Representation::deserialize(deserializer).map(Self)
    }
}

impl<Resolution: TimeResolution> TryFrom<SignedDuration> for LimitedResolutionDuration<Resolution> {
    type Error = TimeError;

    fn try_from(duration: SignedDuration) -> Result<Self, Self::Error> {
        Resolution::duration_to_repr(duration).map(Self)
    }
}

impl<Resolution: TimeResolution> TryFrom<Duration> for LimitedResolutionDuration<Resolution> {
    type Error = TimeError;

    fn try_from(duration: Duration) -> Result<Self, Self::Error> {
        Self::try_from(SignedDuration::Positive(duration))
    }
}

impl<Resolution: TimeResolution> TryFrom<LimitedResolutionDuration<Resolution>> for SignedDuration {
    type Error = TimeError;

    fn try_from(duration: LimitedResolutionDuration<Resolution>) -> Result<Self, Self::Error> {
        Resolution::repr_to_duration(duration.0)
    }
}

impl<Resolution: TimeResolution> TryFrom<LimitedResolutionDuration<Resolution>> for Duration {
    type Error = TimeError;

    fn try_from(duration: LimitedResolutionDuration<Resolution>) -> Result<Self, Self::Error> {
        match SignedDuration::try_from(duration)? {
            SignedDuration::Positive(duration) => Ok(duration),
            SignedDuration::Negative(_) => Err(TimeError::DeltaNotRepresentable),
        }
    }
}

/// The sum, or `None` if it does not fit or there is nothing to add.
impl<Resolution: TimeResolution> Sum<LimitedResolutionDuration<Resolution>>
    for Option<LimitedResolutionDuration<Resolution>>
{
    fn sum<I>(mut iter: I) -> Self
    where
        I: Iterator<Item = LimitedResolutionDuration<Resolution>>,
    {
        let first = SignedDuration::try_from(iter.next()?).ok()?;
        let sum = iter.try_fold(first, |sum, duration| {
            sum.checked_add(SignedDuration::try_from(duration).ok()?)
        })?;
        LimitedResolutionDuration::try_from(sum).ok()
    }
}

/// # Panics
///
/// Panics if the sum does not fit or there is nothing to add.
impl<Resolution: TimeResolution> Sum<LimitedResolutionDuration<Resolution>>
    for LimitedResolutionDuration<Resolution>
{
    fn sum<I>(iter: I) -> Self
    where
        I: Iterator<Item = LimitedResolutionDuration<Resolution>>,
    {
        iter.sum::<Option<Self>>()
            .expect("the sum of durations is empty or does not fit")
    }
}

impl<'k, Resolution: TimeResolution> Key<'k> for LimitedResolutionDuration<Resolution> {
    const CAN_OWN_BYTES: bool = false;

    fn from_ord_bytes<'e>(bytes: ByteSource<'k, 'e>) -> Result<Self, Self::Error> {
        Ok(Self(varint::decode(&bytes)?))
    }
}

impl<Resolution: TimeResolution> KeyEncoding for LimitedResolutionDuration<Resolution> {
    type Error = TimeError;

    const LENGTH: Option<usize> = None;

    fn describe<Visitor>(visitor: &mut Visitor)
    where
        Visitor: KeyVisitor,
    {
        let name = "bonsaidb::core::key::time::LimitedResolutionDuration";
        visitor.visit_composite(CompositeKind::Struct(Cow::Borrowed(name)), 1);
        Resolution::Representation::describe(visitor);
    }

    fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error> {
        Ok(varint::encode(&self.0)?)
    }
}
