//! Views whose functions fail or panic, beside healthy ones.

use bonsaidb_core::Error;
use bonsaidb_core::document::{CollectionDocument, Emit};
use bonsaidb_core::schema::{
    Collection, CollectionMapReduce, ReduceResult, View, ViewMapResult, ViewMappedValue, ViewSchema,
};
use serde::{Deserialize, Serialize};

/// A document that brings its lazy views into trouble: mapping fails for `fail` and panics for `panic`, reducing fails for
/// `fail reduce` and panics for `panic reduce`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Collection)]
#[collection(name = "troubled", authority = "suite", views = [Failing, Panicking, Healthy])]
pub struct Troubled(pub String);

impl Troubled {
    /// Returns the document.
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// Fails where told to.
#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Troubled, key = String, value = u32, name = "failing")]
pub struct Failing;

impl CollectionMapReduce for Failing {
    fn map<'doc>(&self, document: CollectionDocument<Troubled>) -> ViewMapResult<'doc, Self> {
        let text = document.contents.0;
        if text == "fail" {
            return Err(Error::other("suite", "refused to map"));
        }
        document.header.emit_key_and_value(text, 1)
    }

    fn reduce(&self, mappings: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<Self> {
        if mappings.iter().any(|mapping| mapping.key == "fail reduce") {
            return Err(Error::other("suite", "refused to reduce"));
        }
        Ok(mappings.iter().map(|mapping| mapping.value).sum())
    }
}

/// Panics where told to.
#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Troubled, key = String, value = u32, name = "panicking")]
pub struct Panicking;

impl CollectionMapReduce for Panicking {
    fn map<'doc>(&self, document: CollectionDocument<Troubled>) -> ViewMapResult<'doc, Self> {
        let text = document.contents.0;
        assert_ne!(text, "panic", "the panic that the suite asked for");
        document.header.emit_key_and_value(text, 1)
    }

    fn reduce(&self, mappings: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<Self> {
        for mapping in mappings {
            assert_ne!(
                mapping.key, "panic reduce",
                "the panic that the suite asked for"
            );
        }
        Ok(mappings.iter().map(|mapping| mapping.value).sum())
    }
}

/// Never in trouble.
#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Troubled, key = String, name = "healthy")]
pub struct Healthy;

impl CollectionMapReduce for Healthy {
    fn map<'doc>(&self, document: CollectionDocument<Troubled>) -> ViewMapResult<'doc, Self> {
        document.header.emit_key(document.contents.0)
    }
}

/// A document that brings its eager view into trouble: mapping fails for `fail` and panics for `panic`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Collection)]
#[collection(name = "eagerly-troubled", authority = "suite", views = [FailingEagerly])]
pub struct EagerlyTroubled(pub String);

impl EagerlyTroubled {
    /// Returns the document.
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// Fails or panics where told to, inside the transaction.
#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = EagerlyTroubled, key = String, name = "failing-eagerly")]
#[view_schema(policy = Eager)]
pub struct FailingEagerly;

impl CollectionMapReduce for FailingEagerly {
    fn map<'doc>(
        &self,
        document: CollectionDocument<EagerlyTroubled>,
    ) -> ViewMapResult<'doc, Self> {
        let text = document.contents.0;
        assert_ne!(text, "panic", "the panic that the suite asked for");
        if text == "fail" {
            return Err(Error::other("suite", "refused to map"));
        }
        document.header.emit_key(text)
    }
}
