//! The builder that lists the documents of a collection as values.

use std::borrow::Borrow;

use bonsaidb_macros::twin;

use crate::Error;
use crate::connection::{self, AsyncLowLevelConnection, LowLevelConnection, Running, awaitable};
use crate::document::{CollectionDocument, Header, OwnedDocuments};
use crate::key::KeyEncoding;
use crate::schema::SerializedCollection;

/// Lists documents of `Cl`, from
/// [`SerializedCollection::list_async`](crate::schema::SerializedCollection::list_async).
///
/// @async Nothing happens until it is awaited.
/// @blocking Nothing happens until one of its methods asks.
#[must_use]
#[twin]
pub struct AsyncList<'a, Cn, Cl, PrimaryKey>
where
    Cl: SerializedCollection,
    PrimaryKey: KeyEncoding<Cl::PrimaryKey> + PartialEq + ?Sized,
    Cl::PrimaryKey: Borrow<PrimaryKey> + PartialEq<PrimaryKey>,
{
    list: connection::AsyncList<'a, Cn, Cl, PrimaryKey>,
    #[only(async)]
    running: Running<'a, Vec<CollectionDocument<Cl>>>,
}

#[twin]
impl<'a, Cn, Cl, PrimaryKey> AsyncList<'a, Cn, Cl, PrimaryKey>
where
    Cn: AsyncLowLevelConnection,
    Cl: SerializedCollection,
    PrimaryKey: KeyEncoding<Cl::PrimaryKey> + PartialEq + ?Sized,
    Cl::PrimaryKey: Borrow<PrimaryKey> + PartialEq<PrimaryKey>,
{
    pub(crate) const fn new(list: connection::AsyncList<'a, Cn, Cl, PrimaryKey>) -> Self {
        Self {
            list,
            #[only(async)]
            running: None,
        }
    }

    /// Answers the smallest ids first.
    pub fn ascending(mut self) -> Self {
        self.list = self.list.ascending();
        self
    }

    /// Answers the greatest ids first.
    pub fn descending(mut self) -> Self {
        self.list = self.list.descending();
        self
    }

    /// Answers at most `maximum_results` documents.
    pub fn limit(mut self, maximum_results: u32) -> Self {
        self.list = self.list.limit(maximum_results);
        self
    }

    /// Returns the number of documents, whatever the limit.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `key serialization`, [`Error::CollectionNotFound`].
    pub async fn count(self) -> Result<u64, Error> {
        self.list.count().await
    }

    /// Returns the headers of the documents.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `key serialization`, [`Error::CollectionNotFound`].
    pub async fn headers(self) -> Result<Vec<Header>, Error> {
        self.list.headers().await
    }

    /// Returns the documents.
    /// @async Awaiting the builder does the same.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `serialization` or `key serialization`,
    /// [`Error::CollectionNotFound`].
    pub async fn query(self) -> Result<Vec<CollectionDocument<Cl>>, Error> {
        self.list.query().await?.collection_documents()
    }
}

awaitable! {
    impl ['a, Cn, Cl, PrimaryKey] for AsyncList<'a, Cn, Cl, PrimaryKey> => Vec<CollectionDocument<Cl>>,
    |this| AsyncList { list: this.list.take(), running: None }, query
    where
        Cn: AsyncLowLevelConnection,
        Cl: SerializedCollection + Unpin + 'a,
        Cl::PrimaryKey: Borrow<PrimaryKey> + PartialEq<PrimaryKey> + Unpin,
        PrimaryKey: KeyEncoding<Cl::PrimaryKey> + PartialEq + ?Sized + 'a,
}
