//! A disk that is full while the log is written: what was refused did not happen, and writing goes
//! on as soon as there is room, without reopening.
//!
//! Files of databases are another matter: redb takes no call after one that failed. So memtables
//! are large here, and nothing is checkpointed while the disk is full.

mod common;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use bonsaidb_store::{Database, Error, Options, Sequence, Store};
use bonsaidb_testkit::disk::{Faults, FaultyFolder, Random};

use common::{Content, content, get, open_in, open_with, put, small, try_put, with_seeds};

fn with_room(folder: &FaultyFolder, room_bytes: Option<usize>) {
    folder.set_faults(Faults {
        room_bytes,
        ..Faults::default()
    });
}

#[test]
fn a_full_disk_is_said_to_be_one_and_writing_goes_on_when_there_is_room() {
    let folder = Arc::new(FaultyFolder::new(0));
    let (store, database) = open_in(&folder).unwrap();
    let table = database.table("things").unwrap();
    put(&database, table, b"a", b"1");
    with_room(&folder, Some(100));
    for _ in 0..3 {
        let error = try_put(&database, table, b"b", &vec![0; 50_000]).unwrap_err();
        assert!(matches!(error, Error::CommitFailed { .. }), "{error}");
        assert!(error.is_disk_full());
        assert_eq!(get(&database, table, b"a").as_deref(), Some(&b"1"[..]));
        assert_eq!(get(&database, table, b"b"), None);
    }
    with_room(&folder, None);
    let sequence = try_put(&database, table, b"c", b"").unwrap();
    assert_eq!(sequence, Sequence::from(2), "what failed has no sequence");
    let found = Arc::new(folder.restart(1));
    let (_store, database) = open_in(&found).unwrap();
    assert_eq!(get(&database, table, b"b"), None);
    assert_eq!(get(&database, table, b"c").as_deref(), Some(&b""[..]));
    drop(store);
}

#[test]
fn a_checkpoint_that_finds_the_disk_full_wants_a_reopening_and_loses_nothing() {
    let folder = Arc::new(FaultyFolder::new(0));
    let (store, database) = open_in(&folder).unwrap();
    let table = database.table("things").unwrap();
    put(&database, table, b"a", &vec![1; 50_000]);
    with_room(&folder, Some(100));
    let error = database.compact().unwrap_err();
    assert!(error.is_disk_full(), "{error}");
    let error = try_put(&database, table, b"b", b"").unwrap_err();
    assert!(matches!(error, Error::Poisoned { .. }), "{error}");
    assert!(error.is_disk_full());
    let read = database.snapshot().unwrap();
    drop(read);
    with_room(&folder, None);
    assert!(store.close().is_err());
    let (_store, database) = open_in(&folder).unwrap();
    assert_eq!(get(&database, table, b"a"), Some(vec![1; 50_000]));
    put(&database, table, b"b", b"");
}

/// The files of the log that a refused transaction had begun were cut while parts of it were still
/// pending. A power loss that kept those and not the cut, or did both the other way around, left a
/// file with a length that opening took for damage, or one that did not end where the next said it
/// did. So did closing after a refusal.
#[test]
fn files_begun_for_a_refused_transaction_open_whatever_the_power_loss_leaves_of_them() {
    for room in (0..40_000).step_by(1_700) {
        for closes in [false, true] {
            let folder = Arc::new(FaultyFolder::new(0));
            let (store, database) = open_with(&folder, small().log_segment_bytes(9_000)).unwrap();
            let table = database.table("things").unwrap();
            put(&database, table, b"a", b"1");
            with_room(&folder, Some(room));
            let refused = try_put(&database, table, b"b", &vec![1; 45_000]);
            is_refused(&refused.unwrap_err());
            with_room(&folder, None);
            if closes {
                store.close().unwrap();
            }
            for seed in 0..20 {
                let found = Arc::new(folder.restart(seed));
                let (_store, database) = open_in(&found).unwrap();
                assert_eq!(get(&database, table, b"a").as_deref(), Some(&b"1"[..]));
                assert_eq!(get(&database, table, b"b"), None);
            }
        }
    }
}

fn roomy(random: &mut Random) -> Options {
    small().log_segment_bytes([80_000, 120_000, 1 << 20, 2 << 20][random.below(4)])
}

/// One of two databases, and what is in it: logged rows and derived ones.
struct One {
    database: Database,
    logged: Content,
    derived: Content,
    /// What must be there after a crash.
    settled: Content,
}

impl One {
    fn open(store: &Store, name: &str) -> Self {
        let database = store.database(name).unwrap();
        database.table("logged").unwrap();
        database.table("derived").unwrap();
        Self {
            database,
            logged: Content::new(),
            derived: Content::new(),
            settled: Content::new(),
        }
    }

    fn write(&mut self, random: &mut Random) {
        let key = vec![random.number().to_le_bytes()[0] % 20];
        let value = vec![random.number().to_le_bytes()[0]; random.below(3_000)];
        let is_derived = random.chance(30);
        let name = if is_derived { "derived" } else { "logged" };
        let table = self.database.find_table(name).unwrap().unwrap();
        let plan = |plan: &mut bonsaidb_store::Plan<'_>| {
            plan.put(table, key.clone(), value.clone());
            Ok::<_, Error>(())
        };
        let written = if is_derived {
            self.database.derive(plan)
        } else {
            self.database.transact(plan).map(|_| ())
        };
        match written {
            Ok(()) if is_derived => {
                self.derived.insert(key, value);
            }
            Ok(()) => {
                self.logged.insert(key, value);
                self.settled = self.derived.clone();
            }
            Err(error) => is_refused(&error),
        }
    }

    fn settle(&mut self) {
        match self.database.settle() {
            Ok(()) => self.settled = self.derived.clone(),
            Err(error) => is_refused(&error),
        }
    }

    fn check(&self) {
        let table = |name| self.database.find_table(name).unwrap().unwrap();
        assert!(content(&self.database, table("logged")) == self.logged);
        assert!(content(&self.database, table("derived")) == self.derived);
    }

    fn check_after_crash(&self, store: &Store, name: &str) {
        let database = store.database(name).unwrap();
        let table = |name| database.find_table(name).unwrap().unwrap();
        assert!(content(&database, table("logged")) == self.logged);
        let derived = content(&database, table("derived"));
        for key in self.settled.keys() {
            assert!(derived.contains_key(key), "settled, and lost");
        }
        assert!(database.verify().unwrap().is_sound());
    }
}

fn is_refused(error: &Error) {
    assert!(matches!(error, Error::CommitFailed { .. }), "{error:?}");
    assert!(error.is_disk_full(), "{error:?}");
}

#[test]
fn what_was_refused_did_not_happen_and_what_was_not_did() {
    with_seeds(150, |seed| {
        let mut random = Random::new(seed);
        let folder = Arc::new(FaultyFolder::new(seed));
        let store = Store::open(Arc::clone(&folder) as _, roomy(&mut random)).unwrap();
        let mut both = [One::open(&store, "one"), One::open(&store, "two")];
        let mut refusals = 0;
        for _ in 0..120 {
            let which = random.below(2);
            match random.below(20) {
                0 | 1 => with_room(&folder, Some(random.below(6_000))),
                2 | 3 => with_room(&folder, None),
                4 => both[which].settle(),
                5 => both.iter().for_each(One::check),
                _ => both[which].write(&mut random),
            }
            refusals += u32::from(folder.counts().bytes == 0);
        }
        assert!(refusals > 0);
        both.iter().for_each(One::check);
        let found = Arc::new(folder.restart(random.number()));
        let after = Store::open(Arc::clone(&found) as _, roomy(&mut random)).unwrap();
        both[0].check_after_crash(&after, "one");
        both[1].check_after_crash(&after, "two");
        after.close().unwrap();
        drop(store);
    });
}

#[test]
fn a_transaction_behind_much_that_nobody_waits_for_is_refused_and_not_tried_for_ever() {
    let folder = Arc::new(FaultyFolder::new(0));
    let (store, database) = open_with(&folder, small().group_bytes_max(1_000)).unwrap();
    let table = database.table("things").unwrap();
    let derived = |key: &[u8]| {
        database.derive(|plan| {
            plan.put(table, key.to_vec(), vec![7; 900]);
            Ok::<_, Error>(())
        })
    };
    derived(b"a").unwrap();
    derived(b"b").unwrap();
    with_room(&folder, Some(0));
    is_refused(&try_put(&database, table, b"c", b"").unwrap_err());
    // What others have read stays.
    assert_eq!(content(&database, table).len(), 2);
    with_room(&folder, None);
    put(&database, table, b"d", b"");
    store.close().unwrap();
    let found = Arc::new(folder.restart(0));
    assert_eq!(content(&open_in(&found).unwrap().1, table).len(), 3);
}

/// Transactions that are queued behind one that is refused rest on it, so they are refused too.
#[test]
fn threads_that_share_a_group_are_refused_together_and_try_again() {
    with_seeds(30, |seed| {
        let folder = Arc::new(FaultyFolder::new(seed));
        let (_store, database) = open_with(&folder, roomy(&mut Random::new(seed))).unwrap();
        let table = database.table("things").unwrap();
        let counter = database.table("counter").unwrap();
        let (done, refused) = (AtomicBool::new(false), Mutex::new(BTreeSet::new()));
        thread::scope(|scope| {
            let writers: Vec<_> = (0..6_u8)
                .map(|thread| {
                    let (database, refused) = (&database, &refused);
                    scope.spawn(move || {
                        for round in 0..20_u8 {
                            let key = vec![thread, round];
                            let written = database.transact(|plan| {
                                plan.put(table, key.clone(), vec![round; 600]);
                                let count = plan.get_guarded(counter, b"count")?;
                                let count = count.map_or(0, |count| count[0]);
                                plan.put(counter, b"count".to_vec(), vec![count + 1]);
                                Ok::<_, Error>(())
                            });
                            if let Err(error) = written {
                                is_refused(&error);
                                refused.lock().unwrap().insert(key);
                            }
                        }
                    })
                })
                .collect();
            scope.spawn(|| {
                let mut random = Random::new(!seed);
                while !done.load(Ordering::Relaxed) {
                    with_room(&folder, Some(random.below(4_000)));
                    thread::yield_now();
                    with_room(&folder, None);
                    thread::yield_now();
                }
            });
            let joined: Vec<_> = writers
                .into_iter()
                .map(thread::ScopedJoinHandle::join)
                .collect();
            done.store(true, Ordering::Relaxed);
            for ended in joined {
                ended.unwrap();
            }
        });
        with_room(&folder, None);
        let refused = refused.into_inner().unwrap();
        let check = |database: &Database| {
            let found: BTreeSet<_> = content(database, table).into_keys().collect();
            assert_eq!(found.len() + refused.len(), 120);
            assert!(found.is_disjoint(&refused));
            let count = get(database, counter, b"count").map_or(0, |count| count[0]);
            assert_eq!(usize::from(count), found.len());
            let sequence = database.snapshot().unwrap().sequence();
            assert_eq!(sequence, Sequence::from(found.len() as u64));
        };
        check(&database);
        let found = Arc::new(folder.restart(seed));
        let (_store, database) = open_in(&found).unwrap();
        check(&database);
    });
}
