//! Writing memtables to the file of their database, in the background.
//!
//! A checkpoint is one redb transaction: the rows of the frozen memtable and how far they go. When
//! it is durable, readers get the rows in its place, and the log is told. There is nothing that a
//! crash could leave half done.
//!
//! Invariants:
//! 1. Whoever writes to the file holds `maintenance` of its database.
//! 2. A frozen memtable has somebody on the way to write it, or the pipeline is poisoned.

use std::sync::{Arc, Mutex, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::database::Inner;
use crate::error::Error;
use crate::load::applied_rows;
use crate::memtable::Memtable;
use crate::published::{Frozen, Stored};
use crate::sync::lock;

/// How long the thread waits for others to let go of a memtable that it has written.
const RELEASE_ATTEMPTS: u32 = 50;
const RELEASE_PAUSE: Duration = Duration::from_millis(1);

/// The thread that checkpoints one database, while there is something to write.
#[derive(Debug)]
pub(crate) struct Checkpointer {
    database: Weak<Inner>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Whether something was frozen since the thread last looked.
    requested: bool,
    running: bool,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    pub(crate) fn new(database: Weak<Inner>) -> Self {
        Self {
            database,
            state: Mutex::default(),
        }
    }

    /// Checkpoints in the background. Returns whether there is a thread to do it.
    pub(crate) fn start(&self) -> bool {
        let Some(inner) = self.database.upgrade() else {
            return false;
        };
        if inner.read_only {
            return true;
        }
        let mut state = lock(&self.state);
        state.requested = true;
        if state.running {
            return true;
        }
        let thread = thread::Builder::new()
            .name("bonsaidb-checkpoint".to_owned())
            .spawn(move || checkpoint_requested(&inner));
        if let Ok(thread) = thread {
            state.running = true;
            state.thread = Some(thread);
        }
        state.running
    }

    /// Waits for the thread.
    pub(crate) fn join(&self) {
        let thread = lock(&self.state).thread.take();
        if let Some(thread) = thread {
            // What went wrong in there, the pipeline knows.
            let _ = thread.join();
        }
    }
}

fn checkpoint_requested(inner: &Inner) {
    loop {
        {
            let mut state = lock(&inner.checkpointer.state);
            if !state.requested {
                state.running = false;
                return;
            }
            state.requested = false;
        }
        // A failure poisons the pipeline, and those who write report it.
        while let Ok(Some(written)) = step(inner) {
            release(written);
        }
    }
}

/// Frees a memtable here rather than in a thread of a user, who happens to be the last to look at
/// it: that would take as long as many commits. Whoever goes on looking pays for it all the same.
#[allow(clippy::needless_pass_by_value)] // it is dropped here
fn release(written: Arc<Memtable>) {
    for _ in 0..RELEASE_ATTEMPTS {
        if Arc::strong_count(&written) == 1 {
            break;
        }
        thread::sleep(RELEASE_PAUSE);
    }
}

/// Writes what is frozen, and returns that, if there was something.
pub(crate) fn step(inner: &Inner) -> Result<Option<Arc<Memtable>>, Error> {
    let _maintenance = lock(&inner.maintenance);
    step_with(inner, |_| Ok(()))
}

/// Writes everything committed before this is called.
pub(crate) fn flush(inner: &Inner) -> Result<(), Error> {
    let _maintenance = lock(&inner.maintenance);
    flush_locked(inner)
}

/// Writes everything committed before this is called, for one who holds `maintenance`.
pub(crate) fn flush_locked(inner: &Inner) -> Result<(), Error> {
    while step_with(inner, |_| Ok(()))?.is_some() {}
    if inner.pipeline.freeze() {
        step_with(inner, |_| Ok(()))?;
    }
    Ok(())
}

/// Writes what is frozen, for one who holds `maintenance`; `also` is called when it is written and
/// before readers and the log hear of it.
pub(crate) fn step_with(
    inner: &Inner,
    also: impl FnOnce(&Frozen) -> Result<(), Error>,
) -> Result<Option<Arc<Memtable>>, Error> {
    let published = inner.pipeline.last_published();
    let Some(frozen) = &published.frozen else {
        return Ok(None);
    };
    if inner.read_only || inner.pipeline.is_deleted() {
        return Ok(None);
    }
    let engine = &published.stored.engine;
    let applied = applied_rows(inner.stream, frozen.index, frozen.sequence);
    let rows = engine
        .write_memtable(&frozen.memtable, |_| true, &applied)
        .map_err(|error| inner.poison(error))?;
    also(frozen)?;
    let stored = Stored::new(rows, Arc::clone(engine), frozen.sequence, frozen.index);
    inner.pipeline.checkpointed(stored);
    if let Some((log, stream)) = inner.pipeline.log() {
        log.advance(*stream, frozen.index);
    }
    // The next one may have been frozen meanwhile.
    inner.start_due_checkpoint();
    Ok(Some(Arc::clone(&frozen.memtable)))
}
