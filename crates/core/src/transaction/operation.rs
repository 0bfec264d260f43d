//! One operation of a transaction, and its result.

use arc_bytes::serde::Bytes;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::document::{CollectionHeader, DocumentId, HasHeader, Header, Revision};
use crate::key::KeyEncoding;
use crate::schema::{Collection, CollectionName, SerializedCollection};

/// One operation on one document.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[must_use]
pub struct Operation {
    /// The collection of the document.
    pub collection: CollectionName,
    /// What happens to it.
    pub command: Command,
}

/// What happens to a document.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Command {
    /// A new document.
    Insert {
        /// The id; without one, the next free id is assigned.
        id: Option<DocumentId>,
        /// The serialized contents.
        contents: Bytes,
    },
    /// New contents for a document of a known revision.
    Update {
        /// The document's id, and the revision that must be stored.
        header: Header,
        /// The serialized contents.
        contents: Bytes,
    },
    /// New contents for a document of any revision, or a new document.
    Overwrite {
        /// The document's id.
        id: DocumentId,
        /// The serialized contents.
        contents: Bytes,
    },
    /// The end of a document of a known revision.
    Delete {
        /// The document's id, and the revision that must be stored.
        header: Header,
    },
    /// Nothing, but the transaction fails if the document is not as expected.
    Check {
        /// The document's id.
        id: DocumentId,
        /// The revision that must be stored; without one, any will do.
        revision: Option<Revision>,
    },
}

/// What an operation did.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum OperationResult {
    /// A check held.
    Success,
    /// A document was inserted, updated or overwritten.
    DocumentUpdated {
        /// The collection of the document.
        collection: CollectionName,
        /// The header as it is stored now.
        header: Header,
    },
    /// A document was deleted.
    DocumentDeleted {
        /// The collection of the document.
        collection: CollectionName,
        /// The id it had.
        id: DocumentId,
    },
}

impl Operation {
    /// Inserts a document; without an id, the next free one is assigned.
    pub fn insert(
        collection: CollectionName,
        id: Option<DocumentId>,
        contents: impl Into<Bytes>,
    ) -> Self {
        Self {
            collection,
            command: Command::Insert {
                id,
                contents: contents.into(),
            },
        }
    }

    /// Inserts a document of `C`. A natural id is not asked for: see
    /// [`push_serialized`](Self::push_serialized).
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `serialization` or `key serialization`.
    pub fn insert_serialized<C: SerializedCollection>(
        id: Option<&C::PrimaryKey>,
        contents: &C::Contents,
    ) -> Result<Self, Error> {
        let id = id
            .map(DocumentId::new::<C::PrimaryKey, C::PrimaryKey>)
            .transpose()?;
        Ok(Self::insert(
            C::collection_name(),
            id,
            C::serialize(contents)?,
        ))
    }

    /// Inserts a document of `C` under its natural id, or the next free one.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `serialization` or `key serialization`.
    pub fn push_serialized<C: SerializedCollection>(contents: &C::Contents) -> Result<Self, Error> {
        Self::insert_serialized::<C>(C::natural_id(contents).as_ref(), contents)
    }

    /// Replaces the contents of the document of `header`, if it still has that revision.
    pub fn update(collection: CollectionName, header: Header, contents: impl Into<Bytes>) -> Self {
        Self {
            collection,
            command: Command::Update {
                header,
                contents: contents.into(),
            },
        }
    }

    /// Replaces the contents of a document of `C`, if it still has the revision of `header`.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `serialization` or `key serialization`.
    pub fn update_serialized<C: SerializedCollection>(
        header: CollectionHeader<C::PrimaryKey>,
        contents: &C::Contents,
    ) -> Result<Self, Error> {
        Ok(Self::update(
            C::collection_name(),
            Header::try_from(header)?,
            C::serialize(contents)?,
        ))
    }

    /// Stores `contents` under `id`, whatever was there.
    pub fn overwrite(
        collection: CollectionName,
        id: DocumentId,
        contents: impl Into<Bytes>,
    ) -> Self {
        Self {
            collection,
            command: Command::Overwrite {
                id,
                contents: contents.into(),
            },
        }
    }

    /// Stores a document of `C` under `id`, whatever was there.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `serialization` or `key serialization`.
    pub fn overwrite_serialized<C: SerializedCollection, Key>(
        id: &Key,
        contents: &C::Contents,
    ) -> Result<Self, Error>
    where
        Key: KeyEncoding<C::PrimaryKey> + ?Sized,
    {
        Ok(Self::overwrite(
            C::collection_name(),
            DocumentId::new::<C::PrimaryKey, Key>(id)?,
            C::serialize(contents)?,
        ))
    }

    /// Deletes the document of `header`, if it still has that revision.
    pub const fn delete(collection: CollectionName, header: Header) -> Self {
        Self {
            collection,
            command: Command::Delete { header },
        }
    }

    /// Fails the transaction unless there is a document of this id.
    pub const fn check_document_id_exists(collection: CollectionName, id: DocumentId) -> Self {
        Self {
            collection,
            command: Command::Check { id, revision: None },
        }
    }

    /// Fails the transaction unless there is a document of this id.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `key serialization`, [`Error::DocumentIdTooLong`].
    pub fn check_document_exists<C: Collection>(id: &C::PrimaryKey) -> Result<Self, Error> {
        Ok(Self::check_document_id_exists(
            C::collection_name(),
            DocumentId::new::<C::PrimaryKey, C::PrimaryKey>(id)?,
        ))
    }

    /// Fails the transaction unless the document is stored in this very revision.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `key serialization`, [`Error::DocumentIdTooLong`].
    pub fn check_document_is_current<C: Collection, H: HasHeader>(
        doc_or_header: &H,
    ) -> Result<Self, Error> {
        let Header { id, revision } = doc_or_header.header()?;
        Ok(Self {
            collection: C::collection_name(),
            command: Command::Check {
                id,
                revision: Some(revision),
            },
        })
    }
}
