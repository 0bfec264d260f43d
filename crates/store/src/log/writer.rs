//! Writing groups: as frames into the current segment, and into the next when that is full.
//!
//! ```text
//! 0        96                          end       filled   extent          segment_bytes
//! | header | groups, all of them durable | zeros  | hole   | not there yet |
//! ```
//!
//! Zeros are written ahead of small groups. In a hole each of them would make the file system find
//! a block and sync a note of that as well, which takes half as long again as the group itself.
//!
//! Invariants:
//! 1. Everything up to `end` is durable. What stands behind it does not count, and the next segment
//!    says so.
//! 2. The current segment is that of `end`, and no greater number was ever used.
//! 3. Header ≤ offset of `end` ≤ filled ≤ extent ≤ length of a segment, and the extent is the
//!    length of the file.
//! 4. A stream with records in a segment is announced in front of them in the same segment, or the
//!    group they are in began in an earlier one.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io;
use std::sync::{Arc, Mutex};

use super::Failure;
use super::frame::{AROUND_BYTES, FRAGMENT_BYTES_MAX, Frame};
use super::record;
use super::retention::{Replaced, Retention};
use super::segment::{HEADER_BYTES, Header, LOG_FOLDER, Position, STEP_BYTES, path_of};
use crate::files::io_error;
use crate::folder::{Backing, Folder, OpenMode};
use crate::ids::Stream;
use crate::sync::lock;

/// What a frame must be able to hold, so that no segment ends in many tiny ones.
const FRAGMENT_BYTES_MIN: u64 = 64;
/// From this length on a file grows by larger steps.
const LARGE_BYTES: u64 = 8 << 20;
const LARGE_STEP_BYTES: u64 = 4 << 20;
/// Groups from this length on find enough blocks at once.
const LARGE_GROUP_BYTES: usize = 64 << 10;
/// How much is filled with zeros at once: as much as was used, within these limits.
const FILL_BYTES_MIN: u64 = 16 << 10;
const FILL_BYTES_MAX: u64 = 256 << 10;
/// Written piece by piece: the page cache syncs small changes of large pieces more slowly.
const ZEROS: [u8; 16 << 10] = [0; 16 << 10];
/// How much memory is kept for the next group.
const BUFFER_BYTES_MAX: usize = 1 << 20;

pub(super) struct Writer {
    folder: Arc<dyn Folder>,
    segment_bytes: u64,
    end: Position,
    current: Option<Current>,
    /// The greatest number ever used.
    last_id: u64,
    /// The streams announced in the current segment.
    announced: HashSet<Stream>,
    /// Whether something was written that was not synced, because of a full disk.
    is_torn: bool,
    is_closed: bool,
    buffer: Vec<u8>,
}

struct Current {
    file: Arc<dyn Backing>,
    seed: u32,
    filled: u64,
    extent: u64,
}

/// What one group has done so far, in case that it has to be undone.
struct Attempt {
    begin: Position,
    /// What it replaced in the marks of segments.
    marks: Vec<(u64, Replaced)>,
    /// Where the log ended when each segment was begun.
    begun: Vec<Position>,
}

impl Writer {
    pub(super) fn new(
        folder: &Arc<dyn Folder>,
        segment_bytes: u64,
        end: Position,
        last_id: u64,
    ) -> Self {
        Self {
            folder: Arc::clone(folder),
            segment_bytes,
            end,
            current: None,
            last_id,
            announced: HashSet::new(),
            is_torn: false,
            is_closed: false,
            buffer: Vec::new(),
        }
    }

    /// Writes one group and syncs it. Returns whether a segment was begun.
    ///
    /// When the disk is full, everything is as before.
    pub(super) fn write_group(
        &mut self,
        content: &[u8],
        marks: &[(Stream, u64)],
        retention: &Mutex<Retention>,
    ) -> Result<bool, Failure> {
        if self.is_closed {
            // What comes after would be written beside whoever has opened the folder meanwhile.
            return Err(Failure::closed());
        }
        let mut attempt = Attempt {
            begin: self.end,
            marks: Vec::new(),
            begun: Vec::new(),
        };
        let written = self.try_group(content, marks, retention, &mut attempt);
        self.buffer.clear();
        self.buffer.shrink_to(BUFFER_BYTES_MAX);
        match written {
            Ok(()) => {
                self.is_torn = false;
                self.check();
                Ok(!attempt.begun.is_empty())
            }
            Err(failure) => {
                if !failure.is_final {
                    self.undo(attempt, retention);
                }
                Err(failure)
            }
        }
    }

    /// Ends writing. Returns whether nothing is pending.
    pub(super) fn close(&mut self) -> bool {
        self.current = None;
        self.is_closed = true;
        !self.is_torn
    }

    fn try_group(
        &mut self,
        content: &[u8],
        marks: &[(Stream, u64)],
        retention: &Mutex<Retention>,
        attempt: &mut Attempt,
    ) -> Result<(), Failure> {
        if self.is_full() {
            self.begin_segment(retention, attempt)?;
        }
        let content = self.with_announcements(content, marks, retention);
        let mut rest = &*content;
        let mut fragment = 0;
        while !rest.is_empty() {
            if self.is_full() {
                self.begin_segment(retention, attempt)?;
            }
            let id = self.end.segment;
            attempt.marks.push((id, lock(retention).mark(id, marks)));
            rest = self.write_frames(rest, &mut fragment)?;
        }
        self.end.group += 1;
        Ok(())
    }

    /// Whether the next frame needs another segment.
    fn is_full(&self) -> bool {
        let used = self.end.offset + (AROUND_BYTES as u64) + FRAGMENT_BYTES_MIN;
        self.current.is_none() || used > self.segment_bytes
    }

    /// Puts the names of streams that come first in this segment in front.
    fn with_announcements<'a>(
        &mut self,
        content: &'a [u8],
        marks: &[(Stream, u64)],
        retention: &Mutex<Retention>,
    ) -> Cow<'a, [u8]> {
        let mut announcements = Vec::new();
        for (stream, _) in marks {
            if self.announced.insert(*stream)
                && let Some(name) = lock(retention).name(*stream)
            {
                record::announce(*stream, &name, &mut announcements);
            }
        }
        if announcements.is_empty() {
            Cow::Borrowed(content)
        } else {
            announcements.extend_from_slice(content);
            Cow::Owned(announcements)
        }
    }

    /// Writes what fits into the current segment with one write and one sync. Returns the rest.
    fn write_frames<'a>(
        &mut self,
        content: &'a [u8],
        fragment: &mut u32,
    ) -> Result<&'a [u8], Failure> {
        let Some(current) = &self.current else {
            unreachable!("a segment was begun if there was none");
        };
        let seed = current.seed;
        let offset = self.end.offset;
        let mut rest = content;
        self.buffer.clear();
        while !rest.is_empty() && !self.is_full() {
            let used = self.end.offset + (AROUND_BYTES as u64);
            let room = usize::try_from(self.segment_bytes - used).unwrap_or(usize::MAX);
            let (now, later) = rest.split_at(rest.len().min(room).min(FRAGMENT_BYTES_MAX));
            let frame = Frame {
                length: 0,
                offset: self.end.offset,
                group: self.end.group,
                fragment: *fragment,
                before: self.end.chain,
                is_last: later.is_empty(),
                checksum: 0,
            };
            self.end.chain = frame.write(seed, now, &mut self.buffer);
            self.end.offset += (AROUND_BYTES + now.len()) as u64;
            *fragment += 1;
            rest = later;
        }
        self.extend()?;
        self.fill()?;
        let Some(current) = &self.current else {
            unreachable!("nobody else ends it");
        };
        let written = current.file.write(offset, &self.buffer);
        written.map_err(|source| self.failed("write", source))?;
        let synced = current.file.sync();
        synced.map_err(|source| self.failed(SYNC, source))?;
        Ok(rest)
    }

    /// Makes the file of the current segment longer when its end is past that, durably, so that
    /// its length is never anything else than a length it was given.
    fn extend(&mut self) -> Result<(), Failure> {
        let end = self.end.offset;
        let segment_bytes = self.segment_bytes;
        let Some(current) = &self.current else {
            return Ok(());
        };
        if end <= current.extent {
            return Ok(());
        }
        let step = if end < LARGE_BYTES {
            STEP_BYTES
        } else {
            LARGE_STEP_BYTES
        };
        let extent = end.next_multiple_of(step).min(segment_bytes);
        let resized = current.file.resize(extent);
        resized.map_err(|source| self.failed("extend", source))?;
        let synced = current.file.sync();
        synced.map_err(|source| self.failed(SYNC, source))?;
        if let Some(current) = &mut self.current {
            current.extent = extent;
        }
        Ok(())
    }

    /// Writes zeros where the next groups will be, unless this one is large. They need no sync of
    /// their own: to replay, a hole is the same.
    fn fill(&mut self) -> Result<(), Failure> {
        let end = self.end.offset;
        let is_large = self.buffer.len() >= LARGE_GROUP_BYTES;
        let Some(current) = &mut self.current else {
            return Ok(());
        };
        if end <= current.filled {
            return Ok(());
        }
        let start = current.filled;
        current.filled = end;
        if !is_large {
            let ahead = end.clamp(FILL_BYTES_MIN, FILL_BYTES_MAX);
            current.filled = (end + ahead).min(current.extent);
            if let Err(source) = write_zeros(&*current.file, start, current.filled) {
                current.filled = end;
                let failure = self.failed("extend", source);
                // Whether there is room for the group, its own write tells.
                if failure.is_final {
                    return Err(failure);
                }
            }
        }
        Ok(())
    }

    /// Makes the next segment, durably.
    fn begin_segment(
        &mut self,
        retention: &Mutex<Retention>,
        attempt: &mut Attempt,
    ) -> Result<(), Failure> {
        let id = self.last_id + 1;
        let path = path_of(id);
        let created = self.folder.create_folder(LOG_FOLDER);
        created.map_err(|source| self.failed_at(&path, "create", source))?;
        let header = Header::new(id, self.end, self.segment_bytes);
        let file = self.folder.open(&path, OpenMode::Create);
        let file = file.map_err(|source| self.failed_at(&path, "create", source))?;
        let extent = self.segment_bytes.min(STEP_BYTES);
        let resized = file.resize(extent).map_err(|source| ("extend", source));
        let made = resized.and_then(|()| {
            let written = file.write(0, &header.encode());
            written.map_err(|source| ("write", source))
        });
        if let Err((action, source)) = made {
            // Without a header it was never one. Whatever is left of it does no harm.
            let _ = self.folder.remove(&path);
            return Err(self.failed_at(&path, action, source));
        }
        let synced = file.sync().and_then(|()| self.folder.sync(LOG_FOLDER));
        synced.map_err(|source| self.failed_at(&path, SYNC, source))?;
        lock(retention).begin(id);
        attempt.begun.push(self.end);
        self.last_id = id;
        self.current = Some(Current {
            file,
            seed: header.seed(),
            filled: HEADER_BYTES as u64,
            extent,
        });
        self.announced.clear();
        self.end.segment = id;
        self.end.offset = HEADER_BYTES as u64;
        Ok(())
    }

    /// Goes back to where a group began. What was written of it is written over, which is as good
    /// as zeros: none of it is a whole group.
    fn undo(&mut self, attempt: Attempt, retention: &Mutex<Retention>) {
        let kept = self.current.take();
        self.is_torn = true;
        self.announced.clear();
        self.end = attempt.begin;
        let mut retention = lock(retention);
        for (id, replaced) in attempt.marks.into_iter().rev() {
            retention.unmark(id, replaced);
        }
        match attempt.begun.as_slice() {
            [] => self.current = kept,
            // It was begun for this group, and begins with it.
            [began_at] if *began_at == attempt.begin && kept.is_some() => {
                self.current = kept;
                self.end.segment = self.last_id;
                self.end.offset = HEADER_BYTES as u64;
            }
            begun => {
                // The last first: each leads to the one before. A file is removed and not cut,
                // because a crash could do that before what is still pending for it.
                for id in (0..begun.len() as u64).map(|nth| self.last_id - nth) {
                    if self.folder.remove(&path_of(id)).is_err() {
                        break;
                    }
                    retention.end(id);
                }
            }
        }
        self.check();
    }

    /// What went wrong with the file of the current segment.
    fn failed(&self, action: &'static str, source: io::Error) -> Failure {
        self.failed_at(&path_of(self.end.segment), action, source)
    }

    fn failed_at(&self, path: &str, action: &'static str, source: io::Error) -> Failure {
        let error = io_error(&*self.folder, action, path, source);
        Failure {
            // What a failed sync has done to what was written before, nobody knows.
            is_final: action == SYNC || !error.is_disk_full(),
            is_tried: true,
            cause: Arc::new(error),
        }
    }

    /// Tests, in debug builds, what can be tested without a call of the disk.
    fn check(&self) {
        if !cfg!(debug_assertions) {
            return;
        }
        let Some(current) = &self.current else {
            return;
        };
        assert_eq!(self.end.segment, self.last_id, "2: an older segment");
        let (header, offset) = (HEADER_BYTES as u64, self.end.offset);
        assert!(header <= offset && offset <= current.filled, "3: {offset}");
        assert!(current.filled <= current.extent, "3: filled too far");
        assert!(current.extent <= self.segment_bytes, "3: too long");
    }
}

fn write_zeros(file: &dyn Backing, start: u64, end: u64) -> io::Result<()> {
    let mut at = start;
    while at < end {
        // Pieces of the file as a whole, but for the first and the last.
        let piece = (at + 1).next_multiple_of(ZEROS.len() as u64).min(end);
        let count = usize::try_from(piece - at).unwrap_or(ZEROS.len());
        file.write(at, &ZEROS[..count])?;
        at = piece;
    }
    Ok(())
}

const SYNC: &str = "sync";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::MemoryFolder;

    #[test]
    fn a_closed_log_is_not_written_beside_the_next_one() {
        let folder = Arc::new(MemoryFolder::new()) as Arc<dyn Folder>;
        let retention = Mutex::default();
        let mut writer = Writer::new(&folder, 4_096, Position::default(), 0);
        assert!(writer.write_group(b"content", &[], &retention).is_ok());
        writer.close();
        let refused = writer.write_group(b"content", &[], &retention).unwrap_err();
        assert!(refused.is_final);
        assert!(!folder.exists(&path_of(2)).unwrap());
    }
}
