//! What all handles of a storage share: the store, the schemas and the open databases.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};

use bonsaidb_core as core;
use bonsaidb_core::admin::{ADMIN_DATABASE_NAME, Admin};
use bonsaidb_core::permissions::Permissions;
use bonsaidb_core::schema::view::ViewUpdatePolicy;
use bonsaidb_core::schema::{Schema, SchemaName, Schematic};
use bonsaidb_store::{DiskFolder, Folder, Lock, MemoryFolder, Options, Store};

use crate::config::{ProgressListener, StorageConfiguration, Tasks};
use crate::database::{Data, DataOptions};
use crate::jobs::Jobs;
use crate::storage::StorageId;
use crate::storage::sessions::Sessions;
use crate::sync::lock;
use crate::{Error, views::ViewIndex};

pub(super) struct Shared {
    pub path: PathBuf,
    pub id: StorageId,
    pub read_only: bool,
    pub authenticated_permissions: Permissions,
    pub sessions: Sessions,
    store: Store,
    jobs: Arc<Jobs>,
    workers: Tasks,
    transactions_kept: u64,
    progress: ProgressListener,
    check_views_on_open: bool,
    schemas: Mutex<HashMap<SchemaName, Arc<Schematic>>>,
    /// Held while databases are opened, created or deleted.
    databases: Mutex<HashMap<String, Arc<Data>>>,
    admin: OnceLock<Arc<Data>>,
}

impl Shared {
    pub fn open(configuration: StorageConfiguration) -> Result<Arc<Self>, Error> {
        let path = match configuration.path {
            None => PathBuf::from("db.bonsaidb"),
            // The working directory has a name that can be opened.
            Some(path) if path.as_os_str().is_empty() => PathBuf::from("."),
            Some(path) => path,
        };
        let read_only = configuration.read_only;
        if !read_only {
            fs::create_dir_all(&path).map_err(|error| Error::io_at(&path, &error))?;
        }
        let id_file = StorageId::file(&path);
        let is_only_read = read_only && !configuration.memory_only;
        if is_only_read && let Err(error) = fs::metadata(&id_file) {
            return Err(Error::io_at(&id_file, &error));
        }
        let lock = Lock::acquire(&id_file, configuration.lock_wait, read_only)?;
        let id = StorageId::read_or_create(&id_file, configuration.unique_id, read_only)?;
        let folder: Arc<dyn Folder> = match configuration.folder {
            Some(folder) => folder,
            None if configuration.memory_only => Arc::new(MemoryFolder::new()),
            None => Arc::new(DiskFolder::new(&path)),
        };
        let options = Options::default()
            .read_only(is_only_read)
            .cache_bytes(configuration.cache_bytes)
            .memtable_bytes_max(configuration.memtable_bytes)
            .log_segment_bytes(configuration.log_segment_bytes)
            .lock(lock);
        let mut schemas = configuration.schemas;
        let admin = Arc::new(Admin::schematic()?);
        schemas.insert(admin.name.clone(), Arc::clone(&admin));
        let shared = Arc::new(Self {
            path,
            id,
            read_only,
            authenticated_permissions: configuration.authenticated_permissions,
            sessions: Sessions::default(),
            store: Store::open(folder, options)?,
            jobs: Arc::new(Jobs::new(configuration.workers.worker_count)),
            workers: configuration.workers,
            transactions_kept: configuration.transactions_kept,
            progress: configuration.progress,
            check_views_on_open: configuration.views.check_integrity_on_open,
            schemas: Mutex::new(schemas),
            databases: Mutex::default(),
            admin: OnceLock::new(),
        });
        let data = Arc::new(shared.open_data(ADMIN_DATABASE_NAME, admin)?);
        shared.admin.get_or_init(|| data);
        Ok(shared)
    }

    pub fn close(&self) -> Result<(), Error> {
        self.jobs.stop();
        let mut databases = lock(&self.databases);
        for data in databases.values().chain(self.admin.get()) {
            data.close();
        }
        databases.clear();
        drop(databases);
        Ok(self.store.close()?)
    }

    pub fn register_schema(&self, schematic: Schematic) -> Result<(), Error> {
        let mut schemas = lock(&self.schemas);
        if schemas.contains_key(&schematic.name) {
            return Err(core::Error::SchemaAlreadyRegistered(schematic.name).into());
        }
        schemas.insert(schematic.name.clone(), Arc::new(schematic));
        Ok(())
    }

    pub fn schema(&self, name: &SchemaName) -> Result<Arc<Schematic>, Error> {
        lock(&self.schemas)
            .get(name)
            .cloned()
            .ok_or_else(|| core::Error::SchemaNotRegistered(name.clone()).into())
    }

    pub fn schemas(&self) -> Vec<Arc<Schematic>> {
        lock(&self.schemas).values().cloned().collect()
    }

    /// The administration database. It is opened with the storage.
    pub fn admin(&self) -> &Arc<Data> {
        self.admin
            .get()
            .expect("the administration database is opened before any handle exists")
    }

    /// Returns the database `name`, opening it if needed. `schema` is asked for its schema, as
    /// long as no other database of the name can come or go.
    pub fn data(
        &self,
        name: &str,
        schema: impl FnOnce() -> Result<SchemaName, Error>,
    ) -> Result<Arc<Data>, Error> {
        let mut databases = lock(&self.databases);
        if let Some(data) = databases.get(name) {
            return Ok(Arc::clone(data));
        }
        let schematic = self.schema(&schema()?)?;
        // Its files were there before it was noted, so they are lost and not to be made anew.
        if !self.store.database_exists(name)? {
            let path = self.path.join(name);
            return Err(Error::MissingDatabase { path });
        }
        let data = Arc::new(self.open_data(name, schematic)?);
        databases.insert(name.to_owned(), Arc::clone(&data));
        Ok(data)
    }

    fn open_data(&self, name: &str, schematic: Arc<Schematic>) -> Result<Data, Error> {
        let data = Data::open(
            name,
            schematic,
            self.store.database(name)?,
            DataOptions {
                jobs: Arc::clone(&self.jobs),
                parallelization: self.workers.parallelization,
                transactions_kept: self.transactions_kept,
                progress: self.progress.clone(),
                read_only: self.read_only,
            },
        )?;
        Ok(data)
    }

    /// Checks all views of `data` in the background, if the configuration asks for it.
    pub fn check_views(&self, data: &Arc<Data>) {
        if !self.check_views_on_open {
            return;
        }
        for view in data.views() {
            let (data, view) = (Arc::clone(data), Arc::clone(view));
            self.jobs.spawn(move || check_view(&data, &view));
        }
    }

    /// Makes the files of a new database, then runs `record` to note it, with nobody else creating
    /// or deleting one. What a creation or deletion that was cut short has left under the name is
    /// removed first; but not where the file system ignores case, and the folder is that of a
    /// database that `shares_folder`.
    pub fn create(
        &self,
        name: &str,
        record: impl FnOnce() -> Result<bool, Error>,
        exists: impl FnOnce() -> Result<bool, Error>,
        shares_folder: impl FnOnce() -> Result<bool, Error>,
    ) -> Result<bool, Error> {
        let _databases = lock(&self.databases);
        if exists()? {
            return Ok(false);
        }
        if self.store.database_exists(name)? {
            if shares_folder()? {
                return Err(core::Error::DatabaseNameAlreadyTaken(name.to_owned()).into());
            }
            self.store.delete_database(name)?;
        }
        self.store.database(name)?;
        record()
    }

    /// Runs `forget` to remove the note of a database, then deletes its files.
    pub fn delete(
        &self,
        name: &str,
        forget: impl FnOnce() -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut databases = lock(&self.databases);
        forget()?;
        if let Some(data) = databases.remove(name) {
            data.close();
        }
        if self.store.database_exists(name)? {
            self.store.delete_database(name)?;
        }
        Ok(())
    }
}

fn check_view(data: &Data, view: &ViewIndex) {
    let result = if view.policy == ViewUpdatePolicy::Lazy {
        view.up_to_date(data).map(|_| ())
    } else {
        view.ready(data)
    };
    if let Err(error) = result {
        tracing::warn!(view = %view.name, %error, "checking a view failed");
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.jobs.stop();
    }
}
