//! The two key traits. [`KeyEncoding`] turns a value into bytes that sort as the value does;
//! [`Key`] is the owned type those bytes decode to. A borrowed form such as `str` encodes *for*
//! its key type and cannot be decoded.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{ByteSource, KeyVisitor};
use crate::AnyError;

/// Encodes a value as the bytes of a key of type `K`.
///
/// Ordering the bytes must give the same order as ordering the values. Types other than `K` may
/// encode for `K` as long as they produce the bytes which the equal `K` would: this is how
/// `&str` is accepted where the key is a `String`.
pub trait KeyEncoding<K = Self>: Send + Sync {
    /// Why a value could not be encoded, or bytes not be decoded.
    type Error: AnyError;

    /// The number of bytes that every value encodes to, or `None` if values differ in length.
    ///
    /// Composite keys store fields of a fixed length without a terminator, so a wrong `Some`
    /// makes encoding them fail.
    const LENGTH: Option<usize>;

    /// Reports the parts this key is made of to `visitor`.
    fn describe<Visitor>(visitor: &mut Visitor)
    where
        Visitor: KeyVisitor;

    /// Encodes this value into bytes whose order is the order of the values.
    ///
    /// # Errors
    ///
    /// Returns an error if this value has no encoding. Each key type documents which do not.
    fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error>;
}

/// A type which can be the key of a document or of a view entry.
///
/// `'k` is how long the bytes live which a decoded key may borrow from. Types that borrow nothing
/// implement `Key<'k>` for every `'k`.
///
/// Most keys are derived. This one is written by hand: a version number, kept in three bytes.
///
/// ```
/// use std::borrow::Cow;
///
/// use bonsaidb_core::key::{ByteSource, IncorrectByteLength, Key, KeyEncoding, KeyKind, KeyVisitor};
///
/// #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
/// struct Version([u8; 3]);
///
/// impl KeyEncoding for Version {
///     type Error = IncorrectByteLength;
///
///     const LENGTH: Option<usize> = Some(3);
///
///     fn describe<Visitor: KeyVisitor>(visitor: &mut Visitor) {
///         visitor.visit_type(KeyKind::Bytes);
///     }
///
///     fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error> {
///         Ok(Cow::Borrowed(&self.0))
///     }
/// }
///
/// impl<'k> Key<'k> for Version {
///     const CAN_OWN_BYTES: bool = false;
///
///     fn from_ord_bytes<'e>(bytes: ByteSource<'k, 'e>) -> Result<Self, Self::Error> {
///         let bytes = <[u8; 3]>::try_from(bytes.as_ref()).map_err(|_| IncorrectByteLength)?;
///         Ok(Self(bytes))
///     }
/// }
///
/// let versions = [Version([1, 2, 0]), Version([1, 10, 0])];
/// assert!(versions[0].as_ord_bytes()? < versions[1].as_ord_bytes()?);
/// # Ok::<(), IncorrectByteLength>(())
/// ```
pub trait Key<'k>: KeyEncoding<Self> + Clone + Send + Sync {
    /// True if decoding from an owned `Vec<u8>` keeps it rather than copying from it.
    const CAN_OWN_BYTES: bool;

    /// Decodes a key from bytes that [`KeyEncoding::as_ord_bytes`] returned.
    ///
    /// # Errors
    ///
    /// Returns an error if no value of this type encodes to `bytes`. Implementations must not
    /// panic, whatever the bytes, and must accept all three kinds of [`ByteSource`].
    fn from_ord_bytes<'e>(bytes: ByteSource<'k, 'e>) -> Result<Self, Self::Error>;

    /// Returns the first value of a sequence of automatically assigned keys.
    ///
    /// # Errors
    ///
    /// Returns [`NextValueError::Unsupported`] if keys of this type cannot be assigned
    /// automatically, which is the default.
    fn first_value() -> Result<Self, NextValueError> {
        Err(NextValueError::Unsupported)
    }

    /// Returns the value that follows this one in a sequence of automatically assigned keys.
    ///
    /// # Errors
    ///
    /// - [`NextValueError::Unsupported`]: keys of this type cannot be assigned automatically,
    ///   which is the default.
    /// - [`NextValueError::WouldWrap`]: this is the last value.
    fn next_value(&self) -> Result<Self, NextValueError> {
        Err(NextValueError::Unsupported)
    }
}

/// Why a key has no next value.
#[derive(Clone, Debug, thiserror::Error, Serialize, Deserialize)]
pub enum NextValueError {
    /// Keys of this type cannot be assigned automatically.
    #[error("keys of this type cannot be assigned automatically")]
    Unsupported,
    /// The key is the last one of its type.
    #[error("the last value of the key type has been reached")]
    WouldWrap,
}

impl<KE, K> KeyEncoding<K> for &KE
where
    KE: KeyEncoding<K> + PartialEq + ?Sized,
    K: KeyEncoding<K> + PartialEq<KE>,
{
    type Error = KE::Error;

    const LENGTH: Option<usize> = <K as KeyEncoding<K>>::LENGTH;

    fn describe<Visitor>(visitor: &mut Visitor)
    where
        Visitor: KeyVisitor,
    {
        KE::describe(visitor);
    }

    fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error> {
        KE::as_ord_bytes(self)
    }
}
