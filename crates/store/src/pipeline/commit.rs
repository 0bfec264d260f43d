//! Committing one group, by the thread that leads.

use std::sync::Arc;

use super::waiter::{Outcome, Waiter};
use super::{Pipeline, State, Ticket};
use crate::chain::Node;
use crate::engine::{Rows, meta_row};
use crate::error::Error;
use crate::ids::Sequence;
use crate::published::Published;
use crate::sync::lock;
use crate::writes::Writes;

/// Row of the meta table with the sequence of the last transaction: 8 bytes, big-endian.
pub(crate) const APPLIED_KEY: &[u8] = b"applied";

/// What one sync makes durable.
struct Group {
    /// Never empty; the first is the leader's own.
    nodes: Vec<Arc<Node>>,
    /// Those waiting for the other nodes.
    waiters: Vec<Arc<Waiter>>,
    before: Arc<Published>,
}

impl Pipeline {
    /// Waits until an admitted write set is durable and published, leading if it is its turn.
    pub(crate) fn finish(&self, ticket: &Ticket) -> Result<(), Error> {
        let outcome = match &ticket.waiter {
            Some(waiter) => waiter.wait(),
            None => Outcome::Lead,
        };
        let outcome = match outcome {
            Outcome::Lead => self.lead(),
            told => told,
        };
        match outcome {
            Outcome::Committed | Outcome::Lead => Ok(()),
            Outcome::Failed(cause) => Err(Error::CommitFailed {
                database: self.database.clone(),
                cause,
            }),
            Outcome::Refused(cause) => Err(self.poisoned(&cause)),
        }
    }

    /// Commits the first group in the queue.
    fn lead(&self) -> Outcome {
        let group = lock(&self.state).take_group(self.group_bytes_max);
        match commit(&group) {
            Ok(published) => {
                self.publish(group, published);
                Outcome::Committed
            }
            Err(error) => {
                let cause = Arc::new(error);
                self.fail(&group, &cause);
                Outcome::Failed(cause)
            }
        }
    }

    fn publish(&self, group: Group, published: Arc<Published>) {
        let (next, watchers, before) = {
            let mut state = lock(&self.state);
            let before = std::mem::replace(&mut state.published, published);
            if let Some(last) = group.nodes.last() {
                state.committed = Arc::clone(last);
            }
            state.rest();
            let next = state.committers.pop_front();
            state.led = next.is_some();
            let watchers = state.take_watchers();
            state.check();
            (next, watchers, before)
        };
        // The next leader first: its sync can begin while the others are still waking.
        if let Some(next) = next {
            next.tell(Outcome::Lead);
        }
        for waiter in group.waiters.into_iter().chain(watchers) {
            waiter.tell(Outcome::Committed);
        }
        // What this group replaced may be freed here, but nobody should wait for that.
        drop((before, group.before, group.nodes));
    }

    fn fail(&self, group: &Group, cause: &Arc<Error>) {
        let (committers, watchers) = {
            let mut state = lock(&self.state);
            state.poison = Some(Arc::clone(cause));
            state.led = false;
            let committers = std::mem::take(&mut state.committers);
            let watchers = std::mem::take(&mut state.watchers);
            state.check();
            (committers, watchers)
        };
        for waiter in &group.waiters {
            waiter.tell(Outcome::Failed(Arc::clone(cause)));
        }
        let watchers = watchers.into_iter().map(|(_, waiter)| waiter);
        for waiter in committers.into_iter().chain(watchers) {
            waiter.tell(Outcome::Refused(Arc::clone(cause)));
        }
    }
}

impl State {
    /// Lets go of the last write set when nothing is queued behind it, by committing an empty one.
    /// Otherwise it would stay in memory until the next transaction, however large it is.
    fn rest(&mut self) {
        if self.committed.next().is_none() {
            let blank = self.tail.extend(
                self.tail.sequence,
                Arc::clone(&self.tail.catalog),
                Writes::default(),
            );
            self.tail = Arc::clone(&blank);
            self.committed = blank;
        }
    }

    /// Takes what is queued, up to a number of bytes but at least one write set.
    fn take_group(&mut self, bytes_max: usize) -> Group {
        let mut nodes = Vec::new();
        let mut bytes = 0;
        let mut at = &self.committed;
        while let Some(next) = at.next() {
            bytes += next.writes.bytes();
            if !nodes.is_empty() && bytes > bytes_max {
                break;
            }
            nodes.push(Arc::clone(next));
            at = next;
        }
        assert!(!nodes.is_empty(), "2: led with nothing queued");
        let waiters = self.committers.drain(..nodes.len() - 1).collect();
        Group {
            nodes,
            waiters,
            before: Arc::clone(&self.published),
        }
    }

    /// Takes those who waited for what is committed by now.
    fn take_watchers(&mut self) -> Vec<Arc<Waiter>> {
        let committed = self.committed.position;
        let (reached, waiting) = std::mem::take(&mut self.watchers)
            .into_iter()
            .partition(|(position, _)| *position <= committed);
        self.watchers = waiting;
        let reached: Vec<(u64, Arc<Waiter>)> = reached;
        reached.into_iter().map(|(_, waiter)| waiter).collect()
    }
}

/// Writes and syncs a group, and makes the state after it.
fn commit(group: &Group) -> Result<Arc<Published>, Error> {
    let before = &group.before;
    let Some(last) = group.nodes.last() else {
        return Ok(Arc::clone(before));
    };
    let sets = group.nodes.iter().map(|node| &node.writes);
    let applied = applied_row(before.sequence, last.sequence);
    let rows: Rows = before.engine.write(sets.chain(applied.iter()))?;
    Ok(Arc::new(Published::new(
        rows,
        Arc::clone(&before.engine),
        last.sequence,
        Arc::clone(&last.catalog),
    )))
}

/// The row that says how far transactions are applied, when that changes.
pub(crate) fn applied_row(before: Sequence, after: Sequence) -> Option<Writes> {
    if before == after {
        return None;
    }
    let mut writes = Writes::default();
    meta_row(&mut writes, APPLIED_KEY, &after.as_u64().to_be_bytes());
    Some(writes)
}
