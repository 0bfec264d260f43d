//! Keys, documents, schemas, views, transactions and connection traits of `BonsaiDb`.
#![forbid(unsafe_code)]

pub use arc_bytes;
pub use num_traits;
pub use ordered_varint;
pub use transmog;

pub mod key;

/// Ranges, query keys and sensitive values.
pub mod connection {
    mod query_key;
    mod range;
    mod sensitive;

    pub use self::query_key::{QueryKey, SerializedQueryKey};
    pub use self::range::{Bound, BoundRef, MaybeOwned, Range, RangeRef};
    pub use self::sensitive::{SensitiveBytes, SensitiveString};
}

/// The key-value store.
pub mod keyvalue {
    mod timestamp;

    pub use self::timestamp::Timestamp;
}

/// An error that can be kept, sent and shared.
pub trait AnyError: std::error::Error + Send + Sync + 'static {}

impl<T> AnyError for T where T: std::error::Error + Send + Sync + 'static {}

/// What can go wrong.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A time could not be converted.
    #[error("time: {0}")]
    Time(#[from] key::time::TimeError),
    /// Anything else.
    #[error("{origin}: {error}")]
    Other {
        /// Where the error comes from.
        origin: String,
        /// What went wrong.
        error: String,
    },
}

impl Error {
    /// Returns [`Error::Other`] from the two rendered strings.
    pub fn other(origin: impl std::fmt::Display, error: impl std::fmt::Display) -> Self {
        Self::Other {
            origin: origin.to_string(),
            error: error.to_string(),
        }
    }
}
