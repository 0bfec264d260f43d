//! Views that only reduce.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bonsaidb_core as core;
use bonsaidb_core::document::BorrowedDocument;
use bonsaidb_core::key::KeyDescription;
use bonsaidb_core::schema::view::{Error, Serialized, ViewUpdatePolicy, map};
use bonsaidb_core::schema::{CollectionName, Qualified, ViewName};

/// Reduces keys and values of any form.
pub(super) type Function = fn(&[(&[u8], &[u8])], bool) -> Vec<u8>;

/// A view with a function that is counted, and fails when it is told to.
#[derive(Debug)]
pub(super) struct Reducing {
    pub function: Function,
    pub name: ViewName,
    pub calls: AtomicUsize,
    pub values: AtomicUsize,
    pub fails: AtomicBool,
}

impl Reducing {
    pub fn new(function: Function) -> Self {
        Self {
            function,
            name: ViewName {
                collection: CollectionName::private("things"),
                name: "reducing".into(),
            },
            calls: AtomicUsize::new(0),
            values: AtomicUsize::new(0),
            fails: AtomicBool::new(false),
        }
    }
}

impl Serialized for Reducing {
    fn collection(&self) -> CollectionName {
        self.name.collection.clone()
    }

    fn key_description(&self) -> KeyDescription {
        KeyDescription::for_key::<u64>()
    }

    fn update_policy(&self) -> ViewUpdatePolicy {
        ViewUpdatePolicy::Lazy
    }

    fn version(&self) -> u64 {
        0
    }

    fn view_name(&self) -> ViewName {
        self.name.clone()
    }

    fn map(&self, _: &BorrowedDocument<'_>) -> Result<Vec<map::Serialized>, Error> {
        Ok(Vec::new())
    }

    fn reduce(&self, mappings: &[(&[u8], &[u8])], rereduce: bool) -> Result<Vec<u8>, Error> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.values.fetch_add(mappings.len(), Ordering::Relaxed);
        assert_ne!(mappings.len(), usize::from(rereduce), "S10");
        assert!(mappings.is_sorted_by_key(|(key, _)| key), "out of order");
        if self.fails.load(Ordering::Relaxed) {
            return Err(core::Error::other("test", "told to fail").into());
        }
        Ok((self.function)(mappings, rereduce))
    }
}

fn number(value: &[u8]) -> i64 {
    i64::from_le_bytes(value.try_into().unwrap())
}

pub(super) fn sum(mappings: &[(&[u8], &[u8])], _: bool) -> Vec<u8> {
    let numbers = mappings.iter().map(|(_, value)| number(value));
    let sum = numbers.fold(0, i64::wrapping_add);
    sum.to_le_bytes().to_vec()
}

pub(super) fn count(mappings: &[(&[u8], &[u8])], rereduce: bool) -> Vec<u8> {
    if rereduce {
        sum(mappings, true)
    } else {
        i64::try_from(mappings.len())
            .unwrap()
            .to_le_bytes()
            .to_vec()
    }
}

/// Least and greatest, 8 bytes each; nothing of nothing.
pub(super) fn extremes(mappings: &[(&[u8], &[u8])], rereduce: bool) -> Vec<u8> {
    let values = mappings.iter().flat_map(|(_, value)| {
        let halves = if rereduce { 2 } else { 1 };
        value
            .chunks_exact(8)
            .take(halves)
            .map(number)
            .collect::<Vec<_>>()
    });
    let (least, greatest) = (values.clone().min(), values.max());
    let extremes = least.into_iter().chain(greatest);
    extremes.flat_map(i64::to_le_bytes).collect()
}

/// Keys and values in a row: shows any error of order, completeness or grouping.
pub(super) fn concatenation(mappings: &[(&[u8], &[u8])], rereduce: bool) -> Vec<u8> {
    let mut all = Vec::new();
    for (key, value) in mappings {
        if !rereduce {
            all.push(b'<');
            all.extend_from_slice(key);
            all.push(b'=');
        }
        all.extend_from_slice(value);
    }
    all
}
