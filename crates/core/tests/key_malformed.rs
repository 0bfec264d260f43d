//! Whatever the bytes, decoding a key returns: a value or an error, never a panic. And a key that
//! decodes without error encodes to the same bytes again, or else two entries of a database could
//! claim to have the same key.

#![allow(deprecated)]

use std::borrow::Cow;
use std::error::Error;
use std::io::{self, ErrorKind};
use std::num::{NonZeroI16, NonZeroIsize, NonZeroU8, NonZeroU64, NonZeroUsize};
use std::time::{Duration, SystemTime};

use bonsaidb_core::arc_bytes::ArcBytes;
use bonsaidb_core::arc_bytes::serde::{Bytes, CowBytes};
use bonsaidb_core::connection::{MaybeOwned, SensitiveBytes, SensitiveString};
use bonsaidb_core::key::time::{
    Days, Nanoseconds, SecondsSinceUnixEpoch, TimeError, TimestampAsNanoseconds, TimestampAsWeeks,
};
use bonsaidb_core::key::{
    ByteSource, CompositeKeyDecoder, CompositeKeyError, EnumKey, Key, KeyEncoding, NonZeroKeyError,
    OptionKeyV1, TupleEncodingV1, UnknownEnumVariant, VarInt, decode_composite_field,
};
use bonsaidb_core::keyvalue::Timestamp;
use bonsaidb_core::num_traits::{FromPrimitive, ToPrimitive};
use bonsaidb_core::ordered_varint::{Signed, Unsigned};
use proptest::collection::vec;
use proptest::prelude::*;

/// Bytes that look like keys often enough: few values, among them the headers of varints.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        2 => Just(0_u8),
        2 => Just(1),
        2 => prop::sample::select(vec![2, 0x0f, 0x10, 0x3f, 0x40, 0x7f, 0x80, 0x88, 0xc0, 0xff]),
        1 => any::<u8>(),
    ];
    vec(byte, 0..20)
}

/// Decodes from all three sources, which must agree, and encodes what was decoded.
macro_rules! decode {
    ($key:ty, $bytes:expr) => {{
        let bytes: &[u8] = $bytes;
        let encode = |key: $key| {
            KeyEncoding::<$key>::as_ord_bytes(&key)
                .unwrap()
                .into_owned()
        };
        let borrowed = <$key>::from_ord_bytes(ByteSource::Borrowed(bytes))
            .ok()
            .map(encode);
        let ephemeral = <$key>::from_ord_bytes(ByteSource::Ephemeral(bytes))
            .ok()
            .map(encode);
        let owned = <$key>::from_ord_bytes(ByteSource::Owned(bytes.to_vec()))
            .ok()
            .map(encode);
        prop_assert_eq!(&borrowed, &ephemeral, "{}", stringify!($key));
        prop_assert_eq!(&borrowed, &owned, "{}", stringify!($key));
        borrowed
    }};
}

macro_rules! decode_strict {
    ($bytes:expr; $($key:ty),+ $(,)?) => {$(
        if let Some(encoded) = decode!($key, $bytes) {
            prop_assert_eq!($bytes, &encoded, "{}", stringify!($key));
        }
    )+};
}

macro_rules! decode_lenient {
    ($bytes:expr; $($key:ty),+ $(,)?) => {$(
        let _ = decode!($key, $bytes);
    )+};
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn only_the_own_bytes_of_a_simple_key_decode(bytes in noise()) {
        decode_strict! { &bytes;
            u8, u16, u32, u64, u128, i8, i16, i32, i64, i128, usize, isize,
            NonZeroU8, NonZeroU64, NonZeroI16, NonZeroUsize, NonZeroIsize,
            Unsigned, Signed, VarInt<u8>, VarInt<i8>, VarInt<u32>, VarInt<i64>, VarInt<u128>,
            EnumKey<u8>, EnumKey<Color>, String, Cow<'_, str>, Vec<u8>, Bytes, CowBytes<'_>,
            ArcBytes<'_>, Cow<'_, [u8]>, [u8; 2], [u8; 0], MaybeOwned<'_, String>,
            SensitiveString, SensitiveBytes,
        }
    }

    #[test]
    fn only_the_own_bytes_of_a_time_decode(bytes in noise()) {
        decode_strict! { &bytes;
            Duration, SystemTime, Timestamp, Days, Nanoseconds, SecondsSinceUnixEpoch,
            TimestampAsNanoseconds, TimestampAsWeeks,
        }
    }

    #[test]
    fn only_the_own_bytes_of_a_tuple_decode(bytes in noise()) {
        decode_strict! { &bytes;
            (u8,), (Vec<u8>,), (String, u8), (usize, isize), (u16, Vec<u8>, Cow<'_, [u8]>),
            ((Vec<u8>, u8), Vec<u8>), ((Vec<u8>, u8),), (Duration, SystemTime),
        }
    }

    #[test]
    fn lenient_keys_decode_without_panic(bytes in noise()) {
        decode_lenient! { &bytes;
            (), bool, Option<()>, Option<u8>, Option<Vec<u8>>, Option<Option<String>>,
            Result<u8, u16>, Result<String, String>, Option<(Vec<u8>, u8)>,
            (Option<u8>, Option<Vec<u8>>, bool), (Result<Vec<u8>, Vec<u8>>, Vec<u8>),
        }
    }

    #[test]
    fn first_forms_decode_without_panic(bytes in noise()) {
        decode_lenient! { &bytes;
            TupleEncodingV1<(u8,)>, TupleEncodingV1<(Vec<u8>, String)>,
            TupleEncodingV1<(u8, Vec<u8>, isize)>, TupleEncodingV1<(bool, Option<u8>)>,
            OptionKeyV1<u8>, OptionKeyV1<String>,
        }
        let _ = decode_composite_field::<Vec<u8>>(&bytes);
        let _ = decode_composite_field::<u64>(&bytes);
    }

    #[test]
    fn a_composite_decodes_without_panic(bytes in noise(), kinds in vec(0..4_u8, 0..8)) {
        let mut decoder = CompositeKeyDecoder::default_for(ByteSource::Owned(bytes));
        for kind in kinds {
            let _ = match kind {
                0 => decoder.decode::<u8>().is_ok(),
                1 => decoder.decode::<Vec<u8>>().is_ok(),
                2 => decoder.decode::<(Vec<u8>, Option<u8>)>().is_ok(),
                _ => decoder.decode::<isize>().is_ok(),
            };
        }
        let _ = decoder.finish();
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd)]
enum Color {
    Red,
    Green = 20,
    Negative = -1,
}

impl ToPrimitive for Color {
    fn to_i64(&self) -> Option<i64> {
        Some(*self as i64)
    }

    fn to_u64(&self) -> Option<u64> {
        u64::try_from(*self as i64).ok()
    }
}

impl FromPrimitive for Color {
    fn from_i64(number: i64) -> Option<Self> {
        [Self::Red, Self::Green, Self::Negative]
            .into_iter()
            .find(|color| *color as i64 == number)
    }

    fn from_u64(number: u64) -> Option<Self> {
        Self::from_i64(number.try_into().ok()?)
    }
}

fn decode<K: for<'k> Key<'k>>(bytes: &[u8]) -> Result<K, K::Error> {
    K::from_ord_bytes(ByteSource::Borrowed(bytes))
}

/// The kind of the `io::Error` that a composite key wraps.
fn io_kind(error: &CompositeKeyError) -> ErrorKind {
    let source = error.source().expect("composite errors have a source");
    source.downcast_ref::<io::Error>().unwrap().kind()
}

#[test]
fn a_varint_that_is_too_large_for_its_type_is_invalid() {
    let thousand = VarInt(1_000_u32).as_ord_bytes().unwrap().into_owned();
    let kind = |error: io::Error| error.kind();
    assert_eq!(
        decode::<VarInt<u8>>(&thousand).map_err(kind),
        Err(ErrorKind::InvalidData)
    );
    assert_eq!(
        decode::<VarInt<u64>>(&thousand).map_err(kind),
        Ok(VarInt(1_000))
    );
    let negative = VarInt(-129_i64).as_ord_bytes().unwrap().into_owned();
    assert_eq!(
        decode::<VarInt<i8>>(&negative).map_err(kind),
        Err(ErrorKind::InvalidData)
    );
    assert_eq!(
        decode::<VarInt<i16>>(&negative).map_err(kind),
        Ok(VarInt(-129))
    );
    // One byte, then one that does not belong to it; a form longer than needed; too short.
    assert_eq!(
        decode::<usize>(&[5, 5]).map_err(kind),
        Err(ErrorKind::InvalidData)
    );
    assert_eq!(
        decode::<usize>(&[0x10, 5]).map_err(kind),
        Err(ErrorKind::InvalidData)
    );
    assert_eq!(
        decode::<usize>(&[0x10]).map_err(kind),
        Err(ErrorKind::UnexpectedEof)
    );
}

#[test]
fn zero_is_not_non_zero() {
    assert!(matches!(
        decode::<NonZeroU8>(&[0]),
        Err(NonZeroKeyError::ValueIsZero)
    ));
    assert!(matches!(
        decode::<NonZeroU8>(&[]),
        Err(NonZeroKeyError::IncorrectByteLength)
    ));
    let error = decode::<NonZeroUsize>(&[0]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    let inner = error.get_ref().unwrap().downcast_ref::<NonZeroKeyError>();
    assert!(matches!(inner, Some(NonZeroKeyError::ValueIsZero)));
}

#[test]
fn numbers_without_a_variant_are_invalid() {
    let error = decode::<EnumKey<Color>>(&[7]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    let inner = error.get_ref().unwrap();
    assert!(inner.downcast_ref::<UnknownEnumVariant>().is_some());

    let error = EnumKey(Color::Negative).as_ord_bytes().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
}

#[test]
fn durations_with_too_many_nanoseconds_are_invalid() {
    let encoded = |merged: u128| VarInt(merged).as_ord_bytes().unwrap().into_owned();
    let billion = 1_000_000_000;
    let last = decode::<Duration>(&encoded(billion - 1)).unwrap();
    assert_eq!(last, Duration::from_nanos(999_999_999));
    assert!(matches!(
        decode::<Duration>(&encoded(billion)),
        Err(TimeError::InvalidValue)
    ));
    assert!(matches!(
        decode::<Duration>(&encoded(1 << 94)),
        Err(TimeError::DeltaNotRepresentable)
    ));
    assert!(matches!(
        decode::<SystemTime>(&encoded(u128::from(u64::MAX) << 30)),
        Err(TimeError::DeltaNotRepresentable)
    ));
    assert!(matches!(decode::<Days>(&[]), Err(TimeError::InvalidValue)));
}

#[test]
fn composites_report_why_they_fail() {
    let short = decode::<(u16, u8)>(&[0, 1]).unwrap_err();
    assert_eq!(io_kind(&short), ErrorKind::UnexpectedEof);
    let unterminated = decode::<(String,)>(b"abc").unwrap_err();
    assert_eq!(io_kind(&unterminated), ErrorKind::UnexpectedEof);
    let surplus = decode::<(String,)>(b"abc\0d").unwrap_err();
    assert_eq!(io_kind(&surplus), ErrorKind::InvalidData);
    for escape in [&[1, 0][..], &[1, 3, 0], &[b'a', 1, 0], &[1, 1, 1, 0]] {
        let damaged = decode::<(Vec<u8>,)>(escape).unwrap_err();
        assert_eq!(io_kind(&damaged), ErrorKind::InvalidData);
    }
    let not_text = decode::<(String,)>(&[0xff, 0]).unwrap_err();
    let source = not_text.source().unwrap();
    assert!(source.is::<std::string::FromUtf8Error>());
}

#[test]
fn first_forms_report_bytes_that_are_left() {
    assert!(decode::<TupleEncodingV1<(u8, u8)>>(&[1, 2]).is_ok());
    let surplus = decode::<TupleEncodingV1<(u8, u8)>>(&[1, 2, 3]).unwrap_err();
    assert_eq!(io_kind(&surplus), ErrorKind::InvalidData);
    let short = decode::<TupleEncodingV1<(String,)>>(&[3, b'a']).unwrap_err();
    assert_eq!(io_kind(&short), ErrorKind::UnexpectedEof);
}
