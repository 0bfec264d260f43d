//! A program written against 0.5: blog posts, found and counted by category, as text and as an enum.

use bonsaidb::core::connection::{AccessPolicy, Connection};
use bonsaidb::core::document::{CollectionDocument, Emit};
use bonsaidb::core::key::Key;
use bonsaidb::core::schema::{
    Collection, CollectionMapReduce, ReduceResult, SerializedCollection, SerializedView, View,
    ViewMapResult, ViewMappedValue, ViewSchema,
};
use bonsaidb::local::Database;
use bonsaidb::local::config::{Builder, StorageConfiguration};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, Debug, Collection)]
#[collection(name = "blog-post", views = [BlogPostsByCategory, BlogPostsByTopic])]
struct BlogPost {
    title: String,
    body: String,
    category: Option<String>,
    topic: Topic,
}

impl BlogPost {
    fn new(title: &str, category: Option<&str>, topic: Topic) -> Self {
        Self {
            title: title.to_owned(),
            body: format!("about {title}"),
            category: category.map(str::to_owned),
            topic,
        }
    }
}

#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq, Key)]
enum Topic {
    Rust,
    Cooking,
    Travel,
}

#[derive(Debug, Clone, View, ViewSchema)]
#[view(collection = BlogPost, key = Option<String>, value = u32, name = "by-category")]
struct BlogPostsByCategory;

impl CollectionMapReduce for BlogPostsByCategory {
    fn map<'doc>(&self, document: CollectionDocument<BlogPost>) -> ViewMapResult<'doc, Self::View> {
        document
            .header
            .emit_key_and_value(document.contents.category, 1)
    }

    fn reduce(
        &self,
        mappings: &[ViewMappedValue<'_, Self::View>],
        _rereduce: bool,
    ) -> ReduceResult<Self::View> {
        Ok(mappings.iter().map(|mapping| mapping.value).sum())
    }
}

#[derive(Debug, Clone, View, ViewSchema)]
#[view(collection = BlogPost, key = Topic, value = u32)]
#[view_schema(version = 2, policy = Eager)]
struct BlogPostsByTopic;

impl CollectionMapReduce for BlogPostsByTopic {
    fn map<'doc>(&self, document: CollectionDocument<BlogPost>) -> ViewMapResult<'doc, Self> {
        document
            .header
            .emit_key_and_value(document.contents.topic, 1)
    }

    fn reduce(&self, mappings: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<Self> {
        Ok(mappings.iter().map(|mapping| mapping.value).sum())
    }
}

fn blog() -> (tempfile::TempDir, Database) {
    let folder = tempfile::tempdir().unwrap();
    let configuration = StorageConfiguration::new(folder.path().join("blog.bonsaidb"));
    let db = Database::open::<BlogPost>(configuration).unwrap();
    for post in [
        BlogPost::new("Borrowing", Some("Programming"), Topic::Rust),
        BlogPost::new("Lifetimes", Some("Programming"), Topic::Rust),
        BlogPost::new("Noodles", Some("Food"), Topic::Cooking),
        BlogPost::new("Lisbon", None, Topic::Travel),
    ] {
        post.push_into(&db).unwrap();
    }
    (folder, db)
}

#[test]
fn posts_are_found_by_category() -> Result<(), bonsaidb::core::Error> {
    let (_folder, db) = blog();
    let programming = Some(String::from("Programming"));
    let posts = db
        .view::<BlogPostsByCategory>()
        .with_key(&programming)
        .query_with_collection_docs()?;
    let mut titles: Vec<_> = posts
        .into_iter()
        .map(|post| post.document.contents.title.as_str())
        .collect();
    titles.sort_unstable();
    assert_eq!(titles, ["Borrowing", "Lifetimes"]);

    let uncategorized = BlogPostsByCategory::entries(&db).with_key(&None).query()?;
    assert_eq!(uncategorized.len(), 1);
    let post = BlogPost::get(&uncategorized[0].source.id, &db)?.expect("the view names it");
    assert_eq!(post.contents.body, "about Lisbon");
    Ok(())
}

#[test]
fn posts_are_counted_by_category() -> Result<(), bonsaidb::core::Error> {
    let (_folder, db) = blog();
    assert_eq!(db.view::<BlogPostsByCategory>().reduce()?, 4);
    let counts: Vec<_> = db
        .view::<BlogPostsByCategory>()
        .reduce_grouped()?
        .into_iter()
        .map(|group| (group.key, group.value))
        .collect();
    let expected = [
        (None, 1),
        (Some(String::from("Food")), 1),
        (Some(String::from("Programming")), 2),
    ];
    assert_eq!(counts, expected);
    Ok(())
}

#[test]
fn a_post_moves_to_another_topic() -> Result<(), bonsaidb::core::Error> {
    let (_folder, db) = blog();
    let topics = |policy| {
        db.view::<BlogPostsByTopic>()
            .with_access_policy(policy)
            .with_key_range(Topic::Rust..=Topic::Cooking)
            .reduce()
    };
    assert_eq!(topics(AccessPolicy::NoUpdate)?, 3);
    let mut lisbon = BlogPost::all(&db).descending().limit(1).query()?.remove(0);
    lisbon.modify(&db, |post| post.contents.topic = Topic::Cooking)?;
    assert_eq!(topics(AccessPolicy::NoUpdate)?, 4);
    let travel = db
        .view::<BlogPostsByTopic>()
        .with_key(&Topic::Travel)
        .query()?;
    assert!(travel.is_empty());
    assert_eq!(
        db.view::<BlogPostsByTopic>()
            .with_key(&Topic::Rust)
            .delete_docs()?,
        2
    );
    assert_eq!(db.collection::<BlogPost>().all().count()?, 2);
    Ok(())
}
