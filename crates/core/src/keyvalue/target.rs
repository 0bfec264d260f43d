//! The key a builder is about, and the connection it asks.

use bonsaidb_macros::twin;

use crate::Error;
use crate::keyvalue::{AsyncKeyValue, Command, KeyOperation, KeyValue, Output};

/// A key of a connection.
pub(super) struct Target<'a, K> {
    kv: &'a K,
    namespace: Option<String>,
    key: String,
}

impl<'a, K> Target<'a, K> {
    pub fn new(kv: &'a K, namespace: Option<&str>, key: impl Into<String>) -> Self {
        Self {
            kv,
            namespace: namespace.map(str::to_owned),
            key: key.into(),
        }
    }

    /// Moves the target out from behind a reference.
    pub fn take(&mut self) -> Self {
        Self {
            kv: self.kv,
            namespace: self.namespace.take(),
            key: std::mem::take(&mut self.key),
        }
    }

    fn operation(self, command: Command) -> KeyOperation {
        KeyOperation {
            namespace: self.namespace,
            key: self.key,
            command,
        }
    }
}

#[twin(methods)]
impl<K> Target<'_, K> {
    pub async fn execute_async(self, command: Command) -> Result<Output, Error>
    where
        K: AsyncKeyValue,
    {
        let kv = self.kv;
        kv.execute_key_operation(self.operation(command)).await
    }
}
