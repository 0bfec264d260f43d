//! `Option`: a byte `00` for `None` or `01` for `Some`, then the value. `None` therefore sorts
//! first. If the value has a fixed length, `None` is filled up with zeros, so that the option has
//! a fixed length too and takes no terminator inside a composite key.

use std::borrow::Cow;

use super::{ByteSource, CompositeKind, Key, KeyEncoding, KeyVisitor, NextValueError};

const NONE: u8 = 0;
const SOME: u8 = 1;

/// Filled-up `None`s up to this length need no allocation.
static ZEROS: [u8; 64] = [0; 64];

impl<'k, T> Key<'k> for Option<T>
where
    T: Key<'k>,
{
    const CAN_OWN_BYTES: bool = T::CAN_OWN_BYTES;

    fn from_ord_bytes<'e>(bytes: ByteSource<'k, 'e>) -> Result<Self, Self::Error> {
        match bytes.first() {
            None | Some(&NONE) => Ok(None),
            Some(_) => T::from_ord_bytes(bytes.without_first()).map(Some),
        }
    }

    fn first_value() -> Result<Self, NextValueError> {
        T::first_value().map(Some)
    }

    fn next_value(&self) -> Result<Self, NextValueError> {
        self.as_ref().map(T::next_value).transpose()
    }
}

impl<T, K> KeyEncoding<Option<K>> for Option<T>
where
    T: KeyEncoding<K>,
    K: KeyEncoding<K>,
{
    type Error = T::Error;

    // The key's length, not that of `T`: what decodes the bytes only knows the key.
    const LENGTH: Option<usize> = match <K as KeyEncoding<K>>::LENGTH {
        Some(length) => Some(1 + length),
        None => None,
    };

    fn describe<Visitor>(visitor: &mut Visitor)
    where
        Visitor: KeyVisitor,
    {
        visitor.visit_composite(CompositeKind::Option, 1);
        T::describe(visitor);
    }

    fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error> {
        let Some(value) = self else {
            let length = Self::LENGTH.unwrap_or(1);
            return Ok(match ZEROS.get(..length) {
                Some(zeros) => Cow::Borrowed(zeros),
                None => Cow::Owned(vec![NONE; length]),
            });
        };
        let value = value.as_ord_bytes()?;
        let mut bytes = Vec::with_capacity(1 + value.len());
        bytes.push(SOME);
        bytes.extend_from_slice(&value);
        Ok(Cow::Owned(bytes))
    }
}
