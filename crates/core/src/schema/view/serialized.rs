//! Views whose values can be stored.

use serde::Serialize;
use serde::de::DeserializeOwned;
use transmog::{Format, OwnedDeserializer};
use transmog_pot::Pot;

use crate::Error;
use crate::connection::{self, AsyncConnection, Connection};
use crate::schema::view::View;

/// A view whose values can be stored.
pub trait SerializedView: View {
    /// How values become bytes. Keys have an encoding of their own.
    type Format: OwnedDeserializer<Self::Value>;

    /// Returns the format.
    fn format() -> Self::Format;

    /// Deserializes a value.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `serialization`.
    fn deserialize(data: &[u8]) -> Result<Self::Value, Error> {
        Self::format()
            .deserialize_owned(data)
            .map_err(|error| Error::other("serialization", error))
    }

    /// Serializes a value.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `serialization`.
    fn serialize(item: &Self::Value) -> Result<Vec<u8>, Error> {
        Self::format()
            .serialize(item)
            .map_err(|error| Error::other("serialization", error))
    }

    /// Returns the builder for queries, as [`Connection::view`] does.
    fn entries<Database: Connection>(
        database: &Database,
    ) -> connection::View<'_, Database, Self, Self::Key> {
        database.view::<Self>()
    }

    /// Returns the builder for queries, as [`AsyncConnection::view`] does.
    fn entries_async<Database: AsyncConnection>(
        database: &Database,
    ) -> connection::AsyncView<'_, Database, Self, Self::Key> {
        database.view::<Self>()
    }
}

/// Stores values serialized by [`pot`](transmog_pot::pot).
pub trait DefaultViewSerialization: View {}

impl<T> SerializedView for T
where
    T: DefaultViewSerialization,
    T::Value: Serialize + DeserializeOwned,
{
    type Format = Pot;

    fn format() -> Self::Format {
        Pot::default()
    }
}
