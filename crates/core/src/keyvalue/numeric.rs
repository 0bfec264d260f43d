//! Numbers that are stored as such, and how they become one another.
//!
//! A conversion without `lossy` in its name gives the same number or nothing.

use serde::{Deserialize, Serialize};

use crate::Error;

/// The greatest whole number up to which each one is a float.
const FLOAT_EXACT_MAX: u64 = 1 << 53;
/// 2⁶³, the first float beyond every `i64`.
const I64_END: f64 = 9_223_372_036_854_775_808.0;
/// 2⁶⁴, the first float beyond every `u64`.
const U64_END: f64 = 18_446_744_073_709_551_616.0;

/// A number in the key-value store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Numeric {
    /// A whole number.
    Integer(i64),
    /// A whole number that is never negative.
    UnsignedInteger(u64),
    /// A floating-point number.
    Float(f64),
}

/// A number is of another type than was asked for.
#[derive(Debug, thiserror::Error)]
#[error("the number is of another type")]
pub struct IncompatibleTypeError;

impl Numeric {
    /// Returns the number, if it is one.
    ///
    /// # Errors
    ///
    /// [`Error::NotANumber`].
    pub fn validate(self) -> Result<Self, Error> {
        match self {
            Self::Float(value) if value.is_nan() => Err(Error::NotANumber),
            number => Ok(number),
        }
    }

    /// Returns the same number as an `i64`, if there is one.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(*value),
            Self::UnsignedInteger(value) => i64::try_from(*value).ok(),
            Self::Float(value) => {
                let fits = (-I64_END..I64_END).contains(value) && value.fract() == 0.0;
                fits.then(|| self.as_i64_lossy(true))
            }
        }
    }

    /// Returns the same number as a `u64`, if there is one.
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Integer(value) => u64::try_from(*value).ok(),
            Self::UnsignedInteger(value) => Some(*value),
            Self::Float(value) => {
                let fits = (0.0..U64_END).contains(value) && value.fract() == 0.0;
                fits.then(|| self.as_u64_lossy(true))
            }
        }
    }

    /// Returns the same number as an `f64`. A whole number of more than 53 bits is nothing, even
    /// where there is such a float.
    pub const fn as_f64(&self) -> Option<f64> {
        let fits = match self {
            Self::Integer(value) => value.unsigned_abs() <= FLOAT_EXACT_MAX,
            Self::UnsignedInteger(value) => *value <= FLOAT_EXACT_MAX,
            Self::Float(_) => true,
        };
        if fits {
            Some(self.as_f64_lossy())
        } else {
            None
        }
    }

    /// Returns the number as an `i64`. A whole number that is too great becomes the greatest one if
    /// `saturating`, and loses its upper bits if not. A float loses its fraction and never wraps;
    /// what is not a number becomes 0.
    #[allow(clippy::cast_possible_truncation)] // that is what is described
    pub fn as_i64_lossy(&self, saturating: bool) -> i64 {
        match self {
            Self::Integer(value) => *value,
            Self::UnsignedInteger(value) if saturating => i64::try_from(*value).unwrap_or(i64::MAX),
            Self::UnsignedInteger(value) => value.cast_signed(),
            Self::Float(value) => *value as i64,
        }
    }

    /// Returns the number as a `u64`. A negative whole number becomes 0 if `saturating`, and keeps
    /// its bits if not. A float loses its fraction and never wraps; what is not a number becomes 0.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // that is what is described
    pub fn as_u64_lossy(&self, saturating: bool) -> u64 {
        match self {
            Self::Integer(value) if saturating => u64::try_from(*value).unwrap_or(0),
            Self::Integer(value) => value.cast_unsigned(),
            Self::UnsignedInteger(value) => *value,
            Self::Float(value) => *value as u64,
        }
    }

    /// Returns the nearest `f64`.
    #[allow(clippy::cast_precision_loss)] // that is what is described
    pub const fn as_f64_lossy(&self) -> f64 {
        match self {
            Self::Integer(value) => *value as f64,
            Self::UnsignedInteger(value) => *value as f64,
            Self::Float(value) => *value,
        }
    }

    /// Returns the sum, of the type of `amount`: what a store keeps after [`Command::Increment`] of a
    /// key that holds this number. Whole numbers stop at the ends of their type if `saturating`, and
    /// wrap around if not.
    ///
    /// ```
    /// use bonsaidb_core::keyvalue::Numeric;
    ///
    /// let stored = Numeric::UnsignedInteger(7);
    /// let sum = stored.incremented_by(&Numeric::Float(0.5), true)?;
    /// assert_eq!(sum, Numeric::Float(7.5));
    /// # Ok::<(), bonsaidb_core::Error>(())
    /// ```
    ///
    /// [`Command::Increment`]: crate::keyvalue::Command::Increment
    ///
    /// # Errors
    ///
    /// [`Error::NotANumber`] if the amount or the sum is not a number.
    pub fn incremented_by(&self, amount: &Self, saturating: bool) -> Result<Self, Error> {
        Ok(match (amount, saturating) {
            (Self::Integer(amount), true) => {
                Self::Integer(self.as_i64_lossy(true).saturating_add(*amount))
            }
            (Self::Integer(amount), false) => {
                Self::Integer(self.as_i64_lossy(false).wrapping_add(*amount))
            }
            (Self::UnsignedInteger(amount), true) => {
                Self::UnsignedInteger(self.as_u64_lossy(true).saturating_add(*amount))
            }
            (Self::UnsignedInteger(amount), false) => {
                Self::UnsignedInteger(self.as_u64_lossy(false).wrapping_add(*amount))
            }
            (Self::Float(amount), _) => Self::Float(self.as_f64_lossy() + amount).validate()?,
        })
    }

    /// Returns the difference, of the type of `amount`: what a store keeps after
    /// [`Command::Decrement`] of a key that holds this number. Otherwise as
    /// [`incremented_by`](Self::incremented_by).
    ///
    /// [`Command::Decrement`]: crate::keyvalue::Command::Decrement
    ///
    /// # Errors
    ///
    /// [`Error::NotANumber`] if the amount or the difference is not a number.
    pub fn decremented_by(&self, amount: &Self, saturating: bool) -> Result<Self, Error> {
        Ok(match (amount, saturating) {
            (Self::Integer(amount), true) => {
                Self::Integer(self.as_i64_lossy(true).saturating_sub(*amount))
            }
            (Self::Integer(amount), false) => {
                Self::Integer(self.as_i64_lossy(false).wrapping_sub(*amount))
            }
            (Self::UnsignedInteger(amount), true) => {
                Self::UnsignedInteger(self.as_u64_lossy(true).saturating_sub(*amount))
            }
            (Self::UnsignedInteger(amount), false) => {
                Self::UnsignedInteger(self.as_u64_lossy(false).wrapping_sub(*amount))
            }
            (Self::Float(amount), _) => Self::Float(self.as_f64_lossy() - amount).validate()?,
        })
    }
}

/// The ways between one variant and its type.
macro_rules! conversions {
    ($variant:ident, $type:ty) => {
        impl From<$type> for Numeric {
            fn from(value: $type) -> Self {
                Self::$variant(value)
            }
        }

        impl TryFrom<Numeric> for $type {
            type Error = IncompatibleTypeError;

            fn try_from(number: Numeric) -> Result<Self, Self::Error> {
                match number {
                    Numeric::$variant(value) => Ok(value),
                    _ => Err(IncompatibleTypeError),
                }
            }
        }
    };
}
conversions!(Integer, i64);
conversions!(UnsignedInteger, u64);
conversions!(Float, f64);
