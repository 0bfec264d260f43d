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
//! 2. Nothing is written after a sync has failed, or a write for another reason than a full disk.
//! 3. A segment is written by one run only. Its number was never used before.
//! 4. The records of a stream have consecutive indexes, in the order they stand in.
//! 5. What waits to be written are the parts handed in after `durable`, in their order, without those
//!    whose owners were refused.

mod frame;
mod record;
mod replay;
mod retention;
mod segment;
mod writer;

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};

pub(crate) use self::record::Record;
use self::retention::Retention;
pub(crate) use self::segment::LOG_FOLDER;
use self::segment::{HEADER_BYTES, path_of};
use self::writer::Writer;
use crate::chain::Node;
use crate::database::Inner;
use crate::error::Error;
use crate::folder::{Folder, OpenMode};
use crate::ids::Stream;
use crate::sync::lock;

/// The least length of a segment.
const SEGMENT_BYTES_MIN: usize = 1024;
/// How much that need not be durable is held back for the next write.
const UNWRITTEN_BYTES_MAX: usize = 4 << 20;
/// How much memory is kept for what is handed in.
const CONTENT_BYTES_KEPT: usize = 1 << 20;

pub(crate) struct Log {
    folder: Arc<dyn Folder>,
    queue: Mutex<Queue>,
    /// Told when something was written, or failed.
    settled: Condvar,
    /// Held by the thread that writes.
    writer: Mutex<Writer>,
    retention: Mutex<Retention>,
    /// What was found for databases that were not opened since.
    found: Mutex<HashMap<Stream, Found>>,
}

/// What the log holds of one database.
pub(crate) struct Found {
    pub(crate) records: Arc<Vec<Record>>,
    /// The name under which it was open when they were written.
    name: Option<String>,
}

/// Why something was not written.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) cause: Arc<Error>,
    /// Whether nothing can be written any more. Otherwise the disk was full, and it is as if
    /// nothing had been handed in.
    pub(crate) is_final: bool,
}

/// What was handed in.
#[derive(Default)]
struct Queue {
    content: Vec<u8>,
    parts: Vec<Part>,
    /// The number of the last part handed in.
    handed_in: u64,
    /// Up to this number, parts are durable or refused.
    durable: u64,
    is_writing: bool,
    /// Those whose owners do not know it yet.
    refused: HashMap<u64, Arc<Error>>,
    failure: Option<Arc<Error>>,
}

/// The write sets of one database that were handed in together.
struct Part {
    number: u64,
    stream: Stream,
    /// The index of the last of them.
    last: u64,
    bytes: usize,
    /// Whether its owner waits for it. What nobody waits for has been read by others.
    is_awaited: bool,
}

impl Queue {
    /// Takes back, of what could not be written, what must be written before anything else, and
    /// refuses the rest.
    fn put_back(&mut self, content: &[u8], parts: Vec<Part>, taken: u64, cause: &Arc<Error>) {
        let mut kept = (Vec::new(), Vec::new());
        let mut rest = content;
        for part in parts {
            let (own, later) = rest.split_at(part.bytes);
            rest = later;
            if part.is_awaited {
                self.refused.insert(part.number, Arc::clone(cause));
            } else {
                kept.0.extend_from_slice(own);
                kept.1.push(part);
            }
        }
        self.durable = kept.1.first().map_or(taken, |first| first.number - 1);
        kept.0.append(&mut self.content);
        kept.1.append(&mut self.parts);
        (self.content, self.parts) = kept;
    }

    /// Tests the invariants in debug builds.
    fn check(&self) {
        if !cfg!(debug_assertions) {
            return;
        }
        let bytes: usize = self.parts.iter().map(|part| part.bytes).sum();
        assert_eq!(bytes, self.content.len(), "5: content of no part");
        let mut before = self.durable;
        for part in &self.parts {
            assert!(before < part.number, "5: parts out of order");
            assert!(
                !self.refused.contains_key(&part.number),
                "5: a refused part"
            );
            before = part.number;
        }
        assert!(before <= self.handed_in, "5: a part of the future");
        assert!(
            self.is_writing
                || self.failure.is_some()
                || !self.parts.is_empty()
                || self.durable == self.handed_in,
            "5: a part was lost"
        );
        let mut lasts = HashMap::new();
        for part in &self.parts {
            let earlier = lasts.insert(part.stream, part.last);
            assert!(earlier.is_none_or(|earlier| earlier < part.last), "4");
        }
    }
}

impl Log {
    /// Reads the log of a store.
    pub(crate) fn open(folder: &Arc<dyn Folder>, segment_bytes: usize) -> Result<Self, Error> {
        let mut recovered = replay::recover(folder)?;
        let retention = Retention::new(recovered.segments);
        let segment_bytes = segment_bytes.max(SEGMENT_BYTES_MIN) as u64;
        let found = recovered.records.into_iter().map(|(stream, records)| {
            let found = Found {
                records: Arc::new(records),
                name: recovered.names.remove(&stream),
            };
            (stream, found)
        });
        Ok(Self {
            folder: Arc::clone(folder),
            queue: Mutex::default(),
            settled: Condvar::new(),
            found: Mutex::new(found.collect()),
            writer: Mutex::new(Writer::new(
                folder,
                segment_bytes,
                recovered.end,
                retention.last(),
            )),
            retention: Mutex::new(retention),
        })
    }

    /// Whether there are records of databases that were not opened since.
    pub(crate) fn has_found(&self) -> bool {
        !lock(&self.found).is_empty()
    }

    /// The names of the databases in question, as far as they are known.
    pub(crate) fn found_names(&self) -> Vec<String> {
        let found = lock(&self.found);
        found.values().filter_map(|one| one.name.clone()).collect()
    }

    /// What was found of a stream.
    pub(crate) fn found(&self, stream: Stream) -> Option<Arc<Vec<Record>>> {
        let found = lock(&self.found);
        found.get(&stream).map(|one| Arc::clone(&one.records))
    }

    /// Takes note of a database that has read what was found of it.
    pub(crate) fn register(&self, stream: Stream, name: &str, applied: u64, database: Weak<Inner>) {
        lock(&self.retention).register(stream, name, applied, database);
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
    pub(crate) fn append(&self, stream: Stream, nodes: &[Arc<Node>]) -> Result<(), Failure> {
        let Some(last) = nodes.last() else {
            return Ok(());
        };
        let mut queue = lock(&self.queue);
        if let Some(failure) = &queue.failure {
            return Err(Failure::lasting(failure));
        }
        let start = queue.content.len();
        for node in nodes {
            let content = &mut queue.content;
            record::encode(stream, node.index, node.sequence, &node.writes, content);
        }
        let is_synced = nodes.iter().any(|node| node.kind.is_synced());
        let is_awaited = is_synced || queue.content.len() >= UNWRITTEN_BYTES_MAX;
        queue.handed_in += 1;
        let part = Part {
            number: queue.handed_in,
            stream,
            last: last.index,
            bytes: queue.content.len() - start,
            is_awaited,
        };
        let own = part.number;
        queue.parts.push(part);
        queue.check();
        if is_awaited {
            self.write_up_to(queue, own, true)
        } else {
            Ok(())
        }
    }

    /// Makes everything handed in durable.
    pub(crate) fn sync(&self) -> Result<(), Failure> {
        let queue = lock(&self.queue);
        let all = queue.handed_in;
        self.write_up_to(queue, all, false)
    }

    /// Waits until `end` is durable, writing if nobody else does. The owner of the part with this
    /// number hears whether that was refused.
    fn write_up_to<'a>(
        &'a self,
        mut queue: MutexGuard<'a, Queue>,
        end: u64,
        is_owner: bool,
    ) -> Result<(), Failure> {
        loop {
            if is_owner && let Some(cause) = queue.refused.remove(&end) {
                return Err(Failure {
                    cause,
                    is_final: false,
                });
            }
            if queue.durable >= end {
                return Ok(());
            }
            if let Some(failure) = &queue.failure {
                return Err(Failure::lasting(failure));
            }
            if queue.is_writing {
                let waited = self.settled.wait(queue);
                queue = waited.unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let (after, written) = self.write_queued(queue);
            queue = after;
            match written {
                Err(failure) if !is_owner => return Err(failure),
                // What became of its own part, an owner looks up.
                Ok(()) | Err(_) => {}
            }
        }
    }

    /// Writes everything that was handed in.
    fn write_queued<'a>(
        &'a self,
        mut queue: MutexGuard<'a, Queue>,
    ) -> (MutexGuard<'a, Queue>, Result<(), Failure>) {
        queue.is_writing = true;
        let mut content = std::mem::take(&mut queue.content);
        let parts = std::mem::take(&mut queue.parts);
        let taken = queue.handed_in;
        drop(queue);
        let written = self.write(&content, &parts);
        queue = lock(&self.queue);
        queue.is_writing = false;
        match &written {
            Ok(()) => queue.durable = taken,
            Err(failure) if failure.is_final => {
                queue.failure = Some(Arc::clone(&failure.cause));
            }
            Err(failure) => queue.put_back(&content, parts, taken, &failure.cause),
        }
        if queue.content.capacity() == 0 {
            content.clear();
            content.shrink_to(CONTENT_BYTES_KEPT);
            queue.content = content;
        }
        queue.check();
        self.settled.notify_all();
        (queue, written)
    }

    /// Writes one group and syncs it.
    fn write(&self, content: &[u8], parts: &[Part]) -> Result<(), Failure> {
        let marks: Vec<_> = parts.iter().map(|part| (part.stream, part.last)).collect();
        let mut writer = lock(&self.writer);
        let has_begun = writer.write_group(content, &marks, &self.retention)?;
        drop(writer);
        if has_begun {
            let laggards = lock(&self.retention).laggards();
            for database in laggards.iter().filter_map(Weak::upgrade) {
                database.request_checkpoint();
            }
        }
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
        let is_whole = writer.close();
        let has_failed = {
            let mut queue = lock(&self.queue);
            let has_failed = queue.failure.is_some();
            queue.failure.get_or_insert_with(|| Arc::new(Error::Closed));
            has_failed
        };
        self.remove_unneeded();
        let retention = lock(&self.retention);
        let last = retention.last();
        if has_failed || !is_whole || last == 0 || retention.is_any_needed() {
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

impl Failure {
    fn lasting(cause: &Arc<Error>) -> Self {
        Self {
            cause: Arc::clone(cause),
            is_final: true,
        }
    }
}
