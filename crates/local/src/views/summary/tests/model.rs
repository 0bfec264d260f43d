//! What a summary should answer, and a place to keep one.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use bonsaidb_core::arc_bytes::serde::Bytes;
use bonsaidb_core::connection::{self, SerializedQueryKey};
use bonsaidb_core::document::{DocumentId, Header, Revision};
use bonsaidb_core::schema::view::map::Serialized;
use bonsaidb_store::{Database, MemoryFolder, Options, Plan, Store};
use bonsaidb_testkit::disk::Random;

use super::functions::Reducing;
use crate::views::entry::{Layout, StoredEntry};
use crate::views::index::Tables;
use crate::views::summary::hash::Shape;
use crate::views::summary::read::Reader;
use crate::views::summary::values::Reducer;

/// The entries, by view key and document.
pub(super) type Model = BTreeMap<(Vec<u8>, Vec<u8>), Vec<u8>>;

/// Keys and values.
pub(super) type Rows = Vec<(Vec<u8>, Vec<u8>)>;

type Mappings<'a> = Vec<(&'a [u8], &'a [u8])>;

pub(super) static WARNED: AtomicBool = AtomicBool::new(true);

pub(super) fn reducer(view: &Reducing) -> Reducer<'_> {
    Reducer {
        view,
        name: &view.name,
        warned: &WARNED,
    }
}

pub(super) fn memory() -> Database {
    let store = Store::open(Arc::new(MemoryFolder::new()), Options::default()).unwrap();
    store.database("test").unwrap()
}

pub(super) fn tables(database: &Database, name: &str) -> Tables {
    let table = |kind: &str| database.table(&format!("{kind}/{name}")).unwrap();
    Tables {
        entries: table("entries"),
        emitted: table("emitted"),
        summary: table("summary"),
        touched: table("touched"),
    }
}

/// A shape with short runs, so that few entries make a high tree.
pub(super) fn shape(random: &mut Random) -> Shape {
    let mut seed = [0; 16];
    seed[..8].copy_from_slice(&random.number().to_le_bytes());
    seed[8..].copy_from_slice(&random.number().to_le_bytes());
    Shape {
        seed,
        first_bits: 1 + u8::try_from(random.below(4)).unwrap(),
        upper_bits: 1 + u8::try_from(random.below(3)).unwrap(),
        heavy_min: 2 + random.below(12) as u64,
        value_bytes_max: [8, 40, 300, 1 << 30][random.below(4)],
    }
}

pub(super) fn stored(layout: Layout, key: &[u8], id: &[u8], value: &[u8]) -> StoredEntry {
    layout.encode(&Serialized {
        source: Header {
            id: DocumentId::try_from(id).unwrap(),
            revision: Revision::new(value),
        },
        key: Bytes::from(key),
        value: Bytes::from(value),
    })
}

/// Changes an entry in the model and in the plan. Returns its key.
pub(super) fn change(
    plan: &mut Plan<'_>,
    (tables, layout): (Tables, Layout),
    model: &mut Model,
    (key, id): (&[u8], &[u8]),
    value: Option<Vec<u8>>,
) -> Vec<u8> {
    let entry = stored(layout, key, id, value.as_deref().unwrap_or_default());
    let place = (key.to_vec(), id.to_vec());
    if let Some(value) = value {
        plan.put(tables.entries, entry.key.clone(), entry.value);
        model.insert(place, value);
    } else {
        plan.delete(tables.entries, entry.key.clone());
        model.remove(&place);
    }
    entry.key
}

/// A key that is in the model, mostly.
pub(super) fn some_key(model: &Model, random: &mut Random) -> Vec<u8> {
    if !model.is_empty() && random.chance(80) {
        let at = random.below(model.len());
        return model.keys().nth(at).unwrap().0.clone();
    }
    let bytes = random.number().to_be_bytes();
    bytes[..random.below(9)].to_vec()
}

/// Queries of all kinds.
pub(super) fn queries(model: &Model, random: &mut Random) -> Vec<Option<SerializedQueryKey>> {
    let key = |random: &mut Random| Bytes::from(some_key(model, random));
    let mut queries = vec![None];
    for _ in 0..6 {
        queries.push(Some(SerializedQueryKey::Matches(key(random))));
        let list = (0..random.below(6)).map(|_| key(random)).collect();
        queries.push(Some(SerializedQueryKey::Multiple(list)));
    }
    for _ in 0..20 {
        let mut bound = || match random.below(5) {
            0 => connection::Bound::Unbounded,
            1 | 2 => connection::Bound::Included(key(random)),
            _ => connection::Bound::Excluded(key(random)),
        };
        let (start, end) = (bound(), bound());
        let range = connection::Range { start, end };
        queries.push(Some(SerializedQueryKey::Range(range)));
    }
    queries
}

fn matches(query: Option<&SerializedQueryKey>, key: &[u8]) -> bool {
    let bound = |bound: &connection::Bound<Bytes>| match bound {
        connection::Bound::Unbounded => Bound::Unbounded,
        connection::Bound::Included(key) => Bound::Included(key.to_vec()),
        connection::Bound::Excluded(key) => Bound::Excluded(key.to_vec()),
    };
    match query {
        None => true,
        Some(SerializedQueryKey::Matches(wanted)) => **wanted == *key,
        Some(SerializedQueryKey::Multiple(keys)) => keys.iter().any(|wanted| **wanted == *key),
        Some(SerializedQueryKey::Range(range)) => {
            let after_start = match bound(&range.start) {
                Bound::Unbounded => true,
                Bound::Included(start) => *key >= *start,
                Bound::Excluded(start) => *key > *start,
            };
            let before_end = match bound(&range.end) {
                Bound::Unbounded => true,
                Bound::Included(end) => *key <= *end,
                Bound::Excluded(end) => *key < *end,
            };
            after_start && before_end
        }
    }
}

/// What each matching key comes to, and all of them.
pub(super) fn computed(
    model: &Model,
    view: &Reducing,
    query: Option<&SerializedQueryKey>,
) -> (Rows, Vec<u8>) {
    let mut keys: BTreeMap<&[u8], Mappings<'_>> = BTreeMap::new();
    for ((key, _), value) in model {
        if matches(query, key) {
            keys.entry(key).or_default().push((key, value));
        }
    }
    let grouped = keys
        .into_iter()
        .map(|(key, values)| (key.to_vec(), (view.function)(&values, false)))
        .collect::<Vec<_>>();
    let whole = match &grouped[..] {
        [(_, value)] => value.clone(),
        several => {
            let results = several.iter().map(|(key, value)| (&key[..], &value[..]));
            (view.function)(&results.collect::<Vec<_>>(), true)
        }
    };
    (grouped, whole)
}

/// Asks everything and compares.
pub(super) fn compare(
    reader: &Reader<'_>,
    model: &Model,
    view: &Reducing,
    random: &mut Random,
    context: &str,
) {
    for query in queries(model, random) {
        let (grouped, whole) = computed(model, view, query.as_ref());
        let reduced = reader.reduce(query.as_ref()).unwrap();
        assert_eq!(reduced, whole, "{context}: {query:?}");
        let by_key = reader.reduce_grouped(query.as_ref()).unwrap();
        let by_key = by_key
            .into_iter()
            .map(|mapping| (mapping.key.to_vec(), mapping.value.to_vec()))
            .collect::<Vec<_>>();
        assert_eq!(by_key, grouped, "{context}: {query:?}, grouped");
    }
}
