//! What happens to null bytes in fields of variable length. A null byte ends such a field, so one
//! inside it must be written differently, and reading must turn it back. See the
//! [table](super) for the bytes.

use std::borrow::Cow;
use std::io::{self, ErrorKind};

use super::{CompositeKeyError, CompositeKeyFieldContainsNullByte};
use crate::key::ByteSource;

/// Stands before an escaped byte.
const ESCAPE: u8 = 1;
/// The largest byte that needs to be escaped: itself and the null byte do.
const LAST_ESCAPED: u8 = ESCAPE;

/// A rule for null bytes in the variable-length fields of a composite key.
pub trait CompositeKeyNullHandler {
    /// Makes the bytes of a field ready for being ended by a null byte.
    ///
    /// # Errors
    ///
    /// Returns an error if the rule forbids what the field contains.
    fn handle_nulls(&self, encoded: &mut Cow<'_, [u8]>) -> Result<(), CompositeKeyError>;

    /// Reverts [`handle_nulls`](Self::handle_nulls).
    ///
    /// # Errors
    ///
    /// Returns an error if `handle_nulls` could not have returned `encoded`.
    fn decode_nulls_if_needed<'b, 'e>(
        &self,
        encoded: ByteSource<'b, 'e>,
    ) -> Result<ByteSource<'b, 'e>, CompositeKeyError>;

    /// Appends to `key` what [`handle_nulls`](Self::handle_nulls) makes of `field`.
    ///
    /// # Errors
    ///
    /// As `handle_nulls`.
    #[doc(hidden)]
    fn append(&self, field: Cow<'_, [u8]>, key: &mut Vec<u8>) -> Result<(), CompositeKeyError> {
        let mut field = field;
        self.handle_nulls(&mut field)?;
        key.extend_from_slice(&field);
        Ok(())
    }
}

/// Escapes null bytes, so that fields may contain them. This is the default.
#[derive(Default, Debug, Clone, Copy)]
pub struct EscapeNullBytes;

/// Allows null bytes.
///
/// They are escaped just as by [`EscapeNullBytes`]: nothing else could keep both the end of the
/// field and the order of the keys.
#[derive(Default, Debug, Clone, Copy)]
pub struct AllowNullBytes;

/// Rejects fields that contain null bytes.
///
/// What passes is encoded as by the other rules (a byte `01` still needs its escape), so the three
/// write the same bytes for the same fields, and decode each other's. Decoding does not reject
/// null bytes: a key written before the rule was chosen stays readable.
#[derive(Default, Debug, Clone, Copy)]
pub struct DenyNullBytes;

macro_rules! impl_null_handler {
    ($($handler:ident => $check:expr),+ $(,)?) => {$(
        impl CompositeKeyNullHandler for $handler {
            fn handle_nulls(&self, encoded: &mut Cow<'_, [u8]>) -> Result<(), CompositeKeyError> {
                $check(encoded)?;
                if needs_escape(encoded) {
                    let mut escaped = Vec::with_capacity(encoded.len() + 8);
                    append_escaped(encoded, &mut escaped);
                    *encoded = Cow::Owned(escaped);
                }
                Ok(())
            }

            fn decode_nulls_if_needed<'b, 'e>(
                &self,
                encoded: ByteSource<'b, 'e>,
            ) -> Result<ByteSource<'b, 'e>, CompositeKeyError> {
                if needs_escape(&encoded) {
                    Ok(ByteSource::Owned(unescaped(&encoded)?))
                } else {
                    Ok(encoded)
                }
            }

            fn append(
                &self,
                field: Cow<'_, [u8]>,
                key: &mut Vec<u8>,
            ) -> Result<(), CompositeKeyError> {
                $check(&field)?;
                append_escaped(&field, key);
                Ok(())
            }
        }
    )+};
}

impl_null_handler! {
    EscapeNullBytes => accept,
    AllowNullBytes => accept,
    DenyNullBytes => deny_nulls,
}

#[allow(clippy::unnecessary_wraps)] // the other check can fail
fn accept(_: &[u8]) -> Result<(), CompositeKeyError> {
    Ok(())
}

fn deny_nulls(field: &[u8]) -> Result<(), CompositeKeyError> {
    if field.contains(&0) {
        let error = io::Error::new(ErrorKind::InvalidData, CompositeKeyFieldContainsNullByte);
        Err(CompositeKeyError::from(error))
    } else {
        Ok(())
    }
}

fn needs_escape(bytes: &[u8]) -> bool {
    bytes.iter().any(|&byte| byte <= LAST_ESCAPED)
}

fn append_escaped(bytes: &[u8], escaped: &mut Vec<u8>) {
    let mut rest = bytes;
    while let Some(index) = rest.iter().position(|&byte| byte <= LAST_ESCAPED) {
        escaped.extend_from_slice(&rest[..index]);
        escaped.extend_from_slice(&[ESCAPE, rest[index] + 1]);
        rest = &rest[index + 1..];
    }
    escaped.extend_from_slice(rest);
}

fn unescaped(escaped: &[u8]) -> Result<Vec<u8>, CompositeKeyError> {
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut rest = escaped;
    while let Some(index) = rest.iter().position(|&byte| byte <= LAST_ESCAPED) {
        bytes.extend_from_slice(&rest[..index]);
        match rest[index..] {
            [ESCAPE, byte @ 1..=2, ..] => bytes.push(byte - 1),
            _ => return Err(invalid_escape()),
        }
        rest = &rest[index + 2..];
    }
    bytes.extend_from_slice(rest);
    Ok(bytes)
}

fn invalid_escape() -> CompositeKeyError {
    let message = "a field of a composite key contains an invalid escape sequence";
    CompositeKeyError::from(io::Error::new(ErrorKind::InvalidData, message))
}
