//! What several test files need: seeds, a model, and short forms of reading and writing.
#![allow(
    dead_code,
    reason = "each test file is a program of its own and uses a part of this"
)]

use std::collections::BTreeMap;
use std::env;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use bonsaidb_testkit::disk::Random;

use bonsaidb_store::{
    Database, Direction, Error, Folder, MemoryFolder, Options, Read, Sequence, Store, TableId,
};

pub type KeyRange<'a> = (Bound<&'a [u8]>, Bound<&'a [u8]>);
pub type Content = BTreeMap<Vec<u8>, Vec<u8>>;

pub const ALL: KeyRange<'_> = (Bound::Unbounded, Bound::Unbounded);

/// Runs `test` with many seeds, or with the one in `BONSAIDB_SEED`, and names the one that fails.
/// `BONSAIDB_SEEDS` is how many times as many seeds to take as by default, and
/// `BONSAIDB_FIRST_SEED` the first of them, 0 if it is not set.
pub fn with_seeds(count: u64, mut test: impl FnMut(u64)) {
    let number = |name| -> Option<u64> {
        let given = env::var(name).ok()?;
        Some(given.parse().expect("a number"))
    };
    let seeds = if let Some(seed) = number("BONSAIDB_SEED") {
        seed..seed + 1
    } else {
        let first = number("BONSAIDB_FIRST_SEED").unwrap_or(0);
        first..first + count * number("BONSAIDB_SEEDS").unwrap_or(1)
    };
    for seed in seeds {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| test(seed))) {
            eprintln!("failed with seed {seed}; replay with BONSAIDB_SEED={seed}");
            resume_unwind(panic);
        }
    }
}

pub fn small() -> Options {
    Options::default()
        .cache_bytes(1 << 20)
        .log_segment_bytes(64 << 10)
}

/// Limits so small that memtables are frozen and segments are full all the time.
pub fn tiny(random: &mut Random) -> Options {
    small()
        .memtable_bytes_max([500, 3_000, 20_000, 1 << 20][random.below(4)])
        .log_segment_bytes([1_024, 4_000, 30_000, 1 << 20][random.below(4)])
}

pub fn open_with(folder: &Arc<impl Folder>, options: Options) -> Result<(Store, Database), Error> {
    let store = Store::open(Arc::clone(folder) as Arc<dyn Folder>, options)?;
    let database = store.database("test")?;
    Ok((store, database))
}

pub fn open_in(folder: &Arc<impl Folder>) -> Result<(Store, Database), Error> {
    open_with(folder, small())
}

pub fn open() -> (Store, Database, TableId) {
    let (store, database) = open_in(&Arc::new(MemoryFolder::new())).unwrap();
    let table = database.table("things").unwrap();
    (store, database, table)
}

pub fn try_put(
    database: &Database,
    table: TableId,
    key: &[u8],
    value: &[u8],
) -> Result<Sequence, Error> {
    let ((), sequence) = database.transact(|plan| {
        plan.put(table, key.to_vec(), value.to_vec());
        Ok::<_, Error>(())
    })?;
    Ok(sequence.expect("something was written"))
}

pub fn put(database: &Database, table: TableId, key: &[u8], value: &[u8]) -> Sequence {
    try_put(database, table, key, value).unwrap()
}

pub fn get(database: &Database, table: TableId, key: &[u8]) -> Option<Vec<u8>> {
    let snapshot = database.snapshot().unwrap();
    snapshot.get(table, key).unwrap().map(Into::into)
}

pub fn entries(
    read: &impl Read,
    table: TableId,
    range: KeyRange<'_>,
    direction: Direction,
) -> Vec<(Vec<u8>, Vec<u8>)> {
    read.range(table, range, direction)
        .unwrap()
        .map(|entry| {
            let (key, value) = entry.unwrap();
            (key, value.into_vec())
        })
        .collect()
}

pub fn content(database: &Database, table: TableId) -> Content {
    let snapshot = database.snapshot().unwrap();
    entries(&snapshot, table, ALL, Direction::Ascending)
        .into_iter()
        .collect()
}

/// Whether `error` says that an earlier or this commit failed.
pub fn is_failed_commit(error: &Error) -> bool {
    matches!(error, Error::CommitFailed { .. } | Error::Poisoned { .. })
}
