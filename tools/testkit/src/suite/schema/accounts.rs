//! Accounts with two unique views.

use bonsaidb_core::document::{CollectionDocument, Emit};
use bonsaidb_core::schema::view::map::Mappings;
use bonsaidb_core::schema::{Collection, CollectionMapReduce, View, ViewMapResult, ViewSchema};
use serde::{Deserialize, Serialize};

/// An account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Collection)]
#[collection(name = "accounts", authority = "suite", views = [ByHolder, ByEmail])]
pub struct Account {
    /// The key of [`ByHolder`].
    pub holder: String,
    /// The keys of [`ByEmail`].
    pub emails: Vec<String>,
    /// Anything.
    pub balance: i64,
}

impl Account {
    /// Returns an empty account.
    pub fn of(holder: impl Into<String>) -> Self {
        Self {
            holder: holder.into(),
            ..Self::default()
        }
    }

    /// Adds an address.
    #[must_use]
    pub fn reached_at(mut self, email: &str) -> Self {
        self.emails.push(email.to_owned());
        self
    }

    /// Replaces the balance.
    #[must_use]
    pub fn with(mut self, balance: i64) -> Self {
        self.balance = balance;
        self
    }
}

/// Accounts by holder, with the balance as value.
#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Account, key = String, value = i64, name = "by-holder")]
#[view_schema(policy = Unique)]
pub struct ByHolder;

impl CollectionMapReduce for ByHolder {
    fn map<'doc>(&self, document: CollectionDocument<Account>) -> ViewMapResult<'doc, Self> {
        let Account {
            holder, balance, ..
        } = document.contents;
        document.header.emit_key_and_value(holder, balance)
    }
}

/// Accounts by each of their addresses.
#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Account, key = String, name = "by-email")]
#[view_schema(policy = Unique)]
pub struct ByEmail;

impl CollectionMapReduce for ByEmail {
    fn map<'doc>(&self, document: CollectionDocument<Account>) -> ViewMapResult<'doc, Self> {
        let header = document.header;
        let emails = document.contents.emails.into_iter();
        emails
            .map(|email| header.emit_key(email))
            .collect::<Result<Mappings<_, _>, _>>()
    }
}
