//! `RangeRef`: a range whose bounds are owned or borrowed, with its conversions from the ranges of
//! the language.
//!
//! Which conversions exist, and from owned or borrowed values, decides what callers may leave for
//! the compiler to infer; see `tests/key_ranges.rs`.

use std::borrow::Borrow;
use std::ops;

use arc_bytes::serde::Bytes;

use super::{Bound, MaybeOwned, Range};
use crate::key::{Key, KeyEncoding};

/// A range of values that are owned or borrowed.
#[derive(Debug)]
#[must_use]
pub struct RangeRef<'a, TOwned, TBorrowed = TOwned>
where
    TBorrowed: PartialEq + ?Sized,
    TOwned: Borrow<TBorrowed> + PartialEq<TBorrowed>,
{
    /// Where the range starts.
    pub start: BoundRef<'a, TOwned, TBorrowed>,
    /// Where the range ends.
    pub end: BoundRef<'a, TOwned, TBorrowed>,
}

/// One end of a range of values that are owned or borrowed.
#[derive(Debug)]
#[must_use]
pub enum BoundRef<'a, TOwned, TBorrowed = TOwned>
where
    TBorrowed: PartialEq + ?Sized,
    TOwned: Borrow<TBorrowed> + PartialEq<TBorrowed>,
{
    /// The range has no end on this side.
    Unbounded,
    /// The range ends at this value, which belongs to it.
    Included(MaybeOwned<'a, TOwned, TBorrowed>),
    /// The range ends at this value, which does not belong to it.
    Excluded(MaybeOwned<'a, TOwned, TBorrowed>),
}

impl<'a, TOwned, TBorrowed> RangeRef<'a, TOwned, TBorrowed>
where
    TBorrowed: PartialEq + ?Sized,
    TOwned: Borrow<TBorrowed> + PartialEq<TBorrowed>,
{
    /// Returns a range with borrowed bounds.
    pub const fn borrowed(range: Range<&'a TBorrowed>) -> Self {
        Self {
            start: BoundRef::borrowed(range.start),
            end: BoundRef::borrowed(range.end),
        }
    }

    /// Returns a range with owned bounds.
    pub fn owned(range: Range<TOwned>) -> Self {
        Self {
            start: BoundRef::owned(range.start),
            end: BoundRef::owned(range.end),
        }
    }

    /// Returns a range of what `map` returns for each value.
    ///
    /// # Errors
    ///
    /// Returns the first error that `map` returns.
    pub fn map_result<U, E, F: Fn(&TBorrowed) -> Result<U, E>>(
        self,
        map: F,
    ) -> Result<Range<U>, E> {
        Ok(Range {
            start: self.start.map_result(&map)?,
            end: self.end.map_result(&map)?,
        })
    }

    /// Returns the range of the encoded keys.
    ///
    /// # Errors
    ///
    /// Returns an error if one of the bounds cannot be encoded.
    pub fn as_ord_bytes(&'a self) -> Result<Range<Bytes>, TBorrowed::Error>
    where
        TBorrowed: KeyEncoding<TOwned>,
        TOwned: for<'k> Key<'k>,
    {
        Ok(Range {
            start: self.start.as_ord_bytes()?,
            end: self.end.as_ord_bytes()?,
        })
    }
}

impl<'a, TOwned, TBorrowed> BoundRef<'a, TOwned, TBorrowed>
where
    TBorrowed: PartialEq + ?Sized,
    TOwned: Borrow<TBorrowed> + PartialEq<TBorrowed>,
{
    /// Returns a borrowed bound.
    pub const fn borrowed(bound: Bound<&'a TBorrowed>) -> Self {
        match bound {
            Bound::Unbounded => Self::Unbounded,
            Bound::Included(value) => Self::Included(MaybeOwned::Borrowed(value)),
            Bound::Excluded(value) => Self::Excluded(MaybeOwned::Borrowed(value)),
        }
    }

    /// Returns an owned bound.
    pub fn owned(bound: Bound<TOwned>) -> Self {
        match bound {
            Bound::Unbounded => Self::Unbounded,
            Bound::Included(value) => Self::Included(MaybeOwned::Owned(value)),
            Bound::Excluded(value) => Self::Excluded(MaybeOwned::Owned(value)),
        }
    }

    /// Returns a bound at what `map` returns for the value.
    ///
    /// # Errors
    ///
    /// Returns the error that `map` returns.
    pub fn map_result<U, E, F: Fn(&TBorrowed) -> Result<U, E>>(
        self,
        map: F,
    ) -> Result<Bound<U>, E> {
        self.as_bound().map_result(map)
    }

    /// Returns the bound as an encoded key.
    ///
    /// # Errors
    ///
    /// Returns an error if the bound cannot be encoded.
    pub fn as_ord_bytes(&'a self) -> Result<Bound<Bytes>, TBorrowed::Error>
    where
        TBorrowed: KeyEncoding<TOwned>,
        TOwned: for<'k> Key<'k>,
    {
        self.as_bound()
            .map_result(|value| Ok(Bytes(value.as_ord_bytes()?.into_owned())))
    }

    fn as_bound(&self) -> Bound<&TBorrowed> {
        match self {
            Self::Unbounded => Bound::Unbounded,
            Self::Included(value) => Bound::Included(value),
            Self::Excluded(value) => Bound::Excluded(value),
        }
    }
}

impl<TOwned, TBorrowed> Clone for RangeRef<'_, TOwned, TBorrowed>
where
    TBorrowed: PartialEq + ?Sized,
    TOwned: Borrow<TBorrowed> + PartialEq<TBorrowed> + Clone,
{
    fn clone(&self) -> Self {
        Self {
            start: self.start.clone(),
            end: self.end.clone(),
        }
    }
}

impl<TOwned, TBorrowed> Clone for BoundRef<'_, TOwned, TBorrowed>
where
    TBorrowed: PartialEq + ?Sized,
    TOwned: Borrow<TBorrowed> + PartialEq<TBorrowed> + Clone,
{
    fn clone(&self) -> Self {
        match self {
            Self::Unbounded => Self::Unbounded,
            Self::Included(value) => Self::Included(value.clone()),
            Self::Excluded(value) => Self::Excluded(value.clone()),
        }
    }
}

impl<TOwned, TBorrowed> PartialEq for RangeRef<'_, TOwned, TBorrowed>
where
    TBorrowed: PartialEq + ?Sized,
    TOwned: Borrow<TBorrowed> + PartialEq<TBorrowed>,
{
    fn eq(&self, other: &Self) -> bool {
        self.start == other.start && self.end == other.end
    }
}

impl<TOwned, TBorrowed> PartialEq for BoundRef<'_, TOwned, TBorrowed>
where
    TBorrowed: PartialEq + ?Sized,
    TOwned: Borrow<TBorrowed> + PartialEq<TBorrowed>,
{
    fn eq(&self, other: &Self) -> bool {
        self.as_bound() == other.as_bound()
    }
}

impl<TOwned, TBorrowed> ops::RangeBounds<TBorrowed> for RangeRef<'_, TOwned, TBorrowed>
where
    TBorrowed: PartialEq + ?Sized,
    TOwned: Borrow<TBorrowed> + PartialEq<TBorrowed>,
{
    fn start_bound(&self) -> ops::Bound<&TBorrowed> {
        ops::Bound::from(&self.start)
    }

    fn end_bound(&self) -> ops::Bound<&TBorrowed> {
        ops::Bound::from(&self.end)
    }
}

impl<'a, TOwned, TBorrowed> From<&'a BoundRef<'_, TOwned, TBorrowed>> for ops::Bound<&'a TBorrowed>
where
    TBorrowed: PartialEq + ?Sized,
    TOwned: Borrow<TBorrowed> + PartialEq<TBorrowed>,
{
    fn from(bound: &'a BoundRef<'_, TOwned, TBorrowed>) -> Self {
        match bound {
            BoundRef::Unbounded => Self::Unbounded,
            BoundRef::Included(value) => Self::Included(value),
            BoundRef::Excluded(value) => Self::Excluded(value),
        }
    }
}

macro_rules! impl_from_owned_range {
    ($($range:ty $(where $bound:path)?),+ $(,)?) => {$(
        impl<TOwned, TBorrowed> From<$range> for RangeRef<'_, TOwned, TBorrowed>
        where
            TBorrowed: PartialEq,
            TOwned: Borrow<TBorrowed> + PartialEq<TBorrowed> $(+ $bound)?,
        {
            fn from(range: $range) -> Self {
                Self::owned(Range::from(range))
            }
        }
    )+};
}

impl_from_owned_range! {
    Range<TOwned>,
    ops::Range<TOwned>,
    ops::RangeFrom<TOwned>,
    ops::RangeTo<TOwned>,
    ops::RangeInclusive<TOwned> where Clone,
    ops::RangeFull,
}

macro_rules! impl_from_borrowed_range {
    ($($range:ty),+ $(,)?) => {$(
        impl<'a, TOwned, TBorrowed> From<&$range> for RangeRef<'a, TOwned, TBorrowed>
        where
            TBorrowed: PartialEq,
            TOwned: Borrow<TBorrowed> + PartialEq<TBorrowed>,
        {
            fn from(range: &$range) -> Self {
                Self::borrowed(Range::from(range.clone()))
            }
        }
    )+};
}

impl_from_borrowed_range! {
    ops::Range<&'a TBorrowed>,
    ops::RangeFrom<&'a TBorrowed>,
    ops::RangeTo<&'a TBorrowed>,
    ops::RangeInclusive<&'a TBorrowed>,
}

// By value it is the borrowed form that exists: with both, neither could be inferred, as a `&T`
// may be an owned value too.
impl<'a, TOwned, TBorrowed> From<ops::RangeToInclusive<&'a TBorrowed>>
    for RangeRef<'a, TOwned, TBorrowed>
where
    TBorrowed: PartialEq,
    TOwned: Borrow<TBorrowed> + PartialEq<TBorrowed>,
{
    fn from(range: ops::RangeToInclusive<&'a TBorrowed>) -> Self {
        Self::borrowed(Range::from(range))
    }
}
