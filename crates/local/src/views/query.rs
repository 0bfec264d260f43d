//! Answering queries from one index.

use bonsaidb_core::connection::{SerializedQueryKey, Sort};
use bonsaidb_core::schema::view::map::Serialized;
use bonsaidb_store::{Direction, Read, Snapshot, Value};

use crate::Error;
use crate::documents::{Documents, direction};
use crate::views::ViewIndex;
use crate::views::entry::{EntryRange, Layout};

impl ViewIndex {
    /// Calls `each` with the mappings that match `key`, in order, until it returns false.
    pub fn each_mapping(
        &self,
        index: &Snapshot,
        key: Option<&SerializedQueryKey>,
        order: Sort,
        mut each: impl FnMut(Serialized) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let entries = self.tables()?.entries;
        let mut each = |key, value: Value| {
            let mapping = self.layout.decode(key, value.into_vec());
            each(mapping.ok_or_else(|| self.damaged_entry())?)
        };
        let is_one_entry = self.layout == Layout::Unique
            && matches!(
                key,
                Some(SerializedQueryKey::Matches(_) | SerializedQueryKey::Multiple(_))
            );
        let direction = direction(order);
        let mut ranges = EntryRange::all_of(key);
        if direction == Direction::Descending {
            ranges.reverse();
        }
        for range in ranges {
            if is_one_entry {
                // The range of a key begins with the entry, which has nothing but the key.
                let found = index.get(entries, &range.start)?;
                if let Some(value) = found
                    && !each(range.start, value)?
                {
                    return Ok(());
                }
                continue;
            }
            for entry in index.range(entries, range.bounds(), direction)? {
                let (key, value) = entry?;
                if !each(key, value)? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Returns at most `limit` mappings that match `key`, in order.
    pub fn mappings(
        &self,
        index: &Snapshot,
        key: Option<&SerializedQueryKey>,
        order: Sort,
        limit: Option<u32>,
    ) -> Result<Vec<Serialized>, Error> {
        self.mappings_where(index, key, order, limit, |_| Ok(true))
    }

    /// Returns at most `limit` mappings that match `key`, in order, and are those of `documents`:
    /// what changed since it was mapped is left out.
    pub fn mappings_of(
        &self,
        documents: &Documents<'_, Snapshot>,
        index: &Snapshot,
        key: Option<&SerializedQueryKey>,
        order: Sort,
        limit: Option<u32>,
    ) -> Result<Vec<Serialized>, Error> {
        self.mappings_where(index, key, order, limit, |mapping| {
            let document = documents.header(&mapping.source.id)?;
            Ok(document.as_ref() == Some(&mapping.source))
        })
    }

    fn mappings_where(
        &self,
        index: &Snapshot,
        key: Option<&SerializedQueryKey>,
        order: Sort,
        limit: Option<u32>,
        is_wanted: impl Fn(&Serialized) -> Result<bool, Error>,
    ) -> Result<Vec<Serialized>, Error> {
        let limit = limit.map_or(usize::MAX, |limit| limit as usize);
        let mut mappings = Vec::new();
        if limit > 0 {
            self.each_mapping(index, key, order, |mapping| {
                if is_wanted(&mapping)? {
                    mappings.push(mapping);
                }
                Ok(mappings.len() < limit)
            })?;
        }
        Ok(mappings)
    }
}
