//! A connection to the keys of one namespace.

use async_trait::async_trait;
use bonsaidb_macros::twin;

use crate::Error;
use crate::keyvalue::{AsyncKeyValue, KeyOperation, KeyValue, Output};

/// A connection to the keys of one namespace, from
/// [`with_key_namespace`](KeyValue::with_key_namespace). Keys of different namespaces are different,
/// whatever their text.
#[derive(Clone, Debug)]
pub struct Namespaced<'a, K> {
    kv: &'a K,
    /// All names, outermost first, joined by NUL. An empty name is no namespace.
    namespace: Option<String>,
}

impl<'a, K> Namespaced<'a, K> {
    pub(super) fn new(kv: &'a K, outer: Option<&str>, inner: &str) -> Self {
        let outer = outer.filter(|name| !name.is_empty());
        let namespace = match (outer, inner) {
            (outer, "") => outer.map(str::to_owned),
            (None, inner) => Some(inner.to_owned()),
            (Some(outer), inner) => Some([outer, inner].join("\0")),
        };
        Self { kv, namespace }
    }
}

#[twin]
#[async_trait]
impl<K: AsyncKeyValue> AsyncKeyValue for Namespaced<'_, K> {
    async fn execute_key_operation(&self, op: KeyOperation) -> Result<Output, Error> {
        self.kv.execute_key_operation(op).await
    }

    fn key_namespace(&self) -> Option<&'_ str> {
        self.namespace.as_deref()
    }
}
