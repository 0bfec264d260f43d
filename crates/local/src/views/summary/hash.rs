//! Where runs begin: a keyed hash decides, so the shape of a summary depends on its entries alone.
//!
//! The function is written out because what it says is on disk.

use std::hash::{BuildHasher, RandomState};

/// How a summary is shaped. Chosen when it is begun and kept with it: never taken from constants
/// afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// Secret, so that nobody can choose keys that pile up cuts, or avoid them.
    pub seed: [u8; 16],
    /// One of 2 to the power of this many entries begins a run of level 1.
    pub first_bits: u8,
    /// One of 2 to the power of this many items begins a run of each level above.
    pub upper_bits: u8,
    /// A key with this many entries is heavy: it has a tree of its own.
    pub heavy_min: u64,
    /// Results longer than this are not stored.
    pub value_bytes_max: u64,
}

impl Shape {
    /// The shape of summaries that are begun now.
    pub fn new() -> Self {
        let mut seed = [0; 16];
        for half in seed.chunks_exact_mut(8) {
            half.copy_from_slice(&RandomState::new().hash_one(0).to_le_bytes());
        }
        Self {
            seed,
            first_bits: 5,
            upper_bits: 4,
            heavy_min: 16,
            value_bytes_max: 4 << 10,
        }
    }

    /// Whether `item` begins a run of `level`, given that it begins one of the level below.
    pub fn cuts(&self, item: &[u8], level: u8) -> bool {
        let (shift, width) = match level.checked_sub(2) {
            None => (0, u32::from(self.first_bits)),
            Some(above) => (
                u32::from(self.first_bits) + u32::from(self.upper_bits) * u32::from(above),
                u32::from(self.upper_bits),
            ),
        };
        // Where the bits are used up nothing cuts: that bounds the height.
        if item.is_empty() || shift + width > u64::BITS {
            return false;
        }
        let mask = u64::MAX.checked_shr(u64::BITS - width).unwrap_or(0);
        (sip13(&self.seed, item) >> shift) & mask == 0
    }
}

/// SipHash-1-3.
fn sip13(seed: &[u8; 16], message: &[u8]) -> u64 {
    let (key0, key1) = (word(&seed[..8]), word(&seed[8..]));
    let mut state = [
        key0 ^ 0x736f_6d65_7073_6575,
        key1 ^ 0x646f_7261_6e64_6f6d,
        key0 ^ 0x6c79_6765_6e65_7261,
        key1 ^ 0x7465_6462_7974_6573,
    ];
    let mut words = message.chunks_exact(8);
    for bytes in &mut words {
        absorb(&mut state, word(bytes));
    }
    absorb(
        &mut state,
        word(words.remainder()) | (message.len() as u64) << 56,
    );
    state[2] ^= 0xff;
    for _ in 0..3 {
        round(&mut state);
    }
    state[0] ^ state[1] ^ state[2] ^ state[3]
}

/// Up to 8 bytes as a number, the first one least significant.
fn word(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(word)
}

fn absorb(state: &mut [u64; 4], word: u64) {
    state[3] ^= word;
    round(state);
    state[0] ^= word;
}

fn round([a, b, c, d]: &mut [u64; 4]) {
    *a = a.wrapping_add(*b);
    *b = b.rotate_left(13) ^ *a;
    *a = a.rotate_left(32);
    *c = c.wrapping_add(*d);
    *d = d.rotate_left(16) ^ *c;
    *a = a.wrapping_add(*d);
    *d = d.rotate_left(21) ^ *a;
    *c = c.wrapping_add(*b);
    *b = b.rotate_left(17) ^ *c;
    *c = c.rotate_left(32);
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

    #[test]
    fn the_hash_is_siphash_1_3() {
        assert_eq!(sip13(&SEED, b""), 0xabac_0158_050f_c4dc);
    }

    /// The standard library's hasher is SipHash-1-3 under a key of zeros, so far.
    #[test]
    fn messages_of_every_length_agree_with_another_implementation() {
        #[allow(deprecated)]
        for length in 0..70 {
            use std::hash::Hasher;
            let message = (0..length).collect::<Vec<u8>>();
            let mut hasher = std::hash::DefaultHasher::new();
            hasher.write(&message);
            assert_eq!(sip13(&[0; 16], &message), hasher.finish());
        }
    }

    #[test]
    fn cuts_are_as_frequent_as_the_shape_says_and_end() {
        let shape = Shape {
            seed: SEED,
            ..Shape::new()
        };
        let count = |level| {
            (0..100_000_u32)
                .filter(|item| shape.cuts(&item.to_be_bytes(), level))
                .count()
        };
        assert!((2_900..3_350).contains(&count(1)), "{}", count(1));
        assert!((5_900..6_600).contains(&count(2)), "{}", count(2));
        assert!((5_900..6_600).contains(&count(15)), "{}", count(15));
        assert_eq!(count(16), 0);
        assert!(!shape.cuts(b"", 1));
    }
}
