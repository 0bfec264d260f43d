//! Bringing views up to date.
//!
//! One run at a time per view; queries that come meanwhile wait for it and answer from what it
//! published: the documents at a sequence, and the index at the same.
//!
//! 1. Only the holder of `running` writes the entries of a lazy view, and the summary of any.
//! 2. A published pair belongs together ([`pairs`](super::pairs)).
//! 3. A query answers from a pair not older than the state when it began.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use bonsaidb_core as core;
use bonsaidb_store::{self as store, Plan, Snapshot};

use crate::Error;
use crate::config::IndexingProgress;
use crate::database::Data;
use crate::sync::lock;
use crate::user_code;
use crate::views::batch::Batch;
use crate::views::build::Building;
use crate::views::mapping::map_all;
use crate::views::summary::Upkeep;
use crate::views::{Pair, ViewIndex};

/// The indexing runs of one view.
#[derive(Debug, Default)]
pub(super) struct Runs {
    state: Mutex<RunState>,
    finished: Condvar,
}

#[derive(Debug, Default)]
struct RunState {
    running: bool,
    waiting: usize,
    /// How many runs have finished.
    count: u64,
    /// What the last run came to, kept while somebody waits for it.
    outcome: Option<Result<Pair, Arc<Error>>>,
}

/// Ends a run, also when it panics.
struct Running<'a> {
    runs: &'a Runs,
    outcome: Option<Result<Pair, Arc<Error>>>,
}

impl Runs {
    /// Runs `work`, or waits for the run of somebody else and takes what it came to, if that
    /// serves.
    pub fn share(
        &self,
        serves: impl Fn(&Pair) -> bool,
        work: impl FnOnce() -> Result<Pair, Error>,
    ) -> Result<Pair, Error> {
        let mut state = lock(&self.state);
        while state.running {
            let before = state.count;
            state.waiting += 1;
            while state.count == before {
                state = self
                    .finished
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            state.waiting -= 1;
            let outcome = state.outcome.clone();
            if state.waiting == 0 {
                state.outcome = None; // Its snapshots hold space.
            }
            match outcome {
                Some(Ok(pair)) if serves(&pair) => return Ok(pair),
                Some(Err(error)) => return Err(Error::Job(error)),
                _ => {} // Too old, or something else: look again.
            }
        }
        let mut running = self.begin(state);
        match work() {
            Ok(pair) => {
                running.outcome = Some(Ok(pair.clone()));
                Ok(pair)
            }
            Err(error) => {
                let error = Arc::new(error);
                running.outcome = Some(Err(Arc::clone(&error)));
                Err(Error::Job(error))
            }
        }
    }

    /// Runs `work` when nobody else runs.
    pub fn alone<T>(&self, work: impl FnOnce() -> T) -> T {
        let mut state = lock(&self.state);
        while state.running {
            state = self
                .finished
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let _running = self.begin(state);
        work()
    }

    /// Runs `work` if nobody else runs, and returns nothing otherwise.
    pub fn alone_now<T>(&self, work: impl FnOnce() -> T) -> Option<T> {
        let state = lock(&self.state);
        if state.running {
            return None;
        }
        let _running = self.begin(state);
        Some(work())
    }

    fn begin(&self, mut state: MutexGuard<'_, RunState>) -> Running<'_> {
        state.running = true;
        Running {
            runs: self,
            outcome: None,
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.runs.state);
        state.running = false;
        state.count += 1;
        state.outcome = self.outcome.take().filter(|_| state.waiting > 0);
        self.runs.finished.notify_all();
    }
}

/// The committed state, as a view looks at it.
#[derive(Clone, Debug)]
pub(super) struct Now {
    pub snapshot: Snapshot,
    /// What was known before the snapshot was taken of when the index was current: whatever made
    /// it current is part of the snapshot.
    current_before: u64,
}

impl ViewIndex {
    /// Returns the state of now, in which documents and index may or may not belong together.
    pub(super) fn now(&self, data: &Data) -> Result<Now, Error> {
        if self.policy.is_eager() {
            self.ready(data)?;
        }
        let current_before = self.current_before.load(Ordering::Acquire);
        Ok(Now {
            snapshot: data.store.snapshot()?,
            current_before,
        })
    }

    /// Returns documents and index as they are, whether or not they belong together.
    pub fn as_it_is(&self, data: &Data) -> Result<Pair, Error> {
        Ok(Pair::of(self.now(data)?.snapshot))
    }

    /// Returns documents and index of one moment, not older than the call.
    pub fn up_to_date(&self, data: &Data) -> Result<Pair, Error> {
        let now = self.now(data)?;
        if self.policy.is_eager() || self.is_current(data, &now)? {
            return Ok(Pair::of(now.snapshot));
        }
        let needed = now.snapshot.sequence();
        drop(now);
        user_code::may_wait_for(&self.name)?;
        self.runs.share(
            |pair| pair.documents.sequence() >= needed,
            || {
                let pair = self.run(data, None).map_err(|error| self.explain(error))?;
                self.kept.replace(&pair, data);
                Ok(pair)
            },
        )
    }

    /// Has a background thread bring the view up to date, unless one is going to.
    pub fn update_later(self: &Arc<Self>, data: &Arc<Data>) {
        if self.is_queued.swap(true, Ordering::AcqRel) {
            return;
        }
        let (view, later) = (Arc::clone(self), Arc::clone(data));
        data.jobs.spawn(move || {
            // What changes from here on is for the next one to index.
            view.is_queued.store(false, Ordering::Release);
            if let Err(error) = view.up_to_date(&later) {
                tracing::warn!(view = %view.name, %error, "indexing failed");
            }
        });
    }

    /// Whether the index holds all that the documents emit.
    pub(super) fn is_current(&self, data: &Data, now: &Now) -> Result<bool, Error> {
        let snapshot = &now.snapshot;
        let after = snapshot.sequence().as_u64() + 1;
        if now.current_before == after {
            return Ok(true);
        }
        let Some(state) = self.state(snapshot, data.view_states.lazy)? else {
            return Ok(false);
        };
        if state.version != data.schematic.view_by_name(&self.name)?.version() {
            return Ok(false);
        }
        if state.scan_from.is_some() {
            return Ok(false);
        }
        let collection = data.collection(&self.name.collection)?;
        let is_current = !collection.changed_since(snapshot, &state.next_change)?;
        if is_current {
            self.current_before.fetch_max(after, Ordering::Release);
        }
        Ok(is_current)
    }

    /// Indexes all that is not indexed yet, in batches of their own so that writers get through.
    ///
    /// With `upkeep`, the last batch takes with it what it changes in the summary; whether that
    /// succeeds does not matter here.
    pub(super) fn run(&self, data: &Data, upkeep: Option<&Upkeep<'_>>) -> Result<Pair, Error> {
        let view = data.schematic.view_by_name(&self.name)?;
        let collection = data.collection(&self.name.collection)?;
        let table = data.view_states.lazy;
        self.tables()?;
        let mut building = Building::new(self, data)?;
        let mut may_be_new = true;
        loop {
            let snapshot = data.store.snapshot()?;
            let state = self
                .state(&snapshot, table)?
                .ok_or_else(|| Error::damaged(format!("the state of view `{}`", self.name)))?;
            if state.scan_from.is_some() {
                building.step(&snapshot, state)?;
                continue;
            }
            let since = state.next_change.clone();
            let batch = Batch::read(&snapshot, collection, state)?;
            if std::mem::take(&mut may_be_new)
                && let Some(state) = self.as_new(&snapshot, collection, &since, &batch)?
            {
                drop(batch);
                building.step(&snapshot, state)?;
                continue;
            }
            let batch_documents = batch.documents.len() as u64;
            let mapped = map_all(view, &self.name, batch.documents, data.parallelization)?;
            let next = batch.next.encode();
            let write = |plan: &mut Plan<'_>| {
                self.changes(plan)?.replace_all(plan, &mapped)?;
                plan.put(table, self.state_key.clone(), next.clone());
                Ok::<_, Error>(())
            };
            let with_summary = upkeep.filter(|_| batch.is_last).is_some_and(|upkeep| {
                let written = data.store.derive(|plan| {
                    write(plan)?;
                    upkeep.advance(plan)
                });
                written.is_ok()
            });
            if !with_summary {
                data.store.derive(write)?;
            }
            data.moved(batch_documents);
            if building.documents > 0 {
                building.documents += batch_documents;
                self.tell(data, building.documents, batch.is_last);
            }
            if batch.is_last {
                return Ok(Pair {
                    documents: snapshot,
                    index: data.store.snapshot()?,
                });
            }
        }
    }

    /// Says what is wrong where a query fails because nothing can be written.
    pub(super) fn explain(&self, error: Error) -> Error {
        match error {
            Error::Store(store::Error::ReadOnly) => Error::OutdatedView {
                view: self.name.clone(),
            },
            other => other,
        }
    }

    /// Tells how far the building of this view is.
    pub(super) fn tell(&self, data: &Data, documents: u64, is_complete: bool) {
        data.progress.tell(&IndexingProgress {
            database: data.name.clone(),
            view: self.name.clone(),
            documents,
            is_complete,
        });
    }

    /// Makes sure that a strict view holds what every document emits. Costs nothing after the
    /// first time.
    pub fn ready(&self, data: &Data) -> Result<(), Error> {
        match self.begin_building()? {
            Some(_building) => self.build(data).map_err(|error| self.explain(error)),
            None => Ok(()),
        }
    }

    /// Makes sure that documents can be removed from a strict view. One that documents break by
    /// the same key cannot be built; the answer keeps everybody from building it, since a removal
    /// is right only in an index that nobody adds to meanwhile.
    pub fn ready_for_removals(&self, data: &Data) -> Result<Option<MutexGuard<'_, ()>>, Error> {
        let Some(building) = self.begin_building()? else {
            return Ok(None);
        };
        match self.build(data) {
            Ok(()) => Ok(None),
            Err(Error::Core(core::Error::UniqueKeyViolation { .. })) => Ok(Some(building)),
            Err(error) => Err(self.explain(error)),
        }
    }

    /// Whether a strict view holds what every document emits.
    pub fn is_complete(&self) -> bool {
        self.complete.load(Ordering::Acquire)
    }

    /// Returns what keeps others from building, or nothing if the view is complete.
    fn begin_building(&self) -> Result<Option<MutexGuard<'_, ()>>, Error> {
        if self.is_complete() {
            return Ok(None);
        }
        user_code::may_wait_for(&self.name)?;
        let building = lock(&self.building);
        Ok((!self.is_complete()).then_some(building))
    }

    /// Builds a strict view, for one who keeps others from it.
    fn build(&self, data: &Data) -> Result<(), Error> {
        let mut building = Building::new(self, data)?;
        let table = data.view_states.strict;
        self.tables()?;
        loop {
            let snapshot = data.store.snapshot()?;
            let state = self
                .state(&snapshot, table)?
                .ok_or_else(|| Error::damaged(format!("the state of view `{}`", self.name)))?;
            if state.scan_from.is_none() {
                break;
            }
            building.step(&snapshot, state)?;
        }
        if building.documents > 0 {
            self.tell(data, building.documents, true);
        }
        self.complete.store(true, Ordering::Release);
        Ok(())
    }
}
