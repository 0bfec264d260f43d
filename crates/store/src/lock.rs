//! The lock that keeps two processes, or two handles of one, from opening the same store.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Error;

/// How long to sleep between two attempts.
const POLL: Duration = Duration::from_millis(10);

/// A lock on a file, released when dropped.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    file: Option<File>,
}

impl Lock {
    /// Locks the file at `path`, trying again until `wait` is over.
    ///
    /// An exclusive lock creates the file when it is missing. A shared lock writes nothing, so
    /// that it can be taken on a read-only medium: when the file is missing, nobody who writes
    /// has been there, and there is nothing to hold.
    ///
    /// # Errors
    ///
    /// [`Error::InUse`] when another process or handle still holds the lock after `wait`, or
    /// [`Error::Io`] when the file cannot be opened or locked.
    pub fn acquire(path: impl AsRef<Path>, wait: Duration, shared: bool) -> Result<Self, Error> {
        let path = path.as_ref().to_path_buf();
        let opened = if shared {
            File::open(&path)
        } else {
            OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)
        };
        let file = match opened {
            Ok(file) => file,
            Err(error) if shared && error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self { path, file: None });
            }
            Err(source) => {
                return Err(Error::Io {
                    action: "open",
                    path,
                    source,
                });
            }
        };
        let started = Instant::now();
        loop {
            let attempt = if shared {
                file.try_lock_shared()
            } else {
                file.try_lock()
            };
            match attempt {
                Ok(()) => {
                    return Ok(Self {
                        path,
                        file: Some(file),
                    });
                }
                Err(TryLockError::WouldBlock) => {
                    let left = wait.saturating_sub(started.elapsed());
                    if left.is_zero() {
                        return Err(Error::InUse { path });
                    }
                    thread::sleep(POLL.min(left));
                }
                Err(TryLockError::Error(source)) => {
                    return Err(Error::Io {
                        action: "lock",
                        path,
                        source,
                    });
                }
            }
        }
    }

    /// The file that is locked.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some(file) = self.file.take() {
            // Closing the file releases the lock as well; a child process that inherited the
            // descriptor would otherwise keep it.
            let _ = file.unlock();
        }
    }
}
