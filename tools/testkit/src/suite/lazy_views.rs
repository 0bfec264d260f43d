//! Lazy views: indexed on demand, queried by key.

use bonsaidb_core::Error;
use bonsaidb_core::connection::AccessPolicy;
use bonsaidb_core::document::{DocumentId, HasHeader};
use bonsaidb_core::schema::view::map::ViewMappings;
use bonsaidb_core::schema::{SerializedCollection, SerializedView, View, ViewName};
use bonsaidb_macros::twin;

use super::schema::{
    ByRating, ByRemainder, ByTag, Note, Number, Other, TagPositions, TextsByRating,
};

behaviours! { $ lazy_views:
    a_query_without_filter_answers_all_mappings_by_key,
    a_key_selects_its_mappings,
    keys_count_once_and_come_in_order,
    ranges_select_keys,
    prefixes_select_keys,
    order_and_limit_hold_for_every_filter,
    limits_count_mappings,
    a_later_filter_replaces_an_earlier_one,
    queries_with_documents_hold_each_document_once,
    queries_with_contents_hold_them_typed,
    updates_move_mappings,
    sources_have_the_current_revision,
    deleted_documents_leave_the_view,
    a_key_emitted_twice_keeps_its_last_value,
    a_document_may_emit_nothing_or_many_keys,
    documents_share_keys,
    many_documents_are_all_indexed,
    a_view_may_have_its_functions_elsewhere,
    a_view_of_another_schema_is_not_found,
    views_list_their_entries_themselves,
    deleting_by_view_deletes_each_document_once,
}

fn tags(mappings: &ViewMappings<ByTag>) -> Vec<(&str, u64)> {
    let tags = mappings.iter();
    tags.map(|mapping| (mapping.key.as_str(), mapping.source.id))
        .collect()
}

/// Sorted by key and id: among equal keys, the order is open.
fn sorted_tags(mappings: &ViewMappings<ByTag>) -> Vec<(&str, u64)> {
    let mut tags = tags(mappings);
    tags.sort_unstable();
    tags
}

fn keys(mappings: &ViewMappings<ByRating>) -> Vec<i32> {
    mappings.iter().map(|mapping| mapping.key).collect()
}

#[twin]
mod behaviours_async {
    use bonsaidb_core::connection::{
        AsyncConnection, AsyncLowLevelConnection, AsyncStorageConnection,
    };

    use super::*;
    use crate::suite::{AsyncWorld, Schemas, basic_async, tagged_notes_async};

    pub async fn a_query_without_filter_answers_all_mappings_by_key<W: AsyncWorld>(world: &W) {
        let db = tagged_notes_async(world).await;
        let all = db.view::<ByTag>().query().await.unwrap();
        let expected = [("a", 1), ("ab", 3), ("b", 1), ("b", 2), ("c", 3)];
        assert_eq!(sorted_tags(&all), expected);
        assert!(all.is_sorted_by_key(|mapping| mapping.key.clone()));
        assert!(all.iter().all(|mapping| mapping.value == 1));
        let all = db.view::<ByRating>().query().await.unwrap();
        assert_eq!(keys(&all), [-1, 0, 2, 3]);
        let note = Note::get_async(&2, &db).await.unwrap().unwrap();
        assert_eq!(all[0].source, note.header);
    }

    pub async fn a_key_selects_its_mappings<W: AsyncWorld>(world: &W) {
        let db = tagged_notes_async(world).await;
        let found = db.view::<ByTag>().with_key("b").query().await.unwrap();
        assert_eq!(sorted_tags(&found), [("b", 1), ("b", 2)]);
        let found = db.view::<ByTag>().with_key("ab").query().await.unwrap();
        assert_eq!(tags(&found), [("ab", 3)]);
        let found = db.view::<ByTag>().with_key("").query().await.unwrap();
        assert!(found.is_empty());
        let found = db.view::<ByRating>().with_key(&-1).query().await.unwrap();
        assert_eq!(keys(&found), [-1]);
    }

    pub async fn keys_count_once_and_come_in_order<W: AsyncWorld>(world: &W) {
        let db = tagged_notes_async(world).await;
        let listed = ["c", "none", "a", "c"];
        let found = db.view::<ByTag>().with_keys(listed).query().await.unwrap();
        assert_eq!(tags(&found), [("a", 1), ("c", 3)]);
        let found = db
            .view::<ByRating>()
            .with_keys(&[3, -1, 3])
            .query()
            .await
            .unwrap();
        assert_eq!(keys(&found), [-1, 3]);
        let none: [&i32; 0] = [];
        let found = db.view::<ByRating>().with_keys(none).query().await.unwrap();
        assert!(found.is_empty());
    }

    pub async fn ranges_select_keys<W: AsyncWorld>(world: &W) {
        let db = tagged_notes_async(world).await;
        let found = db
            .view::<ByRating>()
            .with_key_range(-1..2)
            .query()
            .await
            .unwrap();
        assert_eq!(keys(&found), [-1, 0]);
        let found = db
            .view::<ByRating>()
            .with_key_range(-1..=2)
            .query()
            .await
            .unwrap();
        assert_eq!(keys(&found), [-1, 0, 2]);
        let found = db
            .view::<ByRating>()
            .with_key_range(1..)
            .query()
            .await
            .unwrap();
        assert_eq!(keys(&found), [2, 3]);
        let found = db
            .view::<ByRating>()
            .with_key_range(..0)
            .query()
            .await
            .unwrap();
        assert_eq!(keys(&found), [-1]);
        let after = bonsaidb_core::connection::Range::default().after(0);
        let found = db
            .view::<ByRating>()
            .with_key_range(after)
            .query()
            .await
            .unwrap();
        assert_eq!(keys(&found), [2, 3]);
        #[allow(clippy::reversed_empty_ranges)] // that is the point
        let backwards = 3..-1;
        let found = db
            .view::<ByRating>()
            .with_key_range(backwards)
            .query()
            .await
            .unwrap();
        assert!(found.is_empty());
        let texts = String::from("aa")..String::from("c");
        let found = db
            .view::<ByTag>()
            .with_key_range::<String, _>(texts)
            .query()
            .await;
        assert_eq!(
            sorted_tags(&found.unwrap()),
            [("ab", 3), ("b", 1), ("b", 2)]
        );
    }

    pub async fn prefixes_select_keys<W: AsyncWorld>(world: &W) {
        let db = tagged_notes_async(world).await;
        let found = db
            .view::<ByTag>()
            .with_key_prefix("a")
            .query()
            .await
            .unwrap();
        assert_eq!(tags(&found), [("a", 1), ("ab", 3)]);
        let found = db
            .view::<ByTag>()
            .with_key_prefix("ab")
            .query()
            .await
            .unwrap();
        assert_eq!(tags(&found), [("ab", 3)]);
        let found = db
            .view::<ByTag>()
            .with_key_prefix("")
            .query()
            .await
            .unwrap();
        assert_eq!(found.len(), 5);
        let found = db
            .view::<ByTag>()
            .with_key_prefix("x")
            .query()
            .await
            .unwrap();
        assert!(found.is_empty());
    }

    pub async fn order_and_limit_hold_for_every_filter<W: AsyncWorld>(world: &W) {
        let db = tagged_notes_async(world).await;
        let found = db.view::<ByRating>().descending().query().await.unwrap();
        assert_eq!(keys(&found), [3, 2, 0, -1]);
        let found = db
            .view::<ByRating>()
            .descending()
            .limit(2)
            .query()
            .await
            .unwrap();
        assert_eq!(keys(&found), [3, 2]);
        let found = db
            .view::<ByRating>()
            .descending()
            .ascending()
            .limit(1)
            .query()
            .await
            .unwrap();
        assert_eq!(keys(&found), [-1]);
        let range = db
            .view::<ByRating>()
            .with_key_range(..3)
            .descending()
            .limit(2);
        assert_eq!(keys(&range.query().await.unwrap()), [2, 0]);
        let several = db
            .view::<ByRating>()
            .with_keys(&[-1, 3, 0])
            .descending()
            .limit(2);
        assert_eq!(keys(&several.query().await.unwrap()), [3, 0]);
        let prefix = db
            .view::<ByTag>()
            .with_key_prefix("a")
            .descending()
            .limit(1);
        assert_eq!(tags(&prefix.query().await.unwrap()), [("ab", 3)]);
        let one = db.view::<ByTag>().with_key("b").descending();
        assert_eq!(one.query().await.unwrap().len(), 2);
        let none = db.view::<ByRating>().limit(0).query().await.unwrap();
        assert!(none.is_empty());
    }

    pub async fn limits_count_mappings<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let notes = (0..5).map(|_| Note::new("x").tagged(&["a", "b"]));
        Note::push_all_async(notes, &db).await.unwrap();
        let found = db.view::<ByTag>().limit(3).query().await.unwrap();
        assert_eq!(found.len(), 3);
        assert!(found.iter().all(|mapping| mapping.key == "a"));
        let found = db
            .view::<ByTag>()
            .with_key("b")
            .limit(2)
            .query()
            .await
            .unwrap();
        assert_eq!(found.len(), 2);
        let found = db
            .view::<ByTag>()
            .with_keys(["a", "b"])
            .limit(7)
            .query()
            .await
            .unwrap();
        assert_eq!(found.len(), 7);
        let found = db
            .view::<ByTag>()
            .with_key_range::<String, _>(..)
            .limit(1)
            .query()
            .await
            .unwrap();
        assert_eq!(found.len(), 1);
        let found = db.view::<ByTag>().limit(3).query_with_docs().await.unwrap();
        assert_eq!((found.len(), found.documents.len()), (3, 3));
    }

    pub async fn a_later_filter_replaces_an_earlier_one<W: AsyncWorld>(world: &W) {
        let db = tagged_notes_async(world).await;
        let found = db
            .view::<ByTag>()
            .with_key("a")
            .with_key("c")
            .query()
            .await
            .unwrap();
        assert_eq!(tags(&found), [("c", 3)]);
        let found = db
            .view::<ByTag>()
            .with_keys(["a", "b"])
            .with_key_prefix("ab");
        assert_eq!(tags(&found.query().await.unwrap()), [("ab", 3)]);
    }

    pub async fn queries_with_documents_hold_each_document_once<W: AsyncWorld>(world: &W) {
        let db = tagged_notes_async(world).await;
        let found = db.view::<ByTag>().query_with_docs().await.unwrap();
        assert_eq!(found.len(), 5);
        assert_eq!(found.documents.keys().collect::<Vec<_>>(), [&1, &2, &3]);
        for mapped in &found {
            let note = Note::document_contents(mapped.document).unwrap();
            assert!(note.tags.contains(mapped.key));
        }
        let found = db
            .view::<ByTag>()
            .with_key("none")
            .query_with_docs()
            .await
            .unwrap();
        assert!(found.is_empty());
        assert!(found.documents.is_empty());
    }

    pub async fn queries_with_contents_hold_them_typed<W: AsyncWorld>(world: &W) {
        let db = tagged_notes_async(world).await;
        let range = db.view::<ByRating>().with_key_range(0..).descending();
        let found = range.query_with_collection_docs().await.unwrap();
        let texts: Vec<_> = found
            .into_iter()
            .map(|mapped| (*mapped.key, mapped.document.contents.text.as_str()))
            .collect();
        assert_eq!(texts, [(3, "one"), (2, "three"), (0, "four")]);
        let stored = Note::get_async(&3, &db).await.unwrap().unwrap();
        assert_eq!(found.documents[&3], stored);
        assert_eq!(found.get(1).unwrap().document, &stored);
        assert!(found.get(3).is_none());
    }

    pub async fn updates_move_mappings<W: AsyncWorld>(world: &W) {
        let db = tagged_notes_async(world).await;
        assert_eq!(db.view::<ByTag>().query().await.unwrap().len(), 5);
        let mut note = Note::get_async(&1, &db).await.unwrap().unwrap();
        note.contents = Note::new("one").tagged(&["b", "z"]).rated(-9);
        note.update_async(&db).await.unwrap();
        let all = db.view::<ByTag>().query().await.unwrap();
        let expected = [("ab", 3), ("b", 1), ("b", 2), ("c", 3), ("z", 1)];
        assert_eq!(sorted_tags(&all), expected);
        let ratings = db.view::<ByRating>().query().await.unwrap();
        assert_eq!(keys(&ratings), [-9, -1, 0, 2]);

        Note::overwrite_async(&1, Note::new("one"), &db)
            .await
            .unwrap();
        let all = db.view::<ByTag>().query().await.unwrap();
        assert_eq!(sorted_tags(&all), [("ab", 3), ("b", 2), ("c", 3)]);
    }

    pub async fn sources_have_the_current_revision<W: AsyncWorld>(world: &W) {
        let db = tagged_notes_async(world).await;
        db.view::<ByTag>().query().await.unwrap();
        // The key and the value stay as they are.
        let mut note = Note::get_async(&1, &db).await.unwrap().unwrap();
        note.contents.text = String::from("changed");
        note.update_async(&db).await.unwrap();
        let found = db.view::<ByTag>().with_key("a").query().await.unwrap();
        assert_eq!(found[0].source, note.header);
        assert_eq!(found[0].source.revision.id, 1);
    }

    pub async fn deleted_documents_leave_the_view<W: AsyncWorld>(world: &W) {
        let db = tagged_notes_async(world).await;
        db.view::<ByTag>().query().await.unwrap();
        let note = Note::get_async(&1, &db).await.unwrap().unwrap();
        note.delete_async(&db).await.unwrap();
        let all = db.view::<ByTag>().query().await.unwrap();
        assert_eq!(sorted_tags(&all), [("ab", 3), ("b", 2), ("c", 3)]);
        assert!(
            db.view::<ByTag>()
                .with_key("a")
                .query()
                .await
                .unwrap()
                .is_empty()
        );

        Note::insert_async(&1, Note::new("x").tagged(&["again"]), &db)
            .await
            .unwrap();
        let found = db.view::<ByTag>().with_key("again").query().await.unwrap();
        assert_eq!(tags(&found), [("again", 1)]);
    }

    pub async fn a_key_emitted_twice_keeps_its_last_value<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let note = Note::new("x").tagged(&["a", "b", "a"]);
        let mut note = Note::push_async(note, &db).await.unwrap();
        let found = db.view::<TagPositions>().query().await.unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|tag| (tag.key.as_str(), tag.value))
            .collect();
        assert_eq!(found, [("a", 2), ("b", 1)]);
        assert_eq!(db.view::<ByTag>().reduce().await.unwrap(), 2);

        note.contents = Note::new("x").tagged(&["b", "a", "b", "b"]);
        note.update_async(&db).await.unwrap();
        let found = db.view::<TagPositions>().query().await.unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|tag| (tag.key.as_str(), tag.value))
            .collect();
        assert_eq!(found, [("a", 1), ("b", 3)]);
        note.delete_async(&db).await.unwrap();
        assert!(db.view::<TagPositions>().query().await.unwrap().is_empty());
    }

    pub async fn a_document_may_emit_nothing_or_many_keys<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let many: Vec<_> = (0..300).map(|number| format!("{number:03}")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        let mut note = Note::push_async(Note::new("x").tagged(&many), &db)
            .await
            .unwrap();
        let found = db.view::<TagPositions>().query().await.unwrap();
        assert_eq!(found.len(), 300);
        assert_eq!((found[299].key.as_str(), found[299].value), ("299", 299));
        note.contents.tags.clear();
        note.update_async(&db).await.unwrap();
        assert!(db.view::<TagPositions>().query().await.unwrap().is_empty());
    }

    pub async fn documents_share_keys<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let notes = (0..50).map(|_| Note::new("x").tagged(&["shared"]));
        Note::push_all_async(notes, &db).await.unwrap();
        let found = db.view::<ByTag>().with_key("shared").query().await.unwrap();
        let mut ids: Vec<_> = found.iter().map(|mapping| mapping.source.id).collect();
        ids.sort_unstable();
        assert_eq!(ids, (1..=50).collect::<Vec<_>>());
        let note = Note::get_async(&25, &db).await.unwrap().unwrap();
        note.delete_async(&db).await.unwrap();
        assert_eq!(
            db.view::<ByTag>()
                .with_key("shared")
                .query()
                .await
                .unwrap()
                .len(),
            49
        );
        assert_eq!(db.view::<ByTag>().reduce().await.unwrap(), 49);
    }

    pub async fn many_documents_are_all_indexed<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        for _ in 0..2 {
            let notes = (0..9_000).map(|number| Note::new(format!("{number};")).rated(number));
            Note::push_all_async(notes, &db).await.unwrap();
        }
        let all = db.view::<ByRating>().query().await.unwrap();
        let mut ids: Vec<_> = all.iter().map(|mapping| mapping.source.id).collect();
        ids.sort_unstable();
        assert_eq!(ids, (1..=18_000).collect::<Vec<_>>());
        let joined: Vec<_> = (0..9_000)
            .map(|number| format!("{number};{number};"))
            .collect();
        let reduced = db.view::<TextsByRating>().reduce().await.unwrap();
        assert!(reduced == joined.concat());

        let notes = (0..5_000).map(|_| Note::new("-").rated(-1));
        Note::push_all_async(notes, &db).await.unwrap();
        let reduced = db
            .view::<TextsByRating>()
            .with_key(&-1)
            .reduce()
            .await
            .unwrap();
        assert!(reduced == "-".repeat(5_000));
    }

    pub async fn a_view_may_have_its_functions_elsewhere<W: AsyncWorld>(world: &W) {
        let storage = world.open(Schemas::Current).await;
        let db = storage
            .create_database::<Other>("other", false)
            .await
            .unwrap();
        Number::push_all_async([15, 0, 25, 31].map(Number), &db)
            .await
            .unwrap();
        let found = db.view::<ByRemainder>().query().await.unwrap();
        let keys: Vec<_> = found.iter().map(|mapping| mapping.key).collect();
        assert_eq!(keys, [1, 5, 5]);
        assert_eq!(
            db.view::<ByRemainder>()
                .with_key(&5)
                .reduce()
                .await
                .unwrap(),
            25
        );
    }

    pub async fn a_view_of_another_schema_is_not_found<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        assert_error!(db.view::<ByRemainder>().query().await, Error::ViewNotFound);
        assert_error!(
            db.view::<ByRemainder>().query_with_docs().await,
            Error::ViewNotFound
        );
        assert_error!(db.view::<ByRemainder>().reduce().await, Error::ViewNotFound);
        assert_error!(
            db.view::<ByRemainder>().reduce_grouped().await,
            Error::ViewNotFound
        );
        assert_error!(
            db.view::<ByRemainder>().delete_docs().await,
            Error::ViewNotFound
        );

        let name = ViewName {
            name: bonsaidb_core::schema::Name::new("unknown"),
            ..ByTag.view_name()
        };
        let policy = AccessPolicy::UpdateBefore;
        let reduced = db.reduce_by_name(&name, None, policy).await;
        assert_error!(reduced, Error::ViewNotFound);
        let deleted = db.delete_docs_by_name(&name, None, policy).await;
        assert_error!(deleted, Error::ViewNotFound);
    }

    pub async fn views_list_their_entries_themselves<W: AsyncWorld>(world: &W) {
        let db = tagged_notes_async(world).await;
        let found = ByRating::entries_async(&db)
            .with_key(&2)
            .query()
            .await
            .unwrap();
        assert_eq!(keys(&found), [2]);
        let name = ByRating.view_name();
        let key = None;
        let sort = bonsaidb_core::connection::Sort::Ascending;
        let policy = AccessPolicy::UpdateBefore;
        let raw = db
            .query_by_name(&name, key, sort, Some(1), policy)
            .await
            .unwrap();
        assert_eq!(raw[0].source.id, DocumentId::from_u64(2));
        let note = Note::get_async(&2, &db).await.unwrap().unwrap();
        assert_eq!(raw[0].source, note.header().unwrap());
    }

    pub async fn deleting_by_view_deletes_each_document_once<W: AsyncWorld>(world: &W) {
        let db = tagged_notes_async(world).await;
        assert_eq!(
            db.view::<ByTag>()
                .with_key("none")
                .delete_docs()
                .await
                .unwrap(),
            0
        );
        assert_eq!(
            db.view::<ByTag>()
                .with_keys(["a", "b"])
                .delete_docs()
                .await
                .unwrap(),
            2
        );
        let left = Note::all_async(&db).query().await.unwrap();
        let left: Vec<_> = left.iter().map(|note| note.header.id).collect();
        assert_eq!(left, [3, 4]);
        assert_eq!(db.view::<ByTag>().query().await.unwrap().len(), 2);

        let before = db
            .list_executed_transactions(None, None)
            .await
            .unwrap()
            .len();
        // Order and limit do not apply.
        let deleted = db
            .view::<ByRating>()
            .descending()
            .limit(1)
            .delete_docs()
            .await;
        assert_eq!(deleted.unwrap(), 2);
        let after = db
            .list_executed_transactions(None, None)
            .await
            .unwrap()
            .len();
        assert_eq!(after, before + 1, "one transaction");
        assert_eq!(Note::all_async(&db).count().await.unwrap(), 0);
        assert!(db.view::<ByTag>().query().await.unwrap().is_empty());
    }
}
