//! How far a view's index is: one row per view.
//!
//! `01` ‖ version, 8 ‖ layout and policy, 1 ‖ generation, 4 ‖ number of the entries table, 4 ‖ of
//! the emitted table, 4 ‖ of the summary table, 4 ‖ of the touched table, 4 ‖ length of the scan
//! position + 1 or 0 when there is none, varint ‖ scan position ‖ next change. Numbers are
//! little-endian.

use bonsaidb_core::schema::ViewName;
use bonsaidb_core::schema::view::ViewUpdatePolicy;
use bonsaidb_store::{self as store, Read, Sequence, TableId};

use crate::Error;
use crate::varint;
use crate::views::index::Tables;

/// The states of lazy views: derived from the transactions.
pub(crate) const LAZY_VIEWS_TABLE: &str = "views/lazy";

/// The states of strict views: written by transactions.
pub(crate) const STRICT_VIEWS_TABLE: &str = "views/strict";

const FORMAT: u8 = 1;

/// The state of one view's index.
///
/// 1. Every document whose last change is before `next_change` is indexed as of that change or a
///    later one, if its id is before `scan_from`.
/// 2. Without `scan_from`, whatever its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub version: u64,
    pub policy: ViewUpdatePolicy,
    /// Counts how often the index was begun anew.
    pub generation: u32,
    pub tables: Tables,
    /// While documents that were there before the view are indexed: the least id not done.
    pub scan_from: Option<Vec<u8>>,
    /// The first key of the change index that was not looked at.
    pub next_change: Vec<u8>,
}

impl State {
    /// The key of a view's row.
    pub fn key(view: &ViewName) -> Vec<u8> {
        format!("{view:#}").into_bytes()
    }

    /// Reads the state under the key of a view.
    pub fn read(reader: &impl Read, views: TableId, key: &[u8]) -> Result<Option<Self>, Error> {
        let stored = match reader.get(views, key) {
            // A read-only storage may lack what it cannot make.
            Err(store::Error::TableMissing { .. }) => None,
            stored => stored?,
        };
        stored
            .map(|value| Self::decode(&value).ok_or_else(|| damaged(key)))
            .transpose()
    }

    /// The key of the first change after `sequence`.
    pub fn change_after(sequence: Sequence) -> Vec<u8> {
        sequence.as_u64().saturating_add(1).to_be_bytes().to_vec()
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![FORMAT];
        bytes.extend_from_slice(&self.version.to_le_bytes());
        bytes.push(match self.policy {
            ViewUpdatePolicy::Lazy => 0,
            ViewUpdatePolicy::Eager => 1,
            ViewUpdatePolicy::Unique => 2,
        });
        bytes.extend_from_slice(&self.generation.to_le_bytes());
        for table in self.tables.all() {
            bytes.extend_from_slice(&table.as_u32().to_le_bytes());
        }
        match &self.scan_from {
            None => bytes.push(0),
            Some(id) => {
                varint::push(id.len() as u64 + 1, &mut bytes);
                bytes.extend_from_slice(id);
            }
        }
        bytes.extend_from_slice(&self.next_change);
        bytes
    }

    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (&FORMAT, rest) = bytes.split_first()? else {
            return None;
        };
        let (version, rest) = rest.split_first_chunk()?;
        let (policy, rest) = rest.split_first()?;
        let (generation, rest) = rest.split_first_chunk()?;
        let (entries, rest) = split_table(rest)?;
        let (emitted, rest) = split_table(rest)?;
        let (summary, rest) = split_table(rest)?;
        let (touched, mut rest) = split_table(rest)?;
        let scan_from = match varint::split(&mut rest)? {
            0 => None,
            length => {
                let (id, after) = rest.split_at_checked(usize::try_from(length - 1).ok()?)?;
                rest = after;
                Some(id.to_vec())
            }
        };
        Some(Self {
            version: u64::from_le_bytes(*version),
            policy: match policy {
                0 => ViewUpdatePolicy::Lazy,
                1 => ViewUpdatePolicy::Eager,
                2 => ViewUpdatePolicy::Unique,
                _ => return None,
            },
            generation: u32::from_le_bytes(*generation),
            tables: Tables {
                entries,
                emitted,
                summary,
                touched,
            },
            scan_from,
            next_change: rest.to_vec(),
        })
    }
}

fn split_table(bytes: &[u8]) -> Option<(TableId, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((TableId::new(u32::from_le_bytes(*number)), rest))
}

fn damaged(key: &[u8]) -> Error {
    let view = String::from_utf8_lossy(key);
    Error::damaged(format!("the state of view `{view}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_read_back() {
        for scan_from in [None, Some(Vec::new()), Some(vec![1; 200])] {
            let state = State {
                version: 7,
                policy: ViewUpdatePolicy::Unique,
                generation: 3,
                tables: Tables {
                    entries: TableId::new(40),
                    emitted: TableId::new(41),
                    summary: TableId::new(42),
                    touched: TableId::new(43),
                },
                scan_from,
                next_change: State::change_after(Sequence::from(9)),
            };
            let bytes = state.encode();
            assert_eq!(State::decode(&bytes).unwrap(), state);
            assert!(State::decode(&bytes[..30]).is_none());
            assert!(State::decode(&[&[9], &bytes[1..]].concat()).is_none());
        }
    }
}
