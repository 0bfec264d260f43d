//! What can go wrong inside a view.

use crate::AnyError;

/// An error of a view's functions, or of the keys they emit.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A key could not be encoded or decoded.
    #[error("error serializing view keys: {0}")]
    KeySerialization(Box<dyn AnyError>),
    /// Anything else.
    #[error("core: {0}")]
    Core(#[from] crate::Error),
}

impl Error {
    /// Returns [`KeySerialization`](Self::KeySerialization) of `error`.
    pub fn key_serialization<E: AnyError>(error: E) -> Self {
        Self::KeySerialization(Box::new(error))
    }
}

impl From<pot::Error> for Error {
    fn from(error: pot::Error) -> Self {
        Self::Core(error.into())
    }
}
