//! Every type of key, as primary key and as the key of a view: sorted and selected by value.

use std::num::{
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize, NonZeroU8,
    NonZeroU16, NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize,
};
use std::time::{Duration, SystemTime};

use bonsaidb_core::arc_bytes::serde::Bytes;
use bonsaidb_core::connection::{Range, Sort};
use bonsaidb_core::document::{DocumentId, OwnedDocument};
use bonsaidb_core::key::VarInt;
use bonsaidb_core::key::time::{Seconds, TimestampAsNanoseconds};
use bonsaidb_core::schema::view::map::ViewMappings;
use bonsaidb_macros::twin;

use super::schema::{ByKey, Color, Keyed, Place, SampleKey, Shape, Version};

behaviours! { $ keys:
    unsigned_integers,
    signed_integers,
    non_zero_integers,
    integers_of_variable_length,
    booleans_and_units,
    texts_and_bytes,
    options_and_results,
    times,
    tuples,
    derived_structs,
    derived_enums,
    prefixes_of_bytes,
}

fn ids<K: SampleKey>(documents: &[OwnedDocument]) -> Vec<K> {
    let ids = documents
        .iter()
        .map(|document| document.header.id.deserialize());
    ids.collect::<Result<_, _>>().unwrap()
}

fn view_keys<K: SampleKey>(mappings: ViewMappings<ByKey<K>>) -> Vec<K> {
    mappings.into_iter().map(|mapping| mapping.key).collect()
}

fn reversed<K: SampleKey>(keys: &[K]) -> Vec<K> {
    keys.iter().rev().cloned().collect()
}

/// The samples in an order that is neither theirs nor the reverse.
fn shuffled<K: SampleKey>() -> Vec<K> {
    let samples = K::samples();
    let (even, odd): (Vec<_>, Vec<_>) = (0..samples.len()).partition(|at| at % 2 == 0);
    let order = odd.into_iter().chain(even.into_iter().rev());
    order.map(|at| samples[at].clone()).collect()
}

#[twin]
mod behaviours_async {
    use bonsaidb_core::connection::AsyncConnection;

    use super::*;
    use crate::suite::{AsyncWorld, keys_async};

    /// Stores a document under each sample, found in the view by that sample.
    async fn store<K: SampleKey, D: AsyncConnection>(db: &D) {
        for key in shuffled::<K>() {
            let keyed = db.collection::<Keyed<K>>();
            keyed
                .insert_bytes(&key, Keyed::found_by(&key))
                .await
                .unwrap();
        }
    }

    async fn primary_keys_are_sorted<K: SampleKey, D: AsyncConnection>(db: &D) {
        let samples = K::samples();
        let all = db.collection::<Keyed<K>>().all().query().await.unwrap();
        assert_eq!(ids::<K>(&all), samples, "{}", K::NAME);
        let all = db
            .collection::<Keyed<K>>()
            .all()
            .descending()
            .query()
            .await
            .unwrap();
        assert_eq!(ids::<K>(&all), reversed(&samples));
        for (at, key) in samples.iter().enumerate() {
            let found = db.get::<Keyed<K>, K>(key).await.unwrap().unwrap();
            assert_eq!(found.header.id.deserialize::<K>().unwrap(), *key);
            assert_eq!(found.contents.as_slice(), Keyed::found_by(key));

            let from = Range::default().start_at(key.clone());
            let found = db.list::<Keyed<K>, _, K>(from, Sort::Ascending, None).await;
            assert_eq!(ids::<K>(&found.unwrap()), samples[at..], "from {key:?}");
            let before = Range::default().before(key.clone());
            let found = db
                .list::<Keyed<K>, _, K>(before, Sort::Ascending, None)
                .await;
            assert_eq!(ids::<K>(&found.unwrap()), samples[..at], "before {key:?}");
        }
    }

    async fn view_keys_are_sorted<K: SampleKey, D: AsyncConnection>(db: &D) {
        let samples = K::samples();
        let all = db.view::<ByKey<K>>().query().await.unwrap();
        assert_eq!(view_keys(all), samples, "{}", K::NAME);
        let all = db.view::<ByKey<K>>().descending().query().await.unwrap();
        assert_eq!(view_keys(all), reversed(&samples));
        for (at, key) in samples.iter().enumerate() {
            let found = db
                .view::<ByKey<K>>()
                .with_key::<K>(key)
                .query()
                .await
                .unwrap();
            assert_eq!(found.len(), 1, "{key:?}");
            assert_eq!(found[0].source.id, *key);
            assert_eq!(found[0].key, *key);

            let after = Range::default().after(key.clone());
            let found = db
                .view::<ByKey<K>>()
                .with_key_range::<K, _>(after)
                .query()
                .await;
            assert_eq!(
                view_keys(found.unwrap()),
                samples[at + 1..],
                "after {key:?}"
            );
            let up_to = Range::default().end_at(key.clone());
            let found = db
                .view::<ByKey<K>>()
                .with_key_range::<K, _>(up_to)
                .query()
                .await;
            assert_eq!(view_keys(found.unwrap()), samples[..=at], "up to {key:?}");
        }
        let listed = shuffled::<K>();
        let found = db
            .view::<ByKey<K>>()
            .with_keys::<K, _>(&listed)
            .query()
            .await
            .unwrap();
        assert_eq!(view_keys(found), samples);
    }

    async fn is_sorted<K: SampleKey, D: AsyncConnection>(db: &D) {
        store::<K, D>(db).await;
        primary_keys_are_sorted::<K, D>(db).await;
        view_keys_are_sorted::<K, D>(db).await;
    }

    pub async fn unsigned_integers<W: AsyncWorld>(world: &W) {
        let db = keys_async(world).await;
        is_sorted::<u8, _>(&db).await;
        is_sorted::<u16, _>(&db).await;
        is_sorted::<u32, _>(&db).await;
        is_sorted::<u64, _>(&db).await;
        is_sorted::<u128, _>(&db).await;
    }

    pub async fn signed_integers<W: AsyncWorld>(world: &W) {
        let db = keys_async(world).await;
        is_sorted::<i8, _>(&db).await;
        is_sorted::<i16, _>(&db).await;
        is_sorted::<i32, _>(&db).await;
        is_sorted::<i64, _>(&db).await;
        is_sorted::<i128, _>(&db).await;
    }

    pub async fn non_zero_integers<W: AsyncWorld>(world: &W) {
        let db = keys_async(world).await;
        is_sorted::<NonZeroU8, _>(&db).await;
        is_sorted::<NonZeroU16, _>(&db).await;
        is_sorted::<NonZeroU32, _>(&db).await;
        is_sorted::<NonZeroU64, _>(&db).await;
        is_sorted::<NonZeroU128, _>(&db).await;
        is_sorted::<NonZeroI8, _>(&db).await;
        is_sorted::<NonZeroI16, _>(&db).await;
        is_sorted::<NonZeroI32, _>(&db).await;
        is_sorted::<NonZeroI64, _>(&db).await;
        is_sorted::<NonZeroI128, _>(&db).await;
    }

    pub async fn integers_of_variable_length<W: AsyncWorld>(world: &W) {
        let db = keys_async(world).await;
        is_sorted::<usize, _>(&db).await;
        is_sorted::<isize, _>(&db).await;
        is_sorted::<NonZeroUsize, _>(&db).await;
        is_sorted::<NonZeroIsize, _>(&db).await;
        is_sorted::<VarInt<u64>, _>(&db).await;
        is_sorted::<VarInt<i32>, _>(&db).await;
    }

    pub async fn booleans_and_units<W: AsyncWorld>(world: &W) {
        let db = keys_async(world).await;
        is_sorted::<bool, _>(&db).await;
        is_sorted::<(), _>(&db).await;
    }

    pub async fn texts_and_bytes<W: AsyncWorld>(world: &W) {
        let db = keys_async(world).await;
        is_sorted::<String, _>(&db).await;
        is_sorted::<Bytes, _>(&db).await;
        is_sorted::<Vec<u8>, _>(&db).await;
        is_sorted::<[u8; 3], _>(&db).await;
        is_sorted::<DocumentId, _>(&db).await;
    }

    pub async fn options_and_results<W: AsyncWorld>(world: &W) {
        let db = keys_async(world).await;
        is_sorted::<Option<i32>, _>(&db).await;
        is_sorted::<Option<String>, _>(&db).await;
        is_sorted::<Result<u8, u8>, _>(&db).await;
    }

    pub async fn times<W: AsyncWorld>(world: &W) {
        let db = keys_async(world).await;
        is_sorted::<Duration, _>(&db).await;
        is_sorted::<SystemTime, _>(&db).await;
        is_sorted::<TimestampAsNanoseconds, _>(&db).await;
        is_sorted::<Seconds, _>(&db).await;
    }

    pub async fn tuples<W: AsyncWorld>(world: &W) {
        let db = keys_async(world).await;
        is_sorted::<(String, i32), _>(&db).await;
        is_sorted::<(String, String), _>(&db).await;
        is_sorted::<(Option<u16>, Vec<u8>, bool), _>(&db).await;
        is_sorted::<((i8, String), Option<String>), _>(&db).await;
    }

    pub async fn derived_structs<W: AsyncWorld>(world: &W) {
        let db = keys_async(world).await;
        is_sorted::<Place, _>(&db).await;
        is_sorted::<Version, _>(&db).await;
    }

    pub async fn derived_enums<W: AsyncWorld>(world: &W) {
        let db = keys_async(world).await;
        is_sorted::<Color, _>(&db).await;
        is_sorted::<Shape, _>(&db).await;
    }

    pub async fn prefixes_of_bytes<W: AsyncWorld>(world: &W) {
        let db = keys_async(world).await;
        store::<Vec<u8>, _>(&db).await;
        for prefix in Vec::<u8>::samples() {
            let samples = Vec::<u8>::samples().into_iter();
            let expected: Vec<_> = samples.filter(|key| key.starts_with(&prefix)).collect();
            let keyed = db.collection::<Keyed<Vec<u8>>>();
            let found = keyed.list_with_prefix(&prefix).query().await.unwrap();
            assert_eq!(ids::<Vec<u8>>(&found), expected, "{prefix:?}");
            let view = db.view::<ByKey<Vec<u8>>>().with_key_prefix(&prefix);
            assert_eq!(view_keys(view.query().await.unwrap()), expected);
        }
        store::<String, _>(&db).await;
        for prefix in ["", "a", "a\0", "日", "x"] {
            let samples = String::samples().into_iter();
            let expected: Vec<_> = samples.filter(|key| key.starts_with(prefix)).collect();
            let view = db.view::<ByKey<String>>().with_key_prefix(prefix);
            assert_eq!(view_keys(view.query().await.unwrap()), expected);
        }
    }
}
