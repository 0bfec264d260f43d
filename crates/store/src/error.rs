//! Everything that can go wrong, each naming what is at fault.

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::ids::TableId;

/// An error of the storage engine.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A write was asked of a store that was opened read-only.
    #[error("the store was opened read-only")]
    ReadOnly,
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// The database was deleted while this handle was open.
    #[error("database {0:?} was deleted")]
    DatabaseDeleted(String),
    /// There is no database of this name, and a read-only store cannot create it.
    #[error("database {0:?} does not exist")]
    DatabaseNotFound(String),
    /// The name cannot be that of a folder on every file system.
    #[error("{0:?} cannot be the name of a database")]
    InvalidName(String),
    /// Another process or another handle holds the lock.
    #[error("{} is in use: another process or another handle has it open", path.display())]
    InUse {
        /// The file that is locked.
        path: PathBuf,
    },
    /// The operating system refused an operation on a file.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The structure of a file is damaged.
    #[error("{} is damaged: {detail}", path.display())]
    Corrupted {
        /// The damaged file.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// A stored value does not match its checksum.
    #[error("the value under key {key} in table {table} of database {database:?} is damaged")]
    Damaged {
        /// The database.
        database: String,
        /// The name and number of the table.
        table: String,
        /// The key in hexadecimal, shortened.
        key: String,
    },
    /// The file was written by a later version of this crate.
    #[error("{} has format {found}, this version reads up to format {supported}", path.display())]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// The format of the file.
        found: u32,
        /// The latest format this version reads.
        supported: u32,
    },
    /// Writing or syncing the transaction failed.
    ///
    /// When [the disk was full](Error::is_disk_full), it did not happen, and the next one is tried
    /// as if it were the first. Otherwise, whether it happened is known only after reopening: it
    /// did so as a whole, or not at all. Every later write fails with [`Error::Poisoned`] then.
    #[error("a commit to database {database:?} failed")]
    CommitFailed {
        /// The database.
        database: String,
        /// Why it failed.
        #[source]
        cause: Arc<Error>,
    },
    /// An earlier commit or checkpoint failed, so writes are refused until the store is reopened.
    #[error("database {database:?} refuses writes since a commit failed; reopen the store")]
    Poisoned {
        /// The database.
        database: String,
        /// Why the earlier commit failed.
        #[source]
        cause: Arc<Error>,
    },
    /// The table does not exist, or was dropped.
    #[error("table {table} of database {database:?} does not exist or was dropped")]
    TableMissing {
        /// The database.
        database: String,
        /// The number of the table.
        table: TableId,
    },
    /// All numbers for tables are used up.
    #[error("database {database:?} has given all numbers for tables")]
    TooManyTables {
        /// The database.
        database: String,
    },
    /// A key is longer than [`KEY_BYTES_MAX`](crate::KEY_BYTES_MAX).
    #[error("a key of {bytes} bytes in table {table} is over the limit of {limit} bytes")]
    KeyTooLarge {
        /// The table.
        table: TableId,
        /// The length of the key.
        bytes: usize,
        /// The greatest length allowed.
        limit: usize,
    },
    /// A value is longer than [`VALUE_BYTES_MAX`](crate::VALUE_BYTES_MAX).
    #[error("a value of {bytes} bytes in table {table} is over the limit of {limit} bytes")]
    ValueTooLarge {
        /// The table.
        table: TableId,
        /// The length of the value.
        bytes: usize,
        /// The greatest length allowed.
        limit: usize,
    },
    /// The writes of one transaction are together over the configured limit.
    #[error("a transaction of {bytes} bytes is over the limit of {limit} bytes")]
    TransactionTooLarge {
        /// The size of its keys and values.
        bytes: usize,
        /// The configured limit.
        limit: usize,
    },
    /// A write was asked for from within a plan for the same database.
    #[error("a plan for database {database:?} asked for another write to it")]
    NestedWrite {
        /// The database.
        database: String,
    },
    /// Rows were to be imported where somebody else was writing.
    #[error("an import into database {database:?} met other writes to the same rows")]
    ImportDisturbed {
        /// The database.
        database: String,
    },
    /// Derived writes take no sequence, so they cannot append.
    #[error("derived writes cannot append to table {table}")]
    AppendInDerived {
        /// The table.
        table: TableId,
    },
}

impl Error {
    /// Whether the reason, however deep, is a full disk or an exceeded quota.
    ///
    /// Nothing is lost then: free some space, and reopen the store if the error is
    /// [`Error::Poisoned`].
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::Io { source, .. } => matches!(
                source.kind(),
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
            ),
            Self::CommitFailed { cause, .. } | Self::Poisoned { cause, .. } => cause.is_disk_full(),
            _ => false,
        }
    }
}

/// A key as it appears in messages: hexadecimal, at most its first 24 bytes.
pub(crate) fn shown(key: &[u8]) -> String {
    const SHOWN_MAX: usize = 24;
    let mut text = String::with_capacity(2 * SHOWN_MAX + 24);
    for byte in key.iter().take(SHOWN_MAX) {
        let _ = write!(text, "{byte:02x}");
    }
    if key.len() > SHOWN_MAX {
        let _ = write!(text, "... ({} bytes)", key.len());
    } else if key.is_empty() {
        text.push_str("(empty)");
    }
    text
}
