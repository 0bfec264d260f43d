//! Many statements, compiled so that a check is a short walk without an allocation.
//!
//! Who calls this: sessions, on every request. What must stay true: statements are additive, so an action is
//! allowed exactly if at least one statement allows it, in whatever order they came.

mod allowed;
#[cfg(test)]
mod tests;
mod tree;

use std::fmt::{self, Debug};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use self::tree::Tree;
use super::{Action, Configuration, Identifier, PermissionDenied, ResourceName, Statement};

/// What somebody may do: any number of [`Statement`]s. The default allows nothing.
///
/// An action on a resource is allowed if at least one statement
///
/// - names the resource itself or something above it, where [`Identifier::Any`] in the statement stands for any one
///   segment, so that [`ResourceName::any()`] covers every resource whose name is not empty; and
/// - allows all actions, or an action whose name is the beginning of the name of the action in question.
///
/// Cloning is cheap. A check allocates nothing unless it denies, and takes time in proportion to the depth of
/// the names, not to the number of statements, as long as few of the statements use [`Identifier::Any`].
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Statement>", into = "Vec<Statement>")]
pub struct Permissions {
    tree: Arc<Tree>,
}

impl Permissions {
    /// Returns permissions that allow everything.
    pub fn allow_all() -> Self {
        Self::from(Statement::allow_all_for_any_resource())
    }

    /// Returns permissions that allow whatever at least one of `permissions` allows.
    ///
    /// If several of them configure the same key for the same resource, the last one is kept.
    #[must_use]
    pub fn merged<'a>(permissions: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut tree = Tree::default();
        for permissions in permissions {
            tree.extend(permissions.tree.statements());
        }
        Self::compiled(tree)
    }

    /// Checks that `action` is allowed on the resource.
    ///
    /// # Errors
    ///
    /// [`PermissionDenied`] if it is not.
    pub fn check<'a, R: AsRef<[Identifier<'a>]>, P: Action>(
        &self,
        resource_name: R,
        action: &P,
    ) -> Result<(), PermissionDenied> {
        let resource = resource_name.as_ref();
        if self.tree.allows(resource, action) {
            return Ok(());
        }
        Err(PermissionDenied {
            resource: ResourceName::from(resource).to_owned(),
            action: action.name(),
        })
    }

    /// Returns whether `action` is allowed on the resource.
    pub fn allowed_to<'a, R: AsRef<[Identifier<'a>]>, P: Action>(
        &self,
        resource_name: R,
        action: &P,
    ) -> bool {
        self.tree.allows(resource_name.as_ref(), action)
    }

    /// Returns the value that statements attach to the resource under `key`.
    ///
    /// Of several, the one for the more specific resource is taken: from the left, a segment that is named goes
    /// before [`Identifier::Any`], and a longer name before a shorter one. For the same resource the last counts.
    pub fn get<'a, R: AsRef<[Identifier<'a>]>>(
        &self,
        resource_name: R,
        key: &str,
    ) -> Option<&Configuration> {
        self.tree.configuration(resource_name.as_ref(), key)
    }

    fn compiled(mut tree: Tree) -> Self {
        tree.compile();
        Self {
            tree: Arc::new(tree),
        }
    }
}

impl Debug for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Permissions")?;
        f.debug_list().entries(self.tree.statements()).finish()
    }
}

impl From<Statement> for Permissions {
    fn from(statement: Statement) -> Self {
        Self::from(vec![statement])
    }
}

impl From<Vec<Statement>> for Permissions {
    fn from(statements: Vec<Statement>) -> Self {
        let mut tree = Tree::default();
        tree.extend(statements);
        Self::compiled(tree)
    }
}

impl From<Permissions> for Vec<Statement> {
    fn from(permissions: Permissions) -> Self {
        permissions.tree.statements().collect()
    }
}
