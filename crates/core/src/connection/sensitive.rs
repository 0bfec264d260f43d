//! Secrets: text and bytes which are not shown by `Debug`, and which are overwritten in memory when
//! they are dropped. Copies that others make of them are out of reach.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt::{Debug, Formatter};
use std::ops::{Deref, DerefMut};
use std::string::FromUtf8Error;

use arc_bytes::serde::Bytes;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::key::{ByteSource, Key, KeyEncoding, KeyVisitor};

/// Text that is overwritten in memory when it is dropped, such as a password.
#[derive(Clone, Default, Eq, PartialEq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
pub struct SensitiveString(pub String);

/// Bytes that are overwritten in memory when they are dropped.
#[derive(Clone, Eq, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SensitiveBytes(pub Bytes);

impl From<String> for SensitiveString {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for SensitiveString {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl Zeroize for SensitiveBytes {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

impl Drop for SensitiveBytes {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl ZeroizeOnDrop for SensitiveBytes {}

macro_rules! impl_sensitive {
    ($sensitive:ident($inner:ty), $error:ty) => {
        impl Debug for $sensitive {
            fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($sensitive), "(...)"))
            }
        }

        impl Deref for $sensitive {
            type Target = $inner;

            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }

        impl DerefMut for $sensitive {
            fn deref_mut(&mut self) -> &mut Self::Target {
                &mut self.0
            }
        }

        impl<'k> Key<'k> for $sensitive {
            const CAN_OWN_BYTES: bool = true;

            fn from_ord_bytes<'e>(bytes: ByteSource<'k, 'e>) -> Result<Self, Self::Error> {
                <$inner>::from_ord_bytes(bytes).map(Self)
            }
        }

        impl KeyEncoding for $sensitive {
            type Error = $error;

            const LENGTH: Option<usize> = None;

            fn describe<Visitor>(visitor: &mut Visitor)
            where
                Visitor: KeyVisitor,
            {
                <$inner>::describe(visitor);
            }

            fn as_ord_bytes(&self) -> Result<Cow<'_, [u8]>, Self::Error> {
                self.0.as_ord_bytes()
            }
        }
    };
}

impl_sensitive!(SensitiveString(String), FromUtf8Error);
impl_sensitive!(SensitiveBytes(Bytes), Infallible);
