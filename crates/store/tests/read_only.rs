//! A store opened read-only: everything can be read, nothing is written.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bonsaidb_store::{DiskFolder, Error, Folder, Lock, Options, Store};
use bonsaidb_testkit::disk::{Faults, FaultyFolder};

use common::{content, get, open_in, put, small, try_put};

const LOG_FILE: &str = "_log/0000000000000001.log";

fn bytes_below(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(path).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(bytes_below(&entry.path()));
        } else {
            let name = entry.path().display().to_string();
            found.insert(name, fs::read(entry.path()).unwrap());
        }
    }
    found
}

fn set_writable(path: &Path, is_writable: bool) {
    let mut paths = vec![path.to_path_buf()];
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            // A folder must be writable while its entries are listed only to be changed.
            paths.extend(fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
        }
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let executable = if path.is_dir() { 0o555 } else { 0o444 };
            permissions.set_mode(if is_writable {
                executable | 0o200
            } else {
                executable
            });
        }
        #[cfg(not(unix))]
        permissions.set_readonly(!is_writable);
        fs::set_permissions(&path, permissions).unwrap();
    }
}

#[test]
fn a_read_only_folder_is_read_and_left_as_it_is() {
    let temporary = tempfile::tempdir().unwrap();
    let root = temporary.path().join("store");
    fs::create_dir(&root).unwrap();
    let lock_path = root.join("lock");
    let table = {
        let lock = Lock::acquire(&lock_path, Duration::ZERO, false).unwrap();
        let folder = Arc::new(DiskFolder::new(&root));
        let store = Store::open(folder, small().lock(lock)).unwrap();
        let database = store.database("test").unwrap();
        let table = database.table("things").unwrap();
        put(&database, table, b"a", b"1");
        // Not closed in order: forgotten, as by a crash. The lock goes with the process there.
        let copy = temporary.path().join("crashed");
        for folder in ["test", "_log"] {
            fs::create_dir_all(copy.join(folder)).unwrap();
        }
        for file in ["lock", "test/data.redb", LOG_FILE] {
            fs::copy(root.join(file), copy.join(file)).unwrap();
        }
        store.close().unwrap();
        table
    };
    for root in [root, temporary.path().join("crashed")] {
        set_writable(&root, false);
        let before = bytes_below(&root);
        {
            let lock = Lock::acquire(root.join("lock"), Duration::ZERO, true).unwrap();
            let options = small().read_only(true).lock(lock);
            let store = Store::open(Arc::new(DiskFolder::new(&root)), options).unwrap();
            // Readers do not keep each other out.
            Lock::acquire(root.join("lock"), Duration::ZERO, true).unwrap();
            let database = store.database("test").unwrap();
            assert_eq!(get(&database, table, b"a").as_deref(), Some(&b"1"[..]));
            assert!(database.verify().unwrap().is_sound());
            let refused = try_put(&database, table, b"b", b"").unwrap_err();
            assert!(matches!(refused, Error::ReadOnly));
            store.close().unwrap();
        }
        assert_eq!(bytes_below(&root), before);
        set_writable(&root, true);
    }
}

#[test]
fn every_way_of_writing_is_refused() {
    let folder = Arc::new(FaultyFolder::new(0));
    {
        let (store, database) = open_in(&folder).unwrap();
        database.table("things").unwrap();
        store.close().unwrap();
    }
    let before = folder.content("test/data.redb").unwrap();
    let options = Options::default().read_only(true);
    let store = Store::open(Arc::clone(&folder) as Arc<dyn Folder>, options).unwrap();
    let database = store.database("test").unwrap();
    let table = database.table("things").unwrap();
    assert!(matches!(
        database.transact(|_| Ok::<_, Error>(())),
        Err(Error::ReadOnly)
    ));
    assert!(matches!(
        database.derive(|_| Ok::<_, Error>(())),
        Err(Error::ReadOnly)
    ));
    assert!(matches!(database.table("new"), Err(Error::ReadOnly)));
    assert!(matches!(database.drop_table(table), Err(Error::ReadOnly)));
    assert!(matches!(database.compact(), Err(Error::ReadOnly)));
    assert!(matches!(
        store.delete_database("test"),
        Err(Error::ReadOnly)
    ));
    assert!(matches!(
        store.database("other"),
        Err(Error::DatabaseNotFound(ref name)) if name == "other"
    ));
    assert!(!store.database_exists("other").unwrap());
    assert!(store.database_exists("test").unwrap());
    store.close().unwrap();
    assert_eq!(folder.content("test/data.redb").unwrap(), before);
    assert_eq!(folder.files(), [LOG_FILE, "test/data.redb"]);
}

#[test]
fn what_a_crash_left_is_read_without_writing() {
    for seed in 0..60 {
        let folder = Arc::new(FaultyFolder::new(seed));
        let mut acknowledged = 0;
        {
            let (_store, database) = open_in(&folder).unwrap();
            let table = database.table("things").unwrap();
            folder.set_faults(Faults {
                power_off_at_call: Some(3 + seed * 2),
                ..Faults::default()
            });
            for number in 0..20_u32 {
                if try_put(&database, table, &number.to_be_bytes(), &[1; 500]).is_err() {
                    break;
                }
                acknowledged = number as usize + 1;
            }
        }
        let found = Arc::new(folder.restart(seed));
        let before = found.content("test/data.redb").unwrap();
        let options = small().read_only(true);
        let store = Store::open(Arc::clone(&found) as Arc<dyn Folder>, options).unwrap();
        let database = store.database("test").unwrap();
        let table = database.table("things").unwrap();
        assert!(content(&database, table).len() >= acknowledged);
        assert!(database.verify().unwrap().is_sound());
        store.close().unwrap();
        let counts = found.counts();
        assert_eq!((counts.bytes, counts.syncs), (0, 0));
        assert_eq!(found.content("test/data.redb").unwrap(), before);
    }
}
