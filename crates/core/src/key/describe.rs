//! Descriptions of key types, as data: which kinds of values a key is made of. They are stored
//! next to a view to notice when its key type changes, and shown by tools which know no Rust types.
//!
//! [`KeyEncoding::describe`] reports to a [`KeyVisitor`]: one `visit_type` or `visit_other` for
//! a simple key; for a composite one `visit_composite`, its attributes, then its fields in turn.

use std::any::type_name;
use std::borrow::Cow;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{Key, KeyEncoding};

/// Is told what a key type is made of.
pub trait KeyVisitor {
    /// Reports a value of a built-in kind.
    fn visit_type(&mut self, kind: KeyKind);

    /// Reports a value of a kind that is not built in, by name.
    ///
    /// Unless overridden, it is reported as [`KeyKind::Bytes`], which every key is in the end.
    fn visit_other(&mut self, kind: impl Into<Cow<'static, str>>) {
        let _ = kind;
        self.visit_type(KeyKind::Bytes);
    }

    /// Reports a key of `count` fields, which must follow.
    fn visit_composite(&mut self, kind: CompositeKind, count: usize);

    /// Reports a property of the composite key that has just been visited, before its first field.
    fn visit_composite_attribute(
        &mut self,
        key: impl Into<Cow<'static, str>>,
        value: impl Into<KeyAttibuteValue>,
    );
}

/// A built-in kind of keys.
#[derive(Debug, Eq, PartialEq, Clone, Copy, Serialize, Deserialize)]
pub enum KeyKind {
    /// `()`.
    Unit,
    /// `u8`.
    U8,
    /// `u16`.
    U16,
    /// `u32`.
    U32,
    /// `u64`.
    U64,
    /// `u128`.
    U128,
    /// `usize`.
    Usize,
    /// `i8`.
    I8,
    /// `i16`.
    I16,
    /// `i32`.
    I32,
    /// `i64`.
    I64,
    /// `i128`.
    I128,
    /// `isize`.
    Isize,
    /// A signed integer of variable length.
    Signed,
    /// An unsigned integer of variable length.
    Unsigned,
    /// `bool`.
    Bool,
    /// UTF-8 text.
    String,
    /// Bytes.
    Bytes,
}

/// The value of a property of a composite key.
#[derive(Debug, Eq, PartialEq, Clone, Serialize, Deserialize)]
pub enum KeyAttibuteValue {
    /// A `u8`.
    U8(u8),
    /// An `i8`.
    I8(i8),
    /// A `u16`.
    U16(u16),
    /// An `i16`.
    I16(i16),
    /// A `u32`.
    U32(u32),
    /// An `i32`.
    I32(i32),
    /// A `u64`.
    U64(u64),
    /// An `i64`.
    I64(i64),
    /// A `u128`.
    U128(u128),
    /// An `i128`.
    I128(i128),
    /// A `usize`.
    Usize(usize),
    /// An `isize`.
    Isize(isize),
    /// A `bool`.
    Bool(bool),
    /// Text.
    Str(Cow<'static, str>),
    /// Bytes.
    Bytes(Cow<'static, [u8]>),
}

macro_rules! impl_attribute_from {
    ($($ty:ty => $variant:ident),+ $(,)?) => {$(
        impl From<$ty> for KeyAttibuteValue {
            fn from(value: $ty) -> Self {
                Self::$variant(value.into())
            }
        }
    )+};
}

impl_attribute_from! {
    u8 => U8,
    i8 => I8,
    u16 => U16,
    i16 => I16,
    u32 => U32,
    i32 => I32,
    u64 => U64,
    i64 => I64,
    u128 => U128,
    i128 => I128,
    usize => Usize,
    isize => Isize,
    bool => Bool,
    &'static str => Str,
    String => Str,
    &'static [u8] => Bytes,
    Vec<u8> => Bytes,
}

/// What a composite key is in Rust.
#[derive(Debug, Eq, PartialEq, Clone, Serialize, Deserialize)]
pub enum CompositeKind {
    /// An `Option`.
    Option,
    /// A `Result`.
    Result,
    /// A tuple, or an enum with all the fields of its variants.
    Tuple,
    /// A struct of this name.
    Struct(Cow<'static, str>),
}

/// A description of a key type.
///
/// ```
/// use bonsaidb_core::key::{KeyDescription, KeyKind};
///
/// assert_eq!(
///     KeyDescription::for_key::<u64>(),
///     KeyDescription::Basic(KeyKind::U64)
/// );
/// ```
#[derive(Debug, Eq, PartialEq, Clone, Serialize, Deserialize)]
pub enum KeyDescription {
    /// A built-in kind.
    Basic(KeyKind),
    /// A key made of others.
    Composite(CompositeKeyDescription),
    /// Another kind, by name.
    Other(Cow<'static, str>),
}

/// A description of a key that is made of others.
#[derive(Debug, Eq, PartialEq, Clone, Serialize, Deserialize)]
pub struct CompositeKeyDescription {
    /// What the key is in Rust.
    pub kind: CompositeKind,
    /// What it is made of, in order.
    pub fields: Vec<KeyDescription>,
    /// Its properties.
    pub attributes: HashMap<Cow<'static, str>, KeyAttibuteValue>,
}

impl KeyDescription {
    /// Describes how `KE` encodes the key `K`.
    ///
    /// # Panics
    ///
    /// Panics if `KE` reports more or fewer fields than it announced.
    pub fn for_encoding<KE: KeyEncoding<K>, K: for<'k> Key<'k> + 'static>() -> Self {
        let mut describer = Describer::default();
        KE::describe(&mut describer);
        describer
            .finish()
            .unwrap_or_else(|| Self::Other(Cow::Borrowed(type_name::<K>())))
    }

    /// Describes the key `K`.
    ///
    /// # Panics
    ///
    /// Panics if `K` reports more or fewer fields than it announced.
    pub fn for_key<K: for<'k> Key<'k> + 'static>() -> Self {
        Self::for_encoding::<K, K>()
    }
}

/// Builds a description from what a key type reports.
#[derive(Default)]
struct Describer {
    /// The composites that have been announced and not yet closed, outermost first. Those which
    /// have all their fields are closed by the next visit only, as attributes may follow.
    open: Vec<OpenComposite>,
    root: Option<KeyDescription>,
}

struct OpenComposite {
    description: CompositeKeyDescription,
    count: usize,
}

impl Describer {
    fn finish(mut self) -> Option<KeyDescription> {
        self.close_complete();
        assert!(
            self.open.is_empty(),
            "a key type reported fewer fields than it announced"
        );
        self.root
    }

    fn close_complete(&mut self) {
        while let Some(composite) = self
            .open
            .pop_if(|composite| composite.description.fields.len() == composite.count)
        {
            self.attach(KeyDescription::Composite(composite.description));
        }
    }

    fn attach(&mut self, description: KeyDescription) {
        if let Some(parent) = self.open.last_mut() {
            parent.description.fields.push(description);
        } else {
            let previous = self.root.replace(description);
            assert!(
                previous.is_none(),
                "a key type reported more fields than it announced"
            );
        }
    }

    fn visit(&mut self, description: KeyDescription) {
        self.close_complete();
        self.attach(description);
    }
}

impl KeyVisitor for Describer {
    fn visit_type(&mut self, kind: KeyKind) {
        self.visit(KeyDescription::Basic(kind));
    }

    fn visit_other(&mut self, kind: impl Into<Cow<'static, str>>) {
        self.visit(KeyDescription::Other(kind.into()));
    }

    fn visit_composite(&mut self, kind: CompositeKind, count: usize) {
        self.close_complete();
        self.open.push(OpenComposite {
            description: CompositeKeyDescription {
                kind,
                fields: Vec::with_capacity(count),
                attributes: HashMap::new(),
            },
            count,
        });
    }

    fn visit_composite_attribute(
        &mut self,
        key: impl Into<Cow<'static, str>>,
        value: impl Into<KeyAttibuteValue>,
    ) {
        let composite = self
            .open
            .last_mut()
            .filter(|composite| composite.description.fields.is_empty())
            .expect("a key type reported an attribute that does not follow visit_composite");
        composite
            .description
            .attributes
            .insert(key.into(), value.into());
    }
}
