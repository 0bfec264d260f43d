//! Configurations in one expression.

use std::path::Path;
use std::time::Duration;

use bonsaidb_core::permissions::Permissions;
use bonsaidb_core::schema::Schema;

use crate::Error;
use crate::config::{IndexingProgress, ProgressListener, StorageConfiguration};

/// Methods that set one option each and return the configuration.
pub trait Builder: Sized {
    /// Returns the default configuration for the folder `path`.
    #[must_use]
    fn new<P: AsRef<Path>>(path: P) -> Self
    where
        Self: Default,
    {
        Self::default().path(path)
    }

    /// Registers the schema `S`.
    ///
    /// # Errors
    ///
    /// [`Error::Core`] if the schema defines a collection or view twice.
    fn with_schema<S: Schema>(self) -> Result<Self, Error>;

    /// Sets [`StorageConfiguration::memory_only`].
    #[must_use]
    fn memory_only(self) -> Self;

    /// Sets [`StorageConfiguration::read_only`].
    #[must_use]
    fn read_only(self) -> Self;

    /// Sets [`StorageConfiguration::path`].
    #[must_use]
    fn path<P: AsRef<Path>>(self, path: P) -> Self;

    /// Sets [`StorageConfiguration::unique_id`].
    #[must_use]
    fn unique_id(self, unique_id: u64) -> Self;

    /// Sets [`StorageConfiguration::lock_wait`].
    #[must_use]
    fn lock_wait(self, wait: Duration) -> Self;

    /// Sets [`StorageConfiguration::cache_bytes`].
    #[must_use]
    fn cache_bytes(self, bytes: usize) -> Self;

    /// Sets [`Tasks::worker_count`](crate::config::Tasks::worker_count).
    #[must_use]
    fn tasks_worker_count(self, worker_count: usize) -> Self;

    /// Sets [`Tasks::parallelization`](crate::config::Tasks::parallelization).
    #[must_use]
    fn tasks_parallelization(self, parallelization: usize) -> Self;

    /// Sets [`Views::check_integrity_on_open`](crate::config::Views::check_integrity_on_open).
    #[must_use]
    fn check_view_integrity_on_open(self, verify: bool) -> Self;

    /// Sets [`StorageConfiguration::transactions_kept`].
    #[must_use]
    fn transactions_kept(self, count: u64) -> Self;

    /// Calls `listener` after each batch of documents that is mapped for a view that is new, or
    /// whose version changed. It is called by the thread that maps and should not wait.
    #[must_use]
    fn on_indexing_progress<F>(self, listener: F) -> Self
    where
        F: Fn(&IndexingProgress) + Send + Sync + 'static;

    /// Sets [`StorageConfiguration::authenticated_permissions`].
    #[must_use]
    fn authenticated_permissions<P: Into<Permissions>>(self, permissions: P) -> Self;
}

impl Builder for StorageConfiguration {
    fn with_schema<S: Schema>(mut self) -> Result<Self, Error> {
        self.register_schema::<S>()?;
        Ok(self)
    }

    fn memory_only(mut self) -> Self {
        self.memory_only = true;
        self
    }

    fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    fn path<P: AsRef<Path>>(mut self, path: P) -> Self {
        self.path = Some(path.as_ref().to_owned());
        self
    }

    fn unique_id(mut self, unique_id: u64) -> Self {
        self.unique_id = Some(unique_id);
        self
    }

    fn lock_wait(mut self, wait: Duration) -> Self {
        self.lock_wait = wait;
        self
    }

    fn cache_bytes(mut self, bytes: usize) -> Self {
        self.cache_bytes = bytes;
        self
    }

    fn tasks_worker_count(mut self, worker_count: usize) -> Self {
        self.workers.worker_count = worker_count;
        self
    }

    fn tasks_parallelization(mut self, parallelization: usize) -> Self {
        self.workers.parallelization = parallelization;
        self
    }

    fn check_view_integrity_on_open(mut self, verify: bool) -> Self {
        self.views.check_integrity_on_open = verify;
        self
    }

    fn transactions_kept(mut self, count: u64) -> Self {
        self.transactions_kept = count;
        self
    }

    fn on_indexing_progress<F>(mut self, listener: F) -> Self
    where
        F: Fn(&IndexingProgress) + Send + Sync + 'static,
    {
        self.progress = ProgressListener::new(listener);
        self
    }

    fn authenticated_permissions<P: Into<Permissions>>(mut self, permissions: P) -> Self {
        self.authenticated_permissions = permissions.into();
        self
    }
}
