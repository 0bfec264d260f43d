//! Reducing: all mappings of a view that match, or those of each key.

use bonsaidb_core::Error;
use bonsaidb_core::schema::SerializedCollection;
use bonsaidb_core::schema::view::map::MappedValue;
use bonsaidb_macros::twin;

use super::schema::{ByRating, ByTag, ByWord, Line, Note, TagPositions, TextsByRating};

behaviours! { $ reducing:
    reduce_covers_exactly_the_matching_keys,
    reduce_joins_keys_in_order,
    reduce_of_nothing_asks_the_view,
    grouped_reduce_answers_by_key,
    reduce_follows_changes,
    reduce_ignores_order_and_limit,
    a_view_without_reduce_says_so,
    borrowed_keys_are_borrowed,
}

#[twin]
mod behaviours_async {
    use bonsaidb_core::connection::AsyncConnection;

    use super::*;
    use crate::suite::{AsyncWorld, basic_async, tagged_notes_async};

    pub async fn reduce_covers_exactly_the_matching_keys<W: AsyncWorld>(world: &W) {
        let db = tagged_notes_async(world).await;
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
        let db = tagged_notes_async(world).await;
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
        let db = tagged_notes_async(world).await;
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
        let db = tagged_notes_async(world).await;
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
}
