//! One schema in two versions: a view that changes, an eager view that changes, and a view that is new.

use bonsaidb_core::document::{CollectionDocument, Emit};
use bonsaidb_core::schema::{
    Collection, CollectionMapReduce, Schema, View, ViewMapResult, ViewSchema,
};
use serde::{Deserialize, Serialize};

/// The earlier version.
#[derive(Debug, Schema)]
#[schema(name = "evolving", authority = "suite", collections = [Entry])]
pub struct Evolving;

/// The later version, under the same name.
#[derive(Debug, Schema)]
#[schema(name = "evolving", authority = "suite", collections = [EvolvedEntry])]
pub struct Evolved;

/// A document of [`Evolving`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Collection)]
#[collection(name = "entries", authority = "suite", views = [ByTitle, Titles])]
pub struct Entry {
    /// What the views are made of.
    pub title: String,
}

impl Entry {
    /// Returns an entry.
    pub fn new(title: &str) -> Self {
        Self {
            title: title.to_owned(),
        }
    }
}

/// Entries by title. The later version uses upper case.
#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Entry, key = String, name = "by-title")]
#[view_schema(version = 1)]
pub struct ByTitle;

impl CollectionMapReduce for ByTitle {
    fn map<'doc>(&self, document: CollectionDocument<Entry>) -> ViewMapResult<'doc, Self> {
        document.header.emit_key(document.contents.title)
    }
}

/// As [`ByTitle`], eager.
#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Entry, key = String, name = "titles")]
#[view_schema(version = 1, policy = Eager)]
pub struct Titles;

impl CollectionMapReduce for Titles {
    fn map<'doc>(&self, document: CollectionDocument<Entry>) -> ViewMapResult<'doc, Self> {
        document.header.emit_key(document.contents.title)
    }
}

/// A document of [`Evolved`]: an [`Entry`], read by a later program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Collection)]
#[collection(
    name = "entries",
    authority = "suite",
    views = [later::ByTitle, later::Titles, BySize, UniqueTitles]
)]
pub struct EvolvedEntry {
    /// What the views are made of.
    pub title: String,
}

/// The later versions of the earlier views.
pub mod later {
    use super::{
        CollectionDocument, CollectionMapReduce, Emit, EvolvedEntry, View, ViewMapResult,
        ViewSchema,
    };

    /// Entries by title in upper case.
    #[derive(Clone, Debug, View, ViewSchema)]
    #[view(collection = EvolvedEntry, key = String, name = "by-title")]
    #[view_schema(version = 2)]
    pub struct ByTitle;

    impl CollectionMapReduce for ByTitle {
        fn map<'doc>(
            &self,
            document: CollectionDocument<EvolvedEntry>,
        ) -> ViewMapResult<'doc, Self> {
            let title = document.contents.title.to_uppercase();
            document.header.emit_key(title)
        }
    }

    /// As [`ByTitle`], eager.
    #[derive(Clone, Debug, View, ViewSchema)]
    #[view(collection = EvolvedEntry, key = String, name = "titles")]
    #[view_schema(version = 2, policy = Eager)]
    pub struct Titles;

    impl CollectionMapReduce for Titles {
        fn map<'doc>(
            &self,
            document: CollectionDocument<EvolvedEntry>,
        ) -> ViewMapResult<'doc, Self> {
            let title = document.contents.title.to_uppercase();
            document.header.emit_key(title)
        }
    }
}

/// A lazy view that the earlier version lacks.
#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = EvolvedEntry, key = u64, name = "by-size")]
pub struct BySize;

impl CollectionMapReduce for BySize {
    fn map<'doc>(&self, document: CollectionDocument<EvolvedEntry>) -> ViewMapResult<'doc, Self> {
        let size = document.contents.title.len() as u64;
        document.header.emit_key(size)
    }
}

/// A unique view that the earlier version lacks.
#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = EvolvedEntry, key = String, name = "unique-titles")]
#[view_schema(policy = Unique)]
pub struct UniqueTitles;

impl CollectionMapReduce for UniqueTitles {
    fn map<'doc>(&self, document: CollectionDocument<EvolvedEntry>) -> ViewMapResult<'doc, Self> {
        document.header.emit_key(document.contents.title)
    }
}
