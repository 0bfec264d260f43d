//! A program written against 0.5: primary keys of every making, and helpers that do not care where the database is.

use bonsaidb::core::Error;
use bonsaidb::core::connection::{Connection, StorageConnection};
use bonsaidb::core::key::Key;
use bonsaidb::core::key::time::TimestampAsSeconds;
use bonsaidb::core::schema::{Collection, Schema, SerializedCollection};
use bonsaidb::local::Storage;
use bonsaidb::local::config::{Builder, StorageConfiguration};
use serde::{Deserialize, Serialize};

#[derive(Debug, Schema)]
#[schema(name = "keys", authority = "example", collections = [Reading, User, Invoice, Measure, Tag])]
struct Everything;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Key)]
struct ReadingId {
    sensor: String,
    hour: i32,
}

impl ReadingId {
    fn new(sensor: &str, hour: i32) -> Self {
        let sensor = sensor.to_owned();
        Self { sensor, hour }
    }
}

/// The id is a field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Collection)]
#[collection(name = "readings", primary_key = ReadingId)]
struct Reading {
    #[natural_id]
    id: ReadingId,
    celsius: f32,
}

/// The type of the id is that of the field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Collection)]
#[collection(name = "users")]
struct User {
    #[natural_id]
    email: String,
}

/// The id is computed by an expression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Collection)]
#[collection(name = "invoices", primary_key = u64, natural_id = Some(self.year * 1_000 + self.number))]
struct Invoice {
    year: u64,
    number: u64,
}

/// The id is computed by a closure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Collection)]
#[collection(name = "measures", primary_key = (u8, String), natural_id = |measure: &Self| Some((measure.bar, measure.text.clone())))]
struct Measure {
    bar: u8,
    text: String,
}

/// The id is computed by a function, for some.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Collection)]
#[collection(name = "tags", primary_key = u32, natural_id = Tag::id)]
struct Tag {
    id: Option<u32>,
}

impl Tag {
    fn id(&self) -> Option<u32> {
        self.id
    }
}

fn storage(folder: &tempfile::TempDir) -> Storage {
    let configuration = StorageConfiguration::new(folder.path())
        .with_schema::<Everything>()
        .and_then(Builder::with_schema::<User>)
        .unwrap();
    Storage::open(configuration).unwrap()
}

/// Copies what `from` holds of a collection to `to`.
fn copy<C, From, To>(from: &From, to: &To) -> Result<u64, Error>
where
    C: SerializedCollection<Contents = C> + Unpin + 'static,
    C::PrimaryKey: Unpin,
    From: Connection,
    To: Connection,
{
    for document in C::all(from).query()? {
        document.contents.overwrite_into(&document.header.id, to)?;
    }
    to.collection::<C>().all().count()
}

fn home<S: StorageConnection>(storage: &S, name: &str) -> Result<S::Database, Error> {
    storage.create_database::<Everything>(name, true)
}

#[test]
fn composite_keys_are_sorted_by_their_fields() -> Result<(), Error> {
    let folder = tempfile::tempdir().unwrap();
    let db = home(&storage(&folder), "readings")?;
    for (sensor, hour) in [
        ("roof", 2),
        ("cellar", 5),
        ("roof", -3),
        ("roof", 1),
        ("attic", 0),
    ] {
        let id = ReadingId::new(sensor, hour);
        Reading { id, celsius: 20.5 }.push_into(&db)?;
    }
    let all = Reading::all(&db).query()?;
    let order: Vec<_> = all
        .iter()
        .map(|reading| (reading.header.id.sensor.as_str(), reading.header.id.hour))
        .collect();
    assert_eq!(
        order,
        [
            ("attic", 0),
            ("cellar", 5),
            ("roof", -3),
            ("roof", 1),
            ("roof", 2)
        ]
    );

    let range = ReadingId::new("roof", i32::MIN)..ReadingId::new("roof", 2);
    let early = Reading::list(range, &db).descending().query()?;
    assert_eq!(
        early
            .iter()
            .map(|reading| reading.contents.id.hour)
            .collect::<Vec<_>>(),
        [1, -3]
    );
    let one = Reading::get(&ReadingId::new("cellar", 5), &db)?;
    assert!(one.is_some());
    Ok(())
}

#[test]
fn natural_ids_come_from_contents() -> Result<(), Error> {
    let folder = tempfile::tempdir().unwrap();
    let db = home(&storage(&folder), "natural")?;
    let email = String::from("ada@example.com");
    let user = User {
        email: email.clone(),
    }
    .push_into(&db)?;
    assert_eq!(user.header.id, email);
    assert_eq!(User::get("ada@example.com", &db)?, Some(user));
    let under = User::list_with_prefix("ada@", &db).query()?;
    assert_eq!(under.len(), 1);

    let invoice = Invoice {
        year: 2024,
        number: 17,
    }
    .push_into(&db)?;
    assert_eq!(invoice.header.id, 2_024_017);
    let measure = Measure {
        bar: 3,
        text: String::from("forte"),
    }
    .push_into(&db)?;
    assert_eq!(measure.header.id, (3, String::from("forte")));
    let named = Tag { id: Some(40) }.push_into(&db)?;
    assert_eq!(named.header.id, 40);
    let assigned = Tag { id: None }.push_into(&db)?;
    assert_eq!(assigned.header.id, 41);
    let twice = Invoice {
        year: 2024,
        number: 17,
    }
    .push_into(&db)
    .expect_err("it exists");
    assert_eq!(twice.contents.number, 17);
    assert!(twice.error.conflicting_document::<Invoice>().is_some());
    Ok(())
}

#[test]
fn helpers_work_between_databases() -> Result<(), Error> {
    let folder = tempfile::tempdir().unwrap();
    let storage = storage(&folder);
    let source = home(&storage, "source")?;
    let target = home(&storage, "target")?;
    // A collection is a schema of itself.
    let users = storage.create_database::<User>("users", false)?;
    for name in ["ada", "bo", "cy"] {
        let email = format!("{name}@example.com");
        User { email }.push_into(&source)?;
    }
    assert_eq!(copy::<User, _, _>(&source, &target)?, 3);
    assert_eq!(copy::<User, _, _>(&target, &users)?, 3);
    assert_eq!(copy::<User, _, _>(&users, &source)?, 3);
    let user = User::get("bo@example.com", &source)?.expect("it was copied there and back");
    assert_eq!(user.header.revision.id, 0);

    let mut names: Vec<_> = storage
        .list_databases()?
        .into_iter()
        .map(|db| db.name)
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["_admin", "source", "target", "users"]);
    let wrong = storage.database::<User>("source").map(drop);
    assert!(
        matches!(wrong, Err(Error::SchemaMismatch { .. })),
        "{wrong:?}"
    );
    Ok(())
}

#[test]
fn times_are_keys() -> Result<(), Box<dyn std::error::Error>> {
    use bonsaidb::core::key::KeyEncoding;

    let now = TimestampAsSeconds::now();
    let earlier = TimestampAsSeconds::from_representation(now.representation() - 60);
    assert!(earlier.as_ord_bytes()? < now.as_ord_bytes()?);
    Ok(())
}
