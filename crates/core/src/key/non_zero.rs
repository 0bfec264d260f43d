//! The non-zero integers: encoded as the integer inside, zero being an error when decoding.

use std::array::TryFromSliceError;
use std::borrow::Cow;
use std::io::{self, ErrorKind};
use std::num::{
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize, NonZeroU8,
    NonZeroU16, NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize,
};

use super::{ByteSource, IncorrectByteLength, Key, KeyEncoding, KeyVisitor, NextValueError};

/// Why bytes are not a non-zero integer.
#[derive(Debug, thiserror::Error)]
pub enum NonZeroKeyError {
    /// The bytes are too few or too many for the integer.
    #[error("incorrect byte length for a key of fixed length")]
    IncorrectByteLength,
    /// The integer is zero.
    #[error("the value of a non-zero key is zero")]
    ValueIsZero,
}

impl From<TryFromSliceError> for NonZeroKeyError {
    fn from(_: TryFromSliceError) -> Self {
        Self::IncorrectByteLength
    }
}

impl From<IncorrectByteLength> for NonZeroKeyError {
    fn from(_: IncorrectByteLength) -> Self {
        Self::IncorrectByteLength
    }
}

impl From<NonZeroKeyError> for io::Error {
    fn from(error: NonZeroKeyError) -> Self {
        Self::new(ErrorKind::InvalidData, error)
    }
}

macro_rules! impl_non_zero_key {
    ($error:ty: $($non_zero:ident($integer:ty)),+ $(,)?) => {$(
        impl<'k> Key<'k> for $non_zero {
            const CAN_OWN_BYTES: bool = false;

            fn from_ord_bytes<'e>(bytes: ByteSource<'k, 'e>) -> Result<Self, Self::Error> {
                let value = <$integer>::from_ord_bytes(bytes)?;
                Self::new(value).ok_or_else(|| NonZeroKeyError::ValueIsZero.into())
            }

            fn first_value() -> Result<Self, NextValueError> {
                Ok(const { Self::new(1).expect("one is not zero") })
            }

            fn next_value(&self) -> Result<Self, NextValueError> {
                let next = self.get().checked_add(1).ok_or(NextValueError::WouldWrap)?;
                // Only -1 is followed by zero, and one comes after that.
                Ok(Self::new(next).unwrap_or(const { Self::new(1).expect("one is not zero") }))
            }
        }

        impl KeyEncoding for $non_zero {
            type Error = $error;

            const LENGTH: Option<usize> = <$integer as KeyEncoding>::LENGTH;

            fn describe<Visitor>(visitor: &mut Visitor)
            where
                Visitor: KeyVisitor,
            {
                <$integer>::describe(visitor);
            }

            fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error> {
                Ok(Cow::Owned(self.get().as_ord_bytes()?.into_owned()))
            }
        }
    )+};
}

impl_non_zero_key! {
    NonZeroKeyError:
    NonZeroU8(u8),
    NonZeroU16(u16),
    NonZeroU32(u32),
    NonZeroU64(u64),
    NonZeroU128(u128),
    NonZeroI8(i8),
    NonZeroI16(i16),
    NonZeroI32(i32),
    NonZeroI64(i64),
    NonZeroI128(i128),
}

impl_non_zero_key! {
    io::Error:
    NonZeroUsize(usize),
    NonZeroIsize(isize),
}
