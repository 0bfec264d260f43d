//! Keys as values: automatic assignment, the integer wrapper, the serialization format, secrets.

#![allow(deprecated)]
#![allow(clippy::needless_pass_by_value)] // assertions read better

use std::borrow::Cow;
use std::io::ErrorKind;
use std::num::{NonZeroI8, NonZeroIsize, NonZeroU8};

use bonsaidb_core::connection::{SensitiveBytes, SensitiveString};
use bonsaidb_core::key::{
    ByteSource, Key, KeyEncoding, KeyFormat, NextValueError, OptionKeyV1, VarInt,
};
use bonsaidb_core::ordered_varint::{Signed, Unsigned};
use bonsaidb_core::transmog::{BorrowedDeserializer, Format, OwnedDeserializer};
use zeroize::{Zeroize, ZeroizeOnDrop};

#[track_caller]
fn assert_next<K>(value: K, expected: K)
where
    K: for<'k> Key<'k> + PartialEq + std::fmt::Debug,
{
    assert_eq!(value.next_value().unwrap(), expected);
}

#[track_caller]
fn assert_last<K>(value: K)
where
    K: for<'k> Key<'k> + std::fmt::Debug,
{
    let next = value.next_value();
    assert!(matches!(next, Err(NextValueError::WouldWrap)), "{next:?}");
}

#[test]
fn integers_are_assigned_in_order() {
    assert_eq!(u64::first_value().unwrap(), 0);
    assert_eq!(i64::first_value().unwrap(), 0);
    assert_next(1_u64, 2);
    assert_next(-1_i8, 0);
    assert_last(u8::MAX);
    assert_last(i128::MAX);
    assert_eq!(usize::first_value().unwrap(), 0);
    assert_next(7_isize, 8);
    assert_last(usize::MAX);
    assert_eq!(Unsigned::first_value().unwrap(), Unsigned::from(0_u8));
    assert_next(Signed::from(-1_i8), Signed::from(0_i8));
    assert_last(Unsigned::from((1_u128 << 124) - 1));
    assert_last(Signed::from((1_i128 << 123) - 1));
    assert_last(Signed::from(i128::MAX));
}

#[test]
fn non_zero_integers_skip_zero() {
    let non_zero = |value| NonZeroI8::new(value).unwrap();
    assert_eq!(NonZeroU8::first_value().unwrap(), NonZeroU8::MIN);
    assert_eq!(NonZeroI8::first_value().unwrap(), non_zero(1));
    assert_eq!(NonZeroIsize::first_value().unwrap().get(), 1);
    assert_next(non_zero(-1), non_zero(1));
    assert_next(non_zero(-2), non_zero(-1));
    assert_last(NonZeroU8::MAX);
}

#[test]
fn wrapped_keys_are_assigned_as_what_they_wrap() {
    assert_eq!(Option::<u8>::first_value().unwrap(), Some(0));
    assert_next(Some(1_u8), Some(2));
    assert_next(None::<u8>, None);
    assert_last(Some(u8::MAX));
    assert_eq!(Result::<u8, u8>::first_value().unwrap(), Ok(0));
    assert_next(Err::<u8, u8>(3), Err(4));
    assert_next(OptionKeyV1(Some(1_u8)), OptionKeyV1(Some(2)));
    assert_eq!(
        OptionKeyV1::<u8>::first_value().unwrap(),
        OptionKeyV1(Some(0))
    );
}

#[test]
fn other_keys_are_not_assigned() {
    assert!(matches!(
        String::first_value(),
        Err(NextValueError::Unsupported)
    ));
    assert!(matches!(
        VarInt(1_u8).next_value(),
        Err(NextValueError::Unsupported)
    ));
    assert!(matches!(
        <(u8,)>::first_value(),
        Err(NextValueError::Unsupported)
    ));
}

#[test]
#[should_panic(expected = "no bytes")]
fn the_first_form_of_options_cannot_hold_empty_values() {
    let _ = OptionKeyV1(Some(String::new())).as_ord_bytes();
}

#[test]
fn var_ints_calculate_as_integers() {
    let seven = VarInt::from(7_i32);
    assert_eq!(seven + 1, VarInt(8));
    assert_eq!(seven - 9, VarInt(-2));
    assert_eq!(seven * 2, VarInt(14));
    assert_eq!(seven / 2, VarInt(3));
    assert_eq!(seven % 4, VarInt(3));
    assert_eq!(seven & 5, VarInt(5));
    assert_eq!(seven | 8, VarInt(15));
    assert_eq!(seven ^ 1, VarInt(6));
    assert_eq!(seven << 1, VarInt(14));
    assert_eq!(seven >> 1, VarInt(3));
    assert_eq!(!seven, VarInt(-8));
    assert_eq!(i32::from(seven), 7);
    assert_eq!(seven.count_ones(), 3);
    assert_eq!(seven.to_string(), "7");
    assert_eq!(serde_json::to_string(&seven).unwrap(), "7");
    let mut changed = seven;
    *changed += 1;
    assert!(changed > seven);
}

#[test]
fn var_ints_may_be_widened() {
    let bytes = VarInt(-300_i16).as_ord_bytes().unwrap().into_owned();
    let wide = VarInt::<i128>::from_ord_bytes(ByteSource::Owned(bytes)).unwrap();
    assert_eq!(wide, VarInt(-300));
}

#[test]
fn the_key_format_stores_keys() {
    let bytes = KeyFormat.serialize(&7_u32).unwrap();
    assert_eq!(bytes, [0, 0, 0, 7]);
    assert_eq!(KeyFormat.serialized_size(&7_u32).unwrap(), Some(4));
    assert_eq!(KeyFormat.serialized_size(&String::new()).unwrap(), None);
    let mut written = Vec::new();
    KeyFormat.serialize_into(&7_u32, &mut written).unwrap();
    assert_eq!(written, bytes);
    let read: u32 = KeyFormat.deserialize_owned(&bytes).unwrap();
    assert_eq!(read, 7);
    let read: u32 = KeyFormat.deserialize_from(&bytes[..]).unwrap();
    assert_eq!(read, 7);
    let read: Cow<'_, [u8]> = KeyFormat.deserialize_borrowed(&bytes).unwrap();
    assert!(matches!(read, Cow::Borrowed(_)));

    let error = OwnedDeserializer::<u64>::deserialize_owned(&KeyFormat, &bytes).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    let error = KeyFormat.serialize(&VarInt(u128::MAX)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[test]
fn secrets_are_not_shown() {
    let text = SensitiveString::from("secret");
    assert_eq!(
        format!("{text:?} {text:#?}"),
        "SensitiveString(...) SensitiveString(...)"
    );
    let bytes = SensitiveBytes(b"secret"[..].into());
    assert_eq!(format!("{bytes:?}"), "SensitiveBytes(...)");
    assert_eq!(text.len(), bytes.len());
    assert_eq!(
        SensitiveString::default(),
        SensitiveString::from(String::new())
    );
}

#[test]
fn secrets_are_overwritten() {
    // What the memory holds after the drop cannot be seen from safe code.
    const fn is_overwritten_on_drop<T: ZeroizeOnDrop>() {}
    is_overwritten_on_drop::<SensitiveString>();
    is_overwritten_on_drop::<SensitiveBytes>();

    let mut text = SensitiveString::from("secret");
    text.zeroize();
    assert_eq!(text.0, "");
    let mut bytes = SensitiveBytes([1, 2].into());
    bytes.zeroize();
    assert!(bytes.0.is_empty());
}

#[test]
fn secrets_serialize_as_their_contents() {
    let text = SensitiveString::from("secret");
    assert_eq!(serde_json::to_string(&text).unwrap(), "\"secret\"");
    let read: SensitiveString = serde_json::from_str("\"secret\"").unwrap();
    assert_eq!(read, text);
    let bytes = SensitiveBytes([1, 2].into());
    let json = serde_json::to_string(&bytes).unwrap();
    assert_eq!(
        serde_json::from_str::<SensitiveBytes>(&json).unwrap(),
        bytes
    );
}

#[test]
fn byte_sources_convert() {
    let bytes = [1, 2];
    let sources = || {
        [
            ByteSource::Borrowed(&bytes[..]),
            ByteSource::Ephemeral(&bytes[..]),
            ByteSource::Owned(bytes.to_vec()),
        ]
    };
    for source in sources() {
        assert_eq!(source.as_ref(), bytes);
        assert_eq!(source.len(), 2);
        assert_eq!(source.into_owned(), bytes);
    }
    let borrowed = sources().map(|source| matches!(source.into_borrowed(), Cow::Borrowed(_)));
    assert_eq!(borrowed, [true, false, false]);
    assert!(ByteSource::default().is_empty());
    let source = ByteSource::from(Cow::Borrowed(&bytes[..]));
    assert!(matches!(source, ByteSource::Borrowed(_)));
    let source = ByteSource::from(Cow::<'_, [u8]>::Owned(bytes.to_vec()));
    assert!(matches!(source, ByteSource::Owned(_)));
}
