//! Which key encrypts a collection.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The id of an encryption key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyId {
    /// Not encrypted.
    None,
    /// The storage's master key.
    Master,
    /// A key of its own.
    Id(Cow<'static, str>),
}
