//! A document whose contents may be borrowed, and what all documents can do.

use arc_bytes::serde::{Bytes, CowBytes};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::document::{
    AnyHeader, CollectionHeader, DocumentId, HasHeader, Header, OwnedDocument, Revision,
};
use crate::key::KeyEncoding;
use crate::schema::{Collection, SerializedCollection};

/// A document as bytes, borrowed from where they are stored if possible.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BorrowedDocument<'a> {
    /// The id and revision.
    pub header: Header,
    /// The serialized contents.
    #[serde(borrow)]
    pub contents: CowBytes<'a>,
}

impl<'a> BorrowedDocument<'a> {
    /// Returns a document of the first revision.
    pub fn new<Contents: Into<CowBytes<'a>>>(id: DocumentId, contents: Contents) -> Self {
        let contents = contents.into();
        let revision = Revision::new(&contents);
        Self {
            header: Header { id, revision },
            contents,
        }
    }

    /// Serializes `contents` as a document of `C` of the first revision.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `key serialization` or `serialization`,
    /// [`Error::DocumentIdTooLong`].
    pub fn with_contents<C, PrimaryKey>(
        id: &PrimaryKey,
        contents: &C::Contents,
    ) -> Result<Self, Error>
    where
        C: SerializedCollection,
        PrimaryKey: KeyEncoding<C::PrimaryKey> + ?Sized,
    {
        let contents = <C as SerializedCollection>::serialize(contents)?;
        Ok(Self::new(
            DocumentId::new::<C::PrimaryKey, PrimaryKey>(id)?,
            contents,
        ))
    }

    /// Returns the document with contents of its own.
    pub fn into_owned(self) -> OwnedDocument {
        OwnedDocument {
            header: self.header,
            contents: Bytes::from(self.contents),
        }
    }
}

/// A document of the collection `C` as bytes.
pub trait Document<C: Collection>: Sized {
    /// What the contents are kept in.
    type Bytes;

    /// Returns the encoded primary key.
    fn id(&self) -> &DocumentId;

    /// Returns the header.
    fn header(&self) -> AnyHeader<C::PrimaryKey>;

    /// Replaces the header.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `key serialization`.
    fn set_header(&mut self, header: Header) -> Result<(), Error>;

    /// Replaces the header.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `key serialization`, [`Error::DocumentIdTooLong`].
    fn set_collection_header(
        &mut self,
        header: CollectionHeader<C::PrimaryKey>,
    ) -> Result<(), Error> {
        self.set_header(Header::try_from(header)?)
    }

    /// Returns the serialized contents.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `serialization`.
    fn bytes(&self) -> Result<Vec<u8>, Error>;

    /// Deserializes the contents.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `serialization`.
    fn contents(&self) -> Result<C::Contents, Error>
    where
        C: SerializedCollection;

    /// Replaces the contents; the header stays as it is.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `serialization`.
    fn set_contents(&mut self, contents: C::Contents) -> Result<(), Error>
    where
        C: SerializedCollection;
}

/// Implements what both kinds of document have in common.
macro_rules! document {
    ([$($lifetime:lifetime)?] $document:ty, $bytes:ty) => {
        impl<$($lifetime,)? C: Collection> Document<C> for $document {
            type Bytes = $bytes;

            fn id(&self) -> &DocumentId {
                &self.header.id
            }

            fn header(&self) -> AnyHeader<C::PrimaryKey> {
                AnyHeader::Serialized(self.header.clone())
            }

            fn set_header(&mut self, header: Header) -> Result<(), Error> {
                self.header = header;
                Ok(())
            }

            fn bytes(&self) -> Result<Vec<u8>, Error> {
                Ok(self.contents.to_vec())
            }

            fn contents(&self) -> Result<C::Contents, Error>
            where
                C: SerializedCollection,
            {
                <C as SerializedCollection>::deserialize(&self.contents)
            }

            fn set_contents(&mut self, contents: C::Contents) -> Result<(), Error>
            where
                C: SerializedCollection,
            {
                self.contents = <C as SerializedCollection>::serialize(&contents)?.into();
                Ok(())
            }
        }

        impl<$($lifetime)?> HasHeader for $document {
            fn header(&self) -> Result<Header, Error> {
                Ok(self.header.clone())
            }
        }

        impl<$($lifetime)?> AsRef<Header> for $document {
            fn as_ref(&self) -> &Header {
                &self.header
            }
        }

        impl<$($lifetime)?> AsMut<Header> for $document {
            fn as_mut(&mut self) -> &mut Header {
                &mut self.header
            }
        }

        impl<$($lifetime)?> AsRef<[u8]> for $document {
            fn as_ref(&self) -> &[u8] {
                &self.contents
            }
        }
    };
}
document!(['a] BorrowedDocument<'a>, CowBytes<'a>);
document!([] OwnedDocument, Vec<u8>);
