//! Builders of queries, lists and entries, called in every form that inference allows.

use std::ops::RangeToInclusive;

use bonsaidb::core::Error;
use bonsaidb::core::connection::{
    AccessPolicy, AsyncConnection, Connection, LowLevelConnection, MaybeOwned, QueryKey, Range,
    RangeRef, Sort,
};
use bonsaidb::core::document::{CollectionDocument, DocumentId, Emit, OwnedDocuments};
use bonsaidb::core::key::Key;
use bonsaidb::core::schema::{
    Collection, CollectionMapReduce, MappedValue, NamedCollection, NamedReference, ReduceResult,
    Schema, SerializedCollection, SerializedView, View, ViewMapResult, ViewMappedValue, ViewSchema,
};
use bonsaidb::local::config::{Builder, StorageConfiguration};
use bonsaidb::local::{AsyncDatabase, Database};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Key)]
enum Category {
    News,
    Opinion,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Collection)]
#[collection(name = "posts", views = [ByTitle, ByTag, ByCategory, ByScore, ByNumber])]
struct Post {
    title: String,
    tag: Option<String>,
    category: Category,
    score: i32,
}

impl NamedCollection for Post {
    type ByNameView = ByTitle;
}

macro_rules! view {
    ($name:ident, $key:ty, |$post:ident| $emitted:expr) => {
        #[derive(Clone, Debug, View, ViewSchema)]
        #[view(collection = Post, key = $key, value = u32)]
        struct $name;

        impl CollectionMapReduce for $name {
            fn map<'doc>(
                &self,
                document: CollectionDocument<Post>,
            ) -> ViewMapResult<'doc, Self::View> {
                let $post = document.contents;
                document.header.emit_key_and_value($emitted, 1)
            }

            fn reduce(
                &self,
                mappings: &[ViewMappedValue<'_, Self::View>],
                _rereduce: bool,
            ) -> ReduceResult<Self::View> {
                Ok(mappings.iter().map(|mapping| mapping.value).sum())
            }
        }
    };
}
view!(ByTitle, String, |post| post.title);
view!(ByTag, Option<String>, |post| post.tag);
view!(ByCategory, Category, |post| post.category);
view!(ByScore, (i32, String), |post| (post.score, post.title));
view!(ByNumber, i32, |post| post.score);

fn post(title: &str, tag: Option<&str>, category: Category, score: i32) -> Post {
    Post {
        title: title.to_owned(),
        tag: tag.map(str::to_owned),
        category,
        score,
    }
}

fn posts() -> [Post; 5] {
    [
        post("a", None, Category::News, -20),
        post("b", Some(""), Category::Opinion, 0),
        post("c", Some("rust"), Category::News, 7),
        post("d", Some("rust"), Category::News, -3),
        post("e", Some("rusty"), Category::Opinion, 7),
    ]
}

fn open(folder: &tempfile::TempDir) -> Database {
    let db = Database::open::<Post>(StorageConfiguration::new(folder.path().join("p"))).unwrap();
    Post::push_all(posts(), &db).unwrap();
    db
}

fn titles(ids: impl IntoIterator<Item = u64>) -> String {
    ids.into_iter()
        .map(|id| posts()[usize::try_from(id).unwrap() - 1].title.clone())
        .collect()
}

macro_rules! found {
    ($query:expr) => {
        titles($query.query().unwrap().iter().map(|map| map.source.id))
    };
}

#[test]
fn view_filters_infer_their_key_types() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder);
    let numbers = || db.view::<ByNumber>();
    assert_eq!(found!(numbers().with_key(&7)), "ce");
    assert_eq!(found!(numbers().with_keys(&[7, -20, 7])), "ace");
    assert_eq!(found!(numbers().with_keys([&7, &0]).descending()), "ecb");
    assert_eq!(found!(numbers().with_keys(vec![&-3])), "d");
    assert_eq!(found!(numbers().with_key_range(..0)), "ad");
    assert_eq!(found!(numbers().with_key_range(-3..=0)), "db");
    assert_eq!(found!(numbers().with_key_range(-3..)), "dbce");
    assert_eq!(found!(numbers().with_key_range::<i32, _>(..)), "adbce");
    assert_eq!(found!(numbers().with_key_range(&(&-3..&7))), "db");
    let inclusive: RangeToInclusive<&i32> = ..=&-3;
    assert_eq!(found!(numbers().with_key_range(inclusive)), "ad");
    assert_eq!(
        found!(numbers().with_key_range(Range::default().after(0))),
        "ce"
    );
    assert_eq!(found!(numbers().with_key(&7).limit(1)), "c");
    assert_eq!(found!(numbers().with_key(&7).descending().limit(1)), "e");
    assert_eq!(found!(numbers().limit(2).descending()), "ec");
    assert_eq!(found!(numbers().limit(0)), "");
    // A later filter takes the place of an earlier one.
    assert_eq!(found!(numbers().with_key(&7).with_key_range(..=&-20)), "a");

    let titles_view = || ByTitle::entries(&db);
    assert_eq!(found!(titles_view().with_key("c")), "c");
    assert_eq!(found!(titles_view().with_key(&String::from("c"))), "c");
    assert_eq!(found!(titles_view().with_keys(["e", "a", "x"])), "ae");
    assert_eq!(found!(titles_view().with_keys(&[String::from("b")])), "b");
    assert_eq!(
        found!(titles_view().with_key_range::<String, _>(String::from("b")..String::from("d"))),
        "bc"
    );
    assert_eq!(found!(titles_view().with_key_prefix("")), "abcde");

    assert_eq!(found!(ByTag::entries(&db).with_key(&None)), "a");
    assert_eq!(
        found!(ByTag::entries(&db).with_key(&Some(String::from("rust")))),
        "cd"
    );
    assert_eq!(
        found!(
            ByTag::entries(&db).with_key_range(Some(String::new())..=Some(String::from("rust")))
        ),
        "bcd"
    );
    assert_eq!(
        found!(ByCategory::entries(&db).with_key(&Category::Opinion)),
        "be"
    );
    assert_eq!(
        found!(ByCategory::entries(&db).with_key_range(Category::Opinion..)),
        "be"
    );
    assert_eq!(
        found!(ByScore::entries(&db).with_key_range((-3, String::new())..(7, String::from("d")))),
        "dbc"
    );
    assert_eq!(
        found!(ByScore::entries(&db).with_key(&(0, String::from("b")))),
        "b"
    );
}

#[test]
fn view_builders_have_their_settings_in_the_open() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder);
    let mut view = db.view::<ByNumber>();
    assert!(view.key.is_none() && view.limit.is_none());
    assert!(matches!(view.sort, Sort::Ascending));
    assert!(matches!(view.access_policy, AccessPolicy::UpdateBefore));
    view.key = Some(QueryKey::Multiple(vec![
        MaybeOwned::Owned(0),
        MaybeOwned::Borrowed(&7),
    ]));
    view.sort = Sort::Descending;
    view.limit = Some(2);
    assert_eq!(found!(view), "ec");
    let with_docs = db
        .view::<ByNumber>()
        .with_key_range(0..)
        .query_with_docs()
        .unwrap();
    assert_eq!(with_docs.documents.len(), 3);
    let documents = with_docs.documents.into_values().collect::<Vec<_>>();
    let documents = documents.collection_documents::<Post>().unwrap();
    assert_eq!(documents[0].contents, posts()[1]);
    let typed = ByTitle::entries(&db)
        .with_key("c")
        .query_with_collection_docs()
        .unwrap();
    for mapped in &typed {
        assert_eq!((mapped.key.as_str(), mapped.value), ("c", &1));
        assert_eq!(mapped.document.contents.score, 7);
    }
    assert_eq!(typed.get(0).unwrap().document.header.id, 3);
    assert!(typed.get(1).is_none() && !typed.is_empty());
    assert!(format!("{typed:?}").contains("rust"));
}

#[test]
fn reductions_do_not_care_for_order_or_limit() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder);
    assert_eq!(
        db.view::<ByNumber>()
            .limit(1)
            .descending()
            .reduce()
            .unwrap(),
        5
    );
    assert_eq!(db.view::<ByNumber>().with_key(&99).reduce().unwrap(), 0);
    let grouped = ByTag::entries(&db)
        .limit(1)
        .descending()
        .reduce_grouped()
        .unwrap();
    let rust = |text: &str| Some(String::from(text));
    assert_eq!(
        grouped,
        [
            MappedValue::new(None, 1),
            MappedValue::new(rust(""), 1),
            MappedValue::new(rust("rust"), 2),
            MappedValue::new(rust("rusty"), 1),
        ]
    );
    assert_eq!(
        ByCategory::entries(&db)
            .with_key(&Category::News)
            .limit(1)
            .delete_docs()
            .unwrap(),
        3
    );
    assert_eq!(Post::all(&db).count().unwrap(), 2);
}

#[test]
fn lists_take_ranges_of_ids() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder);
    let ids = |documents: Vec<CollectionDocument<Post>>| {
        titles(documents.into_iter().map(|document| document.header.id))
    };
    assert_eq!(ids(Post::list(2..=4, &db).query().unwrap()), "bcd");
    assert_eq!(
        ids(Post::list(4.., &db).descending().query().unwrap()),
        "ed"
    );
    assert_eq!(ids(Post::list(..3, &db).limit(1).query().unwrap()), "a");
    assert_eq!(ids(Post::list(..=&2, &db).query().unwrap()), "ab");
    assert_eq!(Post::list(3.., &db).limit(1).count().unwrap(), 3);
    assert_eq!(Post::list::<_, u64, _>(.., &db).headers().unwrap().len(), 5);
    assert_eq!(ids(Post::get_multiple(&[1, 5, 9], &db).unwrap()), "ae");
    assert_eq!(ids(Post::get_multiple([&2], &db).unwrap()), "b");
    let posts = db.collection::<Post>();
    assert_eq!(posts.list(&2..&4).query().unwrap().len(), 2);
    assert_eq!(posts.list(&5..).headers().unwrap().len(), 1);
    assert_eq!(
        posts
            .list(..=&5)
            .descending()
            .limit(2)
            .query()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(posts.clone().all().count().unwrap(), 5);
    let by_document_id = posts.get(&DocumentId::from_u64(1)).unwrap();
    assert!(by_document_id.is_some());
    assert!(Post::get(&DocumentId::from_u64(9), &db).unwrap().is_none());
    let range = RangeRef::<u64>::borrowed(Range::from(&1..=&2));
    assert_eq!(
        db.list_headers::<Post, _, u64>(range, Sort::Ascending, None)
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn entries_find_update_or_insert() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder);
    assert!(Post::entry("none", &db).execute().unwrap().is_none());
    let found = Post::entry("a", &db).execute().unwrap().unwrap();
    assert_eq!(found.header.id, 1);
    let mut calls = 0;
    let updated = Post::entry("a", &db)
        .update_with(|post: &mut Post| {
            calls += 1;
            post.score += 1;
        })
        .or_insert_with(|| unreachable!("it exists"))
        .retry_limit(1)
        .execute()
        .unwrap()
        .unwrap();
    assert_eq!((calls, updated.contents.score), (1, -19));
    let name = String::from("new");
    let inserted = Post::entry(&name, &db)
        .update_with(|_: &mut Post| unreachable!("it does not exist"))
        .or_insert_with(|| post(&name, None, Category::News, 1))
        .execute()
        .unwrap()
        .unwrap();
    assert_eq!(inserted.contents.title, "new");
    let by_id = Post::entry(DocumentId::from_u64(2), &db).execute().unwrap();
    assert_eq!(by_id.unwrap().contents.title, "b");
    let by_key = Post::entry(NamedReference::Key(3), &db).execute().unwrap();
    assert_eq!(by_key.unwrap().contents.title, "c");
    let reference = NamedReference::<u64>::from("d");
    assert_eq!(reference.id::<Post, _>(&db).unwrap(), Some(4));
    assert_eq!(Post::load(&inserted, &db).unwrap().unwrap(), inserted);
    assert_eq!(Post::load(2_u64, &db).unwrap().unwrap().contents.title, "b");
    assert!(Post::load_document("e", &db).unwrap().is_some());
    assert_eq!(
        found.contents,
        posts()[0],
        "what was found before is not changed"
    );
}

#[test]
fn stale_documents_are_refused_until_they_are_refreshed() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder);
    let mut first = Post::get(&1, &db).unwrap().unwrap();
    let mut second = first.clone();
    first.contents.score = 1;
    first.update(&db).unwrap();
    second.contents.score = 2;
    let error = second.update(&db).unwrap_err();
    let stored = error.conflicting_document::<Post>().unwrap();
    assert_eq!(stored.revision, first.header.revision);
    assert!(matches!(
        second.delete(&db),
        Err(Error::DocumentConflict(..))
    ));
    let before = second
        .modify(&db, |document| {
            std::mem::replace(&mut document.contents.score, 3)
        })
        .unwrap();
    assert_eq!(before, 1, "the stored document was modified");
    first.refresh(&db).unwrap();
    assert_eq!(first, second);
    first.update(&db).unwrap();
    assert_eq!(first.header, second.header, "nothing to store");
    second.delete(&db).unwrap();
    assert!(matches!(
        first.refresh(&db),
        Err(Error::DocumentNotFound(..))
    ));
    assert!(matches!(
        first.modify(&db, |document| document.contents.score = 9),
        Err(Error::DocumentNotFound(..))
    ));
    assert_eq!(
        first.to_document().unwrap().header.id,
        DocumentId::from_u64(1)
    );
}

#[tokio::test]
async fn async_builders_take_the_same_forms() {
    let folder = tempfile::tempdir().unwrap();
    let db = AsyncDatabase::open::<Post>(StorageConfiguration::new(folder.path().join("p")))
        .await
        .unwrap();
    Post::push_all_async(posts(), &db).await.unwrap();
    assert_eq!(
        db.view::<ByNumber>()
            .with_key_range(..0)
            .query()
            .await
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        ByTitle::entries_async(&db)
            .with_keys(["a", "b"])
            .reduce()
            .await
            .unwrap(),
        2
    );
    assert_eq!(
        ByTag::entries_async(&db)
            .with_key(&Some(String::from("rust")))
            .query_with_collection_docs()
            .await
            .unwrap()
            .len(),
        2
    );
    let collection = db.collection::<Post>();
    assert_eq!(collection.list(2..4).await.unwrap().len(), 2);
    assert_eq!(collection.list(..=&1).count().await.unwrap(), 1);
    assert_eq!(
        collection.all().descending().limit(3).await.unwrap().len(),
        3
    );
    let list = Post::list_async(1.., &db).limit(2);
    assert_eq!(list.await.unwrap().len(), 2);
    assert_eq!(Post::all_async(&db).headers().await.unwrap().len(), 5);
    // A listing is a future like others.
    let (listed, found) = tokio::join!(Post::all_async(&db), Post::entry_async("a", &db));
    assert_eq!(listed.unwrap().len(), 5);
    let mut found = found.unwrap().unwrap();
    let updated = Post::entry_async("a", &db)
        .update_with(|post: &mut Post| post.score = 100)
        .await
        .unwrap();
    assert_eq!(updated.unwrap().contents.score, 100);
    let score = found
        .modify_async(&db, |document| {
            document.contents.score += 1;
            document.contents.score
        })
        .await
        .unwrap();
    assert_eq!(score, 101);
    assert!(Post::schema_name().to_string().ends_with("posts"));
}
