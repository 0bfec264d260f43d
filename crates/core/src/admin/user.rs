//! Users.

use bonsaidb_macros::twin;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::admin::{Role, group};
use crate::connection::{
    AsyncConnection, AsyncStorageConnection, Connection, IdentityReference, SensitiveString,
    StorageConnection,
};
use crate::define_basic_unique_mapped_view;
use crate::document::{CollectionDocument, Emit, KeyId};
use crate::permissions::Permissions;
use crate::schema::{Collection, Nameable, NamedCollection, SerializedCollection};

/// A user.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Collection)]
#[collection(name = "user", authority = "khonsulabs", views = [ByName], core = crate)]
#[collection(encryption_key = Some(KeyId::Master), encryption_optional)]
pub struct User {
    /// The name of the user.
    pub username: String,
    /// The ids of the groups the user is a member of.
    pub groups: Vec<u64>,
    /// The ids of the roles the user has.
    pub roles: Vec<u64>,
    /// The hash of the password, if one was set.
    #[serde(default)]
    pub argon_hash: Option<SensitiveString>,
}

impl User {
    /// Returns a user without groups, roles and password.
    pub fn default_with_username(username: impl Into<String>) -> Self {
        Self {
            username: username.into(),
            ..Self::default()
        }
    }
}

#[twin(methods)]
impl User {
    /// Returns a connection to `storage` that acts for the user.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidCredentials`] if there is no such user, [`Error::PermissionDenied`].
    #[only(async)] // the blocking twin takes what cannot be sent as well
    pub async fn assume_identity_async<'name, Storage: AsyncStorageConnection>(
        name_or_id: impl Nameable<'name, u64> + Send,
        storage: &Storage,
    ) -> Result<Storage::Authenticated, Error> {
        storage
            .assume_identity(IdentityReference::user(name_or_id)?)
            .await
    }

    /// Returns a connection to `storage` that acts for the user.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidCredentials`] if there is no such user, [`Error::PermissionDenied`].
    pub fn assume_identity<'name, Storage: StorageConnection>(
        name_or_id: impl Nameable<'name, u64>,
        storage: &Storage,
    ) -> Result<Storage::Authenticated, Error> {
        storage.assume_identity(IdentityReference::user(name_or_id)?)
    }

    /// Returns what the user's groups and its roles' groups may do together, and what
    /// `inherit_permissions` may.
    ///
    /// # Errors
    ///
    /// Those of reading the administration database.
    pub async fn effective_permissions_async<C: AsyncConnection>(
        &self,
        admin: &C,
        inherit_permissions: &Permissions,
    ) -> Result<Permissions, Error> {
        let roles = Role::get_multiple_async(&self.roles, admin).await?;
        let groups = roles
            .into_iter()
            .flat_map(|role| role.contents.groups)
            .chain(self.groups.iter().copied())
            .collect();
        group::merged_permissions_async(groups, admin, inherit_permissions).await
    }
}

impl NamedCollection for User {
    type ByNameView = ByName;
}

define_basic_unique_mapped_view!(
    ByName,
    User,
    1,
    "by-name",
    String,
    |document: CollectionDocument<User>| document.header.emit_key(document.contents.username)
);
