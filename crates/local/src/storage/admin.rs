//! Users, and what they are members of.

use bonsaidb_core as core;
use bonsaidb_core::admin::{PermissionGroup, Role, User};
use bonsaidb_core::connection::{
    HasSession, Identity, IdentityReference, Session, SessionAuthentication,
};
use bonsaidb_core::permissions::Permissions;
use bonsaidb_core::permissions::bonsai::{
    BonsaiAction, ServerAction, role_resource_name, user_resource_name,
};
use bonsaidb_core::schema::{NamedCollection, NamedReference, SerializedCollection};

use crate::Storage;

/// A user, group or role that was named.
type Reference<'a> = NamedReference<'a, u64>;

impl Storage {
    /// Deletes a user.
    pub(super) fn delete_user_named(&self, user: &Reference<'_>) -> Result<(), core::Error> {
        let admin = self.internal_admin();
        let id = self.user_id(user, ServerAction::DeleteUser)?;
        let user = User::get(&id, &admin)?.ok_or(core::Error::UserNotFound)?;
        user.delete(&admin)
    }

    /// Makes a user a member of a group, or ends the membership.
    pub(super) fn set_membership(
        &self,
        user: &Reference<'_>,
        group: &Reference<'_>,
        is_member: bool,
    ) -> Result<(), core::Error> {
        let id = self.user_id(user, ServerAction::ModifyUserPermissionGroups)?;
        let group = self.existing::<PermissionGroup>(group)?;
        self.modify_user(id, |user| set(&mut user.groups, group, is_member))
    }

    /// Gives a role to a user, or takes it away.
    pub(super) fn set_role(
        &self,
        user: &Reference<'_>,
        role: &Reference<'_>,
        has_role: bool,
    ) -> Result<(), core::Error> {
        let id = self.user_id(user, ServerAction::ModifyUserRoles)?;
        let role = self.existing::<Role>(role)?;
        self.modify_user(id, |user| set(&mut user.roles, role, has_role))
    }

    /// Begins a session for a user or role.
    pub(super) fn session_of(&self, identity: &IdentityReference<'_>) -> Result<Self, core::Error> {
        let admin = self.internal_admin();
        let inherited = &self.shared.authenticated_permissions;
        let (identity, permissions) = match identity {
            IdentityReference::User(user) => {
                let user = User::load(user, &admin)?.ok_or(core::Error::InvalidCredentials)?;
                let id = user.header.id;
                self.check(user_resource_name(id), ServerAction::AssumeIdentity)?;
                let permissions = user.contents.effective_permissions(&admin, inherited)?;
                let username = user.contents.username;
                (Identity::User { id, username }, permissions)
            }
            IdentityReference::Role(role) => {
                let role = Role::load(role, &admin)?.ok_or(core::Error::InvalidCredentials)?;
                let id = role.header.id;
                self.check(role_resource_name(id), ServerAction::AssumeIdentity)?;
                let permissions = role.contents.effective_permissions(&admin, inherited)?;
                let name = role.contents.name;
                (Identity::Role { id, name }, permissions)
            }
            _ => return Err(core::Error::InvalidCredentials),
        };
        Ok(self.begin_session(identity, permissions))
    }

    fn begin_session(&self, identity: Identity, permissions: Permissions) -> Self {
        self.for_session(self.shared.sessions.begin(Session {
            id: None,
            authentication: SessionAuthentication::Identity(identity.into()),
            permissions,
        }))
    }

    /// The id of a user that this handle may do `action` to.
    fn user_id(&self, user: &Reference<'_>, action: ServerAction) -> Result<u64, core::Error> {
        let id = user
            .id::<User, _>(&self.internal_admin())?
            .ok_or(core::Error::UserNotFound)?;
        self.check(user_resource_name(id), action)?;
        Ok(id)
    }

    /// The id of a group or role that exists.
    fn existing<C>(&self, named: &Reference<'_>) -> Result<u64, core::Error>
    where
        C: NamedCollection<PrimaryKey = u64> + SerializedCollection + 'static,
    {
        let found = C::load(named, &self.internal_admin())?;
        Ok(found.ok_or(core::Error::UserNotFound)?.header.id)
    }

    /// Changes a user; what stays as it was is not stored again.
    fn modify_user(
        &self,
        id: u64,
        change: impl Fn(&mut User) + Send + Sync,
    ) -> Result<(), core::Error> {
        let admin = self.internal_admin();
        let mut user = User::get(&id, &admin)?.ok_or(core::Error::UserNotFound)?;
        match user.modify(&admin, |user| change(&mut user.contents)) {
            Err(core::Error::DocumentNotFound(..)) => Err(core::Error::UserNotFound),
            result => result,
        }
    }

    pub(super) fn check<'a>(
        &self,
        resource: impl AsRef<[core::permissions::Identifier<'a>]>,
        action: ServerAction,
    ) -> Result<(), core::Error> {
        self.check_permission(resource, &BonsaiAction::Server(action))
    }
}

/// Puts `id` into a list, or takes it out.
fn set(ids: &mut Vec<u64>, id: u64, wanted: bool) {
    if !wanted {
        ids.retain(|present| *present != id);
    } else if !ids.contains(&id) {
        ids.push(id);
    }
}
