//! Unique views: a key belongs to one document at a time.

use bonsaidb_core::Error;
use bonsaidb_core::connection::AccessPolicy;
use bonsaidb_core::document::{HasHeader, Header, Revision};
use bonsaidb_core::schema::{SerializedCollection, View};
use bonsaidb_core::transaction::{Operation, Transaction};
use bonsaidb_macros::twin;

use super::schema::{Account, ByEmail, ByHolder, ByTag, Note};

behaviours! { $ unique_views:
    a_key_of_another_document_is_a_violation,
    a_violation_names_both_headers,
    a_violation_knows_its_view,
    a_document_may_keep_its_key,
    every_write_shows_without_updating,
    a_key_given_up_is_free,
    a_key_changes_hands_in_one_transaction,
    two_documents_of_one_transaction_cannot_share_a_key,
    one_key_of_several_is_enough_to_violate,
    one_of_many_racing_writers_wins,
    queries_and_documents_belong_together,
}

#[twin]
mod behaviours_async {
    use bonsaidb_core::connection::AsyncConnection;

    use super::*;
    use crate::suite::{AsyncWorld, at_once_async, basic_async};

    async fn holders<D: AsyncConnection>(db: &D) -> Vec<(String, u64)> {
        let view = db
            .view::<ByHolder>()
            .with_access_policy(AccessPolicy::NoUpdate);
        let found = view.query().await.unwrap();
        let holders = found
            .into_iter()
            .map(|mapping| (mapping.key, mapping.source.id));
        holders.collect()
    }

    fn expected(holders: &[(&str, u64)]) -> Vec<(String, u64)> {
        let holders = holders
            .iter()
            .map(|(holder, id)| ((*holder).to_owned(), *id));
        holders.collect()
    }

    pub async fn a_key_of_another_document_is_a_violation<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        Account::push_async(Account::of("Ada"), &db).await.unwrap();
        let mut bo = Account::push_async(Account::of("Bo"), &db).await.unwrap();
        let again = Account::of("Ada").with(7);
        let pushed = Account::push_async(again.clone(), &db).await;
        assert_error!(
            pushed.map_err(Error::from),
            Error::UniqueKeyViolation { .. }
        );
        let inserted = Account::insert_async(&9, again.clone(), &db).await;
        assert_error!(
            inserted.map_err(Error::from),
            Error::UniqueKeyViolation { .. }
        );
        let created = Account::overwrite_async(&9, again.clone(), &db).await;
        assert_error!(
            created.map_err(Error::from),
            Error::UniqueKeyViolation { .. }
        );
        let replaced = Account::overwrite_async(&2, again, &db).await;
        assert_error!(
            replaced.map_err(Error::from),
            Error::UniqueKeyViolation { .. }
        );
        bo.contents.holder = String::from("Ada");
        assert_error!(bo.update_async(&db).await, Error::UniqueKeyViolation { .. });

        assert_eq!(holders(&db).await, expected(&[("Ada", 1), ("Bo", 2)]));
        assert_eq!(Account::all_async(&db).count().await.unwrap(), 2);
        let next = Account::push_async(Account::of("Cy"), &db).await.unwrap();
        assert_eq!(next.header.id, 3);
    }

    pub async fn a_violation_names_both_headers<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let ada = Account::push_async(Account::of("Ada"), &db).await.unwrap();
        let mut bo = Account::push_async(Account::of("Bo"), &db).await.unwrap();

        let again = Account::of("Ada").with(7);
        let bytes = Account::serialize(&again).unwrap();
        let refused = Account::push_async(again.clone(), &db).await.unwrap_err();
        let Error::UniqueKeyViolation {
            view,
            conflicting_document,
            existing_document,
        } = refused.error
        else {
            panic!("{:?}", refused.error);
        };
        assert_eq!(view, ByHolder.view_name());
        assert_eq!(*existing_document, ada.header().unwrap());
        let would_be = Header {
            id: bonsaidb_core::document::DocumentId::from_u64(3),
            revision: Revision::new(&bytes),
        };
        assert_eq!(*conflicting_document, would_be);

        bo.contents = again;
        let refused = bo.update_async(&db).await.unwrap_err();
        let Error::UniqueKeyViolation {
            conflicting_document,
            existing_document,
            ..
        } = refused
        else {
            panic!("{refused:?}");
        };
        assert_eq!(*existing_document, ada.header().unwrap());
        assert_eq!(conflicting_document.id, bo.header().unwrap().id);
        assert_eq!(conflicting_document.revision, Revision::with_id(1, &bytes));
    }

    pub async fn a_violation_knows_its_view<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let ada = Account::of("Ada").reached_at("a@b");
        Account::push_async(ada, &db).await.unwrap();
        let bo = Account::of("Bo").reached_at("a@b");
        let refused = Account::push_async(bo, &db).await.unwrap_err().error;
        assert!(refused.is_unique_key_error::<ByEmail, _>(&db));
        assert!(!refused.is_unique_key_error::<ByHolder, _>(&db));
        assert!(!refused.is_unique_key_error::<ByTag, _>(&db));
        assert!(refused.conflicting_document::<Account>().is_none());
    }

    pub async fn a_document_may_keep_its_key<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let ada = Account::of("Ada").reached_at("a@b").reached_at("a@b");
        let mut ada = Account::push_async(ada, &db).await.unwrap();
        ada.contents.balance = 5;
        ada.update_async(&db).await.unwrap();
        let over = Account::overwrite_async(&1, Account::of("Ada").with(6), &db)
            .await
            .unwrap();
        let view = db
            .view::<ByHolder>()
            .with_access_policy(AccessPolicy::NoUpdate);
        let found = view.with_key("Ada").query().await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].source, over.header);
        assert_eq!(found[0].value, 6);
        assert!(db.view::<ByEmail>().query().await.unwrap().is_empty());
    }

    pub async fn every_write_shows_without_updating<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let mut account = Account::push_async(Account::of("Ada"), &db).await.unwrap();
        assert_eq!(holders(&db).await, expected(&[("Ada", 1)]));
        account.contents.holder = String::from("Bo");
        account.update_async(&db).await.unwrap();
        assert_eq!(holders(&db).await, expected(&[("Bo", 1)]));
        Account::overwrite_async(&4, Account::of("Cy"), &db)
            .await
            .unwrap();
        assert_eq!(holders(&db).await, expected(&[("Bo", 1), ("Cy", 4)]));
        account.delete_async(&db).await.unwrap();
        assert_eq!(holders(&db).await, expected(&[("Cy", 4)]));
        let deleted = db
            .view::<ByHolder>()
            .with_key("Cy")
            .delete_docs()
            .await
            .unwrap();
        assert_eq!(deleted, 1);
        assert!(holders(&db).await.is_empty());
    }

    pub async fn a_key_given_up_is_free<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let mut ada = Account::push_async(Account::of("Ada"), &db).await.unwrap();
        ada.contents.holder = String::from("Eve");
        ada.update_async(&db).await.unwrap();
        Account::push_async(Account::of("Ada"), &db).await.unwrap();
        ada.delete_async(&db).await.unwrap();
        Account::push_async(Account::of("Eve"), &db).await.unwrap();
        assert_eq!(holders(&db).await, expected(&[("Ada", 2), ("Eve", 3)]));
    }

    pub async fn a_key_changes_hands_in_one_transaction<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let ada = Account::push_async(Account::of("Ada"), &db).await.unwrap();
        let mut transaction = Transaction::new();
        ada.delete_in_transaction(&mut transaction).unwrap();
        Account::of("Ada")
            .push_in_transaction(&mut transaction)
            .unwrap();
        transaction.apply_async(&db).await.unwrap();
        assert_eq!(holders(&db).await, expected(&[("Ada", 2)]));

        // Two documents swap their keys by way of a third key.
        Account::push_async(Account::of("Bo"), &db).await.unwrap();
        let mut transaction = Transaction::new();
        for (id, holder) in [(2, "-"), (3, "Ada"), (2, "Bo")] {
            let account = Account::of(holder);
            transaction
                .push(Operation::overwrite_serialized::<Account, u64>(&id, &account).unwrap());
        }
        transaction.apply_async(&db).await.unwrap();
        assert_eq!(holders(&db).await, expected(&[("Ada", 3), ("Bo", 2)]));
    }

    pub async fn two_documents_of_one_transaction_cannot_share_a_key<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let mut transaction = Transaction::new();
        Note::new("x")
            .push_in_transaction(&mut transaction)
            .unwrap();
        Account::of("Ada")
            .push_in_transaction(&mut transaction)
            .unwrap();
        Account::of("Ada")
            .with(1)
            .push_in_transaction(&mut transaction)
            .unwrap();
        assert_error!(
            transaction.apply_async(&db).await,
            Error::UniqueKeyViolation { .. }
        );
        assert_eq!(Account::all_async(&db).count().await.unwrap(), 0);
        assert_eq!(Note::all_async(&db).count().await.unwrap(), 0);
        assert!(holders(&db).await.is_empty());
    }

    pub async fn one_key_of_several_is_enough_to_violate<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let ada = Account::of("Ada").reached_at("a@b").reached_at("c@d");
        Account::push_async(ada, &db).await.unwrap();
        let bo = Account::of("Bo").reached_at("b@o").reached_at("c@d");
        let refused = Account::push_async(bo, &db).await.unwrap_err();
        assert!(refused.error.is_unique_key_error::<ByEmail, _>(&db));
        let emails = db.view::<ByEmail>().query().await.unwrap();
        assert_eq!(emails.len(), 2);
        assert_eq!(holders(&db).await, expected(&[("Ada", 1)]));
        let bo = Account::of("Bo").reached_at("b@o");
        Account::push_async(bo, &db).await.unwrap();
    }

    async fn claim<D: AsyncConnection>(db: D, number: u32) -> usize {
        let mut won = 0;
        for round in 0..5 {
            let account = Account::of(format!("{round}")).with(number.into());
            match Account::push_async(account, &db).await {
                Ok(_) => won += 1,
                Err(refused) => {
                    assert_error!(
                        Err::<(), _>(refused.error),
                        Error::UniqueKeyViolation { .. }
                    );
                }
            }
        }
        won
    }

    pub async fn one_of_many_racing_writers_wins<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let won = at_once_async(6, &db, claim::<W::Database>).await;
        assert_eq!(won.iter().sum::<usize>(), 5);
        assert_eq!(Account::all_async(&db).count().await.unwrap(), 5);
        let holders = holders(&db).await;
        let holders: Vec<_> = holders.iter().map(|(holder, _)| holder.as_str()).collect();
        assert_eq!(holders, ["0", "1", "2", "3", "4"]);
    }

    pub async fn queries_and_documents_belong_together<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        Account::push_all_async(["Cy", "Ada", "Bo"].map(Account::of), &db)
            .await
            .unwrap();
        let found = db
            .view::<ByHolder>()
            .descending()
            .query_with_collection_docs()
            .await
            .unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|mapped| {
                (
                    mapped.key.as_str(),
                    mapped.document.contents.holder.as_str(),
                )
            })
            .collect();
        assert_eq!(found, [("Cy", "Cy"), ("Bo", "Bo"), ("Ada", "Ada")]);
        assert_error!(
            db.view::<ByHolder>().reduce().await,
            Error::ReduceUnimplemented
        );
    }
}
