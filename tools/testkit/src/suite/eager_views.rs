//! Eager views: indexed inside the transaction, current under every policy.

use std::panic::AssertUnwindSafe;

use bonsaidb_core::Error;
use bonsaidb_core::connection::AccessPolicy;
use bonsaidb_core::schema::SerializedCollection;
use bonsaidb_core::transaction::Transaction;
use bonsaidb_macros::twin;

use super::schema::{EagerlyTroubled, FailingEagerly, Note, TagsEagerly};

behaviours! { $ eager_views:
    every_write_shows_without_updating,
    reduce_is_current_without_updating,
    sources_have_the_current_revision,
    a_failing_map_fails_the_transaction,
    a_panicking_map_fails_that_call_only,
    concurrent_writers_are_all_indexed,
}

#[twin]
mod behaviours_async {
    use bonsaidb_core::connection::AsyncConnection;

    use super::*;
    use crate::suite::{AsyncWorld, at_once_async, basic_async};

    async fn tags<D: AsyncConnection>(db: &D) -> Vec<(String, u64)> {
        let view = db
            .view::<TagsEagerly>()
            .with_access_policy(AccessPolicy::NoUpdate);
        let found = view.query().await.unwrap();
        let mut tags: Vec<_> = found
            .into_iter()
            .map(|mapping| (mapping.key, mapping.source.id))
            .collect();
        tags.sort_unstable();
        tags
    }

    fn expected(tags: &[(&str, u64)]) -> Vec<(String, u64)> {
        let tags = tags.iter().map(|(tag, id)| ((*tag).to_owned(), *id));
        tags.collect()
    }

    pub async fn every_write_shows_without_updating<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        assert!(tags(&db).await.is_empty());
        let mut note = Note::push_async(Note::new("x").tagged(&["a", "b"]), &db)
            .await
            .unwrap();
        assert_eq!(tags(&db).await, expected(&[("a", 1), ("b", 1)]));
        note.contents = Note::new("x").tagged(&["b", "c"]);
        note.update_async(&db).await.unwrap();
        assert_eq!(tags(&db).await, expected(&[("b", 1), ("c", 1)]));
        Note::overwrite_async(&1, Note::new("x").tagged(&["d"]), &db)
            .await
            .unwrap();
        assert_eq!(tags(&db).await, expected(&[("d", 1)]));
        let new = Note::overwrite_async(&7, Note::new("x").tagged(&["d"]), &db)
            .await
            .unwrap();
        assert_eq!(tags(&db).await, expected(&[("d", 1), ("d", 7)]));
        new.delete_async(&db).await.unwrap();
        assert_eq!(tags(&db).await, expected(&[("d", 1)]));

        let mut transaction = Transaction::new();
        let other = Note::new("x").tagged(&["e"]);
        other.insert_in_transaction(&3, &mut transaction).unwrap();
        Note::new("x")
            .overwrite_in_transaction(&3, &mut transaction)
            .unwrap();
        other.insert_in_transaction(&4, &mut transaction).unwrap();
        transaction.apply_async(&db).await.unwrap();
        assert_eq!(tags(&db).await, expected(&[("d", 1), ("e", 4)]));
    }

    pub async fn reduce_is_current_without_updating<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let notes = (0..20).map(|_| Note::new("x").tagged(&["a", "b"]));
        let notes = Note::push_all_async(notes, &db).await.unwrap();
        let view = || {
            db.view::<TagsEagerly>()
                .with_access_policy(AccessPolicy::NoUpdate)
        };
        assert_eq!(view().reduce().await.unwrap(), 40);
        assert_eq!(view().with_key("a").reduce().await.unwrap(), 20);
        notes[5].delete_async(&db).await.unwrap();
        assert_eq!(view().with_key("a").reduce().await.unwrap(), 19);
        let groups = view().reduce_grouped().await.unwrap();
        let groups: Vec<_> = groups
            .iter()
            .map(|group| (group.key.as_str(), group.value))
            .collect();
        assert_eq!(groups, [("a", 19), ("b", 19)]);
    }

    pub async fn sources_have_the_current_revision<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let mut note = Note::push_async(Note::new("x").tagged(&["a"]), &db)
            .await
            .unwrap();
        note.contents.text = String::from("y");
        note.update_async(&db).await.unwrap();
        let view = db
            .view::<TagsEagerly>()
            .with_access_policy(AccessPolicy::NoUpdate);
        let found = view.query_with_collection_docs().await.unwrap();
        assert_eq!(found.mappings[0].source, note.header);
        assert_eq!(found.documents[&1], note);
    }

    pub async fn a_failing_map_fails_the_transaction<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let mut good = EagerlyTroubled::push_async(EagerlyTroubled::new("a"), &db)
            .await
            .unwrap();
        let refused = EagerlyTroubled::push_async(EagerlyTroubled::new("fail"), &db).await;
        let refused = refused.unwrap_err();
        assert_eq!(refused.contents, EagerlyTroubled::new("fail"));
        assert_error!(Err::<(), _>(refused.error), Error::Other { origin, error }
            if origin == "suite" && error == "refused to map");
        good.contents = EagerlyTroubled::new("fail");
        assert!(good.update_async(&db).await.is_err());

        let mut transaction = Transaction::new();
        Note::new("x")
            .push_in_transaction(&mut transaction)
            .unwrap();
        EagerlyTroubled::new("fail")
            .push_in_transaction(&mut transaction)
            .unwrap();
        assert!(transaction.apply_async(&db).await.is_err());
        assert_eq!(Note::all_async(&db).count().await.unwrap(), 0);
        let stored = EagerlyTroubled::all_async(&db).query().await.unwrap();
        assert_eq!(stored.len(), 1);
        assert_eq!(stored[0].contents, EagerlyTroubled::new("a"));
        assert_eq!(db.view::<FailingEagerly>().query().await.unwrap().len(), 1);
    }

    async fn push_panicking<D: AsyncConnection + 'static>(db: D, _: u32) -> bool {
        let contents = EagerlyTroubled::new("panic");
        #[only(async)]
        let answer =
            tokio::spawn(async move { EagerlyTroubled::push_async(contents, &db).await }).await;
        #[only(blocking)]
        let answer =
            std::panic::catch_unwind(AssertUnwindSafe(|| EagerlyTroubled::push(contents, &db)));
        matches!(answer, Ok(Ok(_)))
    }

    pub async fn a_panicking_map_fails_that_call_only<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        EagerlyTroubled::push_async(EagerlyTroubled::new("a"), &db)
            .await
            .unwrap();
        let pushed = at_once_async(3, &db, push_panicking::<W::Database>).await;
        assert_eq!(pushed, [false; 3]);
        EagerlyTroubled::push_async(EagerlyTroubled::new("b"), &db)
            .await
            .unwrap();
        Note::push_async(Note::new("x"), &db).await.unwrap();
        let found = db.view::<FailingEagerly>().query().await.unwrap();
        let found: Vec<_> = found.iter().map(|mapping| mapping.key.as_str()).collect();
        assert_eq!(found, ["a", "b"]);
        assert_eq!(EagerlyTroubled::all_async(&db).count().await.unwrap(), 2);
    }

    async fn push_ten<D: AsyncConnection>(db: D, number: u32) {
        let tag = number.to_string();
        for _ in 0..10 {
            let note = Note::new("x").tagged(&["all", &tag]);
            Note::push_async(note, &db).await.unwrap();
        }
    }

    pub async fn concurrent_writers_are_all_indexed<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        at_once_async(4, &db, push_ten::<W::Database>).await;
        let view = db
            .view::<TagsEagerly>()
            .with_access_policy(AccessPolicy::NoUpdate);
        let groups = view.reduce_grouped().await.unwrap();
        let counts: Vec<_> = groups.iter().map(|group| group.value).collect();
        assert_eq!(counts, [10, 10, 10, 10, 40]);
        assert_eq!(tags(&db).await.len(), 80);
    }
}
