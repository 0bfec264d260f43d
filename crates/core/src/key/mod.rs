//! Keys: values whose encoded bytes sort exactly as the values do.
//!
//! Document ids and view keys are stored as bytes and compared as bytes, so everything that asks
//! for a key or a range of keys relies on three rules which hold for every type here:
//!
//! 1. **Order**: `a < b` exactly when `a`'s bytes sort before `b`'s.
//! 2. **Round trip**: decoding the bytes of a value gives that value, whatever
//!    [`ByteSource`] they come in.
//! 3. **No panics**: bytes that no value encodes to are an error (or, where the error type is
//!    [`Infallible`](std::convert::Infallible), some value), never a panic.
//!
//! The deprecated forms ([`OptionKeyV1`], [`TupleEncodingV1`]) exist to read data written long
//! ago and keep only the last two.
//!
//! ```
//! use bonsaidb_core::key::{ByteSource, Key, KeyEncoding};
//!
//! let low = (-5_i32, String::from("b"));
//! let high = (3_i32, String::from("a"));
//! let low_bytes = low.as_ord_bytes().unwrap();
//! assert!(low_bytes < high.as_ord_bytes().unwrap());
//!
//! let decoded = <(i32, String)>::from_ord_bytes(ByteSource::Borrowed(&low_bytes)).unwrap();
//! assert_eq!(decoded, low);
//! ```

mod bytes;
mod composite;
mod describe;
mod enum_key;
mod format;
mod integer;
mod non_zero;
mod option;
mod prefix;
mod result;
mod source;
mod text;
pub mod time;
mod traits;
mod tuple;
mod unit;
#[cfg(feature = "uuid")]
mod uuid;
mod v1;
mod varint;

pub use bonsaidb_macros::Key;

pub use self::composite::{
    AllowNullBytes, CompositeKeyDecoder, CompositeKeyEncoder, CompositeKeyError,
    CompositeKeyFieldContainsNullByte, CompositeKeyNullHandler, DenyNullBytes, EscapeNullBytes,
};
pub use self::describe::{
    CompositeKeyDescription, CompositeKind, KeyAttibuteValue, KeyDescription, KeyKind, KeyVisitor,
};
pub use self::enum_key::{EnumKey, UnknownEnumVariant};
pub use self::format::KeyFormat;
pub use self::integer::IncorrectByteLength;
pub use self::non_zero::NonZeroKeyError;
pub use self::prefix::IntoPrefixRange;
pub use self::source::ByteSource;
pub use self::traits::{Key, KeyEncoding, NextValueError};
#[allow(deprecated)]
pub use self::v1::{OptionKeyV1, TupleEncodingV1, decode_composite_field, encode_composite_field};
pub use self::varint::{VarInt, VariableInteger};
