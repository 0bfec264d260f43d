//! The derive macros of `BonsaiDb`, and the two attributes its own crates are written with.
#![forbid(unsafe_code)]

use proc_macro::TokenStream;
use proc_macro2::TokenStream as TokenStream2;
use syn::{DeriveInput, Error, Result, parse_macro_input};

mod action;
mod arguments;
mod collection;
mod core_path;
mod definitions;
mod key;
mod operations;
mod schema;
#[cfg(test)]
mod testing;
mod twin;
mod view;
mod view_schema;

/// Implements `Collection`, and how its documents are serialized.
///
/// ```
/// use bonsaidb_core::document::KeyId;
/// use bonsaidb_core::schema::Collection;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Collection, Serialize, Deserialize)]
/// #[collection(name = "users", authority = "my-company", encryption_optional)]
/// #[collection(encryption_key = Some(KeyId::Master))]
/// struct User {
///     #[natural_id]
///     email: String,
///     age: u8,
/// }
///
/// assert_eq!(User::collection_name().to_string(), "my-company.users");
/// ```
///
/// `#[collection(..)]` may be written several times. Its arguments:
///
/// | argument | value | default | effect |
/// |---|---|---|---|
/// | `authority` | expression, `Into<Authority>` | the private authority | who makes up the name |
/// | `name` | text | required | the name, unique within a schema |
/// | `views` | list of types | empty | the collection's views; each is a unit struct or a value |
/// | `serialization` | path | Pot, for types with serde's traits | a format with a default, `Key` for the key encoding, or `None` to implement `SerializedCollection` by hand |
/// | `encryption_key` | expression, `Option<KeyId>` | no key | the key to encrypt documents with |
/// | `encryption_required` | flag | false | insist on a key; with a key, this is the default |
/// | `encryption_optional` | flag | false | use the key only if encryption is compiled in |
/// | `primary_key` | type | that of the field marked `#[natural_id]`, else `u64` | the type of document ids |
/// | `natural_id` | see below | none | the id that a new document brings along, `Option` of the primary key |
/// | `core` | path | found among the dependencies | where `bonsaidb-core` is |
///
/// The natural id is the clone of the field marked `#[natural_id]`, or `natural_id = ..` with an expression that uses `self`
/// (`Some(self.id)`), a closure (`|user: &Self| Some(user.id)`), or the path of a function that takes `&Self`.
#[proc_macro_derive(Collection, attributes(collection, natural_id))]
pub fn derive_collection(input: TokenStream) -> TokenStream {
    derive(input, collection::expand)
}

/// Implements `Schema`: a set of collections that a database holds.
///
/// ```
/// use bonsaidb_core::schema::{Collection, Schema};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Collection, Serialize, Deserialize)]
/// #[collection(name = "shapes")]
/// struct Shape {
///     sides: u32,
/// }
///
/// #[derive(Schema)]
/// #[schema(name = "drawing", collections = [Shape])]
/// struct Drawing;
///
/// assert!(Drawing::schematic()?.contains_collection::<Shape>());
/// # Ok::<(), bonsaidb_core::Error>(())
/// ```
///
/// `#[schema(..)]` may be written several times. Its arguments:
///
/// | argument | value | default | effect |
/// |---|---|---|---|
/// | `name` | text | required | the name of the schema |
/// | `authority` | expression, `Into<Authority>` | the private authority | who makes up the name |
/// | `collections` | list of types | empty | the collections of the schema |
/// | `include` | list of schemas | empty | schemas whose collections belong to this one as well |
/// | `core` | path | found among the dependencies | where `bonsaidb-core` is |
#[proc_macro_derive(Schema, attributes(schema))]
pub fn derive_schema(input: TokenStream) -> TokenStream {
    derive(input, schema::expand)
}

/// Implements `View`, and how its values are serialized.
///
/// ```
/// use bonsaidb_core::schema::{Collection, View};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Collection, Serialize, Deserialize)]
/// #[collection(name = "shapes")]
/// struct Shape {
///     sides: u32,
/// }
///
/// #[derive(View, Debug, Clone)]
/// #[view(collection = Shape, key = u32, value = usize, name = "by-sides")]
/// struct BySides;
///
/// assert_eq!(BySides.view_name().to_string(), "private.shapes.by-sides");
/// ```
///
/// `#[view(..)]` may be written several times. Its arguments:
///
/// | argument | value | default | effect |
/// |---|---|---|---|
/// | `collection` | type | required | the collection that is viewed |
/// | `key` | type | required | what entries are sorted and found by |
/// | `name` | text | the name of the type | the name, unique within a collection |
/// | `value` | type | `()` | what entries hold |
/// | `core` | path | found among the dependencies | where `bonsaidb-core` is |
/// | `serialization` | path | Pot, for values with serde's traits | a format with a default, or `None` to implement `SerializedView` by hand |
#[proc_macro_derive(View, attributes(view))]
pub fn derive_view(input: TokenStream) -> TokenStream {
    derive(input, view::expand)
}

/// Implements `ViewSchema`: what the index of a view depends on. The map and reduce functions stay to be written, in
/// `CollectionMapReduce` or `MapReduce`.
///
/// ```
/// use std::borrow::Cow;
///
/// use bonsaidb_core::schema::{Collection, View, ViewSchema};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Collection, Serialize, Deserialize)]
/// #[collection(name = "users")]
/// struct User {
///     name: String,
/// }
///
/// #[derive(View, ViewSchema, Debug, Clone)]
/// #[view(collection = User, key = String)]
/// #[view_schema(mapped_key = Cow<'doc, str>, version = 2, policy = Unique)]
/// struct ByName;
///
/// assert_eq!(ByName.version(), 2);
/// ```
///
/// `#[view_schema(..)]` may be left away, or written several times. Its arguments:
///
/// | argument | value | default | effect |
/// |---|---|---|---|
/// | `view` | type | `Self` | the view whose index this is |
/// | `mapped_key` | type, may use `'doc` | the view's key, if `Self` is the view | what the map function emits; encoded as the view's key is, but may borrow from the document |
/// | `version` | integer | 0 | changing it has the index built anew |
/// | `policy` | `Lazy`, `Eager` or `Unique` | `Lazy` | when the index is updated |
/// | `core` | path | found among the dependencies | where `bonsaidb-core` is |
#[proc_macro_derive(ViewSchema, attributes(view_schema))]
pub fn derive_view_schema(input: TokenStream) -> TokenStream {
    derive(input, view_schema::expand)
}

/// Implements `Key` and `KeyEncoding`, so that the type can be a primary key or the key of a view.
///
/// ```
/// use bonsaidb_core::key::{ByteSource, Key, KeyEncoding};
/// # use bonsaidb_macros::*;
///
/// #[derive(Key, Clone, Debug, PartialEq)]
/// struct Place {
///     country: String,
///     postcode: u32,
/// }
///
/// let place = Place { country: String::from("DE"), postcode: 8120 };
/// let bytes = place.as_ord_bytes()?;
/// assert_eq!(Place::from_ord_bytes(ByteSource::Borrowed(&bytes))?, place);
/// # Ok::<(), bonsaidb_core::key::CompositeKeyError>(())
/// ```
///
/// A struct with one field encodes as the field does. One with several is a composite: sorted by its first field, then the
/// next. An enum is its discriminant, followed by the variant's fields if any variant has some; `#[repr(u8)]` and the like
/// make the discriminant that integer, else it is an `isize` of variable length. Changing the order of fields or variants
/// changes the encoding of existing keys. No automatic ids are given out for such keys.
///
/// `#[key(..)]` may be left away, or written several times. Its arguments:
///
/// | argument | value | default | effect |
/// |---|---|---|---|
/// | `core` | path | found among the dependencies | where `bonsaidb-core` is |
/// | `null_handling` | `escape`, `allow` or `deny` | `escape` | what becomes of null bytes in fields of variable length |
/// | `can_own_bytes` | flag | false | composites only: whether decoding can keep a buffer that it is given |
/// | `enum_repr` | type | the integer in `#[repr(..)]`, else `isize` | enums only: the type of the discriminant |
/// | `name` | text | the path of the type | structs with several fields: the name in descriptions of the key |
#[proc_macro_derive(Key, attributes(key))]
pub fn derive_key(input: TokenStream) -> TokenStream {
    derive(input, key::expand)
}

/// Implements `Action` for an enum: something that permissions allow or deny. Its name is that of the variant, followed by the
/// name of the inner action where a variant has one.
///
/// ```
/// use bonsaidb_core::permissions::Action;
///
/// #[derive(Action, Debug)]
/// enum ShopAction {
///     Order(OrderAction),
///     Close,
/// }
///
/// #[derive(Action, Debug)]
/// enum OrderAction {
///     Place,
/// }
///
/// assert_eq!(ShopAction::Order(OrderAction::Place).name().to_string(), "Order.Place");
/// ```
///
/// `#[action(..)]` may be left away. Its argument:
///
/// | argument | value | default | effect |
/// |---|---|---|---|
/// | `actionable` | path | the module `actionable` of the core crate | where `Action` and `ActionName` are |
#[proc_macro_derive(Action, attributes(action))]
pub fn derive_action(input: TokenStream) -> TokenStream {
    derive(input, action::expand)
}

fn derive(input: TokenStream, expand: fn(&DeriveInput) -> Result<TokenStream2>) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand(&input)
        .unwrap_or_else(Error::into_compile_error)
        .into()
}

/// Emits an async item as written, and its blocking twin.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn twin(arguments: TokenStream, item: TokenStream) -> TokenStream {
    twin::expand(arguments.into(), &item.into()).into()
}

/// Makes a table of operations from the required methods of an async trait.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn operations(arguments: TokenStream, item: TokenStream) -> TokenStream {
    operations::expand(arguments.into(), &item.into()).into()
}
