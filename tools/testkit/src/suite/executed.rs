//! The record of executed transactions.

use bonsaidb_core::Error;
use bonsaidb_core::document::DocumentId;
use bonsaidb_core::limits::{
    LIST_TRANSACTIONS_DEFAULT_RESULT_COUNT, LIST_TRANSACTIONS_MAX_RESULTS,
};
use bonsaidb_core::schema::{Collection, SerializedCollection};
use bonsaidb_core::transaction::{Executed, Operation, Transaction};
use bonsaidb_macros::twin;

use super::schema::{Account, ByTag, Line, Note};

behaviours! { $ executed:
    changes_are_recorded_in_order,
    ids_increase,
    listing_starts_at_the_given_id,
    listing_keeps_its_limits,
    failures_and_indexing_are_not_listed,
    identical_contents_are_recorded_and_checks_are_not,
    deletion_by_view_is_recorded,
    the_last_id_is_that_of_the_last_commit,
    databases_have_records_of_their_own,
}

/// The changes as (collection, id, deleted).
fn changes(executed: &Executed) -> Vec<(String, DocumentId, bool)> {
    let documents = executed.changes.documents().expect("no keys changed");
    let changes = documents.iter().map(|(collection, change)| {
        (
            collection.name.to_string(),
            change.id.clone(),
            change.deleted,
        )
    });
    changes.collect()
}

fn change(collection: &str, id: u64, deleted: bool) -> (String, DocumentId, bool) {
    (collection.to_owned(), DocumentId::from_u64(id), deleted)
}

#[twin]
mod behaviours_async {
    use bonsaidb_core::connection::{AsyncConnection, AsyncStorageConnection};

    use super::*;
    use crate::suite::schema::Basic;
    use crate::suite::{AsyncWorld, at_once_async, basic_async};

    async fn executed<D: AsyncConnection>(db: &D) -> Vec<Executed> {
        db.list_executed_transactions(None, None).await.unwrap()
    }

    pub async fn changes_are_recorded_in_order<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let gone = Note::push_async(Note::new("gone"), &db).await.unwrap();
        let mut transaction = Transaction::new();
        Account::of("Ada")
            .push_in_transaction(&mut transaction)
            .unwrap();
        gone.delete_in_transaction(&mut transaction).unwrap();
        Note::new("x")
            .overwrite_in_transaction(&5, &mut transaction)
            .unwrap();
        Account::of("Bo")
            .push_in_transaction(&mut transaction)
            .unwrap();
        transaction.apply_async(&db).await.unwrap();

        let executed = executed(&db).await;
        assert_eq!(executed.len(), 2);
        assert_eq!(changes(&executed[0]), [change("notes", 1, false)]);
        let expected = [
            change("accounts", 1, false),
            change("notes", 1, true),
            change("notes", 5, false),
            change("accounts", 2, false),
        ];
        assert_eq!(changes(&executed[1]), expected);
        let documents = executed[1].changes.documents().unwrap();
        let collections = [Account::collection_name(), Note::collection_name()];
        assert_eq!(documents.collections, collections);
        assert_eq!(documents.len(), 4);
    }

    pub async fn ids_increase<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        for _ in 0..5 {
            Note::push_async(Note::new("x").tagged(&["a"]), &db)
                .await
                .unwrap();
            db.view::<ByTag>().query().await.unwrap();
        }
        let executed = executed(&db).await;
        assert_eq!(executed.len(), 5);
        assert!(executed.is_sorted_by(|one, next| one.id < next.id));
    }

    pub async fn listing_starts_at_the_given_id<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        for _ in 0..5 {
            Note::push_async(Note::new("x"), &db).await.unwrap();
        }
        let all: Vec<_> = executed(&db)
            .await
            .iter()
            .map(|executed| executed.id)
            .collect();
        let from = db
            .list_executed_transactions(Some(all[2]), None)
            .await
            .unwrap();
        let from: Vec<_> = from.iter().map(|executed| executed.id).collect();
        assert_eq!(from, all[2..]);
        let two = db
            .list_executed_transactions(Some(all[1]), Some(2))
            .await
            .unwrap();
        let two: Vec<_> = two.iter().map(|executed| executed.id).collect();
        assert_eq!(two, all[1..3]);
        let rest = db
            .list_executed_transactions(Some(all[4] + 1), None)
            .await
            .unwrap();
        assert!(rest.is_empty());
        let none = db.list_executed_transactions(None, Some(0)).await.unwrap();
        assert!(none.is_empty());
    }

    async fn push_hundred<D: AsyncConnection>(db: D, _: u32) {
        for _ in 0..101 {
            db.collection::<Line>()
                .push_bytes(Vec::new())
                .await
                .unwrap();
        }
    }

    pub async fn listing_keeps_its_limits<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        at_once_async(10, &db, push_hundred::<W::Database>).await;
        let default = executed(&db).await;
        assert_eq!(
            default.len(),
            LIST_TRANSACTIONS_DEFAULT_RESULT_COUNT as usize
        );
        let more = db
            .list_executed_transactions(None, Some(150))
            .await
            .unwrap();
        assert_eq!(more.len(), 150);
        let most = db
            .list_executed_transactions(None, Some(5_000))
            .await
            .unwrap();
        assert_eq!(most.len(), LIST_TRANSACTIONS_MAX_RESULTS as usize);
        let next = most.last().unwrap().id + 1;
        let rest = db
            .list_executed_transactions(Some(next), None)
            .await
            .unwrap();
        assert_eq!(rest.len(), 10);
    }

    pub async fn failures_and_indexing_are_not_listed<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let note = Note::new("x").tagged(&["a"]);
        let note = Note::push_async(note, &db).await.unwrap();
        assert!(Note::insert_async(&1, Note::new("y"), &db).await.is_err());
        db.view::<ByTag>().query().await.unwrap();
        note.delete_async(&db).await.unwrap();
        db.view::<ByTag>().reduce().await.unwrap();
        assert!(note.delete_async(&db).await.is_err());
        let executed = executed(&db).await;
        assert_eq!(executed.len(), 2);
        assert_eq!(changes(&executed[0]), [change("notes", 1, false)]);
        assert_eq!(changes(&executed[1]), [change("notes", 1, true)]);
    }

    pub async fn identical_contents_are_recorded_and_checks_are_not<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let mut note = Note::push_async(Note::new("x"), &db).await.unwrap();
        note.update_async(&db).await.unwrap();
        let check = Operation::check_document_is_current::<Note, _>(&note).unwrap();
        let mut transaction = Transaction::from(check.clone());
        Note::new("y")
            .push_in_transaction(&mut transaction)
            .unwrap();
        transaction.apply_async(&db).await.unwrap();
        Transaction::from(check).apply_async(&db).await.unwrap();

        let executed = executed(&db).await;
        let changes: Vec<_> = executed.iter().map(changes).collect();
        let expected = [
            vec![change("notes", 1, false)],
            vec![change("notes", 1, false)],
            vec![change("notes", 2, false)],
            vec![],
        ];
        assert_eq!(changes, expected);
    }

    pub async fn deletion_by_view_is_recorded<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let notes = [1, 2].map(|_| Note::new("x").tagged(&["a", "b"]));
        Note::push_all_async(notes, &db).await.unwrap();
        db.view::<ByTag>().delete_docs().await.unwrap();
        let executed = executed(&db).await;
        let mut deleted = changes(executed.last().unwrap());
        deleted.sort_unstable();
        assert_eq!(
            deleted,
            [change("notes", 1, true), change("notes", 2, true)]
        );
    }

    pub async fn the_last_id_is_that_of_the_last_commit<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let mut earlier = db.last_transaction_id().await.unwrap();
        for _ in 0..3 {
            Note::push_async(Note::new("x"), &db).await.unwrap();
            let last = db.last_transaction_id().await.unwrap();
            assert!(last > earlier);
            assert_eq!(executed(&db).await.last().unwrap().id, last.unwrap());
            earlier = last;
        }
        let refused = Note::insert_async(&1, Note::new("y"), &db).await;
        assert_error!(refused.map_err(Error::from), Error::DocumentConflict(..));
        assert_eq!(executed(&db).await.len(), 3);
    }

    pub async fn databases_have_records_of_their_own<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let other = db
            .storage()
            .create_database::<Basic>("second", false)
            .await
            .unwrap();
        Note::push_async(Note::new("x"), &db).await.unwrap();
        Note::push_async(Note::new("y"), &db).await.unwrap();
        Account::push_async(Account::of("Ada"), &other)
            .await
            .unwrap();
        assert_eq!(executed(&db).await.len(), 2);
        let executed = executed(&other).await;
        assert_eq!(executed.len(), 1);
        assert_eq!(changes(&executed[0]), [change("accounts", 1, false)]);
    }
}
