//! How map functions make mappings: each carries the header of its document.

use crate::Error;
use crate::document::{CollectionHeader, Header};
use crate::key::Key;
use crate::schema::view::map::{Map, Mappings};

/// Makes mappings of a document.
pub trait Emit {
    /// Emits the document without key or value.
    ///
    /// # Errors
    ///
    /// As [`emit_key_and_value`](Self::emit_key_and_value).
    fn emit(&self) -> Result<Mappings<(), ()>, Error> {
        self.emit_key_and_value((), ())
    }

    /// Emits the document if `condition` holds, without key or value.
    ///
    /// # Errors
    ///
    /// As [`emit_key_and_value`](Self::emit_key_and_value).
    fn emit_if(&self, condition: bool) -> Result<Mappings<(), ()>, Error> {
        if condition {
            self.emit()
        } else {
            Ok(Mappings::default())
        }
    }

    /// Emits the document under `key`.
    ///
    /// # Errors
    ///
    /// As [`emit_key_and_value`](Self::emit_key_and_value).
    fn emit_key<K>(&self, key: K) -> Result<Mappings<K, ()>, Error> {
        self.emit_key_and_value(key, ())
    }

    /// Emits `value` without key.
    ///
    /// # Errors
    ///
    /// As [`emit_key_and_value`](Self::emit_key_and_value).
    fn emit_value<Value>(&self, value: Value) -> Result<Mappings<(), Value>, Error> {
        self.emit_key_and_value((), value)
    }

    /// Emits `value` under `key`.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `key serialization` if the document's id cannot be encoded.
    fn emit_key_and_value<K, Value>(
        &self,
        key: K,
        value: Value,
    ) -> Result<Mappings<K, Value>, Error>;
}

impl Emit for Header {
    fn emit_key_and_value<K, Value>(
        &self,
        key: K,
        value: Value,
    ) -> Result<Mappings<K, Value>, Error> {
        Ok(Mappings::Simple(Some(Map::new(self.clone(), key, value))))
    }
}

impl<PrimaryKey: for<'k> Key<'k>> Emit for CollectionHeader<PrimaryKey> {
    fn emit_key_and_value<K, Value>(
        &self,
        key: K,
        value: Value,
    ) -> Result<Mappings<K, Value>, Error> {
        Header::try_from(self)?.emit_key_and_value(key, value)
    }
}
