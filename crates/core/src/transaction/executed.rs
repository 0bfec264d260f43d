//! What executed transactions changed.

use serde::{Deserialize, Serialize};

use crate::document::DocumentId;
use crate::schema::CollectionName;

/// An executed transaction.
/// ```
/// # fn main() -> Result<(), bonsaidb_local::Error> {
/// # let folder = tempfile::tempdir()?;
/// use bonsaidb_core::connection::Connection;
/// # use bonsaidb_core::schema::{Collection, SerializedCollection};
/// # use bonsaidb_local::Database;
/// # use bonsaidb_local::config::{Builder, StorageConfiguration};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Debug, Serialize, Deserialize, Collection)]
/// # #[collection(name = "shapes")]
/// # struct Shape { sides: u32 }
/// # let db = Database::open::<Shape>(StorageConfiguration::new(folder.path()))?;
/// Shape { sides: 3 }.push_into(&db)?;
/// Shape::push_all([Shape { sides: 4 }, Shape { sides: 5 }], &db)?;
///
/// // In pages: each begins after the last id of the one before.
/// let first = db.list_executed_transactions(None, Some(1))?;
/// let rest = db.list_executed_transactions(Some(first[0].id + 1), None)?;
/// for executed in first.iter().chain(&rest) {
///     for (collection, changed) in executed.changes.documents().into_iter().flatten() {
///         println!("{}: {} of {collection}", executed.id, changed.id);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Executed {
    /// Ids increase with each transaction; numbers may be missing.
    pub id: u64,
    /// What it changed.
    pub changes: Changes,
}

/// What a transaction changed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Changes {
    /// Documents.
    Documents(DocumentChanges),
    /// Keys of the key-value store.
    Keys(Vec<ChangedKey>),
}

impl Changes {
    /// Returns the changed documents, if this was a transaction on documents.
    pub const fn documents(&self) -> Option<&DocumentChanges> {
        match self {
            Self::Documents(changes) => Some(changes),
            Self::Keys(_) => None,
        }
    }

    /// Returns the changed keys, if this was a change of the key-value store.
    pub fn keys(&self) -> Option<&[ChangedKey]> {
        match self {
            Self::Documents(_) => None,
            Self::Keys(keys) => Some(keys),
        }
    }
}

/// The documents a transaction changed, in the order of its operations.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DocumentChanges {
    /// The distinct collections, in the order of their first use.
    pub collections: Vec<CollectionName>,
    /// The changed documents; each names its collection by position.
    pub documents: Vec<ChangedDocument>,
}

impl DocumentChanges {
    /// Returns the change at `index` and its collection.
    pub fn get(&self, index: usize) -> Option<(&CollectionName, &ChangedDocument)> {
        let document = self.documents.get(index)?;
        let collection = self.collections.get(usize::from(document.collection))?;
        Some((collection, document))
    }

    /// Returns the number of changes.
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// Returns true if nothing changed.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// Iterates over the changes.
    pub const fn iter(&self) -> DocumentChangesIter<'_> {
        DocumentChangesIter {
            changes: self,
            next: 0,
        }
    }
}

/// Iterator over borrowed changes and their collections.
#[derive(Clone, Debug)]
#[must_use]
pub struct DocumentChangesIter<'a> {
    changes: &'a DocumentChanges,
    next: usize,
}

impl<'a> Iterator for DocumentChangesIter<'a> {
    type Item = (&'a CollectionName, &'a ChangedDocument);

    fn next(&mut self) -> Option<Self::Item> {
        let item = self.changes.get(self.next)?;
        self.next += 1;
        Some(item)
    }
}

impl<'a> IntoIterator for &'a DocumentChanges {
    type IntoIter = DocumentChangesIter<'a>;
    type Item = (&'a CollectionName, &'a ChangedDocument);

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Iterator over changes and their collections.
#[derive(Debug)]
#[must_use]
pub struct DocumentChangesIntoIter {
    collections: Vec<CollectionName>,
    documents: std::vec::IntoIter<ChangedDocument>,
}

impl Iterator for DocumentChangesIntoIter {
    type Item = (CollectionName, ChangedDocument);

    fn next(&mut self) -> Option<Self::Item> {
        let document = self.documents.next()?;
        let collection = self.collections.get(usize::from(document.collection))?;
        Some((collection.clone(), document))
    }
}

impl IntoIterator for DocumentChanges {
    type IntoIter = DocumentChangesIntoIter;
    type Item = (CollectionName, ChangedDocument);

    fn into_iter(self) -> Self::IntoIter {
        DocumentChangesIntoIter {
            collections: self.collections,
            documents: self.documents.into_iter(),
        }
    }
}

/// One changed document.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChangedDocument {
    /// The position of its collection in [`DocumentChanges::collections`].
    pub collection: u16,
    /// Its id.
    pub id: DocumentId,
    /// True if it was deleted.
    pub deleted: bool,
}

/// One changed key of the key-value store.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChangedKey {
    /// The namespace of the key.
    pub namespace: Option<String>,
    /// The key.
    pub key: String,
    /// True if it was deleted or expired.
    pub deleted: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Qualified;

    #[test]
    fn iteration_stops_at_an_unknown_collection() {
        let document = |collection| ChangedDocument {
            collection,
            id: DocumentId::from_u64(u64::from(collection)),
            deleted: false,
        };
        let changes = DocumentChanges {
            collections: vec![CollectionName::private("a")],
            documents: vec![document(0), document(1), document(0)],
        };
        assert_eq!(changes.len(), 3);
        assert!(changes.get(1).is_none());
        assert_eq!(changes.iter().count(), 1);
        assert_eq!((&changes).into_iter().count(), 1);
        assert_eq!(changes.into_iter().count(), 1);
    }
}
