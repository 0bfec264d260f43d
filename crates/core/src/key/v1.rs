//! Encodings that are only kept to read what old programs wrote. Their bytes do not sort as the
//! values do wherever a field of variable length is not the last one.

#![allow(deprecated)] // the forms themselves

use std::borrow::Cow;
use std::io::{self, ErrorKind, Write};

use ordered_varint::{Unsigned, Variable};

use super::tuple::sum_of_lengths;
use super::{
    ByteSource, CompositeKeyError, CompositeKind, Key, KeyEncoding, KeyVisitor, NextValueError,
};

/// Appends `value` to a key of the first composite encoding: bare if it has a fixed length, else
/// after its length.
///
/// # Errors
///
/// Returns an error if `value` cannot be encoded or `bytes` not be written to.
#[deprecated = "does not keep the order of the values; use CompositeKeyEncoder"]
pub fn encode_composite_field<'k, K: Key<'k>, T: KeyEncoding<K>, Bytes: Write>(
    value: &'k T,
    bytes: &mut Bytes,
) -> Result<(), CompositeKeyError> {
    append_field::<K, T, Bytes>(value, bytes)
}

fn append_field<K: KeyEncoding<K>, T: KeyEncoding<K>, Bytes: Write>(
    value: &T,
    bytes: &mut Bytes,
) -> Result<(), CompositeKeyError> {
    let field = value.as_ord_bytes().map_err(CompositeKeyError::new)?;
    if <K as KeyEncoding<K>>::LENGTH.is_none() {
        let length = u64::try_from(field.len())?;
        length.encode_variable(&mut *bytes)?;
    }
    bytes.write_all(&field)?;
    Ok(())
}

/// Decodes the first field of a key of the first composite encoding. Returns it with the bytes
/// that follow.
///
/// # Errors
///
/// Returns an error if `bytes` ends before the field does or the field is not a `T`.
#[deprecated = "does not keep the order of the values; use CompositeKeyDecoder"]
pub fn decode_composite_field<'a, 'k, T: Key<'k>>(
    bytes: &'a [u8],
) -> Result<(T, &'a [u8]), CompositeKeyError> {
    let mut rest = bytes;
    let length = match T::LENGTH {
        Some(length) => length,
        None => usize::try_from(u128::from(Unsigned::decode_variable(&mut rest)?))?,
    };
    let (field, rest) = rest
        .split_at_checked(length)
        .ok_or_else(|| io::Error::from(ErrorKind::UnexpectedEof))?;
    let value = T::from_ord_bytes(ByteSource::Ephemeral(field)).map_err(CompositeKeyError::new)?;
    Ok((value, rest))
}

/// A tuple in the first composite encoding.
#[derive(Debug, Clone)]
#[deprecated = "does not keep the order of the values; use the tuple itself"]
pub struct TupleEncodingV1<T>(pub T);

macro_rules! impl_tuple_v1_key {
    ($count:literal: $($field:ident.$index:tt $value:ident),+) => {
        impl<'k, $($field),+> Key<'k> for TupleEncodingV1<($($field,)+)>
        where
            $($field: Key<'k>),+
        {
            const CAN_OWN_BYTES: bool = false;

            fn from_ord_bytes<'e>(bytes: ByteSource<'k, 'e>) -> Result<Self, Self::Error> {
                let rest = bytes.as_ref();
                $(let ($value, rest) = decode_composite_field::<$field>(rest)?;)+
                if rest.is_empty() {
                    Ok(Self(($($value,)+)))
                } else {
                    Err(CompositeKeyError::from(io::Error::from(ErrorKind::InvalidData)))
                }
            }
        }

        impl<$($field),+> KeyEncoding for TupleEncodingV1<($($field,)+)>
        where
            $($field: KeyEncoding),+
        {
            type Error = CompositeKeyError;

            const LENGTH: Option<usize> = sum_of_lengths(&[$($field::LENGTH),+]);

            fn describe<Visitor>(visitor: &mut Visitor)
            where
                Visitor: KeyVisitor,
            {
                visitor.visit_composite(CompositeKind::Tuple, $count);
                $($field::describe(visitor);)+
            }

            fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error> {
                let mut bytes = Vec::new();
                $(append_field::<$field, $field, _>(&self.0.$index, &mut bytes)?;)+
                Ok(Cow::Owned(bytes))
            }
        }
    };
}

impl_tuple_v1_key!(1: A.0 a);
impl_tuple_v1_key!(2: A.0 a, B.1 b);
impl_tuple_v1_key!(3: A.0 a, B.1 b, C.2 c);
impl_tuple_v1_key!(4: A.0 a, B.1 b, C.2 c, D.3 d);
impl_tuple_v1_key!(5: A.0 a, B.1 b, C.2 c, D.3 d, E.4 e);
impl_tuple_v1_key!(6: A.0 a, B.1 b, C.2 c, D.3 d, E.4 e, F.5 f);
impl_tuple_v1_key!(7: A.0 a, B.1 b, C.2 c, D.3 d, E.4 e, F.5 f, G.6 g);
impl_tuple_v1_key!(8: A.0 a, B.1 b, C.2 c, D.3 d, E.4 e, F.5 f, G.6 g, H.7 h);

/// An optional key in the first encoding: no bytes for `None`, the value's bytes for `Some`.
///
/// Its [`LENGTH`](KeyEncoding::LENGTH) is that of the value, which `None` does not have. So it
/// cannot be a field of a composite key while `None`.
#[derive(Clone, Debug, Copy, Eq, PartialEq)]
#[deprecated = "cannot be part of a composite key; use the option itself"]
pub struct OptionKeyV1<T>(pub Option<T>);

impl<'k, T> Key<'k> for OptionKeyV1<T>
where
    T: Key<'k>,
{
    const CAN_OWN_BYTES: bool = T::CAN_OWN_BYTES;

    fn from_ord_bytes<'e>(bytes: ByteSource<'k, 'e>) -> Result<Self, Self::Error> {
        if bytes.is_empty() {
            Ok(Self(None))
        } else {
            T::from_ord_bytes(bytes).map(|value| Self(Some(value)))
        }
    }

    fn first_value() -> Result<Self, NextValueError> {
        Option::first_value().map(Self)
    }

    fn next_value(&self) -> Result<Self, NextValueError> {
        self.0.next_value().map(Self)
    }
}

impl<T, K> KeyEncoding<OptionKeyV1<K>> for OptionKeyV1<T>
where
    T: KeyEncoding<K>,
    K: KeyEncoding<K>,
{
    type Error = T::Error;

    const LENGTH: Option<usize> = T::LENGTH;

    fn describe<Visitor>(visitor: &mut Visitor)
    where
        Visitor: KeyVisitor,
    {
        visitor.visit_composite(CompositeKind::Option, 1);
        T::describe(visitor);
    }

    /// # Panics
    ///
    /// Panics if this is `Some` of a value that encodes to no bytes, since they would mean `None`.
    fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error> {
        let Some(value) = &self.0 else {
            return Ok(Cow::Borrowed(&[]));
        };
        let bytes = value.as_ord_bytes()?;
        assert!(
            !bytes.is_empty(),
            "OptionKeyV1 cannot hold a value that encodes to no bytes"
        );
        Ok(bytes)
    }
}
