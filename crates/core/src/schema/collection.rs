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
/// # Primary keys
///
/// Documents are numbered by `u64` unless the derive says otherwise. A key that is part of the
/// document itself is a *natural id*:
///
/// ```
/// # fn main() -> Result<(), bonsaidb_local::Error> {
/// # let folder = tempfile::tempdir()?;
/// # use bonsaidb_core::schema::{Collection, SerializedCollection};
/// # use bonsaidb_local::Database;
/// # use bonsaidb_local::config::{Builder, StorageConfiguration};
/// # use serde::{Deserialize, Serialize};
/// #[derive(Serialize, Deserialize, Collection)]
/// #[collection(name = "countries", primary_key = String)]
/// struct Country {
///     #[natural_id]
///     code: String,
///     name: String,
/// }
///
/// let db = Database::open::<Country>(StorageConfiguration::new(folder.path()))?;
/// let name = "Iceland".to_owned();
/// Country { code: "IS".to_owned(), name }.push_into(&db)?;
/// let iceland = Country::get("IS", &db)?.expect("stored under its code");
/// assert_eq!(iceland.contents.name, "Iceland");
/// # Ok(())
/// # }
/// ```
///
/// # Formats
///
/// Contents are serialized by [`pot`](transmog_pot::pot) unless the derive names another format of
/// [`transmog`]:
///
/// ```
/// # fn main() -> Result<(), bonsaidb_local::Error> {
/// # let folder = tempfile::tempdir()?;
/// use std::io::{self, Read, Write};
///
/// use bonsaidb_core::schema::{Collection, SerializedCollection};
/// use bonsaidb_core::transmog::{Format, OwnedDeserializer};
/// # use bonsaidb_local::Database;
/// # use bonsaidb_local::config::{Builder, StorageConfiguration};
///
/// /// Documents can be read without this program.
/// #[derive(Clone, Default)]
/// struct Text;
///
/// impl Format<'_, Poem> for Text {
///     type Error = io::Error;
///
///     fn serialize_into<W: Write>(&self, poem: &Poem, mut writer: W) -> io::Result<()> {
///         writer.write_all(poem.0.as_bytes())
///     }
/// }
///
/// impl OwnedDeserializer<Poem> for Text {
///     fn deserialize_from<R: Read>(&self, reader: R) -> io::Result<Poem> {
///         io::read_to_string(reader).map(Poem)
///     }
/// }
///
/// #[derive(Debug, Collection)]
/// #[collection(name = "poems", serialization = Text)]
/// struct Poem(String);
///
/// let db = Database::open::<Poem>(StorageConfiguration::new(folder.path()))?;
/// let poem = Poem("An old silent pond...".to_owned()).push_into(&db)?;
/// let read = Poem::get(&poem.header.id, &db)?.expect("stored above");
/// assert_eq!(read.contents.0, poem.contents.0);
/// # Ok(())
/// # }
/// ```
///
/// With `serialization = None`, documents are bytes that the program writes and reads itself:
///
/// ```
/// # fn main() -> Result<(), bonsaidb_local::Error> {
/// # let folder = tempfile::tempdir()?;
/// # use bonsaidb_core::connection::Connection;
/// # use bonsaidb_core::schema::Collection;
/// # use bonsaidb_local::Database;
/// # use bonsaidb_local::config::{Builder, StorageConfiguration};
/// #[derive(Collection)]
/// #[collection(name = "pages", serialization = None)]
/// struct Page;
///
/// let db = Database::open::<Page>(StorageConfiguration::new(folder.path()))?;
/// let header = db.collection::<Page>().push_bytes(b"<html></html>".to_vec())?;
/// let page = db.collection::<Page>().get(&header.id)?.expect("stored above");
/// assert_eq!(&*page.contents, b"<html></html>");
/// # Ok(())
/// # }
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
