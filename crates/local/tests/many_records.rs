//! 60,000 records with two views, compared with a plain computation over all of them: after they
//! are inserted, after a third is changed, after a quarter is deleted, and after reopening.
//!
//! The records are a week's reports of earthquakes, repeated with deterministic variation.

use std::collections::BTreeMap;
use std::ops::{Bound, RangeBounds};
use std::path::Path;

use bonsaidb_core::connection::{Connection, LowLevelConnection};
use bonsaidb_core::document::{CollectionDocument, Emit};
use bonsaidb_core::key::Key;
use bonsaidb_core::schema::view::map::ViewMappings;
use bonsaidb_core::schema::{
    Collection, CollectionMapReduce, ReduceResult, SerializedCollection, SerializedView, View,
    ViewMapResult, ViewMappedValue, ViewSchema,
};
use bonsaidb_core::transaction::{Operation, Transaction};
use bonsaidb_local::Database;
use bonsaidb_local::config::{Builder, StorageConfiguration};
use serde::{Deserialize, Serialize};

const RECORDS: u64 = 60_000;
const RECORDS_PER_TRANSACTION: usize = 1_000;
/// In the middle of the records.
const EPOCH_MS: i64 = 1_500_000_000_000;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Collection)]
#[collection(name = "quakes", views = [ByNetwork, Timeline])]
struct Quake {
    network: String,
    place: String,
    /// Negative for about a half.
    time_ms: i64,
    /// In hundredths; negative for the smallest.
    magnitude: Option<i64>,
}

impl Quake {
    fn moment(&self) -> Moment {
        let hours = self.time_ms.div_euclid(3_600_000);
        Moment {
            day: i32::try_from(hours.div_euclid(24)).unwrap(),
            hour: i8::try_from(hours.rem_euclid(24) - 12).unwrap(),
        }
    }
}

/// The time in UTC. Hours count from noon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Key)]
struct Moment {
    day: i32,
    hour: i8,
}

/// What is known of some magnitudes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Magnitudes {
    reports: u64,
    measured: u64,
    sum: i64,
    least: Option<i64>,
    greatest: Option<i64>,
}

impl Magnitudes {
    fn of(magnitude: Option<i64>) -> Self {
        Self {
            reports: 1,
            measured: magnitude.map_or(0, |_| 1),
            sum: magnitude.unwrap_or(0),
            least: magnitude,
            greatest: magnitude,
        }
    }

    fn and(self, other: Self) -> Self {
        let least = [self.least, other.least].into_iter().flatten().min();
        Self {
            reports: self.reports + other.reports,
            measured: self.measured + other.measured,
            sum: self.sum + other.sum,
            least,
            greatest: self.greatest.max(other.greatest),
        }
    }
}

/// Magnitudes by network.
#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Quake, key = String, value = Magnitudes, name = "by-network")]
struct ByNetwork;

impl CollectionMapReduce for ByNetwork {
    fn map<'doc>(&self, quake: CollectionDocument<Quake>) -> ViewMapResult<'doc, Self> {
        let Quake {
            network, magnitude, ..
        } = quake.contents;
        let value = Magnitudes::of(magnitude);
        quake.header.emit_key_and_value(network, value)
    }

    fn reduce(&self, mappings: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<Self> {
        let values = mappings.iter().map(|mapping| mapping.value);
        Ok(values.fold(Magnitudes::default(), Magnitudes::and))
    }
}

/// A series of records. The digest is that of a polynomial, so another order has another one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Series {
    length: u64,
    factor: u64,
    digest: u64,
}

impl Series {
    fn of(quake: &Quake) -> Self {
        Self {
            length: 1,
            factor: 0x9E37_79B9_7F4A_7C15,
            digest: quake.time_ms.cast_unsigned(),
        }
    }

    fn then(self, next: Self) -> Self {
        if self.length == 0 {
            return next;
        }
        Self {
            length: self.length + next.length,
            factor: self.factor.wrapping_mul(next.factor),
            digest: self
                .digest
                .wrapping_mul(next.factor)
                .wrapping_add(next.digest),
        }
    }
}

/// All records in the order of time, those of an hour in the order of their ids.
#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Quake, key = Moment, value = Series, name = "timeline")]
struct Timeline;

impl CollectionMapReduce for Timeline {
    fn map<'doc>(&self, quake: CollectionDocument<Quake>) -> ViewMapResult<'doc, Self> {
        let (moment, series) = (quake.contents.moment(), Series::of(&quake.contents));
        quake.header.emit_key_and_value(moment, series)
    }

    fn reduce(&self, mappings: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<Self> {
        let values = mappings.iter().map(|mapping| mapping.value);
        Ok(values.fold(Series::default(), Series::then))
    }
}

#[derive(Deserialize)]
struct Feed {
    features: Vec<Feature>,
}

#[derive(Deserialize)]
struct Feature {
    properties: Properties,
}

#[derive(Deserialize)]
struct Properties {
    mag: Option<f64>,
    place: String,
    time: i64,
    net: String,
}

/// The records by id.
type Quakes = BTreeMap<u64, Quake>;

#[allow(clippy::cast_possible_truncation)] // magnitudes are less than 10
fn quakes() -> Vec<Quake> {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/earthquakes/earthquakes.json");
    let feed: Feed = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!(feed.features.len(), 1_707);
    let records = feed.features.iter().cycle().zip(0..RECORDS.cast_signed());
    records
        .map(|(Feature { properties }, number)| Quake {
            network: properties.net.clone(),
            place: properties.place.clone(),
            time_ms: properties.time - EPOCH_MS - number * 48_271 % 2_003 * 18_000_000,
            magnitude: properties
                .mag
                .map(|magnitude| (magnitude * 100.0).round() as i64 + number % 7),
        })
        .collect()
}

fn apply(db: &Database, operations: impl Iterator<Item = Operation>) {
    let mut operations = operations.peekable();
    while operations.peek().is_some() {
        let mut transaction = Transaction::new();
        for operation in operations.by_ref().take(RECORDS_PER_TRANSACTION) {
            transaction.push(operation);
        }
        db.apply_transaction(transaction).unwrap();
    }
}

/// The mappings of a view that are expected: by key, then id.
struct Expected<V: SerializedView>(Vec<(V::Key, u64, V::Value)>);

impl<V> Expected<V>
where
    V: SerializedView<Collection = Quake>,
    V::Key: Ord + Clone + std::fmt::Debug,
    V::Value: PartialEq + Copy + std::fmt::Debug,
{
    fn new(quakes: &Quakes, map: impl Fn(&Quake) -> (V::Key, V::Value)) -> Self {
        let mapped = quakes.iter().map(|(id, quake)| {
            let (key, value) = map(quake);
            (key, *id, value)
        });
        let mut all = mapped.collect::<Vec<_>>();
        all.sort_by(|one, other| (&one.0, one.1).cmp(&(&other.0, other.1)));
        Self(all)
    }

    fn within(&self, range: &impl RangeBounds<V::Key>) -> &[(V::Key, u64, V::Value)] {
        let position = |bound: Bound<&V::Key>, is_end: bool| {
            self.0.partition_point(|(key, ..)| match bound {
                Bound::Unbounded => is_end,
                Bound::Included(bound) if is_end => key <= bound,
                Bound::Excluded(bound) if !is_end => key <= bound,
                Bound::Included(bound) | Bound::Excluded(bound) => key < bound,
            })
        };
        let start = position(range.start_bound(), false);
        let end = position(range.end_bound(), true);
        &self.0[start..end.max(start)]
    }

    fn keys(&self) -> Vec<V::Key> {
        let mut keys = self.0.iter().map(|(key, ..)| key.clone());
        let mut distinct = keys.by_ref().collect::<Vec<_>>();
        distinct.dedup();
        distinct
    }
}

fn assert_mappings<'a, V>(
    found: &ViewMappings<V>,
    expected: impl ExactSizeIterator<Item = &'a (V::Key, u64, V::Value)>,
) where
    V: SerializedView<Collection = Quake>,
    V::Key: PartialEq + std::fmt::Debug,
    V::Value: PartialEq + Copy + std::fmt::Debug + 'a,
{
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        let id = found.source.id;
        assert_eq!((&found.key, id), (&expected.0, expected.1));
        assert_eq!(found.value, expected.2);
    }
}

fn compare(db: &Database, quakes: &Quakes) {
    let headers = Quake::all(db).headers().unwrap();
    let ids = headers
        .iter()
        .map(|header| header.id.deserialize::<u64>().unwrap());
    assert!(ids.eq(quakes.keys().copied()));
    compare_view(db, &by_network(quakes), Magnitudes::and);
    compare_view(db, &timeline(quakes), Series::then);
    compare_documents(db, quakes);
}

fn by_network(quakes: &Quakes) -> Expected<ByNetwork> {
    Expected::new(quakes, |quake| {
        (quake.network.clone(), Magnitudes::of(quake.magnitude))
    })
}

fn timeline(quakes: &Quakes) -> Expected<Timeline> {
    Expected::new(quakes, |quake| (quake.moment(), Series::of(quake)))
}

/// Everything that can be asked of a view, compared.
fn compare_view<V>(
    db: &Database,
    expected: &Expected<V>,
    join: impl Fn(V::Value, V::Value) -> V::Value,
) where
    V: SerializedView<Collection = Quake>,
    V::Key: Ord + Clone + std::fmt::Debug + std::borrow::Borrow<V::Key>,
    V::Value: PartialEq + Copy + Default + std::fmt::Debug,
{
    let view = || db.view::<V>();
    let reduced = |mappings: &[(V::Key, u64, V::Value)]| {
        let values = mappings.iter().map(|(.., value)| *value);
        values.fold(V::Value::default(), &join)
    };
    assert_mappings::<V>(&view().query().unwrap(), expected.0.iter());
    assert_eq!(view().reduce().unwrap(), reduced(&expected.0));

    let keys = expected.keys();
    let groups = view().reduce_grouped().unwrap();
    assert_eq!(groups.len(), keys.len());
    for (group, key) in groups.iter().zip(&keys) {
        assert_eq!(group.key, *key);
        let one = expected.within(&(key.clone()..=key.clone()));
        assert_eq!(group.value, reduced(one));
    }
    let some = keys.iter().step_by(keys.len().div_ceil(20));
    for key in some.clone() {
        let one = expected.within(&(key.clone()..=key.clone()));
        assert_mappings::<V>(&view().with_key(key).query().unwrap(), one.iter());
        assert_eq!(view().with_key(key).reduce().unwrap(), reduced(one));
    }
    for (number, (from, to)) in some.clone().zip(some.skip(3)).enumerate() {
        let (half_open, closed) = (from.clone()..to.clone(), from.clone()..=to.clone());
        let within = expected.within(&half_open);
        let last = within.iter().rev().take(77);
        let query = view().with_key_range(half_open.clone()).descending();
        assert_mappings::<V>(&query.limit(77).query().unwrap(), last);
        let query = view().with_key_range(half_open);
        assert_eq!(query.reduce().unwrap(), reduced(within));
        let within = expected.within(&closed);
        let query = view().with_key_range(closed.clone());
        assert_eq!(query.reduce().unwrap(), reduced(within));
        if number % 6 == 0 {
            let query = view().with_key_range(closed).descending();
            assert_mappings::<V>(&query.query().unwrap(), within.iter().rev());
        }
    }
    let middle = keys[keys.len() / 2].clone();
    let within = expected.within(&(middle.clone()..));
    let query = view().with_key_range(middle..).limit(1_500);
    assert_mappings::<V>(&query.query().unwrap(), within.iter().take(1_500));
}

fn compare_documents(db: &Database, quakes: &Quakes) {
    let newest = db.view::<Timeline>().descending().limit(2_000);
    let found = newest.query_with_collection_docs().unwrap();
    assert_eq!(found.len(), 2_000);
    for mapped in &found {
        let quake = &mapped.document.contents;
        assert_eq!(quakes.get(&mapped.document.header.id), Some(quake));
        assert_eq!(*mapped.key, quake.moment());
    }
}

/// Changes magnitude, time and network of every third record.
fn change(db: &Database, quakes: &mut Quakes) {
    let headers = Quake::all(db).headers().unwrap();
    let changed = headers.into_iter().step_by(3).map(|header| {
        let id = header.id.deserialize::<u64>().unwrap();
        let quake = quakes.get_mut(&id).unwrap();
        quake.magnitude = match quake.magnitude {
            Some(magnitude) if magnitude % 5 == 0 => None,
            magnitude => Some(magnitude.unwrap_or(0) - 250),
        };
        quake.time_ms += if id % 2 == 0 { 1_234 } else { 90_000_000 };
        if id % 4 == 0 {
            quake.network.push('2');
        }
        let contents = <Quake as SerializedCollection>::serialize(quake).unwrap();
        Operation::update(Quake::collection_name(), header, contents)
    });
    apply(db, changed);
}

/// Deletes the oldest eighth by the view, and an eighth of the rest one by one.
fn delete(db: &Database, quakes: &mut Quakes) {
    let expected = timeline(quakes);
    let end = expected.0[expected.0.len() / 8].0;
    let oldest = db.view::<Timeline>().with_key_range(..end);
    let deleted = oldest.delete_docs().unwrap();
    let before = quakes.len();
    quakes.retain(|_, quake| quake.moment() >= end);
    assert_eq!(deleted, (before - quakes.len()) as u64);

    let headers = Quake::all(db).headers().unwrap();
    let others = headers.into_iter().filter(|header| {
        let id = header.id.deserialize::<u64>().unwrap();
        id % 7 == 3 && quakes.remove(&id).is_some()
    });
    let collection = Quake::collection_name();
    apply(
        db,
        others.map(|header| Operation::delete(collection.clone(), header)),
    );
    let left = RECORDS - quakes.len() as u64;
    assert!((RECORDS / 5..RECORDS / 3).contains(&left), "{left}");
}

#[test]
fn views_of_many_records_agree_with_a_plain_computation() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Database::open::<Quake>(StorageConfiguration::new(folder.path())).unwrap();
    let db = open();
    let mut quakes = (1..).zip(quakes()).collect::<Quakes>();
    let inserts = quakes
        .values()
        .map(|quake| Operation::push_serialized::<Quake>(quake).unwrap());
    apply(&db, inserts);
    compare(&db, &quakes);

    change(&db, &mut quakes);
    compare(&db, &quakes);

    delete(&db, &mut quakes);
    compare(&db, &quakes);

    drop(db);
    let db = open();
    compare(&db, &quakes);
}
