//! Text: the UTF-8 bytes, whose order is the order of the characters.

use std::borrow::Cow;
use std::str::Utf8Error;
use std::string::FromUtf8Error;

use super::{ByteSource, Key, KeyEncoding, KeyKind, KeyVisitor};

impl<'k> Key<'k> for String {
    const CAN_OWN_BYTES: bool = true;

    fn from_ord_bytes<'e>(bytes: ByteSource<'k, 'e>) -> Result<Self, Self::Error> {
        Self::from_utf8(bytes.into_owned())
    }
}

impl<'k> Key<'k> for Cow<'k, str> {
    const CAN_OWN_BYTES: bool = true;

    fn from_ord_bytes<'e>(bytes: ByteSource<'k, 'e>) -> Result<Self, Self::Error> {
        match bytes.into_borrowed() {
            Cow::Borrowed(bytes) => std::str::from_utf8(bytes).map(Cow::Borrowed),
            Cow::Owned(bytes) => String::from_utf8(bytes)
                .map(Cow::Owned)
                .map_err(|error| error.utf8_error()),
        }
    }
}

macro_rules! impl_text_encoding {
    ($text:ty, $key:ty, $error:ty) => {
        impl KeyEncoding<$key> for $text {
            type Error = $error;

            const LENGTH: Option<usize> = None;

            fn describe<Visitor>(visitor: &mut Visitor)
            where
                Visitor: KeyVisitor,
            {
                visitor.visit_type(KeyKind::String);
            }

            fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error> {
                Ok(Cow::Borrowed(self.as_bytes()))
            }
        }
    };
}

impl_text_encoding!(String, String, FromUtf8Error);
impl_text_encoding!(str, String, FromUtf8Error);
impl_text_encoding!(Cow<'_, str>, Self, Utf8Error);
