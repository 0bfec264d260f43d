//! Views: indexes over the documents of a collection, made by a map and a reduce function.
//!
//! How a view is defined, its trait [`View`] shows. It is asked through the builder that
//! [`Connection::view`](crate::connection::Connection::view) returns:
//!
//! ```
//! # fn main() -> Result<(), bonsaidb_local::Error> {
//! # let folder = tempfile::tempdir()?;
//! use bonsaidb_core::connection::Connection;
//! # use bonsaidb_core::define_basic_mapped_view;
//! # use bonsaidb_core::document::{CollectionDocument, Emit};
//! # use bonsaidb_core::schema::{Collection, SerializedCollection};
//! # use bonsaidb_local::Database;
//! # use bonsaidb_local::config::{Builder, StorageConfiguration};
//! # use serde::{Deserialize, Serialize};
//! # #[derive(Debug, Serialize, Deserialize, Collection)]
//! # #[collection(name = "people", views = [ByName])]
//! # pub struct Person { name: String }
//! # define_basic_mapped_view!(
//! #     ByName, Person, 0, "by-name", String,
//! #     |person: CollectionDocument<Person>| { person.header.emit_key(person.contents.name) }
//! # );
//! # let db = Database::open::<Person>(StorageConfiguration::new(folder.path()))?;
//! # for name in ["ada", "ana", "bob", "cleo"] {
//! #     Person { name: name.to_owned() }.push_into(&db)?;
//! # }
//! let people = || db.view::<ByName>();
//! assert_eq!(people().with_key("bob").query()?.len(), 1);
//! assert_eq!(people().with_keys(["ada", "cleo"]).query()?.len(), 2);
//! assert_eq!(people().with_key_prefix("a").query()?.len(), 2);
//!
//! // The last two of a range, with their documents.
//! let range = people().with_key_range::<String, _>("b".to_owned()..);
//! for mapping in &range.descending().limit(2).query_with_collection_docs()? {
//!     println!("{}: {:?}", mapping.key, mapping.document);
//! }
//!
//! // Deletes the documents of all mappings that match.
//! assert_eq!(people().with_key_prefix("a").delete_docs()?, 2);
//! # Ok(())
//! # }
//! ```

mod erased;
mod error;
pub mod map;
mod map_reduce;
mod policy;
mod serialized;
#[allow(clippy::module_inception)] // the room's main trait
mod view;

pub use erased::Serialized;
pub(crate) use erased::ViewDefinition;
pub use error::Error;
pub use map_reduce::{CollectionMapReduce, MapReduce, ReduceResult, ViewMapResult};
pub use policy::ViewUpdatePolicy;
pub use serialized::{DefaultViewSerialization, SerializedView};
pub use view::{View, ViewSchema};
