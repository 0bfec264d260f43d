//! The builder for queries of one view.

use std::borrow::Borrow;

use bonsaidb_macros::twin;

use crate::Error;
use crate::connection::{
    AccessPolicy, AsyncLowLevelConnection, GroupedReductions, LowLevelConnection, MaybeOwned,
    QueryKey, RangeRef, Sort,
};
use crate::document::{CollectionDocument, OwnedDocument};
use crate::key::{IntoPrefixRange, KeyEncoding};
use crate::schema::view::map::{MappedDocuments, ViewMappings};
use crate::schema::{SerializedCollection, SerializedView};

/// Queries of the view `V`, from
/// [`AsyncConnection::view`](crate::connection::AsyncConnection::view).
///
/// A later key filter replaces an earlier one.
#[must_use]
#[twin]
pub struct AsyncView<'a, Cn, V: SerializedView, Key>
where
    V::Key: Borrow<Key> + PartialEq<Key>,
    Key: PartialEq + ?Sized,
{
    connection: &'a Cn,
    /// Which keys to answer; all without.
    pub key: Option<QueryKey<'a, V::Key, Key>>,
    /// How current the view has to be.
    pub access_policy: AccessPolicy,
    /// The order of mappings.
    pub sort: Sort,
    /// The greatest number of mappings to answer.
    pub limit: Option<u32>,
}

#[twin]
impl<'a, Cn, V> AsyncView<'a, Cn, V, V::Key>
where
    V: SerializedView,
    Cn: AsyncLowLevelConnection,
{
    pub(crate) const fn new(connection: &'a Cn) -> Self {
        Self {
            connection,
            key: None,
            access_policy: AccessPolicy::UpdateBefore,
            sort: Sort::Ascending,
            limit: None,
        }
    }
}

#[twin]
impl<'a, Cn, V, Key> AsyncView<'a, Cn, V, Key>
where
    V: SerializedView,
    V::Key: Borrow<Key> + PartialEq<Key>,
    Key: PartialEq + ?Sized,
    Cn: AsyncLowLevelConnection,
{
    fn filtered<K>(self, key: QueryKey<'a, V::Key, K>) -> AsyncView<'a, Cn, V, K>
    where
        V::Key: Borrow<K> + PartialEq<K>,
        K: PartialEq + ?Sized,
    {
        AsyncView {
            connection: self.connection,
            key: Some(key),
            access_policy: self.access_policy,
            sort: self.sort,
            limit: self.limit,
        }
    }

    /// Answers `key` alone.
    pub fn with_key<K>(self, key: &'a K) -> AsyncView<'a, Cn, V, K>
    where
        K: KeyEncoding<V::Key> + PartialEq + ?Sized,
        V::Key: Borrow<K> + PartialEq<K>,
    {
        self.filtered(QueryKey::Matches(MaybeOwned::Borrowed(key)))
    }

    /// Answers the given keys, each once, in key order.
    pub fn with_keys<K, IntoIter: IntoIterator<Item = &'a K>>(
        self,
        keys: IntoIter,
    ) -> AsyncView<'a, Cn, V, K>
    where
        K: PartialEq + ?Sized,
        V::Key: Borrow<K> + PartialEq<K>,
    {
        self.filtered(QueryKey::Multiple(
            keys.into_iter().map(MaybeOwned::Borrowed).collect(),
        ))
    }

    /// Answers the keys in `range`.
    pub fn with_key_range<K, R: Into<RangeRef<'a, V::Key, K>>>(
        self,
        range: R,
    ) -> AsyncView<'a, Cn, V, K>
    where
        K: PartialEq + ?Sized,
        V::Key: Borrow<K> + PartialEq<K>,
    {
        self.filtered(QueryKey::Range(range.into()))
    }

    /// Answers the keys that start with `prefix`.
    pub fn with_key_prefix<K>(self, prefix: &'a K) -> AsyncView<'a, Cn, V, K>
    where
        K: KeyEncoding<V::Key> + IntoPrefixRange<'a, V::Key> + PartialEq + ?Sized,
        V::Key: Borrow<K> + PartialEq<K>,
    {
        self.filtered(QueryKey::Range(prefix.to_prefix_range()))
    }

    /// Sets how current the view has to be.
    pub const fn with_access_policy(mut self, policy: AccessPolicy) -> Self {
        self.access_policy = policy;
        self
    }

    /// Answers the smallest keys first.
    pub const fn ascending(mut self) -> Self {
        self.sort = Sort::Ascending;
        self
    }

    /// Answers the greatest keys first.
    pub const fn descending(mut self) -> Self {
        self.sort = Sort::Descending;
        self
    }

    /// Answers at most `maximum_results` mappings.
    pub const fn limit(mut self, maximum_results: u32) -> Self {
        self.limit = Some(maximum_results);
        self
    }

    /// Returns the mappings.
    ///
    /// # Errors
    ///
    /// [`Error::ViewNotFound`], and whatever the view's map function answers with.
    pub async fn query(self) -> Result<ViewMappings<V>, Error>
    where
        Key: KeyEncoding<V::Key>,
    {
        self.connection
            .query::<V, Key>(self.key, self.sort, self.limit, self.access_policy)
            .await
    }

    /// Returns the mappings and their documents, both of the same moment.
    ///
    /// [`AccessPolicy`] says which moment that is where the view is not updated first. To answer so,
    /// the database keeps the last such moment of each lazy view, which holds some space until it is
    /// replaced or too old.
    ///
    /// # Errors
    ///
    /// Those of [`query`](Self::query).
    pub async fn query_with_docs(self) -> Result<MappedDocuments<OwnedDocument, V>, Error>
    where
        Key: KeyEncoding<V::Key>,
    {
        self.connection
            .query_with_docs::<V, Key>(self.key, self.sort, self.limit, self.access_policy)
            .await
    }

    /// Returns the mappings and their deserialized documents, both of the same moment, as
    /// [`query_with_docs`](Self::query_with_docs) does.
    ///
    /// # Errors
    ///
    /// Those of [`query`](Self::query), [`Error::Other`] of origin `serialization`.
    pub async fn query_with_collection_docs(
        self,
    ) -> Result<MappedDocuments<CollectionDocument<V::Collection>, V>, Error>
    where
        Key: KeyEncoding<V::Key>,
        V::Collection: SerializedCollection,
        <V::Collection as SerializedCollection>::Contents: std::fmt::Debug,
    {
        self.connection
            .query_with_collection_docs::<V, Key>(
                self.key,
                self.sort,
                self.limit,
                self.access_policy,
            )
            .await
    }

    /// Returns the reduced value of all matching mappings. Order and limit do not matter.
    ///
    /// # Errors
    ///
    /// Those of [`query`](Self::query), [`Error::ReduceUnimplemented`].
    pub async fn reduce(self) -> Result<V::Value, Error>
    where
        Key: KeyEncoding<V::Key>,
    {
        self.connection
            .reduce::<V, Key>(self.key, self.access_policy)
            .await
    }

    /// Returns the reduced value of each matching key, ascending. Order and limit do not matter.
    ///
    /// # Errors
    ///
    /// Those of [`query`](Self::query), [`Error::ReduceUnimplemented`].
    pub async fn reduce_grouped(self) -> Result<GroupedReductions<V>, Error>
    where
        Key: KeyEncoding<V::Key>,
    {
        self.connection
            .reduce_grouped::<V, Key>(self.key, self.access_policy)
            .await
    }

    /// Deletes the documents of all matching mappings in one transaction and returns how many.
    /// Order and limit do not matter.
    ///
    /// # Errors
    ///
    /// Those of [`query`](Self::query).
    pub async fn delete_docs(self) -> Result<u64, Error>
    where
        Key: KeyEncoding<V::Key>,
    {
        self.connection
            .delete_docs::<V, Key>(self.key, self.access_policy)
            .await
    }
}
