//! Collections whose documents have unique names.

use async_trait::async_trait;
use bonsaidb_macros::twin;

use crate::Error;
use crate::connection::{AsyncConnection, Connection};
use crate::document::{CollectionDocument, OwnedDocument};
use crate::schema::{
    AsyncEntry, Collection, Entry, Nameable, NamedReference, SerializedCollection, SerializedView,
};

/// A collection whose documents have names, found by a view.
/// ```
/// # fn main() -> Result<(), bonsaidb_local::Error> {
/// # let folder = tempfile::tempdir()?;
/// use bonsaidb_core::define_basic_unique_mapped_view;
/// use bonsaidb_core::document::{CollectionDocument, Emit};
/// use bonsaidb_core::schema::{Collection, NamedCollection, SerializedCollection};
/// use bonsaidb_local::Database;
/// use bonsaidb_local::config::{Builder, StorageConfiguration};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, Serialize, Deserialize, Collection)]
/// #[collection(name = "players", views = [ByName])]
/// pub struct Player {
///     name: String,
///     score: u32,
/// }
///
/// define_basic_unique_mapped_view!(
///     ByName,
///     Player,
///     0,
///     "by-name",
///     String,
///     |player: CollectionDocument<Player>| { player.header.emit_key(player.contents.name) }
/// );
///
/// impl NamedCollection for Player {
///     type ByNameView = ByName;
/// }
///
/// let db = Database::open::<Player>(StorageConfiguration::new(folder.path()))?;
/// for score in [10, 20] {
///     // Found and updated, or else inserted.
///     Player::entry("ana", &db)
///         .update_with(|player: &mut Player| player.score += score)
///         .or_insert_with(|| Player { name: "ana".to_owned(), score })
///         .execute()?;
/// }
/// let player = Player::load("ana", &db)?.expect("inserted above");
/// assert_eq!(player.contents.score, 30);
/// # Ok(())
/// # }
/// ```
#[twin(methods)]
#[async_trait]
pub trait NamedCollection: Collection + Unpin {
    /// The view of documents by name. It should be unique.
    type ByNameView: SerializedView<Key = String, Collection = Self>;

    /// Returns the document of this name, id or key, if there is one.
    ///
    /// # Errors
    ///
    /// Those of a query, [`Error::Other`] of origin `serialization` or `key serialization`.
    async fn load_async<
        'name,
        N: Nameable<'name, Self::PrimaryKey> + Send + Sync,
        C: AsyncConnection,
    >(
        id: N,
        connection: &C,
    ) -> Result<Option<CollectionDocument<Self>>, Error>
    where
        Self: SerializedCollection + Sized + 'static,
    {
        let document = Self::load_document_async(id, connection).await?;
        document
            .as_ref()
            .map(CollectionDocument::try_from)
            .transpose()
    }

    /// Returns the document of this name, id or key as bytes, if there is one.
    ///
    /// # Errors
    ///
    /// Those of a query, [`Error::Other`] of origin `key serialization`.
    async fn load_document_async<
        'name,
        N: Nameable<'name, Self::PrimaryKey> + Send + Sync,
        C: AsyncConnection,
    >(
        name: N,
        connection: &C,
    ) -> Result<Option<OwnedDocument>, Error>
    where
        Self: SerializedCollection + Sized,
    {
        match name.name()? {
            NamedReference::Name(name) => Ok(connection
                .view::<Self::ByNameView>()
                .with_key::<str>(&name)
                .query_with_docs()
                .await?
                .documents
                .into_values()
                .next()),
            NamedReference::Id(id) => connection.get::<Self, _>(&id).await,
            NamedReference::Key(key) => connection.get::<Self, Self::PrimaryKey>(&key).await,
        }
    }

    /// Finds, or inserts, and updates the document of this name, id or key.
    fn entry_async<'connection, 'name, N, C>(
        id: N,
        connection: &'connection C,
    ) -> AsyncEntry<'connection, 'name, C, Self, (), ()>
    where
        N: Into<NamedReference<'name, Self::PrimaryKey>> + Send + Sync,
        C: AsyncConnection,
        Self: SerializedCollection + Sized,
    {
        AsyncEntry::new(id.into(), connection)
    }

    /// Deletes the documents of this name and returns whether there was one.
    ///
    /// # Errors
    ///
    /// Those of [`AsyncView::delete_docs`](crate::connection::AsyncView::delete_docs).
    async fn delete_by_name_async<C: AsyncConnection>(
        name: &str,
        connection: &C,
    ) -> Result<bool, Error>
    where
        Self: SerializedCollection + Sized,
    {
        let deleted = connection
            .view::<Self::ByNameView>()
            .with_key::<str>(name)
            .delete_docs()
            .await?;
        Ok(deleted > 0)
    }
}
