//! The refusal that a permission check answers with.

use serde::{Deserialize, Serialize};

use super::{ActionName, ResourceName};

/// An action was not allowed on a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("action `{action}` is not allowed on resource `{resource}`")]
pub struct PermissionDenied {
    /// What was to be acted upon.
    pub resource: ResourceName<'static>,
    /// What was to be done.
    pub action: ActionName,
}
