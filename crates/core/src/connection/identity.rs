//! Identities: users and roles.

use std::hash::{Hash, Hasher};

use bonsaidb_macros::twin;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::admin::{Role, User};
use crate::connection::{AsyncConnection, Connection};
use crate::schema::{Nameable, NamedReference};

/// An authenticated user or role. Identities are equal if kind and id are.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Identity {
    /// A user.
    User {
        /// The id of the user.
        id: u64,
        /// The name of the user.
        username: String,
    },
    /// A role.
    Role {
        /// The id of the role.
        id: u64,
        /// The name of the role.
        name: String,
    },
}

impl Identity {
    const fn key(&self) -> (bool, u64) {
        match self {
            Self::User { id, .. } => (true, *id),
            Self::Role { id, .. } => (false, *id),
        }
    }
}

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Identity {}

impl Hash for Identity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

/// A user or role by name, id or document.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub enum IdentityReference<'name> {
    /// A user.
    User(NamedReference<'name, u64>),
    /// A role.
    Role(NamedReference<'name, u64>),
}

impl<'name> IdentityReference<'name> {
    /// Refers to a user.
    ///
    /// # Errors
    ///
    /// Those of [`Nameable::name`].
    pub fn user<U: Nameable<'name, u64>>(user: U) -> Result<Self, Error> {
        user.name().map(Self::User)
    }

    /// Refers to a role.
    ///
    /// # Errors
    ///
    /// Those of [`Nameable::name`].
    pub fn role<R: Nameable<'name, u64>>(role: R) -> Result<Self, Error> {
        role.name().map(Self::Role)
    }

    /// Returns the reference with a name of its own.
    pub fn into_owned(self) -> IdentityReference<'static> {
        match self {
            Self::User(user) => IdentityReference::User(user.into_owned()),
            Self::Role(role) => IdentityReference::Role(role.into_owned()),
        }
    }
}

#[twin(methods)]
impl IdentityReference<'_> {
    /// Returns the id of the identity, or `None` if a name is unknown.
    ///
    /// # Errors
    ///
    /// Those of a query of the administration database.
    pub async fn resolve_async<C: AsyncConnection>(
        &self,
        admin: &C,
    ) -> Result<Option<IdentityId>, Error> {
        match self {
            Self::User(user) => Ok(user.id_async::<User, C>(admin).await?.map(IdentityId::User)),
            Self::Role(role) => Ok(role.id_async::<Role, C>(admin).await?.map(IdentityId::Role)),
        }
    }
}

/// The id of a user or role.
#[derive(Copy, Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub enum IdentityId {
    /// The id of a user.
    User(u64),
    /// The id of a role.
    Role(u64),
}
