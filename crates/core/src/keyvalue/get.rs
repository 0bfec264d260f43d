//! Reading a key.

use bonsaidb_macros::twin;
use serde::Deserialize;

use crate::Error;
use crate::connection::{Running, awaitable};
use crate::keyvalue::target::Target;
use crate::keyvalue::{AsyncKeyValue, Command, KeyValue, ORIGIN, Value};

/// Reads a key, from [`AsyncKeyValue::get_key`].
///
/// @async Nothing happens until it is awaited.
/// @blocking Nothing happens until one of its methods asks.
#[must_use]
#[twin]
pub struct AsyncBuilder<'a, K> {
    target: Target<'a, K>,
    delete: bool,
    #[only(async)]
    running: Running<'a, Option<Value>>,
}

#[twin]
impl<'a, K: AsyncKeyValue> AsyncBuilder<'a, K> {
    pub(super) const fn new(target: Target<'a, K>) -> Self {
        Self {
            target,
            delete: false,
            #[only(async)]
            running: None,
        }
    }

    /// Deletes the key in the same operation.
    pub const fn and_delete(mut self) -> Self {
        self.delete = true;
        self
    }

    /// Returns what [`set_key`](AsyncKeyValue::set_key) stored.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `key-value` if it is a number or not a `V`.
    pub async fn into<V: for<'de> Deserialize<'de>>(self) -> Result<Option<V>, Error> {
        let value = self.query().await?;
        value.map(|value| value.deserialize()).transpose()
    }

    /// Returns the number.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `key-value` if it is not a number that a `u64` can be.
    pub async fn into_u64(self) -> Result<Option<u64>, Error> {
        number("u64", self.query().await?, Value::as_u64)
    }

    /// Returns the number.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `key-value` if it is not a number that an `i64` can be.
    pub async fn into_i64(self) -> Result<Option<i64>, Error> {
        number("i64", self.query().await?, Value::as_i64)
    }

    /// Returns the number.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `key-value` if it is not a number that an `f64` can be.
    pub async fn into_f64(self) -> Result<Option<f64>, Error> {
        number("f64", self.query().await?, Value::as_f64)
    }

    /// Returns the number, converted as [`Numeric::as_u64_lossy`](crate::keyvalue::Numeric::as_u64_lossy)
    /// says.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `key-value` if it is not a number.
    pub async fn into_u64_lossy(self, saturating: bool) -> Result<Option<u64>, Error> {
        let convert = |value: &Value| value.as_u64_lossy(saturating);
        number("u64", self.query().await?, convert)
    }

    /// Returns the number, converted as [`Numeric::as_i64_lossy`](crate::keyvalue::Numeric::as_i64_lossy)
    /// says.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `key-value` if it is not a number.
    pub async fn into_i64_lossy(self, saturating: bool) -> Result<Option<i64>, Error> {
        let convert = |value: &Value| value.as_i64_lossy(saturating);
        number("i64", self.query().await?, convert)
    }

    /// Returns the nearest float.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `key-value` if it is not a number.
    pub async fn into_f64_lossy(self) -> Result<Option<f64>, Error> {
        number("f64", self.query().await?, Value::as_f64_lossy)
    }

    /// Returns the value as it is stored.
    /// @async Awaiting the builder does the same.
    ///
    /// # Errors
    ///
    /// [`Error::PermissionDenied`].
    pub async fn query(self) -> Result<Option<Value>, Error> {
        let command = Command::Get {
            delete: self.delete,
        };
        self.target.execute_async(command).await?.value()
    }
}

awaitable! {
    impl ['a, K] for AsyncBuilder<'a, K> => Option<Value>,
    |this| AsyncBuilder { target: this.target.take(), delete: this.delete, running: None }, query
    where
        K: AsyncKeyValue,
}

/// Applies a conversion that must succeed if there is a value.
fn number<T>(
    wanted: &str,
    value: Option<Value>,
    convert: impl FnOnce(&Value) -> Option<T>,
) -> Result<Option<T>, Error> {
    let Some(value) = value else {
        return Ok(None);
    };
    match (convert(&value), value) {
        (Some(converted), _) => Ok(Some(converted)),
        (None, Value::Bytes(_)) => Err(Error::other(ORIGIN, "the value is not a number")),
        (None, Value::Numeric(number)) => Err(Error::other(
            ORIGIN,
            format!("{number:?} is not the same number as any {wanted}"),
        )),
    }
}
