//! The derive macros of `BonsaiDb`, and the two attributes its own crates are written with.
#![forbid(unsafe_code)]

use proc_macro::TokenStream;
use proc_macro2::TokenStream as TokenStream2;
use syn::{DeriveInput, Error, Result, parse_macro_input};

mod action;
mod actionable;
mod arguments;
mod collection;
mod core_path;
mod definitions;
mod dispatcher;
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

/// Makes the traits of whatever answers an enum of requests: one that hands each request to its handler, and a handler for each
/// variant. Every variant says how it is protected, so that none is answered for everybody by oversight.
///
/// ```
/// use bonsaidb_core::async_trait::async_trait;
/// use bonsaidb_core::permissions::{
///     Action, Actionable, Dispatcher, PermissionDenied, Permissions, ResourceName, Statement,
/// };
///
/// #[derive(Action, Debug)]
/// enum BookAction {
///     Lend,
/// }
///
/// #[derive(Actionable, Debug)]
/// enum Request {
///     #[actionable(protection = "none")]
///     OpeningHours,
///     #[actionable(protection = "simple")]
///     Lend { book: u64 },
/// }
///
/// #[derive(Dispatcher)]
/// #[dispatcher(input = Request)]
/// struct Library;
///
/// impl RequestDispatcher for Library {
///     type Error = PermissionDenied;
///     type Output = String;
/// }
///
/// #[async_trait]
/// impl OpeningHoursHandler for Library {
///     async fn handle(&self, _: &Permissions) -> Result<String, PermissionDenied> {
///         Ok(String::from("always"))
///     }
/// }
///
/// #[async_trait]
/// impl LendHandler for Library {
///     type Action = BookAction;
///
///     fn action() -> BookAction {
///         BookAction::Lend
///     }
///
///     async fn resource_name<'a>(
///         &'a self,
///         book: &'a u64,
///     ) -> Result<ResourceName<'a>, PermissionDenied> {
///         Ok(ResourceName::named("book").and(*book))
///     }
///
///     async fn handle_protected(
///         &self,
///         _: &Permissions,
///         book: u64,
///     ) -> Result<String, PermissionDenied> {
///         Ok(format!("book {book} is yours"))
///     }
/// }
///
/// # fn wait<T>(future: impl Future<Output = T>) -> T {
/// #     let context = &mut std::task::Context::from_waker(std::task::Waker::noop());
/// #     match std::pin::pin!(future).poll(context) {
/// #         std::task::Poll::Ready(value) => value,
/// #         std::task::Poll::Pending => unreachable!(),
/// #     }
/// # }
/// # wait(async {
/// let book = ResourceName::named("book").and(7);
/// let reader = Permissions::from(Statement::for_resource(book).allowing(&BookAction::Lend));
/// let lent = Library.dispatch(&reader, Request::Lend { book: 7 }).await;
/// assert_eq!(lent.unwrap(), "book 7 is yours");
/// let refused = Library.dispatch(&reader, Request::Lend { book: 8 }).await;
/// assert!(refused.is_err());
/// # });
/// ```
///
/// For an enum `Request` there is the trait `RequestDispatcher`, which has the types `Output` and `Error` of all answers; for a
/// variant `Lend` there is `LendHandler`, whose methods take the fields of the variant. All are as visible as the enum and in
/// its module, so two enums of one module cannot have variants of the same name. Type parameters of the enum need the bounds
/// `Send` and `'static`.
///
/// | `protection` | what the handler has | when a request is answered |
/// |---|---|---|
/// | `"none"` | `handle` | always |
/// | `"simple"` | `Action`, `action`, `resource_name`, `handle_protected` | if the action is allowed on the resource |
/// | `"custom"` | `verify_permissions`, `handle_protected` | if `verify_permissions` does not fail |
///
/// A variant's `#[actionable(..)]` takes `protection`, and
///
/// | argument | value | default | effect |
/// |---|---|---|---|
/// | `subaction` | flag | false | the variant's only field is a request of its own: the handler has `Dispatcher` and `dispatcher`, which answers it, instead of the last method. `protection` may be left away, since the inner request has its own |
///
/// The enum's `#[actionable(..)]` may be left away. Its argument:
///
/// | argument | value | default | effect |
/// |---|---|---|---|
/// | `actionable` | path | the module `actionable` of the core crate | where `Dispatcher` and `Permissions` are |
#[proc_macro_derive(Actionable, attributes(actionable))]
pub fn derive_actionable(input: TokenStream) -> TokenStream {
    derive(input, actionable::expand)
}

/// Implements `Dispatcher` for whatever has the handlers of an enum that derives `Actionable`. There is an example at
/// [`Actionable`](derive@Actionable).
///
/// `#[dispatcher(..)]` may be written several times. Its arguments:
///
/// | argument | value | default | effect |
/// |---|---|---|---|
/// | `input` | path, or list of paths | required | the enum of requests; with several, each is dispatched |
/// | `actionable` | path | the module `actionable` of the core crate | where `Dispatcher` and `Permissions` are |
#[proc_macro_derive(Dispatcher, attributes(dispatcher))]
pub fn derive_dispatcher(input: TokenStream) -> TokenStream {
    derive(input, dispatcher::expand)
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
