//! A document database for Rust programs.
//!
//! Data is described as Rust types. A [`Collection`](core::schema::Collection) holds documents of one type; a
//! [`View`](core::schema::View) is an index over them that its program defines with `map` and `reduce`; a database is a set
//! of collections that change together, in transactions.
//!
//! ```
//! # #[cfg(feature = "local")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("notes.bonsaidb");
//! use bonsaidb::core::schema::{Collection, SerializedCollection};
//! use bonsaidb::local::Database;
//! use bonsaidb::local::config::{Builder, StorageConfiguration};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Debug, Serialize, Deserialize, Collection)]
//! #[collection(name = "notes")]
//! struct Note {
//!     text: String,
//! }
//!
//! let database = Database::open::<Note>(StorageConfiguration::new(path))?;
//! let mut note = Note { text: "Water the tree".to_owned() }.push_into(&database)?;
//! note.contents.text.push_str(", but not too much");
//! note.update(&database)?;
//! for note in Note::all(&database).query()? {
//!     println!("{}: {}", note.header.id, note.contents.text);
//! }
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "local"))]
//! # fn main() {}
//! ```
//!
//! This crate is a front for the others:
//!
//! | module | feature | what it is |
//! |---|---|---|
//! | [`core`] | always | keys, documents, schemas, views, transactions, permissions, the connection traits |
//! | `local` | `local` (default) | the database itself, on this machine |
//! | | `async`, `local-full` | its async half, on the threads of a Tokio runtime |
//!
//! # Where to read on
//!
//! Each of these pages has a program that runs:
//!
//! | to | see |
//! |---|---|
//! | store and read values | [`SerializedCollection`](core::schema::SerializedCollection) |
//! | change values that others change, too | [`CollectionDocument`](core::document::CollectionDocument) |
//! | choose primary keys and formats | [`Collection`](core::schema::Collection), [`key`](core::key) |
//! | find documents by name | [`NamedCollection`](core::schema::NamedCollection) |
//! | define a view | [`View`](core::schema::View), [`ViewUpdatePolicy`](core::schema::view::ViewUpdatePolicy) |
//! | reduce what it maps | [`CollectionMapReduce`](core::schema::CollectionMapReduce) |
//! | ask it | [`schema::view`](core::schema::view), [`AccessPolicy`](core::connection::AccessPolicy) |
//! | change several documents at once | [`Transaction`](core::transaction::Transaction) |
//! | see what was changed | [`Executed`](core::transaction::Executed) |
//! | say who may do what | [`admin`](core::admin), [`permissions`](core::permissions) |
//! | open a database, or several | `local::Database`, `local::Storage`, `local::config::StorageConfiguration` |
//! | do all of it from async code | `local::AsyncDatabase` |
//!
//! The repository's example `earthquakes` is a whole program.

pub use bonsaidb_core as core;
#[cfg(feature = "local")]
pub use bonsaidb_local as local;

#[cfg(all(doctest, feature = "local"))]
#[doc = include_str!("../../../README.md")]
struct Readme;
