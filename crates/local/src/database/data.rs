//! What all handles of a database share: its tables and views.

use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Debug};
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bonsaidb_core as core;
use bonsaidb_core::schema::{CollectionName, Schematic, ViewName};
use bonsaidb_store::{self as store, Direction, Read, TableId};

use crate::Error;
use crate::config::ProgressListener;
use crate::documents::{ABSENT, Collection, META_TABLE};
use crate::jobs::Jobs;
use crate::transactions::TRANSACTIONS_TABLE;
use crate::views::{self, LAZY_VIEWS_TABLE, STRICT_VIEWS_TABLE, State, ViewIndex, ViewTables};

/// After how many changed documents old records are trimmed.
const TRIM_EVERY: u64 = 16_384;
/// After how many documents written or indexed it is looked for what views need not keep.
const MOVES_STEP: u64 = 1_024;
/// How many records one trimming transaction removes.
const TRIM_BATCH: usize = 8_192;

/// An open database.
pub(crate) struct Data {
    pub name: String,
    pub schematic: Arc<Schematic>,
    pub store: store::Database,
    pub jobs: Arc<Jobs>,
    /// One-row records: the greatest ids.
    pub meta: TableId,
    /// Sequence -> record of an executed transaction.
    pub transactions: TableId,
    pub view_states: ViewTables,
    /// How many threads map documents in one run.
    pub parallelization: usize,
    pub progress: ProgressListener,
    transactions_kept: u64,
    collections: BTreeMap<CollectionName, Collection>,
    views: BTreeMap<ViewName, Arc<ViewIndex>>,
    /// Those collections alone that have any.
    strict: BTreeMap<CollectionName, Vec<Arc<ViewIndex>>>,
    changed_documents: AtomicU64,
    /// How many documents were written or indexed.
    moves: AtomicU64,
}

/// What an open database takes from its storage.
pub(crate) struct DataOptions {
    pub jobs: Arc<Jobs>,
    pub parallelization: usize,
    pub transactions_kept: u64,
    pub progress: ProgressListener,
    pub read_only: bool,
}

impl Data {
    pub fn open(
        name: &str,
        schematic: Arc<Schematic>,
        store: store::Database,
        options: DataOptions,
    ) -> Result<Self, Error> {
        let table = |name: &str| {
            if options.read_only {
                return Ok(store.find_table(name)?.unwrap_or(ABSENT));
            }
            store.table(name)
        };
        let meta = table(META_TABLE)?;
        let transactions = table(TRANSACTIONS_TABLE)?;
        let view_states = ViewTables {
            lazy: table(LAZY_VIEWS_TABLE)?,
            strict: table(STRICT_VIEWS_TABLE)?,
        };
        let collections = schematic
            .collections()
            .map(|name| Ok((name.clone(), Collection::open(name, &schematic, table)?)))
            .collect::<Result<BTreeMap<_, _>, Error>>()?;
        let views = views::open_all(
            &store,
            &schematic,
            &collections,
            view_states,
            options.read_only,
        )?;
        let strict = schematic
            .collections()
            .map(|name| {
                let views = schematic
                    .eager_views_in_collection(name)
                    .filter_map(|view| views.get(&view.view_name()).cloned());
                (name.clone(), views.collect::<Vec<_>>())
            })
            .filter(|(_, views)| !views.is_empty())
            .collect();
        Ok(Self {
            name: name.to_owned(),
            schematic,
            store,
            jobs: options.jobs,
            meta,
            transactions,
            view_states,
            parallelization: options.parallelization.max(1),
            progress: options.progress,
            transactions_kept: options.transactions_kept,
            collections,
            views,
            strict,
            // The first change trims what was left by programs that did not run for long.
            changed_documents: AtomicU64::new(TRIM_EVERY - 1),
            moves: AtomicU64::new(0),
        })
    }

    pub fn collection(&self, name: &CollectionName) -> Result<&Collection, Error> {
        let collection = self
            .collections
            .get(name)
            .ok_or(Error::Core(core::Error::CollectionNotFound))?;
        // Rather nothing at all than in the clear what was to be kept secret.
        if collection.is_encrypted {
            return Err(Error::EncryptionDisabled);
        }
        Ok(collection)
    }

    pub fn collection_count(&self) -> usize {
        self.collections.len()
    }

    pub fn view(&self, name: &ViewName) -> Result<&Arc<ViewIndex>, Error> {
        let view = self
            .views
            .get(name)
            .ok_or(Error::Core(core::Error::ViewNotFound))?;
        if view.is_encrypted {
            return Err(Error::EncryptionDisabled);
        }
        Ok(view)
    }

    pub fn views(&self) -> impl Iterator<Item = &Arc<ViewIndex>> {
        self.views.values()
    }

    /// The eager and unique views of a collection.
    pub fn strict_views(&self, collection: &CollectionName) -> &[Arc<ViewIndex>] {
        self.strict.get(collection).map_or(&[], Vec::as_slice)
    }

    /// Collections by the number of their document tables.
    pub fn collections_by_table(&self) -> Result<HashMap<TableId, CollectionName>, Error> {
        let prefix = "documents/";
        Ok(self
            .store
            .tables()?
            .into_iter()
            .filter_map(|(name, table)| {
                let name = name.strip_prefix(prefix)?.parse().ok()?;
                Some((table, name))
            })
            .collect())
    }

    /// How many documents were written or indexed.
    pub fn moves(&self) -> u64 {
        self.moves.load(Ordering::Relaxed)
    }

    /// Takes note of documents that were written or indexed, and lets go of pairs that are too
    /// far behind.
    pub fn moved(&self, documents: u64) {
        let before = self.moves.fetch_add(documents, Ordering::Relaxed);
        let now = before + documents;
        if before / MOVES_STEP != now / MOVES_STEP {
            for view in self.views.values() {
                view.let_go_before(now.saturating_sub(views::CHANGES_MAX));
            }
        }
    }

    /// Lets go of the pairs that views keep, until they make others.
    pub fn let_go(&self) {
        for view in self.views.values() {
            view.let_go_before(u64::MAX);
        }
    }

    /// Lets go of the pairs that views keep, for good.
    pub fn close(&self) {
        for view in self.views.values() {
            view.close();
        }
    }

    /// Takes note of changed documents; now and then, what is not needed any more is trimmed in
    /// the background.
    pub fn changed(self: &Arc<Self>, documents: u64) {
        self.moved(documents);
        let before = self
            .changed_documents
            .fetch_add(documents, Ordering::Relaxed);
        if before / TRIM_EVERY != (before + documents) / TRIM_EVERY {
            let data = Arc::clone(self);
            self.jobs.spawn(move || {
                if let Err(error) = data.trim() {
                    tracing::warn!(database = %data.name, %error, "trimming failed");
                }
            });
        }
    }

    /// Removes changes that every lazy view has seen, what summaries of views do not need any
    /// more, and executed transactions over the number to keep.
    pub fn trim(&self) -> Result<(), Error> {
        let snapshot = self.store.snapshot()?;
        for collection in self.collections.values() {
            let mut needed = State::change_after(snapshot.sequence());
            let lazy = self
                .views
                .values()
                .filter(|view| !view.policy.is_eager() && view.name.collection == collection.name);
            for view in lazy {
                if let Some(state) = view.state(&snapshot, self.view_states.lazy)? {
                    needed = needed.min(state.next_change);
                }
            }
            self.trim_before(collection.changes, &needed)?;
        }
        for view in self.views.values() {
            view.trim_summary(self)?;
        }
        let oldest = (snapshot.sequence().as_u64() + 1).saturating_sub(self.transactions_kept);
        self.trim_before(self.transactions, &oldest.to_be_bytes())
    }

    fn trim_before(&self, table: TableId, end: &[u8]) -> Result<(), Error> {
        loop {
            let snapshot = self.store.snapshot()?;
            let range = (Bound::Unbounded, Bound::Excluded(end));
            let keys = snapshot
                .range(table, range, Direction::Ascending)?
                .take(TRIM_BATCH)
                .map(|entry| entry.map(|(key, _)| key))
                .collect::<Result<Vec<_>, _>>()?;
            if keys.is_empty() {
                return Ok(());
            }
            self.store.transact(|plan| {
                for key in &keys {
                    plan.delete(table, key.clone());
                }
                Ok::<_, Error>(())
            })?;
        }
    }
}

impl Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Data")
            .field("name", &self.name)
            .field("schematic", &self.schematic)
            .finish_non_exhaustive()
    }
}
