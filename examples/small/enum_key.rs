//! An enum as the key of a view: blog posts by category.

use bonsaidb::core::connection::Connection;
use bonsaidb::core::document::{CollectionDocument, Emit};
use bonsaidb::core::key::Key;
use bonsaidb::core::schema::{
    Collection, CollectionMapReduce, ReduceResult, SerializedCollection, View, ViewMapResult,
    ViewMappedValue, ViewSchema,
};
use bonsaidb::local::Database;
use bonsaidb::local::config::{Builder, StorageConfiguration};
use serde::{Deserialize, Serialize};

/// Sorted as declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Key)]
enum Category {
    Rust,
    Cooking,
    Other,
}

#[derive(Debug, Serialize, Deserialize, Collection)]
#[collection(name = "posts", views = [PostsByCategory])]
struct Post {
    title: String,
    category: Option<Category>,
}

#[derive(Debug, Clone, View, ViewSchema)]
#[view(collection = Post, key = Option<Category>, value = u32, name = "by-category")]
struct PostsByCategory;

impl CollectionMapReduce for PostsByCategory {
    fn map<'doc>(&self, post: CollectionDocument<Post>) -> ViewMapResult<'doc, Self> {
        post.header.emit_key_and_value(post.contents.category, 1)
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
    let db = Database::open::<Post>(StorageConfiguration::new(folder.path()))?;
    for (title, category) in [
        ("Lifetimes", Some(Category::Rust)),
        ("Bread", Some(Category::Cooking)),
        ("Traits", Some(Category::Rust)),
        ("Drafts", None),
        ("Clouds", Some(Category::Other)),
    ] {
        let title = title.to_owned();
        Post { title, category }.push_into(&db)?;
    }

    let posts = db.view::<PostsByCategory>();
    let rust = posts
        .with_key(&Some(Category::Rust))
        .query_with_collection_docs()?;
    for post in &rust {
        println!("about Rust: {}", post.document.contents.title);
    }
    assert_eq!(rust.len(), 2);

    // `None` sorts first, then the variants in their order.
    let counts = db.view::<PostsByCategory>().reduce_grouped()?;
    let counts = counts.into_iter().map(|group| (group.key, group.value));
    let counts = counts.collect::<Vec<_>>();
    println!("{counts:?}");
    assert_eq!(
        counts,
        [
            (None, 1),
            (Some(Category::Rust), 2),
            (Some(Category::Cooking), 1),
            (Some(Category::Other), 1),
        ]
    );
    Ok(())
}

#[test]
fn runs() {
    main().unwrap();
}
