//! A connection to a key-value store.

use async_trait::async_trait;
use bonsaidb_macros::{operations, twin};
use serde::Serialize;

use crate::Error;
use crate::keyvalue::namespaced::Namespaced;
use crate::keyvalue::target::Target;
use crate::keyvalue::{
    Command, IncompatibleTypeError, KeyOperation, KeyStatus, Numeric, Output, Value, get,
    increment, set,
};

/// A connection to a key-value store: atomic operations on values and numbers under text keys.
///
/// @async The builders are futures: nothing happens until they are awaited. The blocking twin is
/// @async [`KeyValue`].
/// @blocking Nothing happens until a builder executes. The asynchronous twin is [`AsyncKeyValue`].
///
/// Operations on one key happen one after the other. They are no part of document transactions, and
/// an answer does not mean that the change is on disk already: that is the business of the storage's
/// configuration.
///
/// @async ```
/// @async use bonsaidb_core::Error;
/// @async use bonsaidb_core::keyvalue::AsyncKeyValue;
/// @async
/// @async async fn greet<K: AsyncKeyValue>(database: &K, name: &str) -> Result<u64, Error> {
/// @async     let visitors = database.with_key_namespace("visitors");
/// @async     visitors.set_key("latest", &name.to_owned()).await?;
/// @async     visitors.increment_key_by(name, 1_u64).await
/// @async }
/// @async ```
/// @blocking ```
/// @blocking use std::time::Duration;
/// @blocking
/// @blocking use bonsaidb_core::Error;
/// @blocking use bonsaidb_core::keyvalue::{KeyStatus, KeyValue};
/// @blocking
/// @blocking /// Takes a lock that gives itself back after a minute.
/// @blocking fn lock<K: KeyValue>(database: &K, name: &str) -> Result<bool, Error> {
/// @blocking     let locks = database.with_key_namespace("locks");
/// @blocking     let status = locks
/// @blocking         .set_numeric_key(name, 1_u64)
/// @blocking         .only_if_vacant()
/// @blocking         .expire_in(Duration::from_secs(60))
/// @blocking         .execute()?;
/// @blocking     Ok(status == KeyStatus::Inserted)
/// @blocking }
/// @blocking ```
#[operations(key_value_operations)]
#[twin]
#[async_trait]
pub trait AsyncKeyValue: Sized + Send + Sync {
    /// Executes one operation. The other methods all end here, and are more convenient.
    ///
    /// # Errors
    ///
    /// [`Error::NotANumber`], [`Error::Other`] if bytes were to be changed as a number,
    /// [`Error::PermissionDenied`].
    #[needs(Needs::action(
        DatabaseAction::KeyValue(KeyValueAction::ExecuteOperation),
        Resource::Key(op)
    ))]
    async fn execute_key_operation(&self, op: KeyOperation) -> Result<Output, Error>;

    /// Sets `key` to `value`, stored in the Pot format.
    fn set_key<'a, S: Into<String>, V: Serialize + Send + Sync>(
        &'a self,
        key: S,
        value: &'a V,
    ) -> set::AsyncBuilder<'a, Self, V> {
        let target = Target::new(self, self.key_namespace(), key);
        set::AsyncBuilder::new(target, set::serialized(value))
    }

    /// Sets `key` to `bytes` as they are.
    fn set_binary_key<'a, S: Into<String>>(
        &'a self,
        key: S,
        bytes: &'a [u8],
    ) -> set::AsyncBuilder<'a, Self, ()> {
        let target = Target::new(self, self.key_namespace(), key);
        set::AsyncBuilder::new(target, Ok(Value::Bytes(bytes.into())))
    }

    /// Sets `key` to a number.
    fn set_numeric_key<S: Into<String>, V: Into<Numeric>>(
        &self,
        key: S,
        value: V,
    ) -> set::AsyncBuilder<'_, Self, ()> {
        let target = Target::new(self, self.key_namespace(), key);
        set::AsyncBuilder::new(target, Ok(Value::Numeric(value.into())))
    }

    /// Adds `value` to the number under `key`, which counts as 0 if there is none and has the type of
    /// `value` from then on.
    fn increment_key_by<
        S: Into<String> + Send + Sync,
        V: Into<Numeric> + TryFrom<Numeric, Error = IncompatibleTypeError> + Send + Sync,
    >(
        &self,
        key: S,
        value: V,
    ) -> increment::AsyncBuilder<'_, Self, V> {
        let target = Target::new(self, self.key_namespace(), key);
        increment::AsyncBuilder::new(target, value.into(), true)
    }

    /// Subtracts `value` from the number under `key`, which counts as 0 if there is none and has the
    /// type of `value` from then on.
    fn decrement_key_by<
        S: Into<String> + Send + Sync,
        V: Into<Numeric> + TryFrom<Numeric, Error = IncompatibleTypeError> + Send + Sync,
    >(
        &self,
        key: S,
        value: V,
    ) -> increment::AsyncBuilder<'_, Self, V> {
        let target = Target::new(self, self.key_namespace(), key);
        increment::AsyncBuilder::new(target, value.into(), false)
    }

    /// Reads `key`.
    fn get_key<S: Into<String>>(&'_ self, key: S) -> get::AsyncBuilder<'_, Self> {
        get::AsyncBuilder::new(Target::new(self, self.key_namespace(), key))
    }

    /// Deletes `key`, and says whether there was one.
    ///
    /// # Errors
    ///
    /// [`Error::PermissionDenied`].
    async fn delete_key<S: Into<String> + Send>(&'_ self, key: S) -> Result<KeyStatus, Error> {
        Target::new(self, self.key_namespace(), key)
            .execute_async(Command::Delete)
            .await?
            .status()
    }

    /// Returns the namespace that keys of this connection are in.
    fn key_namespace(&self) -> Option<&'_ str> {
        None
    }

    /// Returns a connection to the keys of `namespace`, within the namespace of this one.
    fn with_key_namespace(&'_ self, namespace: &str) -> Namespaced<'_, Self> {
        Namespaced::new(self, self.key_namespace(), namespace)
    }
}
