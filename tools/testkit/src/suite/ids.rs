//! Ids that are assigned, and ids that contents bring along.

use std::num::{NonZeroI32, NonZeroU8};

use bonsaidb_core::Error;
use bonsaidb_core::document::DocumentId;
use bonsaidb_core::key::NextValueError;
use bonsaidb_core::schema::{Collection, SerializedCollection};
use bonsaidb_core::transaction::{Operation, Transaction};
use bonsaidb_macros::twin;

use super::schema::{Color, Keyed, Line, Named, Note, SampleKey};

behaviours! { $ ids:
    the_first_id_follows_the_first_value,
    a_deleted_greatest_id_is_not_reused,
    given_ids_raise_the_mark,
    lower_ids_do_not_lower_the_mark,
    pushes_of_one_transaction_are_consecutive,
    an_id_given_in_the_same_transaction_counts,
    exhausted_ids_undo_the_transaction,
    key_types_without_next_value_are_unsupported,
    natural_ids_are_used,
    a_natural_id_in_use_is_a_conflict,
    concurrent_pushes_never_share_an_id,
}

#[twin]
mod behaviours_async {
    use bonsaidb_core::connection::AsyncConnection;

    use super::*;
    use crate::suite::{AsyncWorld, at_once_async, basic_async, keys_async};

    async fn push<K: SampleKey, D: AsyncConnection>(db: &D) -> Result<K, Error> {
        let pushed = db.collection::<Keyed<K>>().push_bytes(Vec::new()).await;
        pushed.map(|header| header.id)
    }

    async fn insert<K: SampleKey, D: AsyncConnection>(db: &D, id: K) {
        let keyed = db.collection::<Keyed<K>>();
        keyed.insert_bytes(&id, Vec::new()).await.unwrap();
    }

    pub async fn the_first_id_follows_the_first_value<W: AsyncWorld>(world: &W) {
        let db = keys_async(world).await;
        assert_eq!(push::<u8, _>(&db).await.unwrap(), 1);
        assert_eq!(push::<u64, _>(&db).await.unwrap(), 1);
        assert_eq!(push::<i32, _>(&db).await.unwrap(), 1);
        assert_eq!(push::<usize, _>(&db).await.unwrap(), 1);
        assert_eq!(push::<NonZeroU8, _>(&db).await.unwrap().get(), 2);
        assert_eq!(push::<Option<i32>, _>(&db).await.unwrap(), Some(1));
        assert_eq!(push::<u8, _>(&db).await.unwrap(), 2);
    }

    pub async fn a_deleted_greatest_id_is_not_reused<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        Note::push_async(Note::new("a"), &db).await.unwrap();
        let last = Note::push_async(Note::new("b"), &db).await.unwrap();
        last.delete_async(&db).await.unwrap();
        let next = Note::push_async(Note::new("c"), &db).await.unwrap();
        assert_eq!(next.header.id, 3);

        // Also if the collection is empty by then, or if both happen in one transaction.
        for note in Note::all_async(&db).query().await.unwrap() {
            note.delete_async(&db).await.unwrap();
        }
        let next = Note::push_async(Note::new("d"), &db).await.unwrap();
        assert_eq!(next.header.id, 4);
        let mut transaction = Transaction::new();
        next.delete_in_transaction(&mut transaction).unwrap();
        Note::new("e")
            .push_in_transaction(&mut transaction)
            .unwrap();
        transaction.apply_async(&db).await.unwrap();
        let notes = Note::all_async(&db).query().await.unwrap();
        assert_eq!(notes.len(), 1);
        assert_eq!(notes[0].header.id, 5);
    }

    pub async fn given_ids_raise_the_mark<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        Note::insert_async(&10, Note::new("a"), &db).await.unwrap();
        let next = Note::push_async(Note::new("b"), &db).await.unwrap();
        assert_eq!(next.header.id, 11);
        let over = Note::overwrite_async(&20, Note::new("c"), &db)
            .await
            .unwrap();
        over.delete_async(&db).await.unwrap();
        let next = Note::push_async(Note::new("d"), &db).await.unwrap();
        assert_eq!(next.header.id, 21);
    }

    pub async fn lower_ids_do_not_lower_the_mark<W: AsyncWorld>(world: &W) {
        let db = keys_async(world).await;
        insert::<i32, _>(&db, 5).await;
        insert::<i32, _>(&db, -5).await;
        assert_eq!(push::<i32, _>(&db).await.unwrap(), 6);
        insert::<NonZeroI32, _>(&db, NonZeroI32::new(-1).unwrap()).await;
        let next = push::<NonZeroI32, _>(&db).await.unwrap();
        assert_eq!(next.get(), 1, "-1 is the greatest, zero is skipped");
    }

    pub async fn pushes_of_one_transaction_are_consecutive<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        Note::insert_async(&4, Note::new("a"), &db).await.unwrap();
        let notes = ["b", "c", "d"].map(Note::new);
        let pushed = Note::push_all_async(notes, &db).await.unwrap();
        let ids: Vec<_> = pushed.iter().map(|note| note.header.id).collect();
        assert_eq!(ids, [5, 6, 7]);
    }

    pub async fn an_id_given_in_the_same_transaction_counts<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let mut transaction = Transaction::new();
        Note::new("a")
            .insert_in_transaction(&8, &mut transaction)
            .unwrap();
        Note::new("b")
            .push_in_transaction(&mut transaction)
            .unwrap();
        Note::new("c")
            .overwrite_in_transaction(&30, &mut transaction)
            .unwrap();
        Note::new("d")
            .push_in_transaction(&mut transaction)
            .unwrap();
        transaction.apply_async(&db).await.unwrap();
        let notes = Note::all_async(&db).query().await.unwrap();
        let ids: Vec<_> = notes.iter().map(|note| note.header.id).collect();
        assert_eq!(ids, [8, 9, 30, 31]);
    }

    pub async fn exhausted_ids_undo_the_transaction<W: AsyncWorld>(world: &W) {
        let db = keys_async(world).await;
        insert::<u8, _>(&db, 254).await;
        assert_eq!(push::<u8, _>(&db).await.unwrap(), u8::MAX);
        assert_error!(
            push::<u8, _>(&db).await,
            Error::DocumentPush(collection, NextValueError::WouldWrap)
                if collection == Keyed::<u8>::collection_name()
        );
        insert::<i8, _>(&db, i8::MAX).await;
        assert_error!(
            push::<i8, _>(&db).await,
            Error::DocumentPush(_, NextValueError::WouldWrap)
        );

        let name = Keyed::<u8>::collection_name();
        let refused = Transaction::new()
            .with(Operation::insert(
                name.clone(),
                Some(DocumentId::new::<u8, u8>(&1).unwrap()),
                Vec::new(),
            ))
            .with(Operation::insert(name, None, Vec::new()))
            .apply_async(&db)
            .await;
        assert_error!(refused, Error::DocumentPush(_, NextValueError::WouldWrap));
        let left = db.collection::<Keyed<u8>>().all().count().await.unwrap();
        assert_eq!(left, 2);
    }

    async fn is_unsupported<K: SampleKey, D: AsyncConnection>(db: &D) {
        assert_error!(
            push::<K, _>(db).await,
            Error::DocumentPush(collection, NextValueError::Unsupported)
                if collection == Keyed::<K>::collection_name()
        );
        let left = db.collection::<Keyed<K>>().all().count().await.unwrap();
        assert_eq!(left, 0);
    }

    pub async fn key_types_without_next_value_are_unsupported<W: AsyncWorld>(world: &W) {
        let db = keys_async(world).await;
        is_unsupported::<String, _>(&db).await;
        is_unsupported::<Vec<u8>, _>(&db).await;
        is_unsupported::<bool, _>(&db).await;
        is_unsupported::<Color, _>(&db).await;
        is_unsupported::<(String, i32), _>(&db).await;
    }

    pub async fn natural_ids_are_used<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let pushed = Named::push_async(Named::new("a"), &db).await.unwrap();
        assert_eq!(pushed.header.id, "a");
        let mut transaction = Transaction::new();
        Named::new("b")
            .push_in_transaction(&mut transaction)
            .unwrap();
        transaction.apply_async(&db).await.unwrap();
        let pushed = Named::push_all_async(["c", "d"].map(Named::new), &db)
            .await
            .unwrap();
        assert_eq!(pushed[1].header.id, "d");
        let all = Named::all_async(&db).query().await.unwrap();
        assert_eq!(all.len(), 4);
        assert!(
            all.iter()
                .all(|named| named.header.id == named.contents.name)
        );
        // An id that is given wins.
        let given = Named::insert_async("x", Named::new("y"), &db)
            .await
            .unwrap();
        assert_eq!(given.header.id, "x");
    }

    pub async fn a_natural_id_in_use_is_a_conflict<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        Named::push_async(Named::new("a"), &db).await.unwrap();
        let refused = Named::push_async(Named::new("a"), &db).await.unwrap_err();
        assert_eq!(refused.contents, Named::new("a"));
        let conflict = refused.error.conflicting_document::<Named>();
        assert_eq!(conflict.unwrap().revision.id, 0);
    }

    async fn push_fifteen<D: AsyncConnection>(db: D, _: u32) -> Vec<u64> {
        let mut ids = Vec::new();
        for _ in 0..15 {
            let pushed = db.collection::<Line>().push_bytes(b"a".to_vec()).await;
            ids.push(pushed.unwrap().id);
        }
        ids
    }

    pub async fn concurrent_pushes_never_share_an_id<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let ids = at_once_async(4, &db, push_fifteen::<W::Database>).await;
        let mut ids: Vec<_> = ids.into_iter().flatten().collect();
        ids.sort_unstable();
        assert_eq!(ids, (1..=60).collect::<Vec<_>>());
        assert_eq!(db.collection::<Line>().all().count().await.unwrap(), 60);
    }
}
