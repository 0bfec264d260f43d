//! A collection and a view for every type of key.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::num::{
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize, NonZeroU8,
    NonZeroU16, NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize,
};
use std::time::{Duration, SystemTime};

use bonsaidb_core::Error;
use bonsaidb_core::arc_bytes::serde::Bytes;
use bonsaidb_core::document::{BorrowedDocument, DocumentId, Emit};
use bonsaidb_core::key::time::{Seconds, TimestampAsNanoseconds};
use bonsaidb_core::key::{ByteSource, Key, VarInt};
use bonsaidb_core::schema::{
    Collection, CollectionName, DefaultViewSerialization, MapReduce, Name, Qualified, Schema,
    SchemaName, Schematic, View, ViewMapResult, ViewSchema,
};

/// A type of key, and values of it.
pub trait SampleKey: for<'k> Key<'k> + Ord + Debug + 'static {
    /// What the type is called in the suites.
    const NAME: &'static str;

    /// Returns values in ascending order, none twice.
    fn samples() -> Vec<Self>;
}

/// A collection with the primary key `K`. A document is an encoded key, by which [`ByKey`] finds it.
#[derive(Debug)]
pub struct Keyed<K>(PhantomData<fn() -> K>);

impl<K: SampleKey> Keyed<K> {
    /// Returns the document that `key` is found by.
    pub fn found_by(key: &K) -> Vec<u8> {
        key.as_ord_bytes().unwrap().into_owned()
    }
}

impl<K: SampleKey> Collection for Keyed<K> {
    type PrimaryKey = K;

    fn collection_name() -> CollectionName {
        CollectionName::new("keys", K::NAME)
    }

    fn define_views(schema: &mut Schematic) -> Result<(), Error> {
        schema.define_view(ByKey::<K>(PhantomData))
    }
}

/// The documents of [`Keyed`] by the key that they are.
#[derive(Debug)]
pub struct ByKey<K>(PhantomData<fn() -> K>);

impl<K> Clone for ByKey<K> {
    fn clone(&self) -> Self {
        Self(PhantomData)
    }
}

impl<K: SampleKey> View for ByKey<K> {
    type Collection = Keyed<K>;
    type Key = K;
    type Value = ();

    fn name(&self) -> Name {
        Name::new("by-key")
    }
}

impl<K: SampleKey> ViewSchema for ByKey<K> {
    type View = Self;
    type MappedKey<'doc> = K;
}

impl<K: SampleKey> DefaultViewSerialization for ByKey<K> {}

impl<K: SampleKey> MapReduce for ByKey<K> {
    fn map<'doc>(&self, document: &'doc BorrowedDocument<'_>) -> ViewMapResult<'doc, Self> {
        let key = K::from_ord_bytes(ByteSource::Borrowed(&document.contents))
            .map_err(|error| Error::other("key serialization", error))?;
        document.header.emit_key(key)
    }
}

/// A key of several fields.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Key)]
pub struct Place {
    /// The first field decides.
    pub country: String,
    /// The second breaks ties.
    pub altitude: i16,
    /// The third breaks those that remain.
    pub district: Option<String>,
}

/// A key of one field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Key)]
pub struct Version(pub u32);

/// A key that is one of several names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Key)]
pub enum Color {
    /// The first.
    Red,
    /// The second.
    Green,
    /// The last.
    Blue,
}

/// A key that is one of several names with fields.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Key)]
#[repr(u8)]
pub enum Shape {
    /// Without fields.
    Point,
    /// With one.
    Circle(i32),
    /// With two that have names.
    Label {
        /// The first.
        text: String,
        /// The second.
        size: u8,
    },
}

macro_rules! sample_keys {
    ($($name:literal: $type:ty = $samples:expr;)*) => {
        /// The schema with [`Keyed`] for every [`SampleKey`].
        #[derive(Debug)]
        pub struct Keys;

        impl Schema for Keys {
            fn schema_name() -> SchemaName {
                SchemaName::new("suite", "keys")
            }

            fn define_collections(schema: &mut Schematic) -> Result<(), Error> {
                $(schema.define_collection::<Keyed<$type>>()?;)*
                Ok(())
            }
        }

        $(
            impl SampleKey for $type {
                const NAME: &'static str = $name;

                fn samples() -> Vec<Self> {
                    $samples.into_iter().collect()
                }
            }
        )*
    };
}

macro_rules! non_zero {
    ($type:ty, [$($value:expr),*]) => {
        [$(<$type>::new($value).expect("no sample is zero")),*]
    };
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn bytes() -> Vec<Vec<u8>> {
    vec![
        vec![],
        vec![0],
        vec![0, 0],
        vec![0, 1],
        vec![1],
        vec![1, 0],
        vec![255],
        vec![255, 255],
    ]
}

fn texts() -> Vec<String> {
    owned(&[
        "", "\0", "\0\0", "a", "a\0", "a\0b", "a\u{1}", "ab", "b", "é", "日本",
    ])
}

sample_keys! {
    "u8": u8 = [0, 1, 127, 128, u8::MAX];
    "u16": u16 = [0, 1, 255, 256, u16::MAX];
    "u32": u32 = [0, 1, 255, 65_536, u32::MAX];
    "u64": u64 = [0, 1, 256, 1 << 40, u64::MAX];
    "u128": u128 = [0, 1, 256, 1 << 100, u128::MAX];
    "usize": usize = [0, 15, 16, 256, 1 << 40];
    "i8": i8 = [i8::MIN, -2, -1, 0, 1, i8::MAX];
    "i16": i16 = [i16::MIN, -256, -1, 0, 1, 256, i16::MAX];
    "i32": i32 = [i32::MIN, -65_536, -1, 0, 1, 65_536, i32::MAX];
    "i64": i64 = [i64::MIN, -65_536, -1, 0, 1, 65_536, i64::MAX];
    "i128": i128 = [i128::MIN, -65_536, -1, 0, 1, 65_536, i128::MAX];
    "isize": isize = [-(1 << 40), -9, -8, -1, 0, 1, 7, 8, 1 << 40];
    "non-zero-u8": NonZeroU8 = non_zero!(NonZeroU8, [1, 2, 255]);
    "non-zero-u16": NonZeroU16 = non_zero!(NonZeroU16, [1, 256, u16::MAX]);
    "non-zero-u32": NonZeroU32 = non_zero!(NonZeroU32, [1, 256, u32::MAX]);
    "non-zero-u64": NonZeroU64 = non_zero!(NonZeroU64, [1, 256, u64::MAX]);
    "non-zero-u128": NonZeroU128 = non_zero!(NonZeroU128, [1, 256, u128::MAX]);
    "non-zero-usize": NonZeroUsize = non_zero!(NonZeroUsize, [1, 16, 256]);
    "non-zero-i8": NonZeroI8 = non_zero!(NonZeroI8, [-128, -1, 1, 127]);
    "non-zero-i16": NonZeroI16 = non_zero!(NonZeroI16, [i16::MIN, -1, 1, 256]);
    "non-zero-i32": NonZeroI32 = non_zero!(NonZeroI32, [i32::MIN, -1, 1, 256]);
    "non-zero-i64": NonZeroI64 = non_zero!(NonZeroI64, [i64::MIN, -1, 1, 256]);
    "non-zero-i128": NonZeroI128 = non_zero!(NonZeroI128, [i128::MIN, -1, 1, 256]);
    "non-zero-isize": NonZeroIsize = non_zero!(NonZeroIsize, [-256, -1, 1, 256]);
    "var-int-u64": VarInt<u64> = [0, 15, 16, 256, u64::MAX].map(VarInt);
    "var-int-i32": VarInt<i32> = [i32::MIN, -1, 0, 1, i32::MAX].map(VarInt);
    "bool": bool = [false, true];
    "unit": () = [()];
    "string": String = texts();
    "bytes": Bytes = bytes().into_iter().map(Bytes::from);
    "byte-vec": Vec<u8> = bytes();
    "byte-array": [u8; 3] = [[0, 0, 0], [0, 0, 255], [1, 0, 0], [255, 255, 255]];
    "document-id": DocumentId = bytes().iter().map(|id| DocumentId::try_from(&id[..]).unwrap());
    "option-i32": Option<i32> = [None, Some(i32::MIN), Some(-1), Some(0), Some(1)];
    "option-string": Option<String> = [None].into_iter().chain(texts().into_iter().map(Some));
    "result": Result<u8, u8> = [Ok(0), Ok(255), Err(0), Err(255)];
    "duration": Duration = [
        Duration::ZERO,
        Duration::from_nanos(1),
        Duration::from_nanos(999_999_999),
        Duration::from_secs(1),
        Duration::from_secs(1 << 40),
    ];
    "system-time": SystemTime = [0, 1, 1_000_000_000]
        .map(|seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    "timestamp": TimestampAsNanoseconds = [-1, 0, 1, 1 << 40]
        .map(TimestampAsNanoseconds::from_representation);
    "seconds": Seconds = [i64::MIN, -1, 0, 1, i64::MAX].map(Seconds::new);
    "pair": (String, i32) = texts()
        .into_iter()
        .flat_map(|text| [(text.clone(), i32::MIN), (text.clone(), -1), (text, 1)]);
    "text-pair": (String, String) = texts()
        .into_iter()
        .flat_map(|first| texts().into_iter().map(move |second| (first.clone(), second)));
    "triple": (Option<u16>, Vec<u8>, bool) = [
        (None, vec![], false),
        (None, vec![], true),
        (None, vec![0], false),
        (None, vec![0, 0], false),
        (Some(0), vec![], false),
        (Some(0), vec![255], true),
        (Some(1), vec![], false),
    ];
    "nested": ((i8, String), Option<String>) = [
        ((-1, String::from("b")), None),
        ((-1, String::from("b")), Some(String::new())),
        ((-1, String::from("b")), Some(String::from("\0"))),
        ((0, String::new()), None),
        ((0, String::from("\0")), None),
        ((1, String::new()), None),
    ];
    "struct": Place = texts().into_iter().flat_map(|country| {
        [(-1, None), (-1, Some("")), (-1, Some("\0")), (0, None), (1, Some("x"))]
            .map(|(altitude, district)| Place {
                country: country.clone(),
                altitude,
                district: district.map(str::to_owned),
            })
    });
    "newtype": Version = [0, 256, u32::MAX].map(Version);
    "enum": Color = [Color::Red, Color::Green, Color::Blue];
    "data-enum": Shape = [
        Shape::Point,
        Shape::Circle(-1),
        Shape::Circle(0),
        Shape::Label { text: String::new(), size: 1 },
        Shape::Label { text: String::from("\0"), size: 0 },
        Shape::Label { text: String::from("a"), size: 0 },
    ];
}
