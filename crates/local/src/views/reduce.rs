//! Reducing mappings, as they are read: memory does not grow with their number.

use bonsaidb_core::connection::{SerializedQueryKey, Sort};
use bonsaidb_core::schema::view;
use bonsaidb_core::schema::view::map::MappedSerializedValue;
use bonsaidb_store::Snapshot;

use crate::Error;
use crate::user_code;
use crate::views::ViewIndex;

/// How many values a reduce function gets at once. The law of reduce allows any number.
const VALUES_MAX: usize = 4_096;
/// How many bytes of values it gets at once.
const BYTES_MAX: usize = 4 << 20;

/// Values of one kind that are still to be reduced to one.
#[derive(Default)]
struct Pending {
    /// The first key that each value covers, and the value.
    values: Vec<(Vec<u8>, Vec<u8>)>,
    bytes: usize,
}

impl Pending {
    fn push(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.bytes += key.len() + value.len();
        self.values.push((key, value));
    }

    const fn is_full(&self) -> bool {
        self.values.len() >= VALUES_MAX || (self.bytes >= BYTES_MAX && self.values.len() > 1)
    }

    /// Reduces the values to one.
    fn reduce(&mut self, view: &dyn view::Serialized, rereduce: bool) -> Result<Vec<u8>, Error> {
        let slices = self
            .values
            .iter()
            .map(|(key, value)| (&key[..], &value[..]))
            .collect::<Vec<_>>();
        let reduced = user_code::call(&view.view_name(), "reduce", || {
            view.reduce(&slices, rereduce)
        })?;
        self.values.clear();
        self.bytes = 0;
        Ok(reduced)
    }

    /// Reduces earlier results to one; a single one is the result.
    fn rereduce(&mut self, view: &dyn view::Serialized) -> Result<Vec<u8>, Error> {
        if self.values.len() == 1 {
            self.bytes = 0;
            return self
                .values
                .pop()
                .map(|(_, value)| value)
                .ok_or(Error::InternalCommunication);
        }
        self.reduce(view, true)
    }

    /// Makes room by reducing what is there.
    fn push_reducing(
        &mut self,
        view: &dyn view::Serialized,
        key: Vec<u8>,
        value: Vec<u8>,
    ) -> Result<(), Error> {
        if self.is_full() {
            let first = self.values[0].0.clone();
            let reduced = self.reduce(view, true)?;
            self.push(first, reduced);
        }
        self.push(key, value);
        Ok(())
    }
}

/// The values of the key that is being read.
struct Group<'a> {
    view: &'a dyn view::Serialized,
    values: Pending,
    results: Pending,
}

impl Group<'_> {
    fn push(&mut self, key: Vec<u8>, value: Vec<u8>) -> Result<(), Error> {
        if self.values.is_full() {
            self.reduce_values()?;
        }
        self.values.push(key, value);
        Ok(())
    }

    fn key(&self) -> Option<&[u8]> {
        Some(&self.values.values.first()?.0)
    }

    fn reduce_values(&mut self) -> Result<(), Error> {
        let first = self.values.values[0].0.clone();
        let reduced = self.values.reduce(self.view, false)?;
        self.results.push_reducing(self.view, first, reduced)
    }

    /// The reduced value of the key.
    fn finish(&mut self) -> Result<(Vec<u8>, Vec<u8>), Error> {
        let key = self.values.values[0].0.clone();
        self.reduce_values()?;
        Ok((key, self.results.rereduce(self.view)?))
    }
}

impl ViewIndex {
    /// Calls `each` with the reduced value of each key that matches, ascending.
    fn each_reduction(
        &self,
        view: &dyn view::Serialized,
        index: &Snapshot,
        key: Option<&SerializedQueryKey>,
        mut each: impl FnMut(Vec<u8>, Vec<u8>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut group = Group {
            view,
            values: Pending::default(),
            results: Pending::default(),
        };
        self.each_mapping(index, key, Sort::Ascending, |mapping| {
            if group.key().is_some_and(|key| *key != **mapping.key) {
                let (key, reduced) = group.finish()?;
                each(key, reduced)?;
            }
            group.push(mapping.key.into_vec(), mapping.value.into_vec())?;
            Ok(true)
        })?;
        if group.key().is_some() {
            let (key, reduced) = group.finish()?;
            each(key, reduced)?;
        }
        Ok(())
    }

    /// Returns the reduced value of all mappings that match.
    pub fn reduced(
        &self,
        view: &dyn view::Serialized,
        index: &Snapshot,
        key: Option<&SerializedQueryKey>,
    ) -> Result<Vec<u8>, Error> {
        let mut results = Pending::default();
        self.each_reduction(view, index, key, |key, reduced| {
            results.push_reducing(view, key, reduced)
        })?;
        results.rereduce(view)
    }

    /// Returns the reduced value of each key that matches, ascending.
    pub fn reduced_grouped(
        &self,
        view: &dyn view::Serialized,
        index: &Snapshot,
        key: Option<&SerializedQueryKey>,
    ) -> Result<Vec<MappedSerializedValue>, Error> {
        let mut results = Vec::new();
        self.each_reduction(view, index, key, |key, reduced| {
            results.push(MappedSerializedValue {
                key: key.into(),
                value: reduced.into(),
            });
            Ok(())
        })?;
        Ok(results)
    }
}
