//! The connection trait of a storage, behind the guard.

use std::sync::Arc;

use bonsaidb_core::admin::{self, ADMIN_DATABASE_NAME};
use bonsaidb_core::connection::{HasSession, IdentityReference, StorageConnection};
#[allow(clippy::wildcard_imports)] // the names in the table's rows
use bonsaidb_core::operations::*;
use bonsaidb_core::schema::{NamedCollection, Schema};

use crate::guard::guarded;
use crate::storage::access::Access;
use crate::{Database, Storage};

macro_rules! storage {
    ($($rows:tt)*) => {
        impl StorageConnection for Storage {
            type Authenticated = Self;
            type Database = Database;

            fn admin(&self) -> Self::Database {
                Database::new(Arc::clone(self.shared.admin()), self.clone())
            }

            fn database<DB: Schema>(&self, name: &str) -> Result<Self::Database, Error> {
                self.opened(name, &DB::schema_name())
            }

            fn assume_identity(
                &self,
                identity: IdentityReference<'_>,
            ) -> Result<Self::Authenticated, Error> {
                self.session_of(&identity)
            }

            guarded! { |this| "", Access { storage: this }; $($rows)* }
        }
    };
}
bonsaidb_core::__storage_operations!(storage);

impl Storage {
    /// The database `name`, which must have the schema `wanted`.
    fn opened(&self, name: &str, wanted: &SchemaName) -> Result<Database, Error> {
        if name == ADMIN_DATABASE_NAME {
            expect_schema(name, wanted, &self.shared.admin().schematic.name)?;
            return Ok(self.admin());
        }
        let data = self.shared.data(name, || {
            let stored = self.stored_schema(name)?;
            expect_schema(name, wanted, &stored)?;
            Ok(stored)
        })?;
        expect_schema(name, wanted, &data.schematic.name)?;
        self.shared.check_views(&data);
        Ok(Database::new(data, self.clone()))
    }

    fn stored_schema(&self, name: &str) -> Result<SchemaName, crate::Error> {
        let found = admin::Database::load(name, &self.internal_admin())?;
        let found = found.ok_or_else(|| Error::DatabaseNotFound(name.to_owned()))?;
        Ok(found.contents.schema)
    }
}

fn expect_schema(name: &str, wanted: &SchemaName, stored: &SchemaName) -> Result<(), Error> {
    if wanted == stored {
        return Ok(());
    }
    Err(Error::SchemaMismatch {
        database_name: name.to_owned(),
        schema: wanted.clone(),
        stored_schema: stored.clone(),
    })
}
