//! Replacing what a document emitted by what it emits now.

use std::sync::atomic::Ordering;

use bonsaidb_core as core;
use bonsaidb_core::document::{BorrowedDocument, DocumentId};
use bonsaidb_store::{Plan, Read};

use crate::Error;
use crate::database::Data;
use crate::views::entry::Layout;
use crate::views::index::Tables;
use crate::views::mapping::{Emissions, map};
use crate::views::summary::{Noting, Touched};
use crate::views::{ViewIndex, emitted, nearby};

impl ViewIndex {
    /// Plans what the new state of a document changes in this strict view.
    pub fn plan_update(
        &self,
        plan: &mut Plan<'_>,
        data: &Data,
        document: &BorrowedDocument<'_>,
    ) -> Result<(), Error> {
        let view = data.schematic.view_by_name(&self.name)?;
        let emissions = map(view, &self.name, document)?;
        self.changes(plan)?
            .replace(plan, &document.header.id, &emissions)
    }

    /// Plans what the end of a document changes in this strict view.
    pub fn plan_removal(&self, plan: &mut Plan<'_>, id: &DocumentId) -> Result<(), Error> {
        self.changes(plan)?.replace(plan, id, &Emissions::default())
    }

    /// Begins to plan changes of this view's entries.
    pub(super) fn changes(&self, plan: &mut Plan<'_>) -> Result<Changes<'_>, Error> {
        let touched = self.touched()?;
        Ok(Changes {
            view: self,
            tables: self.tables()?,
            touched,
            noting: touched.noting(plan)?,
            noted: 0,
        })
    }

    pub(super) fn damaged_entry(&self) -> Error {
        Error::damaged(format!("an entry of view `{}`", self.name))
    }
}

/// The changes of one view's entries in one plan.
pub(super) struct Changes<'a> {
    view: &'a ViewIndex,
    tables: Tables,
    touched: Touched,
    noting: Noting,
    /// How many touched entries were noted.
    noted: u64,
}

impl Changes<'_> {
    /// Replaces all that the document emitted before.
    ///
    /// What it emitted needs no guard: it changes only with the document, which is guarded in a
    /// transaction, and by one run at a time otherwise.
    pub fn replace(
        &mut self,
        plan: &mut Plan<'_>,
        id: &DocumentId,
        emissions: &Emissions,
    ) -> Result<(), Error> {
        let before = plan.get(self.tables.emitted, id)?;
        self.replace_keys(plan, id, before.as_deref(), emissions)
    }

    /// Replaces all that documents, in the order of their ids, emitted before.
    pub fn replace_all(
        &mut self,
        plan: &mut Plan<'_>,
        mapped: &[(DocumentId, Emissions)],
    ) -> Result<(), Error> {
        let ids = mapped.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>();
        let before = nearby::values(plan, self.tables.emitted, &ids)?;
        for ((id, emissions), before) in mapped.iter().zip(before) {
            self.replace_keys(plan, id, before.as_deref(), emissions)?;
        }
        Ok(())
    }

    /// Adds what documents emit that have emitted nothing so far.
    pub fn add_all(
        &mut self,
        plan: &mut Plan<'_>,
        mapped: &[(DocumentId, Emissions)],
    ) -> Result<(), Error> {
        for (id, emissions) in mapped {
            self.replace_keys(plan, id, None, emissions)?;
        }
        Ok(())
    }

    fn replace_keys(
        &mut self,
        plan: &mut Plan<'_>,
        id: &DocumentId,
        before: Option<&[u8]>,
        emissions: &Emissions,
    ) -> Result<(), Error> {
        let before_keys = match before {
            Some(row) => emitted::decode(row).ok_or_else(|| self.damaged_keys(id))?,
            None => Vec::new(),
        };
        for key in &before_keys {
            if !emissions.contains(key) {
                let entry = self.view.layout.entry_key(key, id);
                self.note(plan, &entry);
                plan.delete(self.tables.entries, entry);
            }
        }
        let keys = emissions.keys();
        let same_keys = keys.len() == before_keys.len() && keys.eq(before_keys.iter().copied());
        self.put_entries(plan, id, emissions)?;
        if same_keys {
            return Ok(());
        }
        if emissions.keys().len() == 0 {
            plan.delete(self.tables.emitted, id.to_vec());
        } else {
            let row = emitted::encode(emissions.keys());
            plan.put(self.tables.emitted, id.to_vec(), row);
        }
        Ok(())
    }

    fn put_entries(
        &mut self,
        plan: &mut Plan<'_>,
        id: &DocumentId,
        emissions: &Emissions,
    ) -> Result<(), Error> {
        let layout = self.view.layout;
        for mapping in emissions.iter() {
            let entry = layout.encode(mapping);
            if layout == Layout::Unique
                && let Some(holder) = plan.get_guarded(self.tables.entries, &entry.key)?
            {
                let holder = layout
                    .decode(entry.key.clone(), holder.into_vec())
                    .ok_or_else(|| self.view.damaged_entry())?
                    .source;
                if holder.id != *id {
                    return Err(Error::Core(core::Error::UniqueKeyViolation {
                        view: self.view.name.clone(),
                        conflicting_document: Box::new(mapping.source.clone()),
                        existing_document: Box::new(holder),
                    }));
                }
            }
            if self.noting != Noting::Nothing {
                // A new revision with the same value changes no reduction.
                let stored = plan.get(self.tables.entries, &entry.key)?;
                let value = stored.as_ref().and_then(|stored| layout.value(stored));
                if value != Some(&*mapping.value) {
                    self.note(plan, &entry.key);
                }
            }
            plan.put(self.tables.entries, entry.key, entry.value);
        }
        Ok(())
    }

    fn note(&mut self, plan: &mut Plan<'_>, entry: &[u8]) {
        if self.noting != Noting::Nothing {
            self.touched.note(plan, self.noting, entry);
            self.noted += 1;
        }
    }

    fn damaged_keys(&self, id: &DocumentId) -> Error {
        let view = &self.view.name;
        Error::damaged(format!("the keys of document {id} in view `{view}`"))
    }
}

impl Drop for Changes<'_> {
    fn drop(&mut self) {
        self.view.noted.fetch_add(self.noted, Ordering::Relaxed);
    }
}
