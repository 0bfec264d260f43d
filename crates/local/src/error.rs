//! What can go wrong on this machine.

use std::io;
use std::path::{Path, PathBuf};
use std::string::FromUtf8Error;
use std::sync::Arc;

use bonsaidb_core as core;
use bonsaidb_core::actionable::PermissionDenied;
use bonsaidb_core::schema::{InsertError, InvalidNameError, ViewName, view};
use bonsaidb_store as store;

/// An error of a storage or database on this machine.
#[derive(thiserror::Error, Debug)]
pub enum Error {
    /// The storage engine failed.
    #[error("storage: {0}")]
    Store(#[from] store::Error),
    /// A record could not be serialized or deserialized.
    #[error("serialization: {0}")]
    Serialization(#[from] pot::Error),
    /// A part of the storage went away while it was needed.
    #[error("an internal part stopped answering")]
    InternalCommunication,
    /// A transaction names more than 65,536 collections.
    #[error("the transaction names more than 65,536 collections")]
    TransactionTooLarge,
    /// A view's function failed.
    #[error("view: {0}")]
    View(#[from] view::Error),
    /// A collection asks to be encrypted, which this build cannot do.
    #[error("the collection has to be encrypted, but this build cannot encrypt")]
    EncryptionDisabled,
    /// An operation failed as it does on every connection.
    #[error(transparent)]
    Core(#[from] core::Error),
    /// A blocking task did not come back.
    #[cfg(feature = "async")]
    #[error("task: {0}")]
    TaskJoin(#[from] tokio::task::JoinError),
    /// A file could not be read or written.
    #[error("io: {0}")]
    Io(#[from] io::Error),
    /// A background job failed; everybody who waited for it is told.
    #[error("{0}")]
    Job(Arc<Error>),
    /// The file with the storage's id does not hold one.
    #[error("{} does not hold a storage id", path.display())]
    InvalidStorageId {
        /// The file.
        path: PathBuf,
    },
    /// A database was created, and its files are not there.
    #[error("the files of a database are missing: {}", path.display())]
    MissingDatabase {
        /// The folder of the database.
        path: PathBuf,
    },
    /// A view is not up to date, and the storage was opened read-only. With
    /// [`AccessPolicy::NoUpdate`](core::connection::AccessPolicy::NoUpdate) a lazy view answers
    /// from what is indexed.
    #[error(
        "view `{view}` is not up to date, and nothing can be indexed in a storage that is opened \
         read-only"
    )]
    OutdatedView {
        /// The view.
        view: ViewName,
    },
    /// A stored record does not have the form it was written in.
    #[error("a record of {what} is damaged")]
    Damaged {
        /// What the record belongs to.
        what: String,
    },
}

impl Error {
    /// A file or folder that cannot be used.
    pub(crate) fn io_at(path: &Path, error: &io::Error) -> Self {
        let text = format!("{}: {error}", path.display());
        Self::Io(io::Error::new(error.kind(), text))
    }

    /// A record of `what` that cannot be read.
    pub(crate) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged { what: what.into() }
    }
}

impl<T> From<InsertError<T>> for Error {
    fn from(error: InsertError<T>) -> Self {
        Self::Core(error.error)
    }
}

impl From<InvalidNameError> for Error {
    fn from(error: InvalidNameError) -> Self {
        Self::Core(error.into())
    }
}

impl From<PermissionDenied> for Error {
    fn from(error: PermissionDenied) -> Self {
        Self::Core(error.into())
    }
}

impl From<FromUtf8Error> for Error {
    fn from(error: FromUtf8Error) -> Self {
        Self::Core(error.into())
    }
}

impl From<std::str::Utf8Error> for Error {
    fn from(error: std::str::Utf8Error) -> Self {
        Self::Core(core::Error::InvalidUnicode(error.to_string()))
    }
}

impl From<Arc<Self>> for Error {
    fn from(error: Arc<Self>) -> Self {
        Self::Job(error)
    }
}

impl From<Error> for core::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Core(error) | Error::View(view::Error::Core(error)) => error,
            other => to_core(&other),
        }
    }
}

/// Whoever waited for a job is told the same as the one who ran it.
fn to_core(error: &Error) -> core::Error {
    match error {
        Error::Core(error) | Error::View(view::Error::Core(error)) => error.clone(),
        Error::Store(store::Error::DatabaseDeleted(database)) => {
            core::Error::DatabaseNotFound(database.clone())
        }
        Error::Store(store::Error::InvalidName(name)) => {
            core::Error::InvalidDatabaseName(name.clone())
        }
        Error::Job(shared) => to_core(shared),
        other => core::Error::other("bonsaidb-local", with_sources(other)),
    }
}

/// The message and those of everything that caused it, as far as they say more.
fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_shared_by_many_is_the_same_for_all() {
        let deleted = || Error::Store(store::Error::DatabaseDeleted("gone".to_owned()));
        for error in [
            deleted(),
            Error::Job(Arc::new(deleted())),
            Error::Job(Arc::new(Error::Job(Arc::new(deleted())))),
        ] {
            let error = core::Error::from(error);
            assert!(
                matches!(&error, core::Error::DatabaseNotFound(name) if name == "gone"),
                "{error}"
            );
        }
        let unimplemented = Error::View(view::Error::Core(core::Error::ReduceUnimplemented));
        assert!(matches!(
            core::Error::from(Error::Job(Arc::new(unimplemented))),
            core::Error::ReduceUnimplemented
        ));
    }
}
