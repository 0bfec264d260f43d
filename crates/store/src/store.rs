//! A folder of databases: opening, creating, deleting and closing them.
//!
//! A database is a folder with the file `data.redb`. A file is made under another name and gets
//! this one only when it is whole, so a crash never leaves half a database.
//!
//! Invariants:
//! 1. There is at most one open [`Inner`] for each name.
//! 2. The lock is released after every file is closed.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};

use crate::catalog::{Catalog, NEXT_TABLE_KEY};
use crate::database::{Database, Inner};
use crate::engine::{Engine, Identity, meta_row};
use crate::error::Error;
use crate::folder::{Backing, Folder, OpenMode, Overlay, parent};
use crate::ids::{Sequence, TableId};
use crate::lock::Lock;
use crate::options::Options;
use crate::pipeline::{APPLIED_KEY, Pipeline, Stop};
use crate::published::Published;
use crate::read::Direction;
use crate::sweep::Sweeper;
use crate::sync::lock;
use crate::writes::Writes;

/// The format this crate writes.
const FORMAT: u32 = 1;
/// Row of the meta table with the format: 4 bytes, big-endian.
const FORMAT_KEY: &[u8] = b"format";

/// The file of a database.
const DATA_FILE: &str = "data.redb";
/// A database that is being created.
const NEW_FILE: &str = "data.redb.new";
/// A database that is being compacted.
const COMPACT_FILE: &str = "data.redb.compact";

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
    /// Opens the store in `folder`. Databases are opened when they are asked for.
    ///
    /// Nothing here keeps others from opening the same folder: put a [`Lock`] into the options.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the folder cannot be created.
    pub fn open(folder: Arc<dyn Folder>, mut options: Options) -> Result<Self, Error> {
        if !options.read_only {
            folder
                .create_folder("")
                .map_err(|source| io_error(&*folder, "create", "", source))?;
        }
        let lock = Mutex::new(options.lock.take());
        Ok(Self {
            shared: Arc::new(Shared {
                folder,
                options,
                databases: Mutex::new(BTreeMap::new()),
                is_closed: AtomicBool::new(false),
                lock,
            }),
        })
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
        if let Some(inner) = slot.take() {
            // Whatever goes wrong in a database that is to be deleted is of no interest.
            let _ = inner.close(Stop::Deleted);
        }
        let io = |action, path: &str, source| io_error(&*self.shared.folder, action, path, source);
        let folder = &self.shared.folder;
        folder
            .remove(&data)
            .map_err(|error| io("remove", &data, error))?;
        folder.sync(name).map_err(|error| io("sync", name, error))?;
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
        let files = Files {
            folder: Arc::clone(&self.folder),
            database: name.to_owned(),
            cache_bytes: self.options.cache_bytes,
            engines: Mutex::new(Vec::new()),
        };
        let engine = if self.options.read_only {
            files.open_read_only()?
        } else {
            files.open_or_create()?
        };
        let published = Arc::new(load(engine)?);
        let has_dropped = published.catalog.first_dropped().is_some();
        let inner = Arc::new(Inner {
            name: name.to_owned(),
            read_only: self.options.read_only,
            pipeline: Pipeline::new(
                published,
                self.options.group_bytes_max,
                self.options.transaction_bytes_max,
            ),
            files,
            maintenance: Mutex::new(()),
            sweeper: Sweeper::default(),
        });
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
        lock(&self.lock).take();
        result
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let _ = self.close();
    }
}

/// The files of one database.
pub(crate) struct Files {
    folder: Arc<dyn Folder>,
    database: String,
    cache_bytes: usize,
    /// Every file opened and, perhaps, still in use by a snapshot.
    engines: Mutex<Vec<Weak<Engine>>>,
}

impl Files {
    fn path(&self, file: &str) -> String {
        format!("{}/{file}", self.database)
    }

    fn io<T>(&self, action: &'static str, path: &str, result: io::Result<T>) -> Result<T, Error> {
        result.map_err(|source| io_error(&*self.folder, action, path, source))
    }

    fn engine(&self, file: Arc<dyn Backing>) -> Result<Arc<Engine>, Error> {
        let path = self.folder.locate(&self.path(DATA_FILE));
        let identity = Identity::new(self.database.clone(), path);
        let engine = Arc::new(Engine::open(identity, file, self.cache_bytes)?);
        let mut engines = lock(&self.engines);
        engines.retain(|engine| engine.strong_count() > 0);
        engines.push(Arc::downgrade(&engine));
        Ok(engine)
    }

    fn open_existing(&self, mode: OpenMode) -> Result<Option<Arc<dyn Backing>>, Error> {
        let path = self.path(DATA_FILE);
        let file = match self.folder.open(&path, mode) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => self.io("open", &path, opened)?,
        };
        // redb would take an empty file for a new database, and the loss would go unnoticed.
        if self.io("read", &path, file.length())? == 0 {
            return Err(Error::Corrupted {
                path: self.folder.locate(&path),
                detail: "the file is empty".to_owned(),
            });
        }
        Ok(Some(file))
    }

    fn open_read_only(&self) -> Result<Arc<Engine>, Error> {
        let Some(file) = self.open_existing(OpenMode::Read)? else {
            return Err(Error::DatabaseNotFound(self.database.clone()));
        };
        let path = self.path(DATA_FILE);
        let overlay = self.io("read", &path, Overlay::new(file))?;
        self.engine(Arc::new(overlay))
    }

    fn open_or_create(&self) -> Result<Arc<Engine>, Error> {
        let existing = self.open_existing(OpenMode::Write)?;
        for leftover in [NEW_FILE, COMPACT_FILE] {
            self.remove_if_there(leftover)?;
        }
        match existing {
            Some(file) => self.engine(file),
            None => self.create(),
        }
    }

    fn create(&self) -> Result<Arc<Engine>, Error> {
        let folder = self.folder.create_folder(&self.database);
        self.io("create", &self.database, folder)?;
        let engine = self.create_file(NEW_FILE)?;
        let mut writes = Writes::default();
        meta_row(&mut writes, FORMAT_KEY, &FORMAT.to_be_bytes());
        engine.write([&writes])?;
        self.rename(NEW_FILE)?;
        Ok(engine)
    }

    fn create_file(&self, name: &str) -> Result<Arc<Engine>, Error> {
        let path = self.path(name);
        let file = self.io("create", &path, self.folder.open(&path, OpenMode::Create))?;
        self.engine(file)
    }

    /// Makes a whole file the database, durably.
    fn rename(&self, name: &str) -> Result<(), Error> {
        let (from, to) = (self.path(name), self.path(DATA_FILE));
        self.io("rename", &from, self.folder.rename(&from, &to))?;
        let parent = parent(&to);
        self.io("sync", parent, self.folder.sync(parent))
    }

    fn remove_if_there(&self, name: &str) -> Result<(), Error> {
        let path = self.path(name);
        match self.folder.remove(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => self.io("remove", &path, removed),
        }
    }

    /// Makes the file to compact into.
    pub(crate) fn create_fresh(&self) -> Result<Arc<Engine>, Error> {
        self.create_file(COMPACT_FILE)
    }

    /// Puts the file that was compacted into in the place of the old one.
    pub(crate) fn adopt_fresh(&self) -> Result<(), Error> {
        self.rename(COMPACT_FILE)
    }

    /// Removes a file that was not compacted into in the end. If that fails, opening does it.
    pub(crate) fn remove_fresh(&self) {
        let _ = self.remove_if_there(COMPACT_FILE);
    }

    /// Closes every file; snapshots still held answer with an error from here on.
    pub(crate) fn close(&self, deleted: bool) -> Result<(), Error> {
        let engines = std::mem::take(&mut *lock(&self.engines));
        let mut result = Ok(());
        for engine in engines.iter().filter_map(Weak::upgrade) {
            result = result.and(engine.close(deleted));
        }
        result
    }
}

/// Makes the first published state of an open file.
fn load(engine: Arc<Engine>) -> Result<Published, Error> {
    let rows = engine.rows()?;
    let unread = Published::new(
        rows,
        Arc::clone(&engine),
        Sequence::default(),
        Arc::new(Catalog::default()),
    );
    let loaded = Loaded::from_rows(&unread)?;
    Ok(Published::new(
        engine.rows()?,
        engine,
        loaded.sequence,
        Arc::new(loaded.catalog),
    ))
}

/// What the rows of this crate say.
pub(crate) struct Loaded {
    pub(crate) sequence: Sequence,
    pub(crate) catalog: Catalog,
}

impl Loaded {
    /// Reads the rows of this crate, trusting none of them.
    pub(crate) fn from_rows(published: &Published) -> Result<Self, Error> {
        let identity = published.identity();
        let corrupted = |detail: &str| identity.corrupted(detail.to_owned());
        let number = |bytes: &[u8]| <[u8; 4]>::try_from(bytes).map(u32::from_be_bytes);
        let meta = |key| published.row(TableId::META, key);

        let format = meta(FORMAT_KEY)?.ok_or_else(|| corrupted("it has no format"))?;
        let format = number(&format).map_err(|_| corrupted("its format is unreadable"))?;
        if format > FORMAT {
            return Err(Error::NewerFormat {
                path: identity.path.clone(),
                found: format,
                supported: FORMAT,
            });
        }
        let sequence = match meta(APPLIED_KEY)? {
            Some(bytes) => <[u8; 8]>::try_from(&*bytes)
                .map(u64::from_be_bytes)
                .map_err(|_| corrupted("its sequence is unreadable"))?,
            None => 0,
        };
        let next = match meta(NEXT_TABLE_KEY)? {
            Some(bytes) => number(&bytes).map_err(|_| corrupted("its tables are unreadable"))?,
            None => TableId::FIRST.as_u32(),
        };
        let all = (Bound::Unbounded, Bound::Unbounded);
        let mut names = BTreeMap::new();
        for row in published.stored_range(TableId::CATALOG, all, Direction::Ascending)? {
            let (name, id) = row?;
            let name = String::from_utf8(name)
                .map_err(|_| corrupted("the name of a table is not text"))?;
            let id = number(&id).map_err(|_| corrupted("its tables are unreadable"))?;
            names.insert(name, TableId::new(id));
        }
        let mut dropped = BTreeSet::new();
        for row in published.stored_range(TableId::DROPPED, all, Direction::Ascending)? {
            let (id, _) = row?;
            let id = number(&id).map_err(|_| corrupted("its tables are unreadable"))?;
            dropped.insert(TableId::new(id));
        }
        let catalog = Catalog::load(names, dropped, TableId::new(next))
            .map_err(|detail| identity.corrupted(detail))?;
        Ok(Self {
            sequence: Sequence::from(sequence),
            catalog,
        })
    }
}

fn io_error(folder: &dyn Folder, action: &'static str, path: &str, source: io::Error) -> Error {
    Error::Io {
        action,
        path: folder.locate(path),
        source,
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

/// Refuses what is not one plain name of a folder everywhere.
fn check_name(name: &str) -> Result<(), Error> {
    let is_plain = |c: char| !c.is_control() && !r#"/\:*?"<>|"#.contains(c);
    let is_name = !name.is_empty()
        && name.len() <= 255
        && !name.starts_with('.')
        && !name.ends_with(['.', ' '])
        && name.chars().all(is_plain);
    if is_name {
        Ok(())
    } else {
        Err(Error::InvalidName(name.to_owned()))
    }
}
