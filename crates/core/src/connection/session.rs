//! Sessions: who a connection acts for, and what that identity may do.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::actionable::{Action, Identifier, Permissions};
use crate::connection::Identity;

/// The id of a session, unique within a running storage.
#[derive(Default, Clone, Copy, Eq, PartialEq, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub u64);

/// Who a connection acts for. Sessions are equal if they act for the same identity.
#[derive(Default, Clone, Debug, Serialize, Deserialize)]
#[must_use]
pub struct Session {
    /// The id, if the storage keeps this session.
    pub id: Option<SessionId>,
    /// Who was authenticated.
    pub authentication: SessionAuthentication,
    /// What the session may do.
    pub permissions: Permissions,
}

/// Who a session was authenticated as.
#[derive(Default, Hash, Eq, PartialEq, Clone, Debug, Serialize, Deserialize)]
pub enum SessionAuthentication {
    /// Nobody.
    #[default]
    None,
    /// A user or a role.
    Identity(Arc<Identity>),
}

impl Session {
    /// Returns true if `action` on the resource is allowed.
    pub fn allowed_to<'a, R: AsRef<[Identifier<'a>]>, P: Action>(
        &self,
        resource_name: R,
        action: &P,
    ) -> bool {
        self.permissions.allowed_to(resource_name, action)
    }

    /// Fails unless `action` on the resource is allowed.
    ///
    /// # Errors
    ///
    /// [`Error::PermissionDenied`].
    pub fn check_permission<'a, R: AsRef<[Identifier<'a>]>, P: Action>(
        &self,
        resource_name: R,
        action: &P,
    ) -> Result<(), Error> {
        self.permissions
            .check(resource_name, action)
            .map_err(Error::from)
    }

    /// Returns the authenticated identity.
    pub fn identity(&self) -> Option<&Identity> {
        match &self.authentication {
            SessionAuthentication::Identity(identity) => Some(identity),
            SessionAuthentication::None => None,
        }
    }
}

impl PartialEq for Session {
    fn eq(&self, other: &Self) -> bool {
        self.authentication == other.authentication
    }
}

impl Eq for Session {}

impl Hash for Session {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.authentication.hash(state);
    }
}
