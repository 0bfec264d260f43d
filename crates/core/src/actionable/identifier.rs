//! One segment of a resource's name.
//!
//! Two identifiers are equal when their bytes are, whichever variant they are: `"a"` equals `b"a"`, and an integer
//! is its eight big-endian bytes. [`Identifier::Any`] has no bytes and equals itself alone. Statements are matched
//! by that equality, so a session cannot gain or lose anything by spelling an id differently.

use std::borrow::Cow;
use std::fmt::{self, Display, Write};
use std::hash::{Hash, Hasher};
use std::ops::Deref;

use arc_bytes::serde::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One segment of a [`ResourceName`](super::ResourceName).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Identifier<'a> {
    /// In a statement: whatever stands at this place.
    Any,
    /// A number.
    Integer(u64),
    /// Text.
    String(Cow<'a, str>),
    /// Bytes.
    Bytes(
        #[serde(
            serialize_with = "serialize_bytes",
            deserialize_with = "deserialize_bytes"
        )]
        Cow<'a, [u8]>,
    ),
}

impl Identifier<'_> {
    /// Returns a copy that borrows nothing.
    pub fn to_owned(&self) -> Identifier<'static> {
        match self {
            Self::Any => Identifier::Any,
            Self::Integer(value) => Identifier::Integer(*value),
            Self::String(text) => Identifier::String(Cow::Owned(text.as_ref().to_owned())),
            Self::Bytes(bytes) => Identifier::Bytes(Cow::Owned(bytes.as_ref().to_owned())),
        }
    }

    /// Returns the bytes by which this identifier is compared, or `None` for [`Identifier::Any`].
    pub(super) fn bytes(&self) -> Option<IdentifierBytes<'_>> {
        match self {
            Self::Any => None,
            Self::Integer(value) => Some(IdentifierBytes::Integer(value.to_be_bytes())),
            Self::String(text) => Some(IdentifierBytes::Borrowed(text.as_bytes())),
            Self::Bytes(bytes) => Some(IdentifierBytes::Borrowed(bytes)),
        }
    }
}

/// The bytes of an identifier, without an allocation.
pub(super) enum IdentifierBytes<'a> {
    Borrowed(&'a [u8]),
    Integer([u8; 8]),
}

impl Deref for IdentifierBytes<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Integer(bytes) => bytes,
        }
    }
}

impl<'b> PartialEq<Identifier<'b>> for Identifier<'_> {
    fn eq(&self, other: &Identifier<'b>) -> bool {
        match (self.bytes(), other.bytes()) {
            (None, None) => true,
            (Some(left), Some(right)) => *left == *right,
            _ => false,
        }
    }
}

impl Eq for Identifier<'_> {}

impl Hash for Identifier<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bytes().as_deref().hash(state);
    }
}

impl Display for Identifier<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_char('*'),
            Self::Integer(value) => Display::fmt(value, f),
            Self::String(text) => Display::fmt(text, f),
            Self::Bytes(bytes) => {
                f.write_char('$')?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
    }
}

impl From<u64> for Identifier<'_> {
    fn from(value: u64) -> Self {
        Self::Integer(value)
    }
}

impl<'a> From<&'a str> for Identifier<'a> {
    fn from(text: &'a str) -> Self {
        Self::String(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Identifier<'a> {
    fn from(text: &'a String) -> Self {
        Self::String(Cow::Borrowed(text))
    }
}

impl From<String> for Identifier<'_> {
    fn from(text: String) -> Self {
        Self::String(Cow::Owned(text))
    }
}

impl<'a> From<&'a [u8]> for Identifier<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(Cow::Borrowed(bytes))
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Identifier<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Self::Bytes(Cow::Borrowed(bytes))
    }
}

impl<const N: usize> From<[u8; N]> for Identifier<'_> {
    fn from(bytes: [u8; N]) -> Self {
        Self::Bytes(Cow::Owned(bytes.to_vec()))
    }
}

impl<'a> From<&'a Vec<u8>> for Identifier<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self::Bytes(Cow::Borrowed(bytes))
    }
}

impl From<Vec<u8>> for Identifier<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(Cow::Owned(bytes))
    }
}

// Serde's own form of `Cow<[u8]>` is a sequence of numbers, twice the size.
fn serialize_bytes<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}

fn deserialize_bytes<'de, 'a, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Cow<'a, [u8]>, D::Error> {
    Bytes::deserialize(deserializer).map(|bytes| Cow::Owned(bytes.into_vec()))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn equality_and_hash_look_at_bytes() {
        let text = Identifier::from("abcdefgh");
        let bytes = Identifier::from(b"abcdefgh");
        let integer = Identifier::from(u64::from_be_bytes(*b"abcdefgh"));
        assert_eq!(text, bytes);
        assert_eq!(bytes, integer);
        let set = HashSet::from([text, bytes, integer]);
        assert_eq!(set.len(), 1);
    }

    #[test]
    fn any_equals_only_any() {
        assert_eq!(Identifier::Any, Identifier::Any);
        assert_ne!(Identifier::Any, Identifier::from(""));
        assert_ne!(Identifier::from("*"), Identifier::Any);
    }

    #[test]
    fn display_tells_the_variants_apart() {
        assert_eq!(Identifier::Any.to_string(), "*");
        assert_eq!(Identifier::from(42).to_string(), "42");
        assert_eq!(Identifier::from("text").to_string(), "text");
        assert_eq!(Identifier::from([0x0a_u8, 0xff]).to_string(), "$0aff");
    }

    #[test]
    fn every_variant_survives_serialization() {
        for identifier in [
            Identifier::Any,
            Identifier::from(7),
            Identifier::from("text"),
            Identifier::from(vec![0, 1, 255]),
        ] {
            let bytes = pot::to_vec(&identifier).expect("serializes");
            let back: Identifier<'static> = pot::from_slice(&bytes).expect("deserializes");
            assert_eq!(back, identifier);
            assert_eq!(back.to_string(), identifier.to_string(), "same variant");
        }
    }
}
