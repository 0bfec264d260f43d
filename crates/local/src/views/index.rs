//! The views of an open database: their tables, and which of them have to be begun anew.

use std::collections::{BTreeMap, HashSet};
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex};

use bonsaidb_core::schema::view::{self, ViewUpdatePolicy};
use bonsaidb_core::schema::{CollectionName, Schematic, ViewName};
use bonsaidb_store::{self as store, Direction, Read, Snapshot, TableId};

use crate::Error;
use crate::documents::Collection;
use crate::views::State;
use crate::views::entry::Layout;
use crate::views::pairs::Kept;
use crate::views::update::Runs;

const ENTRIES_PREFIX: &str = "entries/";
const EMITTED_PREFIX: &str = "emitted/";
const SUMMARY_PREFIX: &str = "summary/";
const TOUCHED_PREFIX: &str = "touched/";
const PREFIXES: [&str; 4] = [
    ENTRIES_PREFIX,
    EMITTED_PREFIX,
    SUMMARY_PREFIX,
    TOUCHED_PREFIX,
];

/// The index of one view.
#[derive(Debug)]
pub(crate) struct ViewIndex {
    pub name: ViewName,
    pub policy: ViewUpdatePolicy,
    pub layout: Layout,
    /// Whether its collection has to be encrypted.
    pub is_encrypted: bool,
    /// The key of its state.
    pub(super) state_key: Vec<u8>,
    /// None in a read-only storage whose index is not the one this schema wants.
    tables: Option<Tables>,
    /// The sequence after the last one at which the index is known to have been current, or 0.
    pub(super) current_before: AtomicU64,
    /// Indexing runs of a lazy view, and whatever changes the summary of any.
    pub(super) runs: Runs,
    /// The last pair of a lazy view, if it is wanted.
    pub(super) kept: Kept,
    /// Held while a strict view is built.
    pub(super) building: Mutex<()>,
    /// Set while a run waits for a background thread.
    pub(super) is_queued: AtomicBool,
    /// Set once every document is in a strict view.
    pub(super) complete: AtomicBool,
    /// Set once it was said that reduced values are too long to be stored.
    pub(super) warned_of_long_results: AtomicBool,
    /// About how many entries were noted as touched since they were counted last.
    pub(super) noted: AtomicU64,
}

/// The tables of one view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tables {
    pub entries: TableId,
    pub emitted: TableId,
    /// Partial reductions of the entries; always derived.
    pub summary: TableId,
    /// The entries that changed since the summary took them in.
    pub touched: TableId,
}

impl Tables {
    pub fn all(self) -> [TableId; 4] {
        [self.entries, self.emitted, self.summary, self.touched]
    }
}

impl ViewIndex {
    fn new(view: &dyn view::Serialized, is_encrypted: bool, tables: Option<Tables>) -> Self {
        let policy = view.update_policy();
        let name = view.view_name();
        Self {
            state_key: State::key(&name),
            name,
            policy,
            layout: if policy == ViewUpdatePolicy::Unique {
                Layout::Unique
            } else {
                Layout::Shared
            },
            is_encrypted,
            tables,
            current_before: AtomicU64::new(0),
            runs: Runs::default(),
            kept: Kept::default(),
            building: Mutex::default(),
            is_queued: AtomicBool::new(false),
            complete: AtomicBool::new(false),
            warned_of_long_results: AtomicBool::new(false),
            noted: AtomicU64::new(0),
        }
    }

    /// Reads the state from the table of lazy or of strict views.
    pub fn state(&self, reader: &impl Read, states: TableId) -> Result<Option<State>, Error> {
        State::read(reader, states, &self.state_key)
    }

    pub fn tables(&self) -> Result<Tables, Error> {
        self.tables.ok_or(Error::Store(store::Error::ReadOnly))
    }
}

/// Where the states of views are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ViewTables {
    pub lazy: TableId,
    pub strict: TableId,
}

impl ViewTables {
    pub fn of(self, policy: ViewUpdatePolicy) -> TableId {
        if policy.is_eager() {
            self.strict
        } else {
            self.lazy
        }
    }
}

/// Finds the views of `schematic`, begins those anew whose version or policy changed, and drops
/// the tables of those that are no more.
pub(crate) fn open_all(
    database: &store::Database,
    schematic: &Schematic,
    collections: &BTreeMap<CollectionName, Collection>,
    states: ViewTables,
    read_only: bool,
) -> Result<BTreeMap<ViewName, Arc<ViewIndex>>, Error> {
    let snapshot = database.snapshot()?;
    let mut views = BTreeMap::new();
    let mut fresh = Vec::new();
    for view in schematic.views() {
        let name = view.view_name();
        let Some(collection) = collections.get(&name.collection) else {
            continue; // Its collection is not part of the schema.
        };
        let stored = State::read(
            &snapshot,
            states.of(view.update_policy()),
            &State::key(&name),
        )?;
        let same = stored.as_ref().is_some_and(|state| {
            state.version == view.version() && state.policy == view.update_policy()
        });
        let state = match stored {
            Some(state) if same => Some(state),
            _ if read_only => None,
            stored => {
                let state = begin_anew(database, &snapshot, view, stored.as_ref(), collection)?;
                fresh.push((name.clone(), state.clone()));
                Some(state)
            }
        };
        let tables = state.map(|state| state.tables);
        let index = ViewIndex::new(view, collection.is_encrypted, tables);
        views.insert(name, Arc::new(index));
    }
    if !read_only {
        write_states(database, &snapshot, states, &views, &fresh)?;
        drop_unused_tables(database, &views)?;
    }
    Ok(views)
}

/// The state of an index without entries, in tables of its own.
fn begin_anew(
    database: &store::Database,
    snapshot: &Snapshot,
    view: &dyn view::Serialized,
    before: Option<&State>,
    collection: &Collection,
) -> Result<State, Error> {
    let name = view.view_name();
    let mut generation = before.map_or(0, |state| state.generation.wrapping_add(1));
    // Tables of this name may belong to another policy's state, which is replaced with this.
    let is_taken = |generation| {
        for prefix in PREFIXES {
            let name = table_name(prefix, &name, generation);
            if database.find_table(&name)?.is_some() {
                return Ok::<_, Error>(true);
            }
        }
        Ok(false)
    };
    while is_taken(generation)? {
        generation = generation.wrapping_add(1);
    }
    let table = |prefix| database.table(&table_name(prefix, &name, generation));
    let all = (Bound::Unbounded, Bound::Unbounded);
    let has_documents = snapshot
        .range(collection.documents, all, Direction::Ascending)
        .map_or_else(missing_is_empty, |mut entries| {
            entries.next().transpose().map(|entry| entry.is_some())
        })?;
    Ok(State {
        version: view.version(),
        policy: view.update_policy(),
        generation,
        tables: Tables {
            entries: table(ENTRIES_PREFIX)?,
            emitted: table(EMITTED_PREFIX)?,
            summary: table(SUMMARY_PREFIX)?,
            touched: table(TOUCHED_PREFIX)?,
        },
        scan_from: has_documents.then(Vec::new),
        next_change: State::change_after(snapshot.sequence()),
    })
}

/// A table that was made after the snapshot is empty in it.
fn missing_is_empty(error: store::Error) -> Result<bool, store::Error> {
    match error {
        store::Error::TableMissing { .. } => Ok(false),
        error => Err(error),
    }
}

fn table_name(prefix: &str, view: &ViewName, generation: u32) -> String {
    format!("{prefix}{view:#}/{generation}")
}

/// Stores the states of views begun anew, and removes those of views that are no more.
fn write_states(
    database: &store::Database,
    snapshot: &Snapshot,
    states: ViewTables,
    views: &BTreeMap<ViewName, Arc<ViewIndex>>,
    fresh: &[(ViewName, State)],
) -> Result<(), Error> {
    for strict in [false, true] {
        let of_kind = |policy: ViewUpdatePolicy| policy.is_eager() == strict;
        let table = if strict { states.strict } else { states.lazy };
        let wanted = views
            .values()
            .filter(|view| of_kind(view.policy))
            .map(|view| view.state_key.clone())
            .collect::<HashSet<_>>();
        let mut stale = Vec::new();
        let all = (Bound::Unbounded, Bound::Unbounded);
        for entry in snapshot.range(table, all, Direction::Ascending)? {
            let (key, _) = entry?;
            if !wanted.contains(&key) {
                stale.push(key);
            }
        }
        let fresh = fresh.iter().filter(|(_, state)| of_kind(state.policy));
        let fresh = fresh.collect::<Vec<_>>();
        if stale.is_empty() && fresh.is_empty() {
            continue;
        }
        let write = |plan: &mut store::Plan<'_>| {
            for key in &stale {
                plan.delete(table, key.clone());
            }
            for (name, state) in &fresh {
                plan.put(table, State::key(name), state.encode());
            }
            Ok::<_, Error>(())
        };
        if strict {
            database.transact(write)?;
        } else {
            database.derive(write)?;
        }
    }
    Ok(())
}

/// Drops the tables that no view has any more: of removed views, of former versions, and what a
/// crash left between making tables and storing a state.
fn drop_unused_tables(
    database: &store::Database,
    views: &BTreeMap<ViewName, Arc<ViewIndex>>,
) -> Result<(), Error> {
    let used = views
        .values()
        .filter_map(|view| view.tables)
        .flat_map(Tables::all)
        .collect::<HashSet<_>>();
    for (name, table) in database.tables()? {
        let of_a_view = PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        if of_a_view && !used.contains(&table) {
            database.drop_table(table)?;
        }
    }
    Ok(())
}
