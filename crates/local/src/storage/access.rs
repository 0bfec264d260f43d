//! The operations of a storage for one session. The guard in front of them has already been passed, except where it is about
//! a user: there the permission is checked when the user's id is known.

use bonsaidb_core as core;
use bonsaidb_core::admin::{self, ADMIN_DATABASE_NAME, User};
use bonsaidb_core::connection;
use bonsaidb_core::schema::{
    NamedCollection, NamedReference, SchemaName, SchemaSummary, SerializedCollection,
};

use crate::{Error, Storage};

/// A storage and the session it is used by.
pub(super) struct Access<'a> {
    pub storage: &'a Storage,
}

#[allow(clippy::needless_pass_by_value)] // the table of operations says how arguments are passed
impl Access<'_> {
    pub fn create_database_with_schema(
        &self,
        name: &str,
        schema: SchemaName,
        only_if_needed: bool,
    ) -> Result<(), Error> {
        if !is_database_name(name) {
            return Err(core::Error::InvalidDatabaseName(name.to_owned()).into());
        }
        let shared = &self.storage.shared;
        shared.schema(&schema)?;
        let admin = self.storage.internal_admin();
        let created = name != ADMIN_DATABASE_NAME
            && shared.create(
                name,
                || {
                    let name = name.to_owned();
                    admin::Database { name, schema }.push_into(&admin)?;
                    Ok(true)
                },
                || Ok(admin::Database::load(name, &admin)?.is_some()),
                || {
                    let databases = admin::Database::all(&admin).query()?;
                    let mut others = databases.iter().map(|other| &other.contents.name);
                    Ok(others.any(|other| other.eq_ignore_ascii_case(name)))
                },
            )?;
        if created || only_if_needed {
            Ok(())
        } else {
            Err(core::Error::DatabaseNameAlreadyTaken(name.to_owned()).into())
        }
    }

    pub fn delete_database(&self, name: &str) -> Result<(), Error> {
        if name == ADMIN_DATABASE_NAME {
            return Err(core::Error::InvalidDatabaseName(name.to_owned()).into());
        }
        self.storage.shared.delete(name, || {
            let admin = self.storage.internal_admin();
            let found = admin::Database::load(name, &admin)?;
            let found = found.ok_or_else(|| core::Error::DatabaseNotFound(name.to_owned()))?;
            Ok(found.delete(&admin)?)
        })?;
        Ok(())
    }

    pub fn list_databases(&self) -> Result<Vec<connection::Database>, Error> {
        let mut databases = vec![connection::Database {
            name: ADMIN_DATABASE_NAME.to_owned(),
            schema: self.storage.shared.admin().schematic.name.clone(),
        }];
        for document in admin::Database::all(&self.storage.internal_admin()).query()? {
            let admin::Database { name, schema } = document.contents;
            databases.push(connection::Database { name, schema });
        }
        Ok(databases)
    }

    #[allow(clippy::unnecessary_wraps)] // as the others
    pub fn list_available_schemas(&self) -> Result<Vec<SchemaSummary>, Error> {
        let schemas = self.storage.shared.schemas();
        Ok(schemas.iter().map(|schema| (&**schema).into()).collect())
    }

    pub fn create_user(&self, username: &str) -> Result<u64, Error> {
        let user = User::default_with_username(username);
        Ok(user.push_into(&self.storage.internal_admin())?.header.id)
    }

    pub fn delete_user(&self, user: NamedReference<'_, u64>) -> Result<(), Error> {
        Ok(self.storage.delete_user_named(&user)?)
    }

    pub fn add_permission_group_to_user(
        &self,
        user: NamedReference<'_, u64>,
        group: NamedReference<'_, u64>,
    ) -> Result<(), Error> {
        Ok(self.storage.set_membership(&user, &group, true)?)
    }

    pub fn remove_permission_group_from_user(
        &self,
        user: NamedReference<'_, u64>,
        group: NamedReference<'_, u64>,
    ) -> Result<(), Error> {
        Ok(self.storage.set_membership(&user, &group, false)?)
    }

    pub fn add_role_to_user(
        &self,
        user: NamedReference<'_, u64>,
        role: NamedReference<'_, u64>,
    ) -> Result<(), Error> {
        Ok(self.storage.set_role(&user, &role, true)?)
    }

    pub fn remove_role_from_user(
        &self,
        user: NamedReference<'_, u64>,
        role: NamedReference<'_, u64>,
    ) -> Result<(), Error> {
        Ok(self.storage.set_role(&user, &role, false)?)
    }
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
