//! The vocabulary of BonsaiDb: keys, documents, schemas, views, transactions, permissions and the
//! connection traits.
//!
//! Nothing here does I/O or needs a runtime; whoever writes collections, views or key types needs
//! this crate alone. Where the data lives is decided by the crate that implements
//! [`connection::Connection`] or [`connection::AsyncConnection`].

// The derive macros name this crate by its own name, also inside of it.
extern crate self as bonsaidb_core;

pub use {arc_bytes, async_trait, num_traits, ordered_varint, transmog, transmog_pot};

pub mod actionable;
pub mod admin;
pub mod api;
pub mod connection;
pub mod document;
mod error;
pub mod key;
pub mod keyvalue;
pub mod limits;
pub mod networking;
#[doc(hidden)]
pub mod operations;
pub mod permissions;
pub mod schema;
pub mod transaction;

pub use error::{AnyError, Error};

/// True if this build can encrypt at rest.
pub const ENCRYPTION_ENABLED: bool = false;
