//! A program written against 0.5: money moves between accounts while others look whether it is all there.

use std::borrow::Cow;

use bonsaidb::core::async_trait::async_trait;
use bonsaidb::core::connection::{AsyncConnection, AsyncStorageConnection};
use bonsaidb::core::document::{CollectionDocument, Emit};
use bonsaidb::core::schema::{
    Collection, CollectionMapReduce, NamedCollection, ReduceResult, Schema, SerializedCollection,
    View, ViewMapResult, ViewMappedValue, ViewSchema,
};
use bonsaidb::core::transaction::{Operation, Transaction};
use bonsaidb::core::{Error, define_basic_unique_mapped_view};
use bonsaidb::local::config::{Builder, StorageConfiguration};
use bonsaidb::local::{AsyncDatabase, AsyncStorage};
use serde::{Deserialize, Serialize};

#[derive(Debug, Schema)]
#[schema(name = "bank", collections = [Account, Transfer])]
struct Bank;

/// What an owner has.
#[derive(Clone, Debug, Serialize, Deserialize, Collection)]
#[collection(name = "accounts", views = [AccountsByOwner, TotalBalance])]
pub struct Account {
    owner: String,
    balance: i64,
}

define_basic_unique_mapped_view!(
    AccountsByOwner,
    Account,
    0,
    "by-owner",
    String,
    |account: CollectionDocument<Account>| account.header.emit_key(account.contents.owner)
);

impl NamedCollection for Account {
    type ByNameView = AccountsByOwner;
}

#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Account, key = (), value = i64)]
struct TotalBalance;

impl CollectionMapReduce for TotalBalance {
    fn map<'doc>(&self, account: CollectionDocument<Account>) -> ViewMapResult<'doc, Self> {
        account.header.emit_value(account.contents.balance)
    }

    fn reduce(&self, mappings: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<Self> {
        Ok(mappings.iter().map(|mapping| mapping.value).sum())
    }
}

#[derive(Clone, Debug, Serialize, Deserialize, Collection)]
#[collection(name = "transfers", views = [TransfersByAccount])]
struct Transfer {
    from: String,
    to: String,
    amount: i64,
}

#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Transfer, key = String, value = i64)]
#[view_schema(mapped_key = Cow<'doc, str>)]
struct TransfersByAccount;

impl CollectionMapReduce for TransfersByAccount {
    fn map<'doc>(&self, transfer: CollectionDocument<Transfer>) -> ViewMapResult<'doc, Self> {
        let Transfer { from, to, amount } = transfer.contents;
        let from = transfer
            .header
            .emit_key_and_value(Cow::Owned(from), -amount)?;
        Ok(from.and(transfer.header.emit_key_and_value(Cow::Owned(to), amount)?))
    }

    fn reduce(&self, mappings: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<Self> {
        Ok(mappings.iter().map(|mapping| mapping.value).sum())
    }
}

#[async_trait]
trait Teller {
    async fn transfer(&self, from: &str, to: &str, amount: i64) -> Result<(), Error>;
}

#[async_trait]
impl<Db: AsyncConnection> Teller for Db {
    /// Tries again when somebody else was faster.
    async fn transfer(&self, from: &str, to: &str, amount: i64) -> Result<(), Error> {
        loop {
            let account = async |owner| {
                let account = Account::load_async(owner, self).await?;
                Ok::<_, Error>(account.expect("every owner has an account"))
            };
            let (mut giver, mut taker) = (account(from).await?, account(to).await?);
            giver.contents.balance -= amount;
            taker.contents.balance += amount;
            let record = Transfer {
                from: from.to_owned(),
                to: to.to_owned(),
                amount,
            };
            let mut transaction = Transaction::new();
            giver.update_in_transaction(&mut transaction)?;
            taker.update_in_transaction(&mut transaction)?;
            transaction.push(Operation::push_serialized::<Transfer>(&record)?);
            match transaction.apply_async(self).await {
                Ok(_) => return Ok(()),
                Err(Error::DocumentConflict(..)) => {}
                Err(other) => return Err(other),
            }
        }
    }
}

const OWNERS: [&str; 3] = ["ada", "bo", "cy"];

async fn move_around(db: AsyncDatabase, first: usize) -> Result<(), Error> {
    for turn in first..first + 20 {
        db.transfer(OWNERS[turn % 3], OWNERS[(turn + 1) % 3], 5)
            .await?;
    }
    Ok(())
}

async fn watch(db: AsyncDatabase) -> Result<(), Error> {
    for _ in 0..40 {
        let accounts = Account::all_async(&db).await?;
        let total: i64 = accounts
            .iter()
            .map(|account| account.contents.balance)
            .sum();
        assert_eq!(total, 300);
        assert_eq!(db.view::<TotalBalance>().reduce().await?, 300);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_money_is_lost_or_made() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let configuration = StorageConfiguration::new(folder.path()).with_schema::<Bank>()?;
    let storage = AsyncStorage::open(configuration).await?;
    let db = storage.create_database::<Bank>("bank", true).await?;
    for owner in OWNERS {
        let owner = owner.to_owned();
        let account = Account {
            owner,
            balance: 100,
        };
        account.push_into_async(&db).await?;
    }

    let tellers = (0..3).map(|first| tokio::spawn(move_around(db.clone(), first)));
    let watchers = (0..2).map(|_| tokio::spawn(watch(db.clone())));
    for task in tellers.chain(watchers).collect::<Vec<_>>() {
        task.await??;
    }

    let transfers = Transfer::all_async(&db).count().await?;
    assert_eq!(transfers, 60);
    for owner in OWNERS {
        let moved = db
            .view::<TransfersByAccount>()
            .with_key(owner)
            .reduce()
            .await?;
        let account = Account::load_async(owner, &db)
            .await?
            .expect("it was made above");
        assert_eq!(account.contents.balance, 100 + moved);
    }
    let again = Account {
        owner: String::from("ada"),
        balance: 1,
    };
    let refused = again
        .push_into_async(&db)
        .await
        .expect_err("ada has one already");
    assert!(refused.error.is_unique_key_error::<AccountsByOwner, _>(&db));
    Ok(())
}
