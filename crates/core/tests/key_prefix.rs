//! The range for a prefix contains exactly what starts with the prefix.

use std::borrow::{Borrow, Cow};
use std::fmt::Debug;
use std::ops::RangeBounds;

use bonsaidb_core::arc_bytes::ArcBytes;
use bonsaidb_core::arc_bytes::serde::{Bytes, CowBytes};
use bonsaidb_core::connection::{Bound, BoundRef, MaybeOwned, RangeRef};
use bonsaidb_core::key::{IntoPrefixRange, Key, KeyEncoding};
use proptest::collection::vec;
use proptest::prelude::*;

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop::sample::select(vec![0_u8, 1, 0x7f, 0xfe, 0xff]);
    vec(byte, 0..5)
}

fn text() -> impl Strategy<Value = String> {
    let characters = "\0az\u{7f}\u{80}\u{7ff}\u{d7ff}\u{e000}\u{ffff}\u{10000}\u{10ffff}";
    let character = prop::sample::select(characters.chars().collect::<Vec<_>>());
    vec(character, 0..4).prop_map(String::from_iter)
}

/// Asks both the range of values and the range of the encoded keys.
fn contains<TOwned, TBorrowed>(
    range: &RangeRef<'_, TOwned, TBorrowed>,
    candidate: &TBorrowed,
) -> bool
where
    TBorrowed: PartialOrd + KeyEncoding<TOwned> + ?Sized,
    TOwned: Borrow<TBorrowed> + PartialEq<TBorrowed> + for<'k> Key<'k>,
{
    let by_value = range.contains(candidate);
    let encoded_range = range.as_ord_bytes().unwrap();
    let encoded = Bytes::from(candidate.as_ord_bytes().unwrap().into_owned());
    assert_eq!(by_value, encoded_range.contains(&encoded));
    by_value
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn bytes_with_the_prefix(prefix in bytes(), other in bytes(), suffix in bytes()) {
        let longer = [prefix.as_slice(), &suffix].concat();
        for candidate in [other, longer] {
            let expected = candidate.starts_with(&prefix);
            prop_assert_eq!(contains(&prefix.to_prefix_range(), &candidate), expected);
            prop_assert_eq!(
                contains(&Bytes::from(prefix.clone()).to_prefix_range(), &candidate.clone().into()),
                expected
            );

            // These borrow, so they are no keys for every lifetime.
            macro_rules! assert_contains {
                ($bytes:ty) => {
                    let (prefix, candidate) = (<$bytes>::from(&prefix[..]), <$bytes>::from(&candidate[..]));
                    prop_assert_eq!(prefix.to_prefix_range().contains(&candidate), expected);
                };
            }
            assert_contains!(Cow<'_, [u8]>);
            assert_contains!(CowBytes<'_>);
            assert_contains!(ArcBytes<'_>);
        }
    }

    #[test]
    fn text_with_the_prefix(prefix in text(), other in text(), suffix in text()) {
        let longer = format!("{prefix}{suffix}");
        for candidate in [other, longer] {
            let expected = candidate.starts_with(&prefix);
            prop_assert_eq!(contains(&prefix.to_prefix_range(), &candidate), expected);
            prop_assert_eq!(contains(&prefix.as_str().to_prefix_range(), candidate.as_str()), expected);
        }
    }
}

#[track_caller]
fn assert_end<TOwned, TBorrowed>(prefix: &TBorrowed, expected: Option<&TBorrowed>)
where
    TBorrowed: for<'a> IntoPrefixRange<'a, TOwned> + Debug + ?Sized,
    TOwned: Borrow<TBorrowed> + PartialEq<TBorrowed> + Debug,
{
    let range = prefix.to_prefix_range();
    assert_eq!(range.start, BoundRef::borrowed(Bound::Included(prefix)));
    let end = expected.map_or(Bound::Unbounded, Bound::Excluded);
    assert_eq!(range.end, BoundRef::borrowed(end));
}

#[test]
fn ends_of_prefixes_of_text() {
    assert_end::<String, str>("a", Some("b"));
    assert_end::<String, str>("az\u{10ffff}", Some("a{"));
    assert_end::<String, str>("\u{7f}", Some("\u{80}"));
    assert_end::<String, str>("a\u{d7ff}", Some("a\u{e000}"));
    assert_end::<String, str>("\u{10ffff}\u{10ffff}", None);
    assert_end::<String, str>("", None);
}

#[test]
fn ends_of_prefixes_of_bytes() {
    assert_end(&vec![1_u8, 2], Some(&vec![1, 3]));
    assert_end(&vec![1_u8, 0xff, 0xff], Some(&vec![2]));
    assert_end(&vec![0xff_u8, 0xff], None);
    assert_end::<Vec<u8>, Vec<u8>>(&vec![], None);
}

#[test]
fn the_prefix_is_borrowed() {
    let prefix = String::from("a");
    let range = prefix.to_prefix_range();
    assert!(matches!(
        range.start,
        BoundRef::Included(MaybeOwned::Borrowed(start)) if std::ptr::eq(start, &raw const prefix)
    ));
}
