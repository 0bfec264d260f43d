//! The files of one database: which there are, and how one takes the place of another.
//!
//! Invariants:
//! 1. A file is made under another name and gets that of the database only when it is whole and
//!    durable, so a crash never leaves half a database.
//! 2. No file is open whose engine is not listed here.

use std::io;
use std::sync::{Arc, Mutex, Weak};

use crate::engine::{Engine, Identity};
use crate::error::Error;
use crate::folder::{Backing, Folder, OpenMode, Overlay, parent};
use crate::load;
use crate::sync::lock;

/// The file of a database.
pub(crate) const DATA_FILE: &str = "data.redb";
/// A database that is being created.
const NEW_FILE: &str = "data.redb.new";
/// A database that is being compacted.
const COMPACT_FILE: &str = "data.redb.compact";

/// The files of one database.
pub(crate) struct Files {
    folder: Arc<dyn Folder>,
    database: String,
    cache_bytes: usize,
    /// Every file opened and, perhaps, still in use by a snapshot.
    engines: Mutex<Vec<Weak<Engine>>>,
}

impl Files {
    pub(crate) fn new(folder: Arc<dyn Folder>, database: &str, cache_bytes: usize) -> Self {
        Self {
            folder,
            database: database.to_owned(),
            cache_bytes,
            engines: Mutex::new(Vec::new()),
        }
    }

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

    pub(crate) fn open_read_only(&self) -> Result<Arc<Engine>, Error> {
        let Some(file) = self.open_existing(OpenMode::Read)? else {
            return Err(Error::DatabaseNotFound(self.database.clone()));
        };
        let path = self.path(DATA_FILE);
        let overlay = self.io("read", &path, Overlay::new(file))?;
        self.engine(Arc::new(overlay))
    }

    pub(crate) fn open_or_create(&self) -> Result<Arc<Engine>, Error> {
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
        engine.write([&load::first_rows()])?;
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

pub(crate) fn io_error(
    folder: &dyn Folder,
    action: &'static str,
    path: &str,
    source: io::Error,
) -> Error {
    Error::Io {
        action,
        path: folder.locate(path),
        source,
    }
}
