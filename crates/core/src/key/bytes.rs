//! Bytes, in every type that holds them: encoded as they are.

use std::borrow::Cow;
use std::convert::Infallible;

use arc_bytes::ArcBytes;
use arc_bytes::serde::{Bytes, CowBytes};

use super::{ByteSource, IncorrectByteLength, Key, KeyEncoding, KeyKind, KeyVisitor};

macro_rules! impl_bytes_key {
    ($lifetime:lifetime, $key:ty, $source:ident => $decoded:expr) => {
        impl<$lifetime> Key<$lifetime> for $key {
            const CAN_OWN_BYTES: bool = true;

            fn from_ord_bytes<'e>($source: ByteSource<$lifetime, 'e>) -> Result<Self, Self::Error> {
                Ok($decoded)
            }
        }
    };
}

impl_bytes_key!('k, Vec<u8>, source => source.into_owned());
impl_bytes_key!('k, Bytes, source => Self(source.into_owned()));
impl_bytes_key!('k, CowBytes<'k>, source => Self(source.into_borrowed()));
impl_bytes_key!('k, ArcBytes<'k>, source => Self::from(source.into_borrowed()));
impl_bytes_key!('k, Cow<'k, [u8]>, source => source.into_borrowed());

macro_rules! impl_bytes_encoding {
    ($($bytes:ty => $key:ty),+ $(,)?) => {$(
        impl KeyEncoding<$key> for $bytes {
            type Error = Infallible;

            const LENGTH: Option<usize> = None;

            fn describe<Visitor>(visitor: &mut Visitor)
            where
                Visitor: KeyVisitor,
            {
                visitor.visit_type(KeyKind::Bytes);
            }

            fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error> {
                Ok(Cow::Borrowed(self))
            }
        }
    )+};
}

impl_bytes_encoding! {
    Vec<u8> => Self,
    Bytes => Self,
    CowBytes<'_> => Self,
    ArcBytes<'_> => Self,
    Cow<'_, [u8]> => Cow<'_, [u8]>,
    &[u8] => Vec<u8>,
    &[u8] => Bytes,
    &[u8] => CowBytes<'_>,
    &[u8] => ArcBytes<'_>,
    &[u8] => Cow<'_, [u8]>,
}

impl<'k, const N: usize> Key<'k> for [u8; N] {
    const CAN_OWN_BYTES: bool = false;

    fn from_ord_bytes<'e>(bytes: ByteSource<'k, 'e>) -> Result<Self, Self::Error> {
        Ok(bytes.as_ref().try_into()?)
    }
}

impl<const N: usize> KeyEncoding for [u8; N] {
    type Error = IncorrectByteLength;

    const LENGTH: Option<usize> = Some(N);

    fn describe<Visitor>(visitor: &mut Visitor)
    where
        Visitor: KeyVisitor,
    {
        visitor.visit_type(KeyKind::Bytes);
    }

    fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error> {
        Ok(Cow::Borrowed(self))
    }
}
