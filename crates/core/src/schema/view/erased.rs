//! A view without its types: what backends keep and call.

use arc_bytes::serde::Bytes;

use crate::document::BorrowedDocument;
use crate::key::{ByteSource, Key, KeyDescription, KeyEncoding};
use crate::schema::view::{Error, SerializedView, View, ViewSchema, ViewUpdatePolicy, map};
use crate::schema::{Collection, CollectionName, MapReduce, ViewName};

/// A view whose types were erased.
pub trait Serialized: Send + Sync {
    /// Returns the collection whose documents are mapped.
    fn collection(&self) -> CollectionName;
    /// Returns the description of the view's keys.
    fn key_description(&self) -> KeyDescription;
    /// Returns when the view is brought up to date.
    fn update_policy(&self) -> ViewUpdatePolicy;
    /// Returns the version of the view's functions.
    fn version(&self) -> u64;
    /// Returns the name of the view.
    fn view_name(&self) -> ViewName;

    /// Returns the encoded mappings of `document`.
    ///
    /// # Errors
    ///
    /// [`Error::KeySerialization`], [`Error::Core`] of whatever the map function answers with.
    fn map(&self, document: &BorrowedDocument<'_>) -> Result<Vec<map::Serialized>, Error>;

    /// Reduces encoded keys and values to one encoded value.
    ///
    /// # Errors
    ///
    /// [`Error::KeySerialization`], [`Error::Core`] of whatever the reduce function answers with.
    fn reduce(&self, mappings: &[(&[u8], &[u8])], rereduce: bool) -> Result<Vec<u8>, Error>;
}

/// A view and its schema, as they were defined.
pub(crate) struct ViewDefinition<V, S> {
    pub view: V,
    pub schema: S,
}

impl<V, S> Serialized for ViewDefinition<V, S>
where
    V: SerializedView,
    S: MapReduce + ViewSchema<View = V>,
{
    fn collection(&self) -> CollectionName {
        <V::Collection as Collection>::collection_name()
    }

    fn key_description(&self) -> KeyDescription {
        KeyDescription::for_key::<<V as View>::Key>()
    }

    fn update_policy(&self) -> ViewUpdatePolicy {
        self.schema.update_policy()
    }

    fn version(&self) -> u64 {
        self.schema.version()
    }

    fn view_name(&self) -> ViewName {
        self.view.view_name()
    }

    fn map(&self, document: &BorrowedDocument<'_>) -> Result<Vec<map::Serialized>, Error> {
        self.schema
            .map(document)?
            .into_iter()
            .map(|map::Map { source, key, value }| {
                let key = key.as_ord_bytes().map_err(Error::key_serialization)?;
                Ok(map::Serialized {
                    source,
                    key: Bytes::from(key.into_owned()),
                    value: Bytes::from(V::serialize(&value)?),
                })
            })
            .collect()
    }

    fn reduce(&self, mappings: &[(&[u8], &[u8])], rereduce: bool) -> Result<Vec<u8>, Error> {
        let mappings = mappings
            .iter()
            .map(|(key, value)| {
                let key = S::MappedKey::from_ord_bytes(ByteSource::Borrowed(key))
                    .map_err(Error::key_serialization)?;
                Ok(map::MappedValue::new(key, V::deserialize(value)?))
            })
            .collect::<Result<Vec<_>, Error>>()?;
        Ok(V::serialize(&self.schema.reduce(&mappings, rereduce)?)?)
    }
}
