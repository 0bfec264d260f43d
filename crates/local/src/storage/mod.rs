//! A storage: a folder of databases, and the handles to it.

mod access;
mod admin;
mod connection;
mod id;
mod sessions;
mod shared;

use std::fmt::{self, Debug};
use std::path::Path;
use std::sync::Arc;

use bonsaidb_core as core;
use bonsaidb_core::connection::{HasSession, Session, SessionAuthentication};
use bonsaidb_core::permissions::Permissions;
use bonsaidb_core::schema::Schema;
pub use id::StorageId;

use crate::config::StorageConfiguration;
use crate::storage::sessions::SessionHandle;
use crate::storage::shared::Shared;
use crate::{Database, Error};

/// A folder of databases. Clones are handles to the same storage, which is closed when the last
/// handle to it or one of its databases is dropped.
///
/// ```
/// # fn main() -> Result<(), bonsaidb_local::Error> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("example.bonsaidb");
/// use bonsaidb_core::connection::StorageConnection;
/// use bonsaidb_core::schema::{Collection, SerializedCollection};
/// use bonsaidb_local::Storage;
/// use bonsaidb_local::config::{Builder, StorageConfiguration};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, Serialize, Deserialize, Collection)]
/// #[collection(name = "notes")]
/// struct Note {
///     text: String,
/// }
///
/// // Every schema is registered when the storage is opened.
/// let storage = Storage::open(StorageConfiguration::new(path).with_schema::<Note>()?)?;
/// let work = storage.create_database::<Note>("work", true)?;
/// let home = storage.create_database::<Note>("home", true)?;
/// let text = "Water the tree".to_owned();
/// Note { text }.push_into(&home)?;
/// assert_eq!(Note::all(&work).count()?, 0);
/// assert_eq!(storage.list_databases()?.len(), 3); // and the one for administration
///
/// storage.delete_database("work")?;
/// drop((work, home));
/// storage.close()?; // as dropping does, but errors are told
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct Storage {
    shared: Arc<Shared>,
    session: Option<Arc<SessionHandle>>,
}

/// What every kind of storage handle can do without waiting.
pub trait StorageNonBlocking: Sized {
    /// Returns the folder of the storage.
    fn path(&self) -> &Path;

    /// Returns a handle that acts for `session`: without id, exactly with its permissions; with
    /// the id of a live session, for that one's identity, with both permissions.
    ///
    /// # Errors
    ///
    /// [`core::Error::InvalidCredentials`](bonsaidb_core::Error) if this handle acts for a session
    /// already, or the id is unknown.
    fn assume_session(&self, session: Session) -> Result<Self, core::Error>;
}

impl Storage {
    /// Opens or creates a storage.
    ///
    /// Waits up to [`StorageConfiguration::lock_wait`] for others to close it.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the storage is in use or its files cannot be read, [`Error::Io`],
    /// [`Error::InvalidStorageId`].
    pub fn open(configuration: StorageConfiguration) -> Result<Self, Error> {
        Ok(Self {
            shared: Shared::open(configuration)?,
            session: None,
        })
    }

    /// Waits for background work, makes everything durable and closes the storage. All handles
    /// are of no use afterwards.
    ///
    /// Dropping the last handle does the same, but cannot report errors.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] of whatever could not be completed.
    pub fn close(self) -> Result<(), Error> {
        self.shared.close()
    }

    /// Returns the id of the storage.
    pub fn unique_id(&self) -> StorageId {
        self.shared.id
    }

    /// Returns whether the storage was opened read-only.
    pub fn is_read_only(&self) -> bool {
        self.shared.read_only
    }

    /// Registers the schema `DB`.
    ///
    /// # Errors
    ///
    /// [`core::Error::SchemaAlreadyRegistered`](bonsaidb_core::Error) if the name is known.
    pub fn register_schema<DB: Schema>(&self) -> Result<(), Error> {
        self.shared.register_schema(DB::schematic()?)
    }

    /// Returns a handle limited to `effective_permissions`, or `None` if this one already acts
    /// for a session.
    #[must_use]
    pub fn with_effective_permissions(&self, effective_permissions: Permissions) -> Option<Self> {
        if self.session.is_some() {
            return None;
        }
        Some(self.for_session(SessionHandle::unkept(Session {
            id: None,
            authentication: SessionAuthentication::None,
            permissions: effective_permissions,
        })))
    }

    fn for_session(&self, session: SessionHandle) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            session: Some(Arc::new(session)),
        }
    }

    /// A handle that may do everything, for what the storage itself does.
    fn unrestricted(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            session: None,
        }
    }

    /// The administration database, for what the storage itself does.
    fn internal_admin(&self) -> Database {
        Database::new(Arc::clone(self.shared.admin()), self.unrestricted())
    }
}

impl HasSession for Storage {
    fn session(&self) -> Option<&Session> {
        self.session.as_deref().map(SessionHandle::session)
    }
}

impl StorageNonBlocking for Storage {
    fn path(&self) -> &Path {
        &self.shared.path
    }

    fn assume_session(&self, session: Session) -> Result<Self, core::Error> {
        if self.session.is_some() {
            return Err(core::Error::InvalidCredentials);
        }
        let handle = match session.id {
            None => SessionHandle::unkept(session),
            Some(id) => self
                .shared
                .sessions
                .join(id, &session.permissions)
                .ok_or(core::Error::InvalidCredentials)?,
        };
        Ok(self.for_session(handle))
    }
}

impl Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Storage")
            .field("path", &self.shared.path)
            .field("id", &self.shared.id)
            .finish_non_exhaustive()
    }
}
