//! Ordered, transactional, durable bytes: the storage engine of `BonsaiDb`.
//!
//! A [`Store`] is a folder of named [`Database`]s. A database holds numbered tables of byte keys
//! and byte values, kept in key order. Reads come from a [`Snapshot`]: one committed, durable
//! state that never changes. Writes are planned by [`Database::transact`] and become durable
//! together with the writes of every other thread that arrived during the last disk sync.
//!
//! What is written goes to a log, which all databases of a store share, and to memory; each
//! database has a file, which takes over in the background.
//!
//! This crate knows nothing of documents, schemas or users.
//!
//! ```
//! use std::sync::Arc;
//!
//! use bonsaidb_store::{Error, MemoryFolder, Options, Read, Store};
//!
//! # fn main() -> Result<(), Error> {
//! let store = Store::open(Arc::new(MemoryFolder::new()), Options::default())?;
//! let database = store.database("example")?;
//! let table = database.table("greetings")?;
//! let ((), sequence) = database.transact(|plan| {
//!     plan.put(table, b"hello".to_vec(), b"world".to_vec());
//!     Ok::<_, Error>(())
//! })?;
//! let snapshot = database.snapshot()?;
//! assert_eq!(snapshot.get(table, b"hello")?.as_deref(), Some(&b"world"[..]));
//! assert_eq!(Some(snapshot.sequence()), sequence);
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod catalog;
mod chain;
mod checkpoint;
mod compact;
mod database;
mod engine;
mod error;
mod files;
mod filter;
mod folder;
mod ids;
mod import;
mod load;
mod lock;
mod log;
mod memtable;
mod merge;
mod options;
mod pipeline;
mod plan;
mod published;
mod read;
mod snapshot;
mod store;
mod sweep;
mod sync;
mod transact;
mod value;
mod verify;
mod writes;

pub use self::database::Database;
pub use self::error::Error;
pub use self::folder::{Backing, DiskFolder, Folder, MemoryFolder, OpenMode};
pub use self::ids::{Sequence, TableId};
pub use self::import::{Import, Taken};
pub use self::lock::Lock;
pub use self::options::{KEY_BYTES_MAX, Options, VALUE_BYTES_MAX};
pub use self::plan::Plan;
pub use self::read::{Direction, Entries, Read};
pub use self::snapshot::Snapshot;
pub use self::store::Store;
pub use self::value::Value;
pub use self::verify::Verification;
