//! What the rows of this crate say, when a file is opened, and what the log has on top of them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use crate::catalog::{Catalog, NEXT_TABLE_KEY};
use crate::engine::{Engine, meta_row};
use crate::error::Error;
use crate::ids::{Sequence, Stream, TableId};
use crate::log::{Log, Record};
use crate::memtable::Memtable;
use crate::pipeline::Limits;
use crate::published::{Published, Stored};
use crate::read::Direction;
use crate::writes::Writes;

/// The format this crate writes. Files of format 1 have no place in a log.
const FORMAT: u32 = 2;
/// Row of the meta table with the format: 4 bytes, big-endian.
const FORMAT_KEY: &[u8] = b"format";
/// Row of the meta table with the sequence of the last transaction: 8 bytes, big-endian.
const APPLIED_KEY: &[u8] = b"applied";
/// Row of the meta table with the stream in the log, and the index of the last write set of it in
/// this file: 8 bytes each, big-endian.
const LOG_KEY: &[u8] = b"log";

/// The rows of a database in which nothing has happened yet.
pub(crate) fn first_rows() -> Writes {
    stream_rows(Stream::pick())
}

fn stream_rows(stream: Stream) -> Writes {
    let mut writes = Writes::default();
    meta_row(&mut writes, FORMAT_KEY, &FORMAT.to_be_bytes());
    log_row(&mut writes, stream, 0);
    writes
}

fn log_row(writes: &mut Writes, stream: Stream, index: u64) {
    let value = [stream.as_u64().to_be_bytes(), index.to_be_bytes()].concat();
    meta_row(writes, LOG_KEY, &value);
}

/// The rows that say how far a file is.
pub(crate) fn applied_rows(stream: Stream, index: u64, sequence: Sequence) -> Writes {
    let mut writes = Writes::default();
    log_row(&mut writes, stream, index);
    meta_row(&mut writes, APPLIED_KEY, &sequence.as_u64().to_be_bytes());
    writes
}

/// Makes the first published state of an open file, with what the log has on top.
pub(crate) fn load(
    engine: &Arc<Engine>,
    log: Option<&Log>,
    limits: Limits,
    read_only: bool,
) -> Result<(Published, Stream), Error> {
    let unread = Published {
        stored: Arc::new(Stored::new(
            engine.rows()?,
            Arc::clone(engine),
            Sequence::default(),
            0,
        )),
        frozen: None,
        active: Arc::new(Memtable::new(limits.freeze_bytes())),
        version: 0,
        sequence: Sequence::default(),
        index: 0,
        catalog: Arc::default(),
    };
    let loaded = Loaded::from_rows(&unread)?;
    let (stream, rows) = match loaded.stream {
        Some(stream) => (stream, engine.rows()?),
        None if read_only => (Stream::pick(), engine.rows()?),
        None => {
            let stream = Stream::pick();
            (stream, engine.write([&stream_rows(stream)])?)
        }
    };
    let stored = Stored::new(rows, Arc::clone(engine), loaded.sequence, loaded.index);
    let mut published = Published {
        stored: Arc::new(stored),
        sequence: loaded.sequence,
        index: loaded.index,
        catalog: Arc::new(loaded.catalog),
        ..unread
    };
    if let Some(records) = log.and_then(|log| log.found(stream)) {
        replay(&mut published, &records)?;
        let replayed = Loaded::from_rows(&published)?;
        published.catalog = Arc::new(replayed.catalog);
    }
    Ok((published, stream))
}

/// Puts what the file does not have into the memtable.
fn replay(published: &mut Published, records: &[Record]) -> Result<(), Error> {
    let active = published.active.successor();
    for record in records {
        if record.index <= published.index {
            continue;
        }
        let corrupted = |detail: &str| Err(published.identity().corrupted(detail.to_owned()));
        if record.index != published.index + 1 {
            return corrupted("the log does not go on where the file ends");
        }
        let version = published.version + 1;
        let added = record.for_each(|row_key, value| active.add(row_key, version, value));
        if added.is_none() || record.sequence < published.sequence {
            return corrupted("a record of it in the log is unreadable");
        }
        published.version = version;
        published.index = record.index;
        published.sequence = record.sequence;
    }
    published.active = Arc::new(active);
    Ok(())
}

/// What the rows of this crate say.
pub(crate) struct Loaded {
    pub(crate) sequence: Sequence,
    pub(crate) index: u64,
    /// Nothing in a file of format 1.
    pub(crate) stream: Option<Stream>,
    pub(crate) catalog: Catalog,
}

impl Loaded {
    /// Reads the rows of this crate, trusting none of them.
    pub(crate) fn from_rows(published: &Published) -> Result<Self, Error> {
        let identity = published.identity();
        let corrupted = |detail: &str| identity.corrupted(detail.to_owned());
        let number = |bytes: &[u8]| <[u8; 4]>::try_from(bytes).map(u32::from_be_bytes);
        let long = |bytes: &[u8]| <[u8; 8]>::try_from(bytes).map(u64::from_be_bytes);
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
            Some(bytes) => long(&bytes).map_err(|_| corrupted("its sequence is unreadable"))?,
            None => 0,
        };
        let (stream, index) = match meta(LOG_KEY)? {
            Some(bytes) => {
                let unreadable = || corrupted("its place in the log is unreadable");
                let (stream, index) = bytes.split_at_checked(8).ok_or_else(unreadable)?;
                let stream = long(stream).map_err(|_| unreadable())?;
                (
                    Some(Stream::from(stream)),
                    long(index).map_err(|_| unreadable())?,
                )
            }
            None if format == 1 => (None, 0),
            None => return Err(corrupted("it has no place in the log")),
        };
        let next = match meta(NEXT_TABLE_KEY)? {
            Some(bytes) => number(&bytes).map_err(|_| corrupted("its tables are unreadable"))?,
            None => TableId::FIRST.as_u32(),
        };
        let all = (Bound::Unbounded, Bound::Unbounded);
        let mut names = BTreeMap::new();
        for row in published.range(TableId::CATALOG, all, Direction::Ascending)? {
            let (name, id) = row?;
            let name = String::from_utf8(name)
                .map_err(|_| corrupted("the name of a table is not text"))?;
            let id = number(&id).map_err(|_| corrupted("its tables are unreadable"))?;
            names.insert(name, TableId::new(id));
        }
        let mut dropped = BTreeSet::new();
        for row in published.range(TableId::DROPPED, all, Direction::Ascending)? {
            let (id, _) = row?;
            let id = number(&id).map_err(|_| corrupted("its tables are unreadable"))?;
            dropped.insert(TableId::new(id));
        }
        let catalog = Catalog::load(names, dropped, TableId::new(next))
            .map_err(|detail| identity.corrupted(detail))?;
        Ok(Self {
            sequence: Sequence::from(sequence),
            index,
            stream,
            catalog,
        })
    }
}
