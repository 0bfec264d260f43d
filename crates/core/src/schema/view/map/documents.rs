//! Mappings together with the documents that emitted them.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};

use crate::Error;
use crate::document::{CollectionDocument, OwnedDocument};
use crate::schema::view::map::{CollectionMap, ViewMappings};
use crate::schema::{Collection, SerializedCollection, View};

type PrimaryKeyOf<V> = <<V as View>::Collection as Collection>::PrimaryKey;

/// Mappings, and each of their documents once.
pub struct MappedDocuments<D, V: View> {
    /// The mappings, in the order of the query.
    pub mappings: ViewMappings<V>,
    /// The documents that emitted them.
    pub documents: BTreeMap<PrimaryKeyOf<V>, D>,
}

impl<D, V: View> MappedDocuments<D, V> {
    /// Returns the number of mappings.
    pub fn len(&self) -> usize {
        self.mappings.len()
    }

    /// Returns true if there are no mappings.
    pub fn is_empty(&self) -> bool {
        self.mappings.is_empty()
    }

    /// Returns the mapping at `index` with its document.
    pub fn get(&self, index: usize) -> Option<MappedDocument<'_, D, V::Key, V::Value>> {
        let mapping = self.mappings.get(index)?;
        Some(MappedDocument {
            key: &mapping.key,
            value: &mapping.value,
            document: self.documents.get(&mapping.source.id)?,
        })
    }

    /// Iterates over the mappings with their documents.
    pub const fn iter(&self) -> MappedDocumentsIter<'_, D, V> {
        MappedDocumentsIter {
            docs: self,
            next: 0,
        }
    }
}

impl<V> MappedDocuments<OwnedDocument, V>
where
    V: View,
    V::Collection: SerializedCollection,
{
    /// Deserializes the documents.
    pub(crate) fn into_collection_documents(
        self,
    ) -> Result<MappedDocuments<CollectionDocument<V::Collection>, V>, Error> {
        Ok(MappedDocuments {
            mappings: self.mappings,
            documents: self
                .documents
                .into_iter()
                .map(|(id, document)| Ok((id, CollectionDocument::try_from(&document)?)))
                .collect::<Result<_, Error>>()?,
        })
    }
}

impl<D, V> Debug for MappedDocuments<D, V>
where
    V: View,
    D: Debug,
    PrimaryKeyOf<V>: Debug,
    CollectionMap<PrimaryKeyOf<V>, V::Key, V::Value>: Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MappedDocuments")
            .field("mappings", &self.mappings)
            .field("documents", &self.documents)
            .finish()
    }
}

/// A mapping with its document.
#[derive(Debug)]
pub struct MappedDocument<'a, D, K, V> {
    /// The key.
    pub key: &'a K,
    /// The value.
    pub value: &'a V,
    /// The document that emitted them.
    pub document: &'a D,
}

/// Iterator over mappings with their documents. Mappings whose document is not there are left out.
#[must_use]
pub struct MappedDocumentsIter<'a, D, V: View> {
    docs: &'a MappedDocuments<D, V>,
    next: usize,
}

impl<D, V: View> Debug for MappedDocumentsIter<'_, D, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MappedDocumentsIter")
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

impl<'a, D, V: View> Iterator for MappedDocumentsIter<'a, D, V> {
    type Item = MappedDocument<'a, D, V::Key, V::Value>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.next < self.docs.len() {
            self.next += 1;
            if let Some(mapped) = self.docs.get(self.next - 1) {
                return Some(mapped);
            }
        }
        None
    }
}

impl<'a, D, V: View> IntoIterator for &'a MappedDocuments<D, V> {
    type IntoIter = MappedDocumentsIter<'a, D, V>;
    type Item = MappedDocument<'a, D, V::Key, V::Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
