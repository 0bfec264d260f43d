//! The tables of operations, for crates that serve, forward or guard them.
//!
//! A table is a macro that hands one row per operation to another macro. Rows hold unqualified
//! names: whoever uses a table imports this module.

pub use crate::Error;
pub use crate::connection::{self, AccessPolicy, Range, SerializedQueryKey, Sort};
pub use crate::document::{DocumentId, Header, OwnedDocument};
pub use crate::keyvalue::{KeyOperation, Output};
pub use crate::permissions::bonsai::{
    DatabaseAction, DocumentAction, KeyValueAction, ServerAction, TransactionAction, ViewAction,
};
pub use crate::permissions::needs::{Needs, Resource};
pub use crate::schema::view::map::{MappedSerializedDocuments, MappedSerializedValue, Serialized};
pub use crate::schema::{
    CollectionName, Nameable, NamedReference, SchemaName, SchemaSummary, ViewName,
};
pub use crate::transaction::{Executed, OperationResult, Transaction};
