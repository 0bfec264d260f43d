//! Telling programs how far the building of a view is.

use std::fmt::{self, Debug};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bonsaidb_core::schema::ViewName;

/// How far the building of a view is: a new one, or one whose version changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IndexingProgress {
    /// The database of the view.
    pub database: String,
    /// The view.
    pub view: ViewName,
    /// How many documents were mapped since the building was begun or, after the storage was
    /// reopened, continued.
    pub documents: u64,
    /// Whether all documents are mapped now.
    pub is_complete: bool,
}

/// Whoever wants to know how far the building of views is.
#[derive(Clone, Default)]
pub(crate) struct ProgressListener(Option<Arc<dyn Fn(&IndexingProgress) + Send + Sync>>);

impl ProgressListener {
    pub fn new(listener: impl Fn(&IndexingProgress) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(listener)))
    }

    /// Tells the listener, and the trace. What the listener does is its own affair.
    pub fn tell(&self, progress: &IndexingProgress) {
        tracing::info!(
            database = progress.database,
            view = %progress.view,
            documents = progress.documents,
            is_complete = progress.is_complete,
            "building a view"
        );
        if let Some(listener) = &self.0
            && catch_unwind(AssertUnwindSafe(|| listener(progress))).is_err()
        {
            tracing::error!(view = %progress.view, "the listener for progress panicked");
        }
    }
}

impl Debug for ProgressListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProgressListener({})", self.0.is_some())
    }
}
