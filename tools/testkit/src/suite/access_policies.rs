//! How current a lazy view is when it answers, and that mappings and documents belong together whatever that is.

use bonsaidb_core::Error;
use bonsaidb_core::connection::AccessPolicy;
use bonsaidb_core::document::CollectionDocument;
use bonsaidb_core::schema::SerializedCollection;
use bonsaidb_core::schema::view::map::{MappedDocuments, ViewMappings};
use bonsaidb_macros::twin;

use super::schema::{ByRating, ByTag, Note};

behaviours! { $ access_policies:
    not_updating_answers_what_was_indexed,
    updating_afterwards_answers_what_was_indexed,
    concurrent_queries_of_an_outdated_view_agree,
    not_updating_answers_documents_as_they_were_indexed,
    updating_afterwards_answers_documents_of_its_mappings,
    compacting_leaves_queries_right,
    each_mapping_matches_its_document_while_others_write,
}

type Found = MappedDocuments<CollectionDocument<Note>, ByRating>;

fn keys(mappings: &ViewMappings<ByRating>) -> Vec<i32> {
    mappings.iter().map(|mapping| mapping.key).collect()
}

fn ratings(found: &Found) -> Vec<i32> {
    keys(&found.mappings)
}

#[twin]
mod behaviours_async {
    use bonsaidb_core::connection::AsyncConnection;

    use super::*;
    use crate::suite::{AsyncWorld, at_once_async, basic_async, tagged_notes_async};

    pub async fn not_updating_answers_what_was_indexed<W: AsyncWorld>(world: &W) {
        let db = tagged_notes_async(world).await;
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
        let db = tagged_notes_async(world).await;
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

    /// Changes the rating of the fourth note, deletes the first, adds a fifth.
    async fn change_async<D: AsyncConnection>(db: &D) {
        let mut note = Note::get_async(&4, db).await.unwrap().unwrap();
        note.contents.rating = 40;
        note.update_async(db).await.unwrap();
        let note = Note::get_async(&1, db).await.unwrap().unwrap();
        note.delete_async(db).await.unwrap();
        let five = Note::new("five").rated(50);
        Note::push_async(five, db).await.unwrap();
    }

    /// What the view answers, each mapping compared with its document.
    async fn found_async<D: AsyncConnection>(db: &D, policy: AccessPolicy) -> Found {
        let query = db.view::<ByRating>().with_access_policy(policy);
        let found = query.query_with_collection_docs().await.unwrap();
        for mapping in &found.mappings {
            let note = &found.documents[&mapping.source.id];
            assert_eq!(mapping.source, note.header);
            assert_eq!(mapping.key, note.contents.rating);
        }
        found
    }

    pub async fn not_updating_answers_documents_as_they_were_indexed<W: AsyncWorld>(world: &W) {
        let db = tagged_notes_async(world).await;
        assert!(found_async(&db, AccessPolicy::NoUpdate).await.is_empty());
        assert_eq!(db.view::<ByRating>().query().await.unwrap().len(), 4);
        let before = found_async(&db, AccessPolicy::NoUpdate).await;
        assert_eq!(ratings(&before), [-1, 0, 2, 3]);
        change_async(&db).await;
        for _ in 0..2 {
            let stale = found_async(&db, AccessPolicy::NoUpdate).await;
            assert_eq!(ratings(&stale), [-1, 0, 2, 3]);
            assert_eq!(stale.documents, before.documents);
        }
        let fresh = found_async(&db, AccessPolicy::UpdateBefore).await;
        assert_eq!(ratings(&fresh), [-1, 2, 40, 50]);
        let now = found_async(&db, AccessPolicy::NoUpdate).await;
        assert_eq!(ratings(&now), [-1, 2, 40, 50]);
        assert_eq!(now.documents, fresh.documents);
    }

    pub async fn updating_afterwards_answers_documents_of_its_mappings<W: AsyncWorld>(world: &W) {
        let db = tagged_notes_async(world).await;
        // Without an index there is nothing to answer from.
        let first = found_async(&db, AccessPolicy::UpdateAfter).await;
        assert_eq!(ratings(&first), [-1, 0, 2, 3]);
        let mut note = Note::get_async(&4, &db).await.unwrap().unwrap();
        note.contents.rating = 40;
        note.update_async(&db).await.unwrap();
        loop {
            let found = found_async(&db, AccessPolicy::UpdateAfter).await;
            if ratings(&found) == [-1, 2, 3, 40] {
                break;
            }
            assert_eq!(ratings(&found), [-1, 0, 2, 3]);
            #[only(async)]
            tokio::task::yield_now().await;
            #[only(blocking)]
            std::thread::yield_now();
        }
    }

    pub async fn compacting_leaves_queries_right<W: AsyncWorld>(world: &W) {
        let db = tagged_notes_async(world).await;
        found_async(&db, AccessPolicy::UpdateAfter).await;
        change_async(&db).await;
        db.compact().await.unwrap();
        // What changed since may be missing by now.
        found_async(&db, AccessPolicy::NoUpdate).await;
        let found = found_async(&db, AccessPolicy::UpdateBefore).await;
        assert_eq!(ratings(&found), [-1, 2, 40, 50]);
    }

    /// The first two change notes, the others query them.
    async fn write_or_read<D: AsyncConnection>(db: D, number: u32) {
        let policies = [
            AccessPolicy::UpdateBefore,
            AccessPolicy::UpdateAfter,
            AccessPolicy::NoUpdate,
        ];
        for round in 0..30 {
            if number < 2 {
                let id = u64::from((round + number) % 4 + 1);
                let mut note = Note::get_async(&id, &db).await.unwrap().unwrap();
                note.contents.rating += 10;
                // The other one may have changed it meanwhile.
                match note.update_async(&db).await {
                    Ok(()) | Err(Error::DocumentConflict(..)) => {}
                    Err(error) => panic!("{error:?}"),
                }
            } else {
                for policy in policies {
                    let found = found_async(&db, policy).await;
                    let may_lack = matches!(policy, AccessPolicy::NoUpdate);
                    assert!(found.len() == 4 || may_lack, "{policy:?}");
                }
            }
        }
    }

    pub async fn each_mapping_matches_its_document_while_others_write<W: AsyncWorld>(world: &W) {
        let db = tagged_notes_async(world).await;
        at_once_async(4, &db, write_or_read::<W::Database>).await;
        let found = found_async(&db, AccessPolicy::UpdateBefore).await;
        assert_eq!(found.len(), 4);
    }
}
