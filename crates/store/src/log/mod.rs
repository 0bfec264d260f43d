//! The log of a store: what is in it is durable, whatever becomes of everything else.
//!
//! All databases of a store share it. A database hands in the write sets of one group; whoever
//! finds nobody writing writes what all have handed in, with one sync, in its own thread. The
//! others wait, and what comes meanwhile goes with the next sync.
//!
//! Derived writes stand in the log in their place as well, but nobody waits for them: they are
//! written with the next transaction. So what a crash leaves of a database is always the state
//! after some write set.
//!
//! Invariants:
//! 1. At most one thread writes. A group is written only when the one before it is durable.
//! 2. Nothing is written after a write or a sync has failed.
//! 3. A segment is written by one run only. Its number was never used before.
//! 4. The records of a stream have consecutive indexes, in the order they stand in.

mod frame;
mod record;
mod replay;
mod retention;
mod segment;

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};

use self::frame::{AROUND_BYTES, FRAGMENT_BYTES_MAX, Frame};
pub(crate) use self::record::Record;
use self::retention::Retention;
pub(crate) use self::segment::LOG_FOLDER;
use self::segment::{HEADER_BYTES, Header, Position, path_of};
use crate::chain::Node;
use crate::database::Inner;
use crate::error::Error;
use crate::files::io_error;
use crate::folder::{Backing, Folder, OpenMode};
use crate::ids::Stream;
use crate::sync::lock;

/// The least length of a segment.
const SEGMENT_BYTES_MIN: usize = 1024;
/// How much that need not be durable is held back for the next write.
const UNWRITTEN_BYTES_MAX: usize = 4 << 20;
/// What a frame must be able to hold, so that no segment ends in many tiny ones.
const FRAGMENT_BYTES_MIN: u64 = 64;

pub(crate) struct Log {
    folder: Arc<dyn Folder>,
    segment_bytes: u64,
    queue: Mutex<Queue>,
    /// Told when something was written, or failed.
    settled: Condvar,
    /// Held by the thread that writes.
    writer: Mutex<Writer>,
    retention: Mutex<Retention>,
    /// What was found for databases that were not opened since.
    found: Mutex<HashMap<Stream, Arc<Vec<Record>>>>,
}

/// What was handed in.
#[derive(Default)]
struct Queue {
    content: Vec<u8>,
    marks: Vec<(Stream, u64)>,
    /// How many groups of databases were handed in, and how many of them are durable.
    handed_in: u64,
    durable: u64,
    is_writing: bool,
    failure: Option<Arc<Error>>,
}

struct Writer {
    end: Position,
    current: Option<Current>,
    /// The greatest number ever used.
    last_id: u64,
    buffer: Vec<u8>,
}

struct Current {
    file: Arc<dyn Backing>,
    seed: u32,
}

impl Log {
    /// Reads the log of a store.
    pub(crate) fn open(folder: &Arc<dyn Folder>, segment_bytes: usize) -> Result<Self, Error> {
        let recovered = replay::recover(folder)?;
        let retention = Retention::new(recovered.segments);
        let records = recovered.records.into_iter();
        Ok(Self {
            folder: Arc::clone(folder),
            segment_bytes: segment_bytes.max(SEGMENT_BYTES_MIN) as u64,
            queue: Mutex::default(),
            settled: Condvar::new(),
            writer: Mutex::new(Writer {
                end: recovered.end,
                current: None,
                last_id: retention.last(),
                buffer: Vec::new(),
            }),
            retention: Mutex::new(retention),
            found: Mutex::new(
                records
                    .map(|(stream, records)| (stream, Arc::new(records)))
                    .collect(),
            ),
        })
    }

    /// Whether there are records of databases that were not opened since.
    pub(crate) fn has_found(&self) -> bool {
        !lock(&self.found).is_empty()
    }

    /// What was found of a stream.
    pub(crate) fn found(&self, stream: Stream) -> Option<Arc<Vec<Record>>> {
        lock(&self.found).get(&stream).map(Arc::clone)
    }

    /// Takes note of a database that has read what was found of it.
    pub(crate) fn register(&self, stream: Stream, applied: u64, database: Weak<Inner>) {
        lock(&self.retention).register(stream, applied, database);
        lock(&self.found).remove(&stream);
    }

    /// Takes note that every database is open: what was found of others is of deleted ones.
    pub(crate) fn all_are_open(&self) {
        lock(&self.retention).know_all();
        lock(&self.found).clear();
        self.remove_unneeded();
    }

    /// Takes write sets of one database, and returns when they are durable if one of them has to
    /// be. The others go with the next write.
    pub(crate) fn append(&self, stream: Stream, nodes: &[Arc<Node>]) -> Result<(), Arc<Error>> {
        let mut queue = lock(&self.queue);
        if let Some(failure) = &queue.failure {
            return Err(Arc::clone(failure));
        }
        let mut last = None;
        for node in nodes {
            let content = &mut queue.content;
            record::encode(stream, node.index, node.sequence, &node.writes, content);
            last = Some(node.index);
        }
        let Some(last) = last else { return Ok(()) };
        queue.marks.push((stream, last));
        queue.handed_in += 1;
        let is_synced = nodes.iter().any(|node| node.kind.is_synced());
        if is_synced || queue.content.len() >= UNWRITTEN_BYTES_MAX {
            let own = queue.handed_in;
            self.write_up_to(queue, own)
        } else {
            Ok(())
        }
    }

    /// Makes everything handed in durable.
    pub(crate) fn sync(&self) -> Result<(), Arc<Error>> {
        let queue = lock(&self.queue);
        let all = queue.handed_in;
        self.write_up_to(queue, all)
    }

    /// Waits until `own` is durable, writing if nobody else does.
    fn write_up_to<'a>(
        &'a self,
        mut queue: MutexGuard<'a, Queue>,
        own: u64,
    ) -> Result<(), Arc<Error>> {
        while queue.durable < own {
            if let Some(failure) = &queue.failure {
                return Err(Arc::clone(failure));
            }
            if queue.is_writing {
                let waited = self.settled.wait(queue);
                queue = waited.unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            queue.is_writing = true;
            let content = std::mem::take(&mut queue.content);
            let marks = std::mem::take(&mut queue.marks);
            let taken = queue.handed_in;
            drop(queue);
            let written = self.write(&content, &marks);
            queue = lock(&self.queue);
            queue.is_writing = false;
            match written {
                Ok(()) => queue.durable = taken,
                Err(error) => queue.failure = Some(Arc::new(error)),
            }
            if queue.content.is_empty() && queue.content.capacity() == 0 {
                queue.content = content;
                queue.content.clear();
                queue.content.shrink_to(1 << 20);
            }
            self.settled.notify_all();
        }
        Ok(())
    }

    /// Writes one group and syncs it.
    fn write(&self, content: &[u8], marks: &[(Stream, u64)]) -> Result<(), Error> {
        let mut writer = lock(&self.writer);
        let has_begun = self.write_group(&mut writer, content, marks)?;
        drop(writer);
        if has_begun {
            let laggards = lock(&self.retention).laggards();
            for database in laggards.iter().filter_map(Weak::upgrade) {
                database.request_checkpoint();
            }
        }
        Ok(())
    }

    /// Returns whether a segment was begun.
    fn write_group(
        &self,
        writer: &mut Writer,
        content: &[u8],
        marks: &[(Stream, u64)],
    ) -> Result<bool, Error> {
        let mut rest = content;
        let mut fragment = 0;
        let mut has_begun = false;
        while !rest.is_empty() {
            let used = writer.end.offset + (AROUND_BYTES as u64);
            if writer.current.is_none() || used + FRAGMENT_BYTES_MIN > self.segment_bytes {
                self.begin_segment(writer)?;
                has_begun = true;
            }
            let Some(current) = &writer.current else {
                unreachable!("a segment was just begun");
            };
            // All that fits, and lies next to each other, goes with one write.
            let offset = writer.end.offset;
            writer.buffer.clear();
            while !rest.is_empty() {
                let used = writer.end.offset + (AROUND_BYTES as u64);
                if used + FRAGMENT_BYTES_MIN > self.segment_bytes {
                    break;
                }
                let room = usize::try_from(self.segment_bytes - used).unwrap_or(usize::MAX);
                let (now, later) = rest.split_at(rest.len().min(room).min(FRAGMENT_BYTES_MAX));
                let frame = Frame {
                    length: 0,
                    offset: writer.end.offset,
                    group: writer.end.group,
                    fragment,
                    before: writer.end.chain,
                    is_last: later.is_empty(),
                    checksum: 0,
                };
                writer.end.chain = frame.write(current.seed, now, &mut writer.buffer);
                writer.end.offset += (AROUND_BYTES + now.len()) as u64;
                fragment += 1;
                rest = later;
            }
            let id = writer.end.segment;
            lock(&self.retention).mark(id, marks);
            let path = path_of(id);
            let io = |action, source| io_error(&*self.folder, action, &path, source);
            current
                .file
                .write(offset, &writer.buffer)
                .map_err(|source| io("write", source))?;
            current.file.sync().map_err(|source| io("sync", source))?;
        }
        writer.end.group += 1;
        writer.buffer.shrink_to(1 << 20);
        Ok(has_begun)
    }

    /// Makes the next segment, durably.
    fn begin_segment(&self, writer: &mut Writer) -> Result<(), Error> {
        let id = writer.last_id + 1;
        let path = path_of(id);
        let io = |action: &'static str| {
            let path = path.clone();
            move |source: io::Error| io_error(&*self.folder, action, &path, source)
        };
        self.folder
            .create_folder(LOG_FOLDER)
            .map_err(io("create"))?;
        let header = Header::new(id, writer.end, self.segment_bytes);
        let file = self
            .folder
            .open(&path, OpenMode::Create)
            .map_err(io("create"))?;
        writer.last_id = id;
        file.resize(self.segment_bytes).map_err(io("extend"))?;
        file.write(0, &header.encode()).map_err(io("write"))?;
        file.sync().map_err(io("sync"))?;
        self.folder.sync(LOG_FOLDER).map_err(io("sync"))?;
        lock(&self.retention).begin(id);
        writer.current = Some(Current {
            file,
            seed: header.seed(),
        });
        writer.end.segment = id;
        writer.end.offset = HEADER_BYTES as u64;
        Ok(())
    }

    /// Takes note of how far the file of a database is.
    pub(crate) fn advance(&self, stream: Stream, applied: u64) {
        lock(&self.retention).advance(stream, applied);
        self.remove_unneeded();
    }

    /// Takes note that a database is gone, durably.
    pub(crate) fn forget(&self, stream: Stream) {
        lock(&self.retention).forget(stream);
        lock(&self.found).remove(&stream);
        self.remove_unneeded();
    }

    /// Removes segments. What cannot be removed is tried again when the log is opened.
    fn remove_unneeded(&self) {
        let mut retention = lock(&self.retention);
        for id in retention.give_up() {
            if self.folder.remove(&path_of(id)).is_err() {
                break;
            }
        }
    }

    /// Ends writing. When nothing is needed any more, only a header is left, for the sake of its
    /// number.
    pub(crate) fn close(&self) {
        let mut writer = lock(&self.writer);
        writer.current = None;
        let has_failed = {
            let mut queue = lock(&self.queue);
            let has_failed = queue.failure.is_some();
            queue.failure.get_or_insert_with(|| Arc::new(Error::Closed));
            has_failed
        };
        self.remove_unneeded();
        let retention = lock(&self.retention);
        let last = retention.last();
        if has_failed || last == 0 || retention.is_any_needed() {
            return;
        }
        // Not necessary, so that failing does no harm.
        if let Ok(file) = self.folder.open(&path_of(last), OpenMode::Write)
            && file
                .length()
                .is_ok_and(|length| length > HEADER_BYTES as u64)
        {
            let _ = file.resize(HEADER_BYTES as u64);
        }
    }
}
