//! Where the bytes of a key come from while decoding: borrowed for as long as the key may live,
//! borrowed only for the call, or owned. Decoders pick the cheapest way to build the key.

use std::borrow::Cow;
use std::ops::Deref;

/// Bytes that are about to be decoded into a key.
#[derive(Debug, Clone)]
pub enum ByteSource<'borrowed, 'ephemeral> {
    /// Bytes that outlive the decoded key, which may borrow from them.
    Borrowed(&'borrowed [u8]),
    /// Bytes that live only during the call, so the key has to copy what it keeps.
    Ephemeral(&'ephemeral [u8]),
    /// Bytes that the key may keep.
    Owned(Vec<u8>),
}

impl<'borrowed, 'ephemeral> ByteSource<'borrowed, 'ephemeral>
where
    'borrowed: 'ephemeral,
{
    /// Returns the bytes for the longer lifetime. Copies them if they are ephemeral.
    #[must_use]
    pub fn into_borrowed(self) -> Cow<'borrowed, [u8]> {
        match self {
            Self::Borrowed(bytes) => Cow::Borrowed(bytes),
            Self::Ephemeral(bytes) => Cow::Owned(bytes.to_vec()),
            Self::Owned(bytes) => Cow::Owned(bytes),
        }
    }

    /// Returns the bytes as a vector. Copies them unless they are owned already.
    #[must_use]
    pub fn into_owned(self) -> Vec<u8> {
        self.into_borrowed().into_owned()
    }
}

impl ByteSource<'_, '_> {
    /// Drops the first byte. `self` must not be empty.
    pub(super) fn without_first(self) -> Self {
        match self {
            Self::Borrowed(bytes) => Self::Borrowed(&bytes[1..]),
            Self::Ephemeral(bytes) => Self::Ephemeral(&bytes[1..]),
            Self::Owned(mut bytes) => {
                bytes.remove(0);
                Self::Owned(bytes)
            }
        }
    }
}

impl AsRef<[u8]> for ByteSource<'_, '_> {
    #[allow(clippy::match_same_arms)] // their lifetimes differ
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Ephemeral(bytes) => bytes,
            Self::Owned(bytes) => bytes,
        }
    }
}

impl Deref for ByteSource<'_, '_> {
    type Target = [u8];

    fn deref(&self) -> &Self::Target {
        self.as_ref()
    }
}

impl Default for ByteSource<'_, '_> {
    fn default() -> Self {
        Self::Owned(Vec::new())
    }
}

impl<'borrowed> From<Cow<'borrowed, [u8]>> for ByteSource<'borrowed, '_> {
    fn from(bytes: Cow<'borrowed, [u8]>) -> Self {
        match bytes {
            Cow::Borrowed(bytes) => Self::Borrowed(bytes),
            Cow::Owned(bytes) => Self::Owned(bytes),
        }
    }
}
