//! Plain bytes, and a view whose keys borrow from them.

use std::borrow::Cow;

use bonsaidb_core::Error;
use bonsaidb_core::document::{BorrowedDocument, Emit};
use bonsaidb_core::schema::{Collection, MapReduce, MappedValue, View, ViewMapResult, ViewSchema};

/// A collection of bytes without format.
#[derive(Debug, Collection)]
#[collection(name = "lines", authority = "suite", views = [ByWord], serialization = None)]
pub struct Line;

/// The words of lines. Reduce counts, and fails if a key that it sees is not borrowed.
#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Line, key = String, value = u32, name = "by-word")]
#[view_schema(mapped_key = Cow<'doc, str>)]
pub struct ByWord;

impl MapReduce for ByWord {
    fn map<'doc>(&self, document: &'doc BorrowedDocument<'_>) -> ViewMapResult<'doc, Self> {
        let line = std::str::from_utf8(&document.contents)
            .map_err(|error| Error::other("suite", error))?;
        line.split_whitespace()
            .map(|word| document.header.emit_key_and_value(Cow::Borrowed(word), 1))
            .collect()
    }

    fn reduce(&self, mappings: &[MappedValue<Cow<'_, str>, u32>], _: bool) -> Result<u32, Error> {
        if let Some(copied) = mappings
            .iter()
            .find(|mapping| matches!(mapping.key, Cow::Owned(_)))
        {
            return Err(Error::other("suite", format!("{} was copied", copied.key)));
        }
        Ok(mappings.iter().map(|mapping| mapping.value).sum())
    }
}
