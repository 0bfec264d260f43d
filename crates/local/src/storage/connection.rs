//! The storage's connection trait.

use std::sync::Arc;

use bonsaidb_core as core;
use bonsaidb_core::admin::{self, ADMIN_DATABASE_NAME, User};
use bonsaidb_core::connection::{self, IdentityReference, StorageConnection};
use bonsaidb_core::permissions::bonsai::{
    ServerAction, bonsaidb_resource_name, database_resource_name,
};
use bonsaidb_core::schema::{
    Nameable, NamedCollection, Schema, SchemaName, SchemaSummary, SerializedCollection,
};

use crate::{Database, Error, Storage};

impl StorageConnection for Storage {
    type Authenticated = Self;
    type Database = Database;

    fn admin(&self) -> Self::Database {
        Database::new(Arc::clone(self.shared.admin()), self.clone())
    }

    fn create_database<DB: Schema>(
        &self,
        name: &str,
        only_if_needed: bool,
    ) -> Result<Self::Database, core::Error> {
        self.create_database_with_schema(name, DB::schema_name(), only_if_needed)?;
        self.database::<DB>(name)
    }

    fn database<DB: Schema>(&self, name: &str) -> Result<Self::Database, core::Error> {
        let wanted = DB::schema_name();
        if name == ADMIN_DATABASE_NAME {
            expect_schema(name, &wanted, &self.shared.admin().schematic.name)?;
            return Ok(self.admin());
        }
        let data = self.shared.data(name, || {
            let stored = self.stored_schema(name)?;
            expect_schema(name, &wanted, &stored)?;
            Ok(stored)
        })?;
        expect_schema(name, &wanted, &data.schematic.name)?;
        self.shared.check_views(&data);
        Ok(Database::new(data, self.clone()))
    }

    fn create_database_with_schema(
        &self,
        name: &str,
        schema: SchemaName,
        only_if_needed: bool,
    ) -> Result<(), core::Error> {
        self.check(database_resource_name(name), ServerAction::CreateDatabase)?;
        if !is_database_name(name) {
            return Err(core::Error::InvalidDatabaseName(name.to_owned()));
        }
        self.shared.schema(&schema)?;
        let admin = self.internal_admin();
        let created = name != ADMIN_DATABASE_NAME
            && self.shared.create(
                name,
                || {
                    let name = name.to_owned();
                    admin::Database { name, schema }.push_into(&admin)?;
                    Ok(true)
                },
                || Ok(admin::Database::load(name, &admin)?.is_some()),
            )?;
        if created || only_if_needed {
            Ok(())
        } else {
            Err(core::Error::DatabaseNameAlreadyTaken(name.to_owned()))
        }
    }

    fn delete_database(&self, name: &str) -> Result<(), core::Error> {
        self.check(database_resource_name(name), ServerAction::DeleteDatabase)?;
        if name == ADMIN_DATABASE_NAME {
            return Err(core::Error::InvalidDatabaseName(name.to_owned()));
        }
        self.shared.delete(name, || {
            let admin = self.internal_admin();
            let found = admin::Database::load(name, &admin)?;
            let found = found.ok_or_else(|| core::Error::DatabaseNotFound(name.to_owned()))?;
            Ok(found.delete(&admin)?)
        })?;
        Ok(())
    }

    fn list_databases(&self) -> Result<Vec<connection::Database>, core::Error> {
        self.check(bonsaidb_resource_name(), ServerAction::ListDatabases)?;
        let admin = self.internal_admin();
        let mut databases = vec![connection::Database {
            name: ADMIN_DATABASE_NAME.to_owned(),
            schema: self.shared.admin().schematic.name.clone(),
        }];
        for document in admin::Database::all(&admin).query()? {
            let admin::Database { name, schema } = document.contents;
            databases.push(connection::Database { name, schema });
        }
        Ok(databases)
    }

    fn list_available_schemas(&self) -> Result<Vec<SchemaSummary>, core::Error> {
        self.check(bonsaidb_resource_name(), ServerAction::ListAvailableSchemas)?;
        let schemas = self.shared.schemas();
        Ok(schemas.iter().map(|schema| (&**schema).into()).collect())
    }

    fn create_user(&self, username: &str) -> Result<u64, core::Error> {
        self.check(bonsaidb_resource_name(), ServerAction::CreateUser)?;
        let user = User::default_with_username(username);
        Ok(user.push_into(&self.internal_admin())?.header.id)
    }

    fn delete_user<'user, U: Nameable<'user, u64> + Send + Sync>(
        &self,
        user: U,
    ) -> Result<(), core::Error> {
        self.delete_user_named(&user.name()?)
    }

    fn assume_identity(
        &self,
        identity: IdentityReference<'_>,
    ) -> Result<Self::Authenticated, core::Error> {
        self.session_of(&identity)
    }

    fn add_permission_group_to_user<
        'user,
        'group,
        U: Nameable<'user, u64> + Send + Sync,
        G: Nameable<'group, u64> + Send + Sync,
    >(
        &self,
        user: U,
        permission_group: G,
    ) -> Result<(), core::Error> {
        self.set_membership(&user.name()?, &permission_group.name()?, true)
    }

    fn remove_permission_group_from_user<
        'user,
        'group,
        U: Nameable<'user, u64> + Send + Sync,
        G: Nameable<'group, u64> + Send + Sync,
    >(
        &self,
        user: U,
        permission_group: G,
    ) -> Result<(), core::Error> {
        self.set_membership(&user.name()?, &permission_group.name()?, false)
    }

    fn add_role_to_user<
        'user,
        'role,
        U: Nameable<'user, u64> + Send + Sync,
        R: Nameable<'role, u64> + Send + Sync,
    >(
        &self,
        user: U,
        role: R,
    ) -> Result<(), core::Error> {
        self.set_role(&user.name()?, &role.name()?, true)
    }

    fn remove_role_from_user<
        'user,
        'role,
        U: Nameable<'user, u64> + Send + Sync,
        R: Nameable<'role, u64> + Send + Sync,
    >(
        &self,
        user: U,
        role: R,
    ) -> Result<(), core::Error> {
        self.set_role(&user.name()?, &role.name()?, false)
    }
}

impl Storage {
    fn stored_schema(&self, name: &str) -> Result<SchemaName, Error> {
        let found = admin::Database::load(name, &self.internal_admin())?;
        let found = found.ok_or_else(|| core::Error::DatabaseNotFound(name.to_owned()))?;
        Ok(found.contents.schema)
    }
}

fn expect_schema(name: &str, wanted: &SchemaName, stored: &SchemaName) -> Result<(), core::Error> {
    if wanted == stored {
        return Ok(());
    }
    Err(core::Error::SchemaMismatch {
        database_name: name.to_owned(),
        schema: wanted.clone(),
        stored_schema: stored.clone(),
    })
}

/// What else is, or is going to be, in the folder of a storage.
const RESERVED_NAMES: [&str; 6] = [
    "storage-id",
    "server-id",
    "master-keys",
    "vault-keys",
    "pinned-certificate.der",
    "_log",
];

/// The first character an ASCII letter, a digit or `_`; the others ASCII letters, digits, `.` or
/// `-`; and nothing else in the folder of the storage has the name, in upper or lower case: some
/// file systems do not tell them apart.
fn is_database_name(name: &str) -> bool {
    let is = |reserved: &&str| reserved.eq_ignore_ascii_case(name);
    if RESERVED_NAMES.iter().any(is) {
        return false;
    }
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|first| first.is_ascii_alphanumeric() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::is_database_name;

    #[test]
    fn database_names_are_safe_folder_names() {
        for name in ["a", "0", "_a", "A-b.c", "_", "_admin", "a.."] {
            assert!(is_database_name(name), "{name}");
        }
        for name in super::RESERVED_NAMES {
            assert!(!is_database_name(name), "{name}");
            assert!(!is_database_name(&name.to_uppercase()), "{name}");
        }
        for name in ["", ".", "..", "-a", "a_b", "a/b", "a b", "ä", "a\0", ".a"] {
            assert!(!is_database_name(name), "{name:?}");
        }
    }
}
