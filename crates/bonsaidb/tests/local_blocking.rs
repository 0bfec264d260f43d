//! Blocking connections to a storage on this machine, in memory and on disk.

use bonsaidb::core::permissions::Permissions;
use bonsaidb::core::schema::Schema;
use bonsaidb::local::config::{Builder, StorageConfiguration};
use bonsaidb::local::{Database, Storage};
use bonsaidb_testkit::suite::{Registry, Schemas, World};
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

impl World for Local {
    type Storage = Storage;
    type Database = Database;

    fn open(&self, schemas: Schemas) -> Storage {
        let mut configuration = StorageConfiguration::new(self.folder.path());
        if self.is_in_memory {
            configuration = configuration.memory_only();
        }
        let Configuration(configuration) = schemas.register(Configuration(configuration));
        Storage::open(configuration).unwrap()
    }

    fn restricted(&self, storage: &Storage, permissions: Permissions) -> Storage {
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
    bonsaidb_testkit::conformance!(blocking, crate::Local::in_memory());
}

mod disk {
    bonsaidb_testkit::conformance!(blocking, crate::Local::on_disk());
    bonsaidb_testkit::durability!(blocking, crate::Local::on_disk());
}
