//! From admitted to committed: into the memtable, to the log, to the readers.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Pipeline, State, Ticket};
use crate::chain::{self, Node};
use crate::error::Error;
use crate::log::Failure;
use crate::published::{Frozen, Published};
use crate::sync::lock;

impl Pipeline {
    /// Enters an admitted write set into the memtable, and waits until it is durable and published.
    pub(crate) fn finish(&self, ticket: &Ticket) -> Result<(), Error> {
        ticket.node.enter();
        self.wait_for(&ticket.node)
    }

    /// Waits until everything up to `node` is durable and published.
    pub(crate) fn wait_for(&self, node: &Node) -> Result<(), Error> {
        if let Some((log, _)) = &self.log {
            let waited = log.wait(node, &|| self.publish());
            waited.map_err(|failure| self.failed(&failure))?;
        }
        // Whoever wrote the group has most likely published it.
        if self.committed.load(Ordering::Acquire) < node.position {
            self.publish();
        }
        match node.undone() {
            Some(cause) => Err(self.commit_failed(cause)),
            None => Ok(()),
        }
    }

    /// Makes everything that is committed durable.
    pub(crate) fn sync(&self) -> Result<(), Error> {
        let synced = self
            .log
            .as_ref()
            .map(|(log, _)| log.sync(&|| self.publish()));
        match synced {
            Some(Err(failure)) => Err(self.failed(&failure)),
            Some(Ok(())) | None => Ok(()),
        }
    }

    /// Shows readers what need not wait for the log any more.
    pub(super) fn publish(&self) {
        loop {
            let (reached, before) = {
                let mut state = lock(&self.state);
                // Not before: what is durable then was not undone, because that takes the lock.
                let durable = self.log.as_ref().map_or(u64::MAX, |(log, _)| log.durable());
                let (last, reached) = state.due(durable);
                let before = last.map(|last| state.advance_to(last));
                self.freeze_if_large(&mut state);
                state.check();
                // Last: whoever sees this goes on, and looks whether a checkpoint is due.
                let committed = state.committed.position;
                self.committed.store(committed, Ordering::Release);
                (reached, before)
            };
            // What was replaced may be freed here, but nobody should wait for that.
            drop(before);
            match reached {
                // Its own thread has not come to it yet.
                Reached::Unentered(node) => node.enter(),
                Reached::End => return,
            }
        }
    }

    /// Takes back everything that rests on what the log has refused: all that waits for more than
    /// `durable`.
    pub(crate) fn undo(&self, durable: u64, cause: &Arc<Error>) {
        loop {
            self.publish();
            let mut state = lock(&self.state);
            if let (Some(_), _) | (_, Reached::Unentered(_)) = state.due(durable) {
                continue;
            }
            let memtables = [&*state.published.active, &*state.filling];
            for node in chain::between(&state.committed, &state.tail) {
                node.withdraw(memtables);
            }
            let origin = chain::undo(&state.committed, &state.tail, cause);
            state.tail = Arc::clone(&origin);
            state.committed = Arc::clone(&origin);
            if state.cut.is_some() {
                state.cut = Some(origin);
                state.turn();
            }
            self.send_checkpoint(&mut state);
            if let Some((log, stream)) = &self.log {
                log.resume(*stream);
            }
            self.changed.notify_all();
            state.check();
            return;
        }
    }

    /// What the log could not do, as an error, and final if it is.
    pub(super) fn failed(&self, failure: &Failure) -> Error {
        if failure.is_final {
            let mut state = lock(&self.state);
            let cause = &failure.cause;
            state.poison.get_or_insert_with(|| Arc::clone(cause));
            self.changed.notify_all();
        }
        if failure.is_tried {
            self.commit_failed(&failure.cause)
        } else {
            self.poisoned(&failure.cause)
        }
    }
}

/// Where publishing has to stop.
enum Reached {
    /// At a node whose writes are not in the memtable yet.
    Unentered(Arc<Node>),
    /// Where nothing is durable, or nothing is queued.
    End,
}

impl State {
    /// The last node that can be published, if any, and what comes behind it.
    fn due(&self, durable: u64) -> (Option<Arc<Node>>, Reached) {
        let mut last: Option<&Arc<Node>> = None;
        let mut at = &self.committed;
        while let Some(next) = at.next()
            && next.awaited <= durable
        {
            if !next.is_entered() {
                return (last.cloned(), Reached::Unentered(Arc::clone(next)));
            }
            last = Some(next);
            at = next;
        }
        (last.cloned(), Reached::End)
    }

    /// Publishes everything up to a node. Returns what that replaces.
    fn advance_to(&mut self, last: Arc<Node>) -> (Arc<Node>, Arc<Published>) {
        let mut after = Published::clone(&self.published);
        after.version = last.position;
        after.sequence = last.sequence;
        after.index = last.index;
        after.catalog = Arc::clone(&last.catalog);
        let before = std::mem::replace(&mut self.published, Arc::new(after));
        let node = std::mem::replace(&mut self.committed, last);
        self.turn();
        self.rest();
        (node, before)
    }

    /// Lets go of the last write set when nothing is queued behind it, by committing an empty one.
    /// Otherwise it would stay in memory until the next transaction, however large it is.
    fn rest(&mut self) {
        if self.committed.next().is_none() && !self.committed.writes.is_empty() {
            let blank = self.tail.extend_blank();
            self.tail = Arc::clone(&blank);
            self.committed = blank;
        }
    }

    /// Begins to freeze the active memtable, unless one is frozen or it is empty: what is admitted
    /// from here on goes into another one.
    pub(super) fn freeze(&mut self) {
        if self.published.frozen.is_some() || self.cut.is_some() || self.filling.is_empty() {
            return;
        }
        self.filling = Arc::new(self.filling.successor());
        self.cut = Some(Arc::clone(&self.tail));
        self.turn();
    }

    /// Freezes the active memtable when everything that goes into it is committed.
    fn turn(&mut self) {
        let committed = self.committed.position;
        let Some(cut) = self.cut.take_if(|cut| cut.position <= committed) else {
            return;
        };
        let mut after = Published::clone(&self.published);
        after.frozen = Some(Frozen {
            memtable: std::mem::replace(&mut after.active, Arc::clone(&self.filling)),
            sequence: cut.sequence,
            index: cut.index,
        });
        self.published = Arc::new(after);
        self.has_turned = true;
    }
}
