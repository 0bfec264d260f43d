//! A database whose disk loses power: what was acknowledged is there afterwards, nothing is half
//! there, and every view is what its documents emit.
//!
//! Each seed runs transactions and queries until the power fails at some sync, restarts the disk
//! with a random part of what was pending, opens the database (losing power once more in half of
//! the seeds) and compares. `POWER_LOSS_SEED=n` replays one seed,
//! `POWER_LOSS_SEEDS=n` runs that many.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use bonsaidb_core::Error;
use bonsaidb_core::connection::{AccessPolicy, Connection, StorageConnection};
use bonsaidb_core::document::{CollectionDocument, DocumentId, Emit, Header, Revision};
use bonsaidb_core::schema::{
    Collection, CollectionMapReduce, ReduceResult, SerializedCollection, View, ViewMapResult,
    ViewMappedValue, ViewSchema,
};
use bonsaidb_core::transaction::{Operation, Transaction};
use bonsaidb_local::config::{Builder, StorageConfiguration};
use bonsaidb_local::{Database, Storage};
use bonsaidb_testkit::disk::{Faults, FaultyFolder, Random};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Collection)]
#[collection(name = "items", views = [ByOwner, ByOwnerAtOnce, ByName])]
struct Item {
    owner: u8,
    name: u32,
    amount: u64,
}

/// Lazy, with a sum.
#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Item, key = u8, value = u64, name = "by-owner")]
struct ByOwner;

impl CollectionMapReduce for ByOwner {
    fn map<'doc>(&self, item: CollectionDocument<Item>) -> ViewMapResult<'doc, Self> {
        let Item { owner, amount, .. } = item.contents;
        item.header.emit_key_and_value(owner, amount)
    }

    fn reduce(&self, mappings: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<Self> {
        Ok(mappings.iter().map(|mapping| mapping.value).sum())
    }
}

#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Item, key = u8, value = u64, name = "by-owner-at-once")]
#[view_schema(policy = Eager)]
struct ByOwnerAtOnce;

impl CollectionMapReduce for ByOwnerAtOnce {
    fn map<'doc>(&self, item: CollectionDocument<Item>) -> ViewMapResult<'doc, Self> {
        let Item { owner, amount, .. } = item.contents;
        item.header.emit_key_and_value(owner, amount)
    }
}

#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Item, key = u32, name = "by-name")]
#[view_schema(policy = Unique)]
struct ByName;

impl CollectionMapReduce for ByName {
    fn map<'doc>(&self, item: CollectionDocument<Item>) -> ViewMapResult<'doc, Self> {
        item.header.emit_key(item.contents.name)
    }
}

type Model = BTreeMap<u64, (Revision, Item)>;

fn open(disk: &FaultyFolder, path: &Path) -> Result<Database, bonsaidb_local::Error> {
    let configuration = StorageConfiguration::new(path)
        .with_schema::<Item>()?
        .on_folder(Arc::new(disk.clone()));
    Ok(Storage::open(configuration)?.create_database::<Item>("items", true)?)
}

fn item(random: &mut Random) -> Item {
    Item {
        owner: u8::try_from(random.below(4)).unwrap(),
        name: u32::try_from(random.below(12)).unwrap(),
        amount: random.below(1_000) as u64,
    }
}

fn transaction(random: &mut Random, model: &Model) -> Transaction {
    let mut transaction = Transaction::new();
    for _ in 0..=random.below(4) {
        let collection = Item::collection_name();
        let existing =
            model
                .iter()
                .nth(random.below(model.len().max(1)))
                .map(|(id, (revision, _))| Header {
                    id: DocumentId::from_u64(*id),
                    revision: *revision,
                });
        let contents = <Item as SerializedCollection>::serialize(&item(random)).unwrap();
        transaction.push(match (random.below(4), existing) {
            (0, Some(header)) => Operation::update(collection, header, contents),
            (1, Some(header)) => Operation::delete(collection, header),
            (2, _) => {
                let id = DocumentId::from_u64(1 + random.below(40) as u64);
                Operation::overwrite(collection, id, contents)
            }
            _ => Operation::insert(collection, None, contents),
        });
    }
    transaction
}

fn stored(db: &Database) -> Result<Model, Error> {
    let documents = Item::all(db).query()?;
    Ok(documents
        .into_iter()
        .map(|document| {
            let header = document.header;
            (header.id, (header.revision, document.contents))
        })
        .collect())
}

/// All views hold what the documents emit, with the revisions of these.
fn check_views(db: &Database, model: &Model) -> Result<(), Error> {
    let mut by_owner = model
        .iter()
        .map(|(id, (revision, item))| (item.owner, *id, *revision, item.amount))
        .collect::<Vec<_>>();
    by_owner.sort_by_key(|entry| (entry.0, entry.1));
    let lazy = db.view::<ByOwner>().query()?;
    let lazy = lazy
        .into_iter()
        .map(|map| (map.key, map.source.id, map.source.revision, map.value))
        .collect::<Vec<_>>();
    assert_eq!(lazy, by_owner, "the lazy view");
    let eager = db.view::<ByOwnerAtOnce>();
    let eager = eager.with_access_policy(AccessPolicy::NoUpdate).query()?;
    let eager = eager
        .into_iter()
        .map(|map| (map.key, map.source.id, map.source.revision, map.value))
        .collect::<Vec<_>>();
    assert_eq!(eager, by_owner, "the eager view");
    let mut by_name = model
        .iter()
        .map(|(id, (_, item))| (item.name, *id))
        .collect::<Vec<_>>();
    by_name.sort_unstable();
    let unique = db.view::<ByName>().query()?;
    let unique = unique
        .into_iter()
        .map(|map| (map.key, map.source.id))
        .collect::<Vec<_>>();
    assert_eq!(unique, by_name, "the unique view");
    let sum = db.view::<ByOwner>().reduce()?;
    assert_eq!(sum, by_owner.iter().map(|entry| entry.3).sum::<u64>());
    Ok(())
}

fn run(seed: u64) {
    let random = &mut Random::new(seed);
    let folder = tempfile::tempdir().unwrap();
    let disk = FaultyFolder::new(seed);
    let db = open(&disk, folder.path()).unwrap();
    let mut acknowledged = Model::new();
    let mut greatest_id = 0;
    disk.set_faults(Faults {
        power_off_at_sync: Some(1 + random.below(60) as u64),
        ..Faults::default()
    });
    // The transaction that was not answered, if it was one that failed.
    let unanswered = loop {
        if random.chance(25) {
            match check_views(&db, &acknowledged) {
                Ok(()) => continue,
                Err(_) if disk.is_off() => break None,
                Err(error) => panic!("seed {seed}: {error}"),
            }
        }
        let transaction = transaction(random, &acknowledged);
        match transaction.clone().apply(&db) {
            Ok(_) => {
                acknowledged = stored(&db).unwrap();
                let greatest = acknowledged.keys().last().copied();
                greatest_id = greatest_id.max(greatest.unwrap_or(0));
            }
            Err(_) if disk.is_off() => break Some(transaction),
            Err(
                Error::DocumentConflict(..)
                | Error::DocumentNotFound(..)
                | Error::UniqueKeyViolation { .. },
            ) => {
                let found = stored(&db).unwrap();
                assert_eq!(found, acknowledged, "seed {seed}: not all or nothing");
            }
            Err(error) => panic!("seed {seed}: {error}"),
        }
    };
    drop(db);
    let mut disk = disk.restart(seed + 1);
    if random.chance(50) {
        disk.set_faults(Faults {
            power_off_at_sync: Some(1 + random.below(4) as u64),
            ..Faults::default()
        });
        if let Ok(db) = open(&disk, folder.path()) {
            // The index may be brought up to date, or the power fails while it is.
            let _ = db.view::<ByOwner>().query();
        }
        disk = disk.restart(seed + 2);
    }
    let db = open(&disk, folder.path()).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    let found = stored(&db).unwrap();
    if found != acknowledged {
        // It may have happened, but then as a whole.
        let Some(transaction) = unanswered else {
            panic!("seed {seed}: {found:?} instead of {acknowledged:?}");
        };
        let expected = replay(&acknowledged, transaction);
        assert_eq!(contents(&found), contents(&expected), "seed {seed}");
    }
    check_views(&db, &found).unwrap();
    let pushed = loop {
        match item(random).push_into(&db) {
            Ok(document) => break document.header.id,
            Err(error) => assert!(matches!(error.error, Error::UniqueKeyViolation { .. })),
        }
        let used = found.values().map(|(_, item)| item.name);
        if used.collect::<std::collections::BTreeSet<_>>().len() == 12 {
            return; // Every name is taken.
        }
    };
    assert!(
        pushed > greatest_id,
        "seed {seed}: id {pushed} was used before"
    );
    assert!(db.last_transaction_id().unwrap().is_some());
}

/// The documents whatever their ids.
fn contents(model: &Model) -> Vec<String> {
    let contents = model.values().map(|document| format!("{document:?}"));
    let mut contents = contents.collect::<Vec<_>>();
    contents.sort_unstable();
    contents
}

/// What `transaction` makes of a database that holds `before`; assigned ids may differ.
fn replay(before: &Model, transaction: Transaction) -> Model {
    let folder = tempfile::tempdir().unwrap();
    let configuration = StorageConfiguration::new(folder.path()).memory_only();
    let db = Database::open::<Item>(configuration).unwrap();
    let store = |id: u64, item: &Item| {
        let contents = <Item as SerializedCollection>::serialize(item).unwrap();
        Transaction::overwrite(Item::collection_name(), DocumentId::from_u64(id), contents)
            .apply(&db)
            .unwrap();
    };
    for (id, (revision, item)) in before {
        // Revisions count up to the one that the transaction speaks of.
        for count in 0..revision.id {
            let name = u32::MAX - count;
            let (owner, amount) = (255, 0);
            let filler = Item {
                owner,
                name,
                amount,
            };
            store(*id, &filler);
        }
        store(*id, item);
    }
    assert_eq!(&stored(&db).unwrap(), before);
    transaction.apply(&db).unwrap();
    stored(&db).unwrap()
}

#[test]
fn acknowledged_transactions_survive_and_views_match_their_documents() {
    if let Ok(seed) = std::env::var("POWER_LOSS_SEED") {
        return run(seed.parse().unwrap());
    }
    let seeds = std::env::var("POWER_LOSS_SEEDS").map_or(100, |seeds| seeds.parse().unwrap());
    for seed in 0..seeds {
        run(seed * 10);
    }
}

#[test]
fn a_full_disk_loses_nothing_and_can_be_written_after_reopening() {
    for step in 0..20 {
        let room_bytes = step * 17_919;
        let folder = tempfile::tempdir().unwrap();
        let disk = FaultyFolder::new(room_bytes as u64);
        let db = open(&disk, folder.path()).unwrap();
        disk.set_faults(Faults {
            room_bytes: Some(room_bytes),
            ..Faults::default()
        });
        let mut acknowledged = 0;
        let error = loop {
            let name = acknowledged;
            let (owner, amount) = (1, 1);
            match (Item {
                owner,
                name,
                amount,
            })
            .push_into(&db)
            {
                Ok(_) => acknowledged += 1,
                Err(error) => break error.error,
            }
        };
        assert!(matches!(error, Error::Other { .. }), "{error}");
        drop(db);
        disk.set_faults(Faults::default());
        let db = open(&disk, folder.path()).unwrap();
        let found = Item::all(&db).count().unwrap();
        let acknowledged = u64::from(acknowledged);
        assert!(
            found == acknowledged || found == acknowledged + 1,
            "{found} of {acknowledged}"
        );
        check_views(&db, &stored(&db).unwrap()).unwrap();
        let name = u32::MAX;
        let (owner, amount) = (2, 1);
        Item {
            owner,
            name,
            amount,
        }
        .push_into(&db)
        .unwrap();
    }
}
