//! Which rows are certainly not in a memtable, told without looking for them (a blocked Bloom
//! filter). Most rows that are read were not written lately.
//!
//! Invariants:
//! 1. A row that was added is never said to be missing.
//! 2. All bits of one row are in one word, so that asking costs one access to memory.

use std::sync::atomic::{AtomicU64, Ordering};

/// How many bits of its word each row sets, at most.
const BITS_PER_ROW: u32 = 4;

#[derive(Debug)]
pub(crate) struct Filter {
    /// A power of two of them.
    words: Box<[AtomicU64]>,
}

impl Filter {
    /// Makes a filter that takes about `bytes` of memory.
    pub(crate) fn new(bytes: usize) -> Self {
        let count = (bytes / 8).max(1).next_power_of_two();
        Self {
            words: (0..count).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// Adds a row. Whoever may see the row must be told of it after this.
    pub(crate) fn add(&self, row_key: &[u8]) {
        let (word, bits) = self.place(row_key);
        word.fetch_or(bits, Ordering::Relaxed);
    }

    /// Whether a row may have been added.
    pub(crate) fn may_hold(&self, row_key: &[u8]) -> bool {
        let (word, bits) = self.place(row_key);
        word.load(Ordering::Relaxed) & bits == bits
    }

    fn place(&self, row_key: &[u8]) -> (&AtomicU64, u64) {
        let hash = hash(row_key);
        let bits = (0..BITS_PER_ROW).fold(0, |bits, n| bits | 1_u64 << (hash >> (6 * n) & 63));
        let word = hash >> (6 * BITS_PER_ROW);
        let mask = self.words.len() - 1;
        let word = usize::try_from(word).unwrap_or(usize::MAX) & mask;
        (&self.words[word], bits)
    }
}

/// Mixes the bytes of a key. It need not be hard to foresee: keys that are made to meet in one word
/// cost a search, as all would without a filter.
fn hash(bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, eight: u64| (hash.rotate_left(23) ^ eight).wrapping_mul(FACTOR);
    let (chunks, rest) = bytes.as_chunks::<8>();
    let mut hash = bytes.len() as u64;
    for chunk in chunks {
        hash = mix(hash, u64::from_le_bytes(*chunk));
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    hash = mix(hash, u64::from_le_bytes(last));
    hash = (hash ^ (hash >> 32)).wrapping_mul(FACTOR);
    hash ^ (hash >> 29)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_may_be_there_and_most_else_is_not() {
        for length in [1, 7, 8, 9, 16, 30] {
            let key = |number: u64| {
                let mut key = number.to_be_bytes().repeat(4);
                key.truncate(length.max(8));
                key.rotate_left(8 - length.min(8));
                key
            };
            let filter = Filter::new(1_250 * 2);
            for number in 0..1_000 {
                filter.add(&key(number));
            }
            assert!((0..1_000).all(|number| filter.may_hold(&key(number))));
            let wrong = (1_000..11_000).filter(|number| filter.may_hold(&key(*number)));
            let wrong = wrong.count();
            assert!(wrong < 800, "{wrong} of 10,000 with {length} bytes");
        }
    }
}
