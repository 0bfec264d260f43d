//! Lets redb read and write through a [`Backing`].

use std::io;
use std::sync::{Arc, Mutex};

use crate::folder::Backing;
use crate::sync::lock;

/// Keeps the first error of a file, to be reported when the file is closed.
///
/// redb writes to a file once more when it is dropped, and tells nobody what goes wrong then.
#[derive(Clone, Debug, Default)]
pub(super) struct CloseFailure(Arc<Mutex<Option<io::Error>>>);

impl CloseFailure {
    pub(super) fn take(&self) -> Option<io::Error> {
        lock(&self.0).take()
    }

    fn note<T>(&self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result {
            let copy = io::Error::new(error.kind(), error.to_string());
            lock(&self.0).get_or_insert(copy);
        }
        result
    }
}

#[derive(Debug)]
pub(super) struct Backend {
    file: Arc<dyn Backing>,
    failure: CloseFailure,
}

impl Backend {
    pub(super) fn new(file: Arc<dyn Backing>, failure: CloseFailure) -> Self {
        Self { file, failure }
    }
}

impl redb::StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        self.failure.note(self.file.length())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.failure.note(self.file.read(offset, out))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.failure.note(self.file.resize(len))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.failure.note(self.file.sync())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.failure.note(self.file.write(offset, data))
    }
}
