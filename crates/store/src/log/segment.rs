//! Files of the log, and how each begins.
//!
//! A segment begins with a header of [`HEADER_BYTES`]. It names the segment before and where that
//! ends, so a tail that nobody acknowledged cannot come back to life, and a salt that is part of
//! every checksum, so nothing left from another file is taken for a part of this one.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Folder of the log, below the folder of the store.
pub(crate) const LOG_FOLDER: &str = "_log";

pub(super) const HEADER_BYTES: usize = 96;
/// The length of a file that is not at its end is a multiple of this.
pub(super) const STEP_BYTES: u64 = 1 << 20;
const MAGIC: &[u8; 8] = b"BonsaiLg";
/// The format of the log this crate writes.
pub(super) const FORMAT: u32 = 1;
const CHECKED_BYTES: usize = HEADER_BYTES - 4;

/// A place between two groups, or between two fragments of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    /// The segment, 0 when there was none yet.
    pub(super) segment: u64,
    pub(super) offset: u64,
    /// The number of the group that follows, or is being continued.
    pub(super) group: u64,
    /// The checksum of the frame before.
    pub(super) chain: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) id: u64,
    pub(super) salt: [u8; 16],
    /// Where the segment before ends.
    pub(super) before: Position,
    /// The greatest length of the file.
    pub(super) length: u64,
}

/// What the first bytes of a file turned out to be.
#[derive(Debug)]
pub(super) enum Found {
    Header(Header),
    Newer(u32),
    Unreadable,
}

impl Header {
    pub(super) fn new(id: u64, before: Position, length: u64) -> Self {
        let mut salt = [0; 16];
        for half in salt.chunks_mut(8) {
            // The standard library's one source of numbers that nobody can foresee.
            let mut hasher = RandomState::new().build_hasher();
            hasher.write_u64(id);
            half.copy_from_slice(&hasher.finish().to_le_bytes());
        }
        Self {
            id,
            salt,
            before,
            length,
        }
    }

    /// Whether a file with this header can be of this length: it grows by steps, and is cut to its
    /// header when nothing in it is needed.
    pub(super) fn allows(&self, length: u64) -> bool {
        length == self.length
            || length == HEADER_BYTES as u64
            || (0 < length && length < self.length && length.is_multiple_of(STEP_BYTES))
    }

    /// What all checksums of frames in this segment begin with.
    pub(super) fn seed(&self) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&self.salt);
        hasher.update(&self.id.to_le_bytes());
        hasher.finalize()
    }

    pub(super) fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..12].copy_from_slice(&FORMAT.to_le_bytes());
        // 12: flags, none so far; 13 to 15: zero.
        bytes[16..24].copy_from_slice(&self.id.to_le_bytes());
        bytes[24..40].copy_from_slice(&self.salt);
        bytes[40..48].copy_from_slice(&self.before.segment.to_le_bytes());
        bytes[48..56].copy_from_slice(&self.before.offset.to_le_bytes());
        bytes[56..64].copy_from_slice(&self.before.group.to_le_bytes());
        bytes[64..68].copy_from_slice(&self.before.chain.to_le_bytes());
        bytes[68..76].copy_from_slice(&self.length.to_le_bytes());
        // 76 to 91: zero.
        let checksum = crc32fast::hash(&bytes[..CHECKED_BYTES]);
        bytes[CHECKED_BYTES..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Whether the bytes may be what a write of a header that failed has left: its beginning, and
    /// zeros.
    pub(super) fn is_begun(bytes: &[u8; HEADER_BYTES]) -> bool {
        let (checked, checksum) = bytes.split_at(CHECKED_BYTES);
        let expected = crc32fast::hash(checked).to_le_bytes();
        let written = checksum.iter().rposition(|byte| *byte != 0);
        written.is_none_or(|last| checksum[..=last] == expected[..=last])
    }

    /// Reads a header, which must be that of segment `id`.
    pub(super) fn decode(id: u64, bytes: &[u8; HEADER_BYTES]) -> Found {
        let number = |at: usize| {
            let mut eight = [0; 8];
            eight.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(eight)
        };
        let short = |at: usize| {
            let mut four = [0; 4];
            four.copy_from_slice(&bytes[at..at + 4]);
            u32::from_le_bytes(four)
        };
        let is_whole = short(CHECKED_BYTES) == crc32fast::hash(&bytes[..CHECKED_BYTES]);
        if &bytes[..8] != MAGIC || !is_whole || number(16) != id {
            return Found::Unreadable;
        }
        if short(8) > FORMAT || bytes[12] != 0 {
            return Found::Newer(short(8).max(FORMAT + 1));
        }
        let mut salt = [0; 16];
        salt.copy_from_slice(&bytes[24..40]);
        Found::Header(Self {
            id,
            salt,
            before: Position {
                segment: number(40),
                offset: number(48),
                group: number(56),
                chain: short(64),
            },
            length: number(68),
        })
    }
}

/// The path of a segment below the folder of the store.
pub(super) fn path_of(id: u64) -> String {
    format!("{LOG_FOLDER}/{id:016x}.log")
}

/// The number in the name of a segment.
pub(super) fn id_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".log")?;
    let id = u64::from_str_radix(digits, 16).ok()?;
    (digits.len() == 16 && format!("{id:016x}") == digits).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_reads_back_and_no_changed_bit_does() {
        let before = Position {
            segment: 6,
            offset: 1_000,
            group: 77,
            chain: 0xdead_beef,
        };
        let header = Header::new(7, before, 4_096);
        let bytes = header.encode();
        assert!(matches!(Header::decode(7, &bytes), Found::Header(found) if found == header));
        assert!(matches!(Header::decode(8, &bytes), Found::Unreadable));
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(matches!(Header::decode(7, &flipped), Found::Unreadable));
        }
        assert_ne!(Header::new(7, before, 4_096).salt, header.salt);
    }

    #[test]
    fn the_beginning_of_a_header_is_told_from_a_damaged_one() {
        let bytes = Header::new(7, Position::default(), 4_096).encode();
        for written in 0..HEADER_BYTES {
            let mut begun = bytes;
            begun[written..].fill(0);
            assert!(Header::is_begun(&begun), "{written} bytes");
        }
        for bit in 0..CHECKED_BYTES * 8 {
            let mut flipped = bytes;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(!Header::is_begun(&flipped), "bit {bit}");
        }
    }

    #[test]
    fn names_are_exact() {
        assert_eq!(id_of("000000000000002a.log"), Some(42));
        for name in [
            "2a.log",
            "000000000000002A.log",
            "000000000000002a",
            ".log",
            "+00000000000002a.log",
        ] {
            assert_eq!(id_of(name), None, "{name}");
        }
        assert_eq!(path_of(42), "_log/000000000000002a.log");
    }
}
