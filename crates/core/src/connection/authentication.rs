//! Ways to prove an identity.

use serde::{Deserialize, Serialize};

use crate::permissions::Action;

/// How an identity is proven.
#[derive(Action, Clone, Copy, Debug, Serialize, Deserialize)]
#[action(actionable = crate::actionable)]
pub enum AuthenticationMethod {
    /// With a token.
    Token,
    /// With a password.
    PasswordHash,
}
