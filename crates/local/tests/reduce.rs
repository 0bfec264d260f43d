//! Reduces of lazy, eager and unique views against plain computation over the documents, under
//! random changes, with functions that fail, and counting how often functions are called.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bonsaidb_core as core;
use bonsaidb_core::arc_bytes::serde::Bytes;
use bonsaidb_core::connection::{
    AccessPolicy, Bound, Connection, LowLevelConnection, Range, SerializedQueryKey,
};
use bonsaidb_core::document::{CollectionDocument, Emit};
use bonsaidb_core::schema::{
    Collection, CollectionMapReduce, ReduceResult, Schema, SerializedCollection, SerializedView,
    View, ViewMapResult, ViewMappedValue, ViewName, ViewSchema,
};
use bonsaidb_core::transaction::{Operation, Transaction};
use bonsaidb_local::Database;
use bonsaidb_local::config::{Builder, StorageConfiguration};
use bonsaidb_testkit::disk::Random;
use serde::{Deserialize, Serialize};

/// A reading of a sensor.
#[derive(Clone, Debug, Serialize, Deserialize, Collection, PartialEq)]
#[collection(
    name = "readings",
    views = [Totals, Texts, TotalsEagerly, TextsByName, Unreduced, Long]
)]
struct Reading {
    sensor: u32,
    name: String,
    value: i64,
}

/// Whether [`Totals`] fails: 1 with an error, 2 with a panic.
static FAILURE: AtomicUsize = AtomicUsize::new(0);
/// Held by tests that let it fail, or would fail with it.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Reading, key = u32, value = i64)]
struct Totals;

impl CollectionMapReduce for Totals {
    fn map<'doc>(&self, document: CollectionDocument<Reading>) -> ViewMapResult<'doc, Self> {
        let Reading { sensor, value, .. } = document.contents;
        document.header.emit_key_and_value(sensor, value)
    }

    fn reduce(&self, mappings: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<Self> {
        match FAILURE.load(Ordering::Relaxed) {
            0 => Ok(mappings.iter().map(|mapping| mapping.value).sum()),
            1 => Err(core::Error::other("test", "told to fail")),
            _ => panic!("told to panic"),
        }
    }
}

#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Reading, key = u32, value = i64)]
#[view_schema(policy = Eager)]
struct TotalsEagerly;

impl CollectionMapReduce for TotalsEagerly {
    fn map<'doc>(&self, document: CollectionDocument<Reading>) -> ViewMapResult<'doc, Self> {
        Totals.map(document)
    }

    fn reduce(&self, mappings: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<Self> {
        Ok(mappings.iter().map(|mapping| mapping.value).sum())
    }
}

fn text(reading: &Reading) -> String {
    format!("{}:{}={};", reading.sensor, reading.name, reading.value)
}

/// All readings in a row: shows every error of order or completeness.
#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Reading, key = u32, value = String)]
struct Texts;

impl CollectionMapReduce for Texts {
    fn map<'doc>(&self, document: CollectionDocument<Reading>) -> ViewMapResult<'doc, Self> {
        let text = text(&document.contents);
        document
            .header
            .emit_key_and_value(document.contents.sensor, text)
    }

    fn reduce(&self, mappings: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<Self> {
        Ok(mappings.iter().map(|mapping| &mapping.value[..]).collect())
    }
}

#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Reading, key = String, value = String)]
#[view_schema(policy = Unique)]
struct TextsByName;

impl CollectionMapReduce for TextsByName {
    fn map<'doc>(&self, document: CollectionDocument<Reading>) -> ViewMapResult<'doc, Self> {
        let text = text(&document.contents);
        document
            .header
            .emit_key_and_value(document.contents.name, text)
    }

    fn reduce(&self, mappings: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<Self> {
        Ok(mappings.iter().map(|mapping| &mapping.value[..]).collect())
    }
}

#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Reading, key = u32, value = i64)]
#[view_schema(policy = Eager)]
struct Unreduced;

impl CollectionMapReduce for Unreduced {
    fn map<'doc>(&self, document: CollectionDocument<Reading>) -> ViewMapResult<'doc, Self> {
        Totals.map(document)
    }
}

/// Reduces to more than is stored.
#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Reading, key = u32, value = Vec<u8>)]
struct Long;

impl CollectionMapReduce for Long {
    fn map<'doc>(&self, document: CollectionDocument<Reading>) -> ViewMapResult<'doc, Self> {
        let value = document.contents.value.to_le_bytes().repeat(30);
        document
            .header
            .emit_key_and_value(document.contents.sensor, value)
    }

    fn reduce(&self, mappings: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<Self> {
        let values = mappings.iter().flat_map(|mapping| &mapping.value);
        Ok(values.copied().collect())
    }
}

fn database() -> Database {
    in_memory::<Reading>()
}

/// The folder, which holds nothing but the lock, may go before the database does.
fn in_memory<S: Schema>() -> Database {
    let folder = tempfile::tempdir().unwrap();
    Database::open::<S>(StorageConfiguration::new(folder.path()).memory_only()).unwrap()
}

type Model = BTreeMap<u64, Reading>;

fn reading(random: &mut Random, id: u64, sensors: u64) -> Reading {
    // Most sensors have few readings, the first ones many.
    let sensor = random.number() % sensors;
    let sensor = if random.chance(30) {
        sensor % 3
    } else {
        sensor
    };
    Reading {
        sensor: u32::try_from(sensor).unwrap() * 1_000,
        name: format!("{}-{id}", random.below(50)),
        value: i64::try_from(random.below(1_000)).unwrap() - 500,
    }
}

/// Inserts, overwrites and deletes in one transaction.
fn change(db: &Database, model: &mut Model, random: &mut Random, count: usize, sensors: u64) {
    let collection = Reading::collection_name();
    let mut changes = Transaction::new();
    let mut ids = BTreeSet::new();
    for _ in 0..count {
        let id = random.number() % 600;
        if !ids.insert(id) {
            continue;
        }
        if model.contains_key(&id) && random.chance(35) {
            let document = Reading::get(&id, db).unwrap().unwrap();
            changes.push(Operation::delete(
                collection.clone(),
                core::document::HasHeader::header(&document).unwrap(),
            ));
            model.remove(&id);
        } else {
            let mut reading = reading(random, id, sensors);
            if let Some(before) = model.get(&id)
                && random.chance(30)
            {
                reading.value = before.value;
                reading.sensor = before.sensor;
            }
            let contents = contents(&reading);
            let id_bytes = core::document::DocumentId::new(&id).unwrap();
            changes.push(Operation::overwrite(collection.clone(), id_bytes, contents));
            model.insert(id, reading);
        }
    }
    changes.apply(db).unwrap();
}

fn contents(reading: &Reading) -> Vec<u8> {
    <Reading as SerializedCollection>::serialize(reading).unwrap()
}

/// A view, and how to compute what it answers.
struct Kind {
    view: ViewName,
    key: fn(&Reading) -> Vec<u8>,
    reduced: fn(&[&Reading]) -> Vec<u8>,
}

fn by_sensor(reading: &Reading) -> Vec<u8> {
    reading.sensor.to_be_bytes().to_vec()
}

fn total(readings: &[&Reading]) -> Vec<u8> {
    let total = readings.iter().map(|reading| reading.value).sum();
    Totals::serialize(&total).unwrap()
}

fn all_texts(readings: &[&Reading]) -> Vec<u8> {
    let texts = readings.iter().map(|reading| text(reading)).collect();
    Texts::serialize(&texts).unwrap()
}

fn long(readings: &[&Reading]) -> Vec<u8> {
    let values = readings
        .iter()
        .flat_map(|reading| reading.value.to_le_bytes().repeat(30));
    Long::serialize(&values.collect()).unwrap()
}

fn kinds() -> [Kind; 5] {
    [
        Kind {
            view: Totals.view_name(),
            key: by_sensor,
            reduced: total,
        },
        Kind {
            view: TotalsEagerly.view_name(),
            key: by_sensor,
            reduced: total,
        },
        Kind {
            view: Texts.view_name(),
            key: by_sensor,
            reduced: all_texts,
        },
        Kind {
            view: TextsByName.view_name(),
            key: |reading| reading.name.clone().into_bytes(),
            reduced: all_texts,
        },
        Kind {
            view: Long.view_name(),
            key: by_sensor,
            reduced: long,
        },
    ]
}

fn queries(keys: &[Vec<u8>], random: &mut Random) -> Vec<Option<SerializedQueryKey>> {
    let some_key = |random: &mut Random| {
        if keys.is_empty() || random.chance(15) {
            Bytes::from(random.number().to_be_bytes()[..4].to_vec())
        } else {
            Bytes::from(keys[random.below(keys.len())].clone())
        }
    };
    let mut queries = vec![None];
    for _ in 0..3 {
        queries.push(Some(SerializedQueryKey::Matches(some_key(random))));
        let list = (0..random.below(5)).map(|_| some_key(random)).collect();
        queries.push(Some(SerializedQueryKey::Multiple(list)));
        let mut bound = || match random.below(5) {
            0 => Bound::Unbounded,
            1 | 2 => Bound::Included(some_key(random)),
            _ => Bound::Excluded(some_key(random)),
        };
        let (start, end) = (bound(), bound());
        queries.push(Some(SerializedQueryKey::Range(Range { start, end })));
    }
    queries
}

fn matches(query: Option<&SerializedQueryKey>, key: &[u8]) -> bool {
    match query {
        None => true,
        Some(SerializedQueryKey::Matches(wanted)) => **wanted == *key,
        Some(SerializedQueryKey::Multiple(keys)) => keys.iter().any(|wanted| **wanted == *key),
        Some(SerializedQueryKey::Range(Range { start, end })) => {
            let after_start = match start {
                Bound::Unbounded => true,
                Bound::Included(start) => key >= &***start,
                Bound::Excluded(start) => key > &***start,
            };
            let before_end = match end {
                Bound::Unbounded => true,
                Bound::Included(end) => key <= &***end,
                Bound::Excluded(end) => key < &***end,
            };
            after_start && before_end
        }
    }
}

/// Asks a view everything.
fn compare(
    db: &Database,
    kind: &Kind,
    model: &Model,
    policy: AccessPolicy,
    random: &mut Random,
    context: &str,
) {
    let mut by_key: BTreeMap<Vec<u8>, Vec<&Reading>> = BTreeMap::new();
    for reading in model.values() {
        by_key.entry((kind.key)(reading)).or_default().push(reading);
    }
    let keys = by_key.keys().cloned().collect::<Vec<_>>();
    for query in queries(&keys, random) {
        let context = format!("{context}: {} {query:?}", kind.view);
        let of_keys = by_key
            .iter()
            .filter(|(key, _)| matches(query.as_ref(), key));
        let all = of_keys.clone().flat_map(|(_, readings)| readings.clone());
        let expected = (kind.reduced)(&all.collect::<Vec<_>>());
        let reduced = db.reduce_by_name(&kind.view, query.clone(), policy);
        assert_eq!(reduced.unwrap(), expected, "{context}");
        let expected = of_keys.map(|(key, readings)| (key.clone(), (kind.reduced)(readings)));
        let grouped = db.reduce_grouped_by_name(&kind.view, query.clone(), policy);
        let grouped = grouped.unwrap().into_iter();
        let grouped = grouped.map(|mapping| (mapping.key.to_vec(), mapping.value.to_vec()));
        assert!(grouped.eq(expected), "{context}, grouped");
    }
}

#[test]
fn every_policy_answers_as_computed() {
    let _alone = alone();
    for seed in 0..3 {
        let mut random = Random::new(seed);
        let db = database();
        let mut model = Model::new();
        let sensors = [5, 60, 400][usize::try_from(seed).unwrap() % 3];
        change(&db, &mut model, &mut random, 300, sensors);
        for round in 0..8 {
            let context = format!("seed {seed}, round {round}");
            for kind in kinds() {
                if random.chance(60) {
                    let policy = AccessPolicy::UpdateBefore;
                    compare(&db, &kind, &model, policy, &mut random, &context);
                    // Now it is current, so it does not have to be updated.
                    let policy = AccessPolicy::NoUpdate;
                    compare(&db, &kind, &model, policy, &mut random, &context);
                }
            }
            let most = [2, 20, 300][random.below(3)];
            let count = 1 + random.below(most);
            change(&db, &mut model, &mut random, count, sensors);
            for kind in kinds() {
                let is_strict = [TotalsEagerly.view_name(), TextsByName.view_name()];
                if is_strict.contains(&kind.view) {
                    let policy = AccessPolicy::NoUpdate;
                    compare(&db, &kind, &model, policy, &mut random, &context);
                }
            }
        }
        change(&db, &mut model, &mut random, 1, sensors);
        let gone = Reading::list(.., &db).query().unwrap();
        let mut deletes = Transaction::new();
        for document in gone {
            let collection = Reading::collection_name();
            deletes.push(Operation::delete(
                collection,
                document.header.try_into().unwrap(),
            ));
        }
        deletes.apply(&db).unwrap();
        model.clear();
        for kind in kinds() {
            let policy = AccessPolicy::UpdateBefore;
            compare(&db, &kind, &model, policy, &mut random, "all gone");
        }
    }
}

/// An index that is not updated is reduced as it is, whatever was indexed by queries since.
#[test]
fn without_update_the_index_is_reduced_as_it_is() {
    let _alone = alone();
    let mut random = Random::new(11);
    let db = database();
    let mut model = Model::new();
    change(&db, &mut model, &mut random, 400, 60);
    let kind = &kinds()[0];
    let (before, now) = (AccessPolicy::UpdateBefore, AccessPolicy::NoUpdate);
    compare(
        &db,
        kind,
        &Model::new(),
        now,
        &mut random,
        "not indexed yet",
    );
    compare(&db, kind, &model, before, &mut random, "reduced");
    let indexed = model.clone();
    change(&db, &mut model, &mut random, 100, 60);
    compare(&db, kind, &indexed, now, &mut random, "not indexed again");
    // A query indexes, and leaves the summary behind.
    Totals::entries(&db).query().unwrap();
    compare(&db, kind, &model, now, &mut random, "indexed by a query");
}

/// Fails the function and sees that nothing else is affected.
#[test]
fn a_function_that_fails_fails_its_reduce_and_nothing_else() {
    let _alone = alone();
    let mut random = Random::new(12);
    let db = database();
    let mut model = Model::new();
    change(&db, &mut model, &mut random, 300, 60);
    for failure in [1, 2, 1] {
        FAILURE.store(failure, Ordering::Relaxed);
        let error = Totals::entries(&db).reduce().unwrap_err().to_string();
        let expected = ["", "told to fail", "told to panic"][failure];
        assert!(error.contains(expected), "{error}");
        if failure == 2 {
            assert!(error.contains(&Totals.view_name().to_string()), "{error}");
        }
        assert_eq!(Totals::entries(&db).query().unwrap().len(), model.len());
        assert!(Totals::entries(&db).reduce_grouped().is_err());
        FAILURE.store(0, Ordering::Relaxed);
        let policy = AccessPolicy::UpdateBefore;
        compare(
            &db,
            &kinds()[0],
            &model,
            policy,
            &mut random,
            "after failing",
        );
        change(&db, &mut model, &mut random, 100, 60);
    }
}

#[test]
fn without_a_function_reduces_are_refused_and_leave_no_trace() {
    let _alone = alone();
    let mut random = Random::new(13);
    let db = database();
    let refused = || {
        let error = Unreduced::entries(&db).reduce().unwrap_err();
        assert!(matches!(error, core::Error::ReduceUnimplemented), "{error}");
        let error = Unreduced::entries(&db).with_key(&7).reduce().unwrap_err();
        assert!(matches!(error, core::Error::ReduceUnimplemented), "{error}");
    };
    refused();
    let mut model = Model::new();
    change(&db, &mut model, &mut random, 300, 60);
    let last = db.last_transaction_id().unwrap();
    refused();
    assert_eq!(
        db.last_transaction_id().unwrap(),
        last,
        "nothing is noted for it"
    );
    assert_eq!(Unreduced::entries(&db).query().unwrap().len(), model.len());
}

/// Stored in a folder, closed and opened again: what was taken in stays, what was not is.
#[test]
fn summaries_outlive_the_process() {
    let _alone = alone();
    let mut random = Random::new(14);
    let folder = tempfile::tempdir().unwrap();
    let configuration = || StorageConfiguration::new(folder.path().join("db"));
    let mut model = Model::new();
    for round in 0..4 {
        let db = Database::open::<Reading>(configuration()).unwrap();
        let context = format!("opening {round}");
        change(&db, &mut model, &mut random, 200, 60);
        for kind in kinds() {
            let policy = AccessPolicy::UpdateBefore;
            compare(&db, &kind, &model, policy, &mut random, &context);
        }
        change(&db, &mut model, &mut random, 20, 60);
        Totals::entries(&db).query().unwrap(); // Indexed, but not taken in.
        drop(db);
        // Read-only, nothing can be taken in: whatever is asked is read.
        let db = Database::open::<Reading>(configuration().read_only()).unwrap();
        let kinds = kinds();
        for kind in [&kinds[0], &kinds[1], &kinds[3]] {
            let policy = AccessPolicy::UpdateBefore;
            compare(&db, kind, &model, policy, &mut random, "read-only");
        }
        drop(db);
    }
}

/// Writers and readers of a strict view and of a lazy one meanwhile: every answer is that of one
/// moment. Each transaction moves value from one sensor to another, so the total never changes.
#[test]
fn reduces_see_transactions_whole() {
    let _alone = alone();
    let db = database();
    let mut model = Model::new();
    let mut random = Random::new(15);
    change(&db, &mut model, &mut random, 500, 60);
    let total = model.values().map(|reading| reading.value).sum::<i64>();
    let ids = model.keys().copied().collect::<Vec<_>>();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writers = [ids.clone(), ids].map(|ids| {
            let db = &db;
            scope.spawn(move || {
                let mut random = Random::new(16);
                for _ in 0..600 {
                    let (from, to) = (random.below(ids.len()), random.below(ids.len()));
                    let mut from = Reading::get(&ids[from], db).unwrap().unwrap();
                    let mut to = Reading::get(&ids[to], db).unwrap().unwrap();
                    if from.header.id == to.header.id {
                        continue;
                    }
                    from.contents.value -= 1;
                    to.contents.value += 1;
                    let mut both = Transaction::new();
                    for document in [&from, &to] {
                        both.push(
                            Operation::update_serialized::<Reading>(
                                document.header,
                                &document.contents,
                            )
                            .unwrap(),
                        );
                    }
                    let _ = both.apply(db); // Or somebody else was faster.
                }
            })
        });
        for policy in [AccessPolicy::UpdateBefore, AccessPolicy::NoUpdate] {
            let (db, done) = (&db, &done);
            scope.spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    let eager = TotalsEagerly::entries(db).with_access_policy(policy);
                    assert_eq!(eager.reduce().unwrap(), total);
                    let all = TotalsEagerly::entries(db).with_access_policy(policy);
                    let grouped = all.reduce_grouped().unwrap();
                    let sum = grouped.iter().map(|mapping| mapping.value).sum::<i64>();
                    assert_eq!(sum, total);
                    let lazy = Totals::entries(db);
                    assert_eq!(lazy.reduce().unwrap(), total);
                    let lazy = Totals::entries(db).with_access_policy(policy);
                    assert_eq!(lazy.reduce().unwrap(), total);
                }
            });
        }
        for writer in writers {
            writer.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
    });
}

/// Twenty numbers in a row.
#[derive(Clone, Debug, Serialize, Deserialize, Collection)]
#[collection(name = "blocks", views = [Numbers])]
struct Block {
    start: u32,
    value: i64,
}

/// How often [`Numbers`] was called, and with how many values.
static CALLS: AtomicUsize = AtomicUsize::new(0);
static VALUES: AtomicUsize = AtomicUsize::new(0);

#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Block, key = u32, value = i64)]
struct Numbers;

impl CollectionMapReduce for Numbers {
    fn map<'doc>(&self, document: CollectionDocument<Block>) -> ViewMapResult<'doc, Self> {
        let Block { start, value } = document.contents;
        (start..start + 20)
            .map(|number| document.header.emit_key_and_value(number, value))
            .collect()
    }

    fn reduce(&self, mappings: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<Self> {
        CALLS.fetch_add(1, Ordering::Relaxed);
        VALUES.fetch_add(mappings.len(), Ordering::Relaxed);
        Ok(mappings.iter().map(|mapping| mapping.value).sum())
    }
}

/// A range over 100,000 mappings calls the function a few hundred times at most, and so does a
/// reduce after a change, for each of the twenty numbers.
#[test]
fn calls_of_the_function_do_not_grow_with_the_mappings() {
    const COUNT: u32 = 100_000;
    let db = in_memory::<Block>();
    let mut inserts = Transaction::new();
    for start in (0..COUNT).step_by(20) {
        let block = Block { start, value: 1 };
        let contents = <Block as SerializedCollection>::serialize(&block).unwrap();
        inserts.push(Operation::insert(Block::collection_name(), None, contents));
    }
    inserts.apply(&db).unwrap();
    assert_eq!(Numbers::entries(&db).reduce().unwrap(), i64::from(COUNT));
    let called = || {
        let values = VALUES.swap(0, Ordering::Relaxed);
        (CALLS.swap(0, Ordering::Relaxed), values)
    };
    called();
    let mut random = Random::new(17);
    for round in 0..50 {
        let mut bound = || u32::try_from(random.below(COUNT as usize)).unwrap();
        let (one, other) = (bound(), bound());
        let range = one.min(other)..one.max(other);
        let length = range.end - range.start;
        let query = Numbers::entries(&db).with_key_range(range);
        assert_eq!(query.reduce().unwrap(), i64::from(length));
        let calls = called();
        assert!(
            calls.0 < 600 && calls.1 < 1_500,
            "{calls:?} in round {round}"
        );
    }
    for round in 1..20 {
        let id = 200 * round;
        let mut document = Block::get(&id, &db).unwrap().unwrap();
        document.contents.value += 1;
        document.update(&db).unwrap();
        let total = u64::from(COUNT) + 20 * round;
        let total = i64::try_from(total).unwrap();
        assert_eq!(Numbers::entries(&db).reduce().unwrap(), total);
        let calls = called();
        assert!(
            calls.0 < 900 && calls.1 < 2_000,
            "{calls:?} for change {round}"
        );
    }
    Numbers::entries(&db).reduce().unwrap();
    assert_eq!(called(), (0, 0), "nothing changed");
}
