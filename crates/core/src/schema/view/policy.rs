//! When a view is brought up to date.

use std::fmt::{self, Debug, Display};

use serde::{Deserialize, Serialize};

/// When a view is brought up to date with its documents.
#[derive(Debug, Copy, Clone, Eq, PartialEq, Default, Serialize, Deserialize)]
pub enum ViewUpdatePolicy {
    /// When it is queried.
    #[default]
    Lazy,
    /// In the transaction that changes a document.
    Eager,
    /// In the transaction that changes a document; and no two documents may emit the same key.
    Unique,
}

impl ViewUpdatePolicy {
    /// Returns true if the view is updated in the transaction that changes a document.
    pub const fn is_eager(&self) -> bool {
        matches!(self, Self::Eager | Self::Unique)
    }
}

impl Display for ViewUpdatePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Debug::fmt(self, f)
    }
}
