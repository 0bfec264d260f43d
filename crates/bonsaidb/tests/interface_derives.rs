//! Every form of the derives' attributes, on types as programs write them.
#![allow(dead_code, missing_docs)]

use std::borrow::Cow;
use std::fmt::Debug;

use bonsaidb::core::connection::Connection;
use bonsaidb::core::document::{BorrowedDocument, CollectionDocument, Emit, KeyId};
use bonsaidb::core::key::{ByteSource, Key, KeyDescription, KeyEncoding};
use bonsaidb::core::permissions::Action;
use bonsaidb::core::schema::view::map::Mappings;
use bonsaidb::core::schema::{
    Authority, Collection, CollectionMapReduce, DefaultSerialization, DefaultViewSerialization,
    MapReduce, Name, Qualified, Schema, Schematic, SerializedCollection, SerializedView, View,
    ViewMapResult, ViewSchema,
};
use bonsaidb::core::{
    define_basic_mapped_view, define_basic_unique_mapped_view, define_mapped_view, transmog_pot,
};
use bonsaidb::local::Database;
use bonsaidb::local::config::{Builder, StorageConfiguration};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

const AUTHORITY: &str = "constant";

fn authority() -> Authority {
    Authority::from(String::from("called"))
}

#[derive(Debug, Clone, Serialize, Deserialize, Collection)]
#[collection(name = "split")]
#[collection(authority = AUTHORITY)]
#[collection(views(SplitByNumber, SplitByText,))]
#[collection(views = [SplitUnit])]
#[cfg_attr(all(), collection(primary_key = (u32, String)))]
struct Split {
    number: u32,
    text: String,
}

#[derive(Debug, Clone, View, ViewSchema)]
#[view(collection = Split)]
#[view(key = u32, value = String)]
#[view(name = "Größe & Zahl")]
struct SplitByNumber;

impl CollectionMapReduce for SplitByNumber {
    fn map<'doc>(&self, document: CollectionDocument<Split>) -> ViewMapResult<'doc, Self::View> {
        let Split { number, text } = document.contents;
        document.header.emit_key_and_value(number, text)
    }
}

#[derive(Debug, Clone, View, ViewSchema)]
#[view(collection = Split, key = String, serialization = transmog_pot::Pot, core = bonsaidb::core)]
#[view_schema(mapped_key = Cow<'doc, str>, version = 2, policy = Eager, core = bonsaidb::core)]
struct SplitByText;

impl MapReduce for SplitByText {
    fn map<'doc>(&self, document: &'doc BorrowedDocument<'_>) -> ViewMapResult<'doc, Self> {
        // Borrowed contents cannot be deserialized in place, but a part of them can be emitted.
        let digits = document
            .contents
            .as_slice()
            .iter()
            .rposition(u8::is_ascii_digit);
        match digits.and_then(|at| std::str::from_utf8(&document.contents[at..=at]).ok()) {
            Some(digit) => document.header.emit_key(Cow::Borrowed(digit)),
            None => Ok(Mappings::none()),
        }
    }
}

#[derive(Debug, Clone, View, ViewSchema)]
#[view(collection = Split, key = (), value = i8)]
struct SplitUnit;

impl CollectionMapReduce for SplitUnit {
    fn map<'doc>(&self, document: CollectionDocument<Split>) -> ViewMapResult<'doc, Self>
    where
        CollectionDocument<Split>: 'doc,
    {
        document.header.emit_value(-1)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, Collection)]
#[collection(name = "marked", authority = authority())]
pub struct Marked {
    #[natural_id]
    id: [u8; 4],
    note: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Collection)]
#[collection(name = "tuple", authority = Name::new("a name"))]
pub struct Tuple(#[natural_id] i16, u8);

#[derive(Debug, Clone, Serialize, Deserialize, Collection)]
#[collection(name = "expression", primary_key = i64, natural_id = (self.0 > 0).then_some(-self.0))]
pub struct Expression(i64);

#[derive(Debug, Clone, Serialize, Deserialize, Collection)]
#[collection(name = "closure", primary_key = u8, natural_id = |closure: &Self| Some(closure.0))]
struct Closure(u8);

fn natural(path: &ByPath) -> Option<u16> {
    path.0.checked_add(1)
}

#[derive(Debug, Clone, Serialize, Deserialize, Collection)]
#[collection(name = "path", primary_key = u16, natural_id = natural)]
struct ByPath(u16);

/// Key encoding as serialization: a document that is a key.
#[derive(Debug, Clone, PartialEq, Eq, Key, Collection)]
#[collection(name = "keyed", serialization = Key)]
struct Keyed {
    low: i32,
    text: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, Collection)]
#[collection(name = "explicit", serialization = transmog_pot::Pot)]
struct Explicit {
    value: f64,
}

#[derive(Collection)]
#[collection(name = "bare", serialization = None)]
struct Bare;

#[derive(Debug, Serialize, Deserialize, Collection)]
#[collection(
    name = "sealed",
    encryption_key = Some(KeyId::Master),
    encryption_optional
)]
struct Sealed;

#[derive(Collection)]
#[collection(name = "locked", encryption_key = Some(KeyId::Id(Cow::Borrowed("k"))), encryption_required = true, serialization = None)]
struct Locked;

/// Generic over what it holds; the bounds are the user's.
#[derive(Debug, Serialize, Deserialize, Collection)]
#[serde(bound = "")]
#[collection(name = "generic")]
struct Generic<T>
where
    T: Debug + Send + Sync + Serialize + DeserializeOwned,
{
    value: T,
}

define_basic_mapped_view!(
    MarkedByNote,
    Marked,
    1,
    "by-note",
    Option<String>,
    |document: CollectionDocument<Marked>| document.header.emit_key(document.contents.note),
);
define_basic_unique_mapped_view!(
    TupleByByte,
    Tuple,
    1,
    "by-byte",
    u8,
    i16,
    |document: CollectionDocument<Tuple>| {
        document
            .header
            .emit_key_and_value(document.contents.1, document.contents.0)
    },
);
define_mapped_view!(
    ExpressionBySign,
    Expression,
    4,
    "by-sign",
    bool,
    (),
    false,
    |document: CollectionDocument<Expression>| document.header.emit_key(document.contents.0 < 0)
);

#[derive(Debug, Schema)]
#[schema(name = "inner", collections = [Marked, Tuple])]
struct Inner;

#[derive(Debug, Schema)]
#[schema(name = "all", authority = "tests", include = [Inner])]
#[schema(collections(Split, Expression, Closure, ByPath, Keyed, Explicit, Bare, Sealed))]
#[schema(collections = [Generic<u8>], core = bonsaidb::core)]
struct All;

fn open(folder: &tempfile::TempDir) -> Database {
    Database::open::<All>(StorageConfiguration::new(folder.path().join("all"))).unwrap()
}

#[test]
fn names_and_views_are_what_the_attributes_say() {
    assert_eq!(Split::collection_name().to_string(), "constant.split");
    assert_eq!(Marked::collection_name().to_string(), "called.marked");
    assert_eq!(Tuple::collection_name().encoded(), "a_20name.tuple");
    assert_eq!(Bare::collection_name().to_string(), "private.bare");
    assert_eq!(
        SplitByNumber.view_name().to_string(),
        "constant.split.Größe & Zahl"
    );
    assert_eq!(SplitUnit.name().as_ref(), "SplitUnit");
    assert_eq!(SplitByText.version(), 2);
    assert!(SplitByText.update_policy().is_eager());
    assert_eq!(Sealed::encryption_key(), None);
    assert_eq!(
        Locked::encryption_key(),
        Some(KeyId::Id(Cow::Borrowed("k")))
    );
    let schematic: Schematic = All::schematic().unwrap();
    assert_eq!(schematic.name.to_string(), "tests.all");
    assert_eq!(schematic.collections().count(), 11);
    assert!(schematic.contains_collection::<Tuple>());
    assert_eq!(schematic.views().count(), 3);
    assert_eq!(
        schematic
            .eager_views_in_collection(&Split::collection_name())
            .count(),
        1
    );
}

#[test]
fn documents_take_the_ids_their_attributes_ask_for() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder);
    let marked = Marked {
        id: [1, 0, 0, 2],
        note: None,
    };
    assert_eq!(
        marked.clone().push_into(&db).unwrap().header.id,
        [1, 0, 0, 2]
    );
    assert_eq!(Tuple(-4, 1).push_into(&db).unwrap().header.id, -4);
    assert_eq!(Expression(7).push_into(&db).unwrap().header.id, -7);
    // Above the greatest id there ever was.
    assert_eq!(Expression(-7).push_into(&db).unwrap().header.id, -6);
    assert_eq!(Closure(9).push_into(&db).unwrap().header.id, 9);
    assert_eq!(ByPath(9).push_into(&db).unwrap().header.id, 10);
    assert_eq!(
        <Marked as DefaultSerialization>::natural_id(&marked),
        Some([1, 0, 0, 2])
    );
    let keyed = Keyed {
        low: -1,
        text: "t".into(),
    };
    let stored = keyed.clone().push_into(&db).unwrap();
    let bytes = db
        .collection::<Keyed>()
        .get(&stored.header.id)
        .unwrap()
        .unwrap();
    assert_eq!(&bytes.contents[..], &*keyed.as_ord_bytes().unwrap());
    assert_eq!(Keyed::get(&1, &db).unwrap().unwrap().contents, keyed);
    let explicit = Explicit { value: 0.5 }.push_into(&db).unwrap();
    assert!((explicit.contents.value - 0.5).abs() < f64::EPSILON);
    Generic { value: 3_u8 }.push_into(&db).unwrap();
    Sealed.push_into(&db).unwrap();
    db.collection::<Bare>().push_bytes(vec![]).unwrap();
    let key = (1, String::from("a"));
    let split = Split {
        number: 3,
        text: "four 4".into(),
    };
    Split::insert(&key, split, &db).unwrap();
    assert_eq!(
        SplitByNumber::entries(&db).with_key(&3).query().unwrap()[0].value,
        "four 4"
    );
    assert_eq!(
        SplitByText::entries(&db)
            .with_key("4")
            .query()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(SplitUnit::entries(&db).query().unwrap()[0].value, -1);
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Key)]
struct UnitKey;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Key)]
struct Wrapper(u64);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Key)]
#[key(can_own_bytes = true, null_handling = escape, name = "renamed")]
struct Named<'a, T>
where
    T: for<'k> Key<'k>,
{
    text: Cow<'a, str>,
    other: T,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Key)]
#[key(null_handling = deny)]
struct Denied(String, i8);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Key)]
#[repr(u8)]
enum Shape {
    Point,
    Circle(i32) = 5,
    Square { side: u16, name: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Key)]
#[repr(u64)]
enum Big {
    Small = 1,
    Large = u64::MAX - 1,
    Largest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Key)]
enum Signed {
    Below = -3,
    Zero = 0,
    One,
}

fn sorted_and_back<K: for<'k> Key<'k> + Ord + Debug>(mut keys: Vec<K>) {
    let mut bytes = keys
        .iter()
        .map(|key| key.as_ord_bytes().unwrap().into_owned())
        .collect::<Vec<_>>();
    keys.sort();
    bytes.sort();
    for (key, bytes) in keys.iter().zip(&bytes) {
        for source in [
            ByteSource::Borrowed(&bytes[..]),
            ByteSource::Ephemeral(&bytes[..]),
            ByteSource::Owned(bytes.clone()),
        ] {
            assert_eq!(K::from_ord_bytes(source).unwrap(), *key);
        }
    }
}

#[test]
fn derived_keys_sort_as_their_values_do() {
    sorted_and_back(vec![UnitKey]);
    sorted_and_back(vec![Wrapper(9), Wrapper(0), Wrapper(u64::MAX)]);
    sorted_and_back(vec![
        Denied("b".into(), -1),
        Denied("a".into(), 1),
        Denied("a".into(), -1),
    ]);
    let square = |side, name: &str| Shape::Square {
        side,
        name: name.into(),
    };
    sorted_and_back(vec![
        square(1, "b"),
        Shape::Circle(2),
        Shape::Point,
        Shape::Circle(-2),
        square(1, "a\0"),
        square(1, ""),
    ]);
    sorted_and_back(vec![Big::Largest, Big::Small, Big::Large]);
    sorted_and_back(vec![Signed::One, Signed::Below, Signed::Zero]);
    let denied = Denied("\0".into(), 0);
    assert!(denied.as_ord_bytes().is_err());
}

#[test]
fn derived_keys_borrow_and_describe_themselves() {
    let key = Named {
        text: Cow::Borrowed("text"),
        other: 7_u8,
    };
    let bytes = key.as_ord_bytes().unwrap().into_owned();
    let decoded = Named::<u8>::from_ord_bytes(ByteSource::Borrowed(&bytes)).unwrap();
    assert!(matches!(decoded.text, Cow::Borrowed("text")));
    assert_eq!(decoded, key);
    let KeyDescription::Composite(description) = KeyDescription::for_key::<Denied>() else {
        panic!("two fields");
    };
    assert_eq!(description.fields.len(), 2);
    assert!(format!("{:?}", description.kind).contains("Denied"));
}

#[derive(Debug, Clone, Copy, Action)]
#[action(actionable = bonsaidb::core::actionable)]
enum Outer {
    Plain,
    Inner(InnerAction),
}

#[derive(Debug, Clone, Copy, Action)]
#[action(actionable = bonsaidb::core::actionable)]
enum InnerAction {
    Deep,
}

#[test]
fn derived_actions_are_named_by_their_path() {
    assert_eq!(Outer::Plain.name().to_string(), "Plain");
    assert_eq!(
        Outer::Inner(InnerAction::Deep).name().to_string(),
        "Inner.Deep"
    );
}

#[test]
fn defined_views_need_only_their_collection() {
    #[derive(Debug, Clone, Serialize, Deserialize, Collection)]
    #[collection(name = "local", views = [LocalView])]
    struct Local {
        a: u8,
    }

    #[derive(Debug, Clone, View, ViewSchema)]
    #[view(collection = Local, key = u8)]
    struct LocalView;

    impl DefaultViewCheck for LocalView {}

    impl CollectionMapReduce for LocalView {
        fn map<'doc>(&self, document: CollectionDocument<Local>) -> ViewMapResult<'doc, Self> {
            document.header.emit_key(document.contents.a)
        }
    }

    let folder = tempfile::tempdir().unwrap();
    let db = Database::open::<Local>(StorageConfiguration::new(folder.path().join("l"))).unwrap();
    Local { a: 200 }.push_into(&db).unwrap();
    assert_eq!(LocalView::entries(&db).query().unwrap()[0].key, 200);
    assert_eq!(MarkedByNote.name().as_ref(), "by-note");
    assert_eq!(TupleByByte.version(), 1);
    assert_eq!(ExpressionBySign.version(), 4);
}

/// A derived view without `serialization` has the default one.
trait DefaultViewCheck: DefaultViewSerialization {}

/// Variants may have the names of the traits' own types: `Self::Error` would be ambiguous then.
#[allow(clippy::upper_case_acronyms)] // that of a constant
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Key)]
enum Level {
    Error,
    Warning,
    LENGTH,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Key)]
enum Answer {
    Error(u8),
    Value { text: String },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Collection)]
#[collection(name = "parts", serialization = transmog_pot::Pot, natural_id = Some(7))]
enum Part {
    Contents,
    Format,
    PrimaryKey(u32),
}

#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Part, key = Level, value = u32, serialization = transmog_pot::Pot)]
enum Parts {
    Format,
    Key,
    Value,
    View,
}

impl CollectionMapReduce for Parts {
    fn map<'doc>(&self, document: CollectionDocument<Part>) -> ViewMapResult<'doc, Self> {
        document.header.emit_key_and_value(Level::Error, 1)
    }
}

#[test]
fn variants_may_be_named_like_associated_types() {
    assert!(Level::Error.as_ord_bytes().unwrap() < Level::Warning.as_ord_bytes().unwrap());
    let answers = [
        Answer::Error(3),
        Answer::Value {
            text: "a".to_owned(),
        },
    ];
    for answer in answers {
        let bytes = answer.as_ord_bytes().unwrap();
        let decoded = Answer::from_ord_bytes(ByteSource::Borrowed(&bytes)).unwrap();
        assert_eq!(decoded, answer);
    }
    assert_eq!(
        <Part as SerializedCollection>::natural_id(&Part::Format),
        Some(7)
    );
}
