//! Numbers, with a view whose functions are another type's.

use bonsaidb_core::Error;
use bonsaidb_core::document::{CollectionDocument, Emit};
use bonsaidb_core::schema::{
    Collection, CollectionMapReduce, CollectionName, DefaultSerialization, Qualified, ReduceResult,
    Schematic, View, ViewMapResult, ViewMappedValue, ViewSchema,
};
use serde::{Deserialize, Serialize};

/// A number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Number(pub u32);

impl Collection for Number {
    type PrimaryKey = u64;

    fn collection_name() -> CollectionName {
        CollectionName::new("suite", "numbers")
    }

    fn define_views(schema: &mut Schematic) -> Result<(), Error> {
        schema.define_view_with_schema(ByRemainder, Remainders)
    }
}

impl DefaultSerialization for Number {}

/// Numbers by what remains when they are divided by ten.
#[derive(Clone, Debug, View)]
#[view(collection = Number, key = u32, value = u32, name = "by-remainder")]
pub struct ByRemainder;

/// The functions of [`ByRemainder`]. Nothing is emitted for zero; reduce gives the greatest number.
#[derive(Clone, Debug, ViewSchema)]
#[view_schema(view = ByRemainder, mapped_key = u32)]
pub struct Remainders;

impl CollectionMapReduce for Remainders {
    fn map<'doc>(&self, document: CollectionDocument<Number>) -> ViewMapResult<'doc, Self> {
        let Number(number) = document.contents;
        if number == 0 {
            return Ok(bonsaidb_core::schema::view::map::Mappings::none());
        }
        document.header.emit_key_and_value(number % 10, number)
    }

    fn reduce(&self, mappings: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<ByRemainder> {
        let numbers = mappings.iter().map(|mapping| mapping.value);
        Ok(numbers.max().unwrap_or_default())
    }
}
