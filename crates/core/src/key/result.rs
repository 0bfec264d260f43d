//! `Result`: a byte `00` for `Ok` or `01` for `Err`, then the value. As for `Ord`, every `Ok`
//! sorts before every `Err`.

use std::borrow::Cow;

use super::{ByteSource, CompositeKind, Key, KeyEncoding, KeyVisitor, NextValueError};

const OK: u8 = 0;
const ERR: u8 = 1;

impl<'k, T, E> Key<'k> for Result<T, E>
where
    T: Key<'k>,
    E: Key<'k> + KeyEncoding<E, Error = <T as KeyEncoding<T>>::Error>,
{
    const CAN_OWN_BYTES: bool = T::CAN_OWN_BYTES || E::CAN_OWN_BYTES;

    fn from_ord_bytes<'e>(bytes: ByteSource<'k, 'e>) -> Result<Self, Self::Error> {
        match bytes.first() {
            Some(&OK) => T::from_ord_bytes(bytes.without_first()).map(Ok),
            Some(_) => E::from_ord_bytes(bytes.without_first()).map(Err),
            None => E::from_ord_bytes(bytes).map(Err),
        }
    }

    fn first_value() -> Result<Self, NextValueError> {
        T::first_value().map(Ok)
    }

    fn next_value(&self) -> Result<Self, NextValueError> {
        match self {
            Ok(value) => value.next_value().map(Ok),
            Err(value) => value.next_value().map(Err),
        }
    }
}

impl<T, E, TBorrowed, EBorrowed> KeyEncoding<Result<T, E>> for Result<TBorrowed, EBorrowed>
where
    TBorrowed: KeyEncoding<T>,
    T: KeyEncoding<T, Error = TBorrowed::Error>,
    EBorrowed: KeyEncoding<E, Error = TBorrowed::Error>,
    E: KeyEncoding<E, Error = TBorrowed::Error>,
{
    type Error = TBorrowed::Error;

    const LENGTH: Option<usize> = None;

    fn describe<Visitor>(visitor: &mut Visitor)
    where
        Visitor: KeyVisitor,
    {
        visitor.visit_composite(CompositeKind::Result, 2);
        TBorrowed::describe(visitor);
        EBorrowed::describe(visitor);
    }

    fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error> {
        let (variant, value) = match self {
            Ok(value) => (OK, value.as_ord_bytes()?),
            Err(value) => (ERR, value.as_ord_bytes()?),
        };
        let mut bytes = Vec::with_capacity(1 + value.len());
        bytes.push(variant);
        bytes.extend_from_slice(&value);
        Ok(Cow::Owned(bytes))
    }
}
