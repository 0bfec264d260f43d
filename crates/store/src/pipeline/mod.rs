//! The way of write sets to the disk: admitted one by one, committed in groups.
//!
//! A write set is *admitted* under the section, in a fixed order, and from then on seen by every
//! plan. It is *committed* with the group of those that were admitted while the group before was
//! being synced, and only then published to readers.
//!
//! There is no committer thread. Whoever is admitted while nobody commits leads: it commits in
//! its own thread, and hands the lead to the first one waiting. So a lone writer never changes
//! threads, and under load one sync serves all that came during the last.
//!
//! Invariants:
//! 1. The published state is that after `committed`, and `tail` is reached from there.
//! 2. Exactly one thread leads, or nothing is queued, or the pipeline is poisoned.
//! 3. While one leads, every queued write set beyond those in its group has one committer
//!    waiting, in the same order.
//! 4. Nothing is admitted or committed after a commit has failed.

mod admission;
mod commit;
mod waiter;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

pub(crate) use self::admission::{Admission, Draft, Kind, Raise, Section, Ticket};
pub(crate) use self::commit::{APPLIED_KEY, applied_row};
use self::waiter::{Outcome, Waiter};
use crate::catalog::Catalog;
use crate::chain::{self, Node};
use crate::error::Error;
use crate::published::Published;
use crate::sync::lock;

pub(crate) struct Pipeline {
    database: String,
    group_bytes_max: usize,
    transaction_bytes_max: usize,
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
    pub(crate) fn new(
        published: Arc<Published>,
        group_bytes_max: usize,
        transaction_bytes_max: usize,
    ) -> Self {
        let origin = Node::origin(published.sequence, Arc::clone(&published.catalog));
        Self {
            database: published.identity().database.clone(),
            group_bytes_max,
            transaction_bytes_max,
            section: Mutex::new(()),
            state: Mutex::new(State {
                published,
                committed: Arc::clone(&origin),
                tail: origin,
                led: false,
                committers: VecDeque::new(),
                watchers: Vec::new(),
                poison: None,
                stop: None,
            }),
        }
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

    /// The published state, and the last node in it.
    pub(crate) fn committed(&self) -> Result<(Arc<Published>, Arc<Node>), Error> {
        let state = lock(&self.state);
        self.check(&state)?;
        Ok((Arc::clone(&state.published), Arc::clone(&state.committed)))
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

    /// Waits until everything up to `position` is durable and published.
    pub(crate) fn wait_for(&self, position: u64) -> Result<(), Error> {
        let waiter = {
            let mut state = lock(&self.state);
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
            Outcome::Failed(cause) | Outcome::Refused(cause) => Err(self.poisoned(&cause)),
            Outcome::Committed | Outcome::Lead => Ok(()),
        }
    }

    /// Refuses what is new, and waits for what was admitted.
    pub(crate) fn stop(&self, stop: Stop) -> Result<(), Error> {
        let position = {
            let _section = self.section();
            let mut state = lock(&self.state);
            state.stop.get_or_insert(stop);
            state.tail.position
        };
        self.wait_for(position)
    }
}

impl State {
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
            self.poison.is_none() || self.committers.is_empty(),
            "4: waiting for a commit after a failed one"
        );
    }
}
