//! Ranges of keys. [`Range`] owns its bounds and can be sent; [`RangeRef`] has bounds that are
//! owned or borrowed, which is what the builders of queries accept. Both are built from the ranges
//! of the language, such as `1..=5`.

mod maybe_owned;
mod reference;

use std::ops;

use arc_bytes::serde::Bytes;
use serde::{Deserialize, Serialize};

pub use self::maybe_owned::MaybeOwned;
pub use self::reference::{BoundRef, RangeRef};
use crate::key::{ByteSource, Key, KeyEncoding};

/// A range of values.
///
/// ```
/// use bonsaidb_core::connection::{Bound, Range};
///
/// let range = Range::from(1..5);
/// assert_eq!(range, Range::default().start_at(1).before(5));
/// assert_eq!(range.after(2).start, Bound::Excluded(2));
/// ```
#[derive(Debug, Copy, Clone, Eq, PartialEq, Serialize, Deserialize)]
#[must_use]
pub struct Range<T> {
    /// Where the range starts.
    pub start: Bound<T>,
    /// Where the range ends.
    pub end: Bound<T>,
}

/// One end of a range.
#[derive(Debug, Copy, Clone, Eq, PartialEq, Default, Serialize, Deserialize)]
#[must_use]
pub enum Bound<T> {
    /// The range has no end on this side.
    #[default]
    Unbounded,
    /// The range ends at this value, which belongs to it.
    Included(T),
    /// The range ends at this value, which does not belong to it.
    Excluded(T),
}

/// The range of all values.
impl<T> Default for Range<T> {
    fn default() -> Self {
        Self {
            start: Bound::Unbounded,
            end: Bound::Unbounded,
        }
    }
}

impl<T> Range<T> {
    /// Makes the range start after `excluded_start`.
    pub fn after(mut self, excluded_start: T) -> Self {
        self.start = Bound::Excluded(excluded_start);
        self
    }

    /// Makes the range start with `included_start`.
    pub fn start_at(mut self, included_start: T) -> Self {
        self.start = Bound::Included(included_start);
        self
    }

    /// Makes the range end before `excluded_end`.
    pub fn before(mut self, excluded_end: T) -> Self {
        self.end = Bound::Excluded(excluded_end);
        self
    }

    /// Makes the range end with `included_end`.
    pub fn end_at(mut self, included_end: T) -> Self {
        self.end = Bound::Included(included_end);
        self
    }

    /// Returns the range with each value replaced by what `map` returns for it.
    pub fn map<U, F: Fn(T) -> U>(self, map: F) -> Range<U> {
        Range {
            start: self.start.map(&map),
            end: self.end.map(&map),
        }
    }

    /// Returns the range with each value replaced by what `map` returns for it.
    ///
    /// # Errors
    ///
    /// Returns the first error that `map` returns.
    pub fn map_result<U, E, F: Fn(T) -> Result<U, E>>(self, map: F) -> Result<Range<U>, E> {
        Ok(Range {
            start: self.start.map_result(&map)?,
            end: self.end.map_result(&map)?,
        })
    }

    /// Returns a range of references, each to what `map` returns for the value.
    pub fn map_ref<U: ?Sized, F: Fn(&T) -> &U>(&self, map: F) -> Range<&U> {
        Range {
            start: self.start.map_ref(&map),
            end: self.end.map_ref(&map),
        }
    }
}

impl<T> Bound<T> {
    /// Returns the bound with its value replaced by what `map` returns for it.
    pub fn map<U, F: Fn(T) -> U>(self, map: F) -> Bound<U> {
        match self {
            Self::Unbounded => Bound::Unbounded,
            Self::Included(value) => Bound::Included(map(value)),
            Self::Excluded(value) => Bound::Excluded(map(value)),
        }
    }

    /// Returns the bound with its value replaced by what `map` returns for it.
    ///
    /// # Errors
    ///
    /// Returns the error that `map` returns.
    pub fn map_result<U, E, F: Fn(T) -> Result<U, E>>(self, map: F) -> Result<Bound<U>, E> {
        Ok(match self {
            Self::Unbounded => Bound::Unbounded,
            Self::Included(value) => Bound::Included(map(value)?),
            Self::Excluded(value) => Bound::Excluded(map(value)?),
        })
    }

    /// Returns a bound by reference to what `map` returns for the value.
    pub fn map_ref<U: ?Sized, F: Fn(&T) -> &U>(&self, map: F) -> Bound<&U> {
        match self {
            Self::Unbounded => Bound::Unbounded,
            Self::Included(value) => Bound::Included(map(value)),
            Self::Excluded(value) => Bound::Excluded(map(value)),
        }
    }
}

impl Range<Bytes> {
    /// Decodes both bounds.
    ///
    /// # Errors
    ///
    /// Returns the error of `T` if one of the bounds is not a `T`.
    pub fn deserialize<T: for<'k> Key<'k>>(
        &self,
    ) -> Result<Range<T>, <T as KeyEncoding<T>>::Error> {
        Ok(Range {
            start: self.start.deserialize()?,
            end: self.end.deserialize()?,
        })
    }
}

impl Bound<Bytes> {
    /// Decodes the bound.
    ///
    /// # Errors
    ///
    /// Returns the error of `T` if the bound is not a `T`.
    pub fn deserialize<T: for<'k> Key<'k>>(
        &self,
    ) -> Result<Bound<T>, <T as KeyEncoding<T>>::Error> {
        self.map_ref(|bytes| bytes.as_slice())
            .map_result(|bytes| T::from_ord_bytes(ByteSource::Ephemeral(bytes)))
    }
}

impl<T> ops::RangeBounds<T> for Range<T> {
    fn start_bound(&self) -> ops::Bound<&T> {
        ops::Bound::from(&self.start)
    }

    fn end_bound(&self) -> ops::Bound<&T> {
        ops::Bound::from(&self.end)
    }
}

impl<'a, T> From<&'a Bound<T>> for ops::Bound<&'a T> {
    fn from(bound: &'a Bound<T>) -> Self {
        Self::from(bound.map_ref(|value| value))
    }
}

impl<'a, T> From<Bound<&'a T>> for ops::Bound<&'a T> {
    fn from(bound: Bound<&'a T>) -> Self {
        match bound {
            Bound::Unbounded => Self::Unbounded,
            Bound::Included(value) => Self::Included(value),
            Bound::Excluded(value) => Self::Excluded(value),
        }
    }
}

impl<T> From<ops::Range<T>> for Range<T> {
    fn from(range: ops::Range<T>) -> Self {
        Self {
            start: Bound::Included(range.start),
            end: Bound::Excluded(range.end),
        }
    }
}

impl<T> From<ops::RangeFrom<T>> for Range<T> {
    fn from(range: ops::RangeFrom<T>) -> Self {
        Self {
            start: Bound::Included(range.start),
            end: Bound::Unbounded,
        }
    }
}

impl<T> From<ops::RangeTo<T>> for Range<T> {
    fn from(range: ops::RangeTo<T>) -> Self {
        Self {
            start: Bound::Unbounded,
            end: Bound::Excluded(range.end),
        }
    }
}

impl<T: Clone> From<ops::RangeInclusive<T>> for Range<T> {
    fn from(range: ops::RangeInclusive<T>) -> Self {
        let (start, end) = range.into_inner();
        Self {
            start: Bound::Included(start),
            end: Bound::Included(end),
        }
    }
}

impl<T> From<ops::RangeToInclusive<T>> for Range<T> {
    fn from(range: ops::RangeToInclusive<T>) -> Self {
        Self {
            start: Bound::Unbounded,
            end: Bound::Included(range.end),
        }
    }
}

impl<T> From<ops::RangeFull> for Range<T> {
    fn from(_: ops::RangeFull) -> Self {
        Self::default()
    }
}
