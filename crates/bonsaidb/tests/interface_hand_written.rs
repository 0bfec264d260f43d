//! Collections, views, schemas, keys and formats written by hand, without a derive.

use std::borrow::Cow;
use std::io::{self, Read, Write};

use bonsaidb::core::arc_bytes::serde::{Bytes, CowBytes};
use bonsaidb::core::connection::{AccessPolicy, Connection, LowLevelConnection, StorageConnection};
use bonsaidb::core::document::{
    BorrowedDocument, CollectionDocument, Document, DocumentId, Emit, KeyId, OwnedDocument,
};
use bonsaidb::core::key::{
    ByteSource, CompositeKeyDecoder, CompositeKeyEncoder, CompositeKeyError, CompositeKind,
    IncorrectByteLength, IntoPrefixRange, Key, KeyEncoding, KeyKind, KeyVisitor, NextValueError,
};
use bonsaidb::core::schema::view::ViewUpdatePolicy;
use bonsaidb::core::schema::view::map::{MappedValue, Mappings};
use bonsaidb::core::schema::{
    Collection, CollectionMapReduce, CollectionName, DefaultSerialization,
    DefaultViewSerialization, MapReduce, Name, NamedCollection, Qualified, ReduceResult, Schema,
    SchemaName, Schematic, SerializedCollection, SerializedView, View, ViewMapResult,
    ViewMappedValue, ViewSchema,
};
use bonsaidb::core::transmog::{BorrowedDeserializer, Format, OwnedDeserializer};
use bonsaidb::core::transmog_pot::Pot;
use bonsaidb::core::{Error, async_trait};
use bonsaidb::local::config::{Builder, StorageConfiguration};
use bonsaidb::local::{Database, Storage};
use serde::{Deserialize, Serialize};

/// A key of two parts that sorts by the second one first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    row: u16,
    seat: u16,
}

impl KeyEncoding for Place {
    type Error = IncorrectByteLength;

    const LENGTH: Option<usize> = Some(4);

    fn describe<Visitor>(visitor: &mut Visitor)
    where
        Visitor: KeyVisitor,
    {
        visitor.visit_composite(CompositeKind::Struct(Cow::Borrowed("Place")), 2);
        visitor.visit_composite_attribute("rows", 7_u64);
        visitor.visit_type(KeyKind::U16);
        visitor.visit_type(KeyKind::U16);
    }

    fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error> {
        let mut bytes = self.row.to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.seat.to_be_bytes());
        Ok(Cow::Owned(bytes))
    }
}

impl<'k> Key<'k> for Place {
    const CAN_OWN_BYTES: bool = false;

    fn from_ord_bytes<'e>(bytes: ByteSource<'k, 'e>) -> Result<Self, Self::Error> {
        let bytes = <[u8; 4]>::try_from(bytes.as_ref())?;
        Ok(Self {
            row: u16::from_be_bytes([bytes[0], bytes[1]]),
            seat: u16::from_be_bytes([bytes[2], bytes[3]]),
        })
    }

    fn first_value() -> Result<Self, NextValueError> {
        Ok(Self { row: 1, seat: 0 })
    }

    fn next_value(&self) -> Result<Self, NextValueError> {
        let seat = self.seat.checked_add(1);
        seat.map(|seat| Self { seat, ..*self })
            .ok_or(NextValueError::WouldWrap)
    }
}

/// A borrowing key, made with the composite encoder, of another error type.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Tagged<'a> {
    tag: Cow<'a, str>,
    number: i32,
}

impl KeyEncoding for Tagged<'_> {
    type Error = CompositeKeyError;

    const LENGTH: Option<usize> = None;

    fn describe<Visitor>(visitor: &mut Visitor)
    where
        Visitor: KeyVisitor,
    {
        visitor.visit_composite(CompositeKind::Tuple, 2);
        <Cow<'_, str>>::describe(visitor);
        i32::describe(visitor);
    }

    fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error> {
        let mut encoder = CompositeKeyEncoder::default();
        encoder.encode(&self.tag)?;
        encoder.encode(&self.number)?;
        Ok(Cow::Owned(encoder.finish()))
    }
}

impl<'k> Key<'k> for Tagged<'k> {
    const CAN_OWN_BYTES: bool = false;

    fn from_ord_bytes<'e>(bytes: ByteSource<'k, 'e>) -> Result<Self, Self::Error> {
        let mut decoder = CompositeKeyDecoder::default_for(bytes);
        let tag = decoder.decode::<Cow<'k, str>>()?;
        let number = decoder.decode::<i32>()?;
        decoder.finish()?;
        Ok(Self { tag, number })
    }
}

/// The owned form of the above, as a view's key.
#[derive(Clone, Debug, PartialEq, Eq)]
struct OwnedTagged(Tagged<'static>);

impl KeyEncoding for OwnedTagged {
    type Error = CompositeKeyError;

    const LENGTH: Option<usize> = None;

    fn describe<Visitor>(visitor: &mut Visitor)
    where
        Visitor: KeyVisitor,
    {
        Tagged::describe(visitor);
    }

    fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error> {
        self.0.as_ord_bytes()
    }
}

impl<'k> Key<'k> for OwnedTagged {
    const CAN_OWN_BYTES: bool = false;

    fn from_ord_bytes<'e>(bytes: ByteSource<'k, 'e>) -> Result<Self, Self::Error> {
        let tagged = Tagged::from_ord_bytes(ByteSource::Borrowed(&bytes))?;
        Ok(Self(Tagged {
            tag: Cow::Owned(tagged.tag.into_owned()),
            number: tagged.number,
        }))
    }
}

/// Text, one line for each field.
#[derive(Clone, Default)]
struct Lines;

impl Format<'_, Vec<String>> for Lines {
    type Error = io::Error;

    fn serialize_into<W: Write>(&self, value: &Vec<String>, mut writer: W) -> io::Result<()> {
        for line in value {
            if line.contains('\n') {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "two lines"));
            }
            writeln!(writer, "{line}")?;
        }
        Ok(())
    }
}

impl<'a> BorrowedDeserializer<'a, Vec<String>> for Lines {
    fn deserialize_borrowed(&self, data: &'a [u8]) -> io::Result<Vec<String>> {
        self.deserialize_from(data)
    }
}

impl OwnedDeserializer<Vec<String>> for Lines {
    fn deserialize_from<R: Read>(&self, reader: R) -> io::Result<Vec<String>> {
        let text = io::read_to_string(reader)?;
        Ok(text.lines().map(str::to_owned).collect())
    }
}

/// Documents whose contents are another type, in a format of their own.
#[derive(Debug)]
struct Songs;

impl Collection for Songs {
    type PrimaryKey = Place;

    fn collection_name() -> CollectionName {
        CollectionName::new("hand", "songs")
    }

    fn define_views(schema: &mut Schematic) -> Result<(), Error> {
        schema.define_view(ByFirstLine)?;
        schema.define_view_with_schema(LineCount, LineCountSchema { times: 10 })?;
        schema.define_view(ByTag)
    }

    fn encryption_key() -> Option<KeyId> {
        None
    }
}

#[async_trait::async_trait]
impl SerializedCollection for Songs {
    type Contents = Vec<String>;
    type Format = Lines;

    fn natural_id(contents: &Self::Contents) -> Option<Place> {
        let row = contents.first()?.strip_prefix("row ")?.parse().ok()?;
        Some(Place { row, seat: 0 })
    }

    fn format() -> Self::Format {
        Lines
    }
}

impl NamedCollection for Songs {
    type ByNameView = ByFirstLine;
}

/// A map function that sees bytes and emits keys that borrow from them.
#[derive(Clone, Debug)]
struct ByFirstLine;

impl View for ByFirstLine {
    type Collection = Songs;
    type Key = String;
    type Value = u64;

    fn name(&self) -> Name {
        Name::new("by-first-line")
    }
}

impl SerializedView for ByFirstLine {
    type Format = Pot;

    fn format() -> Self::Format {
        Pot::default()
    }
}

impl ViewSchema for ByFirstLine {
    type MappedKey<'doc> = Cow<'doc, str>;
    type View = Self;

    fn update_policy(&self) -> ViewUpdatePolicy {
        ViewUpdatePolicy::Unique
    }

    fn version(&self) -> u64 {
        3
    }
}

impl MapReduce for ByFirstLine {
    fn map<'doc>(&self, document: &'doc BorrowedDocument<'_>) -> ViewMapResult<'doc, Self> {
        let text = std::str::from_utf8(&document.contents)
            .map_err(|error| Error::InvalidUnicode(error.to_string()))?;
        let Some(line) = text.lines().next() else {
            return Ok(Mappings::none());
        };
        document
            .header
            .emit_key_and_value(Cow::Borrowed(line), line.len() as u64)
    }

    fn reduce(
        &self,
        mappings: &[MappedValue<Cow<'_, str>, u64>],
        rereduce: bool,
    ) -> Result<u64, Error> {
        if !rereduce {
            assert!(
                mappings
                    .iter()
                    .all(|mapping| matches!(mapping.key, Cow::Borrowed(_))),
                "keys borrow where they can"
            );
        }
        Ok(mappings.iter().map(|mapping| mapping.value).sum())
    }
}

/// A view and its schema in two types, the schema with a field.
struct LineCount;

impl View for LineCount {
    type Collection = Songs;
    type Key = u32;
    type Value = u32;

    fn name(&self) -> Name {
        Name::from(String::from("line count"))
    }
}

impl DefaultViewSerialization for LineCount {}

struct LineCountSchema {
    times: u32,
}

impl ViewSchema for LineCountSchema {
    type MappedKey<'doc> = u32;
    type View = LineCount;
}

impl CollectionMapReduce for LineCountSchema {
    fn map<'doc>(&self, document: CollectionDocument<Songs>) -> ViewMapResult<'doc, Self>
    where
        CollectionDocument<Songs>: 'doc,
    {
        let lines = u32::try_from(document.contents.len()).unwrap();
        document
            .header
            .emit_key_and_value(lines, lines * self.times)
    }

    fn reduce(
        &self,
        mappings: &[ViewMappedValue<'_, Self>],
        _rereduce: bool,
    ) -> ReduceResult<Self::View> {
        Ok(mappings.iter().map(|mapping| mapping.value).sum())
    }
}

/// A view whose own key and mapped key are user types.
#[derive(Clone)]
struct ByTag;

impl View for ByTag {
    type Collection = Songs;
    type Key = OwnedTagged;
    type Value = ();

    fn name(&self) -> Name {
        "by-tag".into()
    }
}

// As older guides call it.
impl bonsaidb::core::schema::DefaultSerializedView for ByTag {}

impl ViewSchema for ByTag {
    type MappedKey<'doc> = Tagged<'doc>;
    type View = Self;

    fn update_policy(&self) -> ViewUpdatePolicy {
        ViewUpdatePolicy::Eager
    }
}

impl MapReduce for ByTag {
    fn map<'doc>(&self, document: &'doc BorrowedDocument<'_>) -> ViewMapResult<'doc, Self> {
        let text = std::str::from_utf8(&document.contents).unwrap_or_default();
        let keys = text.lines().zip(-1..).map(|(line, number)| Tagged {
            tag: Cow::Borrowed(line),
            number,
        });
        keys.map(|key| document.header.emit_key(key))
            .collect::<Result<Mappings<_, _>, _>>()
    }
}

/// A collection of bytes: no serialization at all.
struct Blobs;

impl Collection for Blobs {
    type PrimaryKey = String;

    fn collection_name() -> CollectionName {
        CollectionName::private("blobs")
    }

    fn define_views(_schema: &mut Schematic) -> Result<(), Error> {
        Ok(())
    }
}

/// The default serialization, by hand, with a natural id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Setting {
    name: String,
    value: i64,
}

impl Collection for Setting {
    type PrimaryKey = String;

    fn collection_name() -> CollectionName {
        CollectionName::private("settings")
    }

    fn define_views(_: &mut Schematic) -> Result<(), Error> {
        Ok(())
    }
}

impl DefaultSerialization for Setting {
    fn natural_id(&self) -> Option<String> {
        Some(self.name.clone())
    }
}

#[derive(Debug)]
struct HandMade;

impl Schema for HandMade {
    fn schema_name() -> SchemaName {
        SchemaName::new("hand", "made")
    }

    fn define_collections(schema: &mut Schematic) -> Result<(), Error> {
        schema.define_collection::<Songs>()?;
        schema.define_collection::<Blobs>()?;
        schema.define_collection::<Setting>()
    }
}

fn open(folder: &tempfile::TempDir) -> Database {
    Database::open::<HandMade>(StorageConfiguration::new(folder.path().join("hand"))).unwrap()
}

fn song(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

#[test]
fn contents_of_another_type_go_through_their_own_format() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder);
    let pushed = Songs::push(song(&["row 9", "b"]), &db).unwrap();
    assert_eq!(pushed.header.id, Place { row: 9, seat: 0 });
    let next = Songs::push(song(&["first"]), &db).unwrap();
    assert_eq!(next.header.id, Place { row: 9, seat: 1 });
    let stored = db
        .collection::<Songs>()
        .get(&next.header.id)
        .unwrap()
        .unwrap();
    assert_eq!(&stored.contents[..], b"first\n");
    assert_eq!(Songs::document_contents(&stored).unwrap(), song(&["first"]));
    // What the format refuses is given back.
    let refused = Songs::push(song(&["a\nb"]), &db).unwrap_err();
    assert_eq!(refused.contents, song(&["a\nb"]));
    let Error::Other { origin, error } = refused.error else {
        panic!("{refused:?}");
    };
    assert_eq!(
        (origin.as_str(), error.as_str()),
        ("serialization", "two lines")
    );
}

#[test]
fn views_written_by_hand_answer_by_their_keys() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder);
    Songs::push(song(&["one", "two", "three"]), &db).unwrap();
    Songs::push(song(&["uno", "dos"]), &db).unwrap();

    let found = ByFirstLine::entries(&db).with_key("uno").query().unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].key.as_str(), found[0].value), ("uno", 3));
    assert_eq!(ByFirstLine::entries(&db).reduce().unwrap(), 6);
    assert_eq!(LineCount::entries(&db).with_key(&3).reduce().unwrap(), 30);
    let grouped = db.view::<LineCount>().reduce_grouped().unwrap();
    assert_eq!(grouped, [MappedValue::new(2, 20), MappedValue::new(3, 30)]);

    let tags = db
        .view::<ByTag>()
        .with_access_policy(AccessPolicy::NoUpdate)
        .query()
        .unwrap();
    let tags = tags
        .iter()
        .map(|tag| (&*tag.key.0.tag, tag.key.0.number))
        .collect::<Vec<_>>();
    assert_eq!(
        tags,
        [
            ("dos", 0),
            ("one", -1),
            ("three", 1),
            ("two", 0),
            ("uno", -1)
        ]
    );
    assert!(matches!(
        db.view::<ByTag>().reduce(),
        Err(Error::ReduceUnimplemented)
    ));

    let error = Songs::push(song(&["one"]), &db).unwrap_err().error;
    assert!(error.is_unique_key_error::<ByFirstLine, _>(&db));
    assert!(!error.is_unique_key_error::<ByTag, _>(&db));
    let one = Songs::load("one", &db).unwrap().unwrap();
    assert_eq!(one.contents.len(), 3);
    assert!(Songs::delete_by_name("one", &db).unwrap());
    assert!(!Songs::delete_by_name("one", &db).unwrap());
}

#[test]
fn bytes_are_stored_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder);
    let blobs = db.collection::<Blobs>();
    let header = blobs.insert_bytes("a", vec![1, 2, 3]).unwrap();
    assert_eq!(header.id, "a");
    blobs.insert_bytes("ab", Bytes::from(&b"xy"[..])).unwrap();
    blobs.insert_bytes(&String::from("b"), &b"z"[..]).unwrap();
    assert!(matches!(
        blobs.push_bytes(vec![1]),
        Err(Error::DocumentPush(_, NextValueError::Unsupported))
    ));
    let mut document: OwnedDocument = blobs.get("a").unwrap().unwrap();
    assert_eq!(&document.contents[..], [1, 2, 3]);
    document.contents.push(4);
    blobs.update(&mut document).unwrap();
    assert_eq!(document.header.revision.id, 1);
    document.contents = Bytes::from(vec![9]);
    blobs.overwrite(&mut document).unwrap();
    assert_eq!(document.header.revision.id, 2);
    let mut borrowed = BorrowedDocument::new(
        DocumentId::new::<String, str>("new").unwrap(),
        CowBytes::from(&b"borrowed"[..]),
    );
    blobs.overwrite(&mut borrowed).unwrap();
    assert_eq!(Document::<Blobs>::bytes(&borrowed).unwrap(), b"borrowed");
    let prefixed = blobs.list_with_prefix("a").query().unwrap();
    assert_eq!(prefixed.len(), 2);
    let range = "a".to_prefix_range();
    assert_eq!(
        db.list::<Blobs, _, str>(range, bonsaidb::core::connection::Sort::Descending, Some(1))
            .unwrap()[0]
            .header
            .id
            .to_string(),
        "ab"
    );
    assert_eq!(blobs.list("ab".."c").count().unwrap(), 2);
    blobs.delete(&document).unwrap();
    assert_eq!(blobs.all().headers().unwrap().len(), 3);
    let got = blobs.get_multiple(["new", "ab", "absent"]).unwrap();
    assert_eq!(got.len(), 2);
}

#[test]
fn natural_ids_by_hand_are_used_by_every_push() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder);
    let setting = |value| Setting {
        name: "answer".into(),
        value,
    };
    setting(42).push_into(&db).unwrap();
    let error = setting(43).push_into(&db).unwrap_err();
    let stored = error.error.conflicting_document::<Setting>().unwrap();
    assert_eq!(stored.id.deserialize::<String>().unwrap(), "answer");
    assert!(error.error.conflicting_document::<Songs>().is_none());
    setting(44).overwrite_into("answer", &db).unwrap();
    assert_eq!(
        Setting::get("answer", &db).unwrap().unwrap().contents.value,
        44
    );
}

#[test]
fn a_schema_describes_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("storage");
    let storage = Storage::open(
        StorageConfiguration::new(path)
            .with_schema::<HandMade>()
            .unwrap(),
    )
    .unwrap();
    let schemas = storage.list_available_schemas().unwrap();
    let summary = schemas
        .iter()
        .find(|schema| schema.name == HandMade::schema_name())
        .unwrap();
    assert_eq!(summary.collections().count(), 3);
    let songs = summary.collection(&Songs::collection_name()).unwrap();
    assert_eq!(songs.views().count(), 3);
    let view = songs.view(&ByFirstLine.view_name()).unwrap();
    assert_eq!((view.version, view.policy), (3, ViewUpdatePolicy::Unique));
}
