//! Which database a call into redb is for, and what its failures mean.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};

use crate::error::Error;

const OPEN: u8 = 0;
const CLOSED: u8 = 1;
const DELETED: u8 = 2;

/// Names one open database file, and remembers the first failure in it.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) database: String,
    pub(crate) path: PathBuf,
    status: AtomicU8,
    failure: OnceLock<Arc<Error>>,
}

impl Identity {
    pub(crate) fn new(database: String, path: PathBuf) -> Self {
        Self {
            database,
            path,
            status: AtomicU8::new(OPEN),
            failure: OnceLock::new(),
        }
    }

    /// Runs one call into redb. This is the only way redb is reached, so that its errors, and a
    /// panic on a file that is damaged in a way it did not expect, become ours.
    pub(crate) fn guarded<T>(
        &self,
        call: impl FnOnce() -> Result<T, redb::Error>,
    ) -> Result<T, Error> {
        match catch_unwind(AssertUnwindSafe(call)) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(self.translate(error)),
            Err(panic) => Err(self.corrupted(panic_text(&*panic))),
        }
    }

    /// Runs a call that releases something, where nobody is left to hear of an error.
    pub(crate) fn release(&self, call: impl FnOnce()) {
        let _ = self.guarded(|| {
            call();
            Ok(())
        });
    }

    #[cold]
    fn translate(&self, error: redb::Error) -> Error {
        match error {
            redb::Error::Io(source) => {
                let kind = source.kind();
                let text = source.to_string();
                let io = |source| Error::Io {
                    action: "access",
                    path: self.path.clone(),
                    source,
                };
                // redb answers nothing but `PreviousIo` after this, so it is kept as the cause.
                self.failure
                    .get_or_init(|| Arc::new(io(std::io::Error::new(kind, text))));
                io(source)
            }
            redb::Error::PreviousIo => match self.failure.get() {
                Some(cause) => self.poisoned(Arc::clone(cause)),
                None => self.corrupted("an earlier access failed".to_owned()),
            },
            redb::Error::DatabaseClosed => self.gone(),
            redb::Error::ValueTooLarge(bytes) => Error::ValueTooLarge {
                table: crate::ids::TableId::META,
                bytes,
                limit: crate::options::VALUE_BYTES_MAX,
            },
            other => self.corrupted(other.to_string()),
        }
    }

    pub(crate) fn corrupted(&self, detail: String) -> Error {
        Error::Corrupted {
            path: self.path.clone(),
            detail,
        }
    }

    pub(crate) fn poisoned(&self, cause: Arc<Error>) -> Error {
        Error::Poisoned {
            database: self.database.clone(),
            cause,
        }
    }

    /// What a closed file answers.
    #[cold]
    pub(crate) fn gone(&self) -> Error {
        if self.status.load(Ordering::Acquire) == DELETED {
            Error::DatabaseDeleted(self.database.clone())
        } else {
            Error::Closed
        }
    }

    /// Refuses when the file has been closed under a snapshot.
    pub(crate) fn check_open(&self) -> Result<(), Error> {
        if self.is_open() {
            Ok(())
        } else {
            Err(self.gone())
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.status.load(Ordering::Acquire) == OPEN
    }

    pub(crate) fn mark_closed(&self, deleted: bool) {
        let status = if deleted { DELETED } else { CLOSED };
        self.status.store(status, Ordering::Release);
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    match text {
        Some(text) => format!("unexpected content ({text})"),
        None => "unexpected content".to_owned(),
    }
}
