//! `KeyFormat`: the encoding of keys as a `transmog` format, for collections and views whose
//! values are keys too.

use std::io::{self, ErrorKind, Read, Write};

use transmog::{BorrowedDeserializer, Format, OwnedDeserializer};

use super::{ByteSource, Key, KeyEncoding};
use crate::AnyError;

/// A serialization format that stores values as keys are stored.
#[derive(Default, Debug)]
pub struct KeyFormat;

fn not_encodable(error: impl AnyError) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, error)
}

fn not_decodable(error: impl AnyError) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, error)
}

impl<T> Format<'_, T> for KeyFormat
where
    T: KeyEncoding<T>,
{
    type Error = io::Error;

    fn serialized_size(&self, _value: &T) -> Result<Option<usize>, Self::Error> {
        Ok(T::LENGTH)
    }

    fn serialize(&self, value: &T) -> Result<Vec<u8>, Self::Error> {
        let bytes = value.as_ord_bytes().map_err(not_encodable)?;
        Ok(bytes.into_owned())
    }

    fn serialize_into<W: Write>(&self, value: &T, mut writer: W) -> Result<(), Self::Error> {
        let bytes = value.as_ord_bytes().map_err(not_encodable)?;
        writer.write_all(&bytes)
    }
}

impl<'a, T> BorrowedDeserializer<'a, T> for KeyFormat
where
    T: Key<'a>,
{
    fn deserialize_borrowed(&self, data: &'a [u8]) -> Result<T, Self::Error> {
        T::from_ord_bytes(ByteSource::Borrowed(data)).map_err(not_decodable)
    }
}

impl<T> OwnedDeserializer<T> for KeyFormat
where
    T: for<'a> Key<'a> + 'static,
{
    fn deserialize_owned(&self, data: &[u8]) -> Result<T, Self::Error> {
        T::from_ord_bytes(ByteSource::Ephemeral(data)).map_err(not_decodable)
    }

    fn deserialize_from<R: Read>(&self, mut reader: R) -> Result<T, Self::Error> {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes)?;
        T::from_ord_bytes(ByteSource::Owned(bytes)).map_err(not_decodable)
    }
}
