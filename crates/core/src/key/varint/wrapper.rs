//! `VarInt`: any primitive integer, encoded in as few bytes as its value needs. The bytes do not
//! depend on the integer's width, so a key may be widened later.

use std::borrow::Cow;
use std::fmt::{Debug, Display, Formatter};
use std::hash::Hash;
use std::io;
use std::ops::{Add, BitAnd, BitOr, BitXor, Deref, DerefMut, Div, Mul, Not, Rem, Shl, Shr, Sub};

use ordered_varint::Variable;
use serde::{Deserialize, Serialize};

use super::{decode, encode};
use crate::key::{ByteSource, CompositeKind, Key, KeyEncoding, KeyKind, KeyVisitor};

mod sealed {
    /// Keeps [`VariableInteger`](super::VariableInteger) to the primitive integers.
    pub trait Sealed {
        /// Whether negative values exist.
        const IS_SIGNED: bool;
    }
}

/// A primitive integer that can be the value of a [`VarInt`].
pub trait VariableInteger:
    sealed::Sealed
    + Variable
    + Copy
    + Eq
    + Ord
    + Hash
    + Debug
    + Display
    + Default
    + Send
    + Sync
    + 'static
{
}

/// An integer key that takes only as many bytes as its value needs.
///
/// ```
/// use bonsaidb_core::key::{KeyEncoding, VarInt};
///
/// assert_eq!(VarInt(7_u64).as_ord_bytes().unwrap().len(), 1);
/// assert_eq!(VarInt(u64::MAX).as_ord_bytes().unwrap().len(), 9);
/// ```
#[derive(
    Debug, Default, Clone, Copy, Eq, PartialEq, Ord, PartialOrd, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct VarInt<T>(pub T)
where
    T: VariableInteger;

impl<'k, T> Key<'k> for VarInt<T>
where
    T: VariableInteger,
{
    const CAN_OWN_BYTES: bool = false;

    fn from_ord_bytes<'e>(bytes: ByteSource<'k, 'e>) -> Result<Self, Self::Error> {
        decode(&bytes).map(Self)
    }
}

impl<T> KeyEncoding for VarInt<T>
where
    T: VariableInteger,
{
    type Error = io::Error;

    const LENGTH: Option<usize> = None;

    fn describe<Visitor>(visitor: &mut Visitor)
    where
        Visitor: KeyVisitor,
    {
        visitor.visit_composite(
            CompositeKind::Struct(Cow::Borrowed("bonsaidb::core::key::VarInt")),
            1,
        );
        visitor.visit_type(if T::IS_SIGNED {
            KeyKind::Signed
        } else {
            KeyKind::Unsigned
        });
    }

    fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error> {
        encode(&self.0)
    }
}

impl<T> Display for VarInt<T>
where
    T: VariableInteger,
{
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        Display::fmt(&self.0, f)
    }
}

impl<T> From<T> for VarInt<T>
where
    T: VariableInteger,
{
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> Deref for VarInt<T>
where
    T: VariableInteger,
{
    type Target = T;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T> DerefMut for VarInt<T>
where
    T: VariableInteger,
{
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<T> Not for VarInt<T>
where
    T: VariableInteger + Not<Output = T>,
{
    type Output = Self;

    fn not(self) -> Self::Output {
        Self(!self.0)
    }
}

macro_rules! impl_operators {
    ($($operator:ident::$method:ident),+ $(,)?) => {$(
        impl<T> $operator<T> for VarInt<T>
        where
            T: VariableInteger + $operator<Output = T>,
        {
            type Output = Self;

            fn $method(self, rhs: T) -> Self::Output {
                Self(self.0.$method(rhs))
            }
        }
    )+};
}

impl_operators! {
    Add::add,
    Sub::sub,
    Mul::mul,
    Div::div,
    Rem::rem,
    BitAnd::bitand,
    BitOr::bitor,
    BitXor::bitxor,
    Shl::shl,
    Shr::shr,
}

macro_rules! impl_variable_integers {
    ($is_signed:literal: $($integer:ty),+ $(,)?) => {$(
        impl sealed::Sealed for $integer {
            const IS_SIGNED: bool = $is_signed;
        }

        impl VariableInteger for $integer {}

        impl From<VarInt<$integer>> for $integer {
            fn from(value: VarInt<$integer>) -> Self {
                value.0
            }
        }
    )+};
}

impl_variable_integers!(false: u8, u16, u32, u64, u128, usize);
impl_variable_integers!(true: i8, i16, i32, i64, i128, isize);
