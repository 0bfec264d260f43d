//! Fixed-width integers: big-endian, counted from the type's minimum. For signed integers this
//! flips the sign bit, so that negative values sort before the others.

use std::array::TryFromSliceError;
use std::borrow::Cow;

use super::{ByteSource, Key, KeyEncoding, KeyKind, KeyVisitor, NextValueError};

/// The bytes of a key are too few or too many for its type.
#[derive(Debug, thiserror::Error)]
#[error("incorrect byte length for a key of fixed length")]
pub struct IncorrectByteLength;

impl From<TryFromSliceError> for IncorrectByteLength {
    fn from(_: TryFromSliceError) -> Self {
        Self
    }
}

macro_rules! impl_integer_key {
    ($($integer:ty => $kind:ident),+ $(,)?) => {$(
        impl<'k> Key<'k> for $integer {
            const CAN_OWN_BYTES: bool = false;

            fn from_ord_bytes<'e>(bytes: ByteSource<'k, 'e>) -> Result<Self, Self::Error> {
                let distance = Self::from_be_bytes(bytes.as_ref().try_into()?);
                Ok(distance.wrapping_add(Self::MIN))
            }

            fn first_value() -> Result<Self, NextValueError> {
                Ok(0)
            }

            fn next_value(&self) -> Result<Self, NextValueError> {
                self.checked_add(1).ok_or(NextValueError::WouldWrap)
            }
        }

        impl KeyEncoding for $integer {
            type Error = IncorrectByteLength;

            const LENGTH: Option<usize> = Some(size_of::<$integer>());

            fn describe<Visitor>(visitor: &mut Visitor)
            where
                Visitor: KeyVisitor,
            {
                visitor.visit_type(KeyKind::$kind);
            }

            fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error> {
                let distance = self.wrapping_sub(Self::MIN);
                Ok(Cow::Owned(distance.to_be_bytes().to_vec()))
            }
        }
    )+};
}

impl_integer_key! {
    u8 => U8,
    u16 => U16,
    u32 => U32,
    u64 => U64,
    u128 => U128,
    i8 => I8,
    i16 => I16,
    i32 => I32,
    i64 => I64,
    i128 => I128,
}
