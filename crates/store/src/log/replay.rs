//! Reading what a log holds, trusting none of it.
//!
//! Segments are read along the links from each to the one before, so what does not belong is left
//! out. A group counts when all of its frames are whole. The first that is not ends the log where
//! it was being written when the power failed; anywhere else it is damage, and an error.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;

use super::frame::{AROUND_BYTES, FRAGMENT_BYTES_MAX, FRAME_BYTES, Frame};
use super::record::{self, Record};
use super::segment::{FORMAT, Found, HEADER_BYTES, Header, LOG_FOLDER, Position, id_of, path_of};
use crate::error::Error;
use crate::files::io_error;
use crate::folder::{Backing, Folder, OpenMode};
use crate::ids::Stream;

/// How much is read at once.
const WINDOW_BYTES: usize = 1 << 20;
const BLOCK_BYTES: usize = 4096;

/// The greatest index of each stream in one segment.
pub(super) type Marks = BTreeMap<Stream, u64>;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Recovered {
    /// In the order in which they were written.
    pub(super) records: HashMap<Stream, Vec<Record>>,
    /// The names of databases, as they were announced.
    pub(super) names: HashMap<Stream, String>,
    /// Every file there is, also those that hold nothing.
    pub(super) segments: BTreeMap<u64, Marks>,
    /// Where the log goes on.
    pub(super) end: Position,
}

/// A segment with a readable header.
struct Segment {
    header: Header,
    reader: Reader,
}

pub(super) fn recover(folder: &Arc<dyn Folder>) -> Result<Recovered, Error> {
    let names = folder
        .list(LOG_FOLDER)
        .map_err(|source| io_error(&**folder, "list", LOG_FOLDER, source))?;
    let mut recovered = Recovered::default();
    let mut readable = BTreeMap::new();
    for id in names.iter().filter_map(|name| id_of(name)) {
        recovered.segments.insert(id, Marks::new());
        if let Some(segment) = open(folder, id)? {
            readable.insert(id, segment);
        }
    }
    let mut path = Vec::new();
    let mut next = readable.last_key_value().map(|(id, _)| *id);
    while let Some(segment) = next.and_then(|id| readable.remove(&id)) {
        let before = segment.header.before.segment;
        // Only an earlier one: damaged links must not make a circle.
        next = (before < segment.header.id).then_some(before);
        path.push(segment);
    }
    path.reverse();
    let Some(first) = path.first() else {
        return Ok(recovered);
    };
    let begin = Position {
        segment: first.header.id,
        offset: HEADER_BYTES as u64,
        ..first.header.before
    };
    let mut replay = Replay {
        folder,
        at: begin,
        fragment: None,
        content: Vec::new(),
        touched: Vec::new(),
        recovered: &mut recovered,
    };
    replay.recovered.end = begin;
    let limits: Vec<Option<Position>> = path
        .iter()
        .skip(1)
        .map(|next| Some(next.header.before))
        .chain([None])
        .collect();
    for (segment, limit) in path.iter_mut().zip(limits) {
        replay.read_segment(segment, limit)?;
    }
    Ok(recovered)
}

/// Opens a segment. One that was being created when the power failed is passed over.
fn open(folder: &Arc<dyn Folder>, id: u64) -> Result<Option<Segment>, Error> {
    let path = path_of(id);
    let io = |source| io_error(&**folder, "read", &path, source);
    let file = folder.open(&path, OpenMode::Read).map_err(io)?;
    let mut reader = Reader::new(file).map_err(io)?;
    let mut header = [0; HEADER_BYTES];
    let start = reader.bytes(0, HEADER_BYTES).map_err(io)?;
    if let Some(start) = start {
        header.copy_from_slice(start);
    }
    match Header::decode(id, &header) {
        Found::Header(header) => {
            if !header.allows(reader.length) {
                return Err(corrupted(folder, id, "it does not have its length"));
            }
            Ok(Some(Segment { header, reader }))
        }
        Found::Newer(found) => Err(Error::NewerFormat {
            path: folder.locate(&path),
            found,
            supported: FORMAT,
        }),
        Found::Unreadable => {
            // A header is written as a whole, and durable before the first frame is written.
            let is_followed = !reader.is_blank_from(HEADER_BYTES as u64).map_err(io)?;
            let was_cut = (1..HEADER_BYTES as u64).contains(&reader.length);
            if was_cut || is_followed || !Header::is_begun(&header) {
                return Err(corrupted(folder, id, "its header is unreadable"));
            }
            Ok(None)
        }
    }
}

fn corrupted(folder: &Arc<dyn Folder>, id: u64, detail: &str) -> Error {
    Error::Corrupted {
        path: folder.locate(&path_of(id)),
        detail: detail.to_owned(),
    }
}

struct Replay<'a> {
    folder: &'a Arc<dyn Folder>,
    at: Position,
    /// The fragment that comes next; `None` until the first group begins.
    fragment: Option<u32>,
    /// What was read of the group so far.
    content: Vec<u8>,
    /// The segments the group is in.
    touched: Vec<u64>,
    recovered: &'a mut Recovered,
}

impl Replay<'_> {
    /// Reads a segment up to where the next one says that it ends.
    fn read_segment(
        &mut self,
        segment: &mut Segment,
        limit: Option<Position>,
    ) -> Result<(), Error> {
        let id = segment.header.id;
        self.at.segment = id;
        self.at.offset = HEADER_BYTES as u64;
        loop {
            if limit.is_some_and(|limit| self.at.offset >= limit.offset) {
                break;
            }
            if !self.read_frame(segment)? {
                if limit.is_none() && self.goes_on(segment)? {
                    return Err(corrupted(self.folder, id, "a group in it is damaged"));
                }
                break;
            }
        }
        match limit {
            Some(limit) if limit != self.at => {
                Err(corrupted(self.folder, id, "it does not end where it did"))
            }
            _ => Ok(()),
        }
    }

    /// Reads one frame. Returns whether it is whole and the one that is to come.
    fn read_frame(&mut self, segment: &mut Segment) -> Result<bool, Error> {
        let id = segment.header.id;
        let offset = self.at.offset;
        let seed = segment.header.seed();
        let io = |source| io_error(&**self.folder, "read", &path_of(id), source);
        let fixed = segment.reader.bytes(offset, FRAME_BYTES).map_err(io)?;
        let Some(frame) = fixed.and_then(|fixed| Frame::read(offset, fixed)) else {
            return Ok(false);
        };
        let is_expected = frame.group == self.at.group
            && frame.before == self.at.chain
            && self.fragment.is_none_or(|next| next == frame.fragment);
        let length = frame.total_bytes();
        let whole = segment.reader.bytes(offset, length).map_err(io)?;
        let Some(whole) = whole.filter(|whole| is_expected && frame.is_whole(seed, whole)) else {
            return Ok(false);
        };
        // The beginning of a group may be in a segment that was removed, because all of the group
        // is checkpointed.
        let is_counted = self.fragment.is_some() || frame.fragment == 0;
        if is_counted {
            let content = &whole[FRAME_BYTES..FRAME_BYTES + frame.length];
            self.content.extend_from_slice(content);
            if !self.touched.contains(&id) {
                self.touched.push(id);
            }
        }
        self.at.offset += length as u64;
        self.at.chain = frame.checksum;
        if frame.is_last {
            self.at.group += 1;
            self.fragment = Some(0);
            self.finish_group()?;
        } else if is_counted {
            self.fragment = Some(frame.fragment + 1);
        }
        Ok(true)
    }

    fn finish_group(&mut self) -> Result<(), Error> {
        let content = std::mem::take(&mut self.content);
        let touched = std::mem::take(&mut self.touched);
        let mut rest = content.as_slice();
        while !rest.is_empty() {
            let Some(record) = record::take(&mut rest) else {
                return Err(corrupted(
                    self.folder,
                    self.at.segment,
                    "a record is unreadable",
                ));
            };
            if let Some(name) = record.announced() {
                self.recovered.names.insert(record.stream, name);
                continue;
            }
            for id in &touched {
                let marks = self.recovered.segments.entry(*id).or_default();
                marks.insert(record.stream, record.index);
            }
            let records = self.recovered.records.entry(record.stream).or_default();
            records.push(record);
        }
        self.recovered.end = self.at;
        Ok(())
    }

    /// Whether a later group stands behind what could not be read. Then that was whole once,
    /// because a group is durable before the next is written.
    fn goes_on(&self, segment: &mut Segment) -> Result<bool, Error> {
        let seed = segment.header.seed();
        let id = segment.header.id;
        let io = |source| io_error(&**self.folder, "read", &path_of(id), source);
        let reader = &mut segment.reader;
        let mut offset = self.at.offset;
        while offset < reader.length {
            let block = BLOCK_BYTES.min(usize::try_from(reader.length - offset).unwrap_or(0));
            let is_blank = match reader.bytes(offset, block).map_err(io)? {
                Some(bytes) => bytes == &[0; BLOCK_BYTES][..block],
                None => true,
            };
            if !is_blank {
                // Also what begins with a few zeros in the block before.
                let first = offset
                    .saturating_sub(FRAME_BYTES as u64)
                    .max(self.at.offset);
                for at in first..offset + block as u64 {
                    let fixed = reader.bytes(at, FRAME_BYTES).map_err(io)?;
                    let Some(frame) = fixed.and_then(|fixed| Frame::read(at, fixed)) else {
                        continue;
                    };
                    if frame.group <= self.at.group {
                        continue;
                    }
                    let whole = reader.bytes(at, frame.total_bytes()).map_err(io)?;
                    if whole.is_some_and(|whole| frame.is_whole(seed, whole)) {
                        return Ok(true);
                    }
                }
            }
            offset += block as u64;
        }
        Ok(false)
    }
}

/// Reads a file by large pieces.
struct Reader {
    file: Arc<dyn Backing>,
    length: u64,
    start: u64,
    window: Vec<u8>,
}

impl Reader {
    fn new(file: Arc<dyn Backing>) -> io::Result<Self> {
        Ok(Self {
            length: file.length()?,
            file,
            start: 0,
            window: Vec::new(),
        })
    }

    /// Whether there are only zeros from `offset` on.
    fn is_blank_from(&mut self, mut offset: u64) -> io::Result<bool> {
        while offset < self.length {
            let left = usize::try_from(self.length - offset).unwrap_or(BLOCK_BYTES);
            let block = left.min(BLOCK_BYTES);
            let bytes = self.bytes(offset, block)?.unwrap_or_default();
            if bytes != &[0; BLOCK_BYTES][..bytes.len()] {
                return Ok(false);
            }
            offset += block as u64;
        }
        Ok(true)
    }

    /// The bytes at `offset`, or nothing when the file ends before.
    fn bytes(&mut self, offset: u64, count: usize) -> io::Result<Option<&[u8]>> {
        debug_assert!(count <= AROUND_BYTES + FRAGMENT_BYTES_MAX);
        if offset
            .checked_add(count as u64)
            .is_none_or(|end| end > self.length)
        {
            return Ok(None);
        }
        let held = self.start..=self.start + self.window.len() as u64;
        if !held.contains(&offset) || !held.contains(&(offset + count as u64)) {
            let left = usize::try_from(self.length - offset).unwrap_or(usize::MAX);
            self.window.clear();
            self.window.resize(count.max(WINDOW_BYTES).min(left), 0);
            self.start = offset;
            if let Err(error) = self.file.read(offset, &mut self.window) {
                self.window.clear();
                return Err(error);
            }
        }
        let from = usize::try_from(offset - self.start).unwrap_or(usize::MAX);
        Ok(self.window.get(from..from + count))
    }
}
