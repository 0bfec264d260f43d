//! What is stored: one collection, and the views that answer questions about it.
//!
//! A view's `map` turns a document into keys and values, kept in order of the keys; its `reduce` makes one value of
//! many. Counting is emitting 1 and summing up.

use bonsaidb::core::document::{CollectionDocument, Emit};
use bonsaidb::core::key::Key;
use bonsaidb::core::schema::view::map::{Mappings, ViewMappedValue};
use bonsaidb::core::schema::{
    Collection, CollectionMapReduce, ReduceResult, View, ViewMapResult, ViewSchema,
};
use serde::{Deserialize, Serialize};

use crate::calendar;

/// One report of an earthquake: as much of it as is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Collection)]
#[collection(name = "earthquakes", views = [ByMagnitude, ByWholeMagnitude, ByDay, Felt])]
pub struct Earthquake {
    /// The id that the network gave it. It is the document's id as well.
    #[natural_id]
    pub id: String,
    pub magnitude: Option<f64>,
    pub place: Option<String>,
    /// Longitude, latitude and depth in kilometers.
    pub coordinates: Vec<f64>,
    pub time_ms: Option<i64>,
    pub updated_ms: Option<i64>,
    /// How many people reported that they felt it.
    pub felt: Option<u64>,
}

/// How many earthquakes have which magnitude, to the last digit.
#[derive(Debug, Clone, View, ViewSchema)]
#[view(collection = Earthquake, key = Magnitude, value = u64, name = "by-magnitude")]
pub struct ByMagnitude;

impl CollectionMapReduce for ByMagnitude {
    fn map<'doc>(&self, document: CollectionDocument<Earthquake>) -> ViewMapResult<'doc, Self>
    where
        CollectionDocument<Earthquake>: 'doc,
    {
        match document.contents.magnitude {
            Some(magnitude) => document.header.emit_key_and_value(magnitude.into(), 1),
            None => Ok(Mappings::none()),
        }
    }

    fn reduce(&self, counts: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<Self> {
        Ok(counts.iter().map(|count| count.value).sum())
    }
}

/// How many earthquakes have a magnitude of 4 point something, of 5 point something, and so on.
#[derive(Debug, Clone, View, ViewSchema)]
#[view(collection = Earthquake, key = i32, value = u64, name = "by-whole-magnitude")]
pub struct ByWholeMagnitude;

impl CollectionMapReduce for ByWholeMagnitude {
    fn map<'doc>(&self, document: CollectionDocument<Earthquake>) -> ViewMapResult<'doc, Self>
    where
        CollectionDocument<Earthquake>: 'doc,
    {
        match document.contents.magnitude {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "no earthquake is that strong"
            )]
            Some(magnitude) => document
                .header
                .emit_key_and_value(magnitude.floor() as i32, 1),
            None => Ok(Mappings::none()),
        }
    }

    fn reduce(&self, counts: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<Self> {
        Ok(counts.iter().map(|count| count.value).sum())
    }
}

/// How many earthquakes there were on which day, counted as [`calendar`] does.
#[derive(Debug, Clone, View, ViewSchema)]
#[view(collection = Earthquake, key = i64, value = u64, name = "by-day")]
pub struct ByDay;

impl CollectionMapReduce for ByDay {
    fn map<'doc>(&self, document: CollectionDocument<Earthquake>) -> ViewMapResult<'doc, Self>
    where
        CollectionDocument<Earthquake>: 'doc,
    {
        match document.contents.time_ms {
            Some(time_ms) => {
                let day = calendar::day_of(time_ms);
                document.header.emit_key_and_value(day, 1)
            }
            None => Ok(Mappings::none()),
        }
    }

    fn reduce(&self, counts: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<Self> {
        Ok(counts.iter().map(|count| count.value).sum())
    }
}

/// How many people felt an earthquake. There is nothing to look up by, so the key is `()`.
#[derive(Debug, Clone, View, ViewSchema)]
#[view(collection = Earthquake, key = (), value = u64, name = "felt")]
pub struct Felt;

impl CollectionMapReduce for Felt {
    fn map<'doc>(&self, document: CollectionDocument<Earthquake>) -> ViewMapResult<'doc, Self>
    where
        CollectionDocument<Earthquake>: 'doc,
    {
        match document.contents.felt {
            Some(felt) => document.header.emit_value(felt),
            None => Ok(Mappings::none()),
        }
    }

    fn reduce(&self, felt: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<Self> {
        let felt = felt.iter().map(|felt| felt.value);
        Ok(felt.fold(0, u64::saturating_add))
    }
}

/// A magnitude as a key.
///
/// Floats are not keys, since not every two of them have an order. Seen as integers, the bits of those that have are
/// in the same order, but for negative ones, which have to be turned around.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Key)]
pub struct Magnitude(i64);

impl From<f64> for Magnitude {
    fn from(magnitude: f64) -> Self {
        let bits = magnitude.to_bits().cast_signed();
        Self(if bits < 0 { bits ^ i64::MAX } else { bits })
    }
}
