//! How a storage is opened.

mod builder;
mod progress;

use std::collections::HashMap;
use std::fmt::{self, Debug};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bonsaidb_core::permissions::Permissions;
use bonsaidb_core::schema::{Schema, SchemaName, Schematic};
use bonsaidb_store::Folder;
pub use builder::Builder;
pub use progress::IndexingProgress;
pub(crate) use progress::ProgressListener;

use crate::Error;

/// How a storage is opened. Built with the methods of [`Builder`].
///
/// ```
/// # fn main() -> Result<(), bonsaidb_local::Error> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("notes.bonsaidb");
/// use bonsaidb_core::schema::{Collection, SerializedCollection};
/// use bonsaidb_local::Database;
/// use bonsaidb_local::config::{Builder, StorageConfiguration};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, Serialize, Deserialize, Collection)]
/// #[collection(name = "notes")]
/// struct Note {
///     text: String,
/// }
///
/// // On disk, with a listener for views that are new or have changed.
/// let configuration = StorageConfiguration::new(&path)
///     .cache_bytes(64 << 20)
///     .on_indexing_progress(|progress| println!("{progress:?}"));
/// let db = Database::open::<Note>(configuration)?;
/// Note { text: "Water the tree".to_owned() }.push_into(&db)?;
/// drop(db);
///
/// // Read-only, as from a medium that cannot be written.
/// let db = Database::open::<Note>(StorageConfiguration::new(&path).read_only())?;
/// assert_eq!(Note::all(&db).count()?, 1);
/// let refused = Note { text: "Not this one".to_owned() }.push_into(&db);
/// assert!(refused.is_err());
/// drop(db);
///
/// // In memory: the data is gone with the last handle.
/// let db = Database::open::<Note>(StorageConfiguration::new(&path).memory_only())?;
/// assert_eq!(Note::all(&db).count()?, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct StorageConfiguration {
    /// The folder of the storage, created if needed. `db.bonsaidb` in the working directory
    /// without.
    pub path: Option<PathBuf>,
    /// Keeps all data in memory, gone with the last handle. The folder and its id are still made
    /// on disk. Off unless set.
    pub memory_only: bool,
    /// Opens without writing a byte, and refuses all writes. Off unless set.
    pub read_only: bool,
    /// The id of the storage; a random one without.
    pub unique_id: Option<u64>,
    /// How long to wait for another process, or another handle, to close the storage. 5 seconds
    /// unless set.
    pub lock_wait: Duration,
    /// The memory that each open database may use for caching. 128 MiB unless set, of which only
    /// what is needed is taken.
    pub cache_bytes: usize,
    /// The memory that each open database may use for what is in the log and not yet in its own
    /// file. 128 MiB unless set. Writers wait when it is full, and opening after a crash takes
    /// longer the larger it is.
    pub memtable_bytes: usize,
    /// The greatest length of a file of the log. 64 MiB unless set.
    pub log_segment_bytes: usize,
    /// How much works in the background.
    pub workers: Tasks,
    /// How views are kept.
    pub views: Views,
    /// How many executed transactions can be listed, at least: older ones are trimmed in the
    /// background, many at a time. 1,000,000 unless set.
    pub transactions_kept: u64,
    /// What every authenticated session may do besides what its identity may.
    pub authenticated_permissions: Permissions,
    pub(crate) schemas: HashMap<SchemaName, Arc<Schematic>>,
    pub(crate) progress: ProgressListener,
    /// Where the data lives instead of the folder; for tests of what a disk may do.
    pub(crate) folder: Option<Arc<dyn Folder>>,
}

impl StorageConfiguration {
    /// Keeps all data in `folder`, which may be a disk that fails.
    #[doc(hidden)]
    #[must_use]
    pub fn on_folder(mut self, folder: Arc<dyn Folder>) -> Self {
        self.folder = Some(folder);
        self
    }

    /// Sets [`memtable_bytes`](Self::memtable_bytes).
    #[must_use]
    pub fn memtable_bytes(mut self, bytes: usize) -> Self {
        self.memtable_bytes = bytes;
        self
    }

    /// Sets [`log_segment_bytes`](Self::log_segment_bytes).
    #[must_use]
    pub fn log_segment_bytes(mut self, bytes: usize) -> Self {
        self.log_segment_bytes = bytes;
        self
    }

    /// Registers the schema `S`; one of the same name is replaced.
    ///
    /// # Errors
    ///
    /// [`Error::Core`] if the schema defines a collection or view twice.
    pub fn register_schema<S: Schema>(&mut self) -> Result<(), Error> {
        let schematic = S::schematic()?;
        self.schemas
            .insert(schematic.name.clone(), Arc::new(schematic));
        Ok(())
    }
}

impl Default for StorageConfiguration {
    fn default() -> Self {
        Self {
            path: None,
            memory_only: false,
            read_only: false,
            unique_id: None,
            lock_wait: Duration::from_secs(5),
            cache_bytes: 128 << 20,
            memtable_bytes: 128 << 20,
            log_segment_bytes: 64 << 20,
            workers: Tasks::for_this_machine(),
            views: Views::default(),
            transactions_kept: 1_000_000,
            authenticated_permissions: Permissions::default(),
            schemas: HashMap::new(),
            progress: ProgressListener::default(),
            folder: None,
        }
    }
}

impl Debug for StorageConfiguration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StorageConfiguration")
            .field("path", &self.path)
            .field("memory_only", &self.memory_only)
            .field("read_only", &self.read_only)
            .field("schemas", &self.schemas.keys())
            .finish_non_exhaustive()
    }
}

/// How much works in the background.
#[derive(Clone, Debug)]
pub struct Tasks {
    /// The number of background threads.
    pub worker_count: usize,
    /// The number of threads one indexing run maps documents on.
    pub parallelization: usize,
}

impl Tasks {
    fn for_this_machine() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            worker_count: cores * 2,
            parallelization: cores,
        }
    }
}

/// How views are kept.
#[derive(Clone, Debug, Default)]
pub struct Views {
    /// Checks all views of a database in the background when it is opened. Off unless set.
    pub check_integrity_on_open: bool,
}
