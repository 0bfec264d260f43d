//! What a key holds.

use arc_bytes::serde::Bytes;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::keyvalue::{Numeric, ORIGIN};

/// A value in the key-value store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// Bytes: a value in the Pot format, or whatever the program stored.
    Bytes(Bytes),
    /// A number.
    Numeric(Numeric),
}

impl Value {
    /// Returns the value, unless it is a number that is not one.
    ///
    /// # Errors
    ///
    /// [`Error::NotANumber`].
    pub fn validate(self) -> Result<Self, Error> {
        match self {
            Self::Numeric(number) => number.validate().map(Self::Numeric),
            Self::Bytes(_) => Ok(self),
        }
    }

    /// Returns the bytes' value, which was set by
    /// [`set_key`](crate::keyvalue::KeyValue::set_key).
    ///
    /// # Errors
    ///
    /// [`Error::Other`] of origin `key-value` if this is a number, or not a `V` in the Pot format.
    pub fn deserialize<V: for<'de> Deserialize<'de>>(&self) -> Result<V, Error> {
        match self {
            Self::Bytes(bytes) => {
                pot::from_slice(bytes).map_err(|error| Error::other(ORIGIN, error))
            }
            Self::Numeric(_) => Err(Error::other(
                ORIGIN,
                "the value is a number; ask for it as one, such as with `into_u64`",
            )),
        }
    }

    /// Returns the same number as an `i64`, if there is one.
    pub fn as_i64(&self) -> Option<i64> {
        self.number()?.as_i64()
    }

    /// Returns the same number as a `u64`, if there is one.
    pub fn as_u64(&self) -> Option<u64> {
        self.number()?.as_u64()
    }

    /// Returns the same number as an `f64`, if there is one.
    pub const fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Bytes(_) => None,
            Self::Numeric(number) => number.as_f64(),
        }
    }

    /// Returns the number as [`Numeric::as_i64_lossy`] does, or `None` for bytes.
    pub fn as_i64_lossy(&self, saturating: bool) -> Option<i64> {
        Some(self.number()?.as_i64_lossy(saturating))
    }

    /// Returns the number as [`Numeric::as_u64_lossy`] does, or `None` for bytes.
    pub fn as_u64_lossy(&self, saturating: bool) -> Option<u64> {
        Some(self.number()?.as_u64_lossy(saturating))
    }

    /// Returns the nearest `f64`, or `None` for bytes.
    pub const fn as_f64_lossy(&self) -> Option<f64> {
        match self {
            Self::Bytes(_) => None,
            Self::Numeric(number) => Some(number.as_f64_lossy()),
        }
    }

    const fn number(&self) -> Option<&Numeric> {
        match self {
            Self::Bytes(_) => None,
            Self::Numeric(number) => Some(number),
        }
    }
}
