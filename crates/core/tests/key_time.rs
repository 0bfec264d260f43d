//! Limited times: rounding, text, arithmetic, and what happens at the limits. Their bytes are in
//! `key_vectors.rs`, their order in `key_order.rs`.

#![allow(clippy::needless_pass_by_value)] // assertions read better

use std::fmt::Debug;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bonsaidb_core::key::KeyEncoding;
use bonsaidb_core::key::time::limited::{
    self, AnyTimestamp, BonsaiEpoch, SignedDuration, TimeEpoch, TimeResolution, UnixEpoch,
};
use bonsaidb_core::key::time::{
    Days, DaysSinceUnixEpoch, Hours, Microseconds, Milliseconds, MillisecondsSinceUnixEpoch,
    Minutes, Nanoseconds, NanosecondsSinceUnixEpoch, Seconds, SecondsSinceUnixEpoch, TimeError,
    TimestampAsDays, TimestampAsMilliseconds, TimestampAsNanoseconds, TimestampAsSeconds,
    TimestampAsWeeks, Weeks,
};
use proptest::prelude::*;

const DAY: u64 = 24 * 60 * 60;

fn positive(seconds: u64, nanos: u32) -> SignedDuration {
    SignedDuration::Positive(Duration::new(seconds, nanos))
}

fn negative(seconds: u64, nanos: u32) -> SignedDuration {
    SignedDuration::Negative(Duration::new(seconds, nanos))
}

#[track_caller]
fn assert_not_representable<T: Debug>(result: Result<T, TimeError>) {
    assert!(
        matches!(result, Err(TimeError::DeltaNotRepresentable)),
        "{result:?}"
    );
}

#[track_caller]
fn assert_invalid<T: Debug>(result: Result<T, TimeError>) {
    assert!(matches!(result, Err(TimeError::InvalidValue)), "{result:?}");
}

#[test]
fn conversion_rounds_toward_the_past() {
    assert_eq!(
        Seconds::try_from(positive(1, 999_999_999)).unwrap(),
        Seconds::new(1)
    );
    assert_eq!(Seconds::try_from(negative(1, 0)).unwrap(), Seconds::new(-1));
    assert_eq!(Seconds::try_from(negative(1, 1)).unwrap(), Seconds::new(-2));
    // One nanosecond into the past is a whole unit into the past, for every unit.
    assert_eq!(
        Nanoseconds::try_from(negative(0, 1)).unwrap(),
        Nanoseconds::new(-1)
    );
    assert_eq!(
        Microseconds::try_from(negative(0, 1)).unwrap(),
        Microseconds::new(-1)
    );
    assert_eq!(
        Milliseconds::try_from(negative(0, 1)).unwrap(),
        Milliseconds::new(-1)
    );
    assert_eq!(Minutes::try_from(negative(0, 1)).unwrap(), Minutes::new(-1));
    assert_eq!(
        Minutes::try_from(negative(60, 1)).unwrap(),
        Minutes::new(-2)
    );
    assert_eq!(Hours::try_from(negative(0, 1)).unwrap(), Hours::new(-1));
    assert_eq!(Days::try_from(negative(DAY, 1)).unwrap(), Days::new(-2));
    assert_eq!(
        Weeks::try_from(negative(7 * DAY, 0)).unwrap(),
        Weeks::new(-1)
    );
    assert_eq!(
        Weeks::try_from(positive(7 * DAY - 1, 0)).unwrap(),
        Weeks::new(0)
    );
    assert_eq!(Weeks::try_from(negative(0, 0)).unwrap(), Weeks::new(0));
    assert_eq!(
        Hours::try_from(Duration::from_secs(7_200)).unwrap(),
        Hours::new(2)
    );
}

#[test]
fn durations_out_of_range_are_errors() {
    let first_day_too_late = (u64::from(i32::MAX.unsigned_abs()) + 1) * DAY;
    assert_not_representable(Days::try_from(positive(first_day_too_late, 0)));
    let last = Days::try_from(negative(first_day_too_late, 0)).unwrap();
    assert_eq!(last, Days::new(i32::MIN));
    assert_not_representable(Days::try_from(negative(first_day_too_late, 1)));
    assert_not_representable(Nanoseconds::try_from(Duration::MAX));
    assert_not_representable(Seconds::try_from(SignedDuration::Negative(Duration::MAX)));
    assert_not_representable(Duration::try_from(Seconds::new(-1)));
}

#[test]
fn the_lowest_values_keep_their_magnitude() {
    let seconds = SignedDuration::try_from(Seconds::new(i64::MIN)).unwrap();
    assert_eq!(seconds, negative(1 << 63, 0));
    let milliseconds = SignedDuration::try_from(Milliseconds::new(i64::MIN)).unwrap();
    assert_eq!(milliseconds, negative((1 << 63) / 1_000, 808_000_000));
    let microseconds = SignedDuration::try_from(Microseconds::new(i64::MIN)).unwrap();
    assert_eq!(microseconds, negative((1 << 63) / 1_000_000, 775_808_000));
    let nanoseconds = SignedDuration::try_from(Nanoseconds::new(i64::MIN)).unwrap();
    assert_eq!(
        nanoseconds,
        negative((1 << 63) / 1_000_000_000, 854_775_808)
    );
    let weeks = SignedDuration::try_from(Weeks::new(i32::MIN)).unwrap();
    assert_eq!(weeks, negative((1 << 31) * 7 * DAY, 0));
}

/// Asserts that `duration` lies within the unit that it is converted to, and that the unit's
/// duration converts back.
fn assert_rounded<R>(nanos: i128)
where
    R: TimeResolution,
    R::Representation: Into<i64>,
{
    let magnitude = u64::try_from(nanos.unsigned_abs()).unwrap();
    let duration = if nanos < 0 {
        SignedDuration::Negative(Duration::from_nanos(magnitude))
    } else {
        SignedDuration::Positive(Duration::from_nanos(magnitude))
    };
    let Ok(representation) = R::duration_to_repr(duration) else {
        panic!("64 bits of nanoseconds fit everywhere");
    };
    let rounded = R::repr_to_duration(representation).unwrap();
    let (sign, magnitude) = match rounded {
        SignedDuration::Positive(duration) => (1, duration),
        SignedDuration::Negative(duration) => (-1, duration),
    };
    let rounded_nanos = sign * i128::try_from(magnitude.as_nanos()).unwrap();
    let unit = match (R::FORMAT_SUFFIX, i128::from(DAY) * 1_000_000_000) {
        ("ns", _) => 1,
        ("us", _) => 1_000,
        ("ms", _) => 1_000_000,
        ("s", _) => 1_000_000_000,
        ("m", _) => 60_000_000_000,
        ("h", _) => 3_600_000_000_000,
        ("d", day) => day,
        ("w", day) => 7 * day,
        (suffix, _) => panic!("unknown unit {suffix}"),
    };
    assert!(rounded_nanos <= nanos && nanos < rounded_nanos + unit);
    assert_eq!(i128::from(representation.into()) * unit, rounded_nanos);
    assert_eq!(R::duration_to_repr(rounded).unwrap(), representation);
}

proptest! {
    #[test]
    fn every_unit_rounds_to_the_unit_below(value in any::<i64>(), shift in 0..64_u32) {
        let nanos = i128::from(value >> shift);
        assert_rounded::<limited::Nanoseconds>(nanos);
        assert_rounded::<limited::Microseconds>(nanos);
        assert_rounded::<limited::Milliseconds>(nanos);
        assert_rounded::<limited::Seconds>(nanos);
        assert_rounded::<limited::Minutes>(nanos);
        assert_rounded::<limited::Hours>(nanos);
        assert_rounded::<limited::Days>(nanos);
        assert_rounded::<limited::Weeks>(nanos);
    }

    #[test]
    fn text_reads_back(seconds in 0..4_000_000_000_i64, nanos in 0..1_000_000_000_i64) {
        let nanoseconds =
            NanosecondsSinceUnixEpoch::from_representation(seconds * 1_000_000_000 + nanos);
        prop_assert_eq!(nanoseconds.to_string().parse::<NanosecondsSinceUnixEpoch>().unwrap(), nanoseconds);
        let milliseconds = MillisecondsSinceUnixEpoch::from_representation(seconds);
        prop_assert_eq!(milliseconds.to_string().parse::<MillisecondsSinceUnixEpoch>().unwrap(), milliseconds);
        // A coarser type reads the text of a finer one.
        prop_assert_eq!(
            nanoseconds.to_string().parse::<SecondsSinceUnixEpoch>().unwrap().representation(),
            seconds
        );
    }

    #[test]
    fn no_text_panics(text in "[0-9.+-]{0,30}", other in ".{0,10}") {
        let _ = text.parse::<TimestampAsNanoseconds>();
        let _ = text.parse::<TimestampAsWeeks>();
        let _ = other.parse::<TimestampAsSeconds>();
    }

    #[test]
    fn extreme_timestamps_convert_without_panic(value in any::<i64>()) {
        for value in [value, i64::MIN, i64::MAX] {
            let timestamp = TimestampAsSeconds::from_representation(value);
            let _ = SystemTime::try_from(timestamp);
            let _ = timestamp.duration_since(&UNIX_EPOCH);
            let _ = timestamp.duration_between(&TimestampAsNanoseconds::from_representation(value));
            let _ = format!("{timestamp} {timestamp:?}");
        }
    }
}

#[test]
fn durations_show_their_unit() {
    assert_eq!(Seconds::new(5).to_string(), "5s");
    assert_eq!(format!("{:?}", Weeks::new(-2)), "-2w");
    assert_eq!(Days::new(1).to_string(), "1d");
    assert_eq!(Hours::new(1).to_string(), "1h");
    assert_eq!(Minutes::new(1).to_string(), "1m");
    assert_eq!(Milliseconds::new(1).to_string(), "1ms");
    assert_eq!(Microseconds::new(1).to_string(), "1us");
    assert_eq!(Nanoseconds::new(1).to_string(), "1ns");
}

#[test]
fn timestamps_show_seconds_since_1970() {
    let after = |duration| UNIX_EPOCH + duration;
    let milliseconds = TimestampAsMilliseconds::try_from(after(Duration::from_millis(1_500)));
    assert_eq!(milliseconds.unwrap().to_string(), "1.500");
    let nanoseconds = TimestampAsNanoseconds::try_from(after(Duration::from_nanos(1_500)));
    assert_eq!(nanoseconds.unwrap().to_string(), "0.000001500");
    let nanoseconds = TimestampAsNanoseconds::try_from(after(Duration::from_micros(7)));
    assert_eq!(nanoseconds.unwrap().to_string(), "0.000007");
    let nanoseconds = TimestampAsNanoseconds::try_from(after(Duration::from_micros(100)));
    assert_eq!(nanoseconds.unwrap().to_string(), "0.000100");
    let nanoseconds = TimestampAsNanoseconds::try_from(after(Duration::from_nanos(100)));
    assert_eq!(nanoseconds.unwrap().to_string(), "0.000000100");
    let seconds = TimestampAsSeconds::try_from(after(Duration::from_millis(1_500))).unwrap();
    assert_eq!(seconds.to_string(), "1");
    assert_eq!(format!("{seconds:?}"), "LimitedResolutionTimestamp(1)");
    assert_eq!(seconds.to_timestamp_string().unwrap(), "1");

    let before_1970 = SecondsSinceUnixEpoch::from_representation(-1);
    assert_eq!(before_1970.to_string(), "-1s");
    assert_not_representable(before_1970.to_timestamp_string());
}

#[test]
fn timestamps_are_read_as_decimal_fractions() {
    let parse = str::parse::<TimestampAsMilliseconds>;
    let millis_since_1970 = |text| {
        let timestamp = parse(text).unwrap();
        timestamp.duration_since_unix_epoch().unwrap().as_millis()
    };
    assert_eq!(millis_since_1970("1"), 1_000);
    assert_eq!(millis_since_1970("1.5"), 1_500);
    assert_eq!(millis_since_1970("1.05"), 1_050);
    assert_eq!(millis_since_1970("0.000999999"), 0);
    assert_eq!(millis_since_1970("0.123456789"), 123);
    for invalid in [
        "",
        ".",
        "1.",
        ".5",
        "-1",
        "+1",
        "1.+5",
        "1.-5",
        "1.0000000001",
        "1.5.5",
        "1s",
        " 1",
        "1,5",
        "18446744073709551616",
        "\u{661}",
    ] {
        assert_invalid(parse(invalid));
    }
    assert_not_representable(parse("18446744073709551615"));
}

#[test]
fn timestamps_count_from_their_epoch() {
    assert_eq!(UnixEpoch::name(), "Unix");
    assert_eq!(UnixEpoch::epoch_offset(), Duration::ZERO);
    assert_eq!(BonsaiEpoch::name(), "BonsaiDb");
    assert_eq!(
        BonsaiEpoch::epoch_offset(),
        Duration::from_secs(1_931_747_507)
    );

    let epoch = UNIX_EPOCH + BonsaiEpoch::epoch_offset();
    assert_eq!(
        TimestampAsSeconds::try_from(epoch)
            .unwrap()
            .representation(),
        0
    );
    assert_eq!(
        SystemTime::try_from(TimestampAsDays::default()).unwrap(),
        epoch
    );
    let days = TimestampAsDays::from(Days::new(-3));
    assert_eq!(Days::from(days), Days::new(-3));
    let since_1970 = days.duration_since_unix_epoch().unwrap();
    assert_eq!(since_1970, Duration::from_secs(1_931_747_507 - 3 * DAY));
}

#[test]
fn times_before_1970_are_errors_or_exact() {
    let before = UNIX_EPOCH - Duration::from_millis(1_500);
    assert_not_representable(before.as_ord_bytes());
    assert_not_representable(before.duration_since_unix_epoch());
    let seconds = SecondsSinceUnixEpoch::try_from(before).unwrap();
    assert_eq!(seconds.representation(), -2);
    assert_eq!(
        SystemTime::try_from(seconds).unwrap(),
        UNIX_EPOCH - Duration::from_secs(2)
    );
    let days = DaysSinceUnixEpoch::try_from(before).unwrap();
    assert_eq!(days.representation(), -1);
    assert_not_representable(days.duration_since_unix_epoch());
    assert_not_representable(TimestampAsSeconds::default().duration_since(&seconds));
}

#[test]
fn timestamps_measure_time() {
    let one = SecondsSinceUnixEpoch::from_representation(1);
    let later = TimestampAsMilliseconds::try_from(UNIX_EPOCH + Duration::from_millis(2_500));
    let later = later.unwrap();
    let difference = Duration::from_millis(1_500);
    assert_eq!(later.duration_since(&one).unwrap(), Some(difference));
    assert_eq!(one.duration_since(&later).unwrap(), None);
    assert_eq!(one.duration_between(&later).unwrap(), difference);
    assert_eq!(later.duration_between(&one).unwrap(), difference);
    assert_eq!(one.duration_since(&one).unwrap(), Some(Duration::ZERO));
    assert_eq!(
        one.duration_since(&UNIX_EPOCH).unwrap(),
        Some(Duration::from_secs(1))
    );

    let before = SystemTime::now();
    let now = TimestampAsNanoseconds::now();
    assert!(now.duration_since(&before).unwrap().is_some());
}

#[test]
fn durations_add_up() {
    let sum = positive(1, 0).checked_add(negative(3, 500_000_000));
    assert_eq!(sum, Some(negative(2, 500_000_000)));
    assert_eq!(
        positive(1, 0).checked_add(negative(1, 0)),
        Some(positive(0, 0))
    );
    let max = SignedDuration::Positive(Duration::MAX);
    assert_eq!(max.checked_add(positive(0, 1)), None);
    let min = SignedDuration::Negative(Duration::MAX);
    assert_eq!(min.checked_add(negative(0, 1)), None);
    assert_eq!(max.checked_add(min), Some(positive(0, 0)));

    let sum = [positive(1, 0), negative(2, 0)]
        .into_iter()
        .sum::<SignedDuration>();
    assert_eq!(sum, negative(1, 0));
    let nothing = std::iter::empty::<SignedDuration>().sum::<Option<_>>();
    assert_eq!(nothing, None::<SignedDuration>);
    let overflow = [max, max].into_iter().sum::<Option<SignedDuration>>();
    assert_eq!(overflow, None);

    let sum = [Days::new(5), Days::new(-7)].into_iter().sum::<Days>();
    assert_eq!(sum, Days::new(-2));
    let nothing = std::iter::empty::<Days>().sum::<Option<Days>>();
    assert_eq!(nothing, None);
    let overflow = [Days::new(i32::MAX), Days::new(1)]
        .into_iter()
        .sum::<Option<Days>>();
    assert_eq!(overflow, None);
}

#[test]
#[should_panic(expected = "sum of durations")]
fn an_empty_sum_of_durations_panics() {
    let _ = std::iter::empty::<Seconds>().sum::<Seconds>();
}

#[test]
#[should_panic(expected = "sum of durations")]
fn an_empty_sum_of_signed_durations_panics() {
    let _ = std::iter::empty::<SignedDuration>().sum::<SignedDuration>();
}

#[test]
fn times_serialize_as_numbers() {
    assert_eq!(serde_json::to_string(&Weeks::new(-2)).unwrap(), "-2");
    let timestamp = TimestampAsSeconds::from_representation(7);
    assert_eq!(serde_json::to_string(&timestamp).unwrap(), "7");
    assert_eq!(
        serde_json::from_str::<TimestampAsSeconds>("7").unwrap(),
        timestamp
    );
    assert_eq!(serde_json::from_str::<Weeks>("-2").unwrap(), Weeks::new(-2));
}

#[test]
fn representations_are_constants() {
    const WEEK: Weeks = Weeks::new(1);
    const COUNT: i32 = WEEK.representation();
    const MOMENT: TimestampAsWeeks = TimestampAsWeeks::from_representation(COUNT);
    assert_eq!(MOMENT.representation(), 1);
}
