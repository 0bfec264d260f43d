//! Collections whose documents are values of a type.

use std::borrow::Borrow;

use async_trait::async_trait;
use bonsaidb_macros::twin;
use serde::Serialize;
use serde::de::DeserializeOwned;
use transmog::{Format, OwnedDeserializer};
use transmog_pot::Pot;

use crate::Error;
use crate::connection::{self, AsyncConnection, Connection, RangeRef};
use crate::document::{CollectionDocument, CollectionHeader, Document, DocumentId, Header};
use crate::key::{IntoPrefixRange, KeyEncoding};
use crate::schema::{AsyncList, Collection, DefaultSerialization, InsertError, List};
use crate::transaction::{Operation, OperationResult, Transaction};

/// A collection whose documents are values of [`Contents`](Self::Contents).
///
/// Types that derive [`Collection`] get it with `Contents = Self`. Every function that takes a
/// connection exists for both kinds: `get` takes a [`Connection`], `get_async` an
/// [`AsyncConnection`].
/// ```
/// # fn main() -> Result<(), bonsaidb_local::Error> {
/// # let folder = tempfile::tempdir()?;
/// use bonsaidb_core::schema::{Collection, SerializedCollection};
/// use bonsaidb_local::Database;
/// use bonsaidb_local::config::{Builder, StorageConfiguration};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize, Collection)]
/// #[collection(name = "shapes")]
/// struct Shape {
///     sides: u32,
/// }
///
/// let db = Database::open::<Shape>(StorageConfiguration::new(folder.path()))?;
///
/// // Stored under an id of its own, or under one that is given.
/// let square = Shape { sides: 4 }.push_into(&db)?;
/// let mut shape = Shape { sides: 5 }.insert_into(&100, &db)?;
///
/// // Changed: as long as nobody else has changed it in between.
/// shape.contents.sides = 6;
/// shape.update(&db)?;
///
/// // Read: one, some, all of a range.
/// let read = Shape::get(&square.header.id, &db)?.expect("stored above");
/// assert_eq!(read.contents, Shape { sides: 4 });
/// assert_eq!(Shape::get_multiple([&1, &100], &db)?.len(), 2);
/// for shape in Shape::list(50.., &db).descending().limit(10).query()? {
///     println!("{}: {} sides", shape.header.id, shape.contents.sides);
/// }
///
/// square.delete(&db)?;
/// assert_eq!(Shape::all(&db).count()?, 1);
/// # Ok(())
/// # }
/// ```
#[twin(methods)]
#[async_trait]
pub trait SerializedCollection: Collection {
    /// What a document holds.
    type Contents: Send + Sync;
    /// How contents become bytes.
    type Format: OwnedDeserializer<Self::Contents>;

    /// Returns the primary key that `contents` asks for. Every push asks.
    #[allow(unused_variables)]
    fn natural_id(contents: &Self::Contents) -> Option<Self::PrimaryKey>
    where
        Self: Sized,
    {
        None
    }

    /// Returns the format.
    fn format() -> Self::Format;

    /// Deserializes contents.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `serialization`.
    fn deserialize(data: &[u8]) -> Result<Self::Contents, Error> {
        Self::format()
            .deserialize_owned(data)
            .map_err(|error| Error::other("serialization", error))
    }

    /// Serializes contents.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `serialization`.
    fn serialize(item: &Self::Contents) -> Result<Vec<u8>, Error> {
        Self::format()
            .serialize(item)
            .map_err(|error| Error::other("serialization", error))
    }

    /// Deserializes the contents of a document.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `serialization`.
    fn document_contents<D: Document<Self>>(doc: &D) -> Result<Self::Contents, Error>
    where
        Self: Sized,
    {
        doc.contents()
    }

    /// Serializes `contents` into a document.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `serialization`.
    fn set_document_contents<D: Document<Self>>(
        doc: &mut D,
        contents: Self::Contents,
    ) -> Result<(), Error>
    where
        Self: Sized,
    {
        doc.set_contents(contents)
    }

    /// Returns the document stored under `id`, if there is one.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `serialization` or `key serialization`,
    /// [`Error::CollectionNotFound`].
    async fn get_async<C, PrimaryKey>(
        id: &PrimaryKey,
        connection: &C,
    ) -> Result<Option<CollectionDocument<Self>>, Error>
    where
        C: AsyncConnection,
        PrimaryKey: KeyEncoding<Self::PrimaryKey> + ?Sized,
        Self: Sized,
    {
        let document = connection.get::<Self, PrimaryKey>(id).await?;
        document
            .as_ref()
            .map(CollectionDocument::try_from)
            .transpose()
    }

    /// Returns the documents stored under `ids` in the order of their ids; absent ones are
    /// skipped.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `serialization` or `key serialization`,
    /// [`Error::CollectionNotFound`].
    async fn get_multiple_async<'id, C, DocumentIds, PrimaryKey, I>(
        ids: DocumentIds,
        connection: &C,
    ) -> Result<Vec<CollectionDocument<Self>>, Error>
    where
        C: AsyncConnection,
        DocumentIds: IntoIterator<Item = &'id PrimaryKey, IntoIter = I> + Send + Sync,
        I: Iterator<Item = &'id PrimaryKey> + Send + Sync,
        PrimaryKey: KeyEncoding<Self::PrimaryKey> + 'id + ?Sized,
        Self: Sized,
    {
        connection
            .get_multiple::<Self, PrimaryKey, DocumentIds, I>(ids)
            .await?
            .iter()
            .map(CollectionDocument::try_from)
            .collect()
    }

    /// Lists the documents with ids in `ids`.
    fn list_async<'id, R, PrimaryKey, C>(
        ids: R,
        connection: &'id C,
    ) -> AsyncList<'id, C, Self, PrimaryKey>
    where
        R: Into<RangeRef<'id, Self::PrimaryKey, PrimaryKey>>,
        C: AsyncConnection,
        PrimaryKey: KeyEncoding<Self::PrimaryKey> + PartialEq + 'id + ?Sized,
        Self::PrimaryKey: Borrow<PrimaryKey> + PartialEq<PrimaryKey>,
        Self: Sized,
    {
        AsyncList::new(connection::AsyncList::new(connection, ids.into()))
    }

    /// Lists the documents with ids that start with `prefix`.
    fn list_with_prefix_async<'a, PrimaryKey, C>(
        prefix: &'a PrimaryKey,
        connection: &'a C,
    ) -> AsyncList<'a, C, Self, PrimaryKey>
    where
        C: AsyncConnection,
        PrimaryKey: IntoPrefixRange<'a, Self::PrimaryKey>
            + KeyEncoding<Self::PrimaryKey>
            + PartialEq
            + ?Sized,
        Self::PrimaryKey: Borrow<PrimaryKey> + PartialEq<PrimaryKey>,
        Self: Sized,
    {
        AsyncList::new(connection::AsyncList::new(
            connection,
            prefix.to_prefix_range(),
        ))
    }

    /// Lists all documents.
    fn all_async<C: AsyncConnection>(connection: &C) -> AsyncList<'_, C, Self, Self::PrimaryKey>
    where
        Self: Sized,
    {
        AsyncList::new(connection::AsyncList::new(connection, RangeRef::from(..)))
    }

    /// Stores `contents` under its natural id, or the next free one.
    ///
    /// # Errors
    ///
    /// [`Error::DocumentConflict`] if the natural id is taken, [`Error::DocumentPush`] if no id
    /// can be assigned, [`Error::UniqueKeyViolation`]; the contents are given back.
    async fn push_async<Cn: AsyncConnection>(
        contents: Self::Contents,
        connection: &Cn,
    ) -> Result<CollectionDocument<Self>, InsertError<Self::Contents>>
    where
        Self: Sized + 'static,
        Self::Contents: 'async_trait,
    {
        match connection.collection::<Self>().push(&contents).await {
            Ok(header) => Ok(CollectionDocument { header, contents }),
            Err(error) => Err(InsertError { contents, error }),
        }
    }

    /// Stores all `contents` in one transaction and returns the documents in the same order.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push); then none is stored.
    #[only(async)] // the blocking twin's bounds are wider
    async fn push_all_async<
        Contents: IntoIterator<Item = Self::Contents> + Send,
        Cn: AsyncConnection,
    >(
        contents: Contents,
        connection: &Cn,
    ) -> Result<Vec<CollectionDocument<Self>>, Error>
    where
        Self: Sized + 'static,
        Self::PrimaryKey: Default,
        Contents::IntoIter: Send,
    {
        let (transaction, contents) = push_all_transaction::<Self>(contents)?;
        let results = connection.apply_transaction(transaction).await?;
        pushed_documents(results, contents)
    }

    /// Stores all `contents` in one transaction and returns the documents in the same order.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push); then none is stored.
    fn push_all<Contents: IntoIterator<Item = Self::Contents>, Cn: Connection>(
        contents: Contents,
        connection: &Cn,
    ) -> Result<Vec<CollectionDocument<Self>>, Error>
    where
        Self: Sized + 'static,
        Self::PrimaryKey: Default,
    {
        let (transaction, contents) = push_all_transaction::<Self>(contents)?;
        let results = connection.apply_transaction(transaction)?;
        pushed_documents(results, contents)
    }

    /// Stores this value under its natural id, or the next free one.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push).
    async fn push_into_async<Cn: AsyncConnection>(
        self,
        connection: &Cn,
    ) -> Result<CollectionDocument<Self>, InsertError<Self>>
    where
        Self: SerializedCollection<Contents = Self> + Sized + 'static,
    {
        Self::push_async(self, connection).await
    }

    /// Appends the insertion of this value under its natural id, or the next free one, to
    /// `transaction`.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `serialization` or `key serialization`.
    fn push_in_transaction(&self, transaction: &mut Transaction) -> Result<(), Error>
    where
        Self: SerializedCollection<Contents = Self> + Sized + 'static,
    {
        transaction.push(Operation::push_serialized::<Self>(self)?);
        Ok(())
    }

    /// Stores `contents` under `id`.
    ///
    /// # Errors
    ///
    /// [`Error::DocumentConflict`] if the id is taken, [`Error::UniqueKeyViolation`]; the contents
    /// are given back.
    async fn insert_async<PrimaryKey, Cn>(
        id: &PrimaryKey,
        contents: Self::Contents,
        connection: &Cn,
    ) -> Result<CollectionDocument<Self>, InsertError<Self::Contents>>
    where
        PrimaryKey: KeyEncoding<Self::PrimaryKey> + ?Sized,
        Cn: AsyncConnection,
        Self: Sized + 'static,
        Self::Contents: 'async_trait,
    {
        match connection.collection::<Self>().insert(id, &contents).await {
            Ok(header) => Ok(CollectionDocument { header, contents }),
            Err(error) => Err(InsertError { contents, error }),
        }
    }

    /// Stores this value under `id`.
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert).
    async fn insert_into_async<PrimaryKey, Cn>(
        self,
        id: &PrimaryKey,
        connection: &Cn,
    ) -> Result<CollectionDocument<Self>, InsertError<Self>>
    where
        PrimaryKey: KeyEncoding<Self::PrimaryKey> + ?Sized,
        Cn: AsyncConnection,
        Self: SerializedCollection<Contents = Self> + Sized + 'static,
    {
        Self::insert_async(id, self, connection).await
    }

    /// Appends the insertion of this value under `key` to `transaction`.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `serialization` or `key serialization`.
    fn insert_in_transaction(
        &self,
        key: &Self::PrimaryKey,
        transaction: &mut Transaction,
    ) -> Result<(), Error>
    where
        Self: SerializedCollection<Contents = Self> + Sized + 'static,
    {
        transaction.push(Operation::insert_serialized::<Self>(Some(key), self)?);
        Ok(())
    }

    /// Stores `contents` under `id`, whatever was there.
    ///
    /// # Errors
    ///
    /// [`Error::UniqueKeyViolation`]; the contents are given back.
    async fn overwrite_async<PrimaryKey, Cn>(
        id: &PrimaryKey,
        contents: Self::Contents,
        connection: &Cn,
    ) -> Result<CollectionDocument<Self>, InsertError<Self::Contents>>
    where
        PrimaryKey: KeyEncoding<Self::PrimaryKey> + ?Sized,
        Cn: AsyncConnection,
        Self: Sized + 'static,
        Self::Contents: 'async_trait,
    {
        let header = match Self::serialize(&contents) {
            Ok(bytes) => connection.overwrite::<Self, PrimaryKey>(id, bytes).await,
            Err(error) => Err(error),
        };
        match header {
            Ok(header) => Ok(CollectionDocument { header, contents }),
            Err(error) => Err(InsertError { contents, error }),
        }
    }

    /// Stores this value under `id`, whatever was there.
    ///
    /// # Errors
    ///
    /// As [`overwrite`](Self::overwrite).
    async fn overwrite_into_async<Cn: AsyncConnection, PrimaryKey>(
        self,
        id: &PrimaryKey,
        connection: &Cn,
    ) -> Result<CollectionDocument<Self>, InsertError<Self>>
    where
        PrimaryKey: KeyEncoding<Self::PrimaryKey> + ?Sized,
        Self: SerializedCollection<Contents = Self> + Sized + 'static,
    {
        Self::overwrite_async(id, self, connection).await
    }

    /// Appends the storing of this value under `id`, whatever was there, to `transaction`.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `serialization` or `key serialization`.
    fn overwrite_in_transaction<PrimaryKey>(
        &self,
        id: &PrimaryKey,
        transaction: &mut Transaction,
    ) -> Result<(), Error>
    where
        PrimaryKey: KeyEncoding<Self::PrimaryKey> + ?Sized,
        Self: SerializedCollection<Contents = Self> + Sized + 'static,
    {
        transaction.push(Operation::overwrite_serialized::<Self, PrimaryKey>(
            id, self,
        )?);
        Ok(())
    }
}

impl<T> SerializedCollection for T
where
    T: DefaultSerialization + Serialize + DeserializeOwned,
{
    type Contents = Self;
    type Format = Pot;

    fn natural_id(contents: &Self::Contents) -> Option<Self::PrimaryKey> {
        T::natural_id(contents)
    }

    fn format() -> Self::Format {
        Pot::default()
    }
}

/// The transaction that pushes all of `contents`, and the contents.
fn push_all_transaction<C: SerializedCollection>(
    contents: impl IntoIterator<Item = C::Contents>,
) -> Result<(Transaction, Vec<C::Contents>), Error> {
    let mut transaction = Transaction::new();
    let contents = contents
        .into_iter()
        .map(|contents| {
            transaction.push(Operation::push_serialized::<C>(&contents)?);
            Ok(contents)
        })
        .collect::<Result<_, Error>>()?;
    Ok((transaction, contents))
}

/// Joins the results of a transaction of inserts with what was inserted.
fn pushed_documents<C: SerializedCollection>(
    results: Vec<OperationResult>,
    contents: Vec<C::Contents>,
) -> Result<Vec<CollectionDocument<C>>, Error> {
    let headers = results.into_iter().filter_map(|result| match result {
        OperationResult::DocumentUpdated { header, .. } => Some(header),
        _ => None,
    });
    headers
        .zip(contents)
        .map(|(Header { id, revision }, contents)| {
            let id = DocumentId::deserialize::<C::PrimaryKey>(&id)?;
            Ok(CollectionDocument {
                header: CollectionHeader { id, revision },
                contents,
            })
        })
        .collect()
}
