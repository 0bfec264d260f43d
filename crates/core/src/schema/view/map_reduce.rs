//! The functions of a view.

use crate::Error;
use crate::document::{BorrowedDocument, CollectionDocument};
use crate::schema::view::map::{MappedValue, Mappings, ViewMappedValue};
use crate::schema::view::{View, ViewSchema};
use crate::schema::{SerializedCollection, SerializedView};

/// What a map function returns.
pub type ViewMapResult<'doc, V> = Result<
    Mappings<<V as ViewSchema>::MappedKey<'doc>, <<V as ViewSchema>::View as View>::Value>,
    Error,
>;

/// What a reduce function returns.
pub type ReduceResult<V> = Result<<V as View>::Value, Error>;

/// The functions of a view over documents as bytes.
///
/// They may read the database, but a query that would have to wait for an index is an error in
/// them: that index could be waiting for the function.
///
/// # The law of `reduce`
///
/// With `rereduce = false`, `reduce` may be called on any contiguous, in-order grouping of the
/// values of one key; with `rereduce = true`, on any in-order grouping of earlier results. Every
/// way of grouping must give the same answer. A sum obeys this; an average of averages, or the
/// number of mappings in a rereduce, does not. In a rereduce the key of a mapping is the first key
/// that the earlier result covers, and the result must not depend on it. How often and with which
/// groups `reduce` is called is not promised.
///
/// An empty slice with `rereduce = true` asks for the answer when nothing matched.
pub trait MapReduce: ViewSchema {
    /// Returns the mappings of one document.
    ///
    /// # Errors
    ///
    /// Whatever goes wrong; it fails the query or transaction that mapped.
    fn map<'doc>(&self, document: &'doc BorrowedDocument<'_>) -> ViewMapResult<'doc, Self>;

    /// Returns one value for several mappings, or for several earlier results. See the law above.
    ///
    /// # Errors
    ///
    /// [`Error::ReduceUnimplemented`] unless implemented.
    #[allow(unused_variables)]
    fn reduce(
        &self,
        mappings: &[MappedValue<Self::MappedKey<'_>, <Self::View as View>::Value>],
        rereduce: bool,
    ) -> Result<<Self::View as View>::Value, Error> {
        Err(Error::ReduceUnimplemented)
    }
}

/// The functions of a view over deserialized documents. See [`MapReduce`] for the law of `reduce`.
/// A reduced value that is not a sum carries what it takes to go on from it:
///
/// ```
/// # fn main() -> Result<(), bonsaidb_local::Error> {
/// # let folder = tempfile::tempdir()?;
/// # use bonsaidb_core::connection::Connection;
/// # use bonsaidb_core::document::{CollectionDocument, Emit};
/// # use bonsaidb_core::schema::{
/// #     Collection, CollectionMapReduce, ReduceResult, SerializedCollection, View,
/// #     ViewMapResult, ViewMappedValue, ViewSchema,
/// # };
/// # use bonsaidb_local::Database;
/// # use bonsaidb_local::config::{Builder, StorageConfiguration};
/// # use serde::{Deserialize, Serialize};
/// #[derive(Debug, Serialize, Deserialize, Collection)]
/// #[collection(name = "readings", views = [Temperatures])]
/// struct Reading {
///     station: String,
///     celsius: f64,
/// }
///
/// /// What the mean of readings is made of.
/// #[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
/// struct Mean {
///     sum: f64,
///     count: u32,
/// }
///
/// #[derive(Debug, Clone, View, ViewSchema)]
/// #[view(collection = Reading, key = String, value = Mean, name = "temperatures")]
/// struct Temperatures;
///
/// impl CollectionMapReduce for Temperatures {
///     fn map<'doc>(&self, reading: CollectionDocument<Reading>) -> ViewMapResult<'doc, Self> {
///         let mean = Mean { sum: reading.contents.celsius, count: 1 };
///         reading.header.emit_key_and_value(reading.contents.station, mean)
///     }
///
///     fn reduce(
///         &self,
///         mappings: &[ViewMappedValue<'_, Self>],
///         _rereduce: bool,
///     ) -> ReduceResult<Self::View> {
///         let mut mean = Mean::default();
///         for mapping in mappings {
///             mean.sum += mapping.value.sum;
///             mean.count += mapping.value.count;
///         }
///         Ok(mean)
///     }
/// }
///
/// let db = Database::open::<Reading>(StorageConfiguration::new(folder.path()))?;
/// for celsius in [-4.0, 2.0, 5.0] {
///     Reading { station: "Davos".to_owned(), celsius }.push_into(&db)?;
/// }
/// let mean = db.view::<Temperatures>().with_key("Davos").reduce()?;
/// assert_eq!(mean.sum / f64::from(mean.count), 1.0);
/// # Ok(())
/// # }
/// ```
pub trait CollectionMapReduce: ViewSchema
where
    <Self::View as View>::Collection: SerializedCollection,
{
    /// Returns the mappings of one document.
    ///
    /// # Errors
    ///
    /// Whatever goes wrong; it fails the query or transaction that mapped.
    fn map<'doc>(
        &self,
        document: CollectionDocument<<Self::View as View>::Collection>,
    ) -> ViewMapResult<'doc, Self>
    where
        CollectionDocument<<Self::View as View>::Collection>: 'doc;

    /// Returns one value for several mappings, or for several earlier results.
    ///
    /// # Errors
    ///
    /// [`Error::ReduceUnimplemented`] unless implemented.
    #[allow(unused_variables)]
    fn reduce(
        &self,
        mappings: &[ViewMappedValue<'_, Self>],
        rereduce: bool,
    ) -> ReduceResult<Self::View> {
        Err(Error::ReduceUnimplemented)
    }
}

impl<T> MapReduce for T
where
    T: CollectionMapReduce,
    T::View: SerializedView,
    <T::View as View>::Collection: SerializedCollection,
{
    fn map<'doc>(&self, document: &'doc BorrowedDocument<'_>) -> ViewMapResult<'doc, Self> {
        T::map(self, CollectionDocument::try_from(document)?)
    }

    fn reduce(
        &self,
        mappings: &[MappedValue<Self::MappedKey<'_>, <Self::View as View>::Value>],
        rereduce: bool,
    ) -> Result<<Self::View as View>::Value, Error> {
        T::reduce(self, mappings, rereduce)
    }
}
