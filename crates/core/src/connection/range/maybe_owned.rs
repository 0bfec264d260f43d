//! `MaybeOwned`: a key that is owned, or borrowed in its borrowed form (`String` or `&str`).
//! Unlike `Cow` it works for types which do not say by `ToOwned` how the two belong together.

use std::borrow::{Borrow, Cow};
use std::cmp::Ordering;
use std::ops::Deref;

use crate::key::{ByteSource, Key, KeyEncoding, KeyVisitor, NextValueError};

/// A value that is owned or borrowed.
#[derive(Debug)]
pub enum MaybeOwned<'a, TOwned, TBorrowed: ?Sized = TOwned> {
    /// An owned value.
    Owned(TOwned),
    /// A borrowed value.
    Borrowed(&'a TBorrowed),
}

impl<TOwned, TBorrowed> Clone for MaybeOwned<'_, TOwned, TBorrowed>
where
    TOwned: Clone,
    TBorrowed: ?Sized,
{
    fn clone(&self) -> Self {
        match self {
            Self::Owned(value) => Self::Owned(value.clone()),
            Self::Borrowed(value) => Self::Borrowed(value),
        }
    }
}

impl<TOwned, TBorrowed> Deref for MaybeOwned<'_, TOwned, TBorrowed>
where
    TOwned: Borrow<TBorrowed>,
    TBorrowed: ?Sized,
{
    type Target = TBorrowed;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Owned(value) => value.borrow(),
            Self::Borrowed(value) => value,
        }
    }
}

impl<TOwned, TBorrowed> Borrow<TBorrowed> for MaybeOwned<'_, TOwned, TBorrowed>
where
    TOwned: Borrow<TBorrowed>,
    TBorrowed: ?Sized,
{
    fn borrow(&self) -> &TBorrowed {
        self
    }
}

impl<TOwned, TBorrowed> PartialEq for MaybeOwned<'_, TOwned, TBorrowed>
where
    TOwned: Borrow<TBorrowed>,
    TBorrowed: PartialEq + ?Sized,
{
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<TOwned, TBorrowed> PartialEq<TBorrowed> for MaybeOwned<'_, TOwned, TBorrowed>
where
    TOwned: Borrow<TBorrowed>,
    TBorrowed: PartialEq + ?Sized,
{
    fn eq(&self, other: &TBorrowed) -> bool {
        **self == *other
    }
}

impl<TOwned, TBorrowed> PartialOrd for MaybeOwned<'_, TOwned, TBorrowed>
where
    TOwned: Borrow<TBorrowed>,
    TBorrowed: PartialOrd + ?Sized,
{
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (**self).partial_cmp(&**other)
    }
}

impl<TOwned, TBorrowed> PartialOrd<TBorrowed> for MaybeOwned<'_, TOwned, TBorrowed>
where
    TOwned: Borrow<TBorrowed>,
    TBorrowed: PartialOrd + ?Sized,
{
    fn partial_cmp(&self, other: &TBorrowed) -> Option<Ordering> {
        (**self).partial_cmp(other)
    }
}

impl<'k, TOwned, TBorrowed> Key<'k> for MaybeOwned<'_, TOwned, TBorrowed>
where
    TBorrowed:
        KeyEncoding<TOwned, Error = <TOwned as KeyEncoding<TOwned>>::Error> + PartialEq + ?Sized,
    TOwned: Key<'k> + PartialEq<TBorrowed>,
{
    const CAN_OWN_BYTES: bool = TOwned::CAN_OWN_BYTES;

    fn from_ord_bytes<'e>(bytes: ByteSource<'k, 'e>) -> Result<Self, Self::Error> {
        TOwned::from_ord_bytes(bytes).map(Self::Owned)
    }

    fn first_value() -> Result<Self, NextValueError> {
        TOwned::first_value().map(Self::Owned)
    }

    fn next_value(&self) -> Result<Self, NextValueError> {
        let next = match self {
            Self::Owned(value) => value.next_value(),
            // Only the owned form knows what is next, and this is the one way to it.
            Self::Borrowed(value) => value
                .as_ord_bytes()
                .and_then(|bytes| TOwned::from_ord_bytes(ByteSource::Ephemeral(&bytes)))
                .map_err(|_| NextValueError::Unsupported)?
                .next_value(),
        };
        next.map(Self::Owned)
    }
}

impl<TOwned, TBorrowed> KeyEncoding for MaybeOwned<'_, TOwned, TBorrowed>
where
    TBorrowed:
        KeyEncoding<TOwned, Error = <TOwned as KeyEncoding<TOwned>>::Error> + PartialEq + ?Sized,
    TOwned: KeyEncoding<TOwned> + PartialEq<TBorrowed>,
{
    type Error = <TOwned as KeyEncoding<TOwned>>::Error;

    const LENGTH: Option<usize> = TBorrowed::LENGTH;

    fn describe<Visitor>(visitor: &mut Visitor)
    where
        Visitor: KeyVisitor,
    {
        TBorrowed::describe(visitor);
    }

    fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error> {
        match self {
            Self::Owned(value) => value.as_ord_bytes(),
            Self::Borrowed(value) => value.as_ord_bytes(),
        }
    }
}
