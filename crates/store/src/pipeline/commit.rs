//! Committing one group, by the thread that leads: to the log, to the memtable, to the readers.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::admission::Kind;
use super::waiter::{Outcome, Waiter};
use super::{Pipeline, State, Ticket};
use crate::chain::{self, Node};
use crate::engine::rows::{TABLE_BYTES, fill_row_key};
use crate::error::Error;
use crate::log::Failure;
use crate::memtable::Memtable;
use crate::published::Published;
use crate::sync::lock;
use crate::writes::{Effect, Writes};

/// What one sync makes durable.
struct Group {
    /// Never empty; the first is the leader's own.
    nodes: Vec<Arc<Node>>,
    /// Those waiting for the other nodes.
    waiters: Vec<Arc<Waiter>>,
    /// Where the nodes go once they are durable.
    active: Arc<Memtable>,
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
            Outcome::Failed(cause) => Err(self.commit_failed(&cause)),
            Outcome::Refused(cause) => Err(self.poisoned(&cause)),
        }
    }

    /// Commits the first group in the queue.
    fn lead(&self) -> Outcome {
        let group = lock(&self.state).take_group(self.limits.group);
        let logged = match &self.log {
            Some((log, stream)) => log.append(*stream, &group.nodes),
            None => Ok(()),
        };
        match logged {
            Ok(()) => {
                for node in &group.nodes {
                    apply(node, &group.active);
                }
                self.publish(group);
                Outcome::Committed
            }
            Err(failure) => {
                self.fail(&group, &failure);
                Outcome::Failed(failure.cause)
            }
        }
    }

    fn publish(&self, group: Group) {
        let (next, watchers, before) = {
            let mut state = lock(&self.state);
            let mut after = Published::clone(&state.published);
            if let Some(last) = group.nodes.last() {
                after.version = last.position;
                after.sequence = last.sequence;
                after.index = last.index;
                after.catalog = Arc::clone(&last.catalog);
                state.committed = Arc::clone(last);
            }
            let before = std::mem::replace(&mut state.published, Arc::new(after));
            state.rest();
            if state.freeze_wanted || group.active.is_large(self.limits.freeze_bytes()) {
                state.freeze();
                self.checkpoint_due.store(true, Ordering::Release);
                self.changed.notify_all();
            }
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
        drop((before, group.nodes));
    }

    fn fail(&self, group: &Group, failure: &Failure) {
        let cause = &failure.cause;
        let (committers, watchers) = {
            let mut state = lock(&self.state);
            if failure.is_final {
                state.poison.get_or_insert_with(|| Arc::clone(cause));
            } else {
                // What is queued rests on this group, so nothing of it can stand.
                let origin = chain::undo(&state.committed, &state.tail, cause);
                state.tail = Arc::clone(&origin);
                state.committed = origin;
                if state.freeze_wanted {
                    state.freeze();
                    self.checkpoint_due.store(true, Ordering::Release);
                }
            }
            state.led = false;
            self.changed.notify_all();
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
            waiter.tell(if failure.is_final {
                Outcome::Refused(Arc::clone(cause))
            } else {
                Outcome::Failed(Arc::clone(cause))
            });
        }
    }
}

impl State {
    /// Lets go of the last write set when nothing is queued behind it, by committing an empty one.
    /// Otherwise it would stay in memory until the next transaction, however large it is.
    fn rest(&mut self) {
        if self.committed.next().is_none() {
            let blank = self.tail.extend(
                Kind::Swept,
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
            active: Arc::clone(&self.published.active),
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

/// Adds the writes of a node to a memtable.
fn apply(node: &Node, active: &Memtable) {
    for (table, writes) in node.writes.tables() {
        for (key, effect) in writes {
            let mut row_key = Vec::with_capacity(TABLE_BYTES + key.len());
            fill_row_key(&mut row_key, table, key);
            let value = match effect {
                Effect::Put(value) | Effect::Raise(value) => Some(value.clone()),
                Effect::Delete => None,
            };
            active.add(row_key, node.position, value);
        }
    }
}
