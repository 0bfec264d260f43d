//! A folder of databases: opening, creating, deleting and closing them.
//!
//! Invariants:
//! 1. There is at most one open [`Inner`] for each name.
//! 2. The lock is released after every file is closed.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};

use crate::checkpoint::Checkpointer;
use crate::database::{Database, Inner};
use crate::error::Error;
use crate::files::{DATA_FILE, Files, io_error};
use crate::folder::{Folder, parent};
use crate::load::load;
use crate::lock::Lock;
use crate::log::{LOG_FOLDER, Log};
use crate::options::Options;
use crate::pipeline::{Limits, Pipeline, Stop};
use crate::sweep::Sweeper;
use crate::sync::lock;

/// Databases in one folder. Cloning a store is cheap, and clones are the same store.
///
/// It is closed when the last of the store, its databases and their snapshots is dropped; then
/// errors cannot be reported, so prefer [`close`](Self::close).
#[derive(Clone, Debug)]
pub struct Store {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    folder: Arc<dyn Folder>,
    options: Options,
    /// None where nothing is durable anyway.
    log: Option<Arc<Log>>,
    databases: Mutex<BTreeMap<String, Arc<Slot>>>,
    is_closed: AtomicBool,
    lock: Mutex<Option<Lock>>,
}

/// The place of one database, locked while it is opened or deleted.
type Slot = Mutex<Option<Arc<Inner>>>;

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("folder", &self.folder)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the store in `folder`. Databases are opened when they are asked for, except after a
    /// crash: then those that are in the log are, which takes time for what is in it.
    ///
    /// Nothing here keeps others from opening the same folder: put a [`Lock`] into the options.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the folder cannot be created or the log cannot be read,
    /// [`Error::NewerFormat`] or [`Error::Corrupted`].
    pub fn open(folder: Arc<dyn Folder>, mut options: Options) -> Result<Self, Error> {
        if !options.read_only {
            folder
                .create_folder("")
                .map_err(|source| io_error(&*folder, "create", "", source))?;
        }
        let log = if folder.is_durable() {
            let log = Log::open(&folder, options.log_segment_bytes, options.group_bytes_max)?;
            Some(Arc::new(log))
        } else {
            None
        };
        let lock = Mutex::new(options.lock.take());
        let store = Self {
            shared: Arc::new(Shared {
                folder,
                options,
                log,
                databases: Mutex::new(BTreeMap::new()),
                is_closed: AtomicBool::new(false),
                lock,
            }),
        };
        store.recover()?;
        Ok(store)
    }

    /// After a crash, opens the databases that are in the log, so that it does not wait for ever
    /// for one that nobody asks for. What goes wrong with one is reported when it is asked for.
    fn recover(&self) -> Result<(), Error> {
        let Some(log) = &self.shared.log else {
            return Ok(());
        };
        if self.shared.options.read_only || !log.has_found() {
            return Ok(());
        }
        for name in log.found_names() {
            if check_name(&name).is_ok() && self.database_exists(&name)? {
                let _ = self.database(&name);
            }
        }
        if !log.has_found() {
            return Ok(());
        }
        // What is left is of databases that were deleted, or whose folders have other names now.
        let folder = &self.shared.folder;
        let names = folder
            .list("")
            .map_err(|source| io_error(&**folder, "list", "", source))?;
        let mut all_are_open = true;
        for name in names.iter().filter(|name| check_name(name).is_ok()) {
            all_are_open &= match self.database_exists(name) {
                Ok(true) => self.database(name).is_ok(),
                Ok(false) => true,
                Err(_) => false,
            };
        }
        if all_are_open {
            log.all_are_open();
        }
        Ok(())
    }

    /// Opens the database of this name, or creates it. Opening one that is open already costs
    /// nothing; opening one after a crash takes time for reading what is alive in it.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`], [`Error::InvalidName`], [`Error::DatabaseNotFound`] in a read-only
    /// store, [`Error::NewerFormat`], [`Error::Corrupted`] or [`Error::Io`].
    pub fn database(&self, name: &str) -> Result<Database, Error> {
        let slot = self.shared.slot(name)?;
        let mut slot = lock(&slot);
        // Close waits for this slot, so either it sees what is opened here or this sees it.
        self.shared.check_open()?;
        if slot.is_none() {
            *slot = Some(self.shared.open_database(name)?);
        }
        match &*slot {
            Some(inner) => Ok(Database::new(Arc::clone(inner), Arc::clone(&self.shared))),
            None => unreachable!("it was just filled"),
        }
    }

    /// Returns whether there is a database of this name.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`], [`Error::InvalidName`] or [`Error::Io`].
    pub fn database_exists(&self, name: &str) -> Result<bool, Error> {
        self.shared.check_open()?;
        check_name(name)?;
        self.shared.exists(&format!("{name}/{DATA_FILE}"))
    }

    /// Deletes a database with everything in its folder. Handles that are open answer with
    /// [`Error::DatabaseDeleted`] from here on.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`], [`Error::ReadOnly`], [`Error::InvalidName`], [`Error::DatabaseNotFound`]
    /// or [`Error::Io`].
    pub fn delete_database(&self, name: &str) -> Result<(), Error> {
        let slot = self.shared.slot(name)?;
        let mut slot = lock(&slot);
        self.shared.check_open()?;
        if self.shared.options.read_only {
            return Err(Error::ReadOnly);
        }
        let data = format!("{name}/{DATA_FILE}");
        if !self.shared.exists(&data)? {
            return Err(Error::DatabaseNotFound(name.to_owned()));
        }
        let stream = slot.take().map(|inner| {
            // Whatever goes wrong in a database that is to be deleted is of no interest.
            let _ = inner.close(Stop::Deleted);
            inner.stream
        });
        let io = |action, path: &str, source| io_error(&*self.shared.folder, action, path, source);
        let folder = &self.shared.folder;
        folder
            .remove(&data)
            .map_err(|error| io("remove", &data, error))?;
        folder.sync(name).map_err(|error| io("sync", name, error))?;
        if let (Some(log), Some(stream)) = (&self.shared.log, stream) {
            log.forget(stream);
        }
        remove_content(&**folder, name).map_err(|error| io("remove", name, error))
    }

    /// Waits for the writes on their way, makes them durable and closes all files. Everything
    /// asked of the store or its databases and snapshots afterwards fails with [`Error::Closed`].
    /// Closing twice is no error.
    ///
    /// # Errors
    ///
    /// The first error met. Everything is closed all the same.
    pub fn close(&self) -> Result<(), Error> {
        self.shared.close()
    }
}

impl Shared {
    fn check_open(&self) -> Result<(), Error> {
        if self.is_closed.load(Ordering::Acquire) {
            Err(Error::Closed)
        } else {
            Ok(())
        }
    }

    fn exists(&self, path: &str) -> Result<bool, Error> {
        self.folder
            .exists(path)
            .map_err(|source| io_error(&*self.folder, "look for", path, source))
    }

    fn slot(&self, name: &str) -> Result<Arc<Slot>, Error> {
        self.check_open()?;
        check_name(name)?;
        let mut databases = lock(&self.databases);
        Ok(Arc::clone(databases.entry(name.to_owned()).or_default()))
    }

    fn open_database(&self, name: &str) -> Result<Arc<Inner>, Error> {
        let folder = Arc::clone(&self.folder);
        let files = Files::new(folder, name, self.options.cache_bytes);
        let engine = if self.options.read_only {
            files.open_read_only()?
        } else {
            files.open_or_create()?
        };
        let log = self.log.as_ref();
        let limits = Limits {
            transaction: self.options.transaction_bytes_max,
            memtable: self.options.memtable_bytes_max,
        };
        let found = log.map(|log| &**log);
        let (published, stream) = load(&engine, found, limits, self.options.read_only)?;
        let published = Arc::new(published);
        let has_dropped = published.catalog.first_dropped().is_some();
        let was_replayed = !published.is_all_stored();
        let applied = published.stored.index;
        let inner = Arc::new_cyclic(|weak| Inner {
            name: name.to_owned(),
            read_only: self.options.read_only,
            pipeline: Pipeline::new(published, limits, log.map(|log| (Arc::clone(log), stream))),
            files,
            stream,
            maintenance: Mutex::new(()),
            importing: Mutex::new(()),
            sweeper: Sweeper::default(),
            checkpointer: Checkpointer::new(Weak::clone(weak)),
        });
        if let Some(log) = log {
            log.register(stream, name, applied, Arc::downgrade(&inner));
        }
        if !inner.read_only && was_replayed {
            inner.request_checkpoint();
        }
        if has_dropped && !inner.read_only {
            Sweeper::start(&inner);
        }
        Ok(inner)
    }

    fn close(&self) -> Result<(), Error> {
        self.is_closed.store(true, Ordering::Release);
        let databases = std::mem::take(&mut *lock(&self.databases));
        let mut result = Ok(());
        for slot in databases.into_values() {
            let inner = lock(&slot).take();
            if let Some(inner) = inner {
                result = result.and(inner.close(Stop::Closed));
            }
        }
        if let Some(log) = self.log.as_ref().filter(|_| !self.options.read_only) {
            log.close();
        }
        lock(&self.lock).take();
        result
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let _ = self.close();
    }
}

/// Removes a folder with everything in it.
fn remove_content(folder: &dyn Folder, path: &str) -> io::Result<()> {
    for name in folder.list(path)? {
        folder.remove(&format!("{path}/{name}"))?;
    }
    folder.remove_folder(path)?;
    folder.sync(parent(path))
}

/// Refuses what is not one plain name of a folder. A dot at the end is kept by all file systems
/// but those of Windows, where it is up to the user to avoid it, as it is to avoid names that
/// differ in case alone.
fn check_name(name: &str) -> Result<(), Error> {
    let is_plain = |c: char| !c.is_control() && !r#"/\:*?"<>|"#.contains(c);
    let is_name = !name.is_empty()
        && name.len() <= 255
        && !name.starts_with('.')
        && !name.ends_with(' ')
        && name != LOG_FOLDER
        && name.chars().all(is_plain);
    if is_name {
        Ok(())
    } else {
        Err(Error::InvalidName(name.to_owned()))
    }
}
