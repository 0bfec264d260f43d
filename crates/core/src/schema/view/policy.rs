//! When a view is brought up to date.

use std::fmt::{self, Debug, Display};

use serde::{Deserialize, Serialize};

/// When a view is brought up to date with its documents.
/// A unique view refuses the second document of a key, whoever writes it:
///
/// ```
/// # fn main() -> Result<(), bonsaidb_local::Error> {
/// # let folder = tempfile::tempdir()?;
/// use bonsaidb_core::Error;
/// use bonsaidb_core::define_basic_unique_mapped_view;
/// use bonsaidb_core::document::{CollectionDocument, Emit};
/// use bonsaidb_core::schema::{Collection, SerializedCollection};
/// use bonsaidb_local::Database;
/// use bonsaidb_local::config::{Builder, StorageConfiguration};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, Clone, Serialize, Deserialize, Collection)]
/// #[collection(name = "users", views = [UsersByName])]
/// pub struct User {
///     name: String,
/// }
///
/// define_basic_unique_mapped_view!(
///     UsersByName,
///     User,
///     0,
///     "by-name",
///     String,
///     |user: CollectionDocument<User>| { user.header.emit_key(user.contents.name) }
/// );
///
/// let db = Database::open::<User>(StorageConfiguration::new(folder.path()))?;
/// let ana = User { name: "ana".to_owned() };
/// ana.clone().push_into(&db)?;
/// let refused = ana.push_into(&db).unwrap_err();
/// assert_eq!(refused.contents.name, "ana"); // the value comes back
/// assert!(refused.error.is_unique_key_error::<UsersByName, _>(&db));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Copy, Clone, Eq, PartialEq, Default, Serialize, Deserialize)]
pub enum ViewUpdatePolicy {
    /// When it is queried.
    #[default]
    Lazy,
    /// In the transaction that changes a document.
    Eager,
    /// In the transaction that changes a document; and no two documents may emit the same key.
    ///
    /// If there are documents already that do when the view is added, queries of the view and
    /// writes to its collection fail with
    /// [`Error::UniqueKeyViolation`](crate::Error::UniqueKeyViolation), which names two of them;
    /// all but transactions that only delete from the collection.
    Unique,
}

impl ViewUpdatePolicy {
    /// Returns true if the view is updated in the transaction that changes a document.
    pub const fn is_eager(&self) -> bool {
        matches!(self, Self::Eager | Self::Unique)
    }
}

impl Display for ViewUpdatePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Debug::fmt(self, f)
    }
}
