//! What an operation needs to be allowed: one row per operation, evaluated before it runs.
//!
//! The rows stand at the operations themselves, as `#[needs(..)]`. A check costs nothing without a
//! session.

use crate::Error;
use crate::connection::Session;
use crate::document::DocumentId;
use crate::keyvalue::KeyOperation;
use crate::permissions::ResourceName;
use crate::permissions::bonsai::{
    BonsaiAction, DatabaseAction, DocumentAction, ServerAction, bonsaidb_resource_name,
    collection_resource_name, database_resource_name, document_resource_name,
    keyvalue_key_resource_name, kv_resource_name, view_resource_name,
};
use crate::schema::{CollectionName, NamedReference, ViewName};
use crate::transaction::{Command, Transaction};

/// The actions an operation needs, and on what.
#[derive(Clone, Copy, Debug)]
pub enum Needs<'a> {
    /// One action.
    Action(BonsaiAction, Resource<'a>),
    /// One action on each of several documents.
    Documents(DocumentAction, &'a CollectionName, &'a [DocumentId]),
    /// What each operation of a transaction needs.
    Transaction(&'a Transaction),
    /// One action on a user, whose resource has an id. The operation checks it when it has found the id.
    User(ServerAction, &'a NamedReference<'a, u64>),
}

/// A thing of a database that actions are performed on.
#[derive(Clone, Copy, Debug)]
pub enum Resource<'a> {
    /// The storage itself.
    Storage,
    /// The database.
    Database,
    /// Another database of the storage, or one to be.
    DatabaseNamed(&'a str),
    /// A collection of the database.
    Collection(&'a CollectionName),
    /// A document of a collection.
    Document(&'a CollectionName, &'a DocumentId),
    /// A view of the database.
    View(&'a ViewName),
    /// The key-value store of the database.
    KeyValue,
    /// The key of an operation.
    Key(&'a KeyOperation),
}

impl<'a> Resource<'a> {
    fn name(self, database: &'a str) -> ResourceName<'a> {
        match self {
            Self::Storage => bonsaidb_resource_name(),
            Self::Database => database_resource_name(database),
            Self::DatabaseNamed(name) => database_resource_name(name),
            Self::Collection(collection) => collection_resource_name(database, collection),
            Self::Document(collection, id) => document_resource_name(database, collection, id),
            Self::View(view) => view_resource_name(database, view),
            Self::KeyValue => kv_resource_name(database),
            Self::Key(op) => keyvalue_key_resource_name(database, op.namespace.as_deref(), &op.key),
        }
    }
}

impl<'a> Needs<'a> {
    /// Needs one action on one resource.
    pub const fn action(action: DatabaseAction, resource: Resource<'a>) -> Self {
        Self::Action(BonsaiAction::Database(action), resource)
    }

    /// Needs one action of a storage on one resource.
    pub const fn storage(action: ServerAction, resource: Resource<'a>) -> Self {
        Self::Action(BonsaiAction::Server(action), resource)
    }

    /// Fails unless `session` may do all of this in `database`. Without a session all is allowed.
    ///
    /// # Errors
    ///
    /// [`Error::PermissionDenied`] of the first action that is not allowed.
    pub fn check(self, session: Option<&Session>, database: &str) -> Result<(), Error> {
        let Some(session) = session else {
            return Ok(());
        };
        let check = |action, resource: Resource<'_>| {
            session.check_permission(resource.name(database), &action)
        };
        let document = |action| BonsaiAction::Database(DatabaseAction::Document(action));
        match self {
            Self::Action(action, resource) => check(action, resource),
            Self::User(..) => Ok(()),
            Self::Documents(action, collection, ids) => ids
                .iter()
                .try_for_each(|id| check(document(action), Resource::Document(collection, id))),
            Self::Transaction(transaction) => {
                transaction.operations.iter().try_for_each(|operation| {
                    let collection = &operation.collection;
                    let (action, resource) = match &operation.command {
                        Command::Insert { .. } => {
                            (DocumentAction::Insert, Resource::Collection(collection))
                        }
                        Command::Update { header, .. } => (
                            DocumentAction::Update,
                            Resource::Document(collection, &header.id),
                        ),
                        Command::Overwrite { id, .. } => (
                            DocumentAction::Overwrite,
                            Resource::Document(collection, id),
                        ),
                        Command::Delete { header } => (
                            DocumentAction::Delete,
                            Resource::Document(collection, &header.id),
                        ),
                        Command::Check { id, .. } => {
                            (DocumentAction::Get, Resource::Document(collection, id))
                        }
                    };
                    check(document(action), resource)
                })
            }
        }
    }
}
