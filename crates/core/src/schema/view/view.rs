//! What a view is: its collection, keys and values; and how it is kept.

use crate::key::Key;
use crate::schema::view::{SerializedView, ViewUpdatePolicy};
use crate::schema::{Collection, Name, ViewName};

/// An index over the documents of a collection: keys, and a value for each.
/// ```
/// # fn main() -> Result<(), bonsaidb_local::Error> {
/// # let folder = tempfile::tempdir()?;
/// use bonsaidb_core::connection::Connection;
/// use bonsaidb_core::document::{CollectionDocument, Emit};
/// use bonsaidb_core::schema::{
///     Collection, CollectionMapReduce, ReduceResult, SerializedCollection, SerializedView, View,
///     ViewMapResult, ViewMappedValue, ViewSchema,
/// };
/// use bonsaidb_local::Database;
/// use bonsaidb_local::config::{Builder, StorageConfiguration};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, Serialize, Deserialize, Collection)]
/// #[collection(name = "posts", views = [PostsByCategory])]
/// struct Post {
///     title: String,
///     category: Option<String>,
/// }
///
/// /// How many posts there are in each category.
/// #[derive(Debug, Clone, View, ViewSchema)]
/// #[view(collection = Post, key = Option<String>, value = u32, name = "by-category")]
/// struct PostsByCategory;
///
/// impl CollectionMapReduce for PostsByCategory {
///     fn map<'doc>(&self, post: CollectionDocument<Post>) -> ViewMapResult<'doc, Self> {
///         post.header.emit_key_and_value(post.contents.category, 1)
///     }
///
///     fn reduce(
///         &self,
///         mappings: &[ViewMappedValue<'_, Self>],
///         _rereduce: bool,
///     ) -> ReduceResult<Self::View> {
///         Ok(mappings.iter().map(|mapping| mapping.value).sum())
///     }
/// }
///
/// let db = Database::open::<Post>(StorageConfiguration::new(folder.path()))?;
/// for (title, category) in [("On mosses", "moss"), ("On ferns", "fern"), ("More moss", "moss")] {
///     Post { title: title.to_owned(), category: Some(category.to_owned()) }.push_into(&db)?;
/// }
/// Post { title: "Untitled".to_owned(), category: None }.push_into(&db)?;
///
/// let moss = Some("moss".to_owned());
/// for post in &PostsByCategory::entries(&db).with_key(&moss).query_with_collection_docs()? {
///     println!("{}", post.document.contents.title);
/// }
/// assert_eq!(db.view::<PostsByCategory>().with_key(&moss).reduce()?, 2);
/// for category in db.view::<PostsByCategory>().reduce_grouped()? {
///     println!("{:?}: {} posts", category.key, category.value);
/// }
/// # Ok(())
/// # }
/// ```
pub trait View: Sized + Send + Sync + 'static {
    /// The collection whose documents are mapped.
    type Collection: Collection;
    /// What the mappings are ordered and found by.
    type Key: for<'k> Key<'k> + PartialEq + 'static;
    /// What a mapping holds, and what mappings are reduced to.
    type Value: Send + Sync;

    /// Returns the name, unique within the collection.
    fn name(&self) -> Name;

    /// Returns the name together with the collection's.
    fn view_name(&self) -> ViewName {
        ViewName {
            collection: Self::Collection::collection_name(),
            name: self.name(),
        }
    }
}

/// How a view is kept. Often implemented by the view itself.
/// The derive takes the [policy](ViewUpdatePolicy) and the version:
///
/// ```
/// use bonsaidb_core::schema::view::ViewUpdatePolicy;
/// use bonsaidb_core::schema::{View, ViewSchema};
/// # use bonsaidb_core::document::{CollectionDocument, Emit};
/// # use bonsaidb_core::schema::{Collection, CollectionMapReduce, ViewMapResult};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Debug, Serialize, Deserialize, Collection)]
/// # #[collection(name = "users", views = [UsersByName])]
/// # struct User { name: String }
///
/// #[derive(Debug, Clone, View, ViewSchema)]
/// #[view(collection = User, key = String, name = "by-name")]
/// #[view_schema(policy = Unique, version = 2)]
/// struct UsersByName;
///
/// # impl CollectionMapReduce for UsersByName {
/// #     fn map<'doc>(&self, user: CollectionDocument<User>) -> ViewMapResult<'doc, Self> {
/// #         user.header.emit_key(user.contents.name)
/// #     }
/// # }
/// assert_eq!(UsersByName.update_policy(), ViewUpdatePolicy::Unique);
/// assert_eq!(UsersByName.version(), 2);
/// ```
pub trait ViewSchema: Send + Sync + 'static {
    /// The view.
    type View: SerializedView;
    /// A key of the view that may borrow from the document, with the same encoding; such as
    /// `Cow<'doc, str>` for `String`.
    type MappedKey<'doc>: Key<'doc>;

    /// Returns when the view is brought up to date.
    fn update_policy(&self) -> ViewUpdatePolicy {
        ViewUpdatePolicy::default()
    }

    /// Returns the version of the map and reduce functions. When it changes, the index is rebuilt.
    fn version(&self) -> u64 {
        0
    }
}
