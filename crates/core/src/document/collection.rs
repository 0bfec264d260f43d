//! A document with its contents deserialized.

use std::fmt::{self, Debug};

use bonsaidb_macros::twin;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::connection::{AsyncConnection, Connection};
use crate::document::{
    BorrowedDocument, CollectionHeader, DocumentId, HasHeader, Header, OwnedDocument,
};
use crate::schema::SerializedCollection;
use crate::transaction::{Operation, Transaction};

/// A document of the collection `C`: its header and its contents.
///
/// ```
/// # fn main() -> Result<(), bonsaidb_local::Error> {
/// # let folder = tempfile::tempdir()?;
/// use bonsaidb_core::Error;
/// use bonsaidb_core::schema::{Collection, SerializedCollection};
/// # use bonsaidb_local::Database;
/// # use bonsaidb_local::config::{Builder, StorageConfiguration};
/// # use serde::{Deserialize, Serialize};
///
/// #[derive(Clone, Debug, Serialize, Deserialize, Collection)]
/// #[collection(name = "counters")]
/// struct Counter {
///     count: u32,
/// }
///
/// let db = Database::open::<Counter>(StorageConfiguration::new(folder.path()))?;
/// let mut mine = Counter { count: 0 }.push_into(&db)?;
/// let mut theirs = Counter::get(&mine.header.id, &db)?.expect("stored above");
/// theirs.contents.count = 10;
/// theirs.update(&db)?;
///
/// // Somebody else was first: the header in the error is that of the stored document.
/// mine.contents.count = 1;
/// let error = mine.update(&db).unwrap_err();
/// assert!(matches!(error, Error::DocumentConflict(..)));
/// let stored = error.conflicting_document::<Counter>().expect("a conflict");
/// assert_eq!(stored.revision, theirs.header.revision);
///
/// // Reads anew and tries again until nobody is in between.
/// mine.modify(&db, |counter| counter.contents.count += 1)?;
/// assert_eq!(mine.contents.count, 11);
/// # Ok(())
/// # }
/// ```
#[derive(Serialize, Deserialize)]
#[serde(
    deny_unknown_fields,
    bound(
        serialize = "C::PrimaryKey: Serialize, C::Contents: Serialize",
        deserialize = "C::PrimaryKey: Deserialize<'de>, C::Contents: Deserialize<'de>"
    )
)]
pub struct CollectionDocument<C: SerializedCollection> {
    /// The primary key and revision.
    pub header: CollectionHeader<C::PrimaryKey>,
    /// The contents.
    pub contents: C::Contents,
}

impl<C: SerializedCollection> CollectionDocument<C> {
    /// Appends the update of this document to `transaction`.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `serialization` or `key serialization`.
    pub fn update_in_transaction(&self, transaction: &mut Transaction) -> Result<(), Error> {
        transaction.push(Operation::update_serialized::<C>(
            self.header.clone(),
            &self.contents,
        )?);
        Ok(())
    }

    /// Appends the deletion of this document to `transaction`.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `key serialization`.
    pub fn delete_in_transaction(&self, transaction: &mut Transaction) -> Result<(), Error> {
        transaction.push(Operation::delete(C::collection_name(), self.header()?));
        Ok(())
    }

    /// Serializes the contents; the header is kept as it is.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `serialization` or `key serialization`.
    pub fn to_document(&self) -> Result<OwnedDocument, Error> {
        Ok(OwnedDocument {
            header: self.header()?,
            contents: C::serialize(&self.contents)?.into(),
        })
    }
}

#[twin(methods)]
impl<C: SerializedCollection> CollectionDocument<C> {
    /// Stores the contents, if the stored document still has this revision.
    ///
    /// On success the header is the new one; contents equal to the stored ones change nothing.
    ///
    /// # Errors
    ///
    /// [`Error::DocumentConflict`], [`Error::DocumentNotFound`].
    pub async fn update_async<Cn: AsyncConnection>(
        &mut self,
        connection: &Cn,
    ) -> Result<(), Error> {
        let mut document = self.to_document()?;
        connection.update::<C, _>(&mut document).await?;
        self.header = CollectionHeader::try_from(document.header)?;
        Ok(())
    }

    /// Calls `modifier` and stores the result, again and again on the then stored document for as
    /// long as somebody else's change comes first. Returns what `modifier` returned last.
    ///
    /// # Errors
    ///
    /// [`Error::DocumentNotFound`] if the document was deleted meanwhile.
    pub async fn modify_async<
        R,
        Cn: AsyncConnection,
        Modifier: FnMut(&mut Self) -> R + Send + Sync,
    >(
        &mut self,
        connection: &Cn,
        mut modifier: Modifier,
    ) -> Result<R, Error>
    where
        C::Contents: Clone,
    {
        loop {
            let result = modifier(self);
            match self.update_async(connection).await {
                Ok(()) => return Ok(result),
                Err(Error::DocumentConflict(..)) => self.refresh_async(connection).await?,
                Err(error) => return Err(error),
            }
        }
    }

    /// Deletes the document, if the stored document still has this revision.
    ///
    /// # Errors
    ///
    /// [`Error::DocumentConflict`], [`Error::DocumentNotFound`].
    pub async fn delete_async<Cn: AsyncConnection>(&self, connection: &Cn) -> Result<(), Error> {
        let header = self.header()?;
        connection.delete::<C, _>(&header).await
    }

    /// Replaces header and contents by the stored ones.
    ///
    /// # Errors
    ///
    /// [`Error::DocumentNotFound`].
    pub async fn refresh_async<Cn: AsyncConnection>(
        &mut self,
        connection: &Cn,
    ) -> Result<(), Error> {
        let id = self.header()?.id;
        match connection
            .get_from_collection(id.clone(), &C::collection_name())
            .await?
        {
            Some(document) => {
                *self = Self::try_from(&document)?;
                Ok(())
            }
            None => Err(Error::DocumentNotFound(C::collection_name(), Box::new(id))),
        }
    }
}

impl<C: SerializedCollection> HasHeader for CollectionDocument<C> {
    fn header(&self) -> Result<Header, Error> {
        self.header.header()
    }
}

impl<C: SerializedCollection> CollectionDocument<C> {
    fn decode(header: &Header, contents: &[u8]) -> Result<Self, Error> {
        let decode = || {
            Ok(Self {
                header: CollectionHeader::try_from(header)?,
                contents: C::deserialize(contents)?,
            })
        };
        // Of many documents that are read at once, which one?
        decode().map_err(|error: Error| {
            error.about(|| format!("document `{}` of `{}`", header.id, C::collection_name()))
        })
    }
}

impl<C: SerializedCollection> TryFrom<&BorrowedDocument<'_>> for CollectionDocument<C> {
    type Error = Error;

    fn try_from(document: &BorrowedDocument<'_>) -> Result<Self, Error> {
        Self::decode(&document.header, &document.contents)
    }
}

impl<C: SerializedCollection> TryFrom<&OwnedDocument> for CollectionDocument<C> {
    type Error = Error;

    fn try_from(document: &OwnedDocument) -> Result<Self, Error> {
        Self::decode(&document.header, &document.contents)
    }
}

impl<C: SerializedCollection> TryFrom<&CollectionDocument<C>> for BorrowedDocument<'_> {
    type Error = Error;

    fn try_from(document: &CollectionDocument<C>) -> Result<Self, Error> {
        Ok(Self {
            header: document.header()?,
            contents: C::serialize(&document.contents)?.into(),
        })
    }
}

impl<C: SerializedCollection> TryFrom<&CollectionDocument<C>> for DocumentId {
    type Error = Error;

    fn try_from(document: &CollectionDocument<C>) -> Result<Self, Error> {
        Self::new::<C::PrimaryKey, C::PrimaryKey>(&document.header.id)
    }
}

impl<C: SerializedCollection> Clone for CollectionDocument<C>
where
    C::Contents: Clone,
{
    fn clone(&self) -> Self {
        Self {
            header: self.header.clone(),
            contents: self.contents.clone(),
        }
    }
}

impl<C: SerializedCollection> Debug for CollectionDocument<C>
where
    C::PrimaryKey: Debug,
    C::Contents: Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CollectionDocument")
            .field("header", &self.header)
            .field("contents", &self.contents)
            .finish()
    }
}

impl<C: SerializedCollection> PartialEq for CollectionDocument<C>
where
    C::Contents: PartialEq,
{
    fn eq(&self, other: &Self) -> bool {
        self.header == other.header && self.contents == other.contents
    }
}

impl<C: SerializedCollection> Eq for CollectionDocument<C> where C::Contents: Eq {}
