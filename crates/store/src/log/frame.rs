//! The pieces a group is written in, each with a checksum that fits in one place only.
//!
//! The checksum covers the salt of the segment, the place in it, the number of the group and of
//! the fragment, the checksum of the frame before, and the content.

/// The fixed part of a frame.
pub(super) const FRAME_BYTES: usize = 36;
/// The last byte of a frame. A file begins as zeros, so a frame that lacks its end, even if that
/// is zeros, is never whole.
const END: u8 = 0xb5;
/// What a frame takes beside its content.
pub(super) const AROUND_BYTES: usize = FRAME_BYTES + 1;
/// The longest content of one frame.
pub(super) const FRAGMENT_BYTES_MAX: usize = 16 << 20;

const LAST: u8 = 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) length: usize,
    pub(super) offset: u64,
    pub(super) group: u64,
    pub(super) fragment: u32,
    pub(super) before: u32,
    pub(super) is_last: bool,
    pub(super) checksum: u32,
}

impl Frame {
    /// Appends a frame to `buffer` and returns its checksum.
    pub(super) fn write(mut self, seed: u32, content: &[u8], buffer: &mut Vec<u8>) -> u32 {
        self.length = content.len();
        let start = buffer.len();
        buffer.extend_from_slice(&[0; 4]);
        buffer.extend_from_slice(&(self.length as u64).to_le_bytes()[..4]);
        buffer.extend_from_slice(&self.offset.to_le_bytes());
        buffer.extend_from_slice(&self.group.to_le_bytes());
        buffer.extend_from_slice(&self.fragment.to_le_bytes());
        buffer.extend_from_slice(&self.before.to_le_bytes());
        buffer.extend_from_slice(&[if self.is_last { LAST } else { 0 }, 0, 0, 0]);
        buffer.extend_from_slice(content);
        buffer.push(END);
        let checksum = checksum(seed, &buffer[start + 4..]);
        buffer[start..start + 4].copy_from_slice(&checksum.to_le_bytes());
        checksum
    }

    /// Reads the fixed part of a frame that would stand at `offset`. The content is not checked.
    pub(super) fn read(offset: u64, bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.first_chunk::<FRAME_BYTES>()?;
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
        let length = usize::try_from(short(4)).ok()?;
        let frame = Self {
            length,
            offset: number(8),
            group: number(16),
            fragment: short(24),
            before: short(28),
            is_last: bytes[32] & LAST != 0,
            checksum: short(0),
        };
        let is_possible = frame.offset == offset
            && (1..=FRAGMENT_BYTES_MAX).contains(&length)
            && bytes[32] & !LAST == 0
            && bytes[33..] == [0; 3];
        is_possible.then_some(frame)
    }

    /// The length of all of it.
    pub(super) fn total_bytes(&self) -> usize {
        AROUND_BYTES + self.length
    }

    /// Whether the whole frame, in `bytes`, is what was written.
    pub(super) fn is_whole(&self, seed: u32, bytes: &[u8]) -> bool {
        bytes.last() == Some(&END)
            && bytes
                .get(4..self.total_bytes())
                .is_some_and(|checked| checksum(seed, checked) == self.checksum)
    }
}

fn checksum(seed: u32, bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(seed);
    hasher.update(bytes);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: u32 = 77;

    fn frame(offset: u64, content: &[u8]) -> Vec<u8> {
        let mut buffer = Vec::new();
        let frame = Frame {
            length: 0,
            offset,
            group: 5,
            fragment: 1,
            before: 9,
            is_last: true,
            checksum: 0,
        };
        frame.write(SEED, content, &mut buffer);
        buffer
    }

    fn is_whole(offset: u64, seed: u32, bytes: &[u8]) -> bool {
        Frame::read(offset, bytes).is_some_and(|frame| {
            let whole = bytes.get(..frame.total_bytes());
            whole.is_some_and(|whole| frame.is_whole(seed, whole))
        })
    }

    #[test]
    fn a_frame_is_whole_in_its_place_only() {
        let bytes = frame(96, b"content");
        let found = Frame::read(96, &bytes).unwrap();
        assert_eq!((found.length, found.group, found.fragment), (7, 5, 1));
        assert!(found.is_last);
        assert!(is_whole(96, SEED, &bytes));
        assert!(!is_whole(97, SEED, &bytes));
        assert!(!is_whole(96, SEED + 1, &bytes));
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(!is_whole(96, SEED, &flipped), "bit {bit}");
        }
    }

    #[test]
    fn zeros_that_were_not_written_do_not_count() {
        let mut bytes = frame(96, &[0; 100]);
        assert!(is_whole(96, SEED, &bytes));
        *bytes.last_mut().unwrap() = 0;
        assert!(!is_whole(96, SEED, &bytes));
    }
}
