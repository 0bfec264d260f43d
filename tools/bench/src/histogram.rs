//! Latencies, counted in buckets of less than 2 % width, so that their number does not show in the memory measured.

use serde::{Deserialize, Serialize};

const HALF_BITS: u32 = 6;
const HALF: u64 = 1 << HALF_BITS;

/// How often something took how long.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Histogram {
    counts: Vec<u64>,
}

impl Histogram {
    pub(crate) fn record(&mut self, nanoseconds: u64) {
        self.add(bucket(nanoseconds), 1);
    }

    fn add(&mut self, bucket: usize, count: u64) {
        if self.counts.len() <= bucket {
            self.counts.resize(bucket + 1, 0);
        }
        self.counts[bucket] += count;
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (bucket, count) in other.counts.iter().enumerate() {
            if *count > 0 {
                self.add(bucket, *count);
            }
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Returns the nanoseconds that `percent` of what was recorded did not exceed, if anything was.
    pub(crate) fn percentile(&self, percent: f64) -> Option<u64> {
        let count = self.count();
        #[allow(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss
        )]
        let rank = ((count as f64 * percent / 100.0).ceil() as u64).clamp(1, count.max(1));
        let mut seen = 0;
        let mut buckets = self.counts.iter().enumerate();
        let found = buckets.find(|(_, count)| {
            seen += **count;
            seen >= rank
        });
        found.map(|(bucket, _)| middle(bucket))
    }
}

/// Numbers below [`HALF`] have buckets of their own; above, each power of two has [`HALF`] buckets.
fn bucket(nanoseconds: u64) -> usize {
    let shift = (u64::BITS - nanoseconds.leading_zeros()).saturating_sub(HALF_BITS + 1);
    let bucket = u64::from(shift) * HALF + (nanoseconds >> shift);
    usize::try_from(bucket).expect("there are a few thousand buckets")
}

fn middle(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    let shift = (bucket / HALF).saturating_sub(1);
    let least = (bucket - shift * HALF) << shift;
    least + (1 << shift) / 2
}

/// Buckets that have something in them.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Sparse(Vec<(usize, u64)>);

impl Serialize for Histogram {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let filled = self.counts.iter().copied().enumerate();
        Sparse(filled.filter(|(_, count)| *count > 0).collect()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Histogram {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut histogram = Self::default();
        for (index, count) in Sparse::deserialize(deserializer)?.0 {
            if index > bucket(u64::MAX) {
                return Err(serde::de::Error::custom(
                    "a bucket that no latency falls into",
                ));
            }
            histogram.add(index, count);
        }
        Ok(histogram)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_in_order_and_narrow() {
        let mut last = 0;
        for nanoseconds in (0..5_000).chain((1..50).map(|shift| 1 << shift)) {
            let bucket = bucket(nanoseconds);
            assert!(bucket >= last || nanoseconds < 5_000, "{nanoseconds}");
            last = bucket;
            let error = middle(bucket).abs_diff(nanoseconds);
            assert!(
                error * 100 <= nanoseconds,
                "{nanoseconds} is off by {error}"
            );
        }
        assert!(bucket(u64::MAX) < 5_000);
        assert!(middle(bucket(u64::MAX)) > u64::MAX / 100 * 99);
    }

    #[test]
    fn percentiles_are_of_what_was_recorded() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.percentile(50.0), None);
        (1..=50).for_each(|nanoseconds| histogram.record(nanoseconds));
        assert_eq!(histogram.percentile(50.0), Some(25));
        assert_eq!(histogram.percentile(99.0), Some(50));
        assert_eq!(histogram.percentile(0.0), Some(1));
        assert_eq!(histogram.percentile(100.0), Some(50));
    }

    #[test]
    fn a_merged_histogram_has_both() {
        let mut low = Histogram::default();
        let mut high = Histogram::default();
        low.record(10);
        high.record(1_000_000);
        high.merge(&low);
        assert_eq!(high.count(), 2);
        assert_eq!(high.percentile(50.0), Some(10));
        assert!(high.percentile(100.0).unwrap().abs_diff(1_000_000) < 10_000);
    }

    #[test]
    fn a_histogram_survives_json() {
        let mut histogram = Histogram::default();
        for nanoseconds in [3, 3, 70_000, u64::MAX] {
            histogram.record(nanoseconds);
        }
        let text = serde_json::to_string(&histogram).unwrap();
        assert_eq!(serde_json::from_str::<Histogram>(&text).unwrap(), histogram);
        assert!(serde_json::from_str::<Histogram>("[[99999999, 1]]").is_err());
    }
}
