//! Files that live in memory, for tests and for databases that need not outlive the process.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::{Backing, Folder, OpenMode};
use crate::sync::lock;

/// Files grow by pieces of this size, so growing copies nothing.
const CHUNK_BYTES: usize = 64 * 1024;

/// A folder in memory. Opening a store in it again, after closing the one before, finds what was
/// written.
#[derive(Debug, Default)]
pub struct MemoryFolder {
    names: Mutex<Names>,
}

#[derive(Debug, Default)]
struct Names {
    files: BTreeMap<String, Arc<MemoryFile>>,
    folders: BTreeSet<String>,
}

impl MemoryFolder {
    /// Makes an empty folder.
    pub fn new() -> Self {
        Self::default()
    }
}

fn not_found(path: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("no file named {path:?}"))
}

impl Folder for MemoryFolder {
    fn open(&self, path: &str, mode: OpenMode) -> io::Result<Arc<dyn Backing>> {
        let mut names = lock(&self.names);
        if mode == OpenMode::Create {
            let file = Arc::new(MemoryFile::default());
            names.files.insert(path.to_owned(), Arc::clone(&file));
            return Ok(file);
        }
        match names.files.get(path) {
            Some(file) => Ok(Arc::clone(file) as Arc<dyn Backing>),
            None => Err(not_found(path)),
        }
    }

    fn exists(&self, path: &str) -> io::Result<bool> {
        let names = lock(&self.names);
        Ok(names.files.contains_key(path) || names.folders.contains(path))
    }

    fn list(&self, path: &str) -> io::Result<Vec<String>> {
        let names = lock(&self.names);
        let prefix = if path.is_empty() {
            String::new()
        } else {
            format!("{path}/")
        };
        let all = names.files.keys().chain(&names.folders);
        Ok(all
            .filter_map(|name| name.strip_prefix(&prefix))
            .filter(|name| !name.is_empty() && !name.contains('/'))
            .map(str::to_owned)
            .collect())
    }

    fn create_folder(&self, path: &str) -> io::Result<()> {
        let mut names = lock(&self.names);
        for (end, _) in path.match_indices('/') {
            names.folders.insert(path[..end].to_owned());
        }
        if !path.is_empty() {
            names.folders.insert(path.to_owned());
        }
        Ok(())
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        match lock(&self.names).files.remove(path) {
            Some(_) => Ok(()),
            None => Err(not_found(path)),
        }
    }

    fn remove_folder(&self, path: &str) -> io::Result<()> {
        if !self.list(path)?.is_empty() {
            return Err(io::Error::from(io::ErrorKind::DirectoryNotEmpty));
        }
        if lock(&self.names).folders.remove(path) {
            Ok(())
        } else {
            Err(not_found(path))
        }
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut names = lock(&self.names);
        let file = names.files.remove(from).ok_or_else(|| not_found(from))?;
        names.files.insert(to.to_owned(), file);
        Ok(())
    }

    fn sync(&self, _path: &str) -> io::Result<()> {
        Ok(())
    }

    fn is_durable(&self) -> bool {
        false
    }

    fn locate(&self, path: &str) -> PathBuf {
        PathBuf::from("(memory)").join(path)
    }
}

#[derive(Debug, Default)]
struct MemoryFile {
    content: RwLock<Content>,
}

/// Invariant: there are exactly as many chunks as `length` needs, and bytes at or past `length`
/// are zero.
#[derive(Debug, Default)]
struct Content {
    length: usize,
    chunks: Vec<Box<[u8]>>,
}

impl Content {
    fn resize(&mut self, length: usize) {
        if length < self.length {
            self.chunks.truncate(length.div_ceil(CHUNK_BYTES));
            let used = length % CHUNK_BYTES;
            if used > 0
                && let Some(last) = self.chunks.last_mut()
            {
                last[used..].fill(0);
            }
        } else {
            self.chunks.resize_with(length.div_ceil(CHUNK_BYTES), || {
                vec![0; CHUNK_BYTES].into_boxed_slice()
            });
        }
        self.length = length;
    }
}

impl MemoryFile {
    fn reading(&self) -> RwLockReadGuard<'_, Content> {
        self.content.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn writing(&self) -> RwLockWriteGuard<'_, Content> {
        self.content.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn position(offset: u64, length: usize) -> io::Result<(usize, usize)> {
    let start = usize::try_from(offset).map_err(io::Error::other)?;
    let end = start
        .checked_add(length)
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    Ok((start, end))
}

impl Backing for MemoryFile {
    fn length(&self) -> io::Result<u64> {
        Ok(self.reading().length as u64)
    }

    fn read(&self, offset: u64, mut buffer: &mut [u8]) -> io::Result<()> {
        let (mut start, end) = position(offset, buffer.len())?;
        let content = self.reading();
        if end > content.length {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
        }
        while !buffer.is_empty() {
            let within = start % CHUNK_BYTES;
            let count = buffer.len().min(CHUNK_BYTES - within);
            let (now, later) = buffer.split_at_mut(count);
            now.copy_from_slice(&content.chunks[start / CHUNK_BYTES][within..within + count]);
            buffer = later;
            start += count;
        }
        Ok(())
    }

    fn write(&self, offset: u64, mut bytes: &[u8]) -> io::Result<()> {
        let (mut start, end) = position(offset, bytes.len())?;
        let mut content = self.writing();
        if end > content.length {
            content.resize(end);
        }
        while !bytes.is_empty() {
            let within = start % CHUNK_BYTES;
            let count = bytes.len().min(CHUNK_BYTES - within);
            let (now, later) = bytes.split_at(count);
            content.chunks[start / CHUNK_BYTES][within..within + count].copy_from_slice(now);
            bytes = later;
            start += count;
        }
        Ok(())
    }

    fn resize(&self, length: u64) -> io::Result<()> {
        let (length, _) = position(length, 0)?;
        self.writing().resize(length);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_cut_off_come_back_as_zeros() {
        let file = MemoryFile::default();
        let end = CHUNK_BYTES as u64 + 10;
        file.write(CHUNK_BYTES as u64 - 2, &[7; 12]).unwrap();
        assert_eq!(file.length().unwrap(), end);
        file.resize(CHUNK_BYTES as u64 - 1).unwrap();
        file.resize(end).unwrap();
        let mut found = [9; 12];
        file.read(CHUNK_BYTES as u64 - 2, &mut found).unwrap();
        assert_eq!(found, [7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn reading_past_the_end_is_an_error() {
        let file = MemoryFile::default();
        file.write(0, &[1, 2, 3]).unwrap();
        let error = file.read(1, &mut [0; 3]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn listing_shows_one_level() {
        let folder = MemoryFolder::new();
        folder.create_folder("a/b").unwrap();
        folder.open("a/file", OpenMode::Create).unwrap();
        folder.open("a/b/deep", OpenMode::Create).unwrap();
        let mut names = folder.list("a").unwrap();
        names.sort();
        assert_eq!(names, ["b", "file"]);
        assert_eq!(folder.list("").unwrap(), ["a"]);
    }
}
