//! Headers: the id and revision of a document.

use std::fmt::{self, Display};

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::document::{DocumentId, Revision};
use crate::key::Key;

/// The id and revision of a document, whatever its collection.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Header {
    /// The encoded primary key.
    pub id: DocumentId,
    /// The revision of the contents.
    pub revision: Revision,
}

impl Display for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.id, self.revision)
    }
}

/// The primary key and revision of a document of a known collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CollectionHeader<PrimaryKey> {
    /// The primary key.
    pub id: PrimaryKey,
    /// The revision of the contents.
    pub revision: Revision,
}

impl<PrimaryKey: for<'k> Key<'k>> TryFrom<Header> for CollectionHeader<PrimaryKey> {
    type Error = Error;

    fn try_from(header: Header) -> Result<Self, Error> {
        Self::try_from(&header)
    }
}

impl<PrimaryKey: for<'k> Key<'k>> TryFrom<&Header> for CollectionHeader<PrimaryKey> {
    type Error = Error;

    fn try_from(header: &Header) -> Result<Self, Error> {
        Ok(Self {
            id: header.id.deserialize::<PrimaryKey>()?,
            revision: header.revision,
        })
    }
}

impl<PrimaryKey: for<'k> Key<'k>> TryFrom<CollectionHeader<PrimaryKey>> for Header {
    type Error = Error;

    fn try_from(header: CollectionHeader<PrimaryKey>) -> Result<Self, Error> {
        Self::try_from(&header)
    }
}

impl<PrimaryKey: for<'k> Key<'k>> TryFrom<&CollectionHeader<PrimaryKey>> for Header {
    type Error = Error;

    fn try_from(header: &CollectionHeader<PrimaryKey>) -> Result<Self, Error> {
        Ok(Self {
            id: DocumentId::new::<PrimaryKey, PrimaryKey>(&header.id)?,
            revision: header.revision,
        })
    }
}

/// A header in either form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnyHeader<PrimaryKey> {
    /// With the encoded primary key.
    Serialized(Header),
    /// With the decoded primary key.
    Collection(CollectionHeader<PrimaryKey>),
}

impl<PrimaryKey: for<'k> Key<'k>> AnyHeader<PrimaryKey> {
    /// Returns the header with the encoded primary key.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `key serialization`, [`Error::DocumentIdTooLong`].
    pub fn into_header(self) -> Result<Header, Error> {
        match self {
            Self::Serialized(header) => Ok(header),
            Self::Collection(header) => header.try_into(),
        }
    }
}

/// Whatever has a document's header.
pub trait HasHeader {
    /// Returns the header with the encoded primary key.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `key serialization`, [`Error::DocumentIdTooLong`].
    fn header(&self) -> Result<Header, Error>;
}

impl HasHeader for Header {
    fn header(&self) -> Result<Header, Error> {
        Ok(self.clone())
    }
}

impl<PrimaryKey: for<'k> Key<'k>> HasHeader for CollectionHeader<PrimaryKey> {
    fn header(&self) -> Result<Header, Error> {
        self.try_into()
    }
}
