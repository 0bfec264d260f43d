//! A view whose value is a histogram and whose key is of a type of one's own: times by day.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bonsaidb::core::connection::Connection;
use bonsaidb::core::document::{CollectionDocument, Emit};
use bonsaidb::core::key::{ByteSource, IncorrectByteLength, Key, KeyEncoding, KeyKind, KeyVisitor};
use bonsaidb::core::schema::{
    Collection, CollectionMapReduce, ReduceResult, SerializedCollection, View, ViewMapResult,
    ViewMappedValue, ViewSchema,
};
use bonsaidb::local::Database;
use bonsaidb::local::config::{Builder, StorageConfiguration};
use serde::{Deserialize, Serialize};

/// A day as a key. Encoded keys must sort as days do, so the greatest unit comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Day {
    year: u16,
    month: u8,
    date: u8,
}

impl KeyEncoding for Day {
    type Error = IncorrectByteLength;

    const LENGTH: Option<usize> = Some(4);

    fn describe<Visitor: KeyVisitor>(visitor: &mut Visitor) {
        visitor.visit_type(KeyKind::Bytes);
    }

    fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error> {
        let [century, year] = self.year.to_be_bytes();
        Ok(Cow::Owned(vec![century, year, self.month, self.date]))
    }
}

impl<'k> Key<'k> for Day {
    const CAN_OWN_BYTES: bool = false;

    fn from_ord_bytes<'e>(bytes: ByteSource<'k, 'e>) -> Result<Self, Self::Error> {
        match *bytes.as_ref() {
            [century, year, month, date] => Ok(Self {
                year: u16::from_be_bytes([century, year]),
                month,
                date,
            }),
            _ => Err(IncorrectByteLength),
        }
    }
}

#[derive(Debug, Serialize, Deserialize, Collection)]
#[collection(name = "samples", views = [TimesByDay])]
struct Sample {
    day: Day,
    milliseconds: Vec<u32>,
}

/// How many values there are in each bucket of powers of two.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Histogram(BTreeMap<u32, u64>);

#[derive(Debug, Clone, View, ViewSchema)]
#[view(collection = Sample, key = Day, value = Histogram, name = "times-by-day")]
struct TimesByDay;

impl CollectionMapReduce for TimesByDay {
    fn map<'doc>(&self, sample: CollectionDocument<Sample>) -> ViewMapResult<'doc, Self> {
        let mut histogram = Histogram::default();
        for milliseconds in sample.contents.milliseconds {
            let bucket = milliseconds.next_power_of_two();
            *histogram.0.entry(bucket).or_default() += 1;
        }
        sample
            .header
            .emit_key_and_value(sample.contents.day, histogram)
    }

    /// Histograms can be added in any grouping: the law of reduce.
    fn reduce(&self, mappings: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<Self::View> {
        let mut sum = Histogram::default();
        for (bucket, count) in mappings.iter().flat_map(|mapping| &mapping.value.0) {
            *sum.0.entry(*bucket).or_default() += count;
        }
        Ok(sum)
    }
}

fn main() -> Result<(), bonsaidb::local::Error> {
    let folder = tempfile::tempdir()?;
    let db = Database::open::<Sample>(StorageConfiguration::new(folder.path()))?;
    let day = |date| Day {
        year: 2031,
        month: 3,
        date,
    };
    for (day, milliseconds) in [
        (day(1), vec![3, 60]),
        (day(2), vec![7]),
        (day(1), vec![4, 900]),
    ] {
        Sample { day, milliseconds }.push_into(&db)?;
    }
    let first = db.view::<TimesByDay>().with_key(&day(1)).reduce()?;
    println!("on the first: {first:?}");
    assert_eq!(first, Histogram([(4, 2), (64, 1), (1024, 1)].into()));
    let all = db.view::<TimesByDay>().with_key_range(day(1)..).reduce()?;
    println!("since then: {all:?}");
    assert_eq!(all.0.values().sum::<u64>(), 5);
    Ok(())
}

#[test]
fn runs() {
    main().unwrap();
}
