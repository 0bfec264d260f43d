//! What both a connection and its storage have: a session, a schema.

use crate::Error;
use crate::actionable::{Action, Identifier};
use crate::connection::Session;
use crate::schema::Schematic;

/// Whatever acts for a session.
pub trait HasSession {
    /// Returns the session; without one everything is allowed.
    fn session(&self) -> Option<&Session>;

    /// Returns true if `action` on the resource is allowed.
    fn allowed_to<'a, R: AsRef<[Identifier<'a>]>, P: Action>(
        &self,
        resource_name: R,
        action: &P,
    ) -> bool {
        self.session()
            .is_none_or(|session| session.allowed_to(resource_name, action))
    }

    /// Fails unless `action` on the resource is allowed.
    ///
    /// # Errors
    ///
    /// [`Error::PermissionDenied`].
    fn check_permission<'a, R: AsRef<[Identifier<'a>]>, P: Action>(
        &self,
        resource_name: R,
        action: &P,
    ) -> Result<(), Error> {
        self.session().map_or(Ok(()), |session| {
            session.check_permission(resource_name, action)
        })
    }
}

/// Whatever knows the schema of its database.
pub trait HasSchema {
    /// Returns the schema's definition.
    fn schematic(&self) -> &Schematic;
}
