//! Writes composite keys, field by field, into one buffer.

use std::borrow::Cow;

use super::{
    AllowNullBytes, CompositeKeyError, CompositeKeyNullHandler, DenyNullBytes, EscapeNullBytes,
};
use crate::key::{IncorrectByteLength, Key, KeyEncoding};

/// Encodes several values into one key, which sorts by the first value, then by the second, and so
/// on. [`CompositeKeyDecoder`](super::CompositeKeyDecoder) gets them back.
///
/// ```
/// use bonsaidb_core::key::{ByteSource, CompositeKeyDecoder, CompositeKeyEncoder};
///
/// let mut encoder = CompositeKeyEncoder::default();
/// encoder.encode::<String, _>("name").unwrap();
/// encoder.encode(&7_u32).unwrap();
/// let key = encoder.finish();
///
/// let mut decoder = CompositeKeyDecoder::default_for(ByteSource::Borrowed(&key));
/// assert_eq!(decoder.decode::<String>().unwrap(), "name");
/// assert_eq!(decoder.decode::<u32>().unwrap(), 7);
/// decoder.finish().unwrap();
/// ```
#[derive(Debug)]
pub struct CompositeKeyEncoder<NullHandling = EscapeNullBytes> {
    bytes: Vec<u8>,
    null_handling: NullHandling,
}

impl Default for CompositeKeyEncoder<EscapeNullBytes> {
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            null_handling: EscapeNullBytes,
        }
    }
}

impl CompositeKeyEncoder<AllowNullBytes> {
    /// Returns an encoder that allows null bytes. It writes what the default one writes.
    #[must_use]
    pub const fn allowing_null_bytes() -> Self {
        Self {
            bytes: Vec::new(),
            null_handling: AllowNullBytes,
        }
    }
}

impl CompositeKeyEncoder<DenyNullBytes> {
    /// Returns an encoder that rejects variable-length fields which contain null bytes.
    #[must_use]
    pub const fn denying_null_bytes() -> Self {
        Self {
            bytes: Vec::new(),
            null_handling: DenyNullBytes,
        }
    }
}

impl<NullHandling> CompositeKeyEncoder<NullHandling>
where
    NullHandling: CompositeKeyNullHandler,
{
    /// Appends `value` as a field of type `K`.
    ///
    /// # Errors
    ///
    /// Returns an error, and appends nothing, if
    ///
    /// - `value` cannot be encoded,
    /// - `K` has a fixed length and `value` encodes to another one,
    /// - the field contains a null byte and this encoder denies them, or
    /// - the field, not of a fixed length, takes more than 65,535 bytes after escaping.
    pub fn encode<'k, K: Key<'k>, T: KeyEncoding<K> + ?Sized>(
        &mut self,
        value: &'k T,
    ) -> Result<(), CompositeKeyError> {
        self.encode_field::<K, T>(value)
    }

    /// As [`encode`](Self::encode), also for types that are not a key for the lifetime of `value`.
    pub(in crate::key) fn encode_field<K: KeyEncoding<K>, T: KeyEncoding<K> + ?Sized>(
        &mut self,
        value: &T,
    ) -> Result<(), CompositeKeyError> {
        let field = value.as_ord_bytes().map_err(CompositeKeyError::new)?;
        // The length of the key type counts, since it is what decoding knows.
        match <K as KeyEncoding<K>>::LENGTH {
            Some(length) if length == field.len() => {
                self.bytes.extend_from_slice(&field);
                Ok(())
            }
            Some(_) => Err(CompositeKeyError::new(IncorrectByteLength)),
            None => self.append_variable(field),
        }
    }

    fn append_variable(&mut self, field: Cow<'_, [u8]>) -> Result<(), CompositeKeyError> {
        let start = self.bytes.len();
        self.bytes.reserve(field.len() + 1);
        let appended = self
            .null_handling
            .append(field, &mut self.bytes)
            .and_then(|()| Ok(u16::try_from(self.bytes.len() - start)?));
        match appended {
            Ok(_) => self.bytes.push(0),
            Err(_) => self.bytes.truncate(start),
        }
        appended.map(|_| ())
    }

    /// Returns the key.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }
}
