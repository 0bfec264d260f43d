//! Strict decoding of ordered varints. The decoder of `ordered_varint` drops the high bits of a
//! number that is too large for the type asked for, ignores what follows the number, and takes
//! forms longer than needed. Any of these would make two different keys decode as one, so the
//! decoded number is encoded again and must give the same bytes.

use std::borrow::Cow;
use std::io::{self, ErrorKind, Write};

use ordered_varint::Variable;

/// Encodes `value`.
pub(in crate::key) fn encode<T>(value: &T) -> io::Result<Cow<'static, [u8]>>
where
    T: Variable,
{
    value.to_variable_vec().map(Cow::Owned)
}

/// Decodes `bytes`, all of them. `InvalidData` unless they are what the result encodes to,
/// `UnexpectedEof` if there are too few.
pub(in crate::key) fn decode<T>(bytes: &[u8]) -> io::Result<T>
where
    T: Variable,
{
    let value = T::decode_variable(bytes)?;
    let mut expected = Expected(bytes);
    value.encode_variable(&mut expected)?;
    if expected.0.is_empty() {
        Ok(value)
    } else {
        Err(io::Error::from(ErrorKind::InvalidData))
    }
}

/// A writer that accepts only the bytes it holds.
struct Expected<'a>(&'a [u8]);

impl Write for Expected<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self
            .0
            .strip_prefix(bytes)
            .ok_or_else(|| io::Error::from(ErrorKind::InvalidData))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
