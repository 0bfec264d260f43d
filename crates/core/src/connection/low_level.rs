//! What every backend supplies, by id, name and bytes, and the typed operations built on it.

use std::borrow::Borrow;

use arc_bytes::serde::Bytes;
use async_trait::async_trait;
use bonsaidb_macros::{operations, twin};

use crate::Error;
use crate::connection::{
    AccessPolicy, HasSchema, HasSession, QueryKey, Range, RangeRef, SerializedQueryKey, Sort,
};
use crate::document::{
    CollectionDocument, CollectionHeader, Document, DocumentId, HasHeader, Header, OwnedDocument,
};
use crate::key::KeyEncoding;
use crate::schema::view::map::{
    MappedDocuments, MappedSerializedDocuments, MappedSerializedValue, MappedValue, Serialized,
    ViewMappings,
};
use crate::schema::{self, CollectionName, SerializedCollection, SerializedView, ViewName};
use crate::transaction::{OperationResult, Transaction};

/// The reduced value of each key.
pub type GroupedReductions<V> =
    Vec<MappedValue<<V as schema::View>::Key, <V as schema::View>::Value>>;

/// Operations of a database by id, name and bytes, and typed ones built on them.
///
/// The builders of [`AsyncConnection`](crate::connection::AsyncConnection) are more convenient.
/// The required methods are the table of operations: whatever serves, forwards or guards
/// operations is generated from it.
///
/// @async Its methods are async; the blocking twin is [`LowLevelConnection`].
/// @blocking The asynchronous twin is [`AsyncLowLevelConnection`].
#[operations(low_level_operations)]
#[twin(strip(Send, Sync))]
#[async_trait]
pub trait AsyncLowLevelConnection: HasSchema + HasSession + Send + Sync {
    /// Executes every operation of `transaction`, or none, and returns one result per operation.
    ///
    /// # Errors
    ///
    /// The error of the first operation that failed: [`Error::DocumentConflict`],
    /// [`Error::DocumentNotFound`], [`Error::UniqueKeyViolation`], [`Error::DocumentPush`],
    /// [`Error::CollectionNotFound`], [`Error::PermissionDenied`].
    #[needs(Needs::Transaction(transaction))]
    async fn apply_transaction(
        &self,
        transaction: Transaction,
    ) -> Result<Vec<OperationResult>, Error>;

    /// Returns the document `id` of `collection`, if there is one.
    ///
    /// # Errors
    ///
    /// [`Error::CollectionNotFound`], [`Error::PermissionDenied`].
    #[needs(Needs::action(
        DatabaseAction::Document(DocumentAction::Get),
        Resource::Document(collection, id)
    ))]
    async fn get_from_collection(
        &self,
        id: DocumentId,
        collection: &CollectionName,
    ) -> Result<Option<OwnedDocument>, Error>;

    /// Returns the documents `ids` of `collection` in the order of their ids; absent ones are
    /// skipped.
    ///
    /// # Errors
    ///
    /// [`Error::CollectionNotFound`], [`Error::PermissionDenied`].
    #[needs(Needs::Documents(DocumentAction::Get, collection, ids))]
    async fn get_multiple_from_collection(
        &self,
        ids: &[DocumentId],
        collection: &CollectionName,
    ) -> Result<Vec<OwnedDocument>, Error>;

    /// Returns the documents of `collection` with ids in `ids`.
    ///
    /// # Errors
    ///
    /// [`Error::CollectionNotFound`], [`Error::PermissionDenied`].
    #[needs(Needs::action(
        DatabaseAction::Document(DocumentAction::List),
        Resource::Collection(collection)
    ))]
    async fn list_from_collection(
        &self,
        ids: Range<DocumentId>,
        order: Sort,
        limit: Option<u32>,
        collection: &CollectionName,
    ) -> Result<Vec<OwnedDocument>, Error>;

    /// Returns the headers of the documents of `collection` with ids in `ids`.
    ///
    /// # Errors
    ///
    /// [`Error::CollectionNotFound`], [`Error::PermissionDenied`].
    #[needs(Needs::action(
        DatabaseAction::Document(DocumentAction::ListHeaders),
        Resource::Collection(collection)
    ))]
    async fn list_headers_from_collection(
        &self,
        ids: Range<DocumentId>,
        order: Sort,
        limit: Option<u32>,
        collection: &CollectionName,
    ) -> Result<Vec<Header>, Error>;

    /// Returns the number of documents of `collection` with ids in `ids`.
    ///
    /// # Errors
    ///
    /// [`Error::CollectionNotFound`], [`Error::PermissionDenied`].
    #[needs(Needs::action(
        DatabaseAction::Document(DocumentAction::Count),
        Resource::Collection(collection)
    ))]
    async fn count_from_collection(
        &self,
        ids: Range<DocumentId>,
        collection: &CollectionName,
    ) -> Result<u64, Error>;

    /// Reclaims unused space of `collection`.
    ///
    /// # Errors
    ///
    /// [`Error::CollectionNotFound`], [`Error::PermissionDenied`].
    #[needs(Needs::action(DatabaseAction::Compact, Resource::Collection(collection)))]
    async fn compact_collection_by_name(&self, collection: CollectionName) -> Result<(), Error>;

    /// Returns the mappings of `view` that match `key`, all without.
    ///
    /// # Errors
    ///
    /// [`Error::ViewNotFound`], [`Error::PermissionDenied`], and whatever the view's map function
    /// answers with.
    #[needs(Needs::action(DatabaseAction::View(ViewAction::Query), Resource::View(view)))]
    async fn query_by_name(
        &self,
        view: &ViewName,
        key: Option<SerializedQueryKey>,
        order: Sort,
        limit: Option<u32>,
        access_policy: AccessPolicy,
    ) -> Result<Vec<Serialized>, Error>;

    /// Returns the mappings of `view` that match `key`, and their documents of the same moment.
    /// Each document must be allowed to be got.
    ///
    /// # Errors
    ///
    /// Those of [`query_by_name`](Self::query_by_name).
    #[needs(Needs::action(DatabaseAction::View(ViewAction::Query), Resource::View(view)))]
    async fn query_by_name_with_docs(
        &self,
        view: &ViewName,
        key: Option<SerializedQueryKey>,
        order: Sort,
        limit: Option<u32>,
        access_policy: AccessPolicy,
    ) -> Result<MappedSerializedDocuments, Error>;

    /// Returns the serialized reduced value of the mappings of `view` that match `key`.
    ///
    /// # Errors
    ///
    /// Those of [`query_by_name`](Self::query_by_name), [`Error::ReduceUnimplemented`].
    #[needs(Needs::action(DatabaseAction::View(ViewAction::Reduce), Resource::View(view)))]
    async fn reduce_by_name(
        &self,
        view: &ViewName,
        key: Option<SerializedQueryKey>,
        access_policy: AccessPolicy,
    ) -> Result<Vec<u8>, Error>;

    /// Returns the serialized reduced value of each key of `view` that matches `key`.
    ///
    /// # Errors
    ///
    /// Those of [`query_by_name`](Self::query_by_name), [`Error::ReduceUnimplemented`].
    #[needs(Needs::action(DatabaseAction::View(ViewAction::Reduce), Resource::View(view)))]
    async fn reduce_grouped_by_name(
        &self,
        view: &ViewName,
        key: Option<SerializedQueryKey>,
        access_policy: AccessPolicy,
    ) -> Result<Vec<MappedSerializedValue>, Error>;

    /// Deletes the documents of the mappings of `view` that match `key`, in one transaction, and
    /// returns how many. Each must be allowed to be deleted.
    ///
    /// # Errors
    ///
    /// Those of [`query_by_name`](Self::query_by_name).
    #[needs(Needs::action(DatabaseAction::View(ViewAction::DeleteDocs), Resource::View(view)))]
    async fn delete_docs_by_name(
        &self,
        view: &ViewName,
        key: Option<SerializedQueryKey>,
        access_policy: AccessPolicy,
    ) -> Result<u64, Error>;

    /// Stores `contents` as a new document of `C`; without an `id` the next free one is assigned.
    ///
    /// # Errors
    ///
    /// [`Error::DocumentConflict`] if the id is taken, [`Error::DocumentPush`] if none can be
    /// assigned, [`Error::UniqueKeyViolation`].
    async fn insert<C, PrimaryKey, B>(
        &self,
        id: Option<&PrimaryKey>,
        contents: B,
    ) -> Result<CollectionHeader<C::PrimaryKey>, Error>
    where
        C: schema::Collection,
        PrimaryKey: KeyEncoding<C::PrimaryKey> + Send + ?Sized,
        B: Into<Bytes> + Send,
    {
        let id = id
            .map(DocumentId::new::<C::PrimaryKey, PrimaryKey>)
            .transpose()?;
        let insert = Transaction::insert(C::collection_name(), id, contents);
        updated_header(self.apply_transaction(insert).await?)?.try_into()
    }

    /// Stores the contents of `doc`, if the stored document still has its revision. On success
    /// `doc` has the new header.
    ///
    /// # Errors
    ///
    /// [`Error::DocumentConflict`], [`Error::DocumentNotFound`], [`Error::UniqueKeyViolation`].
    async fn update<C: schema::Collection, D: Document<C> + Send + Sync>(
        &self,
        doc: &mut D,
    ) -> Result<(), Error> {
        let update = Transaction::update(
            C::collection_name(),
            doc.header().into_header()?,
            doc.bytes()?,
        );
        doc.set_header(updated_header(self.apply_transaction(update).await?)?)
    }

    /// Stores `contents` under `id`, whatever was there.
    ///
    /// # Errors
    ///
    /// [`Error::UniqueKeyViolation`].
    async fn overwrite<C, PrimaryKey>(
        &self,
        id: &PrimaryKey,
        contents: Vec<u8>,
    ) -> Result<CollectionHeader<C::PrimaryKey>, Error>
    where
        C: schema::Collection,
        PrimaryKey: KeyEncoding<C::PrimaryKey> + ?Sized,
    {
        let overwrite = Transaction::overwrite(
            C::collection_name(),
            DocumentId::new::<C::PrimaryKey, PrimaryKey>(id)?,
            contents,
        );
        updated_header(self.apply_transaction(overwrite).await?)?.try_into()
    }

    /// Returns the document of `C` stored under `id`, if there is one.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `key serialization`, [`Error::CollectionNotFound`].
    async fn get<C, PrimaryKey>(&self, id: &PrimaryKey) -> Result<Option<OwnedDocument>, Error>
    where
        C: schema::Collection,
        PrimaryKey: KeyEncoding<C::PrimaryKey> + ?Sized,
    {
        let id = DocumentId::new::<C::PrimaryKey, PrimaryKey>(id)?;
        self.get_from_collection(id, &C::collection_name()).await
    }

    /// Returns the documents of `C` stored under `ids` in the order of their ids; absent ones are
    /// skipped.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `key serialization`, [`Error::CollectionNotFound`].
    async fn get_multiple<'id, C, PrimaryKey, DocumentIds, I>(
        &self,
        ids: DocumentIds,
    ) -> Result<Vec<OwnedDocument>, Error>
    where
        C: schema::Collection,
        DocumentIds: IntoIterator<Item = &'id PrimaryKey, IntoIter = I> + Send + Sync,
        I: Iterator<Item = &'id PrimaryKey> + Send + Sync,
        PrimaryKey: KeyEncoding<C::PrimaryKey> + 'id + ?Sized,
    {
        let ids = ids
            .into_iter()
            .map(DocumentId::new::<C::PrimaryKey, PrimaryKey>)
            .collect::<Result<Vec<_>, _>>()?;
        self.get_multiple_from_collection(&ids, &C::collection_name())
            .await
    }

    /// Returns the documents of `C` with ids in `ids`.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `key serialization`, [`Error::CollectionNotFound`].
    async fn list<'id, C, R, PrimaryKey>(
        &self,
        ids: R,
        order: Sort,
        limit: Option<u32>,
    ) -> Result<Vec<OwnedDocument>, Error>
    where
        C: schema::Collection,
        R: Into<RangeRef<'id, C::PrimaryKey, PrimaryKey>> + Send,
        PrimaryKey: KeyEncoding<C::PrimaryKey> + PartialEq + 'id + ?Sized,
        C::PrimaryKey: Borrow<PrimaryKey> + PartialEq<PrimaryKey>,
    {
        let ids = encoded_range::<C, PrimaryKey>(ids.into())?;
        self.list_from_collection(ids, order, limit, &C::collection_name())
            .await
    }

    /// Returns the headers of the documents of `C` with ids in `ids`.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `key serialization`, [`Error::CollectionNotFound`].
    async fn list_headers<'id, C, R, PrimaryKey>(
        &self,
        ids: R,
        order: Sort,
        limit: Option<u32>,
    ) -> Result<Vec<Header>, Error>
    where
        C: schema::Collection,
        R: Into<RangeRef<'id, C::PrimaryKey, PrimaryKey>> + Send,
        PrimaryKey: KeyEncoding<C::PrimaryKey> + PartialEq + 'id + ?Sized,
        C::PrimaryKey: Borrow<PrimaryKey> + PartialEq<PrimaryKey>,
    {
        let ids = encoded_range::<C, PrimaryKey>(ids.into())?;
        self.list_headers_from_collection(ids, order, limit, &C::collection_name())
            .await
    }

    /// Returns the number of documents of `C` with ids in `ids`.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `key serialization`, [`Error::CollectionNotFound`].
    async fn count<'id, C, R, PrimaryKey>(&self, ids: R) -> Result<u64, Error>
    where
        C: schema::Collection,
        R: Into<RangeRef<'id, C::PrimaryKey, PrimaryKey>> + Send,
        PrimaryKey: KeyEncoding<C::PrimaryKey> + PartialEq + 'id + ?Sized,
        C::PrimaryKey: Borrow<PrimaryKey> + PartialEq<PrimaryKey>,
    {
        let ids = encoded_range::<C, PrimaryKey>(ids.into())?;
        self.count_from_collection(ids, &C::collection_name()).await
    }

    /// Deletes the document, if it still has the revision of `doc`.
    ///
    /// # Errors
    ///
    /// [`Error::DocumentConflict`], [`Error::DocumentNotFound`].
    async fn delete<C: schema::Collection, H: HasHeader + Send + Sync>(
        &self,
        doc: &H,
    ) -> Result<(), Error> {
        let delete = Transaction::delete(C::collection_name(), doc.header()?);
        match self.apply_transaction(delete).await?.as_slice() {
            [OperationResult::DocumentDeleted { .. }] => Ok(()),
            _ => Err(unexpected_results()),
        }
    }

    /// Returns the mappings of `V` that match `key`, all without.
    ///
    /// # Errors
    ///
    /// [`Error::ViewNotFound`], and whatever the view's map function answers with.
    async fn query<V: SerializedView, Key>(
        &self,
        key: Option<QueryKey<'_, V::Key, Key>>,
        order: Sort,
        limit: Option<u32>,
        access_policy: AccessPolicy,
    ) -> Result<ViewMappings<V>, Error>
    where
        Key: KeyEncoding<V::Key> + PartialEq + ?Sized,
        V::Key: Borrow<Key> + PartialEq<Key>,
    {
        let view = self.schematic().view::<V>()?.view_name();
        let key = key.map(|key| key.serialized()).transpose()?;
        Serialized::deserialized_mappings::<V>(
            &self
                .query_by_name(&view, key, order, limit, access_policy)
                .await?,
        )
    }

    /// Returns the mappings of `V` that match `key`, and their documents of the same moment.
    ///
    /// # Errors
    ///
    /// Those of [`query`](Self::query).
    async fn query_with_docs<V: SerializedView, Key>(
        &self,
        key: Option<QueryKey<'_, V::Key, Key>>,
        order: Sort,
        limit: Option<u32>,
        access_policy: AccessPolicy,
    ) -> Result<MappedDocuments<OwnedDocument, V>, Error>
    where
        Key: KeyEncoding<V::Key> + PartialEq + ?Sized,
        V::Key: Borrow<Key> + PartialEq<Key>,
    {
        let view = self.schematic().view::<V>()?.view_name();
        let key = key.map(|key| key.serialized()).transpose()?;
        self.query_by_name_with_docs(&view, key, order, limit, access_policy)
            .await?
            .deserialized::<V>()
    }

    /// Returns the mappings of `V` that match `key`, and their deserialized documents of the same
    /// moment.
    ///
    /// # Errors
    ///
    /// Those of [`query`](Self::query), [`Error::Other`] of origin `serialization`.
    async fn query_with_collection_docs<V, Key>(
        &self,
        key: Option<QueryKey<'_, V::Key, Key>>,
        order: Sort,
        limit: Option<u32>,
        access_policy: AccessPolicy,
    ) -> Result<MappedDocuments<CollectionDocument<V::Collection>, V>, Error>
    where
        Key: KeyEncoding<V::Key> + PartialEq + ?Sized,
        V: SerializedView,
        V::Key: Borrow<Key> + PartialEq<Key>,
        V::Collection: SerializedCollection,
        <V::Collection as SerializedCollection>::Contents: std::fmt::Debug,
    {
        self.query_with_docs::<V, Key>(key, order, limit, access_policy)
            .await?
            .into_collection_documents()
    }

    /// Returns the reduced value of the mappings of `V` that match `key`.
    ///
    /// # Errors
    ///
    /// Those of [`query`](Self::query), [`Error::ReduceUnimplemented`].
    async fn reduce<V: SerializedView, Key>(
        &self,
        key: Option<QueryKey<'_, V::Key, Key>>,
        access_policy: AccessPolicy,
    ) -> Result<V::Value, Error>
    where
        Key: KeyEncoding<V::Key> + PartialEq + ?Sized,
        V::Key: Borrow<Key> + PartialEq<Key>,
    {
        let view = self.schematic().view::<V>()?.view_name();
        let key = key.map(|key| key.serialized()).transpose()?;
        V::deserialize(&self.reduce_by_name(&view, key, access_policy).await?)
    }

    /// Returns the reduced value of each key of `V` that matches `key`, ascending.
    ///
    /// # Errors
    ///
    /// Those of [`query`](Self::query), [`Error::ReduceUnimplemented`].
    async fn reduce_grouped<V: SerializedView, Key>(
        &self,
        key: Option<QueryKey<'_, V::Key, Key>>,
        access_policy: AccessPolicy,
    ) -> Result<GroupedReductions<V>, Error>
    where
        Key: KeyEncoding<V::Key> + PartialEq + ?Sized,
        V::Key: Borrow<Key> + PartialEq<Key>,
    {
        let view = self.schematic().view::<V>()?.view_name();
        let key = key.map(|key| key.serialized()).transpose()?;
        self.reduce_grouped_by_name(&view, key, access_policy)
            .await?
            .iter()
            .map(MappedSerializedValue::deserialized::<V>)
            .collect()
    }

    /// Deletes the documents of the mappings of `V` that match `key`, in one transaction, and
    /// returns how many.
    ///
    /// # Errors
    ///
    /// Those of [`query`](Self::query).
    async fn delete_docs<V: SerializedView, Key>(
        &self,
        key: Option<QueryKey<'_, V::Key, Key>>,
        access_policy: AccessPolicy,
    ) -> Result<u64, Error>
    where
        Key: KeyEncoding<V::Key> + PartialEq + ?Sized,
        V::Key: Borrow<Key> + PartialEq<Key>,
    {
        let view = self.schematic().view::<V>()?.view_name();
        let key = key.map(|key| key.serialized()).transpose()?;
        self.delete_docs_by_name(&view, key, access_policy).await
    }
}

fn encoded_range<C, PrimaryKey>(
    ids: RangeRef<'_, C::PrimaryKey, PrimaryKey>,
) -> Result<Range<DocumentId>, Error>
where
    C: schema::Collection,
    PrimaryKey: KeyEncoding<C::PrimaryKey> + PartialEq + ?Sized,
    C::PrimaryKey: Borrow<PrimaryKey> + PartialEq<PrimaryKey>,
{
    ids.map_result(DocumentId::new::<C::PrimaryKey, PrimaryKey>)
}

/// The header of the one document a transaction of one operation stored.
fn updated_header(results: Vec<OperationResult>) -> Result<Header, Error> {
    match results.into_iter().next() {
        Some(OperationResult::DocumentUpdated { header, .. }) => Ok(header),
        _ => Err(unexpected_results()),
    }
}

fn unexpected_results() -> Error {
    Error::other("connection", "the results do not belong to the transaction")
}
