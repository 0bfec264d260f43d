//! A unique view: no two users may have the same name, however many try at once.

use std::thread;

use bonsaidb::core::Error;
use bonsaidb::core::connection::Connection;
use bonsaidb::core::document::{CollectionDocument, Emit};
use bonsaidb::core::schema::{
    Collection, CollectionMapReduce, NamedCollection, SerializedCollection, View, ViewMapResult,
    ViewSchema,
};
use bonsaidb::local::Database;
use bonsaidb::local::config::{Builder, StorageConfiguration};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, Collection)]
#[collection(name = "users", views = [UsersByName])]
struct User {
    name: String,
    logins: u32,
}

#[derive(Debug, Clone, View, ViewSchema)]
#[view(collection = User, key = String, name = "by-name")]
#[view_schema(policy = Unique)]
struct UsersByName;

impl CollectionMapReduce for UsersByName {
    fn map<'doc>(&self, user: CollectionDocument<User>) -> ViewMapResult<'doc, Self> {
        user.header.emit_key(user.contents.name)
    }
}

/// Documents with unique names can be loaded by them.
impl NamedCollection for User {
    type ByNameView = UsersByName;
}

fn register(name: &str, db: &Database) -> Result<u64, Error> {
    let name = name.to_owned();
    let user = User { name, logins: 0 }.push_into(db)?;
    Ok(user.header.id)
}

fn main() -> Result<(), bonsaidb::local::Error> {
    let folder = tempfile::tempdir()?;
    let db = Database::open::<User>(StorageConfiguration::new(folder.path()))?;

    // Eight threads want the same name: one of them gets it.
    let registered = thread::scope(|scope| {
        let threads = (0..8).map(|_| scope.spawn(|| register("ecton", &db)));
        let threads = threads.collect::<Vec<_>>();
        let results = threads.into_iter().map(thread::ScopedJoinHandle::join);
        results.filter(|result| matches!(result, Ok(Ok(_)))).count()
    });
    println!("registered: {registered}");
    assert_eq!(registered, 1);

    // The error tells who has it.
    let error = register("ecton", &db).unwrap_err();
    println!("{error}");
    assert!(error.is_unique_key_error::<UsersByName, _>(&db));

    // Found by name and updated, or else inserted.
    for name in ["ecton", "daxpedda"] {
        let user = User::entry(name, &db)
            .update_with(|user: &mut User| user.logins += 1)
            .or_insert_with(|| User {
                name: name.to_owned(),
                logins: 1,
            })
            .execute()?
            .expect("either found or inserted");
        println!("{}: {} logins", user.contents.name, user.contents.logins);
        assert_eq!(user.contents.logins, 1);
    }
    assert_eq!(db.view::<UsersByName>().query()?.len(), 2);
    Ok(())
}

#[test]
fn runs() {
    main().unwrap();
}
