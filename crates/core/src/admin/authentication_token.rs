//! Tokens that programs prove an identity with.

use serde::{Deserialize, Serialize};

use crate::connection::{IdentityId, SensitiveString};
use crate::key::time::TimestampAsNanoseconds;
use crate::schema::Collection;

/// A token that proves an identity, for programs instead of people.
#[derive(Clone, Debug, Serialize, Deserialize, Collection)]
#[collection(name = "authentication-tokens", authority = "bonsaidb", core = crate)]
pub struct AuthenticationToken {
    /// Who is proven to be there.
    pub identity: IdentityId,
    /// The secret text, which both sides know and neither sends.
    pub token: SensitiveString,
    /// When the token was made.
    pub created_at: TimestampAsNanoseconds,
}
