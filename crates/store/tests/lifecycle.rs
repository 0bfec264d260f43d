//! Opening, closing, locking and deleting.

mod common;
#[path = "common/gate.rs"]
mod gate;

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use bonsaidb_store::{Direction, DiskFolder, Error, Folder, Lock, MemoryFolder, Read, Store};

use common::{ALL, get, open, open_in, put, small, try_put};
use gate::OpenOnDrop;

#[test]
fn handles_of_one_name_are_one_database() {
    let (store, database, table) = open();
    let other = store.database("test").unwrap();
    put(&other, table, b"a", b"1");
    assert_eq!(get(&database, table, b"a").as_deref(), Some(&b"1"[..]));
    assert_eq!(other.table("things").unwrap(), table);
    let elsewhere = store.database("other").unwrap();
    assert_eq!(elsewhere.find_table("things").unwrap(), None);
}

#[test]
fn threads_that_open_one_database_get_the_same() {
    let store = Store::open(Arc::new(MemoryFolder::new()), small()).unwrap();
    let tables = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| store.database("test").unwrap().table("things").unwrap()))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect::<Vec<_>>()
    });
    assert!(tables.iter().all(|table| *table == tables[0]));
    assert_eq!(store.database("test").unwrap().tables().unwrap().len(), 1);
}

#[test]
fn on_a_real_disk_what_was_written_is_there_after_reopening() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = Arc::new(DiskFolder::new(temporary.path().join("deep/er")));
    let (store, database) = open_in(&folder).unwrap();
    let table = database.table("things").unwrap();
    put(&database, table, b"a", b"1");
    database.compact().unwrap();
    put(&database, table, b"b", b"2");
    drop((store, database));
    let (store, database) = open_in(&folder).unwrap();
    assert_eq!(database.find_table("things").unwrap(), Some(table));
    assert_eq!(get(&database, table, b"a").as_deref(), Some(&b"1"[..]));
    assert_eq!(get(&database, table, b"b").as_deref(), Some(&b"2"[..]));
    assert!(store.database_exists("test").unwrap());
    store.delete_database("test").unwrap();
    assert!(!store.database_exists("test").unwrap());
    assert_eq!(folder.list("").unwrap(), ["_log"]);
}

#[test]
fn after_close_everything_answers_that_it_is_closed() {
    let (store, database, table) = open();
    put(&database, table, b"a", b"1");
    let snapshot = database.snapshot().unwrap();
    let mut begun = snapshot.range(table, ALL, Direction::Ascending).unwrap();
    store.close().unwrap();
    assert!(matches!(store.database("test"), Err(Error::Closed)));
    assert!(matches!(store.database_exists("test"), Err(Error::Closed)));
    assert!(matches!(store.delete_database("test"), Err(Error::Closed)));
    assert!(matches!(database.snapshot(), Err(Error::Closed)));
    assert!(matches!(database.table("things"), Err(Error::Closed)));
    assert!(matches!(database.drop_table(table), Err(Error::Closed)));
    assert!(matches!(database.compact(), Err(Error::Closed)));
    assert!(matches!(database.verify(), Err(Error::Closed)));
    assert!(matches!(
        try_put(&database, table, b"b", b""),
        Err(Error::Closed)
    ));
    assert!(matches!(snapshot.get(table, b"a"), Err(Error::Closed)));
    assert!(matches!(begun.next(), Some(Err(Error::Closed))));
    assert!(begun.next().is_none());
    store.close().unwrap();
}

#[test]
fn closing_waits_for_what_is_on_its_way() {
    let folder = Arc::new(gate::GateFolder::default());
    let store = Store::open(Arc::clone(&folder) as Arc<dyn Folder>, small()).unwrap();
    let database = store.database("test").unwrap();
    let table = database.table("things").unwrap();
    folder.close();
    thread::scope(|scope| {
        let _open = OpenOnDrop(&folder);
        let written = scope.spawn(|| try_put(&database, table, b"a", b"1"));
        folder.wait_until_held();
        let closed = scope.spawn(|| store.close());
        // New writes are refused as soon as closing has begun.
        while !matches!(database.snapshot(), Err(Error::Closed)) {
            thread::yield_now();
        }
        assert!(!closed.is_finished());
        folder.open();
        written.join().unwrap().unwrap();
        closed.join().unwrap().unwrap();
    });
    let (_store, database) = open_in(&folder).unwrap();
    assert_eq!(get(&database, table, b"a").as_deref(), Some(&b"1"[..]));
}

#[test]
fn a_snapshot_keeps_the_store_open() {
    let (store, database, table) = open();
    put(&database, table, b"a", b"1");
    let snapshot = database.snapshot().unwrap();
    drop((store, database));
    let value = snapshot.get(table, b"a").unwrap();
    assert_eq!(value.as_deref(), Some(&b"1"[..]));
}

#[test]
fn handles_of_a_deleted_database_say_so_and_a_new_one_is_empty() {
    let (store, database, table) = open();
    put(&database, table, b"a", b"1");
    let snapshot = database.snapshot().unwrap();
    store.delete_database("test").unwrap();
    let is_deleted =
        |error: &Error| matches!(error, Error::DatabaseDeleted(name) if name == "test");
    assert!(is_deleted(&database.snapshot().unwrap_err()));
    assert!(is_deleted(
        &try_put(&database, table, b"b", b"").unwrap_err()
    ));
    assert!(is_deleted(&snapshot.get(table, b"a").unwrap_err()));
    assert!(is_deleted(&database.compact().unwrap_err()));
    assert!(!store.database_exists("test").unwrap());
    assert!(matches!(
        store.delete_database("test"),
        Err(Error::DatabaseNotFound(_))
    ));
    let again = store.database("test").unwrap();
    assert_eq!(again.tables().unwrap(), []);
    assert!(is_deleted(&database.snapshot().unwrap_err()));
}

#[test]
fn names_that_could_leave_the_folder_are_refused() {
    let store = Store::open(Arc::new(MemoryFolder::new()), small()).unwrap();
    let long = "x".repeat(256);
    for name in [
        "", "_log", ".", "..", "../up", "a/b", "a\\b", "a\0b", "a:b", ".hidden", &long,
    ] {
        assert!(
            matches!(store.database(name), Err(Error::InvalidName(ref found)) if found == name),
            "{name:?}"
        );
    }
    for name in ["a", "_admin", "with space", "größe", "a.b-c_d", "end."] {
        store.database(name).unwrap();
    }
}

#[test]
fn a_lock_keeps_others_out_until_it_is_released() {
    let temporary = tempfile::tempdir().unwrap();
    let path = temporary.path().join("lock");
    let acquire = |wait, shared| Lock::acquire(&path, wait, shared);
    // Nobody who writes has been here, so there is nothing to share, and nothing is created.
    acquire(Duration::ZERO, true).unwrap();
    assert!(!path.exists());

    let lock = acquire(Duration::ZERO, false).unwrap();
    for shared in [false, true] {
        let error = acquire(Duration::ZERO, shared).unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, Error::InUse { path: found } if found == path));
        assert!(
            text.contains("another process or another handle has it open"),
            "{text}"
        );
    }
    drop(lock);
    let first = acquire(Duration::ZERO, true).unwrap();
    let second = acquire(Duration::ZERO, true).unwrap();
    assert!(acquire(Duration::from_millis(1), false).is_err());
    drop((first, second));

    // Whoever waits gets it when it is released.
    let lock = acquire(Duration::ZERO, false).unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| acquire(Duration::from_secs(60), false).map(drop));
        drop(lock);
        waiting.join().unwrap().unwrap();
    });
}

#[test]
fn the_lock_is_released_when_the_last_handle_is_dropped_or_the_store_closed() {
    let temporary = tempfile::tempdir().unwrap();
    let path = temporary.path().join("lock");
    let acquire = || Lock::acquire(&path, Duration::ZERO, false);
    let folder = || Arc::new(DiskFolder::new(temporary.path()));
    for closes in [false, true] {
        let store = Store::open(folder(), small().lock(acquire().unwrap())).unwrap();
        let database = store.database("test").unwrap();
        let snapshot = database.snapshot().unwrap();
        if closes {
            store.close().unwrap();
            drop(acquire().unwrap());
        }
        drop(store);
        drop(database);
        if !closes {
            assert!(acquire().is_err());
        }
        drop(snapshot);
        drop(acquire().unwrap());
    }
}
