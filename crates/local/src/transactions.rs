//! Executed transactions: one record each, kept for a configured number of them.
//!
//! Key: sequence, 8 bytes big-endian. Value: `01` ‖ number of collections, varint ‖ the numbers of
//! their document tables, 4 bytes little-endian each ‖ for each changed document: position of its
//! collection × 2 + 1 if deleted, varint ‖ length of its id, varint ‖ id.

use std::collections::HashMap;
use std::ops::Bound;

use bonsaidb_core::document::DocumentId;
use bonsaidb_core::limits::{
    LIST_TRANSACTIONS_DEFAULT_RESULT_COUNT, LIST_TRANSACTIONS_MAX_RESULTS,
};
use bonsaidb_core::schema::CollectionName;
use bonsaidb_core::transaction::{ChangedDocument, Changes, DocumentChanges, Executed};
use bonsaidb_store::{Direction, Read, TableId};

use crate::Error;
use crate::documents::ABSENT;
use crate::varint;

/// The table of executed transactions.
pub(crate) const TRANSACTIONS_TABLE: &str = "transactions";

/// A record of changed documents.
const DOCUMENTS: u8 = 1;

/// The greatest number of distinct collections in one transaction.
pub(crate) const COLLECTIONS_MAX: usize = 1 << 16;

/// What a transaction changes, in the order of its operations.
#[derive(Debug, Default)]
pub(crate) struct Record {
    tables: Vec<TableId>,
    documents: Vec<u8>,
}

impl Record {
    /// Notes a changed document of the collection with this table.
    pub fn push(&mut self, documents: TableId, id: &DocumentId, deleted: bool) {
        let position = self.tables.iter().rposition(|table| *table == documents);
        let position = position.unwrap_or_else(|| {
            self.tables.push(documents);
            self.tables.len() - 1
        });
        varint::push(
            position as u64 * 2 + u64::from(deleted),
            &mut self.documents,
        );
        varint::push(id.len() as u64, &mut self.documents);
        self.documents.extend_from_slice(id);
    }

    /// Returns the stored form.
    pub fn into_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(4 + self.tables.len() * 4 + self.documents.len());
        bytes.push(DOCUMENTS);
        varint::push(self.tables.len() as u64, &mut bytes);
        for table in &self.tables {
            bytes.extend_from_slice(&table.as_u32().to_le_bytes());
        }
        bytes.extend_from_slice(&self.documents);
        bytes
    }
}

/// Lists executed transactions from `starting_id` on.
pub(crate) fn list(
    reader: &impl Read,
    transactions: TableId,
    collections: &HashMap<TableId, CollectionName>,
    starting_id: Option<u64>,
    limit: Option<u32>,
) -> Result<Vec<Executed>, Error> {
    let limit = limit
        .unwrap_or(LIST_TRANSACTIONS_DEFAULT_RESULT_COUNT)
        .min(LIST_TRANSACTIONS_MAX_RESULTS);
    if transactions == ABSENT {
        return Ok(Vec::new());
    }
    let start = starting_id.unwrap_or(0).to_be_bytes();
    reader
        .range(
            transactions,
            (Bound::Included(&start), Bound::Unbounded),
            Direction::Ascending,
        )?
        .take(limit as usize)
        .map(|entry| {
            let (key, value) = entry?;
            let damaged = || Error::damaged("the executed transactions");
            let id = u64::from_be_bytes(key[..].try_into().map_err(|_| damaged())?);
            let changes = decode(&value, collections).ok_or_else(damaged)?;
            Ok(Executed {
                id,
                changes: Changes::Documents(changes),
            })
        })
        .collect()
}

fn decode(bytes: &[u8], collections: &HashMap<TableId, CollectionName>) -> Option<DocumentChanges> {
    let (format, mut rest) = bytes.split_first()?;
    if *format != DOCUMENTS {
        return None;
    }
    let count = varint::split(&mut rest)?;
    let mut names = Vec::new();
    for _ in 0..count {
        let (table, after) = rest.split_first_chunk()?;
        rest = after;
        let table = TableId::new(u32::from_le_bytes(*table));
        names.push(collections.get(&table)?.clone());
    }
    let mut documents = Vec::new();
    while !rest.is_empty() {
        let position = varint::split(&mut rest)?;
        let length = usize::try_from(varint::split(&mut rest)?).ok()?;
        let (id, after) = rest.split_at_checked(length)?;
        rest = after;
        documents.push(ChangedDocument {
            collection: u16::try_from(position / 2).ok()?,
            id: DocumentId::try_from(id).ok()?,
            deleted: position % 2 == 1,
        });
    }
    Some(DocumentChanges {
        collections: names,
        documents,
    })
}

#[cfg(test)]
mod tests {
    use bonsaidb_core::schema::Qualified;

    use super::*;

    #[test]
    fn records_read_back_with_collections_in_the_order_of_first_use() {
        let (a, b) = (TableId::new(300), TableId::new(20));
        let names = HashMap::from([
            (a, CollectionName::private("a")),
            (b, CollectionName::private("b")),
        ]);
        let mut record = Record::default();
        record.push(a, &DocumentId::from_u64(1), false);
        record.push(b, &DocumentId::default(), true);
        record.push(a, &DocumentId::from_u64(2), true);
        let bytes = record.into_bytes();
        let changes = decode(&bytes, &names).unwrap();
        assert_eq!(
            changes.collections,
            [CollectionName::private("a"), CollectionName::private("b")]
        );
        let seen = changes
            .iter()
            .map(|(name, document)| (name.name.as_ref(), document.id.len(), document.deleted))
            .collect::<Vec<_>>();
        assert_eq!(seen, [("a", 8, false), ("b", 0, true), ("a", 8, true)]);
        // Cut anywhere but between two documents, it is an error and not half a record.
        for length in 0..10 {
            assert!(decode(&bytes[..length], &names).is_none(), "{length}");
        }
    }

    #[test]
    fn a_transaction_without_changes_is_an_empty_record() {
        let bytes = Record::default().into_bytes();
        assert!(decode(&bytes, &HashMap::new()).unwrap().is_empty());
    }
}
