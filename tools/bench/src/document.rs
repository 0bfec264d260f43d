//! The documents that every database stores: 300 bytes, the same bytes for the same id and version.
//!
//! Bytes 0..8 are the key of the view, big-endian and without any order among documents; bytes 8..16 its value; the rest
//! is text that compresses to about a half.

use std::sync::LazyLock;

use crate::contender::Contents;

/// The length of a document.
pub const BYTES: usize = 300;
const HEADER_BYTES: usize = 16;
const TEXTS: u64 = 4096;
const VALUE_MAX: u64 = 1_000;

/// What a document says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Document {
    /// The key that the view has for it.
    pub key: u64,
    /// The value that the view has for it.
    pub value: u64,
}

impl Document {
    /// Returns the bytes of document `id`, changed `version` times.
    pub fn contents(id: u64, version: u64) -> Contents {
        static TEXT: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| (0..TEXTS).map(text).collect());
        let key = mix(id ^ mix(version));
        let mut contents = Vec::with_capacity(BYTES);
        contents.extend_from_slice(&key.to_be_bytes());
        contents.extend_from_slice(&(mix(key) % VALUE_MAX).to_be_bytes());
        let text = usize::try_from(key % TEXTS).expect("there are few texts");
        contents.extend_from_slice(&TEXT[text]);
        contents
    }

    /// Reads the bytes of a document; `None` if they are not a document's.
    pub fn parse(contents: &[u8]) -> Option<Self> {
        if contents.len() != BYTES {
            return None;
        }
        let number = |at: usize| {
            let bytes = contents[at..at + 8]
                .try_into()
                .expect("8 bytes are 8 bytes");
            u64::from_be_bytes(bytes)
        };
        Some(Self {
            key: number(0),
            value: number(8),
        })
    }
}

fn text(number: u64) -> Vec<u8> {
    const WORDS: [&str; 16] = [
        "bonsai", "tree", "a", "small", "garden", "of", "the", "leaf", "in", "pots", "grown",
        "root", "and", "water", "light", "years",
    ];
    let mut random = Random::new(number);
    let mut text = Vec::with_capacity(BYTES);
    while text.len() < BYTES - HEADER_BYTES {
        let bits = random.next();
        let word = usize::try_from(bits % 16).expect("16 is small");
        text.extend_from_slice(WORDS[word].as_bytes());
        text.extend_from_slice(format!(" {:03x} ", bits >> 52).as_bytes());
    }
    text.truncate(BYTES - HEADER_BYTES);
    text
}

/// Numbers without visible order, the same from the same seed.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(mix(seed))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// Returns a number less than `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }
}

/// The finisher of `SplitMix64`: a bijection that leaves no order.
fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_can_be_read_and_differ() {
        let contents = Document::contents(7, 1);
        assert_eq!(contents.len(), BYTES);
        assert_eq!(contents, Document::contents(7, 1));
        let document = Document::parse(&contents).unwrap();
        assert!(document.value < VALUE_MAX);
        assert_ne!(
            document,
            Document::parse(&Document::contents(7, 2)).unwrap()
        );
        assert_ne!(
            document,
            Document::parse(&Document::contents(8, 1)).unwrap()
        );
        assert_eq!(Document::parse(&contents[1..]), None);
    }

    #[test]
    fn random_numbers_spread() {
        let mut random = Random::new(1);
        let low = (0..1_000).filter(|_| random.below(10) < 5).count();
        assert!((400..600).contains(&low), "{low}");
    }
}
