//! A folder in memory whose syncs can be counted, held back and made to fail.

#![allow(dead_code, reason = "each test file uses a part of this")]

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};

use bonsaidb_store::{Backing, Folder, MemoryFolder, OpenMode};

#[derive(Debug, Default)]
pub struct GateFolder {
    inner: MemoryFolder,
    gate: Arc<Gate>,
}

#[derive(Debug, Default)]
struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    is_closed: bool,
    /// Only files whose paths end like this are held back.
    only: String,
    fails: bool,
    held: usize,
    syncs: u64,
}

impl GateFolder {
    /// Holds back every sync from here on.
    pub fn close(&self) {
        self.gate.state.lock().unwrap().is_closed = true;
    }

    /// Holds back every sync of files whose paths end like this from here on.
    pub fn close_for(&self, end: &str) {
        let mut state = self.gate.state.lock().unwrap();
        state.is_closed = true;
        end.clone_into(&mut state.only);
    }

    /// The names of all files of a folder.
    pub fn names(&self, path: &str) -> Vec<String> {
        self.inner.list(path).unwrap()
    }

    /// Lets syncs through, those held back too.
    pub fn open(&self) {
        let mut state = self.gate.state.lock().unwrap();
        state.is_closed = false;
        state.only.clear();
        drop(state);
        self.gate.changed.notify_all();
    }

    /// Lets syncs through as failures.
    pub fn open_failing(&self) {
        let mut state = self.gate.state.lock().unwrap();
        state.is_closed = false;
        state.fails = true;
        self.gate.changed.notify_all();
    }

    /// Waits until some thread is held in a sync.
    pub fn wait_until_held(&self) {
        let mut state = self.gate.state.lock().unwrap();
        while state.held == 0 {
            state = self.gate.changed.wait(state).unwrap();
        }
    }

    /// How many syncs were called.
    pub fn syncs(&self) -> u64 {
        self.gate.state.lock().unwrap().syncs
    }
}

/// Opens a folder when a test ends, also by a panic: threads held back would wait for ever.
pub struct OpenOnDrop<'a>(pub &'a GateFolder);

impl Drop for OpenOnDrop<'_> {
    fn drop(&mut self) {
        self.0.open();
    }
}

impl Folder for GateFolder {
    fn open(&self, path: &str, mode: OpenMode) -> io::Result<Arc<dyn Backing>> {
        Ok(Arc::new(GateFile {
            inner: self.inner.open(path, mode)?,
            path: path.to_owned(),
            gate: Arc::clone(&self.gate),
        }))
    }

    fn exists(&self, path: &str) -> io::Result<bool> {
        self.inner.exists(path)
    }

    fn list(&self, path: &str) -> io::Result<Vec<String>> {
        self.inner.list(path)
    }

    fn create_folder(&self, path: &str) -> io::Result<()> {
        self.inner.create_folder(path)
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        self.inner.remove(path)
    }

    fn remove_folder(&self, path: &str) -> io::Result<()> {
        self.inner.remove_folder(path)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.inner.rename(from, to)
    }

    fn sync(&self, path: &str) -> io::Result<()> {
        self.inner.sync(path)
    }

    fn locate(&self, path: &str) -> PathBuf {
        self.inner.locate(path)
    }
}

#[derive(Debug)]
struct GateFile {
    inner: Arc<dyn Backing>,
    path: String,
    gate: Arc<Gate>,
}

impl Backing for GateFile {
    fn length(&self) -> io::Result<u64> {
        self.inner.length()
    }

    fn read(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.inner.read(offset, buffer)
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.inner.write(offset, bytes)
    }

    fn resize(&self, length: u64) -> io::Result<()> {
        self.inner.resize(length)
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.gate.state.lock().unwrap();
        state.syncs += 1;
        if !self.path.ends_with(&state.only) {
            drop(state);
            return self.inner.sync();
        }
        state.held += 1;
        self.gate.changed.notify_all();
        while state.is_closed {
            state = self.gate.changed.wait(state).unwrap();
        }
        state.held -= 1;
        if state.fails {
            return Err(io::Error::other("the sync failed (simulated)"));
        }
        drop(state);
        self.inner.sync()
    }
}
