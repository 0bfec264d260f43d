//! Tuples of one to eight keys: composite keys in the order of the fields.

use std::borrow::Cow;

use super::{
    ByteSource, CompositeKeyDecoder, CompositeKeyEncoder, CompositeKeyError, CompositeKind, Key,
    KeyEncoding, KeyVisitor,
};

/// Returns the sum of `lengths` if all are known.
pub(super) const fn sum_of_lengths(lengths: &[Option<usize>]) -> Option<usize> {
    let mut sum = 0;
    let mut index = 0;
    while index < lengths.len() {
        match lengths[index] {
            Some(length) => sum += length,
            None => return None,
        }
        index += 1;
    }
    Some(sum)
}

macro_rules! impl_tuple_key {
    ($count:literal: $($field:ident.$index:tt),+) => {
        impl<'k, $($field),+> Key<'k> for ($($field,)+)
        where
            $($field: Key<'k>),+
        {
            const CAN_OWN_BYTES: bool = false;

            fn from_ord_bytes<'e>(bytes: ByteSource<'k, 'e>) -> Result<Self, Self::Error> {
                let mut decoder = CompositeKeyDecoder::default_for(bytes);
                let tuple = ($(decoder.decode::<$field>()?,)+);
                decoder.finish()?;
                Ok(tuple)
            }
        }

        impl<$($field),+> KeyEncoding for ($($field,)+)
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
                let mut encoder = CompositeKeyEncoder::default();
                $(encoder.encode_field::<$field, $field>(&self.$index)?;)+
                Ok(Cow::Owned(encoder.finish()))
            }
        }
    };
}

impl_tuple_key!(1: A.0);
impl_tuple_key!(2: A.0, B.1);
impl_tuple_key!(3: A.0, B.1, C.2);
impl_tuple_key!(4: A.0, B.1, C.2, D.3);
impl_tuple_key!(5: A.0, B.1, C.2, D.3, E.4);
impl_tuple_key!(6: A.0, B.1, C.2, D.3, E.4, F.5);
impl_tuple_key!(7: A.0, B.1, C.2, D.3, E.4, F.5, G.6);
impl_tuple_key!(8: A.0, B.1, C.2, D.3, E.4, F.5, G.6, H.7);
