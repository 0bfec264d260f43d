//! A connection to one database.

use async_trait::async_trait;
use bonsaidb_macros::{operations, twin};

use crate::Error;
use crate::connection::{
    AsyncCollection, AsyncLowLevelConnection, AsyncStorageConnection, AsyncView, Collection,
    LowLevelConnection, StorageConnection, View,
};
use crate::schema::{self, SerializedView};
use crate::transaction::Executed;

/// A connection to one database.
///
/// @async Its methods are async; the blocking twin is [`Connection`].
/// @blocking The asynchronous twin is [`AsyncConnection`].
/// @blocking ```
/// @blocking use bonsaidb_core::Error;
/// @blocking use bonsaidb_core::connection::Connection;
/// @blocking use bonsaidb_core::document::CollectionDocument;
/// @blocking use bonsaidb_core::schema::SerializedCollection;
/// @blocking
/// @blocking /// Wherever the database is.
/// @blocking fn newest<C, T>(db: &C) -> Result<Option<CollectionDocument<T>>, Error>
/// @blocking where
/// @blocking     C: Connection,
/// @blocking     T: SerializedCollection,
/// @blocking {
/// @blocking     let documents = T::all(db).descending().limit(1).query()?;
/// @blocking     Ok(documents.into_iter().next())
/// @blocking }
/// @blocking ```
/// @async ```
/// @async use bonsaidb_core::Error;
/// @async use bonsaidb_core::connection::AsyncConnection;
/// @async use bonsaidb_core::document::CollectionDocument;
/// @async use bonsaidb_core::schema::SerializedCollection;
/// @async
/// @async /// Wherever the database is.
/// @async async fn newest<C, T>(db: &C) -> Result<Option<CollectionDocument<T>>, Error>
/// @async where
/// @async     C: AsyncConnection,
/// @async     T: SerializedCollection + Unpin,
/// @async     T::PrimaryKey: Unpin,
/// @async {
/// @async     let documents = T::all_async(db).descending().limit(1).await?;
/// @async     Ok(documents.into_iter().next())
/// @async }
/// @async ```
#[operations(connection_operations)]
#[twin]
#[async_trait]
pub trait AsyncConnection: AsyncLowLevelConnection + Sized + Send + Sync {
    /// The storage the database belongs to.
    type Storage: AsyncStorageConnection<Database = Self>;

    /// Returns the storage the database belongs to.
    fn storage(&self) -> Self::Storage;

    /// Returns the builder for operations on the collection `C`.
    fn collection<C: schema::Collection>(&self) -> AsyncCollection<'_, Self, C> {
        AsyncCollection::new(self)
    }

    /// Returns the builder for queries of the view `V`.
    fn view<V: SerializedView>(&self) -> AsyncView<'_, Self, V, V::Key> {
        AsyncView::new(self)
    }

    /// Lists executed transactions by ascending id, beginning with `starting_id` itself or the
    /// oldest kept one. Without a limit, at most
    /// [`LIST_TRANSACTIONS_DEFAULT_RESULT_COUNT`](crate::limits::LIST_TRANSACTIONS_DEFAULT_RESULT_COUNT);
    /// never more than
    /// [`LIST_TRANSACTIONS_MAX_RESULTS`](crate::limits::LIST_TRANSACTIONS_MAX_RESULTS).
    ///
    /// # Errors
    ///
    /// [`Error::PermissionDenied`].
    #[needs(Needs::action(
        DatabaseAction::Transaction(TransactionAction::ListExecuted),
        Resource::Database
    ))]
    async fn list_executed_transactions(
        &self,
        starting_id: Option<u64>,
        result_limit: Option<u32>,
    ) -> Result<Vec<Executed>, Error>;

    /// Returns the id of the newest transaction, or `None` if there has never been one.
    ///
    /// # Errors
    ///
    /// [`Error::PermissionDenied`].
    #[needs(Needs::action(
        DatabaseAction::Transaction(TransactionAction::GetLastId),
        Resource::Database
    ))]
    async fn last_transaction_id(&self) -> Result<Option<u64>, Error>;

    /// Reclaims unused space of the whole database. Reads and writes go on meanwhile.
    ///
    /// # Errors
    ///
    /// [`Error::PermissionDenied`].
    #[needs(Needs::action(DatabaseAction::Compact, Resource::Database))]
    async fn compact(&self) -> Result<(), Error>;

    /// Reclaims unused space of one collection.
    ///
    /// # Errors
    ///
    /// [`Error::PermissionDenied`], [`Error::CollectionNotFound`].
    async fn compact_collection<C: schema::Collection>(&self) -> Result<(), Error> {
        self.compact_collection_by_name(C::collection_name()).await
    }

    /// Reclaims unused space of the key-value store.
    ///
    /// # Errors
    ///
    /// [`Error::PermissionDenied`].
    #[needs(Needs::action(DatabaseAction::Compact, Resource::KeyValue))]
    async fn compact_key_value_store(&self) -> Result<(), Error>;
}
