//! BonsaiDb on one machine: storages in a folder, databases in a storage, documents and views in
//! a database.
//!
//! [`Storage`] opens a folder; [`Database`] is a [`Connection`](bonsaidb_core::connection::Connection).
//! Their async twins, [`AsyncStorage`] and [`AsyncDatabase`], run the same code on the blocking
//! threads of a Tokio runtime.
//!
//! This crate knows nothing of networks; how bytes become durable is `bonsaidb-store`'s business.

// The derive macros name this crate by its own name, also inside of it.
extern crate self as bonsaidb_local;

#[cfg(feature = "async")]
mod asynchronous;
pub mod config;
mod database;
mod documents;
mod error;
mod guard;
mod ids;
mod jobs;
mod storage;
mod sync;
mod transactions;
mod user_code;
mod varint;
mod views;

#[cfg(feature = "async")]
pub use asynchronous::{AsyncDatabase, AsyncStorage};
pub use bonsaidb_core as core;
pub use database::{Database, DatabaseNonBlocking};
pub use error::Error;
pub use storage::{Storage, StorageId, StorageNonBlocking};
