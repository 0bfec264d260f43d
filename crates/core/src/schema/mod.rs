//! Schemas: which collections and views a database has.

mod collection;
mod entry;
mod insert_error;
mod list;
mod mapped_view;
mod named;
pub(crate) mod names;
mod reference;
#[allow(clippy::module_inception)] // the room's main trait
mod schema;
mod schematic;
mod serialized;
mod summary;
pub mod view;

pub use bonsaidb_macros::{Collection, Schema, View, ViewSchema};
pub use collection::{Collection, DefaultSerialization};
pub use entry::{AsyncEntry, Entry, EntryInsert, EntryUpdate};
pub use insert_error::InsertError;
pub use list::{AsyncList, List};
pub use named::NamedCollection;
pub use names::{
    Authority, CollectionName, InvalidNameError, Name, Qualified, QualifiedName, SchemaName,
    ViewName,
};
pub use reference::{Nameable, NamedReference};
pub use schema::Schema;
#[doc(hidden)]
pub use schematic::NextId;
pub use schematic::Schematic;
pub use serialized::SerializedCollection;
pub use summary::{CollectionSummary, SchemaSummary, ViewSummary};
/// The name that older guides have for [`DefaultViewSerialization`].
#[doc(no_inline)]
pub use view::DefaultViewSerialization as DefaultSerializedView;
pub use view::map::{Map, MappedValue, ViewMappedValue};
pub use view::{
    CollectionMapReduce, DefaultViewSerialization, MapReduce, ReduceResult, SerializedView, View,
    ViewMapResult, ViewSchema,
};
