//! Mappings: what map functions emit, and what queries answer with.

mod documents;
mod mappings;
mod serialized;

pub use documents::{MappedDocument, MappedDocuments, MappedDocumentsIter};
pub use mappings::{Mappings, MappingsIntoIter, MappingsIter};
pub use serialized::{MappedSerializedDocuments, MappedSerializedValue, Serialized};

use crate::document::{CollectionHeader, Header};
use crate::schema::{Collection, View, ViewSchema};

/// A key and a value that a document emitted.
#[derive(Eq, PartialEq, Debug)]
pub struct Map<K = (), V = ()> {
    /// The header of the document.
    pub source: Header,
    /// The key.
    pub key: K,
    /// The value.
    pub value: V,
}

impl<K, V> Map<K, V> {
    /// Returns the mapping.
    pub const fn new(source: Header, key: K, value: V) -> Self {
        Self { source, key, value }
    }
}

/// A key and a value that a document of a known collection emitted.
#[derive(Eq, PartialEq, Debug)]
pub struct CollectionMap<PrimaryKey, K = (), V = ()> {
    /// The header of the document.
    pub source: CollectionHeader<PrimaryKey>,
    /// The key.
    pub key: K,
    /// The value.
    pub value: V,
}

/// The mappings a query answers with.
pub type ViewMappings<V> = Vec<
    CollectionMap<
        <<V as View>::Collection as Collection>::PrimaryKey,
        <V as View>::Key,
        <V as View>::Value,
    >,
>;

/// A key and a value.
#[derive(Clone, Eq, PartialEq, Debug)]
pub struct MappedValue<K, V> {
    /// The key.
    pub key: K,
    /// The value.
    pub value: V,
}

impl<K, V> MappedValue<K, V> {
    /// Returns the pair.
    pub const fn new(key: K, value: V) -> Self {
        Self { key, value }
    }
}

/// A key and a value as a view's reduce function sees them.
pub type ViewMappedValue<'doc, V> =
    MappedValue<<V as ViewSchema>::MappedKey<'doc>, <<V as ViewSchema>::View as View>::Value>;
