//! Values on their way to a reduce function, and the one way to call it.
//!
//! The law of reduce as it is kept here (S10): a first reduction gets one or more values of *one*
//! key, in order; a rereduction two or more results, in order, or none to answer an empty query.
//! One result is returned as it is. With a result goes the smallest view key it covers.

use std::sync::atomic::{AtomicBool, Ordering};

use bonsaidb_core::schema::{ViewName, view};

use crate::Error;
use crate::user_code;
use crate::views::entry::push_view_key;
use crate::views::summary::rows::damaged_entry;

/// How many values a reduce function gets at once while an answer is put together.
const VALUES_MAX: usize = 4_096;
/// How many bytes of values it gets at once then.
const BYTES_MAX: usize = 4 << 20;

/// Keys and values, in order.
#[derive(Debug, Default)]
pub(super) struct Values {
    bytes: Vec<u8>,
    /// Where each key ends in `bytes`, and the value behind it.
    ends: Vec<(usize, usize)>,
}

impl Values {
    /// Appends a value of a key, which is given with its terminator.
    pub fn push(&mut self, key: &[u8], value: &[u8]) -> Result<(), Error> {
        push_view_key(key, &mut self.bytes).ok_or_else(damaged_entry)?;
        let key_end = self.bytes.len();
        self.bytes.extend_from_slice(value);
        self.ends.push((key_end, self.bytes.len()));
        Ok(())
    }

    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    const fn is_full(&self) -> bool {
        self.len() >= VALUES_MAX || (self.bytes.len() >= BYTES_MAX && self.len() > 1)
    }

    pub fn slices(&self) -> Vec<(&[u8], &[u8])> {
        let mut start = 0;
        self.ends
            .iter()
            .map(|(key_end, end)| {
                let mapping = (&self.bytes[start..*key_end], &self.bytes[*key_end..*end]);
                start = *end;
                mapping
            })
            .collect()
    }

    /// The only value and its key.
    fn only(&self) -> Option<(&[u8], &[u8])> {
        match self.ends[..] {
            [(key_end, end)] => Some((&self.bytes[..key_end], &self.bytes[key_end..end])),
            _ => None,
        }
    }

    /// Replaces the values by one, with the key of the first.
    fn replace(&mut self, value: &[u8]) {
        let key_end = self.ends.first().map_or(0, |(key_end, _)| *key_end);
        self.bytes.truncate(key_end);
        self.bytes.extend_from_slice(value);
        self.ends.clear();
        self.ends.push((key_end, self.bytes.len()));
    }
}

/// The reduce function of a view.
#[derive(Clone, Copy)]
pub(super) struct Reducer<'a> {
    pub view: &'a dyn view::Serialized,
    pub name: &'a ViewName,
    /// Set once it was said that results are too long to be stored.
    pub warned: &'a AtomicBool,
}

impl Reducer<'_> {
    /// Reduces values of one key.
    pub fn first(&self, values: &Values) -> Result<Vec<u8>, Error> {
        if let Some(mapping) = values.only() {
            return self.call(&[mapping], false);
        }
        let slices = values.slices();
        debug_assert!(!slices.is_empty(), "S10: nothing to reduce");
        debug_assert!(
            slices.iter().all(|mapping| mapping.0 == slices[0].0),
            "S10: a first reduction of several keys"
        );
        self.call(&slices, false)
    }

    /// Reduces earlier results; one is returned as it is.
    pub fn again(&self, values: &Values) -> Result<Vec<u8>, Error> {
        match values.only() {
            Some((_, value)) => Ok(value.to_vec()),
            None => self.call(&values.slices(), true),
        }
    }

    fn call(&self, mappings: &[(&[u8], &[u8])], rereduce: bool) -> Result<Vec<u8>, Error> {
        user_code::call(self.name, "reduce", || self.view.reduce(mappings, rereduce))
    }

    /// Says once that results are too long to be stored.
    pub fn warn_of_long_results(&self, bytes: usize) {
        if !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                view = %self.name, bytes,
                "the view reduces to long values, which are not stored: its reduces read more"
            );
        }
    }
}

/// Results that are being put together to one. Memory does not grow with their number.
pub(super) struct Results<'a> {
    reducer: Reducer<'a>,
    values: Values,
}

impl<'a> Results<'a> {
    pub fn new(reducer: Reducer<'a>) -> Self {
        Self {
            reducer,
            values: Values::default(),
        }
    }

    /// Appends a result; `key` is the smallest it covers, with its terminator.
    pub fn push(&mut self, key: &[u8], value: &[u8]) -> Result<(), Error> {
        if self.values.is_full() {
            let folded = self.reducer.again(&self.values)?;
            self.values.replace(&folded);
        }
        self.values.push(key, value)
    }

    /// What all come to; without any, what the function makes of nothing.
    pub fn finish(&self) -> Result<Vec<u8>, Error> {
        self.reducer.again(&self.values)
    }
}

/// The values of one key, as they are read.
pub(super) struct Group<'a> {
    values: Values,
    results: Results<'a>,
}

impl<'a> Group<'a> {
    pub fn new(reducer: Reducer<'a>) -> Self {
        Self {
            values: Values::default(),
            results: Results::new(reducer),
        }
    }

    pub const fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub fn push(&mut self, key: &[u8], value: &[u8]) -> Result<(), Error> {
        if self.values.is_full() {
            self.reduce(key)?;
        }
        self.values.push(key, value)
    }

    fn reduce(&mut self, key: &[u8]) -> Result<(), Error> {
        let reduced = self.results.reducer.first(&self.values)?;
        self.values.clear();
        self.results.push(key, &reduced)
    }

    /// What the values of `key` come to. The group is empty afterwards.
    pub fn finish(&mut self, key: &[u8]) -> Result<Vec<u8>, Error> {
        if self.results.values.is_empty() {
            let reduced = self.results.reducer.first(&self.values);
            self.values.clear();
            return reduced;
        }
        self.reduce(key)?;
        let reduced = self.results.finish()?;
        self.results.values.clear();
        Ok(reduced)
    }
}
