//! How derived keys encode, decode and describe themselves.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::Debug;
use std::marker::PhantomData;

use bonsaidb_core::key::{
    ByteSource, CompositeKeyDescription, CompositeKeyError, CompositeKind, IncorrectByteLength,
    Key, KeyDescription, KeyEncoding, KeyKind, NextValueError,
};

/// Asserts that `values` are sorted, that their bytes are as well, and that each decodes from every kind of source.
#[track_caller]
fn sorted<K: for<'k> Key<'k> + Ord + Debug>(values: &[K]) {
    assert!(values.is_sorted());
    let encoded: Vec<_> = values.iter().map(bytes).collect();
    assert!(encoded.is_sorted(), "{encoded:?}");
    for (value, bytes) in values.iter().zip(&encoded) {
        if let Some(length) = K::LENGTH {
            assert_eq!(bytes.len(), length);
        }
        for source in [
            ByteSource::Borrowed(bytes),
            ByteSource::Ephemeral(bytes),
            ByteSource::Owned(bytes.clone()),
        ] {
            let decoded = K::from_ord_bytes(source);
            assert_eq!(
                decoded.as_ref().ok(),
                Some(value),
                "{:?}",
                decoded.as_ref().err()
            );
        }
    }
}

#[track_caller]
fn bytes<K: KeyEncoding>(key: &K) -> Vec<u8> {
    key.as_ord_bytes().expect("encodes").into_owned()
}

#[track_caller]
fn refused<K: for<'k> Key<'k> + Debug>(bytes: &[u8]) -> <K as KeyEncoding>::Error {
    K::from_ord_bytes(ByteSource::Borrowed(bytes)).expect_err("decoded")
}

#[derive(bonsaidb_macros::Key, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Unit;

#[derive(bonsaidb_macros::Key, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct One(u32);

#[derive(bonsaidb_macros::Key, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct OneNamed {
    text: String,
}

#[derive(bonsaidb_macros::Key, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Several {
    text: String,
    number: i32,
    inner: Option<OneNamed>,
}

#[test]
fn no_field_is_no_byte() {
    assert_eq!(bytes(&Unit), []);
    assert_eq!(Unit::LENGTH, Some(0));
    sorted(&[Unit]);
}

#[test]
fn one_field_is_the_field() {
    assert_eq!(bytes(&One(7)), [0, 0, 0, 7]);
    assert_eq!((One::LENGTH, OneNamed::LENGTH), (Some(4), None));
    const { assert!(OneNamed::CAN_OWN_BYTES && !One::CAN_OWN_BYTES) };
    let _: IncorrectByteLength = refused::<One>(&[1, 2]);
    sorted(&[One(1), One(256)]);
}

#[test]
fn several_fields_sort_by_the_first() {
    let key = |text: &str, number, inner: Option<&str>| Several {
        text: text.to_owned(),
        number,
        inner: inner.map(|text| OneNamed {
            text: text.to_owned(),
        }),
    };
    sorted(&[
        key("", -1, None),
        key("", 0, Some("")),
        key("a", -1, Some("b")),
        key("a", -1, Some("b\0")),
        key("a\0", -5, None),
        key("ab", -2, None),
    ]);
    let _: CompositeKeyError = refused::<Several>(&[]);
    let mut surplus = bytes(&key("a", 1, None));
    surplus.push(0);
    refused::<Several>(&surplus);
}

#[derive(bonsaidb_macros::Key, Clone, Debug, PartialEq)]
#[key(null_handling = deny, can_own_bytes)]
struct Denied(String, u8);

#[derive(bonsaidb_macros::Key, Clone, Debug, PartialEq)]
#[key(null_handling = allow, can_own_bytes = false)]
struct Allowed(u8, String);

#[test]
fn null_bytes_are_handled_as_asked() {
    assert!(Denied(String::from("a\0"), 1).as_ord_bytes().is_err());
    let key = Allowed(1, String::from("a\0b"));
    let encoded = bytes(&key);
    assert_eq!(
        Allowed::from_ord_bytes(ByteSource::Borrowed(&encoded)).unwrap(),
        key
    );
    const { assert!(Denied::CAN_OWN_BYTES && !Allowed::CAN_OWN_BYTES) };
}

#[derive(bonsaidb_macros::Key, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Plain {
    Negative = -2,
    Following,
    Nine = 9,
}

#[derive(bonsaidb_macros::Key, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u64)]
enum High {
    Low,
    Last = u64::MAX - 1,
    VeryLast {},
}

#[derive(bonsaidb_macros::Key, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
#[key(enum_repr = u16)]
enum Chosen {
    A,
    B(),
}

#[derive(bonsaidb_macros::Key, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Never {}

#[test]
fn plain_enums_are_their_discriminants() {
    sorted(&[Plain::Negative, Plain::Following, Plain::Nine]);
    assert_eq!(bytes(&Plain::Following), bytes(&-1_isize));
    assert_eq!(Plain::LENGTH, None);
    sorted(&[High::Low, High::Last, High::VeryLast {}]);
    assert_eq!(bytes(&High::VeryLast {}), u64::MAX.to_be_bytes());
    assert_eq!(High::LENGTH, Some(8));
    sorted(&[Chosen::A, Chosen::B()]);
    assert_eq!(bytes(&Chosen::B()), [0, 1]);
}

#[test]
fn unknown_discriminants_are_invalid_data() {
    let kind = |error: CompositeKeyError| {
        let source: Option<&(dyn Error + 'static)> = error.source();
        let source = source.and_then(|source| source.downcast_ref::<std::io::Error>());
        source.map(std::io::Error::kind)
    };
    let expected = Some(std::io::ErrorKind::InvalidData);
    assert_eq!(kind(refused::<High>(&7_u64.to_be_bytes())), expected);
    assert_eq!(kind(refused::<Plain>(&bytes(&7_isize))), expected);
    assert_eq!(kind(refused::<Never>(&bytes(&0_isize))), expected);
    assert_eq!(kind(refused::<Fields>(&bytes(&(7_isize,)))), expected);
    refused::<High>(&[0; 9]);
    refused::<Plain>(&[bytes(&9_isize), vec![0]].concat());
}

#[derive(bonsaidb_macros::Key, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fields {
    Nothing,
    Text(String, u8),
    Named { text: String },
}

#[test]
fn enums_with_fields_sort_by_variant_then_field() {
    let text = |text: &str| text.to_owned();
    sorted(&[
        Fields::Nothing,
        Fields::Text(text(""), 3),
        Fields::Text(text("a"), 0),
        Fields::Text(text("a"), 1),
        Fields::Named { text: text("") },
    ]);
    assert_eq!(Fields::LENGTH, None);
}

#[derive(bonsaidb_macros::Key, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Borrowed<'a>(Cow<'a, str>);

#[derive(bonsaidb_macros::Key, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct BorrowedTwice<'a, 'b> {
    first: Cow<'a, str>,
    second: Borrowed<'b>,
}

#[derive(bonsaidb_macros::Key, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum BorrowedEnum<'a> {
    A(Cow<'a, [u8]>),
    B(Borrowed<'a>, u8),
}

#[test]
fn fields_borrow_from_the_bytes() {
    let text = String::from("text");
    let encoded = bytes(&Borrowed(Cow::Borrowed(&text)));
    let decoded = Borrowed::from_ord_bytes(ByteSource::Borrowed(&encoded)).unwrap();
    assert!(matches!(decoded.0, Cow::Borrowed("text")));

    let key = BorrowedTwice {
        first: Cow::Borrowed(&text),
        second: Borrowed(Cow::Borrowed("b")),
    };
    let encoded = bytes(&key);
    let decoded = BorrowedTwice::from_ord_bytes(ByteSource::Borrowed(&encoded)).unwrap();
    assert_eq!(decoded, key);
    assert!(matches!(decoded.first, Cow::Borrowed(_)));

    for key in [
        BorrowedEnum::A(Cow::Borrowed(b"a")),
        BorrowedEnum::B(Borrowed(Cow::Borrowed(&text)), 1),
    ] {
        let encoded = bytes(&key);
        let decoded = BorrowedEnum::from_ord_bytes(ByteSource::Borrowed(&encoded)).unwrap();
        assert_eq!(decoded, key);
    }
}

#[derive(bonsaidb_macros::Key, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Generic<T, const N: usize>(T, [u8; N])
where
    T: for<'k> Key<'k>;

#[derive(bonsaidb_macros::Key, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Transparent<T: for<'k> Key<'k>>(T);

#[test]
fn generic_keys_are_keys() {
    sorted(&[
        Generic(String::from("a"), [1]),
        Generic(String::from("a"), [2]),
    ]);
    sorted(&[Transparent(1_u8), Transparent(2)]);
    assert_eq!(Transparent::<u8>::LENGTH, Some(1));
}

#[test]
fn automatic_ids_are_unsupported() {
    assert!(matches!(
        One::first_value(),
        Err(NextValueError::Unsupported)
    ));
    assert!(matches!(
        One(1).next_value(),
        Err(NextValueError::Unsupported)
    ));
}

#[derive(bonsaidb_macros::Key, Clone)]
#[key(name = "a place")]
struct Described(u8, PhantomPlace);

#[derive(bonsaidb_macros::Key, Clone)]
struct PhantomPlace(bool);

#[test]
fn descriptions_name_the_parts() {
    use KeyDescription::Basic;

    let composite = |kind, fields| {
        KeyDescription::Composite(CompositeKeyDescription {
            kind,
            fields,
            attributes: std::collections::HashMap::new(),
        })
    };
    assert_eq!(KeyDescription::for_key::<Unit>(), Basic(KeyKind::Unit));
    assert_eq!(KeyDescription::for_key::<One>(), Basic(KeyKind::U32));
    assert_eq!(KeyDescription::for_key::<High>(), Basic(KeyKind::U64));
    assert_eq!(
        KeyDescription::for_key::<Described>(),
        composite(
            CompositeKind::Struct(Cow::Borrowed("a place")),
            vec![Basic(KeyKind::U8), Basic(KeyKind::Bool)]
        )
    );
    assert_eq!(
        KeyDescription::for_key::<Generic<u8, 2>>(),
        composite(
            CompositeKind::Struct(Cow::Borrowed(std::any::type_name::<Generic<u8, 2>>())),
            vec![Basic(KeyKind::U8), Basic(KeyKind::Bytes)]
        )
    );
    assert_eq!(
        KeyDescription::for_key::<Fields>(),
        composite(
            CompositeKind::Tuple,
            [KeyKind::Unit, KeyKind::String, KeyKind::U8, KeyKind::String]
                .map(Basic)
                .to_vec()
        )
    );
    let _: PhantomData<PhantomPlace> = PhantomData;
}
