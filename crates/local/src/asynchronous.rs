//! Storages and databases for async programs: each operation runs on one of Tokio's blocking
//! threads. The one way across is [`cross`].

use std::path::Path;

use async_trait::async_trait;
use bonsaidb_core as core;
use bonsaidb_core::connection::{
    AsyncConnection, AsyncLowLevelConnection, AsyncStorageConnection, Connection, HasSchema,
    HasSession, IdentityReference, LowLevelConnection, Session, StorageConnection,
};
#[allow(clippy::wildcard_imports)] // the names in the tables' rows
use bonsaidb_core::operations::*;
use bonsaidb_core::permissions::Permissions;
use bonsaidb_core::schema::{Schema, Schematic};
use tokio::runtime::Handle;

use crate::config::StorageConfiguration;
use crate::{Database, DatabaseNonBlocking, Storage, StorageNonBlocking};

/// Runs `work` on a thread where it may block.
async fn cross<T: Send + 'static, E: From<crate::Error> + Send + 'static>(
    runtime: &Handle,
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, E> {
    match runtime.spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(crate::Error::from(error).into()),
    }
}

/// A [`Storage`] for async programs.
#[derive(Clone, Debug)]
#[must_use]
pub struct AsyncStorage {
    storage: Storage,
    runtime: Handle,
}

/// A [`Database`] for async programs.
///
/// ```
/// use bonsaidb_core::connection::AsyncConnection;
/// use bonsaidb_core::define_basic_mapped_view;
/// use bonsaidb_core::document::{CollectionDocument, Emit};
/// use bonsaidb_core::schema::{Collection, SerializedCollection};
/// use bonsaidb_local::AsyncDatabase;
/// use bonsaidb_local::config::{Builder, StorageConfiguration};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, Serialize, Deserialize, Collection)]
/// #[collection(name = "shapes", views = [BySides])]
/// pub struct Shape {
///     sides: u32,
/// }
///
/// define_basic_mapped_view!(
///     BySides,
///     Shape,
///     0,
///     "by-sides",
///     u32,
///     |shape: CollectionDocument<Shape>| { shape.header.emit_key(shape.contents.sides) }
/// );
///
/// #[tokio::main]
/// async fn main() -> Result<(), bonsaidb_local::Error> {
///     # let folder = tempfile::tempdir()?;
///     # let path = folder.path().join("shapes.bonsaidb");
///     let db = AsyncDatabase::open::<Shape>(StorageConfiguration::new(path)).await?;
///     Shape { sides: 3 }.push_into_async(&db).await?;
///     for shape in Shape::all_async(&db).await? {
///         println!("{}: {} sides", shape.header.id, shape.contents.sides);
///     }
///     assert_eq!(db.view::<BySides>().with_key(&3).query().await?.len(), 1);
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct AsyncDatabase {
    database: Database,
    runtime: Handle,
}

impl AsyncStorage {
    /// Opens or creates a storage. See [`Storage::open`].
    ///
    /// # Errors
    ///
    /// Those of [`Storage::open`].
    ///
    /// # Panics
    ///
    /// Panics outside of a Tokio runtime.
    pub async fn open(configuration: StorageConfiguration) -> Result<Self, crate::Error> {
        let runtime = Handle::current();
        let storage = cross(&runtime, || Storage::open(configuration)).await?;
        Ok(Self { storage, runtime })
    }

    /// Waits for background work, makes everything durable and closes the storage. See
    /// [`Storage::close`].
    ///
    /// # Errors
    ///
    /// Those of [`Storage::close`].
    pub async fn close(self) -> Result<(), crate::Error> {
        cross(&self.runtime, || self.storage.close()).await
    }

    /// Returns a handle limited to `effective_permissions`, or `None` if this one already acts
    /// for a session.
    #[must_use]
    pub fn with_effective_permissions(&self, effective_permissions: Permissions) -> Option<Self> {
        let storage = self
            .storage
            .with_effective_permissions(effective_permissions)?;
        Some(storage.into_async_with_runtime(self.runtime.clone()))
    }

    /// Returns the blocking handle.
    pub fn into_blocking(self) -> Storage {
        self.storage
    }

    /// Returns a blocking handle.
    pub fn to_blocking(&self) -> Storage {
        self.storage.clone()
    }

    /// Returns the blocking handle.
    pub const fn as_blocking(&self) -> &Storage {
        &self.storage
    }
}

impl AsyncDatabase {
    /// Opens a storage with the one database `default`. See [`Database::open`].
    ///
    /// # Errors
    ///
    /// Those of [`Database::open`].
    ///
    /// # Panics
    ///
    /// Panics outside of a Tokio runtime.
    pub async fn open<DB: Schema>(
        configuration: StorageConfiguration,
    ) -> Result<Self, crate::Error> {
        let runtime = Handle::current();
        let database = cross(&runtime, || Database::open::<DB>(configuration)).await?;
        Ok(Self { database, runtime })
    }

    /// Returns a handle limited to `effective_permissions`, or `None` if this one already acts
    /// for a session.
    #[must_use]
    pub fn with_effective_permissions(&self, effective_permissions: Permissions) -> Option<Self> {
        let database = self
            .database
            .with_effective_permissions(effective_permissions)?;
        Some(database.into_async_with_runtime(self.runtime.clone()))
    }

    /// Returns the blocking handle.
    pub fn into_blocking(self) -> Database {
        self.database
    }

    /// Returns a blocking handle.
    pub fn to_blocking(&self) -> Database {
        self.database.clone()
    }

    /// Returns the blocking handle.
    pub const fn as_blocking(&self) -> &Database {
        &self.database
    }
}

/// The ways between a handle and its async form.
macro_rules! conversions {
    ($blocking:ident, $asynchronous:ident, $field:ident) => {
        impl $blocking {
            /// Returns the async form of this handle, on the current Tokio runtime.
            ///
            /// # Panics
            ///
            /// Panics outside of a Tokio runtime.
            pub fn into_async(self) -> $asynchronous {
                self.into_async_with_runtime(Handle::current())
            }

            /// Returns the async form of this handle, on `runtime`.
            pub const fn into_async_with_runtime(self, runtime: Handle) -> $asynchronous {
                $asynchronous {
                    $field: self,
                    runtime,
                }
            }

            /// Returns an async handle, on the current Tokio runtime.
            ///
            /// # Panics
            ///
            /// Panics outside of a Tokio runtime.
            pub fn to_async(&self) -> $asynchronous {
                self.clone().into_async()
            }

            /// Returns an async handle, on `runtime`.
            pub fn to_async_with_runtime(&self, runtime: Handle) -> $asynchronous {
                self.clone().into_async_with_runtime(runtime)
            }
        }

        impl From<$asynchronous> for $blocking {
            fn from(handle: $asynchronous) -> Self {
                handle.into_blocking()
            }
        }

        impl From<&$asynchronous> for $blocking {
            fn from(handle: &$asynchronous) -> Self {
                handle.to_blocking()
            }
        }

        impl HasSession for $asynchronous {
            fn session(&self) -> Option<&Session> {
                self.$field.session()
            }
        }
    };
}
conversions!(Storage, AsyncStorage, storage);
conversions!(Database, AsyncDatabase, database);

impl StorageNonBlocking for AsyncStorage {
    fn path(&self) -> &Path {
        self.storage.path()
    }

    fn assume_session(&self, session: Session) -> Result<Self, core::Error> {
        let storage = self.storage.assume_session(session)?;
        Ok(storage.into_async_with_runtime(self.runtime.clone()))
    }
}

impl DatabaseNonBlocking for AsyncDatabase {
    fn name(&self) -> &str {
        self.database.name()
    }
}

impl HasSchema for AsyncDatabase {
    fn schematic(&self) -> &Schematic {
        self.database.schematic()
    }
}

/// An argument as it is kept while it crosses, and as it is passed again.
macro_rules! own {
    (give $value:ident) => {
        $value
    };
    (name $value:ident) => {
        $value.name()?.into_owned()
    };
    (lend $value:ident) => {
        $value.to_owned()
    };
}
macro_rules! lend {
    (lend $value:ident) => {
        &$value
    };
    ($pass:ident $value:ident) => {
        $value
    };
}

/// The implementation of one trait: its table's methods, each crossing to the blocking one of `field`, and
/// what else it has.
macro_rules! crossing {
    ($trait:ident for $handle:ident.$field:ident, {$($others:tt)*}, $({
        $(#[$cfg:meta])* $name:ident $operation:ident [$($generics:tt)*] (
            $($argument:ident: $param:ty => $pass:ident $owned:ty as $seen:ty),*
        ) -> $output:ty; $($needs:tt)*
    })*) => {
        #[async_trait]
        impl $trait for $handle {
            $($others)*

            $($(#[$cfg])* async fn $name<$($generics)*>(
                &self,
                $($argument: $param),*
            ) -> Result<$output, Error> {
                let handle = self.$field.clone();
                $(let $argument: $owned = own!($pass $argument);)*
                cross(&self.runtime, move || handle.$name($(lend!($pass $argument)),*)).await
            })*
        }
    };
}

macro_rules! low_level {
    ($($rows:tt)*) => {
        crossing! { AsyncLowLevelConnection for AsyncDatabase.database, {}, $($rows)* }
    };
}
bonsaidb_core::__low_level_operations!(low_level);

macro_rules! connection {
    ($($rows:tt)*) => {
        crossing! {
            AsyncConnection for AsyncDatabase.database,
            {
                type Storage = AsyncStorage;

                fn storage(&self) -> Self::Storage {
                    self.database
                        .storage()
                        .into_async_with_runtime(self.runtime.clone())
                }
            },
            $($rows)*
        }
    };
}
bonsaidb_core::__connection_operations!(connection);

macro_rules! storage {
    ($($rows:tt)*) => {
        crossing! {
            AsyncStorageConnection for AsyncStorage.storage,
            {
                type Authenticated = Self;
                type Database = AsyncDatabase;

                async fn admin(&self) -> Self::Database {
                    self.wrap(self.storage.admin())
                }

                async fn database<DB: Schema>(&self, name: &str) -> Result<Self::Database, Error> {
                    let (storage, name) = (self.storage.clone(), name.to_owned());
                    let database = cross(&self.runtime, move || storage.database::<DB>(&name));
                    Ok(self.wrap(database.await?))
                }

                async fn assume_identity(
                    &self,
                    identity: IdentityReference<'_>,
                ) -> Result<Self::Authenticated, Error> {
                    let (storage, identity) = (self.storage.clone(), identity.into_owned());
                    let storage = cross(&self.runtime, move || storage.assume_identity(identity));
                    Ok(storage.await?.into_async_with_runtime(self.runtime.clone()))
                }
            },
            $($rows)*
        }
    };
}
bonsaidb_core::__storage_operations!(storage);

impl AsyncStorage {
    fn wrap(&self, database: Database) -> AsyncDatabase {
        database.into_async_with_runtime(self.runtime.clone())
    }
}
