//! How a store is opened, and the limits on what is put into it.

use crate::lock::Lock;

/// The length of the longest key.
pub const KEY_BYTES_MAX: usize = 1 << 20;

/// The length of the longest value.
pub const VALUE_BYTES_MAX: usize = 1 << 30;

/// How [`Store::open`](crate::Store::open) opens a store.
#[derive(Debug)]
#[non_exhaustive]
pub struct Options {
    /// Whether to open without writing a byte. Writes are refused with
    /// [`Error::ReadOnly`](crate::Error::ReadOnly). Defaults to false.
    ///
    /// Opening a database that was not closed cleanly takes memory for the repaired parts.
    pub read_only: bool,
    /// The memory each open database may use for caching. Defaults to 512 MiB, of which only
    /// what is needed is taken.
    pub cache_bytes: usize,
    /// How many bytes of write sets, of all databases, are written to the log with one sync. Defaults
    /// to 1 MiB.
    ///
    /// Larger groups carry more transactions when many threads write large values, smaller ones
    /// answer sooner. A transaction larger than this makes a group of its own.
    pub group_bytes_max: usize,
    /// The largest transaction accepted, in bytes of its keys and values. Defaults to 1 GiB.
    pub transaction_bytes_max: usize,
    /// The memory that each database may use for what is logged and not yet written to its file.
    /// Defaults to 128 MiB. Half of it is collected before it is written, in the background;
    /// writers wait only when the other half fills up meanwhile.
    ///
    /// Time to open after a crash depends on it, and on [`log_segment_bytes`](Self::log_segment_bytes).
    pub memtable_bytes_max: usize,
    /// The length of the files of the log. Defaults to 64 MiB.
    ///
    /// A file is removed when every database has written what is in it to its own file.
    pub log_segment_bytes: usize,
    /// A lock to keep until everything else is released.
    pub lock: Option<Lock>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            read_only: false,
            cache_bytes: 512 << 20,
            group_bytes_max: 1 << 20,
            transaction_bytes_max: 1 << 30,
            memtable_bytes_max: 128 << 20,
            log_segment_bytes: 64 << 20,
            lock: None,
        }
    }
}

impl Options {
    /// Sets [`read_only`](Self::read_only).
    #[must_use]
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }

    /// Sets [`cache_bytes`](Self::cache_bytes).
    #[must_use]
    pub fn cache_bytes(mut self, bytes: usize) -> Self {
        self.cache_bytes = bytes;
        self
    }

    /// Sets [`group_bytes_max`](Self::group_bytes_max).
    #[must_use]
    pub fn group_bytes_max(mut self, bytes: usize) -> Self {
        self.group_bytes_max = bytes;
        self
    }

    /// Sets [`transaction_bytes_max`](Self::transaction_bytes_max).
    #[must_use]
    pub fn transaction_bytes_max(mut self, bytes: usize) -> Self {
        self.transaction_bytes_max = bytes;
        self
    }

    /// Sets [`memtable_bytes_max`](Self::memtable_bytes_max).
    #[must_use]
    pub fn memtable_bytes_max(mut self, bytes: usize) -> Self {
        self.memtable_bytes_max = bytes;
        self
    }

    /// Sets [`log_segment_bytes`](Self::log_segment_bytes).
    #[must_use]
    pub fn log_segment_bytes(mut self, bytes: usize) -> Self {
        self.log_segment_bytes = bytes;
        self
    }

    /// Sets [`lock`](Self::lock).
    #[must_use]
    pub fn lock(mut self, lock: Lock) -> Self {
        self.lock = Some(lock);
        self
    }
}
