//! Replacing what a document emitted by what it emits now.

use std::sync::atomic::Ordering;

use bonsaidb_core as core;
use bonsaidb_core::document::{BorrowedDocument, DocumentId};
use bonsaidb_store::{Plan, Read};

use crate::Error;
use crate::database::Data;
use crate::views::entry::Layout;
use crate::views::mapping::{Emissions, map};
use crate::views::{ViewIndex, emitted};

impl ViewIndex {
    /// Plans what the new state of a document changes in this strict view.
    pub fn plan_update(
        &self,
        plan: &mut Plan<'_>,
        data: &Data,
        document: &BorrowedDocument<'_>,
    ) -> Result<(), Error> {
        let view = data.schematic.view_by_name(&self.name)?;
        let emissions = map(view, document)?;
        self.replace(plan, &document.header.id, &emissions)
    }

    /// Plans what the end of a document changes in this strict view.
    pub fn plan_removal(
        &self,
        plan: &mut Plan<'_>,
        _data: &Data,
        id: &DocumentId,
    ) -> Result<(), Error> {
        self.replace(plan, id, &Emissions::default())
    }

    /// Replaces all that the document emitted before.
    ///
    /// What it emitted needs no guard: it changes only with the document, which is guarded in a
    /// transaction, and by one run at a time otherwise.
    pub fn replace(
        &self,
        plan: &mut Plan<'_>,
        id: &DocumentId,
        emissions: &Emissions,
    ) -> Result<(), Error> {
        let emissions = &emissions.0;
        let tables = self.tables()?;
        let before = plan.get(tables.emitted, id)?;
        let damaged =
            || Error::damaged(format!("the keys of document {id} in view `{}`", self.name));
        let before_keys = match &before {
            Some(row) => emitted::decode(row).ok_or_else(damaged)?,
            None => Vec::new(),
        };
        let touched = self.touched()?;
        let is_noted = touched.are_wanted(plan)?;
        let mut noted = 0;
        for key in &before_keys {
            if !emissions.contains_key(*key) {
                let entry = self.layout.entry_key(key, id);
                if is_noted {
                    touched.note(plan, &entry);
                    noted += 1;
                }
                plan.delete(tables.entries, entry);
            }
        }
        for mapping in emissions.values() {
            let entry = self.layout.encode(mapping);
            if self.layout == Layout::Unique
                && let Some(holder) = plan.get_guarded(tables.entries, &entry.key)?
            {
                let holder = self
                    .layout
                    .decode(&entry.key, &holder)
                    .ok_or_else(|| self.damaged_entry())?
                    .source;
                if holder.id != *id {
                    return Err(Error::Core(core::Error::UniqueKeyViolation {
                        view: self.name.clone(),
                        conflicting_document: Box::new(mapping.source.clone()),
                        existing_document: Box::new(holder),
                    }));
                }
            }
            if is_noted {
                // A new revision with the same value changes no reduction.
                let stored = plan.get(tables.entries, &entry.key)?;
                let value = stored.as_ref().and_then(|stored| self.layout.value(stored));
                if value != Some(&*mapping.value) {
                    touched.note(plan, &entry.key);
                    noted += 1;
                }
            }
            plan.put(tables.entries, entry.key, entry.value);
        }
        self.noted.fetch_add(noted, Ordering::Relaxed);
        let same_keys = before_keys.len() == emissions.len()
            && before_keys.iter().all(|key| emissions.contains_key(*key));
        if emissions.is_empty() {
            if before.is_some() {
                plan.delete(tables.emitted, id.to_vec());
            }
        } else if !same_keys {
            let keys = emissions.keys().map(Vec::as_slice);
            plan.put(tables.emitted, id.to_vec(), emitted::encode(keys));
        }
        Ok(())
    }

    pub(super) fn damaged_entry(&self) -> Error {
        Error::damaged(format!("an entry of view `{}`", self.name))
    }
}
