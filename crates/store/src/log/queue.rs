//! What was handed in and is not durable yet, and who waits for it.
//!
//! ```text
//!          durable        taken         handed in
//! --- durable --|--- group ---|--- parts ---|
//! ```
//!
//! Invariants:
//! 1. `durable` ≤ `taken` ≤ `handed_in`; the parts are those after `taken`, in order, without those of
//!    stopped streams. While nobody writes, `durable` = `taken`.
//! 2. The records of a stream have consecutive indexes, in the order they stand in.
//! 3. Whoever waits for a number that is not durable is told when its group is, or failed. While there
//!    are parts that somebody waits for, one thread writes or was told to.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use super::waiter::Waiter;
use crate::error::Error;
use crate::ids::Stream;

#[derive(Default)]
pub(super) struct Queue {
    parts: VecDeque<Part>,
    /// The bytes of the parts.
    bytes: usize,
    /// The number of the last part handed in.
    handed_in: u64,
    /// Up to this number, parts were taken to be written.
    taken: u64,
    /// Up to this number, parts are durable, or were refused.
    durable: u64,
    /// Whether somebody is writing the group that was taken.
    is_writing: bool,
    /// Those waiting for the group that was taken.
    served: Vec<Arc<Waiter>>,
    /// The first who waits for a part, who is to write the next group.
    heir: Option<Arc<Waiter>>,
    /// All others who wait for a part: they are told at once.
    others: Option<Arc<Waiter>>,
    /// Streams that hand in nothing until their databases have undone what was refused.
    stopped: HashMap<Stream, Arc<Error>>,
    /// How many groups were refused, and why the last was.
    refused: (u64, Option<Arc<Error>>),
    failure: Option<Arc<Error>>,
}

/// One write set, as a record.
pub(super) struct Part {
    pub(super) number: u64,
    pub(super) stream: Stream,
    pub(super) index: u64,
    pub(super) content: Vec<u8>,
    /// Whether nobody sees it before it is durable. What is not awaited has been seen by others.
    pub(super) is_awaited: bool,
}

impl Queue {
    pub(super) fn durable(&self) -> u64 {
        self.durable
    }

    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    pub(super) fn handed_in(&self) -> u64 {
        self.handed_in
    }

    pub(super) fn failure(&self) -> Option<&Arc<Error>> {
        self.failure.as_ref()
    }

    /// How many groups were refused, and why the last was.
    pub(super) fn refused(&self) -> (u64, Option<&Arc<Error>>) {
        (self.refused.0, self.refused.1.as_ref())
    }

    /// Why a stream hands in nothing, if so.
    pub(super) fn stopped(&self, stream: Stream) -> Option<&Arc<Error>> {
        self.stopped.get(&stream)
    }

    /// Takes a record, and returns its number if it is awaited: it is to be synced, or makes what
    /// is not written more than `unwritten_max` bytes.
    pub(super) fn hand_in(
        &mut self,
        stream: Stream,
        index: u64,
        content: Vec<u8>,
        is_synced: bool,
        unwritten_max: usize,
    ) -> Option<u64> {
        self.handed_in += 1;
        self.bytes += content.len();
        let is_awaited = is_synced || self.bytes >= unwritten_max;
        self.parts.push_back(Part {
            number: self.handed_in,
            stream,
            index,
            content,
            is_awaited,
        });
        self.check();
        is_awaited.then_some(self.handed_in)
    }

    /// Whether a group can be taken.
    pub(super) fn may_write(&self) -> bool {
        !self.is_writing && self.failure.is_none() && !self.parts.is_empty()
    }

    /// Takes what was handed in, up to a number of bytes but with a part that is awaited if there is
    /// one: when the group is refused, somebody must hear of it. The caller is to write it.
    pub(super) fn take(&mut self, bytes_max: usize) -> Vec<Part> {
        debug_assert!(self.may_write(), "3: two threads write");
        self.is_writing = true;
        // Those whose parts are left over look again when they are told.
        self.served.extend(self.heir.take());
        self.served.extend(self.others.take());
        let mut group: Vec<Part> = Vec::new();
        let (mut bytes, mut is_awaited) = (0, false);
        while let Some(part) = self.parts.front() {
            bytes += part.content.len();
            if is_awaited && bytes > bytes_max {
                break;
            }
            is_awaited |= part.is_awaited;
            self.taken = part.number;
            self.bytes -= part.content.len();
            group.extend(self.parts.pop_front());
        }
        if self.parts.is_empty() {
            self.taken = self.handed_in;
        }
        self.check();
        group
    }

    /// Takes note that the group is durable. Returns those who waited for it.
    pub(super) fn synced(&mut self) -> Vec<Arc<Waiter>> {
        self.is_writing = false;
        self.durable = self.taken;
        self.check();
        std::mem::take(&mut self.served)
    }

    /// Who is to write the next group, if there is one that somebody waits for.
    pub(super) fn next_writer(&mut self) -> Option<Arc<Waiter>> {
        self.heir.take_if(|_| !self.is_writing)
    }

    /// Takes note that nothing can be written any more. Returns all who wait.
    pub(super) fn failed(&mut self, cause: &Arc<Error>) -> Vec<Arc<Waiter>> {
        self.failure.get_or_insert_with(|| Arc::clone(cause));
        self.is_writing = false;
        self.take_waiters()
    }

    /// Refuses what is new. Returns whether something has failed before.
    pub(super) fn close(&mut self, cause: Error) -> bool {
        let has_failed = self.failure.is_some();
        self.failure.get_or_insert_with(|| Arc::new(cause));
        has_failed
    }

    /// Begins to refuse the group, because there was no room for it: what is awaited of it, and
    /// whatever came after that from the same streams. Keeps the rest, which must be written before
    /// anything else. Returns the streams.
    pub(super) fn refuse(&mut self, group: Vec<Part>, cause: &Arc<Error>) -> Vec<Stream> {
        let mut streams = HashSet::new();
        let rest = std::mem::take(&mut self.parts);
        self.bytes = 0;
        for part in group {
            if part.is_awaited {
                streams.insert(part.stream);
            }
            self.keep(part, &streams);
        }
        self.taken = self.durable;
        for part in rest {
            self.keep(part, &streams);
        }
        for stream in &streams {
            self.stopped.insert(*stream, Arc::clone(cause));
        }
        self.refused = (self.refused.0 + 1, Some(Arc::clone(cause)));
        self.check();
        streams.into_iter().collect()
    }

    fn keep(&mut self, part: Part, refused: &HashSet<Stream>) {
        if !refused.contains(&part.stream) {
            self.bytes += part.content.len();
            self.parts.push_back(part);
        }
    }

    /// Ends refusing the group, when everything that is refused is undone. Returns all who wait.
    pub(super) fn refused_group(&mut self) -> Vec<Arc<Waiter>> {
        self.is_writing = false;
        let kept = self.parts.front().map(|part| part.number - 1);
        self.taken = kept.unwrap_or(self.handed_in);
        self.durable = self.taken;
        self.check();
        self.take_waiters()
    }

    /// Lets a stream hand in again.
    pub(super) fn resume(&mut self, stream: Stream) {
        self.stopped.remove(&stream);
    }

    /// Makes whoever waits be told.
    pub(super) fn enlist(&mut self, number: u64) -> Arc<Waiter> {
        if number > self.taken && self.heir.is_some() {
            return Arc::clone(self.others.get_or_insert_default());
        }
        let waiter = Arc::new(Waiter::default());
        let kept = Arc::clone(&waiter);
        if number <= self.taken {
            self.served.push(kept);
        } else {
            self.heir = Some(kept);
        }
        waiter
    }

    fn take_waiters(&mut self) -> Vec<Arc<Waiter>> {
        let mut waiters = std::mem::take(&mut self.served);
        waiters.extend(self.heir.take());
        waiters.extend(self.others.take());
        waiters
    }

    /// Tests the invariants in debug builds.
    fn check(&self) {
        if !cfg!(debug_assertions) {
            return;
        }
        assert!(self.durable <= self.taken, "1: durable before it was taken");
        assert!(self.taken <= self.handed_in, "1: a part of the future");
        assert!(
            self.is_writing || self.durable == self.taken || self.failure.is_some(),
            "1: a group that nobody writes"
        );
        let mut before = self.taken;
        let mut bytes = 0;
        let mut indexes = HashMap::new();
        for part in &self.parts {
            assert!(before < part.number, "1: parts out of order");
            before = part.number;
            bytes += part.content.len();
            if let Some(earlier) = indexes.insert(part.stream, part.index) {
                assert_eq!(earlier + 1, part.index, "2: an index is missing");
            }
        }
        assert_eq!(bytes, self.bytes, "1: bytes miscounted");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP_BYTES: usize = 1_000;

    fn hand_in(queue: &mut Queue, stream: u64, index: u64, is_synced: bool) -> Option<u64> {
        queue.hand_in(Stream::from(stream), index, vec![0; 400], is_synced, 10_000)
    }

    fn places(parts: &[Part]) -> Vec<(u64, u64)> {
        let place = |part: &Part| (part.stream.as_u64(), part.index);
        parts.iter().map(place).collect()
    }

    #[test]
    fn a_group_is_what_came_first_within_its_limit() {
        let mut queue = Queue::default();
        for index in 1..=3 {
            assert_eq!(hand_in(&mut queue, 1, index, true), Some(index));
        }
        assert_eq!(hand_in(&mut queue, 1, 4, false), None);
        assert_eq!(places(&queue.take(GROUP_BYTES)), [(1, 1), (1, 2)]);
        assert!(!queue.may_write());
        assert_eq!((queue.durable(), queue.taken()), (0, 2));
        queue.synced();
        assert_eq!(queue.durable(), 2);
        assert_eq!(places(&queue.take(GROUP_BYTES)), [(1, 3), (1, 4)]);
        queue.synced();
        assert_eq!((queue.durable(), queue.may_write()), (4, false));
    }

    #[test]
    fn a_group_holds_a_part_that_somebody_waits_for() {
        let mut queue = Queue::default();
        for index in 1..=5 {
            assert_eq!(hand_in(&mut queue, 1, index, false), None);
        }
        hand_in(&mut queue, 1, 6, true);
        hand_in(&mut queue, 1, 7, true);
        let group = queue.take(GROUP_BYTES);
        assert_eq!(group.len(), 6);
        // Otherwise they would be written again and again, and nobody would hear that they cannot.
        assert_eq!(queue.refuse(group, &Arc::new(Error::Closed)).len(), 1);
    }

    #[test]
    fn what_is_refused_takes_all_behind_it_along_and_nothing_else() {
        let mut queue = Queue::default();
        // Of stream 1, others have read the first, and the third rests on the second.
        for (stream, index, is_synced) in [(1, 1, false), (1, 2, true), (1, 3, false)] {
            hand_in(&mut queue, stream, index, is_synced);
        }
        // Of stream 2, everything has been read.
        hand_in(&mut queue, 2, 7, false);
        let group = queue.take(10_000);
        hand_in(&mut queue, 2, 8, true);
        hand_in(&mut queue, 1, 4, true);
        hand_in(&mut queue, 3, 1, true);
        let cause = Arc::new(Error::Closed);
        assert_eq!(queue.refuse(group, &cause), [Stream::from(1)]);
        assert!(queue.stopped(Stream::from(1)).is_some());
        assert!(queue.stopped(Stream::from(2)).is_none());
        assert!(!queue.may_write(), "before all is undone");
        queue.refused_group();
        queue.resume(Stream::from(1));
        assert_eq!(queue.durable(), 0);
        // What is handed in now has the index of what was refused.
        hand_in(&mut queue, 1, 2, true);
        let kept = [(1, 1), (2, 7), (2, 8), (3, 1), (1, 2)];
        assert_eq!(places(&queue.take(10_000)), kept);
        queue.synced();
        assert_eq!(queue.durable(), queue.handed_in());
    }

    #[test]
    fn when_all_is_refused_nothing_is_left_to_wait_for() {
        let mut queue = Queue::default();
        hand_in(&mut queue, 1, 1, true);
        let group = queue.take(GROUP_BYTES);
        hand_in(&mut queue, 1, 2, true);
        queue.refuse(group, &Arc::new(Error::Closed));
        queue.refused_group();
        assert_eq!(queue.durable(), 2);
    }

    #[test]
    fn the_first_who_waits_writes_next_and_the_others_are_told_at_once() {
        let mut queue = Queue::default();
        hand_in(&mut queue, 1, 1, true);
        queue.take(GROUP_BYTES);
        let served = queue.enlist(1);
        for index in 2..=4 {
            hand_in(&mut queue, 1, index, true);
        }
        let (heir, second, third) = (queue.enlist(2), queue.enlist(3), queue.enlist(4));
        assert!(queue.next_writer().is_none(), "while somebody writes");
        let told = queue.synced();
        assert_eq!(told.len(), 1);
        assert!(Arc::ptr_eq(&told[0], &served));
        assert!(Arc::ptr_eq(&queue.next_writer().unwrap(), &heir));
        assert!(Arc::ptr_eq(&second, &third));
        queue.take(10_000);
        let told = queue.synced();
        assert!(told.len() == 1 && Arc::ptr_eq(&told[0], &second));
    }
}
