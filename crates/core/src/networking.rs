//! What clients see when a transport fails.

use serde::{Deserialize, Serialize};

/// A transport-level failure.
#[derive(Clone, Debug, Serialize, Deserialize, thiserror::Error)]
pub enum Error {
    /// The answer does not belong to the request.
    #[error("unexpected response: {0}")]
    UnexpectedResponse(String),
    /// The server did not accept the connection in time.
    #[error("the connection was not established in time")]
    ConnectTimeout,
    /// The server did not answer in time.
    #[error("the request was not answered in time")]
    RequestTimeout,
    /// The connection was closed.
    #[error("the connection was closed")]
    Disconnected,
}
