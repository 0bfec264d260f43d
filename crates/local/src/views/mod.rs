//! Views: entries next to the documents they come from.
//!
//! A view has two tables: its *entries* in key order ([`entry`]), and for each document the keys
//! it *emitted* ([`emitted`]), so that an update needs no scan. Strict (eager and unique) views
//! are written by the transaction that changes a document; lazy ones follow the change index of
//! their collection when they are queried ([`update`]).
//!
//! A view that is reduced has a *summary* of its entries besides ([`summary`]), and a table of the
//! entries *touched* since the summary took them in.

mod batch;
mod build;
mod emitted;
mod entry;
mod index;
mod mapping;
mod nearby;
mod pairs;
mod query;
mod reduce;
mod state;
mod summary;
mod update;
mod write;

pub(crate) use index::{ViewIndex, ViewTables, open_all};
pub(crate) use pairs::{Basis, CHANGES_MAX, Pair};
pub(crate) use state::{LAZY_VIEWS_TABLE, STRICT_VIEWS_TABLE, State};
