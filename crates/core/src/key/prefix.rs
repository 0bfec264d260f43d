//! The range of all keys that start with a given prefix: from the prefix itself up to, but not
//! including, the first key after all of them, if there is one.

use std::borrow::{Borrow, Cow};

use arc_bytes::ArcBytes;
use arc_bytes::serde::{Bytes, CowBytes};

use crate::connection::{BoundRef, MaybeOwned, RangeRef};

/// A prefix that can be searched for.
pub trait IntoPrefixRange<'a, TOwned>: PartialEq
where
    TOwned: Borrow<Self> + PartialEq<Self>,
{
    /// Returns the range of all values that start with `self`.
    fn to_prefix_range(&'a self) -> RangeRef<'a, TOwned, Self>;
}

/// Returns the range between `prefix` and `end`.
fn prefix_range<TOwned, TBorrowed>(
    prefix: &TBorrowed,
    end: Option<TOwned>,
) -> RangeRef<'_, TOwned, TBorrowed>
where
    TBorrowed: PartialEq + ?Sized,
    TOwned: Borrow<TBorrowed> + PartialEq<TBorrowed>,
{
    RangeRef {
        start: BoundRef::Included(MaybeOwned::Borrowed(prefix)),
        end: end.map_or(BoundRef::Unbounded, |end| {
            BoundRef::Excluded(MaybeOwned::Owned(end))
        }),
    }
}

/// Returns the first bytes after all that start with `prefix`, unless there are none.
fn after_bytes(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|&byte| byte < u8::MAX)?;
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    Some(end)
}

/// Returns the first text after all that start with `prefix`, unless there are none.
fn after_text(prefix: &str) -> Option<String> {
    let (start, next) = prefix.char_indices().rev().find_map(|(start, last)| {
        // A range of `char`s skips the surrogates.
        let next = (last..=char::MAX).nth(1)?;
        Some((start, next))
    })?;
    let mut end = String::with_capacity(start + next.len_utf8());
    end.push_str(&prefix[..start]);
    end.push(next);
    Some(end)
}

macro_rules! impl_bytes_prefix {
    ($($bytes:ty),+ $(,)?) => {$(
        impl<'a> IntoPrefixRange<'a, Self> for $bytes {
            fn to_prefix_range(&'a self) -> RangeRef<'a, Self> {
                prefix_range(self, after_bytes(self).map(Self::from))
            }
        }
    )+};
}

impl_bytes_prefix!(Cow<'_, [u8]>, Vec<u8>, ArcBytes<'_>, CowBytes<'_>, Bytes);

impl<'a> IntoPrefixRange<'a, Self> for String {
    fn to_prefix_range(&'a self) -> RangeRef<'a, Self> {
        prefix_range(self, after_text(self))
    }
}

impl<'a> IntoPrefixRange<'a, String> for str {
    fn to_prefix_range(&'a self) -> RangeRef<'a, String, Self> {
        prefix_range(self, after_text(self))
    }
}
