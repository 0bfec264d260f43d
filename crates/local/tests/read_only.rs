//! A read-only storage opened with a schema that has more than what is stored.

use bonsaidb_core::connection::{Connection, StorageConnection};
use bonsaidb_core::schema::{Collection, Schema, SerializedCollection};
use bonsaidb_local::Storage;
use bonsaidb_local::config::{Builder, StorageConfiguration};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, Collection)]
#[collection(name = "old")]
struct Old {
    number: u64,
}

#[derive(Debug, Serialize, Deserialize, Collection)]
#[collection(name = "new")]
struct New {
    number: u64,
}

#[derive(Schema)]
#[schema(name = "schema", collections = [Old])]
struct Before;

#[derive(Schema)]
#[schema(name = "schema", collections = [Old, New])]
struct After;

#[test]
fn a_collection_that_is_not_stored_yet_is_empty() {
    let folder = tempfile::tempdir().unwrap();
    let configuration = || StorageConfiguration::new(folder.path());
    let storage = Storage::open(configuration().with_schema::<Before>().unwrap()).unwrap();
    let db = storage.create_database::<Before>("db", false).unwrap();
    Old { number: 1 }.push_into(&db).unwrap();
    drop(db);
    storage.close().unwrap();
    let configuration = configuration().with_schema::<After>().unwrap().read_only();
    let storage = Storage::open(configuration).unwrap();
    let db = storage.database::<After>("db").unwrap();
    assert_eq!(Old::get(&1, &db).unwrap().unwrap().contents.number, 1);
    assert!(New::get(&1, &db).unwrap().is_none());
    assert_eq!(New::all(&db).count().unwrap(), 0);
    assert!(New::all(&db).query().unwrap().is_empty());
    assert_eq!(db.list_executed_transactions(None, None).unwrap().len(), 1);
    assert!(New { number: 1 }.push_into(&db).is_err());
}
