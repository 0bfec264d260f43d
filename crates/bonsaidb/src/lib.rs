//! A document database for Rust programs.
//!
//! Data is described as Rust types. A [`Collection`](core::schema::Collection) holds documents of one type; a
//! [`View`](core::schema::View) is an index over them that its program defines with `map` and `reduce`; a database is a set
//! of collections that change together, in transactions.
//!
//! This crate is a front for the others:
//!
//! | module | feature | what it is |
//! |---|---|---|
//! | [`core`] | always | keys, documents, schemas, views, transactions, permissions, the connection traits |
//! | `local` | `local` (default) | the database itself, on this machine |
//! | | `async`, `local-full` | its async half, on the threads of a Tokio runtime |
//!
//! The repository's README has a first program, and its example `earthquakes` a second.

pub use bonsaidb_core as core;
#[cfg(feature = "local")]
pub use bonsaidb_local as local;

#[cfg(all(doctest, feature = "local"))]
#[doc = include_str!("../../../README.md")]
struct Readme;
