//! Reads composite keys, field by field.

use std::io::{self, ErrorKind};
use std::ops::Range;

use super::{
    AllowNullBytes, CompositeKeyError, CompositeKeyNullHandler, DenyNullBytes, EscapeNullBytes,
};
use crate::key::{ByteSource, Key};

/// Decodes the values that a [`CompositeKeyEncoder`](super::CompositeKeyEncoder) put into one key.
#[derive(Debug)]
pub struct CompositeKeyDecoder<'key, 'ephemeral, NullHandling = EscapeNullBytes> {
    bytes: ByteSource<'key, 'ephemeral>,
    offset: usize,
    null_handling: NullHandling,
}

impl<'key, 'ephemeral> CompositeKeyDecoder<'key, 'ephemeral, EscapeNullBytes> {
    /// Returns a decoder of a key that the default encoder wrote.
    #[must_use]
    pub fn default_for(bytes: ByteSource<'key, 'ephemeral>) -> Self {
        Self::new(bytes, EscapeNullBytes)
    }
}

impl<'key, 'ephemeral> CompositeKeyDecoder<'key, 'ephemeral, AllowNullBytes> {
    /// Returns a decoder of a key whose encoder allowed null bytes.
    #[must_use]
    pub fn allowing_null_bytes(bytes: ByteSource<'key, 'ephemeral>) -> Self {
        Self::new(bytes, AllowNullBytes)
    }
}

impl<'key, 'ephemeral> CompositeKeyDecoder<'key, 'ephemeral, DenyNullBytes> {
    /// Returns a decoder of a key whose encoder denied null bytes.
    #[must_use]
    pub fn denying_null_bytes(bytes: ByteSource<'key, 'ephemeral>) -> Self {
        Self::new(bytes, DenyNullBytes)
    }
}

impl<'key, 'ephemeral, NullHandling> CompositeKeyDecoder<'key, 'ephemeral, NullHandling>
where
    NullHandling: CompositeKeyNullHandler,
{
    fn new(bytes: ByteSource<'key, 'ephemeral>, null_handling: NullHandling) -> Self {
        Self {
            bytes,
            offset: 0,
            null_handling,
        }
    }

    /// Decodes the next field.
    ///
    /// The value may borrow from the key if the key is [`ByteSource::Borrowed`] and the field
    /// contains no escaped bytes.
    ///
    /// # Errors
    ///
    /// Returns an error which wraps
    ///
    /// - an [`io::Error`] of kind `UnexpectedEof` if the key ends before the field does,
    /// - an [`io::Error`] of kind `InvalidData` if an escaped byte is damaged, or
    /// - the error of `T` if the field is not a `T`.
    pub fn decode<T: Key<'key>>(&mut self) -> Result<T, CompositeKeyError> {
        let field = if let Some(length) = T::LENGTH {
            self.take_fixed(length)?
        } else {
            let escaped = self.take_terminated()?;
            self.null_handling
                .decode_nulls_if_needed(self.slice(escaped))?
        };
        T::from_ord_bytes(field).map_err(CompositeKeyError::new)
    }

    /// Ends decoding.
    ///
    /// # Errors
    ///
    /// Returns an error which wraps an [`io::Error`] of kind `InvalidData` if there are bytes left.
    pub fn finish(self) -> Result<(), CompositeKeyError> {
        if self.offset == self.bytes.len() {
            Ok(())
        } else {
            let message = "bytes left after the last field of a composite key";
            Err(CompositeKeyError::from(io::Error::new(
                ErrorKind::InvalidData,
                message,
            )))
        }
    }

    fn take_fixed(&mut self, length: usize) -> Result<ByteSource<'key, '_>, CompositeKeyError> {
        if self.bytes.len() - self.offset < length {
            return Err(end_of_key());
        }
        let field = self.offset..self.offset + length;
        self.offset = field.end;
        Ok(self.slice(field))
    }

    fn take_terminated(&mut self) -> Result<Range<usize>, CompositeKeyError> {
        let length = self.bytes[self.offset..]
            .iter()
            .position(|&byte| byte == 0)
            .ok_or_else(end_of_key)?;
        let field = self.offset..self.offset + length;
        self.offset = field.end + 1;
        Ok(field)
    }

    fn slice(&self, range: Range<usize>) -> ByteSource<'key, '_> {
        match &self.bytes {
            ByteSource::Borrowed(bytes) => ByteSource::Borrowed(&bytes[range]),
            ByteSource::Ephemeral(bytes) => ByteSource::Ephemeral(&bytes[range]),
            ByteSource::Owned(bytes) => ByteSource::Ephemeral(&bytes[range]),
        }
    }
}

fn end_of_key() -> CompositeKeyError {
    CompositeKeyError::from(io::Error::from(ErrorKind::UnexpectedEof))
}
