//! How a query is answered: in which order, and how current.

use serde::{Deserialize, Serialize};

/// The order of answers, by encoded key.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Sort {
    /// Smallest first.
    Ascending,
    /// Greatest first.
    Descending,
}

/// How current a view has to be when it answers. Eager and unique views always are.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum AccessPolicy {
    /// Indexes all changes first, then answers.
    UpdateBefore,
    /// Answers from the index as it is, then indexes in the background.
    UpdateAfter,
    /// Answers from the index as it is.
    NoUpdate,
}
