//! The two promises of a key: its bytes sort as the values do, and they decode to the value, from
//! each of the three sources. Checked for every type, with generated pairs of values.
//!
//! Strategy: two unrelated random values differ in the first byte and prove nothing. So values
//! are drawn from small sets that contain what encodings trip over: the bytes `00` (ends fields),
//! `01` (escapes), `02` and `ff`, empty and very short contents, so that one value is often the
//! beginning of another, and integers of every magnitude next to the limits.

use std::borrow::Cow;
use std::num::{
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize, NonZeroU8,
    NonZeroU16, NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize,
};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bonsaidb_core::arc_bytes::ArcBytes;
use bonsaidb_core::arc_bytes::serde::{Bytes, CowBytes};
use bonsaidb_core::connection::{MaybeOwned, SensitiveBytes, SensitiveString};
use bonsaidb_core::key::time::limited::{LimitedResolutionDuration, LimitedResolutionTimestamp};
use bonsaidb_core::key::time::{
    Days, DaysSinceUnixEpoch, Hours, Microseconds, Milliseconds, Minutes, Nanoseconds, Seconds,
    TimestampAsNanoseconds, TimestampAsWeeks, Weeks,
};
use bonsaidb_core::key::{
    ByteSource, CompositeKeyDecoder, CompositeKeyEncoder, EnumKey, Key, KeyEncoding, VarInt,
};
use bonsaidb_core::keyvalue::Timestamp;
use bonsaidb_core::ordered_varint::{Signed, Unsigned};
use proptest::collection::vec;
use proptest::prelude::*;

fn bytes() -> impl Strategy<Value = Vec<u8>> + Clone {
    let byte = prop_oneof![
        3 => Just(0_u8),
        3 => Just(1),
        1 => Just(2),
        1 => Just(0xfe),
        1 => Just(0xff),
        1 => any::<u8>(),
    ];
    vec(byte, 0..6)
}

fn text() -> impl Strategy<Value = String> + Clone {
    let character = prop::sample::select(vec![
        '\0',
        '\u{1}',
        '\u{2}',
        'a',
        '\u{7f}',
        '\u{80}',
        '\u{7ff}',
        '\u{d7ff}',
        '\u{e000}',
        '\u{ffff}',
        '\u{10000}',
        '\u{10ffff}',
    ]);
    vec(character, 0..5).prop_map(String::from_iter)
}

/// Integers of every magnitude: a random one shifted down by a random number of bits.
macro_rules! integer {
    ($integer:ty) => {
        prop_oneof![
            1 => prop::sample::select(vec![0, 1, <$integer>::MIN, <$integer>::MAX]),
            1 => (0..<$integer>::BITS, 0..3_u8).prop_map(|(bit, offset)| {
                // Around the powers of two, where variable lengths change.
                (1 as $integer).wrapping_shl(bit).wrapping_add(<$integer>::from(offset == 0))
                    .wrapping_sub(<$integer>::from(offset == 1))
            }),
            2 => (any::<$integer>(), 0..<$integer>::BITS).prop_map(|(value, shift)| value >> shift),
        ]
    };
}

macro_rules! non_zero {
    ($non_zero:ty, $integer:ty) => {
        integer!($integer).prop_filter_map("zero", <$non_zero>::new)
    };
}

fn duration() -> impl Strategy<Value = Duration> + Clone {
    let nanos = prop::sample::select(vec![0, 1, 999_999_999]);
    (integer!(u64), prop_oneof![nanos, 0..1_000_000_000_u32])
        .prop_map(|(seconds, nanos)| Duration::new(seconds, nanos))
}

fn system_time() -> impl Strategy<Value = SystemTime> + Clone {
    duration().prop_filter_map("too late", |duration| UNIX_EPOCH.checked_add(duration))
}

fn timestamp() -> impl Strategy<Value = Timestamp> + Clone {
    (integer!(u64), integer!(u32)).prop_map(|(seconds, nanos)| Timestamp { seconds, nanos })
}

/// Asserts what is promised for `$left` and `$right` of the type `$key`.
///
/// A macro since for types that borrow, a function would have to name how long.
macro_rules! assert_key {
    ($key:ty, $left:expr, $right:expr) => {
        let (left, right): ($key, $key) = ($left, $right);
        let left_bytes = KeyEncoding::<$key>::as_ord_bytes(&left).unwrap();
        let right_bytes = KeyEncoding::<$key>::as_ord_bytes(&right).unwrap();
        prop_assert_eq!(
            left.partial_cmp(&right).unwrap(),
            left_bytes.cmp(&right_bytes),
            "{:02x?} / {:02x?}",
            left_bytes,
            right_bytes
        );
        assert_round_trip!($key, left, &left_bytes);
    };
}

macro_rules! assert_round_trip {
    ($key:ty, $value:expr, $bytes:expr) => {
        let bytes: &[u8] = $bytes;
        if let Some(length) = <$key as KeyEncoding<$key>>::LENGTH {
            prop_assert_eq!(bytes.len(), length);
        }
        let decoded = [
            <$key>::from_ord_bytes(ByteSource::Borrowed(bytes)).unwrap(),
            <$key>::from_ord_bytes(ByteSource::Ephemeral(bytes)).unwrap(),
            <$key>::from_ord_bytes(ByteSource::Owned(bytes.to_vec())).unwrap(),
        ];
        for decoded in &decoded {
            prop_assert!(*decoded == $value);
        }
    };
}

macro_rules! keys {
    ($($name:ident: $key:ty = $strategy:expr;)+) => {
        proptest! {
            #![proptest_config(ProptestConfig::with_cases(1000))]
            $(
                #[test]
                fn $name(left in $strategy, right in $strategy) {
                    assert_key!($key, left, right);
                }
            )+
        }
    };
}

keys! {
    unsigned_8: u8 = integer!(u8);
    unsigned_16: u16 = integer!(u16);
    unsigned_32: u32 = integer!(u32);
    unsigned_64: u64 = integer!(u64);
    unsigned_128: u128 = integer!(u128);
    unsigned_size: usize = integer!(u64).prop_map(|value| usize::try_from(value).unwrap());
    signed_8: i8 = integer!(i8);
    signed_16: i16 = integer!(i16);
    signed_32: i32 = integer!(i32);
    signed_64: i64 = integer!(i64);
    signed_128: i128 = integer!(i128);
    signed_size: isize = integer!(i64).prop_map(|value| isize::try_from(value).unwrap());

    non_zero_unsigned_8: NonZeroU8 = non_zero!(NonZeroU8, u8);
    non_zero_unsigned_16: NonZeroU16 = non_zero!(NonZeroU16, u16);
    non_zero_unsigned_32: NonZeroU32 = non_zero!(NonZeroU32, u32);
    non_zero_unsigned_64: NonZeroU64 = non_zero!(NonZeroU64, u64);
    non_zero_unsigned_128: NonZeroU128 = non_zero!(NonZeroU128, u128);
    non_zero_unsigned_size: NonZeroUsize = non_zero!(NonZeroUsize, usize);
    non_zero_signed_8: NonZeroI8 = non_zero!(NonZeroI8, i8);
    non_zero_signed_16: NonZeroI16 = non_zero!(NonZeroI16, i16);
    non_zero_signed_32: NonZeroI32 = non_zero!(NonZeroI32, i32);
    non_zero_signed_64: NonZeroI64 = non_zero!(NonZeroI64, i64);
    non_zero_signed_128: NonZeroI128 = non_zero!(NonZeroI128, i128);
    non_zero_signed_size: NonZeroIsize = non_zero!(NonZeroIsize, isize);

    variable_unsigned: Unsigned = integer!(u128).prop_map(|value| Unsigned::from(value >> 4));
    variable_signed: Signed = integer!(i128).prop_map(|value| Signed::from(value >> 4));
    var_int_u8: VarInt<u8> = integer!(u8).prop_map(VarInt);
    var_int_u16: VarInt<u16> = integer!(u16).prop_map(VarInt);
    var_int_u32: VarInt<u32> = integer!(u32).prop_map(VarInt);
    var_int_u64: VarInt<u64> = integer!(u64).prop_map(VarInt);
    var_int_u128: VarInt<u128> = integer!(u128).prop_map(|value| VarInt(value >> 4));
    var_int_usize: VarInt<usize> = integer!(usize).prop_map(VarInt);
    var_int_i8: VarInt<i8> = integer!(i8).prop_map(VarInt);
    var_int_i16: VarInt<i16> = integer!(i16).prop_map(VarInt);
    var_int_i32: VarInt<i32> = integer!(i32).prop_map(VarInt);
    var_int_i64: VarInt<i64> = integer!(i64).prop_map(VarInt);
    var_int_i128: VarInt<i128> = integer!(i128).prop_map(|value| VarInt(value >> 4));
    var_int_isize: VarInt<isize> = integer!(isize).prop_map(VarInt);
    enum_key: EnumKey<u64> = integer!(u64).prop_map(EnumKey);

    boolean: bool = any::<bool>();
    unit: () = Just(());
    string: String = text();
    cow_str: Cow<'_, str> = text().prop_map(Cow::Owned);
    vector: Vec<u8> = bytes();
    serde_bytes: Bytes = bytes().prop_map(Bytes::from);
    cow_bytes: CowBytes<'_> = bytes().prop_map(CowBytes::from);
    arc_bytes: ArcBytes<'_> = bytes().prop_map(ArcBytes::from);
    cow_slice: Cow<'_, [u8]> = bytes().prop_map(Cow::Owned);
    array: [u8; 3] = any::<[u8; 3]>();
    empty_array: [u8; 0] = Just([]);
    maybe_owned: MaybeOwned<'_, String> = text().prop_map(MaybeOwned::Owned);

    option_of_unit: Option<()> = prop::option::of(Just(()));
    option_of_byte: Option<u8> = prop::option::of(integer!(u8));
    option_of_signed: Option<i32> = prop::option::of(integer!(i32));
    option_of_text: Option<String> = prop::option::of(text());
    option_of_option: Option<Option<Vec<u8>>> = prop::option::of(prop::option::of(bytes()));
    option_of_fixed_option: Option<Option<u8>> = prop::option::of(prop::option::of(integer!(u8)));
    result_of_integers: Result<u8, u16> = prop::result::maybe_ok(integer!(u8), integer!(u16));
    result_of_text: Result<String, String> = prop::result::maybe_ok(text(), text());

    std_duration: Duration = duration();
    std_system_time: SystemTime = system_time();
    key_value_timestamp: Timestamp = timestamp();
    weeks: Weeks = integer!(i32).prop_map(Weeks::new);
    days: Days = integer!(i32).prop_map(Days::new);
    hours: Hours = integer!(i32).prop_map(Hours::new);
    minutes: Minutes = integer!(i32).prop_map(Minutes::new);
    seconds: Seconds = integer!(i64).prop_map(Seconds::new);
    milliseconds: Milliseconds = integer!(i64).prop_map(Milliseconds::new);
    microseconds: Microseconds = integer!(i64).prop_map(Microseconds::new);
    nanoseconds: Nanoseconds = integer!(i64).prop_map(LimitedResolutionDuration::new);
    week_timestamp: TimestampAsWeeks = integer!(i32).prop_map(LimitedResolutionTimestamp::from_representation);
    day_timestamp: DaysSinceUnixEpoch = integer!(i32).prop_map(LimitedResolutionTimestamp::from_representation);
    nanosecond_timestamp: TimestampAsNanoseconds = integer!(i64).prop_map(LimitedResolutionTimestamp::from_representation);

    tuple_1: (Vec<u8>,) = (bytes(),);
    tuple_2: (Vec<u8>, Vec<u8>) = (bytes(), bytes());
    tuple_of_fixed: (u8, i16, [u8; 2]) = (integer!(u8), integer!(i16), any::<[u8; 2]>());
    tuple_of_mixed: (i8, String, bool, Vec<u8>) = (integer!(i8), text(), any::<bool>(), bytes());
    tuple_of_varints: (isize, usize, i32) = (integer!(isize), integer!(usize), integer!(i32));
    tuple_of_options: (Option<String>, Option<u8>, u8) =
        (prop::option::of(text()), prop::option::of(integer!(u8)), integer!(u8));
    tuple_of_results: (Result<Vec<u8>, Vec<u8>>, Vec<u8>) =
        (prop::result::maybe_ok(bytes(), bytes()), bytes());
    tuple_of_times: (Duration, SystemTime, Seconds) =
        (duration(), system_time(), integer!(i64).prop_map(Seconds::new));
    nested_tuple: ((Vec<u8>, Vec<u8>), Vec<u8>) = ((bytes(), bytes()), bytes());
    twice_nested_tuple: (((Vec<u8>, u8), Vec<u8>), (i16, (String,))) =
        (((bytes(), integer!(u8)), bytes()), (integer!(i16), (text(),)));
    option_of_tuple: (Option<(Vec<u8>, u8)>, Vec<u8>) =
        (prop::option::of((bytes(), integer!(u8))), bytes());
    option_of_fixed_tuple: Option<(u8, i8)> = prop::option::of((integer!(u8), integer!(i8)));
    tuple_of_borrowed: (Cow<'_, [u8]>, CowBytes<'_>, Cow<'_, str>) =
        (bytes().prop_map(Cow::Owned), bytes().prop_map(CowBytes::from), text().prop_map(Cow::Owned));
    tuple_5: (u8, (), Vec<u8>, i8, Vec<u8>) =
        (integer!(u8), Just(()), bytes(), integer!(i8), bytes());
    tuple_6: (bool, bool, Vec<u8>, bool, Vec<u8>, bool) =
        (any::<bool>(), any::<bool>(), bytes(), any::<bool>(), bytes(), any::<bool>());
    tuple_7: (bool, bool, Vec<u8>, bool, Vec<u8>, bool, String) =
        (any::<bool>(), any::<bool>(), bytes(), any::<bool>(), bytes(), any::<bool>(), text());
    tuple_8: (bool, bool, Vec<u8>, bool, Vec<u8>, bool, String, i8) = (
        any::<bool>(), any::<bool>(), bytes(), any::<bool>(), bytes(), any::<bool>(), text(), integer!(i8)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// These have no order of their own: it is that of their contents.
    #[test]
    fn sensitive_values(left in text(), right in text()) {
        let keys = (SensitiveString::from(left.as_str()), SensitiveString::from(right.as_str()));
        let encoded = (keys.0.as_ord_bytes().unwrap(), keys.1.as_ord_bytes().unwrap());
        prop_assert_eq!(left.cmp(&right), encoded.0.cmp(&encoded.1));
        assert_round_trip!(SensitiveString, keys.0, &encoded.0);
        let bytes = SensitiveBytes(Bytes::from(left.as_bytes()));
        assert_round_trip!(SensitiveBytes, bytes, &bytes.as_ord_bytes().unwrap());
    }

    /// The order of a tuple and of an encoder's fields are the same, whatever the null handling.
    #[test]
    fn null_handlings_agree(first in bytes(), second in text(), third in any::<i16>()) {
        let tuple = (first.clone(), second.clone(), third);
        let expected = tuple.as_ord_bytes().unwrap();
        let nulls = first.contains(&0) || second.contains('\0');

        macro_rules! assert_same {
            ($encoder:expr, $decoder:path, $denies:expr) => {
                let mut encoder = $encoder;
                let encoded = encoder
                    .encode(&first)
                    .and_then(|()| encoder.encode(&second))
                    .and_then(|()| encoder.encode(&third));
                prop_assert_eq!(encoded.is_err(), $denies && nulls);
                if encoded.is_ok() {
                    prop_assert_eq!(&encoder.finish(), expected.as_ref());
                }
                let mut decoder = $decoder(ByteSource::Borrowed(&expected));
                prop_assert_eq!(&decoder.decode::<Vec<u8>>().unwrap(), &first);
                prop_assert_eq!(&decoder.decode::<String>().unwrap(), &second);
                prop_assert_eq!(decoder.decode::<i16>().unwrap(), third);
                decoder.finish().unwrap();
            };
        }

        assert_same!(CompositeKeyEncoder::default(), CompositeKeyDecoder::default_for, false);
        assert_same!(
            CompositeKeyEncoder::allowing_null_bytes(),
            CompositeKeyDecoder::allowing_null_bytes,
            false
        );
        assert_same!(
            CompositeKeyEncoder::denying_null_bytes(),
            CompositeKeyDecoder::denying_null_bytes,
            true
        );
    }

    /// Keys that are assigned one after the other sort in that order.
    #[test]
    fn next_values_are_greater(
        signed in integer!(i32),
        variable in integer!(i128),
        non_zero in non_zero!(NonZeroI8, i8),
    ) {
        macro_rules! assert_greater {
            ($value:expr) => {
                if let Ok(next) = $value.next_value() {
                    prop_assert!($value.as_ord_bytes().unwrap() < next.as_ord_bytes().unwrap());
                }
            };
        }
        assert_greater!(signed);
        assert_greater!(non_zero);
        assert_greater!(Some(signed));
        assert_greater!(Ok::<i32, i32>(signed));
        assert_greater!(Signed::from(variable >> 4));
        assert_greater!(Unsigned::from(variable.unsigned_abs() >> 4));
    }
}
