//! One of each derive, in a crate where `bonsaidb-core` is called `db`. That it compiles is the test.

use db::document::{CollectionDocument, Emit};
use db::permissions::Action;
use db::schema::{
    Collection, CollectionMapReduce, Schema, SerializedCollection, View, ViewMapResult, ViewSchema,
};
use serde::{Deserialize, Serialize};

/// A primary key.
#[derive(bonsaidb_macros::Key, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(pub String, pub u32);

/// A collection.
#[derive(Collection, Serialize, Deserialize, Debug)]
#[collection(name = "shapes", primary_key = Place, views = [BySides])]
pub struct Shape {
    /// How many sides it has.
    pub sides: u32,
}

/// A collection serialized by its key encoding.
#[derive(Collection, bonsaidb_macros::Key, Clone, Debug)]
#[collection(name = "counts", serialization = Key, natural_id = |count: &Self| Some(count.0))]
pub struct Count(pub u64);

/// A view.
#[derive(View, ViewSchema, Clone, Debug)]
#[view(collection = Shape, key = u32, value = u32)]
pub struct BySides;

impl CollectionMapReduce for BySides {
    fn map<'doc>(&self, document: CollectionDocument<Shape>) -> ViewMapResult<'doc, Self>
    where
        CollectionDocument<Shape>: 'doc,
    {
        document
            .header
            .emit_key_and_value(document.contents.sides, 1)
    }
}

/// A schema.
#[derive(Schema)]
#[schema(name = "drawing", collections = [Shape, Count])]
pub struct Drawing;

/// An action.
#[derive(Action, Debug)]
pub enum Draw {
    /// A line.
    Line,
}

/// Calls what was derived.
#[must_use]
pub fn names() -> Vec<String> {
    vec![
        Drawing::schema_name().to_string(),
        Shape::collection_name().to_string(),
        BySides.view_name().to_string(),
        Draw::Line.name().to_string(),
        format!(
            "{:?}",
            <Count as SerializedCollection>::natural_id(&Count(1))
        ),
    ]
}
