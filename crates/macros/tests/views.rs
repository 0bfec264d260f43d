//! What derived views and schemas answer.

use std::borrow::Cow;

use bonsaidb_core::document::{BorrowedDocument, CollectionDocument, Emit};
use bonsaidb_core::schema::view::ViewUpdatePolicy;
use bonsaidb_core::schema::{
    Collection, CollectionMapReduce, MapReduce, Schema, Schematic, SerializedView, View,
    ViewMapResult, ViewSchema,
};
use serde::{Deserialize, Serialize};

#[derive(Collection, Serialize, Deserialize, Debug)]
#[collection(name = "users", views = [ByName, ByLength<3>], views(ByAge, Ranked { above: 2 },))]
struct User {
    name: String,
    age: u8,
}

#[derive(View, ViewSchema, Clone, Debug)]
#[view(collection = User, key = String)]
#[view_schema(mapped_key = Cow<'doc, str>, version = 3, policy = Unique)]
struct ByName;

impl CollectionMapReduce for ByName {
    fn map<'doc>(&self, document: CollectionDocument<User>) -> ViewMapResult<'doc, Self>
    where
        CollectionDocument<User>: 'doc,
    {
        document.header.emit_key(Cow::Owned(document.contents.name))
    }
}

#[derive(View, ViewSchema, Clone, Debug)]
#[view(collection = User, key = u8, value = u64, name = "nach Größe")]
struct ByAge;

impl CollectionMapReduce for ByAge {
    fn map<'doc>(&self, document: CollectionDocument<User>) -> ViewMapResult<'doc, Self>
    where
        CollectionDocument<User>: 'doc,
    {
        document.header.emit_key_and_value(document.contents.age, 1)
    }
}

#[derive(View, ViewSchema, Clone, Debug)]
#[view(collection = User, key = (), value = NotSerde, serialization = Always)]
struct ByLength<const N: usize>;

impl<const N: usize> MapReduce for ByLength<N> {
    fn map<'doc>(&self, document: &'doc BorrowedDocument<'_>) -> ViewMapResult<'doc, Self> {
        document.header.emit_key_and_value((), NotSerde)
    }
}

/// A value without serde, and a format that nevertheless can.
#[derive(Debug, PartialEq)]
struct NotSerde;

#[derive(Default)]
struct Always;

impl bonsaidb_core::transmog::Format<'_, NotSerde> for Always {
    type Error = std::io::Error;

    fn serialize_into<W: std::io::Write>(&self, _: &NotSerde, _: W) -> Result<(), Self::Error> {
        Ok(())
    }
}

impl bonsaidb_core::transmog::OwnedDeserializer<NotSerde> for Always {
    fn deserialize_from<R: std::io::Read>(&self, _: R) -> Result<NotSerde, Self::Error> {
        Ok(NotSerde)
    }
}

/// A view that is given by a value, and whose index is a type of its own.
#[derive(View, ViewSchema, Clone, Debug)]
#[view(collection = User, key = u8)]
struct Ranked {
    above: u8,
}

impl CollectionMapReduce for Ranked {
    fn map<'doc>(&self, document: CollectionDocument<User>) -> ViewMapResult<'doc, Self>
    where
        CollectionDocument<User>: 'doc,
    {
        document.header.emit_key(self.above)
    }
}

#[derive(ViewSchema)]
#[view_schema(view = ByAge, mapped_key = u8, policy = Eager)]
struct AgeIndex;

impl MapReduce for AgeIndex {
    fn map<'doc>(&self, document: &'doc BorrowedDocument<'_>) -> ViewMapResult<'doc, Self> {
        document.header.emit_key_and_value(1, 1)
    }
}

#[derive(Collection)]
#[collection(name = "others")]
struct Other;

#[derive(Schema)]
#[schema(name = "inner", authority = "b", collections(Other))]
struct Inner;

#[derive(Schema)]
#[schema(name = "outer", collections = [User])]
#[schema(include = [Inner])]
struct Outer;

#[derive(Schema)]
#[schema(name = "generic", collections = [T])]
struct Of<T: Collection + 'static>(std::marker::PhantomData<T>);

#[test]
fn names_default_to_the_identifier() {
    assert_eq!(ByName.name().to_string(), "ByName");
    assert_eq!(ByAge.name().to_string(), "nach Größe");
    assert_eq!(
        ByLength::<3>.view_name().to_string(),
        "private.users.ByLength"
    );
}

#[test]
fn values_default_to_nothing() {
    let _: <ByName as View>::Value = ();
}

#[test]
fn values_are_serialized_as_asked() {
    assert_eq!(ByLength::<1>::serialize(&NotSerde).unwrap(), []);
    assert_eq!(
        ByAge::deserialize(&ByAge::serialize(&7).unwrap()).unwrap(),
        7
    );
}

#[test]
fn versions_and_policies_have_defaults() {
    assert_eq!((ByName.version(), ByAge.version()), (3, 0));
    assert_eq!(ByName.update_policy(), ViewUpdatePolicy::Unique);
    assert_eq!(AgeIndex.update_policy(), ViewUpdatePolicy::Eager);
    assert_eq!(ByAge.update_policy(), ViewUpdatePolicy::Lazy);
}

#[test]
fn collections_define_their_views() {
    let schematic = Schematic::from_schema::<User>().unwrap();
    let mut names: Vec<String> = schematic
        .views()
        .map(|view| view.view_name().name.to_string())
        .collect();
    names.sort();
    assert_eq!(names, ["ByLength", "ByName", "Ranked", "nach Größe"]);
}

#[test]
fn schemas_include_others() {
    let schematic = Outer::schematic().unwrap();
    assert!(schematic.contains_collection::<User>());
    assert!(schematic.contains_collection::<Other>());
    assert!(
        Of::<Other>::schematic()
            .unwrap()
            .contains_collection::<Other>()
    );
    assert_eq!(Inner::schema_name().to_string(), "b.inner");
}
