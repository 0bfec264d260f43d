//! Benchmarks: a harness that knows no database, and BonsaiDb's place in it.
//!
//! [`Contender`] is what a database has to be able to do to be measured; [`Workload`] is what is measured. [`main`] is the
//! whole program: it takes the contenders, measures each in processes of their own, interleaved and several times, and
//! writes what came out. `tools/bench-peers` calls it with other databases beside ours.
//!
//! 1. A measurement has a process to itself, so that its peak memory and its written bytes are its own.
//! 2. Every measurement is between two of the bare disk, and is reported as a ratio to them too.
//! 3. Answers are checked while they are measured: a database that answers wrongly fails.
//!
//! Memory and written bytes come from `/proc` and are missing elsewhere than on Linux.

// The text of `bonsai.rs` is compiled into other packages as well, and names this crate the same way everywhere.
extern crate self as bonsaidb_bench;

// What `bonsai.rs` measures.
use bonsaidb as db;
use bonsaidb::local::config::{Builder, StorageConfiguration};

mod arguments;
mod bonsai;
mod contender;
mod document;
mod histogram;
mod machine;
mod measure;
mod process;
mod program;
mod raw;
mod report;
mod resources;
mod rounds;
mod summary;
mod targets;
mod workload;

pub use contender::{Client, Contender, Contents, Engine, Failure, Outcome, Rows};
pub use document::{BYTES as DOCUMENT_BYTES, Document};
pub use program::main;
pub use workload::Workload;

/// The memory that every database may use for caching, where that can be set.
pub const CACHE_BYTES: usize = 1 << 30;

/// Returns BonsaiDb as it is in this repository.
pub fn this_bonsaidb() -> Contender {
    bonsai::contender(
        "bonsaidb",
        concat!(env!("CARGO_PKG_VERSION"), " of this repository"),
        "a write returns after fdatasync; assigned ids in single inserts; cache 1 GiB",
    )
}

fn with_large_cache(configuration: StorageConfiguration) -> StorageConfiguration {
    configuration.cache_bytes(CACHE_BYTES)
}
