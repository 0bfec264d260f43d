//! Which collections a database has.

use crate::Error;
use crate::schema::{Collection, Qualified, SchemaName, Schematic};

/// A set of collections, and with them views, that a database is made for.
///
/// Every [`Collection`] is a schema of just itself. `()` is the schema without collections.
pub trait Schema: Send + Sync + 'static {
    /// Returns the name, unique within a storage.
    fn schema_name() -> SchemaName;

    /// Defines the collections.
    ///
    /// # Errors
    ///
    /// [`Error::CollectionAlreadyDefined`], [`Error::ViewAlreadyRegistered`].
    fn define_collections(schema: &mut Schematic) -> Result<(), Error>;

    /// Returns the definition.
    ///
    /// # Errors
    ///
    /// Those of [`define_collections`](Self::define_collections).
    fn schematic() -> Result<Schematic, Error> {
        Schematic::from_schema::<Self>()
    }
}

impl Schema for () {
    fn schema_name() -> SchemaName {
        SchemaName::new("", "")
    }

    fn define_collections(_schema: &mut Schematic) -> Result<(), Error> {
        Ok(())
    }
}

impl<T: Collection + 'static> Schema for T {
    fn schema_name() -> SchemaName {
        SchemaName::from(Self::collection_name())
    }

    fn define_collections(schema: &mut Schematic) -> Result<(), Error> {
        schema.define_collection::<Self>()
    }
}
