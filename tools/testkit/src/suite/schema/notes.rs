//! Notes with tags and a rating: views of every policy but unique, with and without reduce.

use bonsaidb_core::document::{CollectionDocument, Emit};
use bonsaidb_core::schema::{
    Collection, CollectionMapReduce, ReduceResult, View, ViewMapResult, ViewMappedValue, ViewSchema,
};
use serde::{Deserialize, Serialize};

/// A note.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Collection)]
#[collection(
    name = "notes",
    authority = "suite",
    views = [ByTag, TagPositions, ByRating, TextsByRating, TagsEagerly]
)]
pub struct Note {
    /// What it says.
    pub text: String,
    /// The keys of [`ByTag`], [`TagPositions`] and [`TagsEagerly`].
    pub tags: Vec<String>,
    /// The key of [`ByRating`] and [`TextsByRating`].
    pub rating: i32,
}

impl Note {
    /// Returns a note without tags, rated 0.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    /// Replaces the tags.
    #[must_use]
    pub fn tagged(mut self, tags: &[&str]) -> Self {
        self.tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        self
    }

    /// Replaces the rating.
    #[must_use]
    pub fn rated(mut self, rating: i32) -> Self {
        self.rating = rating;
        self
    }
}

/// Each tag with the value 1, which reduce sums.
#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Note, key = String, value = u32, name = "by-tag")]
pub struct ByTag;

impl CollectionMapReduce for ByTag {
    fn map<'doc>(&self, document: CollectionDocument<Note>) -> ViewMapResult<'doc, Self> {
        let header = document.header;
        let tags = document.contents.tags.into_iter();
        tags.map(|tag| header.emit_key_and_value(tag, 1)).collect()
    }

    fn reduce(&self, mappings: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<Self> {
        Ok(mappings.iter().map(|mapping| mapping.value).sum())
    }
}

/// Each tag with its position in the note. No reduce.
#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Note, key = String, value = usize, name = "tag-positions")]
pub struct TagPositions;

impl CollectionMapReduce for TagPositions {
    fn map<'doc>(&self, document: CollectionDocument<Note>) -> ViewMapResult<'doc, Self> {
        let header = document.header;
        let tags = document.contents.tags.into_iter().enumerate();
        tags.map(|(position, tag)| header.emit_key_and_value(tag, position))
            .collect()
    }
}

/// The rating, without value. No reduce.
#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Note, key = i32, name = "by-rating")]
pub struct ByRating;

impl CollectionMapReduce for ByRating {
    fn map<'doc>(&self, document: CollectionDocument<Note>) -> ViewMapResult<'doc, Self> {
        document.header.emit_key(document.contents.rating)
    }
}

/// The texts by rating. Reduce joins them in the order in which it gets them, so that a wrong order shows, and tells of
/// an empty list how it was asked.
#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Note, key = i32, value = String, name = "texts-by-rating")]
pub struct TextsByRating;

impl CollectionMapReduce for TextsByRating {
    fn map<'doc>(&self, document: CollectionDocument<Note>) -> ViewMapResult<'doc, Self> {
        let Note { text, rating, .. } = document.contents;
        document.header.emit_key_and_value(rating, text)
    }

    fn reduce(&self, mappings: &[ViewMappedValue<'_, Self>], rereduce: bool) -> ReduceResult<Self> {
        if mappings.is_empty() {
            return Ok(format!("nothing, rereduce = {rereduce}"));
        }
        let texts = mappings.iter().map(|mapping| mapping.value.as_str());
        Ok(texts.collect())
    }
}

/// As [`ByTag`], eager.
#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Note, key = String, value = u32, name = "tags-eagerly")]
#[view_schema(policy = Eager)]
pub struct TagsEagerly;

impl CollectionMapReduce for TagsEagerly {
    fn map<'doc>(&self, document: CollectionDocument<Note>) -> ViewMapResult<'doc, Self> {
        let header = document.header;
        let tags = document.contents.tags.into_iter();
        tags.map(|tag| header.emit_key_and_value(tag, 1)).collect()
    }

    fn reduce(&self, mappings: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<Self> {
        Ok(mappings.iter().map(|mapping| mapping.value).sum())
    }
}
