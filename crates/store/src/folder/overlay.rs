//! A file that is never written: changes are kept in memory, over the bytes of the real one.
//!
//! This is how a store is opened read-only. The engine marks a file as open and repairs one that
//! was not closed; here both happen in memory.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use super::Backing;
use crate::sync::lock;

const BLOCK_BYTES: usize = 4096;

/// A copy-on-write file over another.
#[derive(Debug)]
pub(crate) struct Overlay {
    base: Arc<dyn Backing>,
    changes: Mutex<Changes>,
}

/// Invariants: bytes of `blocks` at or past `length` are zero; `base_length` never grows, so that
/// what was cut off does not come back.
#[derive(Debug)]
struct Changes {
    length: u64,
    base_length: u64,
    blocks: BTreeMap<u64, Box<[u8]>>,
}

impl Overlay {
    pub(crate) fn new(base: Arc<dyn Backing>) -> io::Result<Self> {
        let length = base.length()?;
        Ok(Self {
            base,
            changes: Mutex::new(Changes {
                length,
                base_length: length,
                blocks: BTreeMap::new(),
            }),
        })
    }

    /// Fills `buffer` from the file below, with zeros where it has ended.
    fn read_base(&self, base_length: u64, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let available = base_length.saturating_sub(offset);
        let count = usize::try_from(available).map_or(buffer.len(), |some| some.min(buffer.len()));
        let (stored, missing) = buffer.split_at_mut(count);
        missing.fill(0);
        if stored.is_empty() {
            return Ok(());
        }
        self.base.read(offset, stored)
    }
}

/// Cuts `length` bytes at `offset` at the borders of blocks: number of the block, start in it,
/// length.
fn pieces(offset: u64, length: usize) -> impl Iterator<Item = (u64, usize, usize)> {
    let mut offset = offset;
    let mut left = length;
    std::iter::from_fn(move || {
        if left == 0 {
            return None;
        }
        let block = offset / BLOCK_BYTES as u64;
        let within = usize::try_from(offset % BLOCK_BYTES as u64).ok()?;
        let count = left.min(BLOCK_BYTES - within);
        offset += count as u64;
        left -= count;
        Some((block, within, count))
    })
}

fn end_of(offset: u64, length: usize) -> io::Result<u64> {
    offset
        .checked_add(length as u64)
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))
}

impl Backing for Overlay {
    fn length(&self) -> io::Result<u64> {
        Ok(lock(&self.changes).length)
    }

    fn read(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let changes = lock(&self.changes);
        if end_of(offset, buffer.len())? > changes.length {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
        }
        let mut rest = buffer;
        for (block, within, count) in pieces(offset, rest.len()) {
            let (now, later) = rest.split_at_mut(count);
            if let Some(changed) = changes.blocks.get(&block) {
                now.copy_from_slice(&changed[within..within + count]);
            } else {
                let position = block * BLOCK_BYTES as u64 + within as u64;
                self.read_base(changes.base_length, position, now)?;
            }
            rest = later;
        }
        Ok(())
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let end = end_of(offset, bytes.len())?;
        let mut changes = lock(&self.changes);
        let mut rest = bytes;
        for (block, within, count) in pieces(offset, bytes.len()) {
            let (now, later) = rest.split_at(count);
            if !changes.blocks.contains_key(&block) {
                let mut content = vec![0; BLOCK_BYTES].into_boxed_slice();
                self.read_base(
                    changes.base_length,
                    block * BLOCK_BYTES as u64,
                    &mut content,
                )?;
                changes.blocks.insert(block, content);
            }
            if let Some(content) = changes.blocks.get_mut(&block) {
                content[within..within + count].copy_from_slice(now);
            }
            rest = later;
        }
        changes.length = changes.length.max(end);
        Ok(())
    }

    fn resize(&self, length: u64) -> io::Result<()> {
        let mut changes = lock(&self.changes);
        if length < changes.length {
            let first_gone = length.div_ceil(BLOCK_BYTES as u64);
            changes.blocks.split_off(&first_gone);
            let within = usize::try_from(length % BLOCK_BYTES as u64).map_err(io::Error::other)?;
            if let Some(last) = changes.blocks.get_mut(&(length / BLOCK_BYTES as u64)) {
                last[within..].fill(0);
            }
            changes.base_length = changes.base_length.min(length);
        }
        changes.length = length;
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::{Folder, MemoryFolder, OpenMode};

    fn base(bytes: &[u8]) -> Arc<dyn Backing> {
        let file = MemoryFolder::new().open("f", OpenMode::Create).unwrap();
        file.write(0, bytes).unwrap();
        file
    }

    fn content(file: &dyn Backing) -> Vec<u8> {
        let mut bytes = vec![0xee; usize::try_from(file.length().unwrap()).unwrap()];
        file.read(0, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn changes_show_above_and_leave_the_file_below_alone() {
        let original: Vec<u8> = (0..10_000_u32).map(|i| i.to_le_bytes()[0]).collect();
        let below = base(&original);
        let overlay = Overlay::new(Arc::clone(&below)).unwrap();
        let mut model = original.clone();
        overlay.write(4_090, &[1; 20]).unwrap();
        model[4_090..4_110].fill(1);
        overlay.write(9_999, &[2; 5_000]).unwrap();
        model.resize(14_999, 0);
        model[9_999..].fill(2);
        assert_eq!(content(&overlay), model);
        overlay.resize(5_000).unwrap();
        overlay.resize(12_000).unwrap();
        model.truncate(5_000);
        model.resize(12_000, 0);
        assert_eq!(content(&overlay), model);
        assert_eq!(content(&*below), original);
    }
}
