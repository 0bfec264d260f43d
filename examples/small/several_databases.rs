//! One storage with several databases, of one schema and of different ones; and a function that
//! works on any connection.

use bonsaidb::core::connection::{Connection, StorageConnection};
use bonsaidb::core::schema::{Collection, SerializedCollection};
use bonsaidb::local::Storage;
use bonsaidb::local::config::{Builder, StorageConfiguration};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, Collection)]
#[collection(name = "messages")]
struct Message {
    contents: String,
}

#[derive(Debug, Serialize, Deserialize, Collection)]
#[collection(name = "settings", primary_key = String, natural_id = Some(self.name.clone()))]
struct Setting {
    name: String,
    value: String,
}

/// Whatever the connection leads to: this machine, a server, a cluster.
fn say<C: Connection>(contents: &str, db: &C) -> Result<u64, bonsaidb::core::Error> {
    let contents = contents.to_owned();
    Ok(Message { contents }.push_into(db)?.header.id)
}

fn main() -> Result<(), bonsaidb::local::Error> {
    let folder = tempfile::tempdir()?;
    let configuration = StorageConfiguration::new(folder.path())
        .with_schema::<Message>()?
        .with_schema::<Setting>()?;
    let storage = Storage::open(configuration)?;
    let home = storage.create_database::<Message>("home", true)?;
    let work = storage.create_database::<Message>("work", true)?;
    let settings = storage.create_database::<Setting>("settings", true)?;

    // Each database has documents, and ids, of its own.
    assert_eq!(say("hello, home", &home)?, 1);
    assert_eq!(say("hello, work", &work)?, 1);
    let (name, value) = (String::from("colour"), String::from("green"));
    Setting { name, value }.push_into(&settings)?;
    let message = Message::get(&1, &work)?.expect("just stored");
    println!("at work: {}", message.contents.contents);
    let colour = Setting::get("colour", &settings)?.expect("just stored");
    println!("colour: {}", colour.contents.value);

    for database in storage.list_databases()? {
        println!("{}: {}", database.name, database.schema);
    }
    // A database is opened with the schema it was created with.
    let error = storage.database::<Message>("settings").unwrap_err();
    println!("{error}");

    storage.delete_database("work")?;
    assert!(storage.database::<Message>("work").is_err());
    assert_eq!(Message::all(&home).count()?, 1);
    Ok(())
}

#[test]
fn runs() {
    main().unwrap();
}
