//! Keys that are variable-length integers without a wrapper: `usize` and `isize`, whose width is
//! that of the machine and so must not show in the bytes, and the integers of `ordered_varint`.

use std::borrow::Cow;
use std::io;

use ordered_varint::{Signed, Unsigned};

use super::{decode, encode};
use crate::key::{ByteSource, Key, KeyEncoding, KeyKind, KeyVisitor, NextValueError};

macro_rules! impl_varint_key {
    ($integer:ty, $kind:ident, $zero:expr, $next:expr) => {
        impl<'k> Key<'k> for $integer {
            const CAN_OWN_BYTES: bool = false;

            fn from_ord_bytes<'e>(bytes: ByteSource<'k, 'e>) -> Result<Self, Self::Error> {
                decode(&bytes)
            }

            fn first_value() -> Result<Self, NextValueError> {
                Ok($zero)
            }

            fn next_value(&self) -> Result<Self, NextValueError> {
                $next(*self).ok_or(NextValueError::WouldWrap)
            }
        }

        impl KeyEncoding for $integer {
            type Error = io::Error;

            const LENGTH: Option<usize> = None;

            fn describe<Visitor>(visitor: &mut Visitor)
            where
                Visitor: KeyVisitor,
            {
                visitor.visit_type(KeyKind::$kind);
            }

            fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error> {
                encode(self)
            }
        }
    };
}

impl_varint_key!(usize, Unsigned, 0, |value: Self| value.checked_add(1));
impl_varint_key!(isize, Signed, 0, |value: Self| value.checked_add(1));
impl_varint_key!(Unsigned, Unsigned, Self::from(0_u8), next_unsigned);
impl_varint_key!(Signed, Signed, Self::from(0_i8), next_signed);

/// The largest number that an ordered varint can hold, plus one.
const UNSIGNED_END: u128 = 1 << 124;
const SIGNED_END: i128 = 1 << 123;

fn next_unsigned(value: Unsigned) -> Option<Unsigned> {
    let next = u128::from(value).checked_add(1)?;
    (next < UNSIGNED_END).then(|| Unsigned::from(next))
}

fn next_signed(value: Signed) -> Option<Signed> {
    let next = i128::from(value).checked_add(1)?;
    (next < SIGNED_END).then(|| Signed::from(next))
}
