//! Single documents: stored, read, listed, changed and deleted.

use bonsaidb_core::Error;
use bonsaidb_core::connection::Sort;
use bonsaidb_core::document::{
    BorrowedDocument, CollectionDocument, Document, DocumentId, HasHeader, Header, OwnedDocument,
    OwnedDocuments, Revision,
};
use bonsaidb_core::schema::{Collection, SerializedCollection};
use bonsaidb_macros::twin;

use super::schema::{Account, Line, Named, Note, Number};

behaviours! { $ documents:
    pushed_documents_are_read_back,
    an_absent_document_is_none,
    inserted_documents_have_the_given_id,
    an_id_in_use_is_a_conflict_with_the_stored_header,
    failed_inserts_give_the_contents_back,
    contents_push_insert_and_overwrite_themselves,
    push_all_stores_everything_in_order_or_nothing,
    overwriting_creates_and_replaces,
    updating_needs_the_stored_revision,
    updating_an_absent_document_fails,
    identical_contents_keep_the_header,
    modify_starts_over_with_what_is_stored,
    modify_and_refresh_fail_once_the_document_is_gone,
    concurrent_modifications_all_count,
    deleting_needs_the_stored_revision,
    a_deleted_document_can_be_inserted_as_new,
    get_multiple_skips_absent_documents,
    lists_follow_ranges,
    a_range_that_ends_before_it_starts_is_empty,
    lists_follow_order_and_limit,
    counts_ignore_order_and_limit,
    headers_are_those_of_the_documents,
    prefixes_select_ids,
    builders_of_bytes_store_bytes,
    documents_may_be_empty_or_large,
    the_builder_of_a_collection_does_everything,
    lists_of_a_collection_are_bytes,
    encoded_ids_stand_for_keys,
    ids_may_be_long_but_not_too_long,
    collections_are_apart,
    an_unknown_collection_is_not_found,
}

fn ids<C: SerializedCollection>(documents: &[CollectionDocument<C>]) -> Vec<C::PrimaryKey> {
    let ids = documents.iter().map(|document| document.header.id.clone());
    ids.collect()
}

fn raw_ids(documents: &[OwnedDocument]) -> Vec<u64> {
    let ids = documents
        .iter()
        .map(|document| document.header.id.deserialize());
    ids.collect::<Result<_, _>>().unwrap()
}

fn stored_header(error: &Error) -> Header {
    match error {
        Error::DocumentConflict(_, header) => (**header).clone(),
        other => panic!("expected a conflict, got {other:?}"),
    }
}

#[twin]
mod behaviours_async {
    use bonsaidb_core::connection::{AsyncConnection, AsyncLowLevelConnection};

    use super::*;
    use crate::suite::{AsyncWorld, at_once_async, basic_async};

    async fn five_notes<D: AsyncConnection>(db: &D) -> Vec<CollectionDocument<Note>> {
        let notes = ["one", "two", "three", "four", "five"].map(Note::new);
        Note::push_all_async(notes, db).await.unwrap()
    }

    pub async fn pushed_documents_are_read_back<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let note = Note::new("first").tagged(&["a", "b"]).rated(-7);
        let pushed = Note::push_async(note.clone(), &db).await.unwrap();
        assert_eq!(pushed.contents, note);
        assert_eq!(pushed.header.id, 1);
        let bytes = Note::serialize(&note).unwrap();
        assert_eq!(pushed.header.revision, Revision::new(&bytes));

        let read = Note::get_async(&1, &db).await.unwrap().unwrap();
        assert_eq!(read, pushed);
        let raw = db.get::<Note, _>(&1).await.unwrap().unwrap();
        assert_eq!(raw.contents.as_slice(), bytes);
        assert_eq!(raw.header, pushed.header().unwrap());
    }

    pub async fn an_absent_document_is_none<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        assert!(Note::get_async(&1, &db).await.unwrap().is_none());
        Note::push_async(Note::new("a"), &db).await.unwrap();
        assert!(Note::get_async(&0, &db).await.unwrap().is_none());
        assert!(Note::get_async(&2, &db).await.unwrap().is_none());
        assert!(Note::get_async(&1, &db).await.unwrap().is_some());
    }

    pub async fn inserted_documents_have_the_given_id<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        for id in [0, 7, u64::MAX] {
            let inserted = Note::insert_async(&id, Note::new("a"), &db).await.unwrap();
            assert_eq!(inserted.header.id, id);
            assert_eq!(inserted.header.revision.id, 0);
            let read = Note::get_async(&id, &db).await.unwrap();
            assert_eq!(read, Some(inserted));
        }
    }

    pub async fn an_id_in_use_is_a_conflict_with_the_stored_header<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let mut stored = Note::insert_async(&3, Note::new("a"), &db).await.unwrap();
        stored.contents.text = String::from("b");
        stored.update_async(&db).await.unwrap();

        let refused = Note::insert_async(&3, Note::new("c"), &db)
            .await
            .unwrap_err();
        assert_eq!(stored_header(&refused.error), stored.header().unwrap());
        let conflict = refused.error.conflicting_document::<Note>().unwrap();
        assert_eq!(conflict, stored.header().unwrap());
        assert!(refused.error.conflicting_document::<Number>().is_none());
        let read = Note::get_async(&3, &db).await.unwrap();
        assert_eq!(read, Some(stored));
    }

    pub async fn failed_inserts_give_the_contents_back<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let ada = Account::of("Ada").with(1);
        Account::push_async(ada.clone(), &db).await.unwrap();
        let another = Account::of("Ada").with(2);

        let pushed = Account::push_async(another.clone(), &db).await;
        let inserted = Account::insert_async(&9, another.clone(), &db).await;
        let overwritten = Account::overwrite_async(&9, another.clone(), &db).await;
        let itself = another.clone().push_into_async(&db).await;
        for refused in [pushed, inserted, overwritten, itself] {
            let refused = refused.unwrap_err();
            assert_eq!(refused.contents, another);
            assert_error!(
                Err::<(), _>(refused.error),
                Error::UniqueKeyViolation { .. }
            );
        }
        let accounts = Account::all_async(&db).query().await.unwrap();
        assert_eq!(accounts.len(), 1);
        assert_eq!(accounts[0].contents, ada);
    }

    pub async fn contents_push_insert_and_overwrite_themselves<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let pushed = Note::new("pushed").push_into_async(&db).await.unwrap();
        assert_eq!(pushed.header.id, 1);
        let inserted = Note::new("inserted")
            .insert_into_async(&5, &db)
            .await
            .unwrap();
        let over = Note::new("over")
            .overwrite_into_async(&5, &db)
            .await
            .unwrap();
        assert_eq!(over.header.revision.id, inserted.header.revision.id + 1);

        let stored = Note::all_async(&db).query().await.unwrap();
        assert_eq!(stored, [pushed, over]);
    }

    pub async fn push_all_stores_everything_in_order_or_nothing<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let notes = five_notes(&db).await;
        assert_eq!(ids(&notes), [1, 2, 3, 4, 5]);
        assert_eq!(notes[3].contents.text, "four");
        assert_eq!(Note::all_async(&db).query().await.unwrap(), notes);

        let accounts = ["Ada", "Bo", "Ada"].map(Account::of);
        let refused = Account::push_all_async(accounts, &db).await;
        assert_error!(refused, Error::UniqueKeyViolation { .. });
        assert_eq!(Account::all_async(&db).count().await.unwrap(), 0);
    }

    pub async fn overwriting_creates_and_replaces<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let first = Note::overwrite_async(&2, Note::new("a"), &db)
            .await
            .unwrap();
        assert_eq!((first.header.id, first.header.revision.id), (2, 0));
        let second = Note::overwrite_async(&2, Note::new("b"), &db)
            .await
            .unwrap();
        assert_eq!((second.header.id, second.header.revision.id), (2, 1));
        let read = Note::get_async(&2, &db).await.unwrap();
        assert_eq!(read, Some(second));

        let mut stale = first;
        stale.contents.text = String::from("c");
        assert_error!(stale.update_async(&db).await, Error::DocumentConflict(..));
    }

    pub async fn updating_needs_the_stored_revision<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let mut ours = Note::push_async(Note::new("a"), &db).await.unwrap();
        let mut theirs = ours.clone();
        let first = ours.header;

        ours.contents.text = String::from("ours");
        ours.update_async(&db).await.unwrap();
        let bytes = Note::serialize(&ours.contents).unwrap();
        assert_eq!(ours.header.id, first.id);
        assert_eq!(ours.header.revision, Revision::with_id(1, &bytes));

        theirs.contents.text = String::from("theirs");
        let refused = theirs.update_async(&db).await.unwrap_err();
        assert_eq!(stored_header(&refused), ours.header().unwrap());
        assert_eq!(
            theirs.header, first,
            "a failed update leaves the header alone"
        );

        // The revision counts even if nothing would change.
        theirs.contents.text = String::from("ours");
        assert_error!(theirs.update_async(&db).await, Error::DocumentConflict(..));
        let read = Note::get_async(&1, &db).await.unwrap();
        assert_eq!(read, Some(ours.clone()));

        theirs.refresh_async(&db).await.unwrap();
        assert_eq!(theirs, ours);
        theirs.contents.text = String::from("theirs");
        theirs.update_async(&db).await.unwrap();
        assert_eq!(theirs.header.revision.id, 2);
    }

    pub async fn updating_an_absent_document_fails<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let mut note = Note::push_async(Note::new("a"), &db).await.unwrap();
        note.delete_async(&db).await.unwrap();
        note.contents.text = String::from("b");
        assert_error!(
            note.update_async(&db).await,
            Error::DocumentNotFound(collection, id)
                if collection == Note::collection_name() && *id == DocumentId::from_u64(1)
        );
        assert!(Note::get_async(&1, &db).await.unwrap().is_none());
    }

    pub async fn identical_contents_keep_the_header<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let mut note = Note::push_async(Note::new("a"), &db).await.unwrap();
        let header = note.header;
        note.update_async(&db).await.unwrap();
        assert_eq!(note.header, header);
        let over = Note::overwrite_async(&1, Note::new("a"), &db)
            .await
            .unwrap();
        assert_eq!(over.header, header);
        let read = Note::get_async(&1, &db).await.unwrap().unwrap();
        assert_eq!(read.header, header);
    }

    pub async fn modify_starts_over_with_what_is_stored<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let mut note = Note::push_async(Note::new("a"), &db).await.unwrap();
        let mut stale = note.clone();
        note.contents.rating = 10;
        note.update_async(&db).await.unwrap();

        stale.contents.text = String::from("lost");
        let mut calls = 0;
        let answer = stale
            .modify_async(&db, |note| {
                calls += 1;
                note.contents.rating += 1;
                note.contents.rating
            })
            .await
            .unwrap();
        assert_eq!((calls, answer), (2, 11));
        assert_eq!(stale.contents, Note::new("a").rated(11));
        assert_eq!(stale.header.revision.id, 2);
        let read = Note::get_async(&1, &db).await.unwrap();
        assert_eq!(read, Some(stale));
    }

    pub async fn modify_and_refresh_fail_once_the_document_is_gone<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let mut note = Note::push_async(Note::new("a"), &db).await.unwrap();
        note.clone().delete_async(&db).await.unwrap();
        let modified = note
            .modify_async(&db, |note| note.contents.rating += 1)
            .await;
        assert_error!(modified, Error::DocumentNotFound(..));
        assert_error!(note.refresh_async(&db).await, Error::DocumentNotFound(..));
    }

    async fn add_ten<D: AsyncConnection>(db: D, _: u32) {
        let mut note = Note::get_async(&1, &db).await.unwrap().unwrap();
        for _ in 0..10 {
            note.modify_async(&db, |note| note.contents.rating += 1)
                .await
                .unwrap();
        }
    }

    pub async fn concurrent_modifications_all_count<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        Note::push_async(Note::new("counter"), &db).await.unwrap();
        at_once_async(4, &db, add_ten::<W::Database>).await;
        let note = Note::get_async(&1, &db).await.unwrap().unwrap();
        assert_eq!(note.contents.rating, 40);
        assert_eq!(note.header.revision.id, 40);
    }

    pub async fn deleting_needs_the_stored_revision<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let mut note = Note::push_async(Note::new("a"), &db).await.unwrap();
        let stale = note.clone();
        note.contents.text = String::from("b");
        note.update_async(&db).await.unwrap();

        let refused = stale.delete_async(&db).await.unwrap_err();
        assert_eq!(stored_header(&refused), note.header().unwrap());
        assert!(Note::get_async(&1, &db).await.unwrap().is_some());

        note.delete_async(&db).await.unwrap();
        assert!(Note::get_async(&1, &db).await.unwrap().is_none());
        assert_eq!(Note::all_async(&db).count().await.unwrap(), 0);
        assert_error!(note.delete_async(&db).await, Error::DocumentNotFound(..));
    }

    pub async fn a_deleted_document_can_be_inserted_as_new<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let mut note = Note::insert_async(&4, Note::new("a"), &db).await.unwrap();
        note.contents.text = String::from("b");
        note.update_async(&db).await.unwrap();
        note.delete_async(&db).await.unwrap();
        let again = Note::insert_async(&4, Note::new("b"), &db).await.unwrap();
        assert_eq!(again.header.revision.id, 0);
        assert_eq!(Note::get_async(&4, &db).await.unwrap(), Some(again));
    }

    pub async fn get_multiple_skips_absent_documents<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        five_notes(&db).await;
        let mut found = Note::get_multiple_async(&[4, 9, 2, 0], &db).await.unwrap();
        found.sort_by_key(|note| note.header.id);
        assert_eq!(ids(&found), [2, 4]);
        assert_eq!(found[0].contents.text, "two");

        let mut found = Note::get_multiple_async(&[3, 1, 3], &db).await.unwrap();
        found.sort_by_key(|note| note.header.id);
        assert_eq!(
            ids(&found),
            [1, 3, 3],
            "once for each time it was asked for"
        );

        let none: [u64; 0] = [];
        assert!(
            Note::get_multiple_async(&none, &db)
                .await
                .unwrap()
                .is_empty()
        );
        let raw = db.get_multiple::<Note, _, _, _>(&[5, 6]).await.unwrap();
        assert_eq!(raw_ids(&raw), [5]);
    }

    pub async fn lists_follow_ranges<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        five_notes(&db).await;
        let all = Note::list_async(.., &db).query().await.unwrap();
        assert_eq!(ids(&all), [1, 2, 3, 4, 5]);
        assert_eq!(all[1].contents.text, "two");
        let found = Note::list_async(2..4, &db).query().await.unwrap();
        assert_eq!(ids(&found), [2, 3]);
        let found = Note::list_async(2..=4, &db).query().await.unwrap();
        assert_eq!(ids(&found), [2, 3, 4]);
        let found = Note::list_async(4.., &db).query().await.unwrap();
        assert_eq!(ids(&found), [4, 5]);
        let found = Note::list_async(..3, &db).query().await.unwrap();
        assert_eq!(ids(&found), [1, 2]);
        let found = Note::list_async(..=&3, &db).query().await.unwrap();
        assert_eq!(ids(&found), [1, 2, 3]);
        let after = bonsaidb_core::connection::Range::default()
            .after(2)
            .end_at(4);
        let found = Note::list_async(after, &db).query().await.unwrap();
        assert_eq!(ids(&found), [3, 4]);
        let found = Note::list_async(3..3, &db).query().await.unwrap();
        assert!(found.is_empty());
        let found = Note::list_async(6.., &db).query().await.unwrap();
        assert!(found.is_empty());
    }

    pub async fn a_range_that_ends_before_it_starts_is_empty<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        five_notes(&db).await;
        #[allow(clippy::reversed_empty_ranges)] // that is the point
        let backwards = 4..=2;
        let found = Note::list_async(backwards.clone(), &db)
            .query()
            .await
            .unwrap();
        assert!(found.is_empty());
        let headers = Note::list_async(backwards.clone(), &db).headers().await;
        assert!(headers.unwrap().is_empty());
        let count = Note::list_async(backwards.clone(), &db)
            .count()
            .await
            .unwrap();
        assert_eq!(count, 0);
        let found = Note::list_async(backwards, &db).descending().query().await;
        assert!(found.unwrap().is_empty());
    }

    pub async fn lists_follow_order_and_limit<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        five_notes(&db).await;
        let found = Note::all_async(&db).descending().query().await.unwrap();
        assert_eq!(ids(&found), [5, 4, 3, 2, 1]);
        let found = Note::all_async(&db).limit(2).query().await.unwrap();
        assert_eq!(ids(&found), [1, 2]);
        let found = Note::list_async(..5, &db)
            .descending()
            .limit(2)
            .query()
            .await;
        assert_eq!(ids(&found.unwrap()), [4, 3]);
        let found = Note::all_async(&db).descending().ascending().query().await;
        assert_eq!(ids(&found.unwrap()), [1, 2, 3, 4, 5]);
        let found = Note::all_async(&db).limit(0).query().await.unwrap();
        assert!(found.is_empty());
        let found = Note::all_async(&db).limit(9).query().await.unwrap();
        assert_eq!(found.len(), 5);

        let raw = db.list::<Note, _, _>(2.., Sort::Descending, Some(3)).await;
        assert_eq!(raw_ids(&raw.unwrap()), [5, 4, 3]);
    }

    pub async fn counts_ignore_order_and_limit<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        assert_eq!(Note::all_async(&db).count().await.unwrap(), 0);
        let notes = five_notes(&db).await;
        let count = Note::all_async(&db).limit(1).descending().count().await;
        assert_eq!(count.unwrap(), 5);
        assert_eq!(Note::list_async(2..4, &db).count().await.unwrap(), 2);
        assert_eq!(db.count::<Note, _, _>(4..).await.unwrap(), 2);
        notes[2].delete_async(&db).await.unwrap();
        assert_eq!(Note::all_async(&db).count().await.unwrap(), 4);
        assert_eq!(Note::list_async(2..4, &db).count().await.unwrap(), 1);
    }

    pub async fn headers_are_those_of_the_documents<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let mut notes = five_notes(&db).await;
        notes[1].contents.text = String::from("zwei");
        notes[1].update_async(&db).await.unwrap();

        let listed = Note::list_async(1..4, &db)
            .descending()
            .limit(2)
            .query()
            .await
            .unwrap();
        let headers = Note::list_async(1..4, &db)
            .descending()
            .limit(2)
            .headers()
            .await
            .unwrap();
        let expected = listed.iter().map(|note| note.header().unwrap());
        assert_eq!(headers, expected.collect::<Vec<_>>());
        assert_eq!(headers[1].revision.id, 1);

        let raw = db
            .list_headers::<Note, _, _>(.., Sort::Ascending, None)
            .await;
        let expected = notes.iter().map(|note| note.header().unwrap());
        assert_eq!(raw.unwrap(), expected.collect::<Vec<_>>());
    }

    pub async fn prefixes_select_ids<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let names = [
            "a",
            "ab",
            "abc",
            "ac",
            "b",
            "\u{d7ff}x",
            "\u{e000}",
            "\u{10ffff}y",
        ];
        for name in names {
            Named::push_async(Named::new(name), &db).await.unwrap();
        }
        let under = Named::list_with_prefix_async("ab", &db)
            .query()
            .await
            .unwrap();
        assert_eq!(ids(&under), ["ab", "abc"]);
        let under = Named::list_with_prefix_async("a", &db)
            .descending()
            .limit(2)
            .query()
            .await;
        assert_eq!(ids(&under.unwrap()), ["ac", "abc"]);
        let under = Named::list_with_prefix_async("\u{d7ff}", &db)
            .query()
            .await
            .unwrap();
        assert_eq!(ids(&under), ["\u{d7ff}x"]);
        let under = Named::list_with_prefix_async("\u{10ffff}", &db)
            .query()
            .await
            .unwrap();
        assert_eq!(ids(&under), ["\u{10ffff}y"]);
        assert_eq!(
            Named::list_with_prefix_async("", &db)
                .count()
                .await
                .unwrap(),
            8
        );
        assert_eq!(
            Named::list_with_prefix_async("c", &db)
                .count()
                .await
                .unwrap(),
            0
        );
        let raw = db.collection::<Named>();
        assert_eq!(raw.list_with_prefix("ab").query().await.unwrap().len(), 2);
    }

    pub async fn builders_of_bytes_store_bytes<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let lines = db.collection::<Line>();
        let pushed = lines.push_bytes(b"any \xff bytes".to_vec()).await.unwrap();
        assert_eq!(pushed.id, 1);
        assert_eq!(pushed.revision, Revision::new(b"any \xff bytes"));
        let inserted = lines.insert_bytes(&9, b"more".to_vec()).await.unwrap();
        assert_eq!(inserted.id, 9);
        let taken = lines.insert_bytes(&9, b"again".to_vec()).await;
        assert_error!(taken, Error::DocumentConflict(..));
        let next = db
            .insert::<Line, u64, _>(None, b"next".to_vec())
            .await
            .unwrap();
        assert_eq!(next.id, 10);
        let given = db
            .insert::<Line, _, _>(Some(&3), b"given".to_vec())
            .await
            .unwrap();
        assert_eq!(given.id, 3);

        let stored = lines.all().query().await.unwrap();
        assert_eq!(raw_ids(&stored), [1, 3, 9, 10]);
        assert_eq!(stored[0].contents.as_slice(), b"any \xff bytes");
        assert_eq!(stored[1].contents.as_slice(), b"given");
    }

    pub async fn documents_may_be_empty_or_large<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let lines = db.collection::<Line>();
        let large: Vec<u8> = (0..3_000_000_u32)
            .flat_map(u32::to_le_bytes)
            .take(3_000_001)
            .collect();
        lines.push_bytes(Vec::new()).await.unwrap();
        lines.push_bytes(large.clone()).await.unwrap();

        let empty = lines.get(&1).await.unwrap().unwrap();
        assert!(empty.contents.is_empty());
        assert_eq!(empty.header.revision, Revision::new(b""));
        let mut read = lines.get(&2).await.unwrap().unwrap();
        assert!(read.contents.as_slice() == large);
        read.contents = b"small".to_vec().into();
        lines.update(&mut read).await.unwrap();
        let read = lines.get(&2).await.unwrap().unwrap();
        assert_eq!(read.contents.as_slice(), b"small");
    }

    pub async fn the_builder_of_a_collection_does_everything<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let notes = db.collection::<Note>();
        let pushed = notes.push(&Note::new("a")).await.unwrap();
        let inserted = notes.insert(&8, &Note::new("b")).await.unwrap();
        assert_eq!((pushed.id, inserted.id), (1, 8));
        let natural = db
            .collection::<Named>()
            .push(&Named::new("n"))
            .await
            .unwrap();
        assert_eq!(natural.id, "n");

        let mut document = notes.get(&8).await.unwrap().unwrap();
        Document::<Note>::set_contents(&mut document, Note::new("c")).unwrap();
        notes.update(&mut document).await.unwrap();
        assert_eq!(document.header.revision.id, 1);
        let read = notes.get(&8).await.unwrap().unwrap();
        assert_eq!(Document::<Note>::contents(&read).unwrap(), Note::new("c"));

        let mut new = BorrowedDocument::with_contents::<Note, _>(&9, &Note::new("d")).unwrap();
        notes.overwrite(&mut new).await.unwrap();
        assert_eq!(new.header.revision.id, 0);
        let mut over = BorrowedDocument::with_contents::<Note, _>(&9, &Note::new("e")).unwrap();
        notes.overwrite(&mut over).await.unwrap();
        assert_eq!(over.header.revision.id, 1);

        let found = notes.get_multiple(&[9, 1]).await.unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(notes.all().count().await.unwrap(), 3);
        assert_eq!(notes.all().headers().await.unwrap().len(), 3);
        notes.delete(&pushed).await.unwrap();
        notes.delete(&read).await.unwrap();
        let left = notes.all().query().await.unwrap();
        let left = left.collection_documents::<Note>().unwrap();
        assert_eq!(ids(&left), [9]);
        assert_eq!(left[0].contents, Note::new("e"));
    }

    pub async fn lists_of_a_collection_are_bytes<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        five_notes(&db).await;
        let notes = db.collection::<Note>();
        #[only(async)]
        let found = notes.list(2..4).descending().await.unwrap();
        #[only(blocking)]
        let found = notes.list(&2..&4).descending().query().unwrap();
        assert_eq!(raw_ids(&found), [3, 2]);
        #[only(async)]
        let found = ids(&Note::all_async(&db).limit(2).await.unwrap());
        #[only(blocking)]
        let found = ids(&Note::all(&db).limit(2).query().unwrap());
        assert_eq!(found, [1, 2]);
        let found = notes.all().limit(1).query().await.unwrap();
        assert_eq!(Document::<Note>::contents(&found[0]).unwrap().text, "one");
    }

    pub async fn encoded_ids_stand_for_keys<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let id = DocumentId::from_u64(6);
        let inserted = Note::insert_async(&id, Note::new("a"), &db).await.unwrap();
        assert_eq!(inserted.header.id, 6);
        let read = Note::get_async(&id, &db).await.unwrap();
        assert_eq!(read, Some(inserted));
        let raw = db
            .get_from_collection(id.clone(), &Note::collection_name())
            .await;
        assert_eq!(raw.unwrap().unwrap().header.id, id);
    }

    pub async fn ids_may_be_long_but_not_too_long<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let long = "x".repeat(DocumentId::MAX_LENGTH);
        Named::push_async(Named::new(&long), &db).await.unwrap();
        Named::push_async(Named::new("y"), &db).await.unwrap();
        let read = Named::get_async(&long, &db).await.unwrap().unwrap();
        assert_eq!(read.contents.name, long);
        let all = Named::all_async(&db).query().await.unwrap();
        assert_eq!(ids(&all), [long.as_str(), "y"]);
        read.delete_async(&db).await.unwrap();
        assert_eq!(Named::all_async(&db).count().await.unwrap(), 1);

        let too_long = Named::new("x".repeat(DocumentId::MAX_LENGTH + 1));
        let refused = Named::push_async(too_long.clone(), &db).await.unwrap_err();
        assert_eq!(refused.contents, too_long);
        assert_error!(Err::<(), _>(refused.error), Error::DocumentIdTooLong);
    }

    pub async fn collections_are_apart<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let note = Note::push_async(Note::new("a"), &db).await.unwrap();
        let account = Account::push_async(Account::of("Ada"), &db).await.unwrap();
        assert_eq!((note.header.id, account.header.id), (1, 1));
        note.delete_async(&db).await.unwrap();
        let read = Account::get_async(&1, &db).await.unwrap();
        assert_eq!(read, Some(account));
        assert_eq!(Note::all_async(&db).count().await.unwrap(), 0);
    }

    pub async fn an_unknown_collection_is_not_found<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let pushed = Number::push_async(Number(1), &db).await;
        assert_error!(pushed.map_err(Error::from), Error::CollectionNotFound);
        let read = Number::get_async(&1, &db).await;
        assert_error!(read, Error::CollectionNotFound);
        let read = Number::get_multiple_async(&[1], &db).await;
        assert_error!(read, Error::CollectionNotFound);
        let listed = Number::all_async(&db).query().await;
        assert_error!(listed, Error::CollectionNotFound);
        let headers = Number::all_async(&db).headers().await;
        assert_error!(headers, Error::CollectionNotFound);
        let count = Number::all_async(&db).count().await;
        assert_error!(count, Error::CollectionNotFound);
        let compacted = db.compact_collection::<Number>().await;
        assert_error!(compacted, Error::CollectionNotFound);
    }
}
