//! The builder that lists the documents of a collection as bytes.

use std::borrow::Borrow;
use std::marker::PhantomData;

use bonsaidb_macros::twin;

use crate::Error;
use crate::connection::{
    AsyncLowLevelConnection, LowLevelConnection, Range, RangeRef, Running, Sort, awaitable,
};
use crate::document::{DocumentId, Header, OwnedDocument};
use crate::key::KeyEncoding;
use crate::schema;

/// Lists documents of the collection `Cl`, from
/// [`AsyncCollection::list`](crate::connection::AsyncCollection::list).
///
/// @async Nothing happens until it is awaited.
/// @blocking Nothing happens until one of its methods asks.
#[must_use]
#[twin]
pub struct AsyncList<'a, Cn, Cl, PrimaryKey: ?Sized> {
    connection: &'a Cn,
    /// Encoded when the builder is made; a failure waits here for the query.
    ids: Result<Range<DocumentId>, Error>,
    sort: Sort,
    limit: Option<u32>,
    types: PhantomData<fn(&PrimaryKey) -> Cl>,
    #[only(async)]
    running: Running<'a, Vec<OwnedDocument>>,
}

#[twin]
impl<'a, Cn, Cl, PrimaryKey> AsyncList<'a, Cn, Cl, PrimaryKey>
where
    Cn: AsyncLowLevelConnection,
    Cl: schema::Collection,
    PrimaryKey: KeyEncoding<Cl::PrimaryKey> + PartialEq + ?Sized,
    Cl::PrimaryKey: Borrow<PrimaryKey> + PartialEq<PrimaryKey>,
{
    pub(crate) fn new(connection: &'a Cn, ids: RangeRef<'_, Cl::PrimaryKey, PrimaryKey>) -> Self {
        Self {
            connection,
            ids: ids.map_result(DocumentId::new::<Cl::PrimaryKey, PrimaryKey>),
            sort: Sort::Ascending,
            limit: None,
            types: PhantomData,
            #[only(async)]
            running: None,
        }
    }

    /// Answers the smallest ids first.
    pub const fn ascending(mut self) -> Self {
        self.sort = Sort::Ascending;
        self
    }

    /// Answers the greatest ids first.
    pub const fn descending(mut self) -> Self {
        self.sort = Sort::Descending;
        self
    }

    /// Answers at most `maximum_results` documents.
    pub const fn limit(mut self, maximum_results: u32) -> Self {
        self.limit = Some(maximum_results);
        self
    }

    /// Returns the number of documents, whatever the limit.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `key serialization`, [`Error::CollectionNotFound`].
    pub async fn count(self) -> Result<u64, Error> {
        self.connection
            .count_from_collection(self.ids?, &Cl::collection_name())
            .await
    }

    /// Returns the headers of the documents.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `key serialization`, [`Error::CollectionNotFound`].
    pub async fn headers(self) -> Result<Vec<Header>, Error> {
        self.connection
            .list_headers_from_collection(self.ids?, self.sort, self.limit, &Cl::collection_name())
            .await
    }

    /// Returns the documents.
    /// @async Awaiting the builder does the same.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `key serialization`, [`Error::CollectionNotFound`].
    pub async fn query(self) -> Result<Vec<OwnedDocument>, Error> {
        self.connection
            .list_from_collection(self.ids?, self.sort, self.limit, &Cl::collection_name())
            .await
    }
}

impl<Cn, Cl, PrimaryKey: ?Sized> AsyncList<'_, Cn, Cl, PrimaryKey> {
    /// Moves the builder out from behind a reference.
    pub(crate) fn take(&mut self) -> Self {
        Self {
            connection: self.connection,
            ids: std::mem::replace(&mut self.ids, Ok(Range::default())),
            sort: self.sort,
            limit: self.limit,
            types: PhantomData,
            running: None,
        }
    }
}

awaitable! {
    impl ['a, Cn, Cl, PrimaryKey] for AsyncList<'a, Cn, Cl, PrimaryKey> => Vec<OwnedDocument>,
    |this| this.take(), query
    where
        Cn: AsyncLowLevelConnection,
        Cl: schema::Collection + 'a,
        PrimaryKey: KeyEncoding<Cl::PrimaryKey> + PartialEq + ?Sized + 'a,
        Cl::PrimaryKey: Borrow<PrimaryKey> + PartialEq<PrimaryKey>,
}
