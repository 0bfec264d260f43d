//! What the rows of this crate say, when a file is opened.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use crate::catalog::{Catalog, NEXT_TABLE_KEY};
use crate::engine::{Engine, meta_row};
use crate::error::Error;
use crate::ids::{Sequence, TableId};
use crate::pipeline::APPLIED_KEY;
use crate::published::Published;
use crate::read::Direction;
use crate::writes::Writes;

/// The format this crate writes.
const FORMAT: u32 = 1;
/// Row of the meta table with the format: 4 bytes, big-endian.
const FORMAT_KEY: &[u8] = b"format";

/// The rows of a database in which nothing has happened yet.
pub(crate) fn first_rows() -> Writes {
    let mut writes = Writes::default();
    meta_row(&mut writes, FORMAT_KEY, &FORMAT.to_be_bytes());
    writes
}

/// Makes the first published state of an open file.
pub(crate) fn load(engine: Arc<Engine>) -> Result<Published, Error> {
    let rows = engine.rows()?;
    let unread = Published::new(
        rows,
        Arc::clone(&engine),
        Sequence::default(),
        Arc::new(Catalog::default()),
    );
    let loaded = Loaded::from_rows(&unread)?;
    Ok(Published::new(
        engine.rows()?,
        engine,
        loaded.sequence,
        Arc::new(loaded.catalog),
    ))
}

/// What the rows of this crate say.
pub(crate) struct Loaded {
    pub(crate) sequence: Sequence,
    pub(crate) catalog: Catalog,
}

impl Loaded {
    /// Reads the rows of this crate, trusting none of them.
    pub(crate) fn from_rows(published: &Published) -> Result<Self, Error> {
        let identity = published.identity();
        let corrupted = |detail: &str| identity.corrupted(detail.to_owned());
        let number = |bytes: &[u8]| <[u8; 4]>::try_from(bytes).map(u32::from_be_bytes);
        let meta = |key| published.row(TableId::META, key);

        let format = meta(FORMAT_KEY)?.ok_or_else(|| corrupted("it has no format"))?;
        let format = number(&format).map_err(|_| corrupted("its format is unreadable"))?;
        if format > FORMAT {
            return Err(Error::NewerFormat {
                path: identity.path.clone(),
                found: format,
                supported: FORMAT,
            });
        }
        let sequence = match meta(APPLIED_KEY)? {
            Some(bytes) => <[u8; 8]>::try_from(&*bytes)
                .map(u64::from_be_bytes)
                .map_err(|_| corrupted("its sequence is unreadable"))?,
            None => 0,
        };
        let next = match meta(NEXT_TABLE_KEY)? {
            Some(bytes) => number(&bytes).map_err(|_| corrupted("its tables are unreadable"))?,
            None => TableId::FIRST.as_u32(),
        };
        let all = (Bound::Unbounded, Bound::Unbounded);
        let mut names = BTreeMap::new();
        for row in published.stored_range(TableId::CATALOG, all, Direction::Ascending)? {
            let (name, id) = row?;
            let name = String::from_utf8(name)
                .map_err(|_| corrupted("the name of a table is not text"))?;
            let id = number(&id).map_err(|_| corrupted("its tables are unreadable"))?;
            names.insert(name, TableId::new(id));
        }
        let mut dropped = BTreeSet::new();
        for row in published.stored_range(TableId::DROPPED, all, Direction::Ascending)? {
            let (id, _) = row?;
            let id = number(&id).map_err(|_| corrupted("its tables are unreadable"))?;
            dropped.insert(TableId::new(id));
        }
        let catalog = Catalog::load(names, dropped, TableId::new(next))
            .map_err(|detail| identity.corrupted(detail))?;
        Ok(Self {
            sequence: Sequence::from(sequence),
            catalog,
        })
    }
}
