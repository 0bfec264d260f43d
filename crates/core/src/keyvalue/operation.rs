//! One operation on one key, as data: what builders make and backends execute.

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::keyvalue::{Numeric, ORIGIN, Timestamp, Value};

/// One atomic operation on one key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeyOperation {
    /// The namespace of the key. The empty one is the same as none.
    pub namespace: Option<String>,
    /// The key.
    pub key: String,
    /// What happens to it.
    pub command: Command,
}

/// What happens to a key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Command {
    /// It gets a value.
    Set(SetCommand),
    /// Its value is read.
    Get {
        /// Whether it is deleted as well.
        delete: bool,
    },
    /// Its number grows. A key without value counts as 0.
    Increment {
        /// By how much. The stored number takes on the type of this one.
        amount: Numeric,
        /// Whether it stops at the greatest number, instead of beginning again with the smallest.
        saturating: bool,
    },
    /// Its number shrinks. A key without value counts as 0.
    Decrement {
        /// By how much. The stored number takes on the type of this one.
        amount: Numeric,
        /// Whether it stops at the smallest number, instead of beginning again with the greatest.
        saturating: bool,
    },
    /// It is deleted.
    Delete,
}

/// The value a key gets, and under which conditions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SetCommand {
    /// The value.
    pub value: Value,
    /// When the key ceases to exist. Without one, it does not expire.
    pub expiration: Option<Timestamp>,
    /// Whether an existing key keeps the expiration it has, or that it has none.
    pub keep_existing_expiration: bool,
    /// What must hold; nothing is changed otherwise.
    pub check: Option<KeyCheck>,
    /// Whether the answer is the value before, instead of a status.
    pub return_previous_value: bool,
}

/// A condition for setting a key.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum KeyCheck {
    /// Only if the key has a value.
    OnlyIfPresent,
    /// Only if the key has no value.
    OnlyIfVacant,
}

/// What an operation is answered with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Output {
    /// What was done to the key.
    Status(KeyStatus),
    /// A value that was asked for.
    Value(Option<Value>),
}

/// What was done to a key.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub enum KeyStatus {
    /// It has a value that it did not have before.
    Inserted,
    /// It has another value than before.
    Updated,
    /// It has no value any more.
    Deleted,
    /// Nothing.
    NotChanged,
}

impl Output {
    /// Returns the status.
    pub(super) fn status(self) -> Result<KeyStatus, Error> {
        match self {
            Self::Status(status) => Ok(status),
            Self::Value(_) => Err(unexpected()),
        }
    }

    /// Returns the value.
    pub(super) fn value(self) -> Result<Option<Value>, Error> {
        match self {
            Self::Value(value) => Ok(value),
            Self::Status(_) => Err(unexpected()),
        }
    }

    /// Returns the value before, which is not told if nothing was changed.
    pub(super) fn previous(self) -> Result<Option<Value>, Error> {
        match self {
            Self::Status(KeyStatus::NotChanged) => Ok(None),
            output => output.value(),
        }
    }

    /// Returns the number.
    pub(super) fn number(self) -> Result<Numeric, Error> {
        match self {
            Self::Value(Some(Value::Numeric(number))) => Ok(number),
            _ => Err(unexpected()),
        }
    }
}

fn unexpected() -> Error {
    Error::other(ORIGIN, "the answer does not belong to the operation")
}
