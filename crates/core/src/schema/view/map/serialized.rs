//! Mappings as bytes: what backends answer with.

use std::collections::BTreeMap;

use arc_bytes::serde::Bytes;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::document::{DocumentId, Header, OwnedDocument};
use crate::key::{ByteSource, Key};
use crate::schema::view::map::{CollectionMap, Map, MappedDocuments, MappedValue, ViewMappings};
use crate::schema::{SerializedView, view};

/// A mapping with encoded key and value.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Serialized {
    /// The header of the document.
    pub source: Header,
    /// The encoded key.
    pub key: Bytes,
    /// The serialized value.
    pub value: Bytes,
}

impl Serialized {
    /// Decodes key and value.
    ///
    /// # Errors
    ///
    /// [`view::Error::KeySerialization`], [`view::Error::Core`] of origin `serialization`.
    pub fn deserialized<View: SerializedView>(
        &self,
    ) -> Result<Map<View::Key, View::Value>, view::Error> {
        Ok(Map::new(
            self.source.clone(),
            decoded_key::<View>(&self.key)?,
            View::deserialize(&self.value)?,
        ))
    }

    /// Decodes all of `mappings`.
    pub(crate) fn deserialized_mappings<View: SerializedView>(
        mappings: &[Self],
    ) -> Result<ViewMappings<View>, Error> {
        mappings
            .iter()
            .map(|mapping| {
                Ok(CollectionMap {
                    source: (&mapping.source).try_into()?,
                    key: decoded_key::<View>(&mapping.key)?,
                    value: View::deserialize(&mapping.value)?,
                })
            })
            .collect()
    }
}

fn decoded_key<View: SerializedView>(key: &[u8]) -> Result<View::Key, view::Error> {
    View::Key::from_ord_bytes(ByteSource::Borrowed(key)).map_err(view::Error::key_serialization)
}

/// Mappings with encoded keys and values, and each of their documents once.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MappedSerializedDocuments {
    /// The mappings, in the order of the query.
    pub mappings: Vec<Serialized>,
    /// The documents that emitted them.
    pub documents: BTreeMap<DocumentId, OwnedDocument>,
}

impl MappedSerializedDocuments {
    /// Decodes the mappings and the ids of the documents.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `view`, `key serialization` or `serialization`.
    pub fn deserialized<View: SerializedView>(
        self,
    ) -> Result<MappedDocuments<OwnedDocument, View>, Error> {
        Ok(MappedDocuments {
            mappings: Serialized::deserialized_mappings::<View>(&self.mappings)?,
            documents: self
                .documents
                .into_iter()
                .map(|(id, document)| Ok((id.deserialize()?, document)))
                .collect::<Result<_, Error>>()?,
        })
    }
}

/// An encoded key and a serialized value.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MappedSerializedValue {
    /// The encoded key.
    pub key: Bytes,
    /// The serialized value.
    pub value: Bytes,
}

impl MappedSerializedValue {
    /// Decodes key and value.
    pub(crate) fn deserialized<View: SerializedView>(
        &self,
    ) -> Result<MappedValue<View::Key, View::Value>, Error> {
        Ok(MappedValue::new(
            decoded_key::<View>(&self.key)?,
            View::deserialize(&self.value)?,
        ))
    }
}
