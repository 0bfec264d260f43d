//! Transactions: lists of operations that happen all or not at all, and what has been executed.

mod executed;
mod operation;
#[allow(clippy::module_inception)] // the room's main type
mod transaction;

pub use executed::{
    ChangedDocument, ChangedKey, Changes, DocumentChanges, DocumentChangesIntoIter,
    DocumentChangesIter, Executed,
};
pub use operation::{Command, Operation, OperationResult};
pub use transaction::Transaction;
