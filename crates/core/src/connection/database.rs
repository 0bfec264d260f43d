//! A database as storages list it.

use serde::{Deserialize, Serialize};

use crate::schema::SchemaName;

/// A database of a storage.
#[derive(Debug, Clone, Eq, PartialEq, Serialize, Deserialize)]
pub struct Database {
    /// The name of the database.
    pub name: String,
    /// The schema it was created with.
    pub schema: SchemaName,
}
