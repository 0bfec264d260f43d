//! Composite keys: several keys in one, sorted by the first field, then the second, and so on.
//!
//! | field | bytes |
//! |---|---|
//! | of a type with a fixed length | as they are |
//! | of any other type | escaped (`00` becomes `01 01`, `01` becomes `01 02`), then `00` |
//!
//! An escaped field contains no `00`, so the first one ends it, and it is smaller than anything
//! that could follow: a field sorts before all fields it is a prefix of. The escapes keep the
//! order of the bytes they stand for, since `01 01` < `01 02` < `02`. Together this makes the order
//! of the whole the order of the fields, for every content.
//!
//! A composite key inside another one is a field like any other.

mod decoder;
mod encoder;
mod error;
mod nulls;

pub use self::decoder::CompositeKeyDecoder;
pub use self::encoder::CompositeKeyEncoder;
pub use self::error::{CompositeKeyError, CompositeKeyFieldContainsNullByte};
pub use self::nulls::{AllowNullBytes, CompositeKeyNullHandler, DenyNullBytes, EscapeNullBytes};
