//! Keys for `std`'s `Duration` and `SystemTime`: the seconds and, in the lowest 30 bits, the
//! nanoseconds, as one unsigned variable-length integer. A `SystemTime` counts from 1970 and must
//! not be earlier.

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{DeltaNotRepresentable, TimeError};
use crate::key::{ByteSource, CompositeKind, Key, KeyEncoding, KeyKind, KeyVisitor, varint};

const NANOS_BITS: u32 = 30;
const NANOS_MASK: u128 = (1 << NANOS_BITS) - 1;
const NANOS_PER_SECOND: u32 = 1_000_000_000;

fn encode(duration: Duration) -> Result<Cow<'static, [u8]>, TimeError> {
    let seconds = u128::from(duration.as_secs()) << NANOS_BITS;
    Ok(varint::encode(
        &(seconds | u128::from(duration.subsec_nanos())),
    )?)
}

fn decode(bytes: &[u8]) -> Result<Duration, TimeError> {
    let merged = varint::decode::<u128>(bytes)?;
    let seconds = u64::try_from(merged >> NANOS_BITS).map_err(|_| DeltaNotRepresentable)?;
    u32::try_from(merged & NANOS_MASK)
        .ok()
        .filter(|&nanos| nanos < NANOS_PER_SECOND)
        .map(|nanos| Duration::new(seconds, nanos))
        .ok_or(TimeError::InvalidValue)
}

fn describe<Visitor>(name: &'static str, visitor: &mut Visitor)
where
    Visitor: KeyVisitor,
{
    visitor.visit_composite(CompositeKind::Struct(Cow::Borrowed(name)), 1);
    visitor.visit_type(KeyKind::Unsigned);
}

impl<'k> Key<'k> for Duration {
    const CAN_OWN_BYTES: bool = false;

    fn from_ord_bytes<'e>(bytes: ByteSource<'k, 'e>) -> Result<Self, Self::Error> {
        decode(&bytes)
    }
}

impl KeyEncoding for Duration {
    type Error = TimeError;

    const LENGTH: Option<usize> = None;

    fn describe<Visitor>(visitor: &mut Visitor)
    where
        Visitor: KeyVisitor,
    {
        describe("std::time::Duration", visitor);
    }

    fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error> {
        encode(*self)
    }
}

impl<'k> Key<'k> for SystemTime {
    const CAN_OWN_BYTES: bool = false;

    fn from_ord_bytes<'e>(bytes: ByteSource<'k, 'e>) -> Result<Self, Self::Error> {
        UNIX_EPOCH
            .checked_add(decode(&bytes)?)
            .ok_or(TimeError::DeltaNotRepresentable)
    }
}

impl KeyEncoding for SystemTime {
    type Error = TimeError;

    const LENGTH: Option<usize> = None;

    fn describe<Visitor>(visitor: &mut Visitor)
    where
        Visitor: KeyVisitor,
    {
        describe("std::time::SystemTime", visitor);
    }

    fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error> {
        let since_epoch = self
            .duration_since(UNIX_EPOCH)
            .map_err(|_| DeltaNotRepresentable)?;
        encode(since_epoch)
    }
}
