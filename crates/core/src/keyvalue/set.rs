//! Setting a key.

use std::marker::PhantomData;
use std::time::{Duration, SystemTime};

use arc_bytes::serde::Bytes;
use bonsaidb_macros::twin;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::connection::{Running, awaitable};
use crate::keyvalue::target::Target;
use crate::keyvalue::{
    AsyncKeyValue, Command, KeyCheck, KeyStatus, KeyValue, ORIGIN, Output, SetCommand, Timestamp,
    Value,
};

/// Sets a key, from [`AsyncKeyValue::set_key`], [`AsyncKeyValue::set_binary_key`] or
/// [`AsyncKeyValue::set_numeric_key`].
///
/// @async Nothing happens until it is awaited.
/// @blocking Nothing happens until it executes.
#[must_use]
#[twin]
pub struct AsyncBuilder<'a, K, V> {
    target: Target<'a, K>,
    /// Serialized when the builder is made; a failure waits here for the execution.
    value: Result<Value, Error>,
    expiration: Option<Timestamp>,
    keep_existing_expiration: bool,
    check: Option<KeyCheck>,
    given: PhantomData<&'a V>,
    #[only(async)]
    running: Running<'a, KeyStatus>,
}

#[twin]
impl<'a, K: AsyncKeyValue, V: Serialize + Send + Sync> AsyncBuilder<'a, K, V> {
    pub(super) const fn new(target: Target<'a, K>, value: Result<Value, Error>) -> Self {
        Self {
            target,
            value,
            expiration: None,
            keep_existing_expiration: false,
            check: None,
            given: PhantomData,
            #[only(async)]
            running: None,
        }
    }

    /// Has the key expire after `duration`, counted from now.
    pub fn expire_in(self, duration: Duration) -> Self {
        self.expiring(Timestamp::now() + duration)
    }

    /// Has the key expire at `time`. If that is past, the key is gone at once.
    pub fn expire_at(self, time: SystemTime) -> Self {
        let is_representable = time >= SystemTime::UNIX_EPOCH;
        self.expiring(if is_representable {
            Timestamp::from(time)
        } else {
            Timestamp::MIN
        })
    }

    const fn expiring(mut self, at: Timestamp) -> Self {
        self.expiration = Some(at);
        self
    }

    /// If the key exists, leaves it the expiration it has, or that it has none, whatever else is given.
    pub const fn keep_existing_expiration(mut self) -> Self {
        self.keep_existing_expiration = true;
        self
    }

    /// Changes nothing unless the key exists. Takes the place of
    /// [`only_if_vacant`](Self::only_if_vacant).
    pub const fn only_if_exists(mut self) -> Self {
        self.check = Some(KeyCheck::OnlyIfPresent);
        self
    }

    /// Changes nothing if the key exists. Takes the place of
    /// [`only_if_exists`](Self::only_if_exists).
    pub const fn only_if_vacant(mut self) -> Self {
        self.check = Some(KeyCheck::OnlyIfVacant);
        self
    }

    /// Sets the key and returns the value it had: `None` if there was none, or if nothing was changed.
    ///
    /// # Errors
    ///
    /// [`Error::NotANumber`], [`Error::Other`] of origin `key-value` if the value cannot be
    /// serialized, [`Error::PermissionDenied`].
    pub async fn returning_previous(self) -> Result<Option<Value>, Error> {
        self.output_async(true).await?.previous()
    }

    /// Sets the key and returns the value it had, which was set by
    /// [`set_key`](AsyncKeyValue::set_key): `None` if there was none, or if nothing was changed.
    ///
    /// # Errors
    ///
    /// Those of [`returning_previous`](Self::returning_previous), and [`Error::Other`] of origin
    /// `key-value` if it had another value than an `OtherV`: the key is set nevertheless.
    pub async fn returning_previous_as<OtherV: for<'de> Deserialize<'de>>(
        self,
    ) -> Result<Option<OtherV>, Error> {
        let previous = self.returning_previous().await?;
        previous.map(|value| value.deserialize()).transpose()
    }

    /// Sets the key.
    /// @async Awaiting the builder does the same.
    ///
    /// # Errors
    ///
    /// Those of [`returning_previous`](Self::returning_previous).
    pub async fn execute(self) -> Result<KeyStatus, Error> {
        self.output_async(false).await?.status()
    }

    async fn output_async(self, return_previous_value: bool) -> Result<Output, Error> {
        let command = Command::Set(SetCommand {
            value: self.value?,
            expiration: self.expiration,
            keep_existing_expiration: self.keep_existing_expiration,
            check: self.check,
            return_previous_value,
        });
        self.target.execute_async(command).await
    }
}

impl<K, V> AsyncBuilder<'_, K, V> {
    /// Moves the builder out from behind a reference.
    fn take(&mut self) -> Self {
        let nothing = Ok(Value::Bytes(Bytes::default()));
        Self {
            target: self.target.take(),
            value: std::mem::replace(&mut self.value, nothing),
            expiration: self.expiration,
            keep_existing_expiration: self.keep_existing_expiration,
            check: self.check,
            given: PhantomData,
            running: None,
        }
    }
}

awaitable! {
    impl ['a, K, V] for AsyncBuilder<'a, K, V> => KeyStatus,
    |this| this.take(), execute
    where
        K: AsyncKeyValue,
        V: Serialize + Send + Sync,
}

/// The value as it is stored.
pub(super) fn serialized(value: &impl Serialize) -> Result<Value, Error> {
    match pot::to_vec(value) {
        Ok(bytes) => Ok(Value::Bytes(bytes.into())),
        Err(error) => Err(Error::other(ORIGIN, error)),
    }
}
