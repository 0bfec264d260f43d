//! The numbers of tables and transactions, and of databases in the log.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};

/// The number of a table within its database.
///
/// Numbers are given by [`Database::table`](crate::Database::table), kept for the life of the
/// table, and never given twice in one database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableId(u32);

impl TableId {
    pub(crate) const META: Self = Self(0);
    pub(crate) const CATALOG: Self = Self(1);
    pub(crate) const DROPPED: Self = Self(2);
    /// Numbers below this one belong to this crate.
    pub(crate) const FIRST: Self = Self(16);

    /// Makes the identifier of the table with this number.
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// Returns the number.
    pub const fn as_u32(self) -> u32 {
        self.0
    }
}

impl fmt::Display for TableId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// The place of a committed transaction in the order of its database.
///
/// The first transaction is 1, each later one is one more. Zero stands for the state before the
/// first transaction. Derived writes and changes to the list of tables take no number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sequence(u64);

impl Sequence {
    /// Returns the number.
    pub const fn as_u64(self) -> u64 {
        self.0
    }
}

impl From<u64> for Sequence {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The write sets of one database in the log. Never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Stream(u64);

impl Stream {
    /// Picks a number that no other database has or had.
    pub(crate) fn pick() -> Self {
        Self(RandomState::new().build_hasher().finish())
    }

    pub(crate) const fn as_u64(self) -> u64 {
        self.0
    }
}

impl From<u64> for Stream {
    fn from(number: u64) -> Self {
        Self(number)
    }
}
