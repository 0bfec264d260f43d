//! The log of a store: what is in it is durable, whatever becomes of everything else.
//!
//! All databases of a store share it. A database hands in its write sets one by one. There is no
//! thread for the log: whoever waits for a write set that nobody is writing writes all that was
//! handed in, with one sync, in its own thread. So a lone writer never changes threads, and under
//! load one sync serves all that came since the last began.
//!
//! Derived writes stand in the log in their place as well, but nobody waits for them: they are
//! written with the next transaction. So what a crash leaves of a database is always the state
//! after some write set.
//!
//! Invariants, beside those of the queue:
//! 1. At most one thread writes. A group is written only when the one before it is durable.
//! 2. Nothing is written after a sync has failed, or a write for another reason than a full disk.
//! 3. A segment is written by one run only. Its number was never used before.
//! 4. What is refused is undone in its database before anybody hears of it.

mod frame;
mod queue;
mod record;
mod replay;
mod retention;
mod segment;
mod waiter;
mod writer;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};

use self::queue::{Part, Queue};
pub(crate) use self::record::Record;
use self::retention::Retention;
pub(crate) use self::segment::LOG_FOLDER;
use self::segment::{HEADER_BYTES, path_of};
use self::waiter::Waiter;
use self::writer::Writer;
use crate::chain::Node;
use crate::database::Inner;
use crate::error::Error;
use crate::folder::{Folder, OpenMode};
use crate::ids::{Sequence, Stream};
use crate::sync::lock;
use crate::writes::Writes;

/// The least length of a segment.
const SEGMENT_BYTES_MIN: usize = 1024;
/// How much that need not be durable is held back for the next write.
const UNWRITTEN_BYTES_MAX: usize = 4 << 20;

pub(crate) struct Log {
    folder: Arc<dyn Folder>,
    /// How many bytes of records make a group, unless one alone is larger.
    group_bytes: usize,
    queue: Mutex<Queue>,
    /// Up to this number, what was handed in is durable, or was refused.
    durable: AtomicU64,
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
    /// Whether it was tried at all.
    pub(crate) is_tried: bool,
}

impl Log {
    /// Reads the log of a store.
    pub(crate) fn open(
        folder: &Arc<dyn Folder>,
        segment_bytes: usize,
        group_bytes: usize,
    ) -> Result<Self, Error> {
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
            group_bytes,
            queue: Mutex::default(),
            durable: AtomicU64::new(0),
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

    /// Makes a record of a write set, to be handed in.
    pub(crate) fn encode(
        stream: Stream,
        index: u64,
        sequence: Sequence,
        writes: &Writes,
    ) -> Vec<u8> {
        let mut content = Vec::new();
        record::encode(stream, index, sequence, writes, &mut content);
        content
    }

    /// Takes the record of a write set of one database, the one after the last. Returns its number
    /// if nobody may see it before it is durable; otherwise it goes with the next write.
    pub(crate) fn hand_in(
        &self,
        stream: Stream,
        index: u64,
        content: Vec<u8>,
        is_synced: bool,
    ) -> Result<Option<u64>, Failure> {
        let mut queue = lock(&self.queue);
        if let Some(cause) = queue.failure() {
            return Err(Failure::lasting(cause, false));
        }
        if let Some(cause) = queue.stopped(stream) {
            return Err(Failure::passing(cause));
        }
        Ok(queue.hand_in(stream, index, content, is_synced, UNWRITTEN_BYTES_MAX))
    }

    /// Up to this number, what was handed in is durable, or undone.
    pub(crate) fn durable(&self) -> u64 {
        self.durable.load(Ordering::Acquire)
    }

    /// Waits until a node, and all before it, is durable, writing if nobody else does.
    ///
    /// `publish` is called when more is durable than before, ahead of whoever waits for that.
    pub(crate) fn wait(&self, node: &Node, publish: &dyn Fn()) -> Result<(), Failure> {
        loop {
            // Undone before its number is passed, so in this order.
            let is_passed = node.awaited <= self.durable();
            if let Some(cause) = node.undone() {
                return Err(Failure::passing(cause));
            }
            if is_passed {
                return Ok(());
            }
            self.advance_to(node.awaited, publish)?;
        }
    }

    /// Makes everything handed in durable.
    pub(crate) fn sync(&self, publish: &dyn Fn()) -> Result<(), Failure> {
        let (end, refused) = {
            let queue = lock(&self.queue);
            (queue.handed_in(), queue.refused().0)
        };
        while self.durable() < end {
            self.advance_to(end, publish)?;
            if let (now, Some(cause)) = lock(&self.queue).refused()
                && now != refused
            {
                return Err(Failure::passing(cause));
            }
        }
        Ok(())
    }

    /// Writes a group, or waits for others to do so, unless this number is passed already.
    fn advance_to(&self, number: u64, publish: &dyn Fn()) -> Result<(), Failure> {
        let mut queue = lock(&self.queue);
        if number <= queue.durable() {
            return Ok(());
        }
        if let Some(cause) = queue.failure() {
            return Err(Failure::lasting(cause, number <= queue.taken()));
        }
        if number > queue.taken() && queue.may_write() {
            let group = queue.take(self.group_bytes);
            drop(queue);
            self.write_group(group, publish);
        } else {
            let waiter = queue.enlist(number);
            drop(queue);
            waiter.wait();
        }
        Ok(())
    }

    /// Writes a group. What came of it, the queue knows.
    fn write_group(&self, group: Vec<Part>, publish: &dyn Fn()) {
        if let Err((failure, group)) = self.write(group) {
            return if failure.is_final {
                tell(lock(&self.queue).failed(&failure.cause));
            } else {
                self.refuse(group, &failure.cause);
            };
        }
        let (served, heir) = {
            let mut queue = lock(&self.queue);
            let served = queue.synced();
            self.durable.store(queue.durable(), Ordering::Release);
            (served, queue.next_writer())
        };
        // The next write can begin while those who are served are still waking.
        tell(heir);
        publish();
        tell(served);
    }

    /// Writes a group and syncs it. Returns it when that fails.
    fn write(&self, mut group: Vec<Part>) -> Result<(), (Failure, Vec<Part>)> {
        let content = join(&mut group);
        let marks: Vec<_> = group.iter().map(|part| (part.stream, part.index)).collect();
        let written = lock(&self.writer).write_group(&content, &marks, &self.retention);
        match written {
            Ok(false) => Ok(()),
            Ok(true) => {
                let laggards = lock(&self.retention).laggards();
                for database in laggards.iter().filter_map(Weak::upgrade) {
                    database.request_checkpoint();
                }
                Ok(())
            }
            Err(failure) => {
                split(content, &mut group);
                Err((failure, group))
            }
        }
    }

    /// Refuses a group for which the disk had no room.
    fn refuse(&self, group: Vec<Part>, cause: &Arc<Error>) {
        let (streams, durable) = {
            let mut queue = lock(&self.queue);
            (queue.refuse(group, cause), queue.durable())
        };
        for stream in streams {
            let database = lock(&self.retention).database(stream);
            if let Some(database) = database.upgrade() {
                database.pipeline.undo(durable, cause);
                database.start_due_checkpoint();
            }
        }
        let told = {
            let mut queue = lock(&self.queue);
            let told = queue.refused_group();
            self.durable.store(queue.durable(), Ordering::Release);
            told
        };
        tell(told);
    }

    /// Takes records of a stream again, whose database has undone what was refused.
    pub(crate) fn resume(&self, stream: Stream) {
        lock(&self.queue).resume(stream);
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
        let has_failed = lock(&self.queue).close(Error::Closed);
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
    fn closed() -> Self {
        Self::lasting(&Arc::new(Error::Closed), true)
    }

    fn lasting(cause: &Arc<Error>, is_tried: bool) -> Self {
        Self {
            cause: Arc::clone(cause),
            is_final: true,
            is_tried,
        }
    }

    fn passing(cause: &Arc<Error>) -> Self {
        Self {
            cause: Arc::clone(cause),
            is_final: false,
            is_tried: true,
        }
    }
}

fn tell(waiters: impl IntoIterator<Item = Arc<Waiter>>) {
    for waiter in waiters {
        waiter.tell();
    }
}

/// The contents of all parts, taken from a lone one as it is.
fn join(parts: &mut [Part]) -> Vec<u8> {
    match parts {
        [part] => std::mem::take(&mut part.content),
        parts => {
            let contents: Vec<_> = parts.iter().map(|part| part.content.as_slice()).collect();
            contents.concat()
        }
    }
}

/// Gives a lone part its content back.
fn split(content: Vec<u8>, parts: &mut [Part]) {
    if let [part] = parts {
        part.content = content;
    }
}
