//! `uuid::Uuid`: its 16 bytes.

use std::array::TryFromSliceError;
use std::borrow::Cow;

use uuid::Uuid;

use super::{ByteSource, CompositeKind, Key, KeyEncoding, KeyKind, KeyVisitor};

impl<'k> Key<'k> for Uuid {
    const CAN_OWN_BYTES: bool = false;

    fn from_ord_bytes<'e>(bytes: ByteSource<'k, 'e>) -> Result<Self, Self::Error> {
        bytes.as_ref().try_into().map(Self::from_bytes)
    }
}

impl KeyEncoding for Uuid {
    type Error = TryFromSliceError;

    const LENGTH: Option<usize> = Some(16);

    fn describe<Visitor>(visitor: &mut Visitor)
    where
        Visitor: KeyVisitor,
    {
        visitor.visit_composite(CompositeKind::Struct(Cow::Borrowed("uuid::Uuid")), 1);
        visitor.visit_type(KeyKind::Bytes);
    }

    fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error> {
        Ok(Cow::Borrowed(self.as_bytes()))
    }
}
