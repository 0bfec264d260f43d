//! One `use` brings the trait of keys and its derive, which writes what the composite encoder writes.
//! What else it accepts, and how it fails, is tested where it is made.

use bonsaidb_core::key::{ByteSource, Key, KeyEncoding};

#[derive(Key, Clone, Debug, Eq, PartialEq, Ord, PartialOrd)]
struct Fields {
    number: u32,
    text: String,
}

#[derive(Key, Clone, Debug, Eq, PartialEq)]
struct Transparent(u64);

#[track_caller]
fn assert_bytes<K>(value: &K, expected: &[u8])
where
    K: for<'k> Key<'k> + PartialEq + std::fmt::Debug,
{
    assert_eq!(&value.as_ord_bytes().unwrap()[..], expected);
    let decoded = K::from_ord_bytes(ByteSource::Borrowed(expected)).unwrap();
    assert_eq!(&decoded, value);
}

#[test]
fn derived_keys_have_their_bytes() {
    let text = String::from("q");
    let fields = Fields { number: 1, text };
    assert_bytes(&fields, b"\0\0\0\x01q\0");
    assert_bytes(&Transparent(7), &[0, 0, 0, 0, 0, 0, 0, 7]);
}

#[test]
fn derived_keys_sort_as_their_values() {
    let fields = |number, text: &str| Fields {
        number,
        text: String::from(text),
    };
    let values = [
        fields(0, "b"),
        fields(1, ""),
        fields(1, "\0"),
        fields(1, "\0a"),
        fields(1, "\u{1}"),
        fields(1, "a"),
        fields(256, ""),
    ];
    for pair in values.windows(2) {
        assert!(pair[0] < pair[1]);
        assert!(pair[0].as_ord_bytes().unwrap() < pair[1].as_ord_bytes().unwrap());
    }
}
