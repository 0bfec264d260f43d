//! A list of operations that happen all or not at all.

use arc_bytes::serde::Bytes;
use bonsaidb_macros::twin;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::connection::{AsyncLowLevelConnection, LowLevelConnection};
use crate::document::{DocumentId, Header};
use crate::schema::CollectionName;
use crate::transaction::{Operation, OperationResult};

/// Operations on any collections of one database, executed in order, all or none.
/// ```
/// # fn main() -> Result<(), bonsaidb_local::Error> {
/// # let folder = tempfile::tempdir()?;
/// use bonsaidb_core::Error;
/// use bonsaidb_core::schema::{Collection, SerializedCollection};
/// use bonsaidb_core::transaction::Transaction;
/// use bonsaidb_local::Database;
/// use bonsaidb_local::config::{Builder, StorageConfiguration};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, Serialize, Deserialize, Collection)]
/// #[collection(name = "accounts")]
/// struct Account {
///     balance: i64,
/// }
///
/// let db = Database::open::<Account>(StorageConfiguration::new(folder.path()))?;
/// let mut from = Account { balance: 100 }.push_into(&db)?;
/// let mut to = Account { balance: 0 }.push_into(&db)?;
///
/// // Both accounts change or neither; and neither if somebody else has changed one since.
/// from.contents.balance -= 30;
/// to.contents.balance += 30;
/// let mut transfer = Transaction::new();
/// from.update_in_transaction(&mut transfer)?;
/// to.update_in_transaction(&mut transfer)?;
/// transfer.apply(&db)?;
///
/// // `from` still has the revision from before the transfer.
/// let conflict = from.update(&db).unwrap_err();
/// assert!(matches!(conflict, Error::DocumentConflict(..)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[must_use]
pub struct Transaction {
    /// The operations, in the order of their execution.
    pub operations: Vec<Operation>,
}

impl Transaction {
    /// Returns a transaction without operations.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends `operation`.
    pub fn push(&mut self, operation: Operation) {
        self.operations.push(operation);
    }

    /// Appends `operation` and returns the transaction.
    pub fn with(mut self, operation: Operation) -> Self {
        self.push(operation);
        self
    }

    /// Returns the transaction of one [`Operation::insert`].
    pub fn insert(
        collection: CollectionName,
        id: Option<DocumentId>,
        contents: impl Into<Bytes>,
    ) -> Self {
        Self::from(Operation::insert(collection, id, contents))
    }

    /// Returns the transaction of one [`Operation::update`].
    pub fn update(collection: CollectionName, header: Header, contents: impl Into<Bytes>) -> Self {
        Self::from(Operation::update(collection, header, contents))
    }

    /// Returns the transaction of one [`Operation::overwrite`].
    pub fn overwrite(
        collection: CollectionName,
        id: DocumentId,
        contents: impl Into<Bytes>,
    ) -> Self {
        Self::from(Operation::overwrite(collection, id, contents))
    }

    /// Returns the transaction of one [`Operation::delete`].
    pub fn delete(collection: CollectionName, header: Header) -> Self {
        Self::from(Operation::delete(collection, header))
    }
}

#[twin(methods)]
impl Transaction {
    /// Executes every operation, or none, and returns one result per operation in order.
    ///
    /// # Errors
    ///
    /// The error of the first operation that failed: [`Error::DocumentConflict`],
    /// [`Error::DocumentNotFound`], [`Error::UniqueKeyViolation`], [`Error::DocumentPush`],
    /// [`Error::CollectionNotFound`], [`Error::PermissionDenied`].
    pub async fn apply_async<Connection: AsyncLowLevelConnection>(
        self,
        db: &Connection,
    ) -> Result<Vec<OperationResult>, Error> {
        db.apply_transaction(self).await
    }
}

impl From<Operation> for Transaction {
    fn from(operation: Operation) -> Self {
        Self {
            operations: vec![operation],
        }
    }
}
