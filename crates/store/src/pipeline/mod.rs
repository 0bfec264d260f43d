//! The way of write sets to the disk: admitted one by one, committed in groups.
//!
//! A write set is *admitted* under the section, in a fixed order, and from then on seen by every
//! plan. Its thread enters it into the memtable, where nobody sees it yet, and waits for the log.
//! When it is durable, and everything before it, it is *committed*: published to readers, by
//! whichever of the threads comes first.
//!
//! To *freeze* the active memtable is to cut the chain: what is admitted after the cut goes into
//! another one. When everything before the cut is committed, readers get that as the active one,
//! and the old one is written to the file in the background. So no write set is ever split.
//!
//! Invariants:
//! 1. The published state is that after `committed`, and `tail` is reached from there.
//! 2. Every published write set is in the memtables, or in the file.
//! 3. `filling` is the active memtable unless a cut is pending. Then nothing is frozen, the cut is
//!    behind `committed`, and what is before it goes into the active one.
//! 4. Nothing is admitted after a commit or a checkpoint has failed, except that a commit which failed
//!    because the disk was full is undone with all that was queued behind it.

mod admission;
mod commit;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

pub(crate) use self::admission::{Admission, Draft, Kind, Raise, Section, Ticket};
use crate::catalog::Catalog;
use crate::chain::{self, Node};
use crate::error::Error;
use crate::ids::Stream;
use crate::log::Log;
use crate::memtable::Memtable;
use crate::published::{Published, Stored};
use crate::sync::lock;

/// What a pipeline is to keep to, at most, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) transaction: usize,
    pub(crate) memtable: usize,
}

impl Limits {
    /// From this size on a memtable is written to the file, so that there is room for the next.
    pub(crate) fn freeze_bytes(self) -> usize {
        self.memtable / 2
    }
}

pub(crate) struct Pipeline {
    database: String,
    limits: Limits,
    /// The log and the place in it; without one, what is committed is not durable.
    log: Option<(Arc<Log>, Stream)>,
    /// Told when a memtable is frozen or checkpointed, and when there is nothing to wait for.
    changed: Condvar,
    /// Whether a memtable was frozen and nobody was sent to write it yet.
    checkpoint_due: AtomicBool,
    /// The position of the last node that was published.
    committed: AtomicU64,
    /// Held while a write set is admitted. Taken before `state`, never the other way around.
    section: Mutex<()>,
    state: Mutex<State>,
}

struct State {
    published: Arc<Published>,
    /// The last node in the published state.
    committed: Arc<Node>,
    /// The last node admitted.
    tail: Arc<Node>,
    /// Where the writes of the next node go.
    filling: Arc<Memtable>,
    /// The last node whose writes go into the active memtable, when that is to be frozen.
    cut: Option<Arc<Node>>,
    /// Whether a memtable was frozen of which nobody took note.
    has_turned: bool,
    poison: Option<Arc<Error>>,
    stop: Option<Stop>,
}

/// Why a pipeline takes nothing any more although nothing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    Closed,
    Deleted,
}

/// What a plan starts from.
pub(crate) struct Head {
    pub(crate) published: Arc<Published>,
    /// Admitted but not yet published, newest first.
    pub(crate) queued: Vec<Arc<Node>>,
    /// The last node admitted.
    pub(crate) tail: Arc<Node>,
}

impl Head {
    pub(crate) fn catalog(&self) -> &Catalog {
        &self.tail.catalog
    }
}

impl Pipeline {
    /// Starts from a state in which `position` write sets were found in the log.
    pub(crate) fn new(
        published: Arc<Published>,
        limits: Limits,
        log: Option<(Arc<Log>, Stream)>,
    ) -> Self {
        let origin = Node::origin(
            published.version,
            published.sequence,
            published.index,
            Arc::clone(&published.catalog),
        );
        Self {
            database: published.identity().database.clone(),
            limits,
            log,
            changed: Condvar::new(),
            checkpoint_due: AtomicBool::new(false),
            committed: AtomicU64::new(origin.position),
            section: Mutex::new(()),
            state: Mutex::new(State {
                filling: Arc::clone(&published.active),
                published,
                committed: Arc::clone(&origin),
                tail: origin,
                cut: None,
                has_turned: false,
                poison: None,
                stop: None,
            }),
        }
    }

    /// The log and the place in it, if there is one.
    pub(crate) fn log(&self) -> Option<&(Arc<Log>, Stream)> {
        self.log.as_ref()
    }

    /// The published state. Still there after a failed commit.
    pub(crate) fn published(&self) -> Result<Arc<Published>, Error> {
        let state = lock(&self.state);
        self.check_stop(&state)?;
        Ok(Arc::clone(&state.published))
    }

    /// What a plan starts from.
    pub(crate) fn head(&self) -> Result<Head, Error> {
        let state = lock(&self.state);
        self.check(&state)?;
        let published = Arc::clone(&state.published);
        let committed = Arc::clone(&state.committed);
        let tail = Arc::clone(&state.tail);
        drop(state);
        let mut queued = chain::between(&committed, &tail);
        queued.reverse();
        Ok(Head {
            published,
            queued,
            tail,
        })
    }

    /// The published state, also when it is closed for everybody else.
    pub(crate) fn last_published(&self) -> Arc<Published> {
        Arc::clone(&lock(&self.state).published)
    }

    /// Whether the database was deleted.
    pub(crate) fn is_deleted(&self) -> bool {
        lock(&self.state).stop == Some(Stop::Deleted)
    }

    /// Refuses when a commit or a checkpoint has failed.
    pub(crate) fn check_poison(&self) -> Result<(), Error> {
        match &lock(&self.state).poison {
            Some(cause) => Err(self.poisoned(cause)),
            None => Ok(()),
        }
    }

    /// Refuses when a commit has failed or the database is gone.
    pub(crate) fn check_usable(&self) -> Result<(), Error> {
        self.check(&lock(&self.state))
    }

    /// Freezes the active memtable unless one is frozen already or it is empty. Waits for what is
    /// queued. Returns whether one is frozen now.
    pub(crate) fn freeze(&self) -> bool {
        let cut = {
            let mut state = lock(&self.state);
            state.freeze();
            state.cut.clone()
        };
        if let Some(cut) = cut {
            // What fails is reported to whoever was to commit it.
            let _ = self.wait_for(&cut);
        }
        lock(&self.state).published.frozen.is_some()
    }

    /// Freezes the active memtable as soon as what is queued is committed.
    pub(crate) fn freeze_soon(&self) {
        self.freeze_now_or_later(&mut lock(&self.state));
    }

    fn freeze_now_or_later(&self, state: &mut State) {
        state.freeze();
        self.send_checkpoint(state);
    }

    fn freeze_if_large(&self, state: &mut State) {
        if state.filling.is_large(self.limits.freeze_bytes()) {
            state.freeze();
        }
        self.send_checkpoint(state);
    }

    /// Takes note that a memtable was frozen, if one was since this was last called.
    fn send_checkpoint(&self, state: &mut State) {
        if std::mem::take(&mut state.has_turned) {
            self.checkpoint_due.store(true, Ordering::Release);
            self.changed.notify_all();
        }
    }

    /// Whether somebody is to be sent to write a frozen memtable.
    pub(crate) fn take_checkpoint_due(&self) -> bool {
        self.checkpoint_due.swap(false, Ordering::AcqRel)
    }

    fn is_full_state(&self, state: &State) -> bool {
        state.poison.is_none()
            && state.stop.is_none()
            && state.memory_bytes() > self.limits.memtable
    }

    /// Whether memtables take so much memory that writers must wait.
    pub(crate) fn is_full(&self) -> bool {
        let mut state = lock(&self.state);
        let is_full = self.is_full_state(&state);
        if is_full {
            self.freeze_now_or_later(&mut state);
        }
        is_full
    }

    /// Waits for a checkpoint, or for anything else that makes it worth looking again.
    pub(crate) fn wait_for_room(&self) {
        let state = lock(&self.state);
        if self.is_full_state(&state) {
            drop(self.wait(state));
        }
    }

    fn wait<'a>(&'a self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let waited = self.changed.wait(state);
        waited.unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts the rows of a checkpoint, which hold the frozen memtable, in its place.
    pub(crate) fn checkpointed(&self, stored: Stored) {
        self.replace_stored(stored, true);
    }

    /// Puts the same rows, from another file, in place of those there are.
    pub(crate) fn exchange(&self, stored: Stored) {
        self.replace_stored(stored, false);
    }

    fn replace_stored(&self, stored: Stored, ends_frozen: bool) {
        let before = {
            let mut state = lock(&self.state);
            let mut after = Published::clone(&state.published);
            after.stored = Arc::new(stored);
            if ends_frozen {
                after.frozen = None;
            }
            let before = std::mem::replace(&mut state.published, Arc::new(after));
            self.freeze_if_large(&mut state);
            state.check();
            self.changed.notify_all();
            before
        };
        // Whatever hangs on the old state is dropped after the lock is released.
        drop(before);
    }

    /// Refuses all further writes, because what is on disk is not known any more.
    pub(crate) fn poison(&self, cause: Error) -> Error {
        let cause = Arc::new(cause);
        let mut state = lock(&self.state);
        state.poison.get_or_insert_with(|| Arc::clone(&cause));
        self.changed.notify_all();
        self.poisoned(&cause)
    }

    /// Keeps everybody else from being admitted until the section is dropped.
    pub(crate) fn section(&self) -> Section<'_> {
        Section::new(self, lock(&self.section))
    }

    /// Refuses when a commit has failed or the database is gone.
    fn check(&self, state: &State) -> Result<(), Error> {
        self.check_stop(state)?;
        match &state.poison {
            Some(cause) => Err(self.poisoned(cause)),
            None => Ok(()),
        }
    }

    fn check_stop(&self, state: &State) -> Result<(), Error> {
        match state.stop {
            None => Ok(()),
            Some(Stop::Closed) => Err(Error::Closed),
            Some(Stop::Deleted) => Err(Error::DatabaseDeleted(self.database.clone())),
        }
    }

    fn poisoned(&self, cause: &Arc<Error>) -> Error {
        Error::Poisoned {
            database: self.database.clone(),
            cause: Arc::clone(cause),
        }
    }

    fn commit_failed(&self, cause: &Arc<Error>) -> Error {
        Error::CommitFailed {
            database: self.database.clone(),
            cause: Arc::clone(cause),
        }
    }

    /// Refuses what is new, and waits for what was admitted.
    pub(crate) fn stop(&self, stop: Stop) -> Result<(), Error> {
        let tail = {
            let _section = self.section();
            let mut state = lock(&self.state);
            state.stop.get_or_insert(stop);
            self.changed.notify_all();
            Arc::clone(&state.tail)
        };
        // What was undone is nothing to wait for.
        match self.wait_for(&tail) {
            Err(Error::CommitFailed { .. }) => Ok(()),
            waited => waited,
        }
    }
}

impl State {
    fn memory_bytes(&self) -> usize {
        let pending = self.cut.as_ref().map_or(0, |_| self.filling.bytes());
        self.published.memory_bytes() + pending
    }

    /// Tests, in debug builds, the invariants that can be tested at any moment.
    fn check(&self) {
        if !cfg!(debug_assertions) {
            return;
        }
        assert_eq!(
            (self.published.sequence, self.published.index),
            (self.committed.sequence, self.committed.index),
            "1: published and committed differ"
        );
        assert!(
            self.committed.position <= self.tail.position,
            "1: committed beyond the tail"
        );
        assert!(self.committed.is_entered(), "2: committed and not entered");
        match &self.cut {
            None => assert!(
                Arc::ptr_eq(&self.filling, &self.published.active),
                "3: another memtable without a cut"
            ),
            Some(cut) => assert!(
                self.published.frozen.is_none() && self.committed.position < cut.position,
                "3: a cut that is not pending"
            ),
        }
    }
}
