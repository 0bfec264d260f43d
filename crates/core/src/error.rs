//! The error every operation on a connection can answer with.

use serde::{Deserialize, Serialize};

use crate::actionable::PermissionDenied;
use crate::api::ApiName;
use crate::connection::HasSchema;
use crate::document::{DocumentId, Header, InvalidHexadecimal};
use crate::key::NextValueError;
use crate::key::time::TimeError;
use crate::networking;
use crate::schema::{
    self, CollectionName, InsertError, InvalidNameError, SchemaName, ViewName, view,
};

/// An error type that can cross threads: what keys, formats and backup locations may answer with.
pub trait AnyError: std::error::Error + Send + Sync + 'static {}

impl<T: std::error::Error + Send + Sync + 'static> AnyError for T {}

/// What can go wrong with an operation on a connection. Each message names the thing at fault.
#[derive(Clone, Debug, Serialize, Deserialize, thiserror::Error)]
pub enum Error {
    /// A database was opened as one schema, but holds another.
    #[error(
        "database `{database_name}` was opened with schema `{schema}`, but was created with `{stored_schema}`"
    )]
    SchemaMismatch {
        /// The database that was opened.
        database_name: String,
        /// The schema it was opened with.
        schema: SchemaName,
        /// The schema it was created with.
        stored_schema: SchemaName,
    },
    /// The schema is registered already.
    #[error("schema `{0}` is already registered")]
    SchemaAlreadyRegistered(SchemaName),
    /// The storage does not know the schema.
    #[error("schema `{0}` is not registered")]
    SchemaNotRegistered(SchemaName),
    /// Two views of one collection have the same name.
    #[error("view `{0}` is already registered")]
    ViewAlreadyRegistered(ViewName),
    /// The text cannot name a database.
    #[error(
        "`{0}` cannot name a database: the first character must be an ASCII letter, a digit or `_`, the others ASCII letters, digits, `.` or `-`; names that the storage uses itself are taken"
    )]
    InvalidDatabaseName(String),
    /// No database has this name.
    #[error("database `{0}` was not found")]
    DatabaseNotFound(String),
    /// The view is not part of the database's schema.
    #[error("the view is not part of the database's schema")]
    ViewNotFound,
    /// The collection is not part of the database's schema.
    #[error("the collection is not part of the database's schema")]
    CollectionNotFound,
    /// The server has no such API.
    #[error("api `{0}` was not found")]
    ApiNotFound(ApiName),
    /// The name belongs to another database.
    #[error("the database name `{0}` is already taken")]
    DatabaseNameAlreadyTaken(String),
    /// The transport failed.
    #[error("networking: {0}")]
    Networking(networking::Error),
    /// The name is used by two collections of one schema.
    #[error("the collection is already defined")]
    CollectionAlreadyDefined,
    /// There is no document of this id.
    #[error("document `{1}` was not found in collection `{0}`")]
    DocumentNotFound(CollectionName, Box<DocumentId>),
    /// A document id is limited to [`DocumentId::MAX_LENGTH`] bytes.
    #[error("the document id is longer than {max} bytes", max = DocumentId::MAX_LENGTH)]
    DocumentIdTooLong,
    /// The stored document, whose header this is, is not the one the operation spoke of.
    #[error("conflict with the stored document `{1}` of collection `{0}`")]
    DocumentConflict(CollectionName, Box<Header>),
    /// Two documents emit the same key in a unique view.
    #[error(
        "document `{conflicting_document}` emits a key of unique view `{view}` that document `{existing_document}` holds"
    )]
    UniqueKeyViolation {
        /// The unique view.
        view: ViewName,
        /// The document being written.
        conflicting_document: Box<Header>,
        /// The document that holds the key.
        existing_document: Box<Header>,
    },
    /// No id could be assigned to a new document.
    #[error("no id can be assigned to a new document of collection `{0}`: {1}")]
    DocumentPush(CollectionName, NextValueError),
    /// A text is not an encoded name.
    #[error("invalid name: {0}")]
    InvalidName(#[from] InvalidNameError),
    /// The session may not do this.
    #[error(transparent)]
    PermissionDenied(#[from] PermissionDenied),
    /// A password could not be hashed.
    #[error("password: {0}")]
    Password(String),
    /// No such user, or no such group or role to link it with.
    #[error("the user, group or role was not found")]
    UserNotFound,
    /// Bytes that should be text are not UTF-8.
    #[error("invalid unicode: {0}")]
    InvalidUnicode(String),
    /// The identity could not be proven.
    #[error("invalid credentials")]
    InvalidCredentials,
    /// The view has no reduce function.
    #[error("the view does not implement reduce")]
    ReduceUnimplemented,
    /// A number was not a number.
    #[error("the value is not a number")]
    NotANumber,
    /// A time could not be converted.
    #[error("time: {0}")]
    Time(#[from] TimeError),
    /// Anything else, as text.
    #[error("{origin}: {error}")]
    Other {
        /// The part that failed.
        origin: String,
        /// What it said.
        error: String,
    },
}

impl Error {
    /// Returns [`Error::Other`] of the two rendered texts.
    pub fn other(origin: impl std::fmt::Display, error: impl std::fmt::Display) -> Self {
        Self::Other {
            origin: origin.to_string(),
            error: error.to_string(),
        }
    }

    /// Puts what was at fault before the text of [`Error::Other`]; the other errors say it already.
    pub(crate) fn about(self, what: impl FnOnce() -> String) -> Self {
        match self {
            Self::Other { origin, error } => Self::Other {
                origin,
                error: format!("{}: {error}", what()),
            },
            other => other,
        }
    }

    /// Returns true if this is a [`UniqueKeyViolation`](Self::UniqueKeyViolation) of `View` as
    /// `connection`'s schema knows it.
    pub fn is_unique_key_error<View: schema::View, C: HasSchema>(&self, connection: &C) -> bool {
        match self {
            Self::UniqueKeyViolation { view, .. } => connection
                .schematic()
                .view::<View>()
                .is_ok_and(|registered| registered.view_name() == *view),
            _ => false,
        }
    }

    /// Returns the stored document's header if this is a
    /// [`DocumentConflict`](Self::DocumentConflict) in `Collection`.
    #[must_use]
    pub fn conflicting_document<Collection: schema::Collection>(&self) -> Option<Header> {
        match self {
            Self::DocumentConflict(collection, header)
                if *collection == Collection::collection_name() =>
            {
                Some((**header).clone())
            }
            _ => None,
        }
    }
}

impl From<pot::Error> for Error {
    fn from(error: pot::Error) -> Self {
        Self::other("pot", error)
    }
}

impl<T> From<InsertError<T>> for Error {
    fn from(error: InsertError<T>) -> Self {
        error.error
    }
}

impl From<view::Error> for Error {
    fn from(error: view::Error) -> Self {
        match error {
            view::Error::Core(error) => error,
            other @ view::Error::KeySerialization(_) => Self::other("view", other),
        }
    }
}

impl From<std::string::FromUtf8Error> for Error {
    fn from(error: std::string::FromUtf8Error) -> Self {
        Self::InvalidUnicode(error.to_string())
    }
}

impl From<InvalidHexadecimal> for Error {
    fn from(error: InvalidHexadecimal) -> Self {
        Self::other("invalid hexadecimal", error)
    }
}
