//! Mappings and documents of one query belong together, however much is written meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use bonsaidb_core::connection::Connection;
use bonsaidb_core::document::{CollectionDocument, Emit};
use bonsaidb_core::schema::{
    Collection, CollectionMapReduce, SerializedCollection, View, ViewMapResult, ViewSchema,
};
use bonsaidb_local::Database;
use bonsaidb_local::config::{Builder, StorageConfiguration};
use serde::{Deserialize, Serialize};

const DOCUMENTS: u64 = 40;

#[derive(Clone, Debug, Serialize, Deserialize, Collection)]
#[collection(name = "counters", views = [ByCount, ByCountAtOnce])]
struct Counter {
    count: u64,
}

#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Counter, key = u64, name = "by-count")]
struct ByCount;

impl CollectionMapReduce for ByCount {
    fn map<'doc>(&self, counter: CollectionDocument<Counter>) -> ViewMapResult<'doc, Self> {
        counter.header.emit_key(counter.contents.count)
    }
}

#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Counter, key = u64, name = "by-count-at-once")]
#[view_schema(policy = Eager)]
struct ByCountAtOnce;

impl CollectionMapReduce for ByCountAtOnce {
    fn map<'doc>(&self, counter: CollectionDocument<Counter>) -> ViewMapResult<'doc, Self> {
        counter.header.emit_key(counter.contents.count)
    }
}

#[test]
fn each_mapping_matches_its_document_while_others_write() {
    let folder = tempfile::tempdir().unwrap();
    let configuration = StorageConfiguration::new(folder.path()).memory_only();
    let db = Database::open::<Counter>(configuration).unwrap();
    Counter::push_all((0..DOCUMENTS).map(|count| Counter { count }), &db).unwrap();
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
        let readers = [0, 1].map(|_| {
            scope.spawn(|| {
                for _ in 0..150 {
                    check::<ByCount>(&db);
                    check::<ByCountAtOnce>(&db);
                }
            })
        });
        let results = readers.map(thread::ScopedJoinHandle::join);
        done.store(true, Ordering::Relaxed);
        for result in results {
            result.unwrap();
        }
    });
}

fn check<V>(db: &Database)
where
    V: bonsaidb_core::schema::SerializedView<Collection = Counter, Key = u64, Value = ()>,
{
    let found = db.view::<V>().query_with_collection_docs().unwrap();
    assert_eq!(found.len() as u64, DOCUMENTS);
    for mapping in &found.mappings {
        let document = &found.documents[&mapping.source.id];
        assert_eq!(mapping.source, document.header);
        assert_eq!(mapping.key, document.contents.count);
    }
}
