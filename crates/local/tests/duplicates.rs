//! A unique view that is added to documents which have a key in common: what is wrong is said, and
//! can be mended by deleting.

use bonsaidb_core::Error;
use bonsaidb_core::connection::Connection;
use bonsaidb_core::document::{CollectionDocument, Emit};
use bonsaidb_core::schema::{
    Collection, CollectionMapReduce, CollectionName, DefaultSerialization, Qualified, Schematic,
    SerializedCollection, View, ViewMapResult, ViewSchema,
};
use bonsaidb_core::transaction::{Operation, Transaction};
use bonsaidb_local::Database;
use bonsaidb_local::config::{Builder, StorageConfiguration};
use serde::{Deserialize, Serialize};

/// Users, in a release of the program without and one with the view.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct User<const UNIQUE: bool> {
    name: String,
}

impl<const UNIQUE: bool> Collection for User<UNIQUE> {
    type PrimaryKey = u64;

    fn collection_name() -> CollectionName {
        CollectionName::private("users")
    }

    fn define_views(schema: &mut Schematic) -> Result<(), Error> {
        if UNIQUE {
            schema.define_view(ByName)?;
        }
        Ok(())
    }
}

impl<const UNIQUE: bool> DefaultSerialization for User<UNIQUE> {}

#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = User<true>, key = String)]
#[view_schema(policy = Unique)]
struct ByName;

impl CollectionMapReduce for ByName {
    fn map<'doc>(&self, user: CollectionDocument<User<true>>) -> ViewMapResult<'doc, Self> {
        user.header.emit_key(user.contents.name.to_lowercase())
    }
}

fn user<const UNIQUE: bool>(name: &str) -> User<UNIQUE> {
    let name = name.to_owned();
    User { name }
}

fn is_violation<T>(result: Result<T, Error>, documents: [u64; 2]) -> bool {
    let Err(Error::UniqueKeyViolation {
        conflicting_document,
        existing_document,
        ..
    }) = result
    else {
        return false;
    };
    [existing_document, conflicting_document].map(|header| header.id.deserialize::<u64>().unwrap())
        == documents
}

#[test]
fn duplicates_under_a_new_unique_view_can_be_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let configuration = || StorageConfiguration::new(folder.path());
    let db = Database::open::<User<false>>(configuration()).unwrap();
    for name in ["ada", "bo", "Ada", "Bo", "ADA"] {
        user::<false>(name).push_into(&db).unwrap();
    }
    drop(db);

    let db = Database::open::<User<true>>(configuration()).unwrap();
    let get = |id: u64| User::<true>::get(&id, &db).unwrap().unwrap();
    assert!(is_violation(db.view::<ByName>().query(), [1, 3]));
    let pushed = user::<true>("cleo").push_into(&db);
    assert!(is_violation(pushed.map_err(|error| error.error), [1, 3]));
    assert!(is_violation(get(2).update(&db), [1, 3]));

    // One that is in the index, one that made it fail, and one that was not looked at yet.
    get(1).delete(&db).unwrap();
    assert!(is_violation(db.view::<ByName>().query(), [2, 4]));
    let collection = User::<true>::collection_name();
    let both = [4, 5].map(|id| {
        let header = get(id).header.try_into().unwrap();
        Operation::delete(collection.clone(), header)
    });
    let both = both.into_iter().fold(Transaction::new(), Transaction::with);
    both.apply(&db).unwrap();

    user::<true>("cleo").push_into(&db).unwrap();
    let mappings = db.view::<ByName>().query().unwrap();
    let found = mappings
        .iter()
        .map(|mapping| (&*mapping.key, mapping.source.id));
    let expected: [(&str, u64); 3] = [("ada", 3), ("bo", 2), ("cleo", 6)];
    assert_eq!(found.collect::<Vec<_>>(), expected);
    let taken = user::<true>("Bo").push_into(&db);
    assert!(is_violation(taken.map_err(|error| error.error), [2, 7]));
}
