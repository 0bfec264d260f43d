//! How a query is answered: in which order, and how current.

use serde::{Deserialize, Serialize};

/// The order of answers, by encoded key.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Sort {
    /// Smallest first.
    Ascending,
    /// Greatest first.
    Descending,
}

/// How current a view has to be when it answers. Eager and unique views always are.
///
/// Whatever the policy, mappings and documents that are answered together belong together: a
/// document is the one that the mapping was made of. Where the index is behind, that is the document
/// as it was then.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum AccessPolicy {
    /// Indexes all changes first, then answers.
    UpdateBefore,
    /// Answers from the index as it is, then indexes in the background.
    ///
    /// A query with documents that finds the index behind answers from the last pair of documents
    /// and index that belonged together. If the database does not hold one, because no query has
    /// asked for it yet or because more than some 10,000 documents have changed since, it indexes
    /// first.
    UpdateAfter,
    /// Answers from the index as it is, and never indexes.
    ///
    /// A query with documents that finds the index behind answers from the last pair, as with
    /// [`UpdateAfter`](Self::UpdateAfter). Without one, documents that have changed since they were
    /// indexed are left out.
    NoUpdate,
}
