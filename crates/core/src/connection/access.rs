//! How a query is answered: in which order, and how current.

use serde::{Deserialize, Serialize};

/// The order of answers, by encoded key.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Sort {
    /// Smallest first.
    Ascending,
    /// Greatest first.
    Descending,
}

/// How current a view has to be when it answers. Eager and unique views always are.
///
/// Whatever the policy, mappings and documents that are answered together belong together: a
/// document is the one that the mapping was made of. Where the index is behind, that is the document
/// as it was then.
///
/// ```
/// # fn main() -> Result<(), bonsaidb_local::Error> {
/// # let folder = tempfile::tempdir()?;
/// use bonsaidb_core::connection::{AccessPolicy, Connection};
/// # use bonsaidb_core::define_basic_mapped_view;
/// # use bonsaidb_core::document::{CollectionDocument, Emit};
/// # use bonsaidb_core::schema::{Collection, SerializedCollection};
/// # use bonsaidb_local::Database;
/// # use bonsaidb_local::config::{Builder, StorageConfiguration};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Debug, Serialize, Deserialize, Collection)]
/// # #[collection(name = "shapes", views = [BySides])]
/// # pub struct Shape { sides: u32 }
/// # define_basic_mapped_view!(
/// #     BySides, Shape, 0, "by-sides", u32,
/// #     |shape: CollectionDocument<Shape>| { shape.header.emit_key(shape.contents.sides) }
/// # );
///
/// let db = Database::open::<Shape>(StorageConfiguration::new(folder.path()))?;
/// Shape { sides: 3 }.push_into(&db)?;
///
/// let view = || db.view::<BySides>();
/// assert_eq!(view().with_access_policy(AccessPolicy::NoUpdate).query()?.len(), 0);
/// assert_eq!(view().query()?.len(), 1); // `UpdateBefore`
/// assert_eq!(view().with_access_policy(AccessPolicy::NoUpdate).query()?.len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum AccessPolicy {
    /// Indexes all changes first, then answers.
    UpdateBefore,
    /// Answers from the index as it is, then indexes in the background.
    ///
    /// A query with documents that finds the index behind answers from the last pair of documents
    /// and index that belonged together. If the database does not hold one, because nothing was
    /// indexed since it was opened or because more than some 10,000 documents have changed since,
    /// it indexes first.
    UpdateAfter,
    /// Answers from the index as it is, and never indexes.
    ///
    /// A query with documents that finds the index behind answers from the last pair, as with
    /// [`UpdateAfter`](Self::UpdateAfter). Without one, documents that have changed since they were
    /// indexed are left out.
    NoUpdate,
}
