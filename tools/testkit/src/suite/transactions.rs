//! Transactions: all or nothing, in order, alone.

use bonsaidb_core::Error;
use bonsaidb_core::document::{DocumentId, HasHeader, Header, Revision};
use bonsaidb_core::schema::{Collection, SerializedCollection};
use bonsaidb_core::transaction::{Operation, OperationResult, Transaction};
use bonsaidb_macros::twin;

use super::schema::{Account, ByHolder, ByTag, Line, Note, Number, TagsEagerly};

behaviours! { $ transactions:
    results_come_in_the_order_of_operations,
    documents_add_themselves_to_transactions,
    an_empty_transaction_succeeds,
    the_first_failure_undoes_everything,
    each_operation_sees_the_earlier_ones,
    an_unknown_collection_stops_everything_first,
    a_conflict_carries_the_stored_header,
    a_revision_needs_number_and_digest,
    absent_documents_are_not_found,
    checks_hold_or_undo_everything,
    identical_contents_are_a_success_with_the_stored_header,
    a_deleted_id_starts_at_revision_zero,
    many_operations_fit,
    readers_never_see_half_a_transaction,
    one_of_many_racing_inserts_wins,
    compaction_keeps_everything,
}

fn lines(operations: impl IntoIterator<Item = Operation>) -> Transaction {
    let mut transaction = Transaction::new();
    for operation in operations {
        transaction.push(operation);
    }
    transaction
}

fn id(id: u64) -> DocumentId {
    DocumentId::from_u64(id)
}

fn header(number: u64, revision: u32, contents: &str) -> Header {
    Header {
        id: id(number),
        revision: Revision::with_id(revision, contents.as_bytes()),
    }
}

fn insert(number: u64, contents: &str) -> Operation {
    Operation::insert(
        Line::collection_name(),
        Some(id(number)),
        contents.as_bytes(),
    )
}

fn push(contents: &str) -> Operation {
    Operation::insert(Line::collection_name(), None, contents.as_bytes())
}

fn update(header: &Header, contents: &str) -> Operation {
    Operation::update(Line::collection_name(), header.clone(), contents.as_bytes())
}

fn overwrite(number: u64, contents: &str) -> Operation {
    Operation::overwrite(Line::collection_name(), id(number), contents.as_bytes())
}

fn delete(header: &Header) -> Operation {
    Operation::delete(Line::collection_name(), header.clone())
}

fn check(number: u64) -> Operation {
    Operation::check_document_id_exists(Line::collection_name(), id(number))
}

fn check_current(header: &Header) -> Operation {
    Operation::check_document_is_current::<Line, _>(header).unwrap()
}

/// The results as texts that can be compared.
fn outline(results: &[OperationResult]) -> Vec<String> {
    let outlines = results.iter().map(|result| match result {
        OperationResult::Success => String::from("success"),
        OperationResult::DocumentUpdated { collection, header } => {
            format!("{} {header}", collection.name)
        }
        OperationResult::DocumentDeleted { collection, id } => {
            format!("{} {id} deleted", collection.name)
        }
    });
    outlines.collect()
}

fn updated(header: &Header) -> String {
    format!("lines {header}")
}

#[twin]
mod behaviours_async {
    use bonsaidb_core::connection::AsyncConnection;

    use super::*;
    use crate::suite::{AsyncWorld, at_once_async, basic_async};

    async fn contents<D: AsyncConnection>(db: &D) -> Vec<(u64, String)> {
        let documents = db.collection::<Line>().all().query().await.unwrap();
        let contents = documents.iter().map(|document| {
            let text = String::from_utf8(document.contents.to_vec()).unwrap();
            (document.header.id.deserialize().unwrap(), text)
        });
        contents.collect()
    }

    pub async fn results_come_in_the_order_of_operations<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let first = header(5, 0, "five");
        let results = lines([insert(5, "five"), push("six"), overwrite(2, "two")])
            .apply_async(&db)
            .await
            .unwrap();
        let expected = [&first, &header(6, 0, "six"), &header(2, 0, "two")].map(updated);
        assert_eq!(outline(&results), expected);

        let results = lines([
            check(6),
            delete(&header(6, 0, "six")),
            check_current(&first),
            update(&first, "cinq"),
            overwrite(2, "deux"),
        ])
        .apply_async(&db)
        .await
        .unwrap();
        let expected = [
            String::from("success"),
            format!("lines {} deleted", id(6)),
            String::from("success"),
            updated(&header(5, 1, "cinq")),
            updated(&header(2, 1, "deux")),
        ];
        assert_eq!(outline(&results), expected);
        let expected = [(2, String::from("deux")), (5, String::from("cinq"))];
        assert_eq!(contents(&db).await, expected);
    }

    pub async fn documents_add_themselves_to_transactions<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let mut kept = Note::push_async(Note::new("kept"), &db).await.unwrap();
        let gone = Note::push_async(Note::new("gone"), &db).await.unwrap();
        kept.contents.text = String::from("changed");

        let mut transaction = Transaction::new();
        kept.update_in_transaction(&mut transaction).unwrap();
        gone.delete_in_transaction(&mut transaction).unwrap();
        Note::new("pushed")
            .push_in_transaction(&mut transaction)
            .unwrap();
        Note::new("inserted")
            .insert_in_transaction(&9, &mut transaction)
            .unwrap();
        Note::new("over")
            .overwrite_in_transaction(&7, &mut transaction)
            .unwrap();
        Account::of("Ada")
            .push_in_transaction(&mut transaction)
            .unwrap();
        assert_eq!(transaction.operations.len(), 6);
        let results = transaction.apply_async(&db).await.unwrap();
        assert_eq!(results.len(), 6);

        let notes = Note::all_async(&db).query().await.unwrap();
        let found = notes
            .iter()
            .map(|note| (note.header.id, note.contents.text.as_str()));
        let expected = [(1, "changed"), (3, "pushed"), (7, "over"), (9, "inserted")];
        assert_eq!(found.collect::<Vec<_>>(), expected);
        assert_eq!(Account::all_async(&db).count().await.unwrap(), 1);
    }

    pub async fn an_empty_transaction_succeeds<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let results = Transaction::new().apply_async(&db).await.unwrap();
        assert!(results.is_empty());
    }

    pub async fn the_first_failure_undoes_everything<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let tagged = Note::new("a").tagged(&["x"]);
        Note::push_async(tagged.clone(), &db).await.unwrap();
        Account::push_async(Account::of("Ada"), &db).await.unwrap();
        let before = db.list_executed_transactions(None, None).await.unwrap();

        let stale = header(1, 9, "stale");
        let refused = lines([
            Operation::push_serialized::<Note>(&tagged).unwrap(),
            Operation::push_serialized::<Account>(&Account::of("Bo")).unwrap(),
            Operation::overwrite_serialized::<Note, u64>(&1, &Note::new("b")).unwrap(),
            insert(1, "line"),
            delete(&header(7, 0, "")),
            update(&stale, "never reached"),
        ])
        .apply_async(&db)
        .await;
        assert_error!(
            refused,
            Error::DocumentNotFound(collection, absent)
                if collection == Line::collection_name() && *absent == id(7)
        );

        let notes = Note::all_async(&db).query().await.unwrap();
        assert_eq!(notes.len(), 1);
        assert_eq!(notes[0].contents, tagged);
        assert!(contents(&db).await.is_empty());
        assert_eq!(db.view::<ByTag>().query().await.unwrap().len(), 1);
        assert_eq!(db.view::<TagsEagerly>().query().await.unwrap().len(), 1);
        let holders = db.view::<ByHolder>().query().await.unwrap();
        assert_eq!(holders.len(), 1);
        let after = db.list_executed_transactions(None, None).await.unwrap();
        assert_eq!(after.len(), before.len());
        // The id that the failed transaction would have used is free.
        let next = Note::push_async(tagged, &db).await.unwrap();
        assert_eq!(next.header.id, 2);
    }

    pub async fn each_operation_sees_the_earlier_ones<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let results = lines([
            insert(1, "a"),
            check_current(&header(1, 0, "a")),
            update(&header(1, 0, "a"), "b"),
            overwrite(1, "c"),
            delete(&header(1, 2, "c")),
            insert(1, "d"),
            push("e"),
            update(&header(2, 0, "e"), "f"),
            update(&header(2, 1, "f"), "g"),
        ])
        .apply_async(&db)
        .await
        .unwrap();
        let outline = outline(&results);
        assert_eq!(outline[5], updated(&header(1, 0, "d")));
        assert_eq!(outline[8], updated(&header(2, 2, "g")));
        let expected = [(1, String::from("d")), (2, String::from("g"))];
        assert_eq!(contents(&db).await, expected);

        let conflict = lines([delete(&header(1, 0, "d")), check(1)]);
        assert_error!(conflict.apply_async(&db).await, Error::DocumentNotFound(..));
        let conflict = lines([insert(3, "x"), insert(3, "y")])
            .apply_async(&db)
            .await;
        assert_error!(
            conflict,
            Error::DocumentConflict(_, stored) if *stored == header(3, 0, "x")
        );
        assert_eq!(contents(&db).await, expected);
    }

    pub async fn an_unknown_collection_stops_everything_first<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        lines([insert(1, "a")]).apply_async(&db).await.unwrap();
        let unknown = Operation::push_serialized::<Number>(&Number(1)).unwrap();
        let refused = lines([insert(1, "conflict"), unknown.clone()])
            .apply_async(&db)
            .await;
        assert_error!(refused, Error::CollectionNotFound);
        let refused = lines([insert(2, "b"), unknown]).apply_async(&db).await;
        assert_error!(refused, Error::CollectionNotFound);
        let unknown = Operation::check_document_exists::<Number>(&1).unwrap();
        let refused = lines([insert(2, "b"), unknown]).apply_async(&db).await;
        assert_error!(refused, Error::CollectionNotFound);
        assert_eq!(contents(&db).await, [(1, String::from("a"))]);
    }

    pub async fn a_conflict_carries_the_stored_header<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let stale = header(1, 0, "a");
        let stored = header(1, 1, "b");
        lines([insert(1, "a"), update(&stale, "b")])
            .apply_async(&db)
            .await
            .unwrap();
        for operation in [
            insert(1, "c"),
            update(&stale, "c"),
            update(&stale, "b"),
            delete(&stale),
            check_current(&stale),
        ] {
            let refused = lines([operation]).apply_async(&db).await.unwrap_err();
            let conflict = refused.conflicting_document::<Line>();
            assert_eq!(conflict.as_ref(), Some(&stored), "{refused:?}");
        }
        assert_eq!(contents(&db).await, [(1, String::from("b"))]);
    }

    pub async fn a_revision_needs_number_and_digest<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        lines([insert(1, "a")]).apply_async(&db).await.unwrap();
        for wrong in [header(1, 1, "a"), header(1, 0, "b")] {
            for operation in [update(&wrong, "c"), delete(&wrong), check_current(&wrong)] {
                let refused = lines([operation]).apply_async(&db).await;
                assert_error!(
                    refused,
                    Error::DocumentConflict(_, stored) if *stored == header(1, 0, "a")
                );
            }
        }
        lines([update(&header(1, 0, "a"), "c")])
            .apply_async(&db)
            .await
            .unwrap();
    }

    pub async fn absent_documents_are_not_found<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let absent = header(4, 0, "a");
        for operation in [
            update(&absent, "b"),
            delete(&absent),
            check(4),
            check_current(&absent),
        ] {
            let refused = lines([push("x"), operation]).apply_async(&db).await;
            assert_error!(
                refused,
                Error::DocumentNotFound(collection, absent)
                    if collection == Line::collection_name() && *absent == id(4)
            );
        }
        assert!(contents(&db).await.is_empty());
    }

    pub async fn checks_hold_or_undo_everything<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let note = Note::push_async(Note::new("a"), &db).await.unwrap();
        let exists = Operation::check_document_exists::<Note>(&1).unwrap();
        let is_current = Operation::check_document_is_current::<Note, _>(&note).unwrap();
        let results = lines([exists, push("x"), is_current.clone()])
            .apply_async(&db)
            .await;
        assert_eq!(results.unwrap().len(), 3);

        let note = Note::overwrite_async(&1, Note::new("b"), &db)
            .await
            .unwrap();
        let refused = lines([push("y"), is_current]).apply_async(&db).await;
        assert_error!(
            refused,
            Error::DocumentConflict(_, stored) if *stored == note.header().unwrap()
        );
        assert_eq!(contents(&db).await.len(), 1);
    }

    pub async fn identical_contents_are_a_success_with_the_stored_header<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let stored = header(1, 0, "a");
        let results = lines([insert(1, "a"), update(&stored, "a"), overwrite(1, "a")])
            .apply_async(&db)
            .await
            .unwrap();
        assert_eq!(outline(&results), [&stored; 3].map(updated));
        let read = db.collection::<Line>().get(&1).await.unwrap().unwrap();
        assert_eq!(read.header, stored);
    }

    pub async fn a_deleted_id_starts_at_revision_zero<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        lines([insert(1, "a"), overwrite(1, "b"), overwrite(1, "c")])
            .apply_async(&db)
            .await
            .unwrap();
        lines([delete(&header(1, 2, "c"))])
            .apply_async(&db)
            .await
            .unwrap();
        let results = lines([overwrite(1, "c")]).apply_async(&db).await.unwrap();
        assert_eq!(outline(&results), [updated(&header(1, 0, "c"))]);
        let results = lines([delete(&header(1, 0, "c")), insert(1, "d")])
            .apply_async(&db)
            .await;
        assert_eq!(outline(&results.unwrap())[1], updated(&header(1, 0, "d")));
    }

    pub async fn many_operations_fit<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let many = lines((0..2_000).map(|number| push(&number.to_string())));
        let results = many.apply_async(&db).await.unwrap();
        assert_eq!(results.len(), 2_000);
        assert_eq!(outline(&results)[1_999], updated(&header(2_000, 0, "1999")));
        assert_eq!(db.collection::<Line>().all().count().await.unwrap(), 2_000);
    }

    /// Even numbers move money between the two accounts, odd ones look whether it is all there.
    async fn transfer_or_look<D: AsyncConnection>(db: D, number: u32) {
        for _ in 0..20 {
            let accounts = Account::all_async(&db).query().await.unwrap();
            let total: i64 = accounts
                .iter()
                .map(|account| account.contents.balance)
                .sum();
            assert_eq!(total, 100);
            let holders = db.view::<ByHolder>().query().await.unwrap();
            assert_eq!(holders.iter().map(|holder| holder.value).sum::<i64>(), 100);
            if number.is_multiple_of(2) {
                let mut transaction = Transaction::new();
                for (mut account, change) in accounts.into_iter().zip([-1, 1]) {
                    account.contents.balance += change;
                    account.update_in_transaction(&mut transaction).unwrap();
                }
                match transaction.apply_async(&db).await {
                    Ok(_) | Err(Error::DocumentConflict(..)) => {}
                    Err(other) => panic!("{other:?}"),
                }
            }
        }
    }

    pub async fn readers_never_see_half_a_transaction<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let accounts = [Account::of("Ada").with(100), Account::of("Bo")];
        Account::push_all_async(accounts, &db).await.unwrap();
        at_once_async(4, &db, transfer_or_look::<W::Database>).await;
        let accounts = Account::all_async(&db).query().await.unwrap();
        assert!(accounts[0].header.revision.id > 0);
        assert_eq!(
            accounts[0].contents.balance + accounts[1].contents.balance,
            100
        );
    }

    async fn insert_as<D: AsyncConnection>(db: D, number: u32) -> Option<Header> {
        let contents = number.to_string();
        match lines([insert(1, &contents)]).apply_async(&db).await {
            Ok(_) => Some(header(1, 0, &contents)),
            Err(Error::DocumentConflict(..)) => None,
            Err(other) => panic!("{other:?}"),
        }
    }

    pub async fn one_of_many_racing_inserts_wins<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let won = at_once_async(6, &db, insert_as::<W::Database>).await;
        let won: Vec<_> = won.into_iter().flatten().collect();
        assert_eq!(won.len(), 1);
        let stored = db.collection::<Line>().get(&1).await.unwrap().unwrap();
        assert_eq!(stored.header, won[0]);
    }

    pub async fn compaction_keeps_everything<W: AsyncWorld>(world: &W) {
        let db = basic_async(world).await;
        let many = lines((1..=100).map(|number| insert(number, "a")));
        many.apply_async(&db).await.unwrap();
        let fewer = lines((11..=100).map(|number| delete(&header(number, 0, "a"))));
        fewer.apply_async(&db).await.unwrap();
        db.compact_collection::<Line>().await.unwrap();
        db.compact().await.unwrap();
        db.compact_key_value_store().await.unwrap();
        assert_eq!(contents(&db).await.len(), 10);
        lines([push("b")]).apply_async(&db).await.unwrap();
        assert_eq!(contents(&db).await.last(), Some(&(101, String::from("b"))));
    }
}
