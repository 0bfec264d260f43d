//! Files that are not what this crate wrote: an error or no harm, never a panic, never wrong data.

mod common;

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bonsaidb_store::{Database, Direction, Error, Import, MemoryFolder, OpenMode, Read, TableId};
use bonsaidb_testkit::disk::{FaultyFolder, Random};

use common::{ALL, Content, content, open_in, put, with_seeds};

const FILE: &str = "test/data.redb";

fn key(number: u32) -> Vec<u8> {
    format!("key {number:05}").into_bytes()
}

/// A database of some size, and what it holds.
fn original() -> (FaultyFolder, Content) {
    let folder = Arc::new(FaultyFolder::new(0));
    let (store, database) = open_in(&folder).unwrap();
    let table = database.table("things").unwrap();
    let mut random = Random::new(9);
    for batch in 0..3_u32 {
        database
            .transact(|plan| {
                for number in 0..100 {
                    let value = vec![random.number().to_le_bytes()[0]; random.below(200)];
                    plan.put(table, key(batch * 100 + number), value);
                }
                Ok::<_, Error>(())
            })
            .unwrap();
    }
    import(&database, table, 300..400).unwrap();
    let content = content(&database, table);
    store.close().unwrap();
    drop(database);
    (folder.fork(), content)
}

fn import(database: &Database, table: TableId, numbers: Range<u32>) -> Result<(), Error> {
    let mut rows = Import::default();
    for number in numbers {
        rows.put(
            table,
            |bytes| bytes.extend_from_slice(&key(number)),
            |bytes| bytes.extend_from_slice(&number.to_be_bytes().repeat(30)),
        );
    }
    database.import(&mut rows).map(drop)
}

/// Opens, reads and writes. Whatever value is read must have been stored.
fn use_it(folder: &FaultyFolder, content: &Content) -> Result<(), Error> {
    let (store, database) = open_in(&Arc::new(folder.clone()))?;
    let table = database.table("things")?;
    let snapshot = database.snapshot()?;
    for (key, expected) in content.iter().step_by(7) {
        // A damaged inner page can hide a key; checksums of pages are for opening to check.
        if let Ok(Some(value)) = snapshot.get(table, key) {
            assert_eq!(*value, **expected);
        }
    }
    for direction in [Direction::Ascending, Direction::Descending] {
        for entry in snapshot.range(table, ALL, direction)?.flatten().take(1_000) {
            assert_eq!(content.get(&entry.0).map(Vec::as_slice), Some(&*entry.1));
        }
    }
    drop(database.verify());
    database.transact(|plan| {
        for number in (0..400).step_by(11) {
            plan.put(table, key(number), content[&key(number)].clone());
        }
        Ok::<_, Error>(())
    })?;
    drop(snapshot);
    drop(import(&database, table, 500..600));
    drop(database.compact());
    store.close()
}

fn use_damaged(folder: &FaultyFolder, content: &Content) {
    let used = catch_unwind(AssertUnwindSafe(|| use_it(folder, content)));
    assert!(used.is_ok(), "a panic got out");
}

#[test]
fn flipped_bits_are_errors_or_harmless() {
    let (original, content) = original();
    let bytes = original.content(FILE).unwrap();
    // Most of the file is free; most bits to flip should be among those in use.
    let used: Vec<usize> = (0..bytes.len()).filter(|i| bytes[*i] != 0).collect();
    with_seeds(300, |seed| {
        let mut random = Random::new(seed);
        let mut damaged = bytes.clone();
        for _ in 0..=random.below(3) {
            let position = if random.chance(90) {
                used[random.below(used.len())]
            } else {
                random.below(damaged.len())
            };
            damaged[position] ^= 1 << random.below(8);
        }
        let folder = original.fork();
        folder.set_content(FILE, damaged);
        use_damaged(&folder, &content);
    });
}

#[test]
fn pages_of_zeros_or_garbage_are_errors_or_harmless() {
    let (original, content) = original();
    let bytes = original.content(FILE).unwrap();
    with_seeds(100, |seed| {
        let mut random = Random::new(seed);
        let mut damaged = bytes.clone();
        for _ in 0..=random.below(3) {
            let page = random.below(damaged.len() / 4096) * 4096;
            let is_garbage = random.chance(50);
            for byte in &mut damaged[page..page + 4096] {
                *byte = if is_garbage {
                    random.number().to_le_bytes()[0]
                } else {
                    0
                };
            }
        }
        let folder = original.fork();
        folder.set_content(FILE, damaged);
        use_damaged(&folder, &content);
    });
}

#[test]
fn cut_empty_and_foreign_files_are_errors() {
    let (original, content) = original();
    let bytes = original.content(FILE).unwrap();
    let mut random = Random::new(5);
    let garbage: Vec<u8> = (0..100_000)
        .map(|_| random.number().to_le_bytes()[0])
        .collect();
    let foreign = [
        vec![],
        vec![0; 1],
        vec![0; 4096],
        vec![0; bytes.len()],
        b"not a database".to_vec(),
        garbage,
        bytes[..1].to_vec(),
        bytes[..300].to_vec(),
        bytes[..4096].to_vec(),
    ];
    for found in foreign {
        let folder = original.fork();
        folder.set_content(FILE, found.clone());
        let error = open_in(&Arc::new(folder.clone())).unwrap_err();
        assert!(
            matches!(error, Error::Corrupted { .. } | Error::Io { .. }),
            "{error:?}"
        );
        assert!(error.to_string().contains("data.redb"), "{error}");
        assert_eq!(folder.content(FILE).unwrap().len(), found.len());
    }
    for cut in (4_097..bytes.len()).step_by(bytes.len() / 60) {
        let folder = original.fork();
        folder.set_content(FILE, bytes[..cut].to_vec());
        use_damaged(&folder, &content);
    }
}

#[test]
fn a_damaged_value_is_named_and_the_others_are_read() {
    let folder = Arc::new(FaultyFolder::new(0));
    let (store, database) = open_in(&folder).unwrap();
    let table = database.table("things").unwrap();
    put(&database, table, b"a", b"first value");
    put(&database, table, b"b", b"second value");
    put(&database, table, b"c", b"third value");
    store.close().unwrap();
    let mut bytes = folder.content(FILE).unwrap();
    let text = b"second value";
    let places: Vec<usize> = (0..bytes.len())
        .filter(|at| bytes[*at..].starts_with(text))
        .collect();
    assert!(!places.is_empty());
    for place in places {
        bytes[place] = b'S';
    }
    let folder = Arc::new(folder.fork());
    folder.set_content(FILE, bytes);
    let (_store, database) = open_in(&folder).unwrap();
    let snapshot = database.snapshot().unwrap();
    assert!(snapshot.get(table, b"a").unwrap().is_some());
    assert!(snapshot.get(table, b"c").unwrap().is_some());
    let expected =
        "the value under key 62 in table \"things\" (#16) of database \"test\" is damaged";
    let error = snapshot.get(table, b"b").unwrap_err();
    assert_eq!(error.to_string(), expected);
    let read: Vec<_> = snapshot
        .range(table, ALL, Direction::Ascending)
        .unwrap()
        .collect();
    assert_eq!(read.len(), 2);
    assert!(read[0].is_ok());
    assert_eq!(read[1].as_ref().unwrap_err().to_string(), expected);
    let problems = database.verify().unwrap().problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains("key 62"), "{problems:?}");
    // What is damaged cannot be copied, and says so; the file stays as it is.
    let error = database.compact().unwrap_err();
    assert_eq!(error.to_string(), expected);
    // Writing it anew heals it.
    put(&database, table, b"b", b"again");
    assert!(database.verify().unwrap().is_sound());
    database.compact().unwrap();
}

#[test]
fn a_file_of_a_newer_format_is_refused_by_name() {
    use redb::ReadableDatabase;
    let folder = tempfile::tempdir().unwrap();
    let disk = || Arc::new(bonsaidb_store::DiskFolder::new(folder.path()));
    let (store, _) = open_in(&disk()).unwrap();
    store.close().unwrap();
    {
        // The format row as a later version would write it: table 0, checksum, big-endian 3.
        let rows = redb::TableDefinition::<&[u8], &[u8]>::new("rows");
        let file = redb::Database::open(folder.path().join(FILE)).unwrap();
        let key = [&[0; 4][..], b"format"].concat();
        let value = 3_u32.to_be_bytes();
        let checksum = crc32fast::hash(&[&key[..], &value].concat());
        let row = [&checksum.to_le_bytes()[..], &value].concat();
        let before = file.begin_read().unwrap().open_table(rows).unwrap();
        let found = before.get(key.as_slice()).unwrap().unwrap();
        assert_eq!(found.value().len(), row.len());
        let transaction = file.begin_write().unwrap();
        let mut table = transaction.open_table(rows).unwrap();
        table.insert(key.as_slice(), row.as_slice()).unwrap();
        drop(table);
        transaction.commit().unwrap();
    }
    let error = open_in(&disk()).unwrap_err();
    let Error::NewerFormat {
        path,
        found,
        supported,
    } = error
    else {
        panic!("{error:?}");
    };
    assert_eq!((found, supported), (3, 2));
    assert_eq!(path, folder.path().join(FILE));
}

#[test]
fn what_a_crash_left_of_creating_or_compacting_is_removed() {
    use bonsaidb_store::Folder;
    let folder = Arc::new(MemoryFolder::new());
    let mut stores = Vec::new();
    // Once when the database is created, once when it is there already.
    for _ in 0..2 {
        stores.clear();
        for leftover in ["test/data.redb.new", "test/data.redb.compact"] {
            let file = folder.open(leftover, OpenMode::Create).unwrap();
            file.write(0, b"half").unwrap();
        }
        stores.push(open_in(&folder).unwrap());
        assert_eq!(folder.list("test").unwrap(), ["data.redb"]);
    }
    stores[0].1.compact().unwrap();
    assert_eq!(folder.list("test").unwrap(), ["data.redb"]);
}
