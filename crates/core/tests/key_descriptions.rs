//! What key types report about themselves. Descriptions are stored, so they must not change.

use std::borrow::Cow;
use std::collections::HashMap;
use std::num::{NonZeroI16, NonZeroIsize, NonZeroUsize};
use std::time::{Duration, SystemTime};

use bonsaidb_core::arc_bytes::serde::Bytes;
use bonsaidb_core::connection::{SensitiveBytes, SensitiveString};
use bonsaidb_core::key::time::{Days, SecondsSinceUnixEpoch, TimestampAsDays};
use bonsaidb_core::key::{
    ByteSource, CompositeKeyDescription, CompositeKind, EnumKey, IncorrectByteLength, Key,
    KeyAttibuteValue, KeyDescription, KeyEncoding, KeyKind, KeyVisitor, VarInt,
};
use bonsaidb_core::keyvalue::Timestamp;
use bonsaidb_core::ordered_varint::{Signed, Unsigned};

fn composite(kind: CompositeKind, fields: Vec<KeyDescription>) -> KeyDescription {
    KeyDescription::Composite(CompositeKeyDescription {
        kind,
        fields,
        attributes: HashMap::new(),
    })
}

fn structure(name: &'static str, fields: &[KeyKind]) -> KeyDescription {
    let fields = fields.iter().copied().map(KeyDescription::Basic).collect();
    composite(CompositeKind::Struct(Cow::Borrowed(name)), fields)
}

#[test]
fn simple_keys() {
    macro_rules! assert_kinds {
        ($($key:ty => $kind:ident),+ $(,)?) => {$(
            let description = KeyDescription::for_key::<$key>();
            assert_eq!(description, KeyDescription::Basic(KeyKind::$kind));
        )+};
    }
    assert_kinds! {
        () => Unit, bool => Bool, u8 => U8, u16 => U16, u32 => U32, u64 => U64, u128 => U128,
        i8 => I8, i16 => I16, i32 => I32, i64 => I64, i128 => I128,
        usize => Unsigned, isize => Signed, NonZeroUsize => Unsigned, NonZeroIsize => Signed,
        NonZeroI16 => I16, Unsigned => Unsigned, Signed => Signed, EnumKey<u8> => Unsigned,
        String => String, Vec<u8> => Bytes, Bytes => Bytes, [u8; 4] => Bytes,
        SensitiveString => String, SensitiveBytes => Bytes,
    }
    let borrowed = KeyDescription::for_encoding::<&str, String>();
    assert_eq!(borrowed, KeyDescription::Basic(KeyKind::String));
}

#[test]
fn composites() {
    let u8_key = || KeyDescription::Basic(KeyKind::U8);
    assert_eq!(
        KeyDescription::for_key::<Option<u8>>(),
        composite(CompositeKind::Option, vec![u8_key()])
    );
    assert_eq!(
        KeyDescription::for_key::<Result<u8, u16>>(),
        composite(
            CompositeKind::Result,
            vec![u8_key(), KeyDescription::Basic(KeyKind::U16)]
        )
    );
    let inner = composite(CompositeKind::Tuple, vec![u8_key(), u8_key()]);
    assert_eq!(
        KeyDescription::for_key::<((u8, u8), u8, (u8, u8))>(),
        composite(CompositeKind::Tuple, vec![inner.clone(), u8_key(), inner])
    );
    assert_eq!(
        KeyDescription::for_key::<VarInt<u8>>(),
        structure("bonsaidb::core::key::VarInt", &[KeyKind::Unsigned])
    );
    assert_eq!(
        KeyDescription::for_key::<VarInt<i8>>(),
        structure("bonsaidb::core::key::VarInt", &[KeyKind::Signed])
    );
}

#[test]
fn times() {
    assert_eq!(
        KeyDescription::for_key::<Duration>(),
        structure("std::time::Duration", &[KeyKind::Unsigned])
    );
    assert_eq!(
        KeyDescription::for_key::<SystemTime>(),
        structure("std::time::SystemTime", &[KeyKind::Unsigned])
    );
    assert_eq!(
        KeyDescription::for_key::<Timestamp>(),
        structure("std::time::Timestamp", &[KeyKind::U64, KeyKind::U32])
    );
    assert_eq!(
        KeyDescription::for_key::<Days>(),
        structure(
            "bonsaidb::core::key::time::LimitedResolutionDuration",
            &[KeyKind::I32]
        )
    );

    let timestamp = |kind, epoch| {
        let name = "bonsaidb::core::key::time::LimitedResolutionTimestamp";
        KeyDescription::Composite(CompositeKeyDescription {
            kind: CompositeKind::Struct(Cow::Borrowed(name)),
            fields: vec![KeyDescription::Basic(kind)],
            attributes: HashMap::from([(Cow::Borrowed("epoch"), KeyAttibuteValue::U128(epoch))]),
        })
    };
    assert_eq!(
        KeyDescription::for_key::<SecondsSinceUnixEpoch>(),
        timestamp(KeyKind::I64, 0)
    );
    assert_eq!(
        KeyDescription::for_key::<TimestampAsDays>(),
        timestamp(KeyKind::I32, 1_931_747_507_000_000_000)
    );
}

#[cfg(feature = "uuid")]
#[test]
fn uuids() {
    assert_eq!(
        KeyDescription::for_key::<uuid::Uuid>(),
        structure("uuid::Uuid", &[KeyKind::Bytes])
    );
}

#[test]
fn descriptions_survive_serialization() {
    let description = KeyDescription::for_key::<(Option<TimestampAsDays>, String)>();
    let json = serde_json::to_string(&description).unwrap();
    let read = serde_json::from_str::<KeyDescription>(&json).unwrap();
    assert_eq!(read, description);
}

/// A key that reports whatever `N` says.
#[derive(Clone)]
struct Reports<const N: usize>;

impl<'k, const N: usize> Key<'k> for Reports<N> {
    const CAN_OWN_BYTES: bool = false;

    fn from_ord_bytes<'e>(_: ByteSource<'k, 'e>) -> Result<Self, Self::Error> {
        Ok(Self)
    }
}

const NOTHING: usize = 0;
const OTHER: usize = 1;
const TOO_FEW: usize = 2;
const TOO_MANY: usize = 3;
const EMPTY_STRUCT: usize = 4;
const LATE_ATTRIBUTE: usize = 5;

impl<const N: usize> KeyEncoding for Reports<N> {
    type Error = IncorrectByteLength;

    const LENGTH: Option<usize> = Some(0);

    fn describe<Visitor>(visitor: &mut Visitor)
    where
        Visitor: KeyVisitor,
    {
        match N {
            OTHER => visitor.visit_other("custom"),
            TOO_FEW => {
                visitor.visit_composite(CompositeKind::Tuple, 2);
                visitor.visit_type(KeyKind::U8);
            }
            TOO_MANY => {
                visitor.visit_composite(CompositeKind::Tuple, 1);
                visitor.visit_type(KeyKind::U8);
                visitor.visit_type(KeyKind::U8);
            }
            EMPTY_STRUCT => {
                visitor.visit_composite(CompositeKind::Tuple, 2);
                visitor.visit_composite(CompositeKind::Struct("empty".into()), 0);
                visitor.visit_composite_attribute("first", "a");
                visitor.visit_composite_attribute("second", vec![1]);
                visitor.visit_type(KeyKind::U8);
            }
            LATE_ATTRIBUTE => {
                visitor.visit_composite(CompositeKind::Tuple, 2);
                visitor.visit_type(KeyKind::U8);
                visitor.visit_composite_attribute("late", true);
            }
            _ => {}
        }
    }

    fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error> {
        Ok(Cow::Borrowed(&[]))
    }
}

#[test]
fn a_key_that_reports_nothing_is_known_by_its_type() {
    let KeyDescription::Other(name) = KeyDescription::for_key::<Reports<NOTHING>>() else {
        panic!("not another kind");
    };
    assert!(name.contains("Reports"));
    assert_eq!(
        KeyDescription::for_key::<Reports<OTHER>>(),
        KeyDescription::Other(Cow::Borrowed("custom"))
    );
}

#[test]
fn composites_without_fields_may_have_attributes() {
    let empty = KeyDescription::Composite(CompositeKeyDescription {
        kind: CompositeKind::Struct("empty".into()),
        fields: vec![],
        attributes: HashMap::from([
            ("first".into(), KeyAttibuteValue::Str("a".into())),
            ("second".into(), KeyAttibuteValue::Bytes(vec![1].into())),
        ]),
    });
    assert_eq!(
        KeyDescription::for_key::<Reports<EMPTY_STRUCT>>(),
        composite(
            CompositeKind::Tuple,
            vec![empty, KeyDescription::Basic(KeyKind::U8)]
        )
    );
}

#[test]
#[should_panic(expected = "fewer fields")]
fn too_few_fields_panic() {
    let _ = KeyDescription::for_key::<Reports<TOO_FEW>>();
}

#[test]
#[should_panic(expected = "more fields")]
fn too_many_fields_panic() {
    let _ = KeyDescription::for_key::<Reports<TOO_MANY>>();
}

#[test]
#[should_panic(expected = "attribute")]
fn late_attributes_panic() {
    let _ = KeyDescription::for_key::<Reports<LATE_ATTRIBUTE>>();
}

/// A visitor written before `visit_other` existed.
#[derive(Default)]
struct OldVisitor(Vec<KeyKind>);

impl KeyVisitor for OldVisitor {
    fn visit_type(&mut self, kind: KeyKind) {
        self.0.push(kind);
    }

    fn visit_composite(&mut self, _: CompositeKind, _: usize) {}

    fn visit_composite_attribute(
        &mut self,
        _: impl Into<Cow<'static, str>>,
        _: impl Into<KeyAttibuteValue>,
    ) {
    }
}

#[test]
fn other_kinds_are_bytes_to_visitors_that_do_not_know_them() {
    let mut visitor = OldVisitor::default();
    Reports::<OTHER>::describe(&mut visitor);
    assert_eq!(visitor.0, [KeyKind::Bytes]);
}
