//! A document that owns its contents.

use arc_bytes::serde::Bytes;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::document::{CollectionDocument, Header};
use crate::schema::SerializedCollection;

/// A document as bytes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OwnedDocument {
    /// The id and revision.
    pub header: Header,
    /// The serialized contents.
    pub contents: Bytes,
}

/// Several documents of one collection.
pub trait OwnedDocuments {
    /// Deserializes all of them.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `serialization` or `key serialization`.
    fn collection_documents<C: SerializedCollection>(
        &self,
    ) -> Result<Vec<CollectionDocument<C>>, Error>;
}

impl OwnedDocuments for [OwnedDocument] {
    fn collection_documents<C: SerializedCollection>(
        &self,
    ) -> Result<Vec<CollectionDocument<C>>, Error> {
        self.iter().map(CollectionDocument::try_from).collect()
    }
}
