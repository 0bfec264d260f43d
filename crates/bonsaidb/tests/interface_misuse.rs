//! What programs should not do, or rarely do, and what they are told then.

use std::borrow::Cow;
use std::time::Duration;

use bonsaidb::core::Error;
use bonsaidb::core::connection::{AccessPolicy, Connection, StorageConnection};
use bonsaidb::core::document::{CollectionDocument, DocumentId, Emit, KeyId};
use bonsaidb::core::schema::{
    Collection, CollectionMapReduce, CollectionName, DefaultSerialization, Qualified, ReduceResult,
    Schema, SchemaName, Schematic, SerializedCollection, SerializedView, View, ViewMapResult,
    ViewMappedValue, ViewSchema,
};
use bonsaidb::core::transaction::Transaction;
use bonsaidb::local::config::{Builder, StorageConfiguration};
use bonsaidb::local::{Database, Storage};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Collection)]
#[collection(name = "numbers", views = [ByNumber])]
struct Number(u32);

#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Number, key = u32, value = u32)]
struct ByNumber;

impl CollectionMapReduce for ByNumber {
    fn map<'doc>(&self, document: CollectionDocument<Number>) -> ViewMapResult<'doc, Self> {
        let Number(number) = document.contents;
        assert!(number != 13, "thirteen");
        document.header.emit_key_and_value(number, 1)
    }

    fn reduce(&self, mappings: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<Self> {
        Ok(mappings.iter().map(|mapping| mapping.value).sum())
    }
}

fn configuration(folder: &TempDir) -> StorageConfiguration {
    StorageConfiguration::new(folder.path().join("storage")).lock_wait(Duration::from_millis(100))
}

#[test]
fn a_storage_in_use_is_named_and_can_be_opened_later() {
    let folder = tempfile::tempdir().unwrap();
    let first = Database::open::<Number>(configuration(&folder)).unwrap();
    let text = Database::open::<Number>(configuration(&folder))
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("storage") && text.contains("another process or another handle"),
        "{text}"
    );
    drop(first);
    Database::open::<Number>(configuration(&folder)).unwrap();
}

#[test]
fn a_path_that_is_no_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("storage"), "a file").unwrap();
    let error = Storage::open(configuration(&folder)).unwrap_err();
    let path = folder.path().join("storage");
    assert!(
        error.to_string().contains(path.to_str().unwrap()),
        "{error}"
    );
}

#[test]
fn databases_cannot_be_named_as_the_files_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Storage::open(configuration(&folder).with_schema::<Number>().unwrap()).unwrap();
    let storage = open();
    for name in ["storage-id", "server-id", "Master-Keys", "vault-keys"] {
        let refused = storage.create_database::<Number>(name, false).unwrap_err();
        assert!(
            matches!(&refused, Error::InvalidDatabaseName(refused) if refused == name),
            "{refused}"
        );
    }
    storage
        .create_database::<Number>("server-id2", false)
        .unwrap();
    drop(storage);
    assert_eq!(open().list_databases().unwrap().len(), 2);
}

#[test]
fn the_administration_database_cannot_be_deleted_or_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(configuration(&folder).with_schema::<Number>().unwrap()).unwrap();
    assert!(storage.delete_database("_admin").is_err());
    assert!(matches!(
        storage.create_database::<Number>("_admin", true),
        Err(Error::SchemaMismatch { .. })
    ));
    storage.create_user("still here").unwrap();
}

struct Secret;

impl Collection for Secret {
    type PrimaryKey = u64;

    fn collection_name() -> CollectionName {
        CollectionName::private("secrets")
    }

    fn define_views(_: &mut Schematic) -> Result<(), Error> {
        Ok(())
    }

    fn encryption_key() -> Option<KeyId> {
        Some(KeyId::Master)
    }
}

#[test]
fn what_must_be_encrypted_is_not_stored_in_the_clear() {
    let folder = tempfile::tempdir().unwrap();
    let db = Database::open::<Secret>(configuration(&folder)).unwrap();
    let secrets = db.collection::<Secret>();
    let error = secrets.push_bytes(b"secret".to_vec()).unwrap_err();
    assert!(error.to_string().contains("encrypt"), "{error}");
    assert!(secrets.all().count().is_err());
}

#[derive(Debug, Serialize, Deserialize)]
struct Owner;

impl Collection for Owner {
    type PrimaryKey = u64;

    fn collection_name() -> CollectionName {
        CollectionName::private("owners")
    }

    fn define_views(schema: &mut Schematic) -> Result<(), Error> {
        schema.define_view(PetsByOwner)
    }
}

impl DefaultSerialization for Owner {}

#[derive(Clone, Debug, Serialize, Deserialize, Collection)]
#[collection(name = "pets")]
struct Pet {
    owner: u64,
}

#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Pet, key = u64)]
#[view_schema(policy = Eager)]
struct PetsByOwner;

impl CollectionMapReduce for PetsByOwner {
    fn map<'doc>(&self, document: CollectionDocument<Pet>) -> ViewMapResult<'doc, Self> {
        document.header.emit_key(document.contents.owner)
    }
}

/// The collection that defines the view comes before the one it is a view of.
#[derive(Debug, Schema)]
#[schema(name = "pets", collections = [Owner, Pet])]
struct Pets;

#[test]
fn a_view_may_be_defined_before_its_collection() {
    let schematic = Pets::schematic().unwrap();
    let of_pets = schematic.views_in_collection(&Pet::collection_name());
    assert_eq!(of_pets.count(), 1);
    // A view alone does not make a collection known.
    let owners_only = Owner::schematic().unwrap();
    assert_eq!(owners_only.views().count(), 1);
    let of_pets = owners_only.views_in_collection(&Pet::collection_name());
    assert_eq!(of_pets.count(), 0);

    let folder = tempfile::tempdir().unwrap();
    let db = Database::open::<Pets>(configuration(&folder)).unwrap();
    Pet { owner: 4 }.push_into(&db).unwrap();
    let current = PetsByOwner::entries(&db)
        .with_access_policy(AccessPolicy::NoUpdate)
        .with_key(&4)
        .query_with_collection_docs()
        .unwrap();
    assert_eq!(current.len(), 1);
}

#[test]
fn mappings_without_their_documents_do_not_hide_others() {
    let folder = tempfile::tempdir().unwrap();
    let db = Database::open::<Number>(configuration(&folder)).unwrap();
    Number::push_all([Number(1), Number(2), Number(3)], &db).unwrap();
    let mut found = ByNumber::entries(&db).query_with_collection_docs().unwrap();
    found.documents.remove(&1).unwrap();
    assert_eq!((found.len(), found.documents.len()), (3, 2));
    assert!(found.get(0).is_none());
    let left = found.iter().map(|mapped| mapped.document.contents.clone());
    assert_eq!(left.collect::<Vec<_>>(), [Number(2), Number(3)]);
    assert_eq!((&found).into_iter().count(), 2);
}

#[test]
fn documents_that_cannot_be_read_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let db = Database::open::<Pets>(configuration(&folder)).unwrap();
    Owner.push_into(&db).unwrap();
    let owners = db.collection::<Owner>();
    owners.insert_bytes(&42, vec![1, 2, 3]).unwrap();
    let Error::Other { origin, error } = Owner::all(&db).query().unwrap_err() else {
        panic!("bytes that are no document");
    };
    assert_eq!(origin, "serialization");
    assert!(
        error.contains("7$2a") && error.contains("private.owners"),
        "{error}"
    );

    // An id that is none of the collection's keys, which only bytes can bring about: the next
    // one follows the greatest key.
    let id = DocumentId::try_from(&b"text"[..]).unwrap();
    Transaction::insert(Owner::collection_name(), Some(id), vec![])
        .apply(&db)
        .unwrap();
    assert_eq!(Owner.push_into(&db).unwrap().header.id, 43);
}

#[test]
fn panics_of_user_code_do_not_break_what_they_leave() {
    let folder = tempfile::tempdir().unwrap();
    let db = Database::open::<Number>(configuration(&folder)).unwrap();
    let mut thirteen = Number(13).push_into(&db).unwrap();
    let error = ByNumber::entries(&db).reduce().unwrap_err().to_string();
    assert!(
        error.contains("ByNumber") && error.contains("thirteen"),
        "{error}"
    );
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        thirteen.modify(&db, |_| panic!("in a closure"))
    }));
    assert!(panicked.is_err());
    thirteen.refresh(&db).unwrap();
    thirteen
        .modify(&db, |document| document.contents.0 = 14)
        .unwrap();
    assert_eq!(ByNumber::entries(&db).reduce().unwrap(), 1);
}

#[derive(Debug, Schema)]
#[schema(name = "first", collections = [Number])]
struct First;

#[derive(Debug, Schema)]
#[schema(name = "second", collections = [Number, Pet])]
struct Second;

#[test]
fn schemas_may_share_collections_and_have_none() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(
        configuration(&folder)
            .with_schema::<First>()
            .unwrap()
            .with_schema::<Second>()
            .unwrap()
            .with_schema::<()>()
            .unwrap(),
    )
    .unwrap();
    let first = storage.create_database::<First>("first", false).unwrap();
    let second = storage.create_database::<Second>("second", false).unwrap();
    let empty = storage.create_database::<()>("empty", false).unwrap();
    Number(1).push_into(&first).unwrap();
    assert_eq!(Number::all(&second).count().unwrap(), 0);
    for error in [
        Number(1).push_into(&empty).unwrap_err().error,
        Number::all(&empty).query().unwrap_err(),
        Pet { owner: 1 }.push_into(&first).unwrap_err().error,
    ] {
        assert!(matches!(error, Error::CollectionNotFound), "{error}");
    }
    assert!(matches!(
        PetsByOwner::entries(&second).query(),
        Err(Error::ViewNotFound)
    ));
    assert!(matches!(
        storage.register_schema::<First>(),
        Err(bonsaidb::local::Error::Core(Error::SchemaAlreadyRegistered(name))) if name == First::schema_name()
    ));
    assert_eq!(empty.last_transaction_id().unwrap(), None);
    empty.compact().unwrap();
}

/// Many collections in one schema.
struct Wide;

struct Numbered<const N: usize>;

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

impl<const N: usize> Collection for Numbered<N> {
    type PrimaryKey = u64;

    fn collection_name() -> CollectionName {
        CollectionName::new(NAMES[N % 4], Cow::Owned(format!("{N}")))
    }

    fn define_views(_: &mut Schematic) -> Result<(), Error> {
        Ok(())
    }
}

macro_rules! define_all {
    ($schema:ident, $($hundreds:literal)*) => { $(
        $schema.define_collection::<Numbered<$hundreds>>()?;
        $schema.define_collection::<Numbered<{ $hundreds + 1 }>>()?;
        $schema.define_collection::<Numbered<{ $hundreds + 2 }>>()?;
        $schema.define_collection::<Numbered<{ $hundreds + 3 }>>()?;
        $schema.define_collection::<Numbered<{ $hundreds + 4 }>>()?;
    )* };
}

impl Schema for Wide {
    fn schema_name() -> SchemaName {
        SchemaName::private("wide")
    }

    fn define_collections(schema: &mut Schematic) -> Result<(), Error> {
        define_all!(schema, 0 5 10 15 20 25 30 35 40 45 50 55 60 65 70 75 80 85 90 95);
        Ok(())
    }
}

#[test]
fn a_hundred_collections_are_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    {
        let db = Database::open::<Wide>(configuration(&folder)).unwrap();
        db.collection::<Numbered<99>>().push_bytes(vec![9]).unwrap();
    }
    let db = Database::open::<Wide>(configuration(&folder)).unwrap();
    assert_eq!(db.schematic().collections().count(), 100);
    assert_eq!(db.collection::<Numbered<99>>().all().count().unwrap(), 1);
    assert_eq!(db.collection::<Numbered<98>>().all().count().unwrap(), 0);
}
