//! The keys a document emitted: what its next state has to replace.
//!
//! One row per document with mappings: for each key its length (varint) and its bytes, ascending.

use crate::varint;

/// The stored form of `keys`.
pub(crate) fn encode<'a>(keys: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(32);
    push(keys, &mut bytes);
    bytes
}

/// Appends the stored form of `keys`.
pub(crate) fn push<'a>(keys: impl Iterator<Item = &'a [u8]>, bytes: &mut Vec<u8>) {
    for key in keys {
        varint::push(key.len() as u64, bytes);
        bytes.extend_from_slice(key);
    }
}

/// The keys of a stored row, or `None` if it is damaged.
pub(crate) fn decode(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut keys = Vec::new();
    while !bytes.is_empty() {
        let length = usize::try_from(varint::split(&mut bytes)?).ok()?;
        let (key, rest) = bytes.split_at_checked(length)?;
        keys.push(key);
        bytes = rest;
    }
    Some(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_read_back() {
        let keys = [&b""[..], b"a", &[7; 300]];
        let bytes = encode(keys.into_iter());
        assert_eq!(decode(&bytes).unwrap(), keys);
        assert!(decode(&bytes[..bytes.len() - 1]).is_none());
        assert!(decode(&[5, 1]).is_none());
    }
}
