//! Ways to name a document of a collection that has names: by name, by id, by key.

use std::borrow::Cow;

use bonsaidb_macros::twin;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::connection::{AsyncConnection, Connection};
use crate::document::{BorrowedDocument, CollectionDocument, DocumentId};
use crate::key::Key;
use crate::schema::{NamedCollection, SerializedCollection};

/// A document named by its name, its encoded id or its primary key.
#[derive(Clone, Eq, PartialEq, Debug, Serialize, Deserialize)]
#[must_use]
pub enum NamedReference<'a, Id> {
    /// By name.
    Name(Cow<'a, str>),
    /// By encoded primary key.
    Id(DocumentId),
    /// By primary key.
    Key(Id),
}

/// Whatever can name a document.
pub trait Nameable<'a, Id> {
    /// Returns the reference.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `key serialization` if a primary key cannot be encoded.
    fn name(self) -> Result<NamedReference<'a, Id>, Error>;
}

impl<Id: for<'k> Key<'k>> NamedReference<'_, Id> {
    /// Returns the reference with a name of its own.
    pub fn into_owned(self) -> NamedReference<'static, Id> {
        match self {
            Self::Name(name) => NamedReference::Name(Cow::Owned(name.into_owned())),
            Self::Id(id) => NamedReference::Id(id),
            Self::Key(key) => NamedReference::Key(key),
        }
    }
}

#[twin(methods)]
impl<Id: for<'k> Key<'k>> NamedReference<'_, Id> {
    /// Returns the primary key. A name is looked up and may be unknown; whether an id or key
    /// exists is not checked.
    ///
    /// # Errors
    ///
    /// Those of a query, [`Error::Other`] of origin `key serialization`.
    pub async fn id_async<Col, Cn>(&self, connection: &Cn) -> Result<Option<Col::PrimaryKey>, Error>
    where
        Col: NamedCollection<PrimaryKey = Id>,
        Cn: AsyncConnection,
    {
        match self {
            Self::Name(name) => {
                let mappings = connection
                    .view::<Col::ByNameView>()
                    .with_key::<str>(name)
                    .query()
                    .await?;
                Ok(mappings.into_iter().next().map(|mapping| mapping.source.id))
            }
            Self::Id(id) => id.deserialize::<Id>().map(Some),
            Self::Key(key) => Ok(Some(key.clone())),
        }
    }
}

impl<'a, Id> Nameable<'a, Id> for NamedReference<'a, Id> {
    fn name(self) -> Result<Self, Error> {
        Ok(self)
    }
}

impl<'a, Id: Clone> Nameable<'a, Id> for &'a NamedReference<'a, Id> {
    fn name(self) -> Result<NamedReference<'a, Id>, Error> {
        Ok(self.clone())
    }
}

/// Implements both ways of becoming a reference that cannot fail.
macro_rules! reference_from {
    ($([$($generics:tt)*] $type:ty, |$this:ident| $reference:expr;)*) => { $(
        impl<'a, $($generics)* Id> From<$type> for NamedReference<'a, Id> {
            fn from($this: $type) -> Self {
                $reference
            }
        }

        impl<'a, $($generics)* Id> Nameable<'a, Id> for $type {
            fn name(self) -> Result<NamedReference<'a, Id>, Error> {
                Ok(NamedReference::from(self))
            }
        }
    )* };
}
reference_from! {
    [] &'a str, |name| Self::Name(Cow::Borrowed(name));
    [] &'a String, |name| Self::Name(Cow::Borrowed(name));
    [] String, |name| Self::Name(Cow::Owned(name));
    [] DocumentId, |id| Self::Id(id);
    ['b,] &'a BorrowedDocument<'b>, |document| Self::Id(document.header.id.clone());
}

impl<'a, C: SerializedCollection> TryFrom<&'a CollectionDocument<C>>
    for NamedReference<'a, C::PrimaryKey>
{
    type Error = Error;

    fn try_from(document: &'a CollectionDocument<C>) -> Result<Self, Error> {
        DocumentId::try_from(document).map(Self::Id)
    }
}

impl<'a, C: SerializedCollection> Nameable<'a, C::PrimaryKey> for &'a CollectionDocument<C> {
    fn name(self) -> Result<NamedReference<'a, C::PrimaryKey>, Error> {
        NamedReference::try_from(self)
    }
}

impl<'a> Nameable<'a, Self> for u64 {
    fn name(self) -> Result<NamedReference<'a, Self>, Error> {
        Ok(NamedReference::Key(self))
    }
}
