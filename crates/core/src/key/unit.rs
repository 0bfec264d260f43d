//! `()`, which encodes as nothing, and `bool`, which encodes as `00` or `01`. Both take any bytes.

use std::borrow::Cow;
use std::convert::Infallible;

use super::{ByteSource, Key, KeyEncoding, KeyKind, KeyVisitor};

impl<'k> Key<'k> for () {
    const CAN_OWN_BYTES: bool = false;

    fn from_ord_bytes<'e>(_: ByteSource<'k, 'e>) -> Result<Self, Self::Error> {
        Ok(())
    }
}

impl KeyEncoding for () {
    type Error = Infallible;

    const LENGTH: Option<usize> = Some(0);

    fn describe<Visitor>(visitor: &mut Visitor)
    where
        Visitor: KeyVisitor,
    {
        visitor.visit_type(KeyKind::Unit);
    }

    fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error> {
        Ok(Cow::Borrowed(&[]))
    }
}

impl<'k> Key<'k> for bool {
    const CAN_OWN_BYTES: bool = false;

    fn from_ord_bytes<'e>(bytes: ByteSource<'k, 'e>) -> Result<Self, Self::Error> {
        Ok(bytes.first().is_some_and(|&byte| byte != 0))
    }
}

impl KeyEncoding for bool {
    type Error = Infallible;

    const LENGTH: Option<usize> = Some(1);

    fn describe<Visitor>(visitor: &mut Visitor)
    where
        Visitor: KeyVisitor,
    {
        visitor.visit_type(KeyKind::Bool);
    }

    fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error> {
        Ok(Cow::Borrowed(if *self { &[1] } else { &[0] }))
    }
}
