//! What every kind of connection must do, stated once.
//!
//! A behaviour is an async function over an [`AsyncWorld`]; its blocking twin is the same text over a [`World`]. Each topic
//! is a file with a module of behaviours and, below it, the list of their names. A behaviour missing from the list is dead
//! code, so the compiler tells.
//!
//! A kind of connection implements one of the two worlds and calls [`conformance!`](crate::conformance) for one test per
//! behaviour, and [`durability!`](crate::durability) if what it stores outlives it:
//!
//! ```text
//! mod memory { bonsaidb_testkit::conformance!(blocking, crate::Local::in_memory()); }
//! mod disk {
//!     bonsaidb_testkit::conformance!(blocking, crate::Local::on_disk());
//!     bonsaidb_testkit::durability!(blocking, crate::Local::on_disk());
//! }
//! ```

#[macro_use]
mod macros;

pub mod access_policies;
pub mod admin;
pub mod documents;
pub mod eager_views;
pub mod executed;
pub mod failing_views;
pub mod ids;
pub mod keys;
pub mod lazy_views;
pub mod permissions;
pub mod reducing;
pub mod reopening;
pub mod schema;
pub mod storage;
pub mod transactions;
pub mod unique_views;
mod world;

pub use world::{AsyncWorld, Registry, Schemas, World};
pub(crate) use world::{
    at_once, at_once_async, basic, basic_async, keys, keys_async, tagged_notes, tagged_notes_async,
};
