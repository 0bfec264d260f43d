//! A database: a connection, and what all connections to it share.

mod access;
mod connection;
mod data;

use std::fmt::{self, Debug};
use std::sync::Arc;

use bonsaidb_core::connection::{HasSchema, HasSession, Session, StorageConnection};
use bonsaidb_core::permissions::Permissions;
use bonsaidb_core::schema::{Schema, Schematic};
pub(crate) use data::{Data, DataOptions};

use crate::config::{Builder, StorageConfiguration};
use crate::{Error, Storage};

/// A connection to one database on this machine. Clones are handles to the same database.
///
/// ```
/// # fn main() -> Result<(), bonsaidb_local::Error> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("shapes.bonsaidb");
/// use bonsaidb_core::connection::Connection;
/// use bonsaidb_core::schema::{Collection, SerializedCollection};
/// use bonsaidb_local::Database;
/// use bonsaidb_local::config::{Builder, StorageConfiguration};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, Serialize, Deserialize, Collection)]
/// #[collection(name = "shapes")]
/// struct Shape {
///     sides: u32,
/// }
///
/// let db = Database::open::<Shape>(StorageConfiguration::new(path))?;
/// let document = Shape { sides: 3 }.push_into(&db)?;
/// let read = Shape::get(&document.header.id, &db)?.expect("just stored");
/// assert_eq!(read.contents.sides, 3);
///
/// read.delete(&db)?;
/// db.compact()?; // gives the space back, beside readers and writers
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Database {
    pub(crate) data: Arc<Data>,
    storage: Storage,
}

/// What every kind of database handle knows without waiting.
pub trait DatabaseNonBlocking {
    /// Returns the name of the database.
    fn name(&self) -> &str;
}

impl Database {
    /// Opens a storage with the one database `default`, creating it if needed.
    ///
    /// # Errors
    ///
    /// Those of [`Storage::open`], [`core::Error::SchemaMismatch`](bonsaidb_core::Error) if the
    /// database was created with another schema.
    pub fn open<DB: Schema>(configuration: StorageConfiguration) -> Result<Self, Error> {
        let storage = Storage::open(configuration.with_schema::<DB>()?)?;
        if storage.is_read_only() {
            return Ok(storage.database::<DB>("default")?);
        }
        Ok(storage.create_database::<DB>("default", true)?)
    }

    pub(crate) const fn new(data: Arc<Data>, storage: Storage) -> Self {
        Self { data, storage }
    }

    /// Returns the definition of the database's schema.
    pub fn schematic(&self) -> &Schematic {
        &self.data.schematic
    }

    /// Returns a handle limited to `effective_permissions`, or `None` if this one already acts
    /// for a session.
    #[must_use]
    pub fn with_effective_permissions(&self, effective_permissions: Permissions) -> Option<Self> {
        let storage = self
            .storage
            .with_effective_permissions(effective_permissions)?;
        Some(Self {
            data: Arc::clone(&self.data),
            storage,
        })
    }
}

impl DatabaseNonBlocking for Database {
    fn name(&self) -> &str {
        &self.data.name
    }
}

impl HasSession for Database {
    fn session(&self) -> Option<&Session> {
        self.storage.session()
    }
}

impl HasSchema for Database {
    fn schematic(&self) -> &Schematic {
        &self.data.schematic
    }
}

impl Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("name", &self.data.name)
            .finish_non_exhaustive()
    }
}
