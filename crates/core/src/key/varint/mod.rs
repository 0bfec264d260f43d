//! Variable-length integers. The bytes are those of [`ordered_varint`]; this folder adds keys for
//! them, and a decoder which accepts exactly the bytes that encoding produces.

mod codec;
mod keys;
mod wrapper;

pub(super) use self::codec::{decode, encode};
pub use self::wrapper::{VarInt, VariableInteger};
