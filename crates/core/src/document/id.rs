//! The encoded primary key of a document.

use std::borrow::Cow;
use std::fmt::{self, Debug, Display, Write};
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Error;
use crate::actionable::Identifier;
use crate::key::{ByteSource, Key, KeyEncoding, KeyKind, KeyVisitor};

/// A primary key as bytes, at most [`MAX_LENGTH`](Self::MAX_LENGTH) of them.
///
/// Ids compare as their bytes do, which is as the keys do that they were made from. Ids up to 30
/// bytes never allocate; longer ones share their bytes when cloned.
#[derive(Clone)]
pub struct DocumentId(Bytes);

const INLINE: usize = 30;

#[derive(Clone)]
enum Bytes {
    Inline { length: u8, bytes: [u8; INLINE] },
    Shared(Arc<[u8]>),
}

/// A text that is not hexadecimal.
#[derive(Debug, thiserror::Error)]
#[error("invalid hexadecimal")]
pub struct InvalidHexadecimal;

impl DocumentId {
    /// The greatest number of bytes in an id.
    pub const MAX_LENGTH: usize = 65_535;

    /// Encodes `value` as the id of a document whose primary key is `PrimaryKey`.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `key serialization` if the key cannot be encoded,
    /// [`Error::DocumentIdTooLong`].
    pub fn new<PrimaryKey: for<'k> Key<'k>, PrimaryKeyRef: KeyEncoding<PrimaryKey> + ?Sized>(
        value: &PrimaryKeyRef,
    ) -> Result<Self, Error> {
        let bytes = value
            .as_ord_bytes()
            .map_err(|error| Error::other("key serialization", error))?;
        Self::try_from(&bytes[..])
    }

    /// Returns the id of the `u64` key `id`.
    pub fn from_u64(id: u64) -> Self {
        Self::inline(&id.to_be_bytes())
    }

    /// Returns the id of the `u32` key `id`.
    pub fn from_u32(id: u32) -> Self {
        Self::inline(&id.to_be_bytes())
    }

    fn inline(source: &[u8]) -> Self {
        let mut bytes = [0; INLINE];
        bytes[..source.len()].copy_from_slice(source);
        #[allow(clippy::cast_possible_truncation)] // at most INLINE
        let length = source.len() as u8;
        Self(Bytes::Inline { length, bytes })
    }

    /// Decodes the primary key.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `key serialization` if the bytes are not such a key.
    pub fn deserialize<'k, PrimaryKey: Key<'k>>(&'k self) -> Result<PrimaryKey, Error> {
        PrimaryKey::from_ord_bytes(ByteSource::Borrowed(self))
            .map_err(|error| Error::other("key serialization", error))
    }

    /// The bytes as text, if they are printable ASCII.
    fn printable(&self) -> Option<&str> {
        self.iter()
            .all(|byte| (32..=127).contains(byte))
            .then(|| std::str::from_utf8(self).ok())
            .flatten()
    }
}

impl Deref for DocumentId {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Bytes::Inline { length, bytes } => &bytes[..usize::from(*length)],
            Bytes::Shared(bytes) => bytes,
        }
    }
}

impl Default for DocumentId {
    fn default() -> Self {
        Self::inline(&[])
    }
}

impl PartialEq for DocumentId {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for DocumentId {}

impl PartialOrd for DocumentId {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for DocumentId {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (**self).cmp(&**other)
    }
}

impl Hash for DocumentId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl TryFrom<&[u8]> for DocumentId {
    type Error = Error;

    fn try_from(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() <= INLINE {
            Ok(Self::inline(bytes))
        } else if bytes.len() <= Self::MAX_LENGTH {
            Ok(Self(Bytes::Shared(bytes.into())))
        } else {
            Err(Error::DocumentIdTooLong)
        }
    }
}

impl TryFrom<Cow<'_, [u8]>> for DocumentId {
    type Error = Error;

    fn try_from(bytes: Cow<'_, [u8]>) -> Result<Self, Error> {
        Self::try_from(&*bytes)
    }
}

impl<const N: usize> TryFrom<[u8; N]> for DocumentId {
    type Error = Error;

    fn try_from(bytes: [u8; N]) -> Result<Self, Error> {
        Self::try_from(&bytes[..])
    }
}

impl From<DocumentId> for Identifier<'_> {
    fn from(id: DocumentId) -> Self {
        Identifier::from(id.to_vec())
    }
}

impl<'a> From<&'a DocumentId> for Identifier<'a> {
    fn from(id: &'a DocumentId) -> Self {
        Identifier::from(&**id)
    }
}

impl<'k> Key<'k> for DocumentId {
    const CAN_OWN_BYTES: bool = false;

    fn from_ord_bytes<'e>(bytes: ByteSource<'k, 'e>) -> Result<Self, Self::Error> {
        Self::try_from(bytes.as_ref())
    }
}

impl<PrimaryKey> KeyEncoding<PrimaryKey> for DocumentId
where
    PrimaryKey: for<'pk> Key<'pk>,
{
    type Error = Error;

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

impl Serialize for DocumentId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self)
    }
}

impl<'de> Deserialize<'de> for DocumentId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(IdVisitor)
    }
}

struct IdVisitor;

impl<'de> Visitor<'de> for IdVisitor {
    type Value = DocumentId;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the bytes of a document id")
    }

    fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        DocumentId::try_from(bytes).map_err(E::custom)
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = seq.next_element()? {
            bytes.push(byte);
        }
        DocumentId::try_from(&bytes[..]).map_err(serde::de::Error::custom)
    }
}

/// Printable bytes without `$` as text; otherwise the number of leading zeros in hexadecimal
/// (nothing for none), `$`, and the other bytes in hexadecimal without a leading zero digit.
impl Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = self.printable().filter(|text| !text.contains('$')) {
            return f.pad(text);
        }
        let zeros = self.iter().take_while(|byte| **byte == 0).count();
        if zeros > 0 {
            write!(f, "{zeros:x}")?;
        }
        f.write_char('$')?;
        let mut rest = self[zeros..].iter();
        if let Some(first) = rest.next() {
            write!(f, "{first:x}")?;
        }
        rest.try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Debug for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = self.printable() {
            return write!(f, "DocumentId({})", text.escape_debug());
        }
        f.write_str("DocumentId(")?;
        self.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_char(')')
    }
}

impl FromStr for DocumentId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let Some((zeros, digits)) = text.split_once('$') else {
            return Self::try_from(text.as_bytes());
        };
        if zeros.len() > 5 {
            return Err(Error::DocumentIdTooLong);
        }
        let zeros = zeros.bytes().try_fold(0_usize, |count, digit| {
            Ok::<_, Error>(count << 4 | usize::from(hex_digit(digit)?))
        })?;
        let length = zeros + digits.len().div_ceil(2);
        if length > Self::MAX_LENGTH {
            return Err(Error::DocumentIdTooLong);
        }
        let mut bytes = vec![0; length];
        for (index, digit) in digits.bytes().rev().enumerate() {
            bytes[length - 1 - index / 2] |= hex_digit(digit)? << (index % 2 * 4);
        }
        Self::try_from(&bytes[..])
    }
}

fn hex_digit(digit: u8) -> Result<u8, InvalidHexadecimal> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        _ => Err(InvalidHexadecimal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(bytes: &[u8]) -> DocumentId {
        DocumentId::try_from(bytes).unwrap()
    }

    #[test]
    fn text_form_is_printable_text_or_zeros_and_hexadecimal() {
        for (bytes, text) in [
            (&b"hello"[..], "hello"),
            (b"", ""),
            (&[0, 0x0a, 0xaf, 0xfa], "1$aaffa"),
            (&[0x11], "$11"),
            (&[0; 63], "3f$"),
            (&42_u64.to_be_bytes(), "7$2a"),
            (&1_u128.to_be_bytes(), "f$1"),
            (b"a$b", "$612462"),
        ] {
            assert_eq!(id(bytes).to_string(), text);
            assert_eq!(text.parse::<DocumentId>().unwrap(), id(bytes), "{text}");
        }
    }

    #[test]
    fn impossible_texts_are_errors() {
        assert!(matches!(
            "123456$".parse::<DocumentId>(),
            Err(Error::DocumentIdTooLong)
        ));
        assert!(matches!(
            "ffff$1".parse::<DocumentId>(),
            Err(Error::DocumentIdTooLong)
        ));
        let Err(Error::Other { origin, .. }) = "1$xy".parse::<DocumentId>() else {
            panic!("hexadecimal expected");
        };
        assert_eq!(origin, "invalid hexadecimal");
    }

    #[test]
    fn ids_of_any_allowed_length_keep_their_bytes() {
        for length in [0, 1, 29, 30, 31, 100, DocumentId::MAX_LENGTH] {
            let bytes = vec![7; length];
            assert_eq!(&*id(&bytes), &bytes[..]);
            assert_eq!(
                id(&bytes).to_string().parse::<DocumentId>().unwrap(),
                id(&bytes)
            );
        }
        assert!(DocumentId::try_from(&vec![0; DocumentId::MAX_LENGTH + 1][..]).is_err());
        assert_eq!(size_of::<DocumentId>(), 32);
    }

    #[test]
    fn debug_shows_text_or_hexadecimal() {
        assert_eq!(format!("{:?}", id(b"a\"b")), "DocumentId(a\\\"b)");
        assert_eq!(format!("{:?}", id(&[0, 255])), "DocumentId(00ff)");
    }

    #[test]
    fn serde_round_trips_through_bytes_and_sequences() {
        let long = id(&[9; 40]);
        let bytes = pot::to_vec(&long).unwrap();
        assert_eq!(pot::from_slice::<DocumentId>(&bytes).unwrap(), long);
        assert_eq!(
            serde_json::from_str::<DocumentId>("[1,2]").unwrap(),
            id(&[1, 2])
        );
    }
}
