//! `EnumKey`: an enum without fields as the number that `num_traits` gives it. The order of the
//! bytes is the order of those numbers, which is the enum's order if they ascend.

use std::borrow::Cow;
use std::fmt::Debug;
use std::io::{self, ErrorKind};

use num_traits::{FromPrimitive, ToPrimitive};

use super::{ByteSource, Key, KeyEncoding, KeyKind, KeyVisitor, varint};

/// A key that stores an enum as an unsigned variable-length integer.
#[derive(Debug, Clone, Copy, Eq, PartialEq, Ord, PartialOrd)]
pub struct EnumKey<T>(pub T)
where
    T: ToPrimitive + FromPrimitive + Clone + Eq + Ord + Debug + Send + Sync;

/// The number of an [`EnumKey`] does not belong to any variant.
#[derive(Debug, thiserror::Error)]
#[error("the number of an enum key does not belong to any variant")]
pub struct UnknownEnumVariant;

impl<'k, T> Key<'k> for EnumKey<T>
where
    T: ToPrimitive + FromPrimitive + Clone + Eq + Ord + Debug + Send + Sync,
{
    const CAN_OWN_BYTES: bool = false;

    fn from_ord_bytes<'e>(bytes: ByteSource<'k, 'e>) -> Result<Self, Self::Error> {
        let number = varint::decode::<u64>(&bytes)?;
        T::from_u64(number)
            .map(Self)
            .ok_or_else(|| io::Error::new(ErrorKind::InvalidData, UnknownEnumVariant))
    }
}

impl<T> KeyEncoding for EnumKey<T>
where
    T: ToPrimitive + FromPrimitive + Clone + Eq + Ord + Debug + Send + Sync,
{
    type Error = io::Error;

    const LENGTH: Option<usize> = None;

    fn describe<Visitor>(visitor: &mut Visitor)
    where
        Visitor: KeyVisitor,
    {
        visitor.visit_type(KeyKind::Unsigned);
    }

    fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error> {
        let number = self.0.to_u64().ok_or_else(|| {
            io::Error::new(
                ErrorKind::InvalidData,
                "the number of the enum variant is not a u64",
            )
        })?;
        varint::encode(&number)
    }
}
