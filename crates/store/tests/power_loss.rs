//! What is found after the power failed.
//!
//! Strategy: a random workload runs on a disk that loses power at a chosen sync or call. It keeps
//! a model of the content after each transaction and knows which ones were acknowledged. The disk
//! is restarted with an arbitrary part of what was pending, and opened again, the power failing
//! once more during some of these openings.
//!
//! Invariants checked after each restart:
//! 1. Every acknowledged transaction is there.
//! 2. What is there is the content after some number of transactions: none is half there.
//! 3. Everything `verify` looks at is sound, and writing goes on.
//! 4. Derived rows are those of one batch, not older than the last settled one, and not made from
//!    transactions that are lost.
//! 5. Every import that returned is there, and each import is there whole or not at all.

mod common;

use std::sync::{Arc, Mutex};
use std::thread;

use bonsaidb_store::{Database, Error, Import, Read, Sequence, TableId};
use bonsaidb_testkit::disk::{Faults, FaultyFolder, Random};

use common::{ALL, Content, content, entries, get, open_in, open_with, tiny, with_seeds};

/// What one thread did, and how much of it is certain.
struct Workload {
    random: Random,
    /// Decides how memtables and segments are limited at each opening.
    limits: Random,
    /// The content after each transaction, the first one empty.
    states: Vec<Content>,
    acknowledged: usize,
    /// What was derived and must be there.
    settled: Option<Vec<u8>>,
    /// How many imports have returned.
    imported: usize,
}

/// How many rows each import has.
const IMPORTED_ROWS: usize = 40;

impl Workload {
    fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            limits: Random::new(seed ^ 0x1357),
            states: vec![Content::new()],
            acknowledged: 0,
            settled: None,
            imported: 0,
        }
    }

    /// Works until done, or until the power fails.
    fn run(&mut self, folder: &Arc<FaultyFolder>, transactions: usize) -> Result<(), Error> {
        let (mut store, mut database) = open_with(folder, tiny(&mut self.limits))?;
        let mut other = store.database("other")?;
        let table = database.table("things")?;
        for _ in 0..transactions {
            match self.random.below(24) {
                0 => database.compact()?,
                1 => self.drop_another_table(&database)?,
                2 => self.derive(&database)?,
                6 => self.import(&database)?,
                3 => {
                    // Another stream in the same log.
                    let table = other.table("things")?;
                    let value = vec![7; self.random.below(2_000)];
                    common::try_put(&other, table, b"a", &value)?;
                }
                4 => {
                    drop(other);
                    store.delete_database("other")?;
                    other = store.database("other")?;
                    assert_eq!(other.tables()?, []);
                }
                5 if self.random.chance(30) => {
                    store.close()?;
                    (store, database) = open_with(folder, tiny(&mut self.limits))?;
                    other = store.database("other")?;
                }
                _ => self.transact(&database, table)?,
            }
        }
        store.close()
    }

    /// Two rows that are derived together from the number of transactions.
    fn derive(&mut self, database: &Database) -> Result<(), Error> {
        let table = database.table("derived")?;
        let snapshot = database.snapshot()?;
        let number = snapshot.sequence().as_u64().to_be_bytes().to_vec();
        database.derive(|plan| {
            plan.put(table, b"left".to_vec(), number.clone());
            plan.put(table, b"right".to_vec(), number.clone());
            Ok::<_, Error>(())
        })?;
        if self.random.chance(30) {
            database.settle()?;
            self.settled = Some(number);
        }
        Ok(())
    }

    /// Rows that lie between those of other imports.
    fn import(&mut self, database: &Database) -> Result<(), Error> {
        let table = database.table("imported")?;
        let mut rows = Import::default();
        for row in 0..IMPORTED_ROWS {
            let key = [row.to_be_bytes(), self.imported.to_be_bytes()].concat();
            rows.put(
                table,
                |bytes| bytes.extend_from_slice(&key),
                |bytes| bytes.extend_from_slice(&[9; 200]),
            );
        }
        assert_eq!(database.import(&mut rows)?, None);
        self.imported += 1;
        Ok(())
    }

    fn transact(&mut self, database: &Database, table: TableId) -> Result<(), Error> {
        let mut after = self.states.last().unwrap().clone();
        let mut changes = Vec::new();
        for _ in 0..=self.random.below(6) {
            let key = vec![b'k', self.random.number().to_le_bytes()[0] % 64];
            let value = if self.random.chance(70) {
                let length = self.random.below(3_000);
                Some(vec![self.random.number().to_le_bytes()[0]; length])
            } else {
                None
            };
            match &value {
                Some(value) => after.insert(key.clone(), value.clone()),
                None => after.remove(&key),
            };
            changes.push((key, value));
        }
        let number = self.states.len().to_be_bytes().to_vec();
        after.insert(b"number".to_vec(), number.clone());
        self.states.push(after);
        let ((), sequence) = database.transact(|plan| {
            for (key, value) in &changes {
                match value {
                    Some(value) => plan.put(table, key.clone(), value.clone()),
                    None => plan.delete(table, key.clone()),
                }
            }
            plan.put(table, b"number".to_vec(), number.clone());
            Ok::<_, Error>(())
        })?;
        self.acknowledged = self.states.len() - 1;
        assert_eq!(sequence, Some(Sequence::from(self.acknowledged as u64)));
        Ok(())
    }

    fn drop_another_table(&mut self, database: &Database) -> Result<(), Error> {
        let other = database.table("other")?;
        let rows = self.random.below(30);
        database.derive(|plan| {
            for row in 0..rows {
                plan.put(other, row.to_be_bytes().to_vec(), vec![1; 100]);
            }
            Ok::<_, Error>(())
        })?;
        database.drop_table(other)
    }

    /// Opens what was found, and compares it with what must be there.
    fn check(&self, folder: &Arc<FaultyFolder>) {
        let (store, database) =
            open_with(folder, tiny(&mut self.limits.clone())).expect("opening needs no help");
        let verification = database.verify().unwrap();
        assert!(verification.is_sound(), "3: {:?}", verification.problems);
        let table = database.table("things").unwrap();
        let found = content(&database, table);
        let number = found.get(&b"number"[..]).map_or(0, |bytes| {
            usize::from_be_bytes(bytes.as_slice().try_into().unwrap())
        });
        assert!(
            number >= self.acknowledged,
            "1: {} acknowledged, {number} found",
            self.acknowledged
        );
        assert!(
            found == self.states[number],
            "2: transaction {number} is half there"
        );
        let sequence = database.snapshot().unwrap().sequence();
        assert_eq!(sequence, Sequence::from(number as u64));
        if let Some(derived) = database.find_table("derived").unwrap() {
            let snapshot = database.snapshot().unwrap();
            let left = snapshot.get(derived, b"left").unwrap();
            assert_eq!(left, snapshot.get(derived, b"right").unwrap(), "4");
            let left = left.map(|left| left.to_vec());
            assert!(left >= self.settled, "4: {left:?}, {:?}", self.settled);
            let sequence = sequence.as_u64().to_be_bytes().to_vec();
            assert!(left <= Some(sequence), "4: from lost transactions");
        } else {
            assert_eq!(self.settled, None, "4");
        }
        self.check_imported(&database);
        common::put(&database, table, b"after", b"crash");
        store.close().unwrap();
        // Whatever was opened is whole in its files now.
        let found_again = Arc::new(folder.restart(1));
        let (_store, database) = open_with(&found_again, tiny(&mut self.limits.clone())).unwrap();
        let after = get(&database, table, b"after");
        assert_eq!(after.as_deref(), Some(&b"crash"[..]));
        assert_eq!(content(&database, table).len(), found.len() + 1);
    }
}

impl Workload {
    fn check_imported(&self, database: &Database) {
        let Some(table) = database.find_table("imported").unwrap() else {
            return assert_eq!(self.imported, 0, "5");
        };
        let mut found = vec![0; self.imported + 1];
        for (key, _) in content(database, table) {
            let import = usize::from_be_bytes(key[8..].try_into().unwrap());
            found[import] += 1;
        }
        let last = found.pop().unwrap();
        assert!(
            found.iter().all(|rows| *rows == IMPORTED_ROWS),
            "5: {found:?}"
        );
        assert!(
            [0, IMPORTED_ROWS].contains(&last),
            "5: {last} rows of an import"
        );
    }
}

/// Returns whether the power failed before all was done.
fn run_and_lose_power(seed: u64, faults: Faults) -> bool {
    let folder = Arc::new(FaultyFolder::new(seed));
    let mut workload = Workload::new(seed);
    folder.set_faults(faults);
    let result = workload.run(&folder, 25);
    assert!(
        result.is_ok() || folder.is_off(),
        "failed by itself: {result:?}"
    );
    let was_off = folder.is_off();
    let mut random = Random::new(!seed);
    let mut found = Arc::new(folder.restart(random.number()));
    // The power fails again, some of the time, while what it left is opened and repaired.
    for _ in 0..random.below(3) {
        found.set_faults(Faults {
            power_off_at_call: Some(1 + random.number() % 80),
            ..Faults::default()
        });
        drop(open_with(&found, tiny(&mut random)));
        found = Arc::new(found.restart(random.number()));
    }
    workload.check(&found);
    was_off
}

#[test]
fn nothing_acknowledged_is_lost_whenever_the_power_fails() {
    let (mut runs, mut losses) = (0, 0);
    with_seeds(2_000, |seed| {
        let mut random = Random::new(seed.wrapping_mul(31));
        let faults = if random.chance(70) {
            Faults {
                power_off_at_sync: Some(1 + random.number() % 60),
                ..Faults::default()
            }
        } else {
            Faults {
                power_off_at_call: Some(1 + random.number() % 350),
                ..Faults::default()
            }
        };
        runs += 1;
        losses += u32::from(run_and_lose_power(seed, faults));
    });
    assert!(
        runs == 1 || losses * 10 >= runs * 7,
        "{losses} losses in {runs} runs"
    );
}

#[test]
fn every_sync_of_a_workload_may_be_the_last() {
    with_seeds(2, |seed| {
        let folder = Arc::new(FaultyFolder::new(seed));
        Workload::new(seed).run(&folder, 25).unwrap();
        let syncs = folder.counts().syncs;
        assert!(syncs > 20, "only {syncs} syncs");
        for sync in 1..=syncs {
            let faults = Faults {
                power_off_at_sync: Some(sync),
                ..Faults::default()
            };
            run_and_lose_power(seed, faults);
        }
    });
}

/// If syncs did nothing, would these tests notice? Also if it were those of the log alone, or those
/// of the files of databases?
#[test]
fn a_disk_that_swallows_syncs_is_found_out() {
    for end in ["", ".log", "/data.redb"] {
        let found_out = (0..20).filter(|seed| is_found_out(*seed, end)).count();
        assert!(found_out > 2, "{found_out} of 20 with files in {end:?}");
    }
}

fn is_found_out(seed: u64, end: &'static str) -> bool {
    let folder = Arc::new(FaultyFolder::new(seed));
    let mut workload = Workload::new(seed);
    {
        let (store, database) = open_in(&folder).unwrap();
        database.table("things").unwrap();
        store.close().unwrap();
    }
    folder.set_faults(Faults {
        swallow_syncs: Some(end),
        ..Faults::default()
    });
    workload.run(&folder, 25).unwrap();
    let found = Arc::new(folder.restart(seed));
    let check = std::panic::AssertUnwindSafe(|| workload.check(&found));
    std::panic::catch_unwind(check).is_err()
}

/// Several threads share groups; a group is there or it is not, and so is each transaction in it.
#[test]
fn groups_of_several_threads_survive_whole_and_in_order() {
    with_seeds(60, |seed| {
        let folder = Arc::new(FaultyFolder::new(seed));
        let mut random = Random::new(seed);
        let acknowledged = Mutex::new(Vec::new());
        {
            let (_store, database) = open_in(&folder).unwrap();
            let left = database.table("left").unwrap();
            let right = database.table("right").unwrap();
            folder.set_faults(Faults {
                power_off_at_sync: Some(1 + random.number() % 12),
                ..Faults::default()
            });
            thread::scope(|scope| {
                for thread in 0..6_u8 {
                    let (database, acknowledged) = (&database, &acknowledged);
                    scope.spawn(move || {
                        for round in 0..8_u8 {
                            let result = database.transact(|plan| {
                                plan.append(left, vec![thread, round], vec![thread; 300]);
                                plan.put(right, vec![thread, round], vec![round; 300]);
                                Ok::<_, Error>(())
                            });
                            let Ok(((), sequence)) = result else { break };
                            let written = (sequence.unwrap(), thread, round);
                            acknowledged.lock().unwrap().push(written);
                        }
                    });
                }
            });
        }
        let found = Arc::new(folder.restart(random.number()));
        let (_store, database) = open_in(&found).unwrap();
        assert!(database.verify().unwrap().is_sound());
        let snapshot = database.snapshot().unwrap();
        let left = database.table("left").unwrap();
        let right = database.table("right").unwrap();
        let appended = entries(&snapshot, left, ALL, bonsaidb_store::Direction::Ascending);
        assert_eq!(appended.len() as u64, snapshot.sequence().as_u64());
        for (index, (key, _)) in appended.iter().enumerate() {
            let sequence = u64::from_be_bytes(key[..8].try_into().unwrap());
            assert_eq!(sequence, index as u64 + 1);
            let other_half = snapshot.get(right, &key[8..]).unwrap();
            assert!(other_half.is_some(), "transaction {sequence} is half there");
        }
        for (sequence, thread, round) in acknowledged.into_inner().unwrap() {
            let index = usize::try_from(sequence.as_u64()).unwrap() - 1;
            let (key, _) = appended.get(index).expect("acknowledged and lost");
            assert_eq!(key[8..], [thread, round]);
        }
    });
}
