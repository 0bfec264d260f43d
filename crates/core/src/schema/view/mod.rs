//! Views: indexes over the documents of a collection, made by a map and a reduce function.

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
