//! What a database has to be able to do to be measured. Implemented once for each, in a file of its own.

use std::error::Error;
use std::ops::Range;
use std::path::Path;

/// Why something could not be measured.
pub type Failure = Box<dyn Error + Send + Sync>;

/// A result of whatever a database may fail with.
pub type Outcome<T = ()> = Result<T, Failure>;

/// The bytes of a document.
pub type Contents = Vec<u8>;

/// A database to be measured, and what has to be said of it beside its figures.
#[derive(Debug, Clone)]
pub struct Contender {
    /// What it is called on the command line and in reports.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// What one document is to it: which rows it stores.
    pub row: &'static str,
    /// What has happened when a write returns, and what it caches.
    pub settings: &'static str,
    /// What answers queries by key, and how it comes about; `None` if nothing does.
    pub view: Option<&'static str>,
    /// Opens the database in a folder, creating it if needed.
    pub open: fn(&Path, Rows) -> Outcome<Box<dyn Engine>>,
}

/// What a database is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// Documents alone.
    Documents,
    /// Documents and a view of them.
    View,
}

/// An open database.
pub trait Engine: Send + Sync {
    /// Returns what one thread works with.
    ///
    /// # Errors
    ///
    /// Whatever the database fails with.
    fn client(&self) -> Outcome<Box<dyn Client + '_>>;

    /// Closes the database, having done what it does when it is closed.
    ///
    /// # Errors
    ///
    /// Whatever the database fails with.
    fn close(self: Box<Self>) -> Outcome;
}

/// What one thread does to a database. A write is durable when it returns.
pub trait Client: Send {
    /// Stores a new document in a transaction of its own. Returns its id, which is `id` unless the database assigns ids.
    ///
    /// # Errors
    ///
    /// Whatever the database fails with.
    fn insert(&mut self, id: u64, contents: Contents) -> Outcome<u64>;

    /// Stores new documents with ids from `first` on, in one transaction.
    ///
    /// # Errors
    ///
    /// Whatever the database fails with.
    fn insert_batch(&mut self, first: u64, documents: Vec<Contents>) -> Outcome;

    /// Replaces a document that exists in a transaction of its own, whatever it contained.
    ///
    /// # Errors
    ///
    /// Whatever the database fails with.
    fn update(&mut self, id: u64, contents: Contents) -> Outcome;

    /// Shows a document to `visit`. Returns whether there is one.
    ///
    /// # Errors
    ///
    /// Whatever the database fails with.
    fn get(&mut self, id: u64, visit: &mut dyn FnMut(&[u8])) -> Outcome<bool>;

    /// Shows the documents with ids in a range to `visit`, in the order of ids.
    ///
    /// # Errors
    ///
    /// Whatever the database fails with.
    fn list(&mut self, ids: Range<u64>, visit: &mut dyn FnMut(u64, &[u8])) -> Outcome;

    /// Makes the view from the documents there are, so far that it can be queried and reduced.
    ///
    /// # Errors
    ///
    /// Whatever the database fails with; that it has no views.
    fn build_view(&mut self) -> Outcome {
        Err("has no views".into())
    }

    /// Shows id and value of each entry with `key` to `visit`, as of the last write before.
    ///
    /// # Errors
    ///
    /// Whatever the database fails with; that it has no views.
    fn query(&mut self, _key: u64, _visit: &mut dyn FnMut(u64, u64)) -> Outcome {
        Err("has no views".into())
    }

    /// Returns the sum of the values of the entries with keys in a range.
    ///
    /// # Errors
    ///
    /// Whatever the database fails with; that it has no views.
    fn reduce(&mut self, _keys: Range<u64>) -> Outcome<u64> {
        Err("has no views".into())
    }
}
