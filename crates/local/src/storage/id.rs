//! The id of a storage, in a file that also serves as its lock.

use std::fmt::{self, Debug, Display};
use std::fs::{self, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::Error;

/// The id of a storage.
#[derive(Clone, Copy, Eq, PartialEq, Hash)]
pub struct StorageId(u64);

impl StorageId {
    /// Returns the id as a number.
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// The file of the storage in `folder`: `storage-id`, or `server-id` of former versions.
    pub(super) fn file(folder: &Path) -> PathBuf {
        let former = folder.join("server-id");
        if former.exists() {
            former
        } else {
            folder.join("storage-id")
        }
    }

    /// Reads the id from `file`, which is locked; writes a new one if there is none.
    pub(super) fn read_or_create(
        file: &Path,
        given: Option<u64>,
        read_only: bool,
    ) -> Result<Self, Error> {
        let at = |error: io::Error| Error::io_at(file, &error);
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(invalid(file)),
            Err(error) => return Err(at(error)),
        };
        if text.is_empty() {
            let id = given.unwrap_or_else(random);
            if !read_only {
                write(file, id).map_err(at)?;
            }
            return Ok(Self(id));
        }
        let stored = text.trim().parse().map_err(|_| invalid(file))?;
        Ok(Self(given.unwrap_or(stored)))
    }
}

/// Writes an id into the file, which is locked: another file must not take its place.
fn write(file: &Path, id: u64) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(file)?;
    file.write_all(id.to_string().as_bytes())?;
    file.sync_all()
}

fn invalid(file: &Path) -> Error {
    Error::InvalidStorageId {
        path: file.to_owned(),
    }
}

/// Ids need not be secret; the standard library's hasher is seeded by the system.
fn random() -> u64 {
    RandomState::new().hash_one(std::process::id())
}

impl Display for StorageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Debug for StorageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}
