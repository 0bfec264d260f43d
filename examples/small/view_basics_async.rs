//! The program `view_basics`, for async programs: the same calls, with `_async` where a function
//! takes a connection, and `.await`.

use bonsaidb::core::connection::AsyncConnection;
use bonsaidb::core::document::{CollectionDocument, Emit};
use bonsaidb::core::schema::{
    Collection, CollectionMapReduce, ReduceResult, SerializedCollection, SerializedView, View,
    ViewMapResult, ViewMappedValue, ViewSchema,
};
use bonsaidb::local::AsyncDatabase;
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

#[tokio::main]
async fn main() -> Result<(), bonsaidb::local::Error> {
    let folder = tempfile::tempdir()?;
    let db = AsyncDatabase::open::<Shape>(StorageConfiguration::new(folder.path())).await?;
    for sides in [3, 4, 3, 6, 8, 3] {
        Shape { sides }.push_into_async(&db).await?;
    }

    // The mappings of one key.
    let triangles = ShapesBySides::entries_async(&db).with_key(&3);
    let triangles = triangles.query().await?;
    println!("triangles: {}", triangles.len());
    assert_eq!(triangles.len(), 3);

    // Several keys, or a range of them, with the documents they come from.
    let few = db.view::<ShapesBySides>().with_keys([&4, &6]);
    for shape in &few.query_with_collection_docs().await? {
        println!("{} sides: {:?}", shape.key, shape.document);
    }
    let many = db.view::<ShapesBySides>().with_key_range(5..);
    let many = many.descending().limit(1).query().await?;
    println!("most sides: {}", many[0].key);
    assert_eq!(many[0].key, 8);

    // One reduced value for all keys, or for each.
    assert_eq!(db.view::<ShapesBySides>().reduce().await?, 6);
    for group in db.view::<ShapesBySides>().reduce_grouped().await? {
        println!("{} shapes with {} sides", group.value, group.key);
    }
    // A builder that lists documents is itself a future.
    let first = Shape::all_async(&db).limit(2).await?;
    assert_eq!(first.len(), 2);
    Ok(())
}

#[test]
fn runs() {
    main().unwrap();
}
