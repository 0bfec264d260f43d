//! What the suites store: the schemas, and the collections and views in them.

mod accounts;
mod evolving;
mod keyed;
mod lines;
mod notes;
mod numbers;
mod troubled;

use bonsaidb_core::schema::{Collection, Schema};
use serde::{Deserialize, Serialize};

pub use accounts::{Account, ByEmail, ByHolder};
pub use evolving::{
    BySize, ByTitle, Entry, Evolved, EvolvedEntry, Evolving, Titles, UniqueTitles, later,
};
pub use keyed::{ByKey, Color, Keyed, Keys, Place, SampleKey, Shape, Version};
pub use lines::{ByWord, Line};
pub use notes::{ByRating, ByTag, Note, TagPositions, TagsEagerly, TextsByRating};
pub use numbers::{ByRemainder, Number, Remainders};
pub use troubled::{EagerlyTroubled, Failing, FailingEagerly, Healthy, Panicking, Troubled};

/// The schema of most behaviours.
#[derive(Debug, Schema)]
#[schema(
    name = "basic",
    authority = "suite",
    collections = [Note, Account, Line, Named, Troubled, EagerlyTroubled]
)]
pub struct Basic;

/// Another schema, with a collection that [`Basic`] lacks.
#[derive(Debug, Schema)]
#[schema(name = "other", authority = "suite", collections = [Number])]
pub struct Other;

/// A schema that no storage knows.
#[derive(Debug, Schema)]
#[schema(name = "unregistered", authority = "suite", collections = [Number])]
pub struct Unregistered;

/// A document whose id is part of its contents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Collection)]
#[collection(name = "named", authority = "suite")]
pub struct Named {
    /// The primary key.
    #[natural_id]
    pub name: String,
    /// Anything.
    pub size: u32,
}

impl Named {
    /// Returns a document called `name`.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            size: 0,
        }
    }
}
