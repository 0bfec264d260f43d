//! The databases of a storage.

use serde::{Deserialize, Serialize};

use crate::define_basic_unique_mapped_view;
use crate::document::{CollectionDocument, Emit};
use crate::schema::{Collection, NamedCollection, SchemaName};

/// A database of the storage.
#[derive(Debug, Clone, Eq, PartialEq, Serialize, Deserialize, Collection)]
#[collection(name = "databases", authority = "bonsaidb", views = [ByName], core = crate)]
pub struct Database {
    /// The name of the database.
    pub name: String,
    /// The schema it was created with.
    pub schema: SchemaName,
}

impl NamedCollection for Database {
    type ByNameView = ByName;
}

define_basic_unique_mapped_view!(
    ByName,
    Database,
    1,
    "by-name",
    String,
    SchemaName,
    |document: CollectionDocument<Database>| {
        document
            .header
            .emit_key_and_value(document.contents.name, document.contents.schema)
    }
);
