//! A view counts shapes by their number of sides: query it, with documents and without, by key, by
//! keys and by range, and reduce it.

use bonsaidb::core::connection::Connection;
use bonsaidb::core::document::{CollectionDocument, Emit};
use bonsaidb::core::schema::{
    Collection, CollectionMapReduce, ReduceResult, SerializedCollection, SerializedView, View,
    ViewMapResult, ViewMappedValue, ViewSchema,
};
use bonsaidb::local::Database;
use bonsaidb::local::config::{Builder, StorageConfiguration};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, Collection)]
#[collection(name = "shapes", views = [ShapesBySides])]
struct Shape {
    sides: u32,
}

/// How many shapes there are, by the number of their sides.
#[derive(Debug, Clone, View, ViewSchema)]
#[view(collection = Shape, key = u32, value = usize, name = "by-sides")]
struct ShapesBySides;

impl CollectionMapReduce for ShapesBySides {
    fn map<'doc>(&self, shape: CollectionDocument<Shape>) -> ViewMapResult<'doc, Self> {
        shape.header.emit_key_and_value(shape.contents.sides, 1)
    }

    fn reduce(
        &self,
        mappings: &[ViewMappedValue<'_, Self>],
        _rereduce: bool,
    ) -> ReduceResult<Self::View> {
        Ok(mappings.iter().map(|mapping| mapping.value).sum())
    }
}

fn main() -> Result<(), bonsaidb::local::Error> {
    let folder = tempfile::tempdir()?;
    let db = Database::open::<Shape>(StorageConfiguration::new(folder.path()))?;
    for sides in [3, 4, 3, 6, 8, 3] {
        Shape { sides }.push_into(&db)?;
    }

    // The mappings of one key.
    let triangles = ShapesBySides::entries(&db).with_key(&3).query()?;
    println!("triangles: {}", triangles.len());
    assert_eq!(triangles.len(), 3);

    // Several keys, or a range of them, with the documents they come from.
    let few = db.view::<ShapesBySides>().with_keys([&4, &6]);
    for shape in &few.query_with_collection_docs()? {
        println!("{} sides: {:?}", shape.key, shape.document);
    }
    let many = db.view::<ShapesBySides>().with_key_range(5..);
    let many = many.descending().limit(1).query()?;
    println!("most sides: {}", many[0].key);
    assert_eq!(many[0].key, 8);

    // One reduced value for all keys, or for each.
    assert_eq!(db.view::<ShapesBySides>().reduce()?, 6);
    for group in db.view::<ShapesBySides>().reduce_grouped()? {
        println!("{} shapes with {} sides", group.value, group.key);
    }
    Ok(())
}

#[test]
fn runs() {
    main().unwrap();
}
