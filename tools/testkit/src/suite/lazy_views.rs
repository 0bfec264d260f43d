//! Lazy views: indexed on demand, queried by key, reduced.

use std::panic::AssertUnwindSafe;

use bonsaidb_core::Error;
use bonsaidb_core::connection::AccessPolicy;
use bonsaidb_core::document::{DocumentId, HasHeader};
use bonsaidb_core::schema::view::map::{MappedValue, ViewMappings};
use bonsaidb_core::schema::{SerializedCollection, SerializedView, View, ViewName};
use bonsaidb_macros::twin;

use super::schema::{
    ByRating, ByRemainder, ByTag, ByWord, Failing, Healthy, Line, Note, Number, Other, Panicking,
    TagPositions, TextsByRating, Troubled,
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
    not_updating_answers_what_was_indexed,
    updating_afterwards_answers_what_was_indexed,
    reduce_covers_exactly_the_matching_keys,
    reduce_joins_keys_in_order,
    reduce_of_nothing_asks_the_view,
    grouped_reduce_answers_by_key,
    reduce_follows_changes,
    reduce_ignores_order_and_limit,
    a_view_without_reduce_says_so,
    borrowed_keys_are_borrowed,
    a_view_may_have_its_functions_elsewhere,
    a_view_of_another_schema_is_not_found,
    a_failing_map_fails_its_queries_only,
    a_panicking_map_fails_its_calls_only,
    a_failing_or_panicking_reduce_leaves_the_rest_usable,
    concurrent_queries_of_an_outdated_view_agree,
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
    use crate::suite::{AsyncWorld, Schemas, at_once_async, basic_async};

    /// Four notes: `a` and `b` on the first, `b` on the second, `c` and `ab` on the third, nothing on the fourth.
    async fn tagged_notes<W: AsyncWorld>(world: &W) -> W::Database {
        let db = basic_async(world).await;
        let notes = [
            Note::new("one").tagged(&["a", "b"]).rated(3),
            Note::new("two").tagged(&["b"]).rated(-1),
            Note::new("three").tagged(&["c", "ab"]).rated(2),
            Note::new("four").rated(0),
        ];
        Note::push_all_async(notes, &db).await.unwrap();
        db
    }

    pub async fn a_query_without_filter_answers_all_mappings_by_key<W: AsyncWorld>(world: &W) {
        let db = tagged_notes(world).await;
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
        let db = tagged_notes(world).await;
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
        let db = tagged_notes(world).await;
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
        let db = tagged_notes(world).await;
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
        let db = tagged_notes(world).await;
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
        let db = tagged_notes(world).await;
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
        let db = tagged_notes(world).await;
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
        let db = tagged_notes(world).await;
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
        let db = tagged_notes(world).await;
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
        let db = tagged_notes(world).await;
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
        let db = tagged_notes(world).await;
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
        let db = tagged_notes(world).await;
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

    pub async fn not_updating_answers_what_was_indexed<W: AsyncWorld>(world: &W) {
        let db = tagged_notes(world).await;
        assert_eq!(db.view::<ByRating>().query().await.unwrap().len(), 4);
        let mut note = Note::get_async(&4, &db).await.unwrap().unwrap();
        note.contents.rating = 40;
        note.update_async(&db).await.unwrap();
        Note::push_async(Note::new("five").rated(50), &db)
            .await
            .unwrap();
        for _ in 0..2 {
            let stale = db
                .view::<ByRating>()
                .with_access_policy(AccessPolicy::NoUpdate);
            assert_eq!(keys(&stale.query().await.unwrap()), [-1, 0, 2, 3]);
        }
        let fresh = db
            .view::<ByRating>()
            .with_access_policy(AccessPolicy::UpdateBefore);
        assert_eq!(keys(&fresh.query().await.unwrap()), [-1, 2, 3, 40, 50]);
        let now = db
            .view::<ByRating>()
            .with_access_policy(AccessPolicy::NoUpdate);
        assert_eq!(keys(&now.query().await.unwrap()), [-1, 2, 3, 40, 50]);
    }

    pub async fn updating_afterwards_answers_what_was_indexed<W: AsyncWorld>(world: &W) {
        let db = tagged_notes(world).await;
        assert_eq!(db.view::<ByRating>().query().await.unwrap().len(), 4);
        Note::push_async(Note::new("five").rated(50), &db)
            .await
            .unwrap();
        let stale = db
            .view::<ByRating>()
            .with_access_policy(AccessPolicy::UpdateAfter);
        assert_eq!(keys(&stale.query().await.unwrap()), [-1, 0, 2, 3]);
        // The index catches up by itself: nothing here asks for it.
        loop {
            let found = db
                .view::<ByRating>()
                .with_access_policy(AccessPolicy::NoUpdate);
            let found = keys(&found.query().await.unwrap());
            if found == [-1, 0, 2, 3, 50] {
                break;
            }
            assert_eq!(found, [-1, 0, 2, 3]);
            #[only(async)]
            tokio::task::yield_now().await;
            #[only(blocking)]
            std::thread::yield_now();
        }
    }

    pub async fn reduce_covers_exactly_the_matching_keys<W: AsyncWorld>(world: &W) {
        let db = tagged_notes(world).await;
        assert_eq!(db.view::<ByTag>().reduce().await.unwrap(), 5);
        assert_eq!(db.view::<ByTag>().with_key("b").reduce().await.unwrap(), 2);
        assert_eq!(
            db.view::<ByTag>()
                .with_keys(["a", "b", "x", "b"])
                .reduce()
                .await
                .unwrap(),
            3
        );
        assert_eq!(
            db.view::<ByTag>()
                .with_key_prefix("a")
                .reduce()
                .await
                .unwrap(),
            2
        );
        let range = String::from("ab")..String::from("c");
        let range = db.view::<ByTag>().with_key_range::<String, _>(range);
        assert_eq!(range.reduce().await.unwrap(), 3);
    }

    pub async fn reduce_joins_keys_in_order<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let notes = (0..200)
            .rev()
            .map(|number| Note::new(format!("{number};")).rated(number - 100));
        Note::push_all_async(notes, &db).await.unwrap();
        let joined = |numbers: std::ops::Range<i32>| -> String {
            let texts: Vec<_> = numbers.map(|number| format!("{number};")).collect();
            texts.concat()
        };
        let all = db.view::<TextsByRating>().reduce().await.unwrap();
        assert_eq!(all, joined(0..200));
        for (from, to) in [(-100, -99), (-3, 3), (0, 77), (-100, 100), (42, 100)] {
            let part = db
                .view::<TextsByRating>()
                .with_key_range(from..to)
                .reduce()
                .await;
            assert_eq!(part.unwrap(), joined(from + 100..to + 100));
        }
        let some = db
            .view::<TextsByRating>()
            .with_keys(&[50, -50, 0])
            .reduce()
            .await;
        assert_eq!(some.unwrap(), "50;100;150;");
    }

    pub async fn reduce_of_nothing_asks_the_view<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let nothing = "nothing, rereduce = true";
        assert_eq!(db.view::<TextsByRating>().reduce().await.unwrap(), nothing);
        assert_eq!(db.view::<ByTag>().reduce().await.unwrap(), 0);
        let note = Note::push_async(Note::new("x").rated(1), &db)
            .await
            .unwrap();
        assert_eq!(db.view::<TextsByRating>().reduce().await.unwrap(), "x");
        let outside = db
            .view::<TextsByRating>()
            .with_key_range(2..)
            .reduce()
            .await;
        assert_eq!(outside.unwrap(), nothing);
        let absent = db.view::<TextsByRating>().with_key(&0).reduce().await;
        assert_eq!(absent.unwrap(), nothing);
        note.delete_async(&db).await.unwrap();
        assert_eq!(db.view::<TextsByRating>().reduce().await.unwrap(), nothing);
    }

    pub async fn grouped_reduce_answers_by_key<W: AsyncWorld>(world: &W) {
        let db = tagged_notes(world).await;
        let group = |key: &str, value| MappedValue::new(key.to_owned(), value);
        let groups = db.view::<ByTag>().reduce_grouped().await.unwrap();
        let expected = [group("a", 1), group("ab", 1), group("b", 2), group("c", 1)];
        assert_eq!(groups, expected);
        let groups = db
            .view::<ByTag>()
            .with_keys(["c", "b", "none", "c"])
            .reduce_grouped()
            .await;
        assert_eq!(groups.unwrap(), [group("b", 2), group("c", 1)]);
        let groups = db.view::<ByTag>().with_key("b").reduce_grouped().await;
        assert_eq!(groups.unwrap(), [group("b", 2)]);
        let groups = db
            .view::<ByTag>()
            .with_key_prefix("a")
            .reduce_grouped()
            .await;
        assert_eq!(groups.unwrap(), [group("a", 1), group("ab", 1)]);
        let groups = db.view::<ByTag>().with_key("none").reduce_grouped().await;
        assert!(groups.unwrap().is_empty());
    }

    pub async fn reduce_follows_changes<W: AsyncWorld>(world: &W) {
        let db = tagged_notes(world).await;
        assert_eq!(db.view::<ByTag>().with_key("b").reduce().await.unwrap(), 2);
        let mut note = Note::get_async(&2, &db).await.unwrap().unwrap();
        note.contents.tags = vec![String::from("a")];
        note.update_async(&db).await.unwrap();
        assert_eq!(db.view::<ByTag>().with_key("b").reduce().await.unwrap(), 1);
        assert_eq!(db.view::<ByTag>().with_key("a").reduce().await.unwrap(), 2);
        note.delete_async(&db).await.unwrap();
        assert_eq!(db.view::<ByTag>().with_key("a").reduce().await.unwrap(), 1);
        let first = Note::get_async(&1, &db).await.unwrap().unwrap();
        first.delete_async(&db).await.unwrap();
        assert_eq!(db.view::<ByTag>().with_key("a").reduce().await.unwrap(), 0);
        assert_eq!(db.view::<ByTag>().reduce_grouped().await.unwrap().len(), 2);
    }

    pub async fn reduce_ignores_order_and_limit<W: AsyncWorld>(world: &W) {
        let db = tagged_notes(world).await;
        let expected = db.view::<TextsByRating>().reduce().await.unwrap();
        assert_eq!(expected, "twofourthreeone");
        let reduced = db
            .view::<TextsByRating>()
            .descending()
            .limit(1)
            .reduce()
            .await;
        assert_eq!(reduced.unwrap(), expected);
        let groups = db
            .view::<TextsByRating>()
            .descending()
            .limit(1)
            .reduce_grouped()
            .await;
        let keys: Vec<_> = groups.unwrap().iter().map(|group| group.key).collect();
        assert_eq!(keys, [-1, 0, 2, 3]);
    }

    pub async fn a_view_without_reduce_says_so<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        assert_error!(
            db.view::<ByRating>().reduce().await,
            Error::ReduceUnimplemented
        );
        Note::push_async(Note::new("a").tagged(&["x"]), &db)
            .await
            .unwrap();
        assert_error!(
            db.view::<ByRating>().reduce().await,
            Error::ReduceUnimplemented
        );
        assert_error!(
            db.view::<TagPositions>().with_key("x").reduce().await,
            Error::ReduceUnimplemented
        );
        assert_error!(
            db.view::<TagPositions>().reduce_grouped().await,
            Error::ReduceUnimplemented
        );
        assert_eq!(db.view::<TagPositions>().query().await.unwrap().len(), 1);
        // The default of a wrong grouping would do: with a reduce function nothing of this fails.
        assert_eq!(db.view::<ByTag>().reduce().await.unwrap(), 1);
    }

    pub async fn borrowed_keys_are_borrowed<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let lines = db.collection::<Line>();
        lines
            .push_bytes(b"the quick the lazy".to_vec())
            .await
            .unwrap();
        lines.push_bytes(b"the dog".to_vec()).await.unwrap();
        assert_eq!(
            db.view::<ByWord>().with_key("the").reduce().await.unwrap(),
            2
        );
        assert_eq!(db.view::<ByWord>().reduce().await.unwrap(), 5);
        let groups = db.view::<ByWord>().reduce_grouped().await.unwrap();
        assert_eq!(groups.len(), 4);
        let words = db.view::<ByWord>().query().await.unwrap();
        let words: Vec<_> = words.iter().map(|word| word.key.as_str()).collect();
        assert_eq!(words, ["dog", "lazy", "quick", "the", "the"]);
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

    pub async fn a_failing_map_fails_its_queries_only<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        Troubled::push_async(Troubled::new("a"), &db).await.unwrap();
        assert_eq!(db.view::<Failing>().query().await.unwrap().len(), 1);
        let bad = Troubled::push_async(Troubled::new("fail"), &db)
            .await
            .unwrap();
        for _ in 0..2 {
            let refused = db.view::<Failing>().query().await;
            assert_error!(refused, Error::Other { origin, error }
                if origin == "suite" && error == "refused to map");
        }
        assert!(db.view::<Failing>().reduce().await.is_err());
        assert_eq!(db.view::<Healthy>().query().await.unwrap().len(), 2);
        let stale = db
            .view::<Failing>()
            .with_access_policy(AccessPolicy::NoUpdate);
        assert_eq!(stale.query().await.unwrap().len(), 1);
        Troubled::push_async(Troubled::new("b"), &db).await.unwrap();

        bad.delete_async(&db).await.unwrap();
        let found = db.view::<Failing>().query().await.unwrap();
        let found: Vec<_> = found.iter().map(|mapping| mapping.key.as_str()).collect();
        assert_eq!(found, ["a", "b"]);
    }

    /// Whether the query came back with mappings; it may also fail or panic.
    async fn query_panicking<D: AsyncConnection + 'static>(db: D, _: u32) -> bool {
        #[only(async)]
        let answer = tokio::spawn(async move { db.view::<Panicking>().query().await }).await;
        #[only(blocking)]
        let answer = std::panic::catch_unwind(AssertUnwindSafe(|| db.view::<Panicking>().query()));
        matches!(answer, Ok(Ok(_)))
    }

    pub async fn a_panicking_map_fails_its_calls_only<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let bad = Troubled::push_async(Troubled::new("panic"), &db)
            .await
            .unwrap();
        let answered = at_once_async(3, &db, query_panicking::<W::Database>).await;
        assert_eq!(answered, [false; 3]);
        assert_eq!(db.view::<Healthy>().query().await.unwrap().len(), 1);
        assert_eq!(db.view::<Failing>().query().await.unwrap().len(), 1);
        Troubled::push_async(Troubled::new("a"), &db).await.unwrap();
        assert!(!query_panicking(db.clone(), 0).await);

        bad.delete_async(&db).await.unwrap();
        assert!(query_panicking(db.clone(), 0).await);
        let found = db.view::<Panicking>().query().await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].key, "a");
    }

    async fn reduce_panicking<D: AsyncConnection + 'static>(db: D, _: u32) -> bool {
        #[only(async)]
        let answer = tokio::spawn(async move { db.view::<Panicking>().reduce().await }).await;
        #[only(blocking)]
        let answer = std::panic::catch_unwind(AssertUnwindSafe(|| db.view::<Panicking>().reduce()));
        matches!(answer, Ok(Ok(_)))
    }

    pub async fn a_failing_or_panicking_reduce_leaves_the_rest_usable<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let fails = Troubled::push_async(Troubled::new("fail reduce"), &db)
            .await
            .unwrap();
        let panics = Troubled::push_async(Troubled::new("panic reduce"), &db)
            .await
            .unwrap();
        assert!(db.view::<Failing>().reduce().await.is_err());
        assert!(!reduce_panicking(db.clone(), 0).await);
        assert_eq!(db.view::<Healthy>().query().await.unwrap().len(), 2);

        fails.delete_async(&db).await.unwrap();
        panics.delete_async(&db).await.unwrap();
        Troubled::push_async(Troubled::new("a"), &db).await.unwrap();
        assert_eq!(db.view::<Failing>().reduce().await.unwrap(), 1);
        assert_eq!(db.view::<Panicking>().reduce().await.unwrap(), 1);
    }

    async fn count_tags<D: AsyncConnection>(db: D, _: u32) -> (usize, u32) {
        let queried = db.view::<ByTag>().query().await.unwrap().len();
        (queried, db.view::<ByTag>().reduce().await.unwrap())
    }

    pub async fn concurrent_queries_of_an_outdated_view_agree<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        for round in 1..=3 {
            let notes = (0..100).map(|_| Note::new("x").tagged(&["a"]));
            Note::push_all_async(notes, &db).await.unwrap();
            let counts = at_once_async(4, &db, count_tags::<W::Database>).await;
            assert_eq!(
                counts,
                [(round * 100, 100 * u32::try_from(round).unwrap()); 4]
            );
        }
    }

    pub async fn views_list_their_entries_themselves<W: AsyncWorld>(world: &W) {
        let db = tagged_notes(world).await;
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
        let db = tagged_notes(world).await;
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
