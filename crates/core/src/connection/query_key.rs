//! Which keys a view query asks for, typed ([`QueryKey`]) and as it is sent
//! ([`SerializedQueryKey`]).

use std::borrow::Borrow;

use arc_bytes::serde::Bytes;
use serde::{Deserialize, Serialize};

use super::{MaybeOwned, Range, RangeRef};
use crate::Error;
use crate::key::{ByteSource, Key, KeyEncoding};

/// A filter of the entries of a view by their keys.
#[derive(Debug)]
pub enum QueryKey<'k, KOwned, KBorrowed = KOwned>
where
    KBorrowed: PartialEq + ?Sized,
    KOwned: Borrow<KBorrowed> + PartialEq<KBorrowed>,
{
    /// Entries with this key.
    Matches(MaybeOwned<'k, KOwned, KBorrowed>),
    /// Entries with a key in this range.
    Range(RangeRef<'k, KOwned, KBorrowed>),
    /// Entries with one of these keys.
    Multiple(Vec<MaybeOwned<'k, KOwned, KBorrowed>>),
}

/// A [`QueryKey`] with its keys encoded.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum SerializedQueryKey {
    /// Entries with this key.
    Matches(Bytes),
    /// Entries with a key in this range.
    Range(Range<Bytes>),
    /// Entries with one of these keys.
    Multiple(Vec<Bytes>),
}

impl<KOwned, KBorrowed> Clone for QueryKey<'_, KOwned, KBorrowed>
where
    KBorrowed: PartialEq + ?Sized,
    KOwned: Borrow<KBorrowed> + PartialEq<KBorrowed> + Clone,
{
    fn clone(&self) -> Self {
        match self {
            Self::Matches(key) => Self::Matches(key.clone()),
            Self::Range(range) => Self::Range(range.clone()),
            Self::Multiple(keys) => Self::Multiple(keys.clone()),
        }
    }
}

impl<KOwned, KBorrowed> QueryKey<'_, KOwned, KBorrowed>
where
    KBorrowed: KeyEncoding<KOwned> + PartialEq + ?Sized,
    KOwned: for<'k> Key<'k> + Borrow<KBorrowed> + PartialEq<KBorrowed>,
{
    /// Encodes the keys.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Other`] with the origin `key serialization` if a key cannot be encoded.
    pub fn serialized(&self) -> Result<SerializedQueryKey, Error> {
        match self {
            Self::Matches(key) => encode(&**key).map(SerializedQueryKey::Matches),
            Self::Range(range) => range
                .as_ord_bytes()
                .map(SerializedQueryKey::Range)
                .map_err(key_error),
            Self::Multiple(keys) => keys
                .iter()
                .map(|key| encode(&**key))
                .collect::<Result<_, _>>()
                .map(SerializedQueryKey::Multiple),
        }
    }
}

impl SerializedQueryKey {
    /// Decodes the keys.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Other`] with the origin `key serialization` if a key is not a `K`.
    pub fn deserialized<K: for<'k> Key<'k> + PartialEq>(
        &self,
    ) -> Result<QueryKey<'static, K>, Error> {
        match self {
            Self::Matches(key) => decode(key).map(QueryKey::Matches),
            Self::Range(range) => range
                .deserialize()
                .map(|range| QueryKey::Range(RangeRef::owned(range)))
                .map_err(key_error),
            Self::Multiple(keys) => keys
                .iter()
                .map(decode)
                .collect::<Result<_, _>>()
                .map(QueryKey::Multiple),
        }
    }
}

fn encode<KOwned, KBorrowed>(key: &KBorrowed) -> Result<Bytes, Error>
where
    KBorrowed: KeyEncoding<KOwned> + ?Sized,
{
    let bytes = key.as_ord_bytes().map_err(key_error)?;
    Ok(Bytes(bytes.into_owned()))
}

fn decode<K: for<'k> Key<'k>>(bytes: &Bytes) -> Result<MaybeOwned<'static, K>, Error> {
    K::from_ord_bytes(ByteSource::Ephemeral(bytes))
        .map(MaybeOwned::Owned)
        .map_err(key_error)
}

fn key_error(error: impl std::error::Error) -> Error {
    Error::other("key serialization", error)
}
