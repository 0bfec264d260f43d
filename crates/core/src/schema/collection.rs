//! Collections: documents of one kind.

use crate::Error;
use crate::document::KeyId;
use crate::key::Key;
use crate::schema::{CollectionName, Schematic};

/// A namespace of documents, each under a primary key.
///
/// Derive it, and get and store values through
/// [`SerializedCollection`](crate::schema::SerializedCollection):
///
/// ```
/// use bonsaidb_core::schema::Collection;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, Collection)]
/// #[collection(name = "shapes")]
/// struct Shape {
///     sides: u32,
/// }
/// ```
pub trait Collection: Send + Sync {
    /// What tells documents apart. Encoded, it has at most
    /// [`DocumentId::MAX_LENGTH`](crate::document::DocumentId::MAX_LENGTH) bytes.
    type PrimaryKey: for<'k> Key<'k> + Eq + Ord;

    /// Returns the name, unique within a schema.
    fn collection_name() -> CollectionName;

    /// Defines the views on the documents.
    ///
    /// # Errors
    ///
    /// [`Error::ViewAlreadyRegistered`].
    fn define_views(schema: &mut Schematic) -> Result<(), Error>;

    /// Returns the key documents are encrypted with, if they are.
    fn encryption_key() -> Option<KeyId> {
        None
    }
}

/// A collection whose values are its own documents, serialized by [`pot`](transmog_pot::pot).
pub trait DefaultSerialization: Collection {
    /// Returns the primary key this value asks for.
    fn natural_id(&self) -> Option<Self::PrimaryKey> {
        None
    }
}
