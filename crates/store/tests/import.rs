//! Rows that are imported: there for whoever looks afterwards, as one; under whatever is written
//! later; and only where nobody else has anything.

mod common;

use std::sync::Arc;

use bonsaidb_store::{Database, Error, Folder, Import, MemoryFolder, Read, TableId};
use bonsaidb_testkit::disk::{FaultyFolder, Random};

use common::{Content, content, get, open, open_in, open_with, put, tiny, with_seeds};

fn rows<'a>(table: TableId, rows: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> Import {
    let mut import = Import::default();
    for (key, value) in rows {
        import.put(
            table,
            |bytes| bytes.extend_from_slice(key),
            |bytes| bytes.extend_from_slice(value),
        );
    }
    import
}

fn derive(database: &Database, table: TableId, key: &[u8], value: Option<&[u8]>) {
    let plan = |plan: &mut bonsaidb_store::Plan<'_>| {
        match value {
            Some(value) => plan.put(table, key.to_vec(), value.to_vec()),
            None => plan.delete(table, key.to_vec()),
        }
        Ok::<_, Error>(())
    };
    database.derive(plan).unwrap();
}

#[test]
fn imported_rows_are_seen_from_then_on_and_by_nobody_before() {
    let (_store, database, table) = open();
    let before = database.snapshot().unwrap();
    let mut import = rows(table, [(&b"b"[..], &b"2"[..]), (b"a", b"1")]);
    assert_eq!(database.import(&mut import).unwrap(), None);
    assert_eq!(before.get(table, b"a").unwrap(), None);
    assert_eq!(get(&database, table, b"a").as_deref(), Some(&b"1"[..]));
    assert_eq!(content(&database, table).len(), 2);
    assert_eq!(database.import(&mut Import::default()).unwrap(), None);
    assert_eq!(content(&database, table).len(), 2);
}

#[test]
fn nothing_is_imported_when_a_key_is_taken() {
    let (_store, database, table) = open();
    put(&database, table, b"m", b"old");
    for stays_in_memory in [true, false] {
        if !stays_in_memory {
            database.compact().unwrap();
        }
        let new = [(&b"z"[..], &b"9"[..]), (b"m", b"new"), (b"a", b"1")];
        let taken = database.import(&mut rows(table, new)).unwrap().unwrap();
        assert_eq!((taken.table, &taken.key[..]), (table, &b"m"[..]));
        assert_eq!(
            (&taken.first[..], &taken.second[..]),
            (&b"old"[..], &b"new"[..])
        );
        assert_eq!(content(&database, table).len(), 1);
    }
    let twice = [(&b"k"[..], &b"1"[..]), (b"a", b"0"), (b"k", b"2")];
    let taken = database.import(&mut rows(table, twice)).unwrap().unwrap();
    assert_eq!(
        (&taken.first[..], &taken.second[..]),
        (&b"1"[..], &b"2"[..])
    );
    assert_eq!(content(&database, table).len(), 1);
    put(&database, table, b"a", b"goes on");
}

#[test]
fn what_cannot_be_stored_or_has_no_table_is_refused() {
    let (store, database, table) = open();
    let long = vec![0; bonsaidb_store::KEY_BYTES_MAX + 1];
    let mut import = rows(table, [(&b"a"[..], &b"1"[..]), (&long, b"")]);
    let error = database.import(&mut import).unwrap_err();
    assert!(matches!(error, Error::KeyTooLarge { .. }), "{error}");
    for table in [TableId::new(0), TableId::new(1_000)] {
        let error = database.import(&mut rows(table, [(&b"a"[..], &b"1"[..])]));
        assert!(
            matches!(error, Err(Error::TableMissing { .. })),
            "{error:?}"
        );
    }
    let dropped = database.table("dropped").unwrap();
    database.drop_table(dropped).unwrap();
    let error = database.import(&mut rows(dropped, [(&b"a"[..], &b"1"[..])]));
    assert!(
        matches!(error, Err(Error::TableMissing { .. })),
        "{error:?}"
    );
    let nested = database.derive(|_| database.import(&mut rows(table, [])).map(drop));
    assert!(
        matches!(nested, Err(Error::NestedWrite { .. })),
        "{nested:?}"
    );
    assert_eq!(content(&database, table), Content::new());
    store.close().unwrap();
    let error = database.import(&mut rows(table, [(&b"a"[..], &b"1"[..])]));
    assert!(matches!(error, Err(Error::Closed)), "{error:?}");
}

/// What is replayed from the log after a crash is written over what the file has. A write from
/// before the import must not be.
#[test]
fn writes_from_before_do_not_come_over_imported_rows() {
    let folder = Arc::new(FaultyFolder::new(0));
    let (_store, database) = open_in(&folder).unwrap();
    let table = database.table("things").unwrap();
    derive(&database, table, b"k", Some(b"old"));
    derive(&database, table, b"k", None);
    let mut import = rows(table, [(&b"k"[..], &b"new"[..]), (b"l", b"new")]);
    assert_eq!(database.import(&mut import).unwrap(), None);
    assert_eq!(content(&database, table).len(), 2);
    derive(&database, table, b"l", None);
    database.settle().unwrap();
    let found = Arc::new(folder.restart(3));
    let (_store, database) = open_in(&found).unwrap();
    assert_eq!(get(&database, table, b"k").as_deref(), Some(&b"new"[..]));
    assert_eq!(get(&database, table, b"l"), None);
}

/// Imports of keys between, before and behind each other, and other writes over them.
#[test]
fn imported_rows_behave_like_any_other() {
    with_seeds(60, |seed| {
        let mut random = Random::new(seed);
        let folder: Arc<dyn Folder> = if seed % 3 == 0 {
            Arc::new(MemoryFolder::new())
        } else {
            Arc::new(FaultyFolder::new(seed))
        };
        let open = |random: &mut Random| {
            let store = bonsaidb_store::Store::open(Arc::clone(&folder), tiny(random)).unwrap();
            let database = store.database("test").unwrap();
            (store, database)
        };
        let (mut store, mut database) = open(&mut random);
        let tables = ["one", "other"].map(|name| database.table(name).unwrap());
        let mut models = [Content::new(), Content::new()];
        for _ in 0..30 {
            match random.below(8) {
                0..3 => {
                    let mut import = Import::default();
                    let step = 1 + random.below(40);
                    let most = [3, 40, 2_000][random.below(3)];
                    let mut number = random.below(20_000);
                    for _ in 0..random.below(most) {
                        let which = random.below(2);
                        number = (number + 1 + random.below(step)) % 20_000;
                        let key = number.to_be_bytes()[6..].to_vec();
                        let value = vec![random.number().to_le_bytes()[0]; random.below(90)];
                        if models[which].contains_key(&key) {
                            continue;
                        }
                        import.put(
                            tables[which],
                            |bytes| bytes.extend_from_slice(&key),
                            |bytes| bytes.extend_from_slice(&value),
                        );
                        models[which].insert(key, value);
                    }
                    assert_eq!(database.import(&mut import).unwrap(), None);
                }
                3..6 => {
                    let which = random.below(2);
                    for _ in 0..random.below(20) {
                        let at = random.below(models[which].len().max(1));
                        let key = models[which].keys().nth(at).cloned();
                        let key = key.unwrap_or_default();
                        let value = random.chance(50).then(|| vec![1; random.below(50)]);
                        derive(&database, tables[which], &key, value.as_deref());
                        match value {
                            Some(value) => models[which].insert(key, value),
                            None => models[which].remove(&key),
                        };
                    }
                }
                6 => database.compact().unwrap(),
                _ => {
                    store.close().unwrap();
                    (store, database) = open(&mut random);
                }
            }
            for (table, model) in tables.into_iter().zip(&models) {
                assert!(content(&database, table) == *model, "seed {seed}");
            }
        }
        let verification = database.verify().unwrap();
        assert!(verification.is_sound(), "{:?}", verification.problems);
    });
}

/// Sweeping the rows of a dropped table ends once; rows that came later would stay for ever.
#[test]
fn dropping_a_table_while_rows_are_imported_leaves_nothing_of_it() {
    with_seeds(20, |seed| {
        let (store, database) = open_with(&Arc::new(MemoryFolder::new()), common::small()).unwrap();
        let table = database.table("things").unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for number in 0..40_u32 {
                    let keys =
                        (0..50_u32).map(|row| [number.to_be_bytes(), row.to_be_bytes()].concat());
                    let keys = keys.collect::<Vec<_>>();
                    let keys = keys.iter().map(|key| (&key[..], &b"value"[..]));
                    match database.import(&mut rows(table, keys)) {
                        Ok(None) => {}
                        Err(Error::TableMissing { .. }) => return,
                        other => panic!("{other:?}"),
                    }
                }
            });
            scope.spawn(|| {
                for _ in 0..seed % 7 {
                    std::thread::yield_now();
                }
                database.drop_table(table).unwrap();
            });
        });
        database.compact().unwrap(); // Sweeps.
        let verification = database.verify().unwrap();
        assert!(verification.is_sound(), "{:?}", verification.problems);
        assert_eq!((verification.entries, verification.unswept), (0, 0));
        store.close().unwrap();
    });
}
