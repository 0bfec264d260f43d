//! A read-only storage: opened with a schema that has more than what is stored, with a view that is
//! behind, and where there is nothing.

use bonsaidb_core::connection::{AccessPolicy, Connection, StorageConnection};
use bonsaidb_core::document::{CollectionDocument, Emit};
use bonsaidb_core::schema::{
    Collection, CollectionMapReduce, ReduceResult, Schema, SerializedCollection, View,
    ViewMapResult, ViewMappedValue, ViewSchema,
};
use bonsaidb_local::config::{Builder, StorageConfiguration};
use bonsaidb_local::{Database, Storage};
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

#[derive(Debug, Serialize, Deserialize, Collection)]
#[collection(name = "shapes", views = [BySides])]
struct Shape {
    sides: u32,
}

#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Shape, key = u32, value = u32, name = "by-sides")]
struct BySides;

impl CollectionMapReduce for BySides {
    fn map<'doc>(&self, shape: CollectionDocument<Shape>) -> ViewMapResult<'doc, Self> {
        shape.header.emit_key_and_value(shape.contents.sides, 1)
    }

    fn reduce(
        &self,
        mappings: &[ViewMappedValue<'_, Self>],
        _rereduce: bool,
    ) -> ReduceResult<Self> {
        Ok(mappings.iter().map(|mapping| mapping.value).sum())
    }
}

#[test]
fn a_view_that_is_behind_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let configuration = || StorageConfiguration::new(folder.path());
    let db = Database::open::<Shape>(configuration()).unwrap();
    Shape { sides: 3 }.push_into(&db).unwrap();
    assert_eq!(db.view::<BySides>().query().unwrap().len(), 1);
    Shape { sides: 4 }.push_into(&db).unwrap();
    drop(db);
    let db = Database::open::<Shape>(configuration().read_only()).unwrap();
    for error in [
        db.view::<BySides>().query().unwrap_err(),
        db.view::<BySides>().reduce().unwrap_err(),
    ] {
        let text = error.to_string();
        assert!(text.contains("private.shapes.by-sides"), "{text}");
        assert!(text.contains("read-only"), "{text}");
    }
    let as_it_is = db
        .view::<BySides>()
        .with_access_policy(AccessPolicy::NoUpdate);
    assert_eq!(as_it_is.query().unwrap().len(), 1);
    let as_it_is = db
        .view::<BySides>()
        .with_access_policy(AccessPolicy::NoUpdate);
    assert_eq!(as_it_is.reduce().unwrap(), 1);
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let configuration = StorageConfiguration::new(&missing).read_only();
    let error = Storage::open(configuration).unwrap_err().to_string();
    assert!(error.contains(&missing.display().to_string()), "{error}");
    assert!(!missing.exists());
}
