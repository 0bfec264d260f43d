//! Groups of permissions that users and roles are members of.

use bonsaidb_macros::twin;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::connection::{AsyncConnection, Connection};
use crate::define_basic_unique_mapped_view;
use crate::document::{CollectionDocument, Emit};
use crate::permissions::{Permissions, Statement};
use crate::schema::{Collection, NamedCollection, SerializedCollection};

/// A named group of permissions.
#[derive(Clone, Debug, Serialize, Deserialize, Collection)]
#[collection(name = "permission-group", authority = "khonsulabs", views = [ByName], core = crate)]
#[must_use]
pub struct PermissionGroup {
    /// The name of the group.
    pub name: String,
    /// What its members may do.
    pub statements: Vec<Statement>,
}

impl PermissionGroup {
    /// Returns a group without permissions.
    pub fn named<S: Into<String>>(name: S) -> Self {
        Self {
            name: name.into(),
            statements: Vec::new(),
        }
    }

    /// Replaces the statements.
    pub fn with_group_ids<I: IntoIterator<Item = Statement>>(mut self, statements: I) -> Self {
        self.statements = statements.into_iter().collect();
        self
    }
}

/// Returns what the groups `ids` may do together, and what `inherited` may.
#[twin]
pub(crate) async fn merged_permissions_async<C: AsyncConnection>(
    mut ids: Vec<u64>,
    admin: &C,
    inherited: &Permissions,
) -> Result<Permissions, Error> {
    ids.sort_unstable();
    ids.dedup();
    let groups = PermissionGroup::get_multiple_async(&ids, admin).await?;
    let permissions = groups
        .into_iter()
        .map(|group| Permissions::from(group.contents.statements))
        .collect::<Vec<_>>();
    Ok(Permissions::merged(permissions.iter().chain([inherited])))
}

impl NamedCollection for PermissionGroup {
    type ByNameView = ByName;
}

define_basic_unique_mapped_view!(
    ByName,
    PermissionGroup,
    1,
    "by-name",
    String,
    |document: CollectionDocument<PermissionGroup>| {
        document.header.emit_key(document.contents.name)
    }
);
