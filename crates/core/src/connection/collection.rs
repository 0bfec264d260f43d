//! The builder for operations on one collection.

use std::borrow::Borrow;
use std::marker::PhantomData;

use arc_bytes::serde::Bytes;
use bonsaidb_macros::twin;

use crate::Error;
use crate::connection::{AsyncConnection, AsyncList, Connection, List, Range, RangeRef};
use crate::document::{CollectionHeader, Document, DocumentId, HasHeader, OwnedDocument};
use crate::key::{IntoPrefixRange, KeyEncoding};
use crate::schema::{self, SerializedCollection};

/// Operations on the documents of `Cl`, from [`AsyncConnection::collection`].
#[twin]
pub struct AsyncCollection<'a, Cn, Cl> {
    connection: &'a Cn,
    collection: PhantomData<fn() -> Cl>,
}

#[twin]
impl<Cn, Cl> Clone for AsyncCollection<'_, Cn, Cl> {
    fn clone(&self) -> Self {
        Self {
            connection: self.connection,
            collection: PhantomData,
        }
    }
}

#[twin]
impl<'a, Cn, Cl> AsyncCollection<'a, Cn, Cl>
where
    Cn: AsyncConnection,
    Cl: schema::Collection,
{
    pub(crate) const fn new(connection: &'a Cn) -> Self {
        Self {
            connection,
            collection: PhantomData,
        }
    }

    /// Stores `item` under its natural id, or the next free one.
    ///
    /// # Errors
    ///
    /// [`Error::DocumentConflict`] if the natural id is taken, [`Error::DocumentPush`] if no id
    /// can be assigned, [`Error::UniqueKeyViolation`].
    pub async fn push(
        &self,
        item: &<Cl as SerializedCollection>::Contents,
    ) -> Result<CollectionHeader<Cl::PrimaryKey>, Error>
    where
        Cl: SerializedCollection,
    {
        let contents = Cl::serialize(item)?;
        match Cl::natural_id(item) {
            Some(id) => self.insert_bytes(&id, contents).await,
            None => self.push_bytes(contents).await,
        }
    }

    /// Stores `contents` under the next free id.
    ///
    /// # Errors
    ///
    /// [`Error::DocumentPush`] if no id can be assigned, [`Error::UniqueKeyViolation`].
    pub async fn push_bytes<B: Into<Bytes> + Send>(
        &self,
        contents: B,
    ) -> Result<CollectionHeader<Cl::PrimaryKey>, Error> {
        self.connection
            .insert::<Cl, Cl::PrimaryKey, B>(None, contents)
            .await
    }

    /// Stores `item` under `id`.
    ///
    /// # Errors
    ///
    /// [`Error::DocumentConflict`] if the id is taken, [`Error::UniqueKeyViolation`].
    pub async fn insert<PrimaryKey: KeyEncoding<Cl::PrimaryKey> + ?Sized>(
        &self,
        id: &PrimaryKey,
        item: &<Cl as SerializedCollection>::Contents,
    ) -> Result<CollectionHeader<Cl::PrimaryKey>, Error>
    where
        Cl: SerializedCollection,
    {
        self.insert_bytes(id, Cl::serialize(item)?).await
    }

    /// Stores `contents` under `id`.
    ///
    /// # Errors
    ///
    /// [`Error::DocumentConflict`] if the id is taken, [`Error::UniqueKeyViolation`].
    pub async fn insert_bytes<
        PrimaryKey: KeyEncoding<Cl::PrimaryKey> + ?Sized,
        B: Into<Bytes> + Send,
    >(
        &self,
        id: &PrimaryKey,
        contents: B,
    ) -> Result<CollectionHeader<Cl::PrimaryKey>, Error> {
        self.connection
            .insert::<Cl, PrimaryKey, B>(Some(id), contents)
            .await
    }

    /// Stores the contents of `doc`, if the stored document still has its revision. On success
    /// `doc` has the new header.
    ///
    /// # Errors
    ///
    /// [`Error::DocumentConflict`], [`Error::DocumentNotFound`], [`Error::UniqueKeyViolation`].
    pub async fn update<D: Document<Cl> + Send + Sync>(&self, doc: &mut D) -> Result<(), Error> {
        self.connection.update::<Cl, D>(doc).await
    }

    /// Stores `doc` whatever was there. On success it has the new header.
    ///
    /// # Errors
    ///
    /// [`Error::UniqueKeyViolation`].
    pub async fn overwrite<D: Document<Cl> + Send + Sync>(&self, doc: &mut D) -> Result<(), Error> {
        let contents = doc.bytes()?;
        let header = self
            .connection
            .overwrite::<Cl, DocumentId>(doc.id(), contents)
            .await?;
        doc.set_collection_header(header)
    }

    /// Returns the document stored under `id`, if there is one.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `key serialization`, [`Error::CollectionNotFound`].
    pub async fn get<PrimaryKey: KeyEncoding<Cl::PrimaryKey> + ?Sized>(
        &self,
        id: &PrimaryKey,
    ) -> Result<Option<OwnedDocument>, Error> {
        self.connection.get::<Cl, PrimaryKey>(id).await
    }

    /// Returns the documents stored under `ids`, in the order of their ids; absent ones are
    /// skipped.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `key serialization`, [`Error::CollectionNotFound`].
    pub async fn get_multiple<'id, DocumentIds, PrimaryKey, I>(
        &self,
        ids: DocumentIds,
    ) -> Result<Vec<OwnedDocument>, Error>
    where
        DocumentIds: IntoIterator<Item = &'id PrimaryKey, IntoIter = I> + Send + Sync,
        I: Iterator<Item = &'id PrimaryKey> + Send + Sync,
        PrimaryKey: KeyEncoding<Cl::PrimaryKey> + 'id + ?Sized,
    {
        self.connection
            .get_multiple::<Cl, PrimaryKey, DocumentIds, I>(ids)
            .await
    }

    /// Lists the documents with ids in `ids`.
    #[only(async)]
    pub fn list<PrimaryKey, R>(&'a self, ids: R) -> AsyncList<'a, Cn, Cl, PrimaryKey>
    where
        R: Into<RangeRef<'a, Cl::PrimaryKey, PrimaryKey>>,
        PrimaryKey: KeyEncoding<Cl::PrimaryKey> + PartialEq + ?Sized + 'a,
        Cl::PrimaryKey: Borrow<PrimaryKey> + PartialEq<PrimaryKey>,
    {
        AsyncList::new(self.connection, ids.into())
    }

    /// Lists the documents with ids in `ids`, a range of borrowed ids.
    #[only(blocking)]
    pub fn list<PrimaryKey, R>(&'a self, ids: R) -> List<'a, Cn, Cl, PrimaryKey>
    where
        R: Into<Range<&'a PrimaryKey>>,
        PrimaryKey: KeyEncoding<Cl::PrimaryKey> + PartialEq + 'a + ?Sized,
        Cl::PrimaryKey: Borrow<PrimaryKey> + PartialEq<PrimaryKey>,
    {
        List::new(self.connection, RangeRef::borrowed(ids.into()))
    }

    /// Lists the documents with ids that start with `prefix`.
    pub fn list_with_prefix<PrimaryKey>(
        &'a self,
        prefix: &'a PrimaryKey,
    ) -> AsyncList<'a, Cn, Cl, PrimaryKey>
    where
        PrimaryKey:
            IntoPrefixRange<'a, Cl::PrimaryKey> + KeyEncoding<Cl::PrimaryKey> + PartialEq + ?Sized,
        Cl::PrimaryKey: Borrow<PrimaryKey> + PartialEq<PrimaryKey>,
    {
        AsyncList::new(self.connection, prefix.to_prefix_range())
    }

    /// Lists all documents.
    pub fn all(&'a self) -> AsyncList<'a, Cn, Cl, Cl::PrimaryKey> {
        AsyncList::new(self.connection, RangeRef::from(..))
    }

    /// Deletes the document, if it still has the revision of `doc`.
    ///
    /// # Errors
    ///
    /// [`Error::DocumentConflict`], [`Error::DocumentNotFound`].
    pub async fn delete<H: HasHeader + Send + Sync>(&self, doc: &H) -> Result<(), Error> {
        self.connection.delete::<Cl, H>(doc).await
    }
}
