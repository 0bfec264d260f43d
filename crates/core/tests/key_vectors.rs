//! The bytes of keys, value by value. They are stored on disk, so they must never change.

#![allow(deprecated)]

use std::borrow::Cow;
use std::num::{NonZeroI8, NonZeroIsize, NonZeroU16, NonZeroUsize};
use std::time::{Duration, UNIX_EPOCH};

use bonsaidb_core::arc_bytes::ArcBytes;
use bonsaidb_core::arc_bytes::serde::{Bytes, CowBytes};
use bonsaidb_core::connection::{MaybeOwned, SensitiveBytes, SensitiveString};
use bonsaidb_core::key::time::{
    Days, Nanoseconds, Seconds, SecondsSinceUnixEpoch, TimestampAsSeconds,
};
use bonsaidb_core::key::{
    ByteSource, CompositeKeyEncoder, EnumKey, Key, KeyEncoding, OptionKeyV1, TupleEncodingV1,
    VarInt,
};
use bonsaidb_core::keyvalue::Timestamp;
use bonsaidb_core::ordered_varint::{Signed, Unsigned};

/// Asserts that `value` encodes to these bytes (in hexadecimal), and that they decode to a value
/// which encodes to them again.
#[track_caller]
fn assert_bytes<K>(value: &K, expected: &str)
where
    K: for<'k> Key<'k>,
{
    let expected = from_hex(expected);
    let encoded = encode(value);
    assert_eq!(to_hex(&encoded), to_hex(&expected));
    let decoded = K::from_ord_bytes(ByteSource::Ephemeral(&expected)).unwrap();
    assert_eq!(encode(&decoded), expected);
}

fn encode<K, KE>(value: &KE) -> Vec<u8>
where
    KE: KeyEncoding<K> + ?Sized,
{
    value.as_ord_bytes().unwrap().into_owned()
}

fn from_hex(text: &str) -> Vec<u8> {
    text.split_whitespace()
        .map(|byte| u8::from_str_radix(byte, 16).unwrap())
        .collect()
}

fn to_hex(bytes: &[u8]) -> String {
    let bytes = bytes.iter().map(|byte| format!("{byte:02x}"));
    bytes.collect::<Vec<_>>().join(" ")
}

fn text(text: &str) -> String {
    text.to_owned()
}

#[test]
fn integers_of_fixed_length() {
    assert_bytes(&7_u8, "07");
    assert_bytes(&300_u16, "01 2c");
    assert_bytes(&42_u64, "00 00 00 00 00 00 00 2a");
    assert_bytes(&u32::MAX, "ff ff ff ff");
    assert_bytes(&(1_u128 << 120), &format!("01{}", " 00".repeat(15)));

    assert_bytes(&-1_i8, "7f");
    assert_bytes(&i8::MIN, "00");
    assert_bytes(&i8::MAX, "ff");
    assert_bytes(&-2_i16, "7f fe");
    assert_bytes(&-1_i32, "7f ff ff ff");
    assert_bytes(&0_i32, "80 00 00 00");
    assert_bytes(&1_i64, "80 00 00 00 00 00 00 01");
    assert_bytes(&0_i128, &format!("80{}", " 00".repeat(15)));

    assert_bytes(&NonZeroU16::new(300).unwrap(), "01 2c");
    assert_bytes(&NonZeroI8::new(-1).unwrap(), "7f");
}

#[test]
fn unsigned_varints() {
    for (value, expected) in [
        (0, "00"),
        (1, "01"),
        (15, "0f"),
        (16, "10 10"),
        (255, "10 ff"),
        (4_095, "1f ff"),
        (4_096, "20 10 00"),
        (65_535, "20 ff ff"),
        (1_048_575, "2f ff ff"),
        (1_048_576, "30 10 00 00"),
        (1 << 36, "50 10 00 00 00 00"),
        (usize::MAX, "80 ff ff ff ff ff ff ff ff"),
    ] {
        assert_bytes(&value, expected);
        assert_bytes(&VarInt(value), expected);
        assert_bytes(&Unsigned::from(value), expected);
        if let Some(value) = NonZeroUsize::new(value) {
            assert_bytes(&value, expected);
        }
    }
    assert_bytes(
        &Unsigned::from(1_u128 << 123),
        &format!("f8{}", " 00".repeat(15)),
    );
    assert_bytes(&Unsigned::from((1_u128 << 124) - 1), &["ff"; 16].join(" "));
    let too_large = Unsigned::from(1_u128 << 124);
    assert_invalid_data(&too_large.as_ord_bytes().unwrap_err());

    assert_bytes(&VarInt(16_u8), "10 10");
    assert_bytes(&VarInt(255_u8), "10 ff");
    assert_bytes(&VarInt(u64::MAX), "80 ff ff ff ff ff ff ff ff");
}

#[test]
fn signed_varints() {
    for (value, expected) in [
        (0, "80"),
        (1, "81"),
        (7, "87"),
        (8, "88 08"),
        (127, "88 7f"),
        (128, "88 80"),
        (2_047, "8f ff"),
        (2_048, "90 08 00"),
        (-1, "7f"),
        (-8, "78"),
        (-9, "77 f7"),
        (-2_048, "70 00"),
        (-2_049, "6f f7 ff"),
        (isize::MAX, "c0 7f ff ff ff ff ff ff ff"),
        (isize::MIN, "3f 80 00 00 00 00 00 00 00"),
    ] {
        assert_bytes(&value, expected);
        assert_bytes(&VarInt(value), expected);
        assert_bytes(&Signed::from(value), expected);
        if let Some(value) = NonZeroIsize::new(value) {
            assert_bytes(&value, expected);
        }
    }
    assert_bytes(&Signed::from((1_i128 << 123) - 1), &["ff"; 16].join(" "));
    assert_bytes(&Signed::from(-(1_i128 << 123)), &["00"; 16].join(" "));
    for too_far in [1_i128 << 123, -(1_i128 << 123) - 1] {
        assert_invalid_data(&Signed::from(too_far).as_ord_bytes().unwrap_err());
    }

    assert_bytes(&VarInt(-9_i8), "77 f7");
    assert_bytes(&VarInt(i8::MIN), "77 80");
}

#[track_caller]
fn assert_invalid_data(error: &std::io::Error) {
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
}

#[test]
fn enum_keys() {
    assert_bytes(&EnumKey(0_u8), "00");
    assert_bytes(&EnumKey(16_u32), "10 10");
}

#[test]
fn plain_values() {
    assert_bytes(&true, "01");
    assert_bytes(&false, "00");
    assert_bytes(&(), "");
    assert_bytes(&text("hi"), "68 69");
    assert_eq!(encode::<String, str>("hi"), b"hi");
    assert_eq!(encode::<String, &str>(&"hi"), b"hi");
    assert_eq!(encode(&Cow::Borrowed("hi")), b"hi");
    assert_bytes(&vec![0_u8, 1], "00 01");
    assert_bytes(&Bytes::from([0, 1]), "00 01");
    assert_eq!(encode(&CowBytes::from(&[0_u8, 1])), [0, 1]);
    assert_eq!(encode(&ArcBytes::from(&[0_u8, 1])), [0, 1]);
    assert_eq!(encode::<Vec<u8>, &[u8]>(&&[0, 1][..]), [0, 1]);
    assert_eq!(encode::<Cow<'static, [u8]>, &[u8]>(&&[0, 1][..]), [0, 1]);
    assert_bytes(&[1_u8, 2, 3], "01 02 03");
    assert_bytes(&SensitiveString::from("hi"), "68 69");
    assert_bytes(&SensitiveBytes(Bytes::from([0, 1])), "00 01");
    let borrowed = MaybeOwned::<'_, String, str>::Borrowed("hi");
    assert_eq!(encode(&borrowed), b"hi");
}

#[test]
fn options_and_results() {
    assert_bytes(&Some(7_u8), "01 07");
    assert_bytes(&Some(text("")), "01");
    assert_bytes(&None::<String>, "00");
    assert_bytes(&None::<u8>, "00 00");
    assert_bytes(&None::<[u8; 70]>, &["00"; 71].join(" "));
    assert_eq!(encode::<Option<String>, _>(&Some("a")), [1, b'a']);
    assert_bytes(&Ok::<u8, u16>(1), "00 01");
    assert_bytes(&Err::<u8, u16>(1), "01 00 01");
}

#[test]
fn a_short_none_of_a_fixed_length_type_decodes() {
    for none in [&[][..], &[0], &[0, 0], &[0, 9]] {
        let decoded = Option::<u8>::from_ord_bytes(ByteSource::Borrowed(none)).unwrap();
        assert_eq!(decoded, None);
    }
}

#[test]
fn tuples() {
    assert_bytes(&(1_u8, 2_u16), "01 00 02");
    assert_bytes(&(text("a"), 2_u8), "61 00 02");
    assert_bytes(&(text("a"), text("bc")), "61 00 62 63 00");
    assert_bytes(&(1_u8, text("x"), vec![0_u8]), "01 78 00 01 01 00");
    assert_bytes(&(text("a\0b"),), "61 01 01 62 00");
    assert_bytes(&(vec![1_u8, 2],), "01 02 02 00");
    assert_bytes(&((text("a"), 2_u8), text("z")), "61 01 01 02 00 7a 00");
    assert_bytes(&((1_u8, 0_u8), 3_u8), "01 00 03");
    assert_bytes(&(None::<u8>, Some(1_u8)), "00 00 01 01");
    assert_bytes(&(None::<String>, 1_u8), "01 01 00 01");
    assert_bytes(&(Some(text("")), 1_u8), "01 02 00 01");
    assert_bytes(&((), (), 1_u8), "01");
}

#[test]
fn composites_as_the_derive_writes_them() {
    let mut structure = CompositeKeyEncoder::default();
    structure.encode(&1_u32).unwrap();
    structure.encode::<String, _>("q").unwrap();
    assert_eq!(to_hex(&structure.finish()), "00 00 00 01 71 00");

    let mut unit_variant = CompositeKeyEncoder::default();
    unit_variant.encode(&0_isize).unwrap();
    assert_eq!(to_hex(&unit_variant.finish()), "80 00");

    let mut tuple_variant = CompositeKeyEncoder::default();
    tuple_variant.encode(&1_isize).unwrap();
    tuple_variant.encode(&3_u8).unwrap();
    assert_eq!(to_hex(&tuple_variant.finish()), "81 00 03");

    let mut struct_variant = CompositeKeyEncoder::default();
    struct_variant.encode(&2_isize).unwrap();
    struct_variant.encode::<String, _>("q").unwrap();
    assert_eq!(to_hex(&struct_variant.finish()), "82 00 71 00");
}

#[test]
fn first_forms() {
    assert_bytes(&TupleEncodingV1((1_u8, text("ab"))), "01 02 61 62");
    assert_bytes(
        &TupleEncodingV1((text(&"a".repeat(20)),)),
        &format!("10 14{}", " 61".repeat(20)),
    );
    assert_bytes(&OptionKeyV1(None::<u8>), "");
    assert_bytes(&OptionKeyV1(Some(7_u8)), "07");
}

#[test]
fn times() {
    assert_bytes(&Duration::ZERO, "00");
    assert_bytes(&Duration::new(1, 5), "40 40 00 00 05");
    assert_bytes(&Duration::MAX, "c0 3f ff ff ff ff ff ff ff fb 9a c9 ff");
    assert_bytes(&(UNIX_EPOCH + Duration::from_secs(1)), "40 40 00 00 00");
    assert_bytes(
        &Timestamp {
            seconds: 1,
            nanos: 2,
        },
        "00 00 00 00 00 00 00 01 00 00 00 02",
    );
    assert_bytes(&Seconds::new(5), "85");
    assert_bytes(&Seconds::new(-5), "7b");
    assert_bytes(&Days::new(-1), "7f");
    assert_bytes(&Nanoseconds::new(i64::MIN), "3f 80 00 00 00 00 00 00 00");
    assert_bytes(&SecondsSinceUnixEpoch::from_representation(1), "81");
    assert_bytes(
        &TimestampAsSeconds::try_from(UNIX_EPOCH).unwrap(),
        "5f 8c db df 4d",
    );
}

#[cfg(feature = "uuid")]
#[test]
fn uuids() {
    let uuid = uuid::Uuid::from_u128(0x0001_0203_0405_0607_0809_0a0b_0c0d_0e0f);
    assert_bytes(&uuid, "00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f");
}
