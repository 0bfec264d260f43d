//! Transactions: money moves from one account to another as a whole or not at all, while readers
//! always see the same total.

use std::thread;

use bonsaidb::core::Error;
use bonsaidb::core::connection::Connection;
use bonsaidb::core::schema::{Collection, SerializedCollection};
use bonsaidb::core::transaction::Transaction;
use bonsaidb::local::Database;
use bonsaidb::local::config::{Builder, StorageConfiguration};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, Collection)]
#[collection(name = "accounts")]
struct Account {
    balance: i64,
}

/// Moves money, trying again when somebody else changed one of the accounts first.
fn transfer(amount: i64, from: u64, to: u64, db: &Database) -> Result<(), Error> {
    loop {
        let mut payer = Account::get(&from, db)?.expect("accounts stay");
        let mut receiver = Account::get(&to, db)?.expect("accounts stay");
        payer.contents.balance -= amount;
        receiver.contents.balance += amount;
        let mut transaction = Transaction::new();
        payer.update_in_transaction(&mut transaction)?;
        receiver.update_in_transaction(&mut transaction)?;
        match transaction.apply(db) {
            Err(Error::DocumentConflict(..)) => {}
            result => return result.map(|_| ()),
        }
    }
}

fn total(db: &Database) -> Result<i64, Error> {
    let accounts = Account::all(db).query()?;
    Ok(accounts
        .iter()
        .map(|account| account.contents.balance)
        .sum())
}

fn main() -> Result<(), bonsaidb::local::Error> {
    let folder = tempfile::tempdir()?;
    let db = Database::open::<Account>(StorageConfiguration::new(folder.path()))?;
    let opened = (0..4).map(|_| Account { balance: 100 });
    Account::push_all(opened, &db)?;

    thread::scope(|scope| {
        let writers = (0..4).map(|writer| {
            let db = &db;
            scope.spawn(move || {
                for round in 0..25 {
                    let (from, to) = (1 + (writer + round) % 4, 1 + (writer + round + 1) % 4);
                    transfer(1, from, to, db)?;
                }
                Ok::<_, Error>(())
            })
        });
        let writers = writers.collect::<Vec<_>>();
        for _ in 0..50 {
            assert_eq!(total(&db)?, 400);
        }
        for writer in writers {
            writer.join().expect("a writer panicked")?;
        }
        Ok::<_, Error>(())
    })?;
    println!("total after 100 transfers: {}", total(&db)?);
    assert_eq!(total(&db)?, 400);

    // The database remembers what was executed.
    let executed = db.list_executed_transactions(None, Some(1))?;
    let changes = executed[0].changes.documents().expect("documents changed");
    println!(
        "transaction {}: {} documents",
        executed[0].id,
        changes.len()
    );
    assert_eq!(changes.len(), 4);
    Ok(())
}

#[test]
fn runs() {
    main().unwrap();
}
