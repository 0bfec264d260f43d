//! Keys for databases that know bytes only: an index beside the documents, kept by the program itself.

/// Returns the key of a document.
pub(crate) fn document(id: u64) -> [u8; 8] {
    id.to_be_bytes()
}

/// Returns the key of an entry of the index: its key, and the document that it is of.
pub(crate) fn entry(key: u64, id: u64) -> [u8; 16] {
    let mut entry = [0; 16];
    entry[..8].copy_from_slice(&key.to_be_bytes());
    entry[8..].copy_from_slice(&id.to_be_bytes());
    entry
}

/// Reads a number.
///
/// # Errors
///
/// If `bytes` are not 8.
pub(crate) fn number(bytes: &[u8]) -> Result<u64, std::array::TryFromSliceError> {
    bytes.try_into().map(u64::from_be_bytes)
}
