//! A document as it is stored: format, revision and contents in one value.
//!
//! `01` ‖ revision counter, 4 bytes little-endian ‖ SHA-256, 32 bytes ‖ contents

use bonsaidb_core::document::{DocumentId, Header, OwnedDocument, Revision};

use crate::Error;

/// The contents as they are, neither compressed nor encrypted.
const PLAIN: u8 = 1;

/// How many bytes stand before the contents.
const HEADER_BYTES: usize = 1 + REVISION_BYTES;

/// How many bytes a revision takes, here and in view entries.
pub(crate) const REVISION_BYTES: usize = 4 + 32;

/// Returns the stored form of a document.
pub(crate) fn pack(revision: Revision, contents: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES + contents.len());
    bytes.push(PLAIN);
    push_revision(revision, &mut bytes);
    bytes.extend_from_slice(contents);
    bytes
}

/// Takes a stored document apart; `id` is for the error.
fn split<'b>(bytes: &'b [u8], id: &[u8]) -> Result<(Revision, &'b [u8]), Error> {
    let parts = match bytes {
        [PLAIN, rest @ ..] => split_revision(rest),
        _ => None,
    };
    parts.ok_or_else(|| damaged(id))
}

/// Reads the revision of a stored document; `id` is for the error.
pub(crate) fn revision(bytes: &[u8], id: &[u8]) -> Result<Revision, Error> {
    split(bytes, id).map(|(revision, _)| revision)
}

/// Reads the header of a stored document.
pub(crate) fn header(bytes: &[u8], id: DocumentId) -> Result<Header, Error> {
    let revision = revision(bytes, &id)?;
    Ok(Header { id, revision })
}

/// Makes a document of a stored value.
pub(crate) fn document(bytes: &[u8], id: DocumentId) -> Result<OwnedDocument, Error> {
    let (revision, contents) = split(bytes, &id)?;
    Ok(OwnedDocument {
        header: Header { id, revision },
        contents: contents.to_vec().into(),
    })
}

/// Turns a stored value into a document, moving the contents.
pub(crate) fn into_document(mut bytes: Vec<u8>, id: DocumentId) -> Result<OwnedDocument, Error> {
    let header = header(&bytes, id)?;
    bytes.drain(..HEADER_BYTES);
    Ok(OwnedDocument {
        header,
        contents: bytes.into(),
    })
}

pub(crate) fn push_revision(revision: Revision, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(&revision.id.to_le_bytes());
    bytes.extend_from_slice(&revision.sha256);
}

pub(crate) fn split_revision(bytes: &[u8]) -> Option<(Revision, &[u8])> {
    let (id, rest) = bytes.split_first_chunk()?;
    let (sha256, rest) = rest.split_first_chunk()?;
    let revision = Revision {
        id: u32::from_le_bytes(*id),
        sha256: *sha256,
    };
    Some((revision, rest))
}

#[cold]
fn damaged(id: &[u8]) -> Error {
    let id = DocumentId::try_from(id)
        .map_or_else(|_| "of an impossible id".to_owned(), |id| id.to_string());
    Error::damaged(format!("document {id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_documents_read_back() {
        let first = Revision::with_id(7, b"contents");
        let bytes = pack(first, b"contents");
        assert_eq!(revision(&bytes, b"id").unwrap(), first);
        let id = DocumentId::from_u64(1);
        let copied = document(&bytes, id.clone()).unwrap();
        assert_eq!(copied.header.revision, first);
        assert_eq!(*copied.contents, b"contents");
        let moved = into_document(bytes, id).unwrap();
        assert_eq!(moved.header, copied.header);
        assert_eq!(moved.contents, copied.contents);
    }

    #[test]
    fn short_or_unknown_forms_are_errors_that_name_the_document() {
        let bytes = pack(Revision::new(b""), b"");
        for length in 0..bytes.len() {
            let error = revision(&bytes[..length], b"id").unwrap_err();
            assert!(error.to_string().contains("document id"), "{error}");
        }
        assert!(revision(&[2; 64], b"id").is_err());
    }
}
