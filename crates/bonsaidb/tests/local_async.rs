//! Async connections to a storage on this machine, in memory and on disk.

use bonsaidb::core::async_trait::async_trait;
use bonsaidb::core::permissions::Permissions;
use bonsaidb::core::schema::Schema;
use bonsaidb::local::config::{Builder, StorageConfiguration};
use bonsaidb::local::{AsyncDatabase, AsyncStorage};
use bonsaidb_testkit::suite::{AsyncWorld, Registry, Schemas};
use tempfile::TempDir;

struct Local {
    folder: TempDir,
    is_in_memory: bool,
}

impl Local {
    fn in_memory() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            is_in_memory: true,
        }
    }

    fn on_disk() -> Self {
        Self {
            is_in_memory: false,
            ..Self::in_memory()
        }
    }
}

#[async_trait]
impl AsyncWorld for Local {
    type Storage = AsyncStorage;
    type Database = AsyncDatabase;

    async fn open(&self, schemas: Schemas) -> AsyncStorage {
        let mut configuration = StorageConfiguration::new(self.folder.path());
        if self.is_in_memory {
            configuration = configuration.memory_only();
        }
        let Configuration(configuration) = schemas.register(Configuration(configuration));
        AsyncStorage::open(configuration).await.unwrap()
    }

    async fn restricted(&self, storage: &AsyncStorage, permissions: Permissions) -> AsyncStorage {
        storage.with_effective_permissions(permissions).unwrap()
    }
}

struct Configuration(StorageConfiguration);

impl Registry for Configuration {
    fn with<S: Schema>(self) -> Self {
        Self(self.0.with_schema::<S>().unwrap())
    }
}

mod memory {
    bonsaidb_testkit::conformance!(asynchronous, crate::Local::in_memory());
}

mod disk {
    bonsaidb_testkit::conformance!(asynchronous, crate::Local::on_disk());
    bonsaidb_testkit::durability!(asynchronous, crate::Local::on_disk());
}
