//! Mappings and documents of one query belong together, however much is written meanwhile, and
//! whether or not the query asks for a current index.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use bonsaidb_core::connection::{AccessPolicy, Connection};
use bonsaidb_core::document::{CollectionDocument, Emit};
use bonsaidb_core::schema::view::map::MappedDocuments;
use bonsaidb_core::schema::{
    Collection, CollectionMapReduce, SerializedCollection, SerializedView, View, ViewMapResult,
    ViewSchema,
};
use bonsaidb_local::Database;
use bonsaidb_local::config::{Builder, StorageConfiguration};
use serde::{Deserialize, Serialize};

const DOCUMENTS: u64 = 40;
const POLICIES: [AccessPolicy; 3] = [
    AccessPolicy::UpdateBefore,
    AccessPolicy::UpdateAfter,
    AccessPolicy::NoUpdate,
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Collection)]
#[collection(name = "counters", views = [ByCount, ByCountAtOnce, ByName])]
struct Counter {
    name: u64,
    count: u64,
}

#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Counter, key = u64, value = u64, name = "by-count")]
struct ByCount;

impl CollectionMapReduce for ByCount {
    fn map<'doc>(&self, counter: CollectionDocument<Counter>) -> ViewMapResult<'doc, Self> {
        let Counter { count, .. } = counter.contents;
        counter.header.emit_key_and_value(count, count)
    }
}

#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Counter, key = u64, value = u64, name = "by-count-at-once")]
#[view_schema(policy = Eager)]
struct ByCountAtOnce;

impl CollectionMapReduce for ByCountAtOnce {
    fn map<'doc>(&self, counter: CollectionDocument<Counter>) -> ViewMapResult<'doc, Self> {
        let Counter { count, .. } = counter.contents;
        counter.header.emit_key_and_value(count, count)
    }
}

#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Counter, key = u64, value = u64, name = "by-name")]
#[view_schema(policy = Unique)]
struct ByName;

impl CollectionMapReduce for ByName {
    fn map<'doc>(&self, counter: CollectionDocument<Counter>) -> ViewMapResult<'doc, Self> {
        let Counter { name, count } = counter.contents;
        counter.header.emit_key_and_value(name, count)
    }
}

fn in_memory<S: bonsaidb_core::schema::Schema>() -> (tempfile::TempDir, Database) {
    let folder = tempfile::tempdir().unwrap();
    let configuration = StorageConfiguration::new(folder.path()).memory_only();
    let db = Database::open::<S>(configuration).unwrap();
    (folder, db)
}

/// Runs `reader` on two threads, on counters that two others change all the time.
fn while_others_write(reader: impl Fn(&Database) + Sync) {
    let (_folder, db) = in_memory::<Counter>();
    let counters = (0..DOCUMENTS).map(|name| Counter { name, count: name });
    Counter::push_all(counters, &db).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for writer in 0..2 {
            let (db, done) = (&db, &done);
            scope.spawn(move || {
                let mut id = writer;
                while !done.load(Ordering::Relaxed) {
                    id = (id + 7) % DOCUMENTS;
                    let mut counter = Counter::get(&(id + 1), db).unwrap().unwrap();
                    counter
                        .modify(db, |counter| counter.contents.count += 1_000)
                        .unwrap();
                }
            });
        }
        let readers = [0, 1].map(|_| scope.spawn(|| reader(&db)));
        let results = readers.map(thread::ScopedJoinHandle::join);
        done.store(true, Ordering::Relaxed);
        for result in results {
            result.unwrap();
        }
    });
}

type Found<V> = MappedDocuments<CollectionDocument<Counter>, V>;

/// What a view answers, each mapping compared with its document.
fn checked<V>(db: &Database, policy: AccessPolicy) -> Found<V>
where
    V: SerializedView<Collection = Counter, Key = u64, Value = u64>,
{
    let query = db.view::<V>().with_access_policy(policy);
    let found = query.query_with_collection_docs().unwrap();
    for mapping in &found.mappings {
        let document = &found.documents[&mapping.source.id];
        assert_eq!(mapping.source, document.header, "{policy:?}");
        assert_eq!(mapping.value, document.contents.count, "{policy:?}");
    }
    found
}

#[test]
fn each_mapping_matches_its_document_while_others_write() {
    while_others_write(|db| {
        for _ in 0..100 {
            for policy in POLICIES {
                let lazy = checked::<ByCount>(db, policy);
                if !matches!(policy, AccessPolicy::NoUpdate) {
                    assert_eq!(lazy.len() as u64, DOCUMENTS);
                }
                let eager = checked::<ByCountAtOnce>(db, policy);
                let unique = checked::<ByName>(db, policy);
                let counts = [eager.len() as u64, unique.len() as u64];
                assert_eq!(counts, [DOCUMENTS; 2], "{policy:?}");
            }
        }
    });
}

#[test]
fn each_mapping_matches_its_document_in_an_index_that_nobody_updates() {
    while_others_write(|db| {
        checked::<ByCount>(db, AccessPolicy::UpdateBefore);
        for _ in 0..100 {
            checked::<ByCount>(db, AccessPolicy::NoUpdate);
        }
    });
}

#[test]
fn what_changed_since_the_last_pair_is_answered_as_it_was() {
    let (_folder, db) = in_memory::<Counter>();
    let counters = (0..DOCUMENTS).map(|name| Counter { name, count: name });
    Counter::push_all(counters, &db).unwrap();
    // The first query that wants no update asks for the pair, the next run makes it.
    assert!(checked::<ByCount>(&db, AccessPolicy::NoUpdate).is_empty());
    assert_eq!(db.view::<ByCount>().query().unwrap().len(), 40);
    let mut changed = Counter::get(&1, &db).unwrap().unwrap();
    let before = changed.clone();
    changed.contents.count = 1_000;
    changed.update(&db).unwrap();
    Counter::get(&2, &db).unwrap().unwrap().delete(&db).unwrap();
    let found = checked::<ByCount>(&db, AccessPolicy::NoUpdate);
    assert_eq!(found.len() as u64, DOCUMENTS);
    assert_eq!(found.documents[&1], before);

    let found = checked::<ByCount>(&db, AccessPolicy::UpdateBefore);
    assert_eq!(found.documents[&1], changed);
    let found = checked::<ByCount>(&db, AccessPolicy::NoUpdate);
    assert_eq!(found.documents[&1], changed);
    assert_eq!(found.len() as u64, DOCUMENTS - 1);
}

#[test]
fn without_a_pair_what_changed_is_left_out() {
    let (_folder, db) = in_memory::<Counter>();
    let counters = (0..DOCUMENTS).map(|name| Counter { name, count: name });
    Counter::push_all(counters, &db).unwrap();
    assert_eq!(db.view::<ByCount>().query().unwrap().len(), 40);
    db.compact().unwrap(); // That lets go of the pair.
    let mut changed = Counter::get(&1, &db).unwrap().unwrap();
    changed.contents.count = 1_000;
    changed.update(&db).unwrap();
    Counter::get(&2, &db).unwrap().unwrap().delete(&db).unwrap();
    let found = checked::<ByCount>(&db, AccessPolicy::NoUpdate);
    assert_eq!(found.len() as u64, DOCUMENTS - 2);
    let limited = db
        .view::<ByCount>()
        .with_access_policy(AccessPolicy::NoUpdate)
        .limit(2);
    let limited = limited.query_with_docs().unwrap();
    let keys = limited.mappings.iter().map(|mapping| mapping.key);
    assert_eq!(keys.collect::<Vec<_>>(), [2, 3]);
    // Who asks for mappings alone gets what was indexed.
    let stale = db
        .view::<ByCount>()
        .with_access_policy(AccessPolicy::NoUpdate);
    assert_eq!(stale.query().unwrap().len() as u64, DOCUMENTS);
}

#[derive(Clone, Debug, Serialize, Deserialize, Collection)]
#[collection(name = "watched", views = [Watching])]
struct Watched;

#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Watched, key = (), name = "watching")]
struct Watching;

static MAPPED: AtomicU64 = AtomicU64::new(0);

impl CollectionMapReduce for Watching {
    fn map<'doc>(&self, document: CollectionDocument<Watched>) -> ViewMapResult<'doc, Self> {
        MAPPED.fetch_add(1, Ordering::Relaxed);
        document.header.emit()
    }
}

#[test]
fn nothing_is_mapped_for_queries_that_want_no_update() {
    let (_folder, db) = in_memory::<Watched>();
    for round in 0..3 {
        Watched.push_into(&db).unwrap();
        let view = db.view::<Watching>();
        let stale = view.with_access_policy(AccessPolicy::NoUpdate);
        assert_eq!(stale.query_with_docs().unwrap().len(), 0);
        assert_eq!(MAPPED.load(Ordering::Relaxed), 0, "{round}");
    }
    assert_eq!(db.view::<Watching>().query().unwrap().len(), 3);
    assert_eq!(MAPPED.load(Ordering::Relaxed), 3);
}
