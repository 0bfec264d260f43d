//! The way of write sets to the disk: admitted one by one, committed in groups.
//!
//! A write set is *admitted* under the section, in a fixed order, and from then on seen by every
//! plan. It is *committed* with the group of those that were admitted while the group before was
//! being committed: what is logged is made durable, all of it goes to the active memtable, and
//! only then is it published to readers.
//!
//! There is no committer thread. Whoever is admitted while nobody commits leads: it commits in
//! its own thread, and hands the lead to the first one waiting. So a lone writer never changes
//! threads, and under load one sync serves all that came during the last.
//!
//! The active memtable is *frozen* between two groups, so never in the middle of a write set, and
//! written to the file in the background.
//!
//! Invariants:
//! 1. The published state is that after `committed`, and `tail` is reached from there.
//! 2. Exactly one thread leads, or nothing is queued, or the pipeline is poisoned.
//! 3. While one leads, every queued write set beyond those in its group has one committer
//!    waiting, in the same order.
//! 4. Nothing is admitted or committed after a commit or a checkpoint has failed, except that a
//!    commit which failed because the disk was full is undone with all that was queued behind it.
//! 5. While one leads, the active memtable is not replaced by others.

mod admission;
mod commit;
mod waiter;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

pub(crate) use self::admission::{Admission, Draft, Kind, Raise, Section, Ticket};
use self::waiter::{Outcome, Waiter};
use crate::catalog::Catalog;
use crate::chain::{self, Node};
use crate::error::Error;
use crate::ids::Stream;
use crate::log::Log;
use crate::published::{Frozen, Published, Stored};
use crate::sync::lock;

/// What a pipeline is to keep to, at most, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) group: usize,
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
    /// Whether some thread is committing or about to.
    led: bool,
    /// Those to lead later, or to hear how their group went.
    committers: VecDeque<Arc<Waiter>>,
    /// Those who want to know when a position is committed, but not to commit.
    watchers: Vec<(u64, Arc<Waiter>)>,
    /// Whether the one who leads is to freeze the active memtable.
    freeze_wanted: bool,
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
            section: Mutex::new(()),
            state: Mutex::new(State {
                published,
                committed: Arc::clone(&origin),
                tail: origin,
                led: false,
                committers: VecDeque::new(),
                watchers: Vec::new(),
                freeze_wanted: false,
                poison: None,
                stop: None,
            }),
        }
    }

    /// Makes everything that is committed durable.
    pub(crate) fn sync(&self) -> Result<(), Error> {
        match self.log.as_ref().map(|(log, _)| log.sync()) {
            Some(Err(failure)) if failure.is_final => Err(self.poisoned(&failure.cause)),
            Some(Err(failure)) => Err(self.commit_failed(&failure.cause)),
            _ => Ok(()),
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

    /// Freezes the active memtable unless one is frozen already or it is empty. Waits for the
    /// group that is being committed. Returns whether one is frozen now.
    pub(crate) fn freeze(&self) -> bool {
        let mut state = lock(&self.state);
        if state.published.frozen.is_none() && state.led {
            state.freeze_wanted = true;
            while state.freeze_wanted && state.led {
                state = self.wait(state);
            }
        }
        if !state.led {
            state.freeze();
        }
        state.published.frozen.is_some()
    }

    /// Freezes the active memtable now, or lets the one who leads do it.
    pub(crate) fn freeze_soon(&self) {
        let mut state = lock(&self.state);
        self.freeze_or_ask(&mut state);
    }

    fn freeze_or_ask(&self, state: &mut State) {
        if state.led {
            state.freeze_wanted |= state.published.frozen.is_none();
        } else {
            state.freeze();
            self.checkpoint_due.store(true, Ordering::Release);
        }
    }

    /// Whether somebody is to be sent to write a frozen memtable.
    pub(crate) fn take_checkpoint_due(&self) -> bool {
        self.checkpoint_due.swap(false, Ordering::AcqRel)
    }

    fn is_full_state(&self, state: &State) -> bool {
        state.poison.is_none()
            && state.stop.is_none()
            && state.published.memory_bytes() > self.limits.memtable
    }

    /// Whether memtables take so much memory that writers must wait.
    pub(crate) fn is_full(&self) -> bool {
        let mut state = lock(&self.state);
        let is_full = self.is_full_state(&state);
        if is_full {
            self.freeze_or_ask(&mut state);
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
            let is_large = state.published.active.is_large(self.limits.freeze_bytes());
            if is_large && !state.led {
                state.freeze();
                self.checkpoint_due.store(true, Ordering::Release);
            }
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

    /// Waits until everything up to `node` is durable and published.
    pub(crate) fn wait_for(&self, node: &Node) -> Result<(), Error> {
        let position = node.position;
        let waiter = {
            let mut state = lock(&self.state);
            if let Some(cause) = node.undone() {
                return Err(self.commit_failed(cause));
            }
            if state.committed.position >= position {
                return Ok(());
            }
            if let Some(cause) = &state.poison {
                return Err(self.poisoned(cause));
            }
            let waiter = Arc::new(Waiter::default());
            state.watchers.push((position, Arc::clone(&waiter)));
            waiter
        };
        match waiter.wait() {
            Outcome::Failed(cause) => Err(self.commit_failed(&cause)),
            Outcome::Refused(cause) => Err(self.poisoned(&cause)),
            Outcome::Committed | Outcome::Lead => Ok(()),
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
    /// Freezes the active memtable, unless one is frozen or it is empty.
    fn freeze(&mut self) {
        self.freeze_wanted = false;
        if self.published.frozen.is_some() || self.published.active.is_empty() {
            return;
        }
        let mut after = Published::clone(&self.published);
        let next = Arc::new(after.active.successor());
        after.frozen = Some(Frozen {
            memtable: std::mem::replace(&mut after.active, next),
            sequence: after.sequence,
            index: after.index,
        });
        self.published = Arc::new(after);
    }

    /// Tests, in debug builds, the invariants that can be tested at any moment.
    fn check(&self) {
        if !cfg!(debug_assertions) {
            return;
        }
        assert_eq!(
            self.published.sequence, self.committed.sequence,
            "1: published and committed differ"
        );
        assert!(
            self.committed.position <= self.tail.position,
            "1: committed beyond the tail"
        );
        let queued = self.tail.position - self.committed.position;
        assert!(
            self.led || queued == 0 || self.poison.is_some(),
            "2: queued write sets and nobody leads"
        );
        assert!(
            self.committers.len() as u64 <= queued,
            "3: committers without write sets"
        );
        assert!(
            self.poison.is_none() || self.led || self.committers.is_empty(),
            "4: waiting for a commit after a failed one"
        );
        assert_eq!(
            self.published.index, self.committed.index,
            "1: published and committed differ"
        );
    }
}
