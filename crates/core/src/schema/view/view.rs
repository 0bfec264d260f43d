//! What a view is: its collection, keys and values; and how it is kept.

use crate::key::Key;
use crate::schema::view::{SerializedView, ViewUpdatePolicy};
use crate::schema::{Collection, Name, ViewName};

/// An index over the documents of a collection: keys, and a value for each.
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
