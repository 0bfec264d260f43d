//! Numbers of the key-value store: which conversions give the same number, which give another one, and what is left after
//! increments and decrements.

// Conversions and equality to the bit are what is tested.
#![allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
#![allow(clippy::cast_sign_loss, clippy::float_cmp)]

use bonsaidb_core::Error;
use bonsaidb_core::arc_bytes::serde::Bytes;
use bonsaidb_core::keyvalue::{IncompatibleTypeError, Numeric, Value};
use proptest::prelude::*;

const TWO_53: u64 = 1 << 53;
const TWO_63: f64 = 9_223_372_036_854_775_808.0;
const TWO_64: f64 = 18_446_744_073_709_551_616.0;

fn int(value: i64) -> Numeric {
    Numeric::Integer(value)
}

fn unsigned(value: u64) -> Numeric {
    Numeric::UnsignedInteger(value)
}

fn float(value: f64) -> Numeric {
    Numeric::Float(value)
}

#[test]
fn exact_conversions_give_the_same_number_or_none() {
    let below_2_63 = 9_223_372_036_854_774_784;
    let below_2_64 = 18_446_744_073_709_549_568;
    for (number, as_i64, as_u64) in [
        (int(0), Some(0), Some(0)),
        (int(-1), Some(-1), None),
        (int(i64::MIN), Some(i64::MIN), None),
        (
            int(i64::MAX),
            Some(i64::MAX),
            Some(i64::MAX.cast_unsigned()),
        ),
        (unsigned(7), Some(7), Some(7)),
        (
            unsigned(i64::MAX.cast_unsigned()),
            Some(i64::MAX),
            Some(i64::MAX.cast_unsigned()),
        ),
        (unsigned(1 << 63), None, Some(1 << 63)),
        (unsigned(u64::MAX), None, Some(u64::MAX)),
        (float(3.0), Some(3), Some(3)),
        (float(-3.0), Some(-3), None),
        (float(-0.0), Some(0), Some(0)),
        (float(0.5), None, None),
        (float(-0.5), None, None),
        (float(f64::MIN_POSITIVE), None, None),
        (float(1e-17), None, None),
        (
            float(below_2_63 as f64),
            Some(below_2_63),
            Some(below_2_63.cast_unsigned()),
        ),
        (float(TWO_63), None, Some(1 << 63)),
        (float(-TWO_63), Some(i64::MIN), None),
        (float(-TWO_63 - 2048.0), None, None),
        (float(below_2_64 as f64), None, Some(below_2_64)),
        (float(TWO_64), None, None),
        (float(1e300), None, None),
        (float(-1e300), None, None),
        (float(f64::INFINITY), None, None),
        (float(f64::NEG_INFINITY), None, None),
        (float(f64::NAN), None, None),
    ] {
        assert_eq!(number.as_i64(), as_i64, "{number:?}");
        assert_eq!(number.as_u64(), as_u64, "{number:?}");
        let value = Value::Numeric(number);
        assert_eq!((value.as_i64(), value.as_u64()), (as_i64, as_u64));
    }
}

#[test]
fn floats_hold_whole_numbers_of_53_bits() {
    for (number, expected) in [
        (int(5), Some(5.0)),
        (int(1 << 53), Some(TWO_53 as f64)),
        (int((1 << 53) + 1), None),
        (int(-(1 << 53)), Some(-(TWO_53 as f64))),
        (int(-(1 << 53) - 1), None),
        (int(i64::MIN), None),
        (unsigned(TWO_53), Some(TWO_53 as f64)),
        (unsigned(TWO_53 + 1), None),
        (unsigned(TWO_53 + 2), None),
        (unsigned(u64::MAX), None),
        (float(0.1), Some(0.1)),
        (float(f64::INFINITY), Some(f64::INFINITY)),
    ] {
        assert_eq!(number.as_f64(), expected, "{number:?}");
        assert_eq!(Value::Numeric(number).as_f64(), expected);
    }
    assert_eq!(const { Numeric::UnsignedInteger(1).as_f64() }, Some(1.0));
    assert_eq!(const { Numeric::Integer(-1).as_f64_lossy() }, -1.0);
}

#[test]
fn lossy_conversions_saturate_or_wrap() {
    for (number, saturating, as_i64, as_u64) in [
        (int(-1), true, -1, 0),
        (int(-1), false, -1, u64::MAX),
        (int(i64::MIN), true, i64::MIN, 0),
        (int(i64::MIN), false, i64::MIN, 1 << 63),
        (unsigned(1 << 63), true, i64::MAX, 1 << 63),
        (unsigned(1 << 63), false, i64::MIN, 1 << 63),
        (unsigned(u64::MAX), false, -1, u64::MAX),
        (unsigned(1), false, 1, 1),
        (float(1.9), true, 1, 1),
        (float(-1.9), false, -1, 0),
        (float(1e300), true, i64::MAX, u64::MAX),
        (float(1e300), false, i64::MAX, u64::MAX),
        (float(f64::NEG_INFINITY), false, i64::MIN, 0),
        (float(f64::NAN), true, 0, 0),
    ] {
        assert_eq!(number.as_i64_lossy(saturating), as_i64, "{number:?}");
        assert_eq!(number.as_u64_lossy(saturating), as_u64, "{number:?}");
        let value = Value::Numeric(number);
        assert_eq!(value.as_i64_lossy(saturating), Some(as_i64));
        assert_eq!(value.as_u64_lossy(saturating), Some(as_u64));
    }
    assert_eq!(unsigned(u64::MAX).as_f64_lossy(), TWO_64);
    assert_eq!(int(i64::MIN).as_f64_lossy(), -TWO_63);
    assert_eq!(Value::Numeric(float(0.5)).as_f64_lossy(), Some(0.5));
}

#[test]
fn bytes_are_no_number() {
    let value = Value::Bytes(Bytes::from(&[1_u8, 2][..]));
    assert_eq!((value.as_i64(), value.as_u64()), (None, None));
    assert_eq!((value.as_f64(), value.as_f64_lossy()), (None, None));
    assert_eq!(value.as_i64_lossy(true), None);
    assert_eq!(value.as_u64_lossy(false), None);
}

#[test]
fn numbers_come_from_and_go_to_their_own_type() {
    assert_eq!(Numeric::from(-1_i64), int(-1));
    assert_eq!(Numeric::from(1_u64), unsigned(1));
    assert_eq!(Numeric::from(1.0_f64), float(1.0));
    assert_eq!(i64::try_from(int(-1)).unwrap(), -1);
    assert_eq!(u64::try_from(unsigned(1)).unwrap(), 1);
    assert_eq!(f64::try_from(float(0.5)).unwrap(), 0.5);
    for number in [unsigned(1), float(1.0)] {
        let _: IncompatibleTypeError = i64::try_from(number).unwrap_err();
    }
    assert!(u64::try_from(int(1)).is_err());
    assert!(u64::try_from(float(1.0)).is_err());
    assert!(f64::try_from(int(1)).is_err());
    assert!(f64::try_from(unsigned(1)).is_err());
}

#[test]
fn only_numbers_are_valid() {
    for number in [int(-1), unsigned(1), float(f64::INFINITY), float(-0.0)] {
        assert_eq!(number.clone().validate().unwrap(), number);
        let value = Value::Numeric(number);
        assert_eq!(value.clone().validate().unwrap(), value);
    }
    let bytes = Value::Bytes(Bytes::default());
    assert_eq!(bytes.clone().validate().unwrap(), bytes);
    let refused = float(f64::NAN).validate();
    assert!(matches!(refused, Err(Error::NotANumber)));
    let refused = Value::Numeric(float(-f64::NAN)).validate();
    assert!(matches!(refused, Err(Error::NotANumber)));
}

#[test]
fn sums_have_the_type_of_the_amount() {
    for (stored, amount, saturating, sum, difference) in [
        (unsigned(0), int(1), true, int(1), int(-1)),
        (unsigned(0), unsigned(1), true, unsigned(1), unsigned(0)),
        (
            unsigned(0),
            unsigned(1),
            false,
            unsigned(1),
            unsigned(u64::MAX),
        ),
        (int(7), float(0.5), true, float(7.5), float(6.5)),
        (float(7.9), unsigned(2), true, unsigned(9), unsigned(5)),
        (float(-7.9), int(2), false, int(-5), int(-9)),
        // The stored number is converted by the same rule as the sum is made.
        (int(-5), unsigned(3), true, unsigned(3), unsigned(0)),
        (
            int(-5),
            unsigned(3),
            false,
            unsigned(u64::MAX - 1),
            unsigned(u64::MAX - 7),
        ),
        (
            unsigned(u64::MAX),
            int(-1),
            true,
            int(i64::MAX - 1),
            int(i64::MAX),
        ),
        (unsigned(u64::MAX), int(-1), false, int(-2), int(0)),
        (
            int(i64::MAX),
            int(1),
            true,
            int(i64::MAX),
            int(i64::MAX - 1),
        ),
        (
            int(i64::MAX),
            int(1),
            false,
            int(i64::MIN),
            int(i64::MAX - 1),
        ),
        (
            int(i64::MIN),
            int(1),
            true,
            int(i64::MIN + 1),
            int(i64::MIN),
        ),
        (
            int(i64::MIN),
            int(1),
            false,
            int(i64::MIN + 1),
            int(i64::MAX),
        ),
        (
            float(f64::MAX),
            float(f64::MAX),
            true,
            float(f64::INFINITY),
            float(0.0),
        ),
    ] {
        let made = stored.incremented_by(&amount, saturating).unwrap();
        assert_eq!(made, sum, "{stored:?} + {amount:?}");
        let made = stored.decremented_by(&amount, saturating).unwrap();
        assert_eq!(made, difference, "{stored:?} - {amount:?}");
    }
}

#[test]
fn what_is_not_a_number_is_refused() {
    for (stored, amount) in [
        (unsigned(0), f64::NAN),
        (float(f64::INFINITY), f64::NAN),
        (float(f64::NAN), 1.0),
    ] {
        for result in [
            stored.incremented_by(&float(amount), true),
            stored.decremented_by(&float(amount), false),
        ] {
            assert!(matches!(result, Err(Error::NotANumber)), "{result:?}");
        }
    }
    let infinite = float(f64::INFINITY);
    assert!(
        infinite
            .incremented_by(&float(f64::NEG_INFINITY), true)
            .is_err()
    );
    assert!(infinite.decremented_by(&infinite, true).is_err());
    assert_eq!(infinite.incremented_by(&infinite, true).unwrap(), infinite);
}

fn any_number() -> impl Strategy<Value = Numeric> {
    prop_oneof![
        any::<i64>().prop_map(int),
        any::<u64>().prop_map(unsigned),
        any::<f64>().prop_map(float),
        // Floats that are whole, or nearly so.
        (any::<i64>(), 0..3_u8)
            .prop_map(|(whole, part)| { float(whole as f64 / f64::from(1_u32 << part)) }),
    ]
}

/// The number in a type that holds every whole one.
fn exactly(number: &Numeric) -> Option<i128> {
    match number {
        Numeric::Integer(value) => Some(i128::from(*value)),
        Numeric::UnsignedInteger(value) => Some(i128::from(*value)),
        Numeric::Float(value) => {
            (value.abs() < 1e38 && value.fract() == 0.0).then_some(*value as i128)
        }
    }
}

proptest! {
    #[test]
    fn exact_conversions_agree_with_a_wider_type(number in any_number()) {
        let whole = exactly(&number);
        prop_assert_eq!(number.as_i64(), whole.and_then(|whole| i64::try_from(whole).ok()));
        prop_assert_eq!(number.as_u64(), whole.and_then(|whole| u64::try_from(whole).ok()));
        if let Some(exact) = number.as_f64() {
            prop_assert!(exact.to_bits() == number.as_f64_lossy().to_bits() || exact.is_nan());
        }
        // What can be had exactly is what the lossy conversions give, whatever their rule.
        for saturating in [true, false] {
            if let Some(exact) = number.as_i64() {
                prop_assert_eq!(number.as_i64_lossy(saturating), exact);
            }
            if let Some(exact) = number.as_u64() {
                prop_assert_eq!(number.as_u64_lossy(saturating), exact);
            }
        }
    }

    #[test]
    fn sums_of_integers_agree_with_a_wider_type(
        stored in any::<i64>(), amount in any::<i64>(), large in any::<u64>(), step in any::<u64>(),
    ) {
        let clamped = |exact: i128| exact.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
        let (a, b) = (i128::from(stored), i128::from(amount));
        let (stored, amount) = (int(stored), int(amount));
        prop_assert_eq!(stored.incremented_by(&amount, true).unwrap(), int(clamped(a + b)));
        prop_assert_eq!(stored.decremented_by(&amount, true).unwrap(), int(clamped(a - b)));
        prop_assert_eq!(stored.incremented_by(&amount, false).unwrap(), int((a + b) as i64));
        prop_assert_eq!(stored.decremented_by(&amount, false).unwrap(), int((a - b) as i64));

        let clamped = |exact: i128| exact.clamp(0, u64::MAX.into()) as u64;
        let (a, b) = (i128::from(large), i128::from(step));
        let (stored, amount) = (unsigned(large), unsigned(step));
        prop_assert_eq!(stored.incremented_by(&amount, true).unwrap(), unsigned(clamped(a + b)));
        prop_assert_eq!(stored.decremented_by(&amount, true).unwrap(), unsigned(clamped(a - b)));
        prop_assert_eq!(stored.incremented_by(&amount, false).unwrap(), unsigned((a + b) as u64));
        prop_assert_eq!(stored.decremented_by(&amount, false).unwrap(), unsigned((a - b) as u64));
    }

    #[test]
    fn sums_are_numbers_of_the_amounts_type(stored in any_number(), amount in any_number(), saturating: bool) {
        for result in [
            stored.incremented_by(&amount, saturating),
            stored.decremented_by(&amount, saturating),
        ] {
            match result {
                Ok(sum) => {
                    prop_assert_eq!(std::mem::discriminant(&sum), std::mem::discriminant(&amount));
                    prop_assert!(sum.validate().is_ok());
                }
                Err(error) => {
                    prop_assert!(matches!(error, Error::NotANumber));
                    prop_assert!(matches!(amount, Numeric::Float(_)));
                }
            }
        }
    }

    #[test]
    fn numbers_come_back_from_their_serialized_form(number in any_number()) {
        let back: Numeric = pot::from_slice(&pot::to_vec(&number).unwrap()).unwrap();
        if let (Numeric::Float(back), Numeric::Float(float)) = (&back, &number) {
            prop_assert_eq!(back.to_bits(), float.to_bits());
        } else {
            prop_assert_eq!(back, number);
        }
    }
}
