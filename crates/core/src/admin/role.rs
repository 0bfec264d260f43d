//! Roles that users have.

use bonsaidb_macros::twin;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::admin::group;
use crate::connection::{
    AsyncConnection, AsyncStorageConnection, Connection, IdentityReference, StorageConnection,
};
use crate::define_basic_unique_mapped_view;
use crate::document::{CollectionDocument, Emit};
use crate::permissions::Permissions;
use crate::schema::{Collection, Nameable, NamedCollection};

/// A named role: a set of groups.
#[derive(Clone, Debug, Serialize, Deserialize, Collection)]
#[collection(name = "role", authority = "khonsulabs", views = [ByName], core = crate)]
#[must_use]
pub struct Role {
    /// The name of the role.
    pub name: String,
    /// The ids of the groups.
    pub groups: Vec<u64>,
}

impl Role {
    /// Returns a role without groups.
    pub fn named<S: Into<String>>(name: S) -> Self {
        Self {
            name: name.into(),
            groups: Vec::new(),
        }
    }

    /// Replaces the groups.
    pub fn with_group_ids<I: IntoIterator<Item = u64>>(mut self, ids: I) -> Self {
        self.groups = ids.into_iter().collect();
        self
    }
}

#[twin(methods)]
impl Role {
    /// Returns a connection to `storage` that acts for the role.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidCredentials`] if there is no such role, [`Error::PermissionDenied`].
    #[only(async)] // the blocking twin takes what cannot be sent as well
    pub async fn assume_identity_async<'name, Storage: AsyncStorageConnection>(
        name_or_id: impl Nameable<'name, u64> + Send,
        storage: &Storage,
    ) -> Result<Storage::Authenticated, Error> {
        storage
            .assume_identity(IdentityReference::role(name_or_id)?)
            .await
    }

    /// Returns a connection to `storage` that acts for the role.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidCredentials`] if there is no such role, [`Error::PermissionDenied`].
    pub fn assume_identity<'name, Storage: StorageConnection>(
        name_or_id: impl Nameable<'name, u64>,
        storage: &Storage,
    ) -> Result<Storage::Authenticated, Error> {
        storage.assume_identity(IdentityReference::role(name_or_id)?)
    }

    /// Returns what the role's groups may do together, and what `inherit_permissions` may.
    ///
    /// # Errors
    ///
    /// Those of reading the administration database.
    pub async fn effective_permissions_async<C: AsyncConnection>(
        &self,
        admin: &C,
        inherit_permissions: &Permissions,
    ) -> Result<Permissions, Error> {
        group::merged_permissions_async(self.groups.clone(), admin, inherit_permissions).await
    }
}

impl NamedCollection for Role {
    type ByNameView = ByName;
}

define_basic_unique_mapped_view!(
    ByName,
    Role,
    1,
    "by-name",
    String,
    |document: CollectionDocument<Role>| document.header.emit_key(document.contents.name)
);
