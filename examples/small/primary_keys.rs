//! Primary keys: assigned ones, natural ones that a value brings with it, and a key of several
//! fields.

use bonsaidb::core::Error;
use bonsaidb::core::key::{Key, NextValueError};
use bonsaidb::core::schema::{Collection, Schema, SerializedCollection};
use bonsaidb::local::Database;
use bonsaidb::local::config::{Builder, StorageConfiguration};
use serde::{Deserialize, Serialize};

/// Without further words the primary key is a `u64` that the database assigns.
#[derive(Debug, Serialize, Deserialize, Collection)]
#[collection(name = "notes")]
struct Note {
    text: String,
}

/// A user is found by the number another system gave it.
#[derive(Debug, Serialize, Deserialize, Collection)]
#[collection(name = "users", primary_key = u32)]
#[collection(natural_id = |user: &Self| Some(user.external_id))]
struct User {
    external_id: u32,
    name: String,
}

/// A score is found by who made it, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Key)]
struct ScoreKey {
    player: String,
    level: u16,
}

#[derive(Debug, Serialize, Deserialize, Collection)]
#[collection(name = "scores", primary_key = ScoreKey)]
struct Score {
    points: u64,
}

#[derive(Schema)]
#[schema(name = "keys", collections = [Note, User, Score])]
struct Keys;

fn main() -> Result<(), bonsaidb::local::Error> {
    let folder = tempfile::tempdir()?;
    let db = Database::open::<Keys>(StorageConfiguration::new(folder.path()))?;

    let text = String::from("the first");
    let note = Note { text }.push_into(&db)?;
    println!("{:?} got id {}", note.contents.text, note.header.id);
    assert_eq!(note.header.id, 1);

    let external_id = 42;
    let name = String::from("ecton");
    User { external_id, name }.push_into(&db)?;
    let user = User::get(&42, &db)?.expect("just stored");
    println!("user 42 is {}", user.contents.name);

    for (player, level, points) in [("zoe", 1, 70), ("abe", 2, 10), ("abe", 1, 30)] {
        let player = player.to_owned();
        Score { points }.insert_into(&ScoreKey { player, level }, &db)?;
    }
    // Documents are in the order of their keys: by player, then by level.
    for score in Score::all(&db).query()? {
        println!("{:?}: {} points", score.header.id, score.contents.points);
    }
    let first = Score::all(&db).limit(1).query()?;
    assert_eq!(
        (first[0].header.id.level, first[0].contents.points),
        (1, 30)
    );

    // A key of one's own has no next value: ids of scores cannot be assigned.
    match (Score { points: 0 }).push_into(&db) {
        Err(error) => {
            println!("pushing without a key: {error}");
            assert!(matches!(
                error.error,
                Error::DocumentPush(_, NextValueError::Unsupported)
            ));
        }
        Ok(_) => unreachable!("there is no key to store it under"),
    }
    Ok(())
}

#[test]
fn runs() {
    main().unwrap();
}
