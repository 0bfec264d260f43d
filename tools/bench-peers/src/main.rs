//! Measures BonsaiDb of this repository beside other databases. The harness, and what each workload is, are in
//! `tools/bench`; here is one file for each database.
//!
//! All are held to the same: a write has returned when it is on the disk (`fdatasync` or `fsync`), and each may cache
//! 1 GiB where that can be set. What differs, foremost what a document is to each, every report says.

#[path = "../../bench/src/bonsai.rs"]
mod bonsai;
mod fjall_engine;
mod keys;
mod native_engine;
mod redb_engine;
mod sqlite;
mod sqlite_same_rows;

use std::process::ExitCode;

// What `bonsai.rs` measures here.
use bonsaidb_published as db;
use bonsaidb_published::local::config::StorageConfiguration;

fn main() -> ExitCode {
    bonsaidb_bench::main(&[
        bonsaidb_bench::this_bonsaidb(),
        bonsai::contender(
            "bonsaidb-0.5",
            "0.5.0 as published",
            "a write returns after fsync (two); assigned ids in single inserts; caches as they come",
        ),
        sqlite::contender(),
        sqlite_same_rows::contender(),
        redb_engine::contender(),
        fjall_engine::contender(),
        native_engine::contender(),
    ])
}

/// The published BonsaiDb has no setting for it.
fn with_large_cache(configuration: StorageConfiguration) -> StorageConfiguration {
    configuration
}
