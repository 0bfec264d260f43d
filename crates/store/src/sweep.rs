//! Removing the rows of dropped tables, a few at a time, beside everything else.
//!
//! That a table is dropped is one record; this is what makes its space free. It is started by
//! dropping, and by opening a database in which it had not ended. Nobody waits for it to be
//! durable: what a crash takes back is done again.

use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use crate::database::Inner;
use crate::error::Error;
use crate::ids::TableId;
use crate::pipeline::{Admission, Draft, Kind};
use crate::sync::lock;
use crate::writes::{Effect, Writes};

/// How many rows are removed at once.
const STEP_ROWS: usize = 1_000;

/// The thread that sweeps one database, while there is something to sweep.
#[derive(Debug, Default)]
pub(crate) struct Sweeper(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Whether something was dropped since the thread last looked.
    requested: bool,
    running: bool,
    thread: Option<JoinHandle<()>>,
}

impl Sweeper {
    /// Sweeps in the background. Without a thread to be had, the next opening sweeps.
    pub(crate) fn start(inner: &Arc<Inner>) {
        let mut state = lock(&inner.sweeper.0);
        state.requested = true;
        if state.running {
            return;
        }
        let swept = Arc::clone(inner);
        let thread = thread::Builder::new()
            .name("bonsaidb-sweep".to_owned())
            .spawn(move || sweep_requested(&swept));
        if let Ok(thread) = thread {
            state.running = true;
            state.thread = Some(thread);
        }
    }

    /// Waits for the thread. The pipeline must have been stopped, or this may take long.
    pub(crate) fn join(&self) {
        let thread = lock(&self.0).thread.take();
        if let Some(thread) = thread {
            // What went wrong in there concerns nobody: sweeping is resumed on opening.
            let _ = thread.join();
        }
    }
}

fn sweep_requested(inner: &Inner) {
    loop {
        {
            let mut state = lock(&inner.sweeper.0);
            if !state.requested {
                state.running = false;
                return;
            }
            state.requested = false;
        }
        // The errors are those that concern every write, and those who write report them. When the
        // disk was full, the next table that is dropped, or an opening, begins again.
        let _ = sweep(inner);
    }
}

/// Removes the rows of all dropped tables.
pub(crate) fn sweep(inner: &Inner) -> Result<(), Error> {
    let mut swept = None;
    while step(inner, &mut swept)? {}
    Ok(())
}

/// Removes some rows of one dropped table, those after the last one `swept`: nobody writes to such
/// a table any more. Returns whether there may be more to do.
fn step(inner: &Inner, swept: &mut Option<(TableId, Vec<u8>)>) -> Result<bool, Error> {
    inner.make_room()?;
    let published = inner.published()?;
    let Some(table) = published.catalog.first_dropped() else {
        return Ok(false);
    };
    let after = match swept {
        Some((of, key)) if *of == table => Some(key.as_slice()),
        _ => None,
    };
    let keys = published.row_keys(table, after, STEP_ROWS)?;
    let is_last = keys.len() < STEP_ROWS;
    let last = keys.last().map(|key| (table, key.clone()));
    let mut writes = Writes::default();
    for key in keys {
        writes.set(table, key, Effect::Delete);
    }
    let section = inner.pipeline.section();
    let head = inner.pipeline.head()?;
    if !head.catalog().was_dropped(table) {
        return Ok(true);
    }
    let catalog = is_last.then(|| head.catalog().swept(table, &mut writes));
    let draft = Draft::internal(Kind::Swept, writes, catalog);
    let admission = section.admit(draft, &head.tail)?;
    drop(section);
    match admission {
        Admission::Admitted(ticket) => inner.finish(&ticket)?,
        // Something that was queued is undone.
        Admission::Conflict => return Ok(true),
        Admission::Nothing(_) | Admission::Refused(..) => {}
    }
    *swept = last;
    Ok(true)
}
