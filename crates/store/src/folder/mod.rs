//! The disk, behind a handful of methods.
//!
//! A [`Folder`] names files by relative paths with `/` between the parts; a [`Backing`] is one
//! open file. The engine uses nothing else to reach a disk, so a store can live in memory, under
//! an overlay, or on a simulated disk that loses power.

mod disk;
mod memory;
mod overlay;

use std::fmt::Debug;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

pub use self::disk::DiskFolder;
pub use self::memory::MemoryFolder;
pub(crate) use self::overlay::Overlay;

/// How [`Folder::open`] opens a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// An existing file, only to be read.
    Read,
    /// An existing file, to be read and written.
    Write,
    /// A new, empty file, to be read and written; whatever had the name is replaced.
    Create,
}

/// A place for files.
///
/// The name of a new, renamed or removed file is certain to survive a loss of power only after
/// [`sync`](Self::sync) of the folder it is in.
pub trait Folder: Debug + Send + Sync + 'static {
    /// Opens a file.
    ///
    /// # Errors
    ///
    /// What the medium reports; `NotFound` when the file is missing and not to be created.
    fn open(&self, path: &str, mode: OpenMode) -> io::Result<Arc<dyn Backing>>;

    /// Returns whether a file or folder has this name.
    ///
    /// # Errors
    ///
    /// What the medium reports.
    fn exists(&self, path: &str) -> io::Result<bool>;

    /// Returns the names of the files and folders in a folder, in no particular order. The empty
    /// path stands for this folder itself; a missing folder has no entries.
    ///
    /// # Errors
    ///
    /// What the medium reports.
    fn list(&self, path: &str) -> io::Result<Vec<String>>;

    /// Creates a folder, and those it is in, unless it exists. The name is durable on return.
    ///
    /// # Errors
    ///
    /// What the medium reports.
    fn create_folder(&self, path: &str) -> io::Result<()>;

    /// Removes a file. Whoever has it open can go on using it.
    ///
    /// # Errors
    ///
    /// What the medium reports; `NotFound` when there is no such file.
    fn remove(&self, path: &str) -> io::Result<()>;

    /// Removes an empty folder.
    ///
    /// # Errors
    ///
    /// What the medium reports.
    fn remove_folder(&self, path: &str) -> io::Result<()>;

    /// Gives a file another name, replacing in one step whatever had that name. Whoever has
    /// either file open goes on using the same file.
    ///
    /// # Errors
    ///
    /// What the medium reports.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Makes the names within a folder durable.
    ///
    /// # Errors
    ///
    /// What the medium reports.
    fn sync(&self, path: &str) -> io::Result<()>;

    /// Whether what is synced outlives the process. Where it does not, a store keeps no log, and
    /// writes its files when it is closed.
    fn is_durable(&self) -> bool {
        true
    }

    /// The path to show in messages.
    fn locate(&self, path: &str) -> PathBuf;
}

/// One open file. The file is closed when this is dropped.
pub trait Backing: Debug + Send + Sync + 'static {
    /// Returns the length in bytes.
    ///
    /// # Errors
    ///
    /// What the medium reports.
    fn length(&self) -> io::Result<u64>;

    /// Fills `buffer` with the bytes from `offset` on.
    ///
    /// # Errors
    ///
    /// What the medium reports; `UnexpectedEof` when the file ends before the buffer is full.
    fn read(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;

    /// Writes all of `bytes` at `offset`, extending the file when needed.
    ///
    /// # Errors
    ///
    /// What the medium reports. Part of the bytes may have been written then.
    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Cuts the file, or extends it with zeros.
    ///
    /// # Errors
    ///
    /// What the medium reports.
    fn resize(&self, length: u64) -> io::Result<()>;

    /// Makes everything written so far, and the length, durable.
    ///
    /// # Errors
    ///
    /// What the medium reports. What is durable is unknown then, also after a later success.
    fn sync(&self) -> io::Result<()>;
}

/// The folder part of a path, empty when there is none.
pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}
