//! The key-value store's vocabulary.

mod timestamp;

pub use timestamp::Timestamp;
