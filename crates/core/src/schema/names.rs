//! Names of schemas, collections, views and APIs.
//!
//! A [`Name`] may be any text. Where names are joined with `.`, or become file names, the
//! *encoded* form is used: ASCII letters, digits and `-` stand for themselves, every other byte is
//! `_` and two lower-case hexadecimal digits.

use std::borrow::Cow;
use std::fmt::{self, Debug, Display, Write};
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A text that is not an encoded name.
#[derive(Clone, Debug, Serialize, Deserialize, thiserror::Error)]
#[error("`{0}` is not an encoded name")]
pub struct InvalidNameError(pub String);

/// A name: any text. Cloning is cheap, and a name made from a `&'static str` never allocates.
#[derive(Clone)]
pub struct Name(Text);

/// Two words: the thin pointer fits beside the niche of the other variant. Names are part of many
/// errors, which should stay small.
#[derive(Clone)]
enum Text {
    Static(&'static str),
    Shared(Arc<Box<str>>),
}

impl Name {
    /// Returns a name for `contents`.
    pub fn new<T: Into<Self>>(contents: T) -> Self {
        contents.into()
    }

    /// Parses an encoded name.
    ///
    /// # Errors
    ///
    /// [`InvalidNameError`] if `encoded` holds a broken escape or does not decode to UTF-8.
    pub fn parse_encoded(encoded: &str) -> Result<Self, InvalidNameError> {
        let invalid = || InvalidNameError(encoded.to_owned());
        let mut decoded = Vec::with_capacity(encoded.len());
        let mut bytes = encoded.bytes();
        while let Some(byte) = bytes.next() {
            if byte == b'_' {
                let high = bytes.next().and_then(lower_hex).ok_or_else(invalid)?;
                let low = bytes.next().and_then(lower_hex).ok_or_else(invalid)?;
                decoded.push(high << 4 | low);
            } else if is_plain(byte) {
                decoded.push(byte);
            } else {
                return Err(invalid());
            }
        }
        String::from_utf8(decoded)
            .map(Self::from)
            .map_err(|_| invalid())
    }

    /// Returns the encoded form.
    pub fn encoded(&self) -> String {
        format!("{self:#}")
    }
}

const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

const fn lower_hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        match &self.0 {
            Text::Static(text) => text,
            Text::Shared(text) => text,
        }
    }
}

impl Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.as_ref();
        if !f.alternate() {
            return Display::fmt(text, f);
        }
        for byte in text.bytes() {
            if is_plain(byte) {
                f.write_char(char::from(byte))?;
            } else {
                write!(f, "_{byte:02x}")?;
            }
        }
        Ok(())
    }
}

impl Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Debug::fmt(self.as_ref(), f)
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.as_ref() == other.as_ref()
    }
}

impl Eq for Name {}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_ref().cmp(other.as_ref())
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_ref().hash(state);
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_ref())
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

impl From<&'static str> for Name {
    fn from(text: &'static str) -> Self {
        Self(Text::Static(text))
    }
}

impl From<String> for Name {
    fn from(text: String) -> Self {
        Self(Text::Shared(Arc::new(text.into_boxed_str())))
    }
}

impl From<Cow<'static, str>> for Name {
    fn from(text: Cow<'static, str>) -> Self {
        match text {
            Cow::Borrowed(text) => text.into(),
            Cow::Owned(text) => text.into(),
        }
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.as_ref().to_owned()
    }
}

/// Whoever a name belongs to: an organization, a crate, or `private`.
#[derive(Hash, PartialEq, Eq, PartialOrd, Ord, Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Authority(Name);

impl Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.0, f)
    }
}

impl AsRef<str> for Authority {
    fn as_ref(&self) -> &str {
        self.0.as_ref()
    }
}

impl From<Name> for Authority {
    fn from(name: Name) -> Self {
        Self(name)
    }
}

macro_rules! authority_from {
    ($($text:ty),*) => { $(
        impl From<$text> for Authority {
            fn from(text: $text) -> Self {
                Self(Name::from(text))
            }
        }
    )* };
}
authority_from!(&'static str, String, Cow<'static, str>);

/// A name with its authority.
pub trait Qualified: Display + Sized {
    /// Returns a name of the authority `private`.
    fn private<N: Into<Name>>(name: N) -> Self {
        Self::new("private", name)
    }

    /// Returns `name` of `authority`.
    fn new<A: Into<Authority>, N: Into<Name>>(authority: A, name: N) -> Self;

    /// Parses `authority.name`, both encoded.
    ///
    /// # Errors
    ///
    /// [`InvalidNameError`] with the whole of `encoded` unless it has exactly two valid parts.
    fn parse_encoded(encoded: &str) -> Result<Self, InvalidNameError> {
        let invalid = |_| InvalidNameError(encoded.to_owned());
        match encoded.split_once('.') {
            Some((authority, name)) if !name.contains('.') => Ok(Self::new(
                Name::parse_encoded(authority).map_err(invalid)?,
                Name::parse_encoded(name).map_err(invalid)?,
            )),
            _ => Err(InvalidNameError(encoded.to_owned())),
        }
    }

    /// Returns the encoded form.
    fn encoded(&self) -> String {
        format!("{self:#}")
    }
}

/// A name with its authority, of anything.
#[derive(Hash, PartialEq, Eq, PartialOrd, Ord, Debug, Clone, Serialize, Deserialize)]
pub struct QualifiedName {
    /// Whose name this is.
    pub authority: Authority,
    /// The name, unique within the authority.
    pub name: Name,
}

impl Qualified for QualifiedName {
    fn new<A: Into<Authority>, N: Into<Name>>(authority: A, name: N) -> Self {
        Self {
            authority: authority.into(),
            name: name.into(),
        }
    }
}

impl Display for QualifiedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.authority, f)?;
        f.write_char('.')?;
        Display::fmt(&self.name, f)
    }
}

impl FromStr for QualifiedName {
    type Err = InvalidNameError;

    fn from_str(encoded: &str) -> Result<Self, Self::Err> {
        Self::parse_encoded(encoded)
    }
}

macro_rules! qualified {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Hash, PartialEq, Eq, PartialOrd, Ord, Debug, Clone, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(QualifiedName);

        impl Qualified for $name {
            fn new<A: Into<Authority>, N: Into<Name>>(authority: A, name: N) -> Self {
                Self(QualifiedName::new(authority, name))
            }
        }

        impl Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                Display::fmt(&self.0, f)
            }
        }

        impl Deref for $name {
            type Target = QualifiedName;

            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }
    };
}

qualified! {
    /// The name of a [`Schema`](crate::schema::Schema).
    SchemaName
}
qualified! {
    /// The name of a [`Collection`](crate::schema::Collection).
    CollectionName
}
qualified! {
    /// The name of a server API.
    ApiName
}

impl FromStr for SchemaName {
    type Err = InvalidNameError;

    fn from_str(encoded: &str) -> Result<Self, Self::Err> {
        Self::parse_encoded(encoded)
    }
}

impl FromStr for CollectionName {
    type Err = InvalidNameError;

    fn from_str(encoded: &str) -> Result<Self, Self::Err> {
        Self::parse_encoded(encoded)
    }
}

impl From<CollectionName> for SchemaName {
    fn from(name: CollectionName) -> Self {
        Self(name.0)
    }
}

/// The name of a [`View`](crate::schema::View).
#[derive(Hash, PartialEq, Eq, PartialOrd, Ord, Debug, Clone, Serialize, Deserialize)]
pub struct ViewName {
    /// The collection whose documents the view maps.
    pub collection: CollectionName,
    /// The name, unique within the collection.
    pub name: Name,
}

impl ViewName {
    /// Returns the name of the view `name` of `collection`.
    ///
    /// # Errors
    ///
    /// [`InvalidNameError`] if a conversion fails.
    pub fn new<
        C: TryInto<CollectionName, Error = InvalidNameError>,
        N: TryInto<Name, Error = InvalidNameError>,
    >(
        collection: C,
        name: N,
    ) -> Result<Self, InvalidNameError> {
        Ok(Self {
            collection: collection.try_into()?,
            name: name.try_into()?,
        })
    }
}

impl Display for ViewName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.collection, f)?;
        f.write_char('.')?;
        Display::fmt(&self.name, f)
    }
}

impl FromStr for ViewName {
    type Err = InvalidNameError;

    fn from_str(encoded: &str) -> Result<Self, Self::Err> {
        let (collection, name) = encoded
            .rsplit_once('.')
            .ok_or_else(|| InvalidNameError(encoded.to_owned()))?;
        Ok(Self {
            collection: collection.parse()?,
            name: Name::parse_encoded(name)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoding_escapes_all_but_letters_digits_and_hyphens() {
        let name = CollectionName::new("a.b", "c_d");
        assert_eq!(name.to_string(), "a.b.c_d");
        assert_eq!(name.encoded(), "a_2eb.c_5fd");
        assert_eq!(CollectionName::parse_encoded("a_2eb.c_5fd").unwrap(), name);
        assert_eq!(Name::new("hé-1").encoded(), "h_c3_a9-1");
    }

    #[test]
    fn broken_escapes_are_errors_that_name_the_text() {
        for text in ["_", "_2", "_2E", "_zz", "_ff", "a b"] {
            assert_eq!(Name::parse_encoded(text).unwrap_err().0, text);
        }
        for text in ["a", "a.b.c", "a._", ""] {
            assert_eq!(SchemaName::parse_encoded(text).unwrap_err().0, text);
        }
    }

    #[test]
    fn view_names_split_at_the_last_dot() {
        let name: ViewName = "a.b.c_2e".parse().unwrap();
        assert_eq!(name.collection, CollectionName::new("a", "b"));
        assert_eq!(name.name.as_ref(), "c.");
        assert_eq!(format!("{name:#}").parse::<ViewName>().unwrap(), name);
        assert!("a.b".parse::<ViewName>().is_err());
    }

    #[test]
    fn names_and_the_errors_that_hold_them_are_small() {
        assert_eq!(size_of::<Name>(), 16);
        assert!(size_of::<crate::Error>() <= 96);
    }

    #[test]
    fn names_compare_by_text_wherever_it_lives() {
        assert_eq!(Name::from("x"), Name::from(String::from("x")));
        assert!(Name::from("a") < Name::from(String::from("b")));
    }
}
