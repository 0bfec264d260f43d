//! Planning a transaction on documents: from operations to effects and results.
//!
//! A plan reads the head and guards what its answers depend on; nothing here touches storage
//! otherwise. It may be planned several times before it is admitted, so hashing is done once,
//! in [`Prepared::new`].

use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard};

use arc_bytes::serde::CowBytes;
use bonsaidb_core as core;
use bonsaidb_core::arc_bytes;
use bonsaidb_core::document::{BorrowedDocument, DocumentId, Header, Revision};
use bonsaidb_core::schema::CollectionName;
use bonsaidb_core::transaction::{Command, Operation, OperationResult, Transaction};
use bonsaidb_store::{Plan, Sequence, Value};

use crate::Error;
use crate::database::Data;
use crate::documents::{Collection, packed};
use crate::ids::Reservation;
use crate::transactions::{COLLECTIONS_MAX, Record};
use crate::views::ViewIndex;

/// A transaction whose collections were found and whose contents were hashed.
pub(crate) struct Prepared<'a> {
    data: &'a Data,
    steps: Vec<Step<'a>>,
    /// One for each collection of the transaction.
    ids: Vec<Ids<'a>>,
}

struct Step<'a> {
    collection: &'a Collection,
    strict: &'a [Arc<ViewIndex>],
    /// The place of the collection's ids.
    ids: usize,
    command: &'a Command,
    /// The first revision of the contents, if the command has any.
    revision: Option<Revision>,
}

/// The ids of new documents in one collection.
struct Ids<'a> {
    collection: &'a Collection,
    reservation: Reservation,
    /// How many documents are pushed without an id.
    pushes: usize,
    /// How many of them have one by now.
    pushed: usize,
    /// The greatest that was stored when the plan began, once that was read.
    stored: Option<DocumentId>,
    is_stored_read: bool,
    /// The greatest that the plan has given to a document.
    planned: Option<DocumentId>,
}

/// How many documents a transaction changed, for what is done about that later.
#[derive(Debug)]
pub(crate) struct Changes {
    pub results: Vec<OperationResult>,
    pub documents: u64,
}

impl<'a> Prepared<'a> {
    /// Finds the collections of `transaction`.
    ///
    /// Fails with [`core::Error::CollectionNotFound`] or [`Error::TransactionTooLarge`].
    pub fn new(data: &'a Data, transaction: &'a Transaction) -> Result<Self, Error> {
        let mut steps: Vec<Step<'_>> = Vec::with_capacity(transaction.operations.len());
        let mut ids = Vec::new();
        for operation in &transaction.operations {
            let Operation {
                collection,
                command,
            } = operation;
            let step = match steps.last() {
                Some(last) if last.collection.name == *collection => Step { command, ..*last },
                _ => Step::new(data, collection, &mut ids, command)?,
            };
            let revision = match command {
                Command::Insert { contents, id } => {
                    ids[step.ids].pushes += usize::from(id.is_none());
                    Some(Revision::new(contents))
                }
                Command::Update { contents, .. } | Command::Overwrite { contents, .. } => {
                    Some(Revision::new(contents))
                }
                Command::Delete { .. } | Command::Check { .. } => None,
            };
            steps.push(Step { revision, ..step });
        }
        if steps.len() > COLLECTIONS_MAX && data.collection_count() > COLLECTIONS_MAX {
            return Err(Error::TransactionTooLarge);
        }
        Ok(Self { data, steps, ids })
    }

    /// Makes sure that the strict views of all collections can be planned with. The answer is to
    /// be held until the plan is admitted.
    ///
    /// Documents that break a new unique view can be deleted, and nothing else can be done with
    /// their collection.
    pub fn ready_strict_views(&self) -> Result<Vec<MutexGuard<'a, ()>>, Error> {
        let views = self.steps.iter().flat_map(|step| {
            let removes = matches!(step.command, Command::Delete { .. } | Command::Check { .. });
            step.strict.iter().map(move |view| (view, removes))
        });
        // In the order of their names, so that nobody waits for one who waits for him.
        let mut incomplete = BTreeMap::new();
        for (view, removes) in views.filter(|(view, _)| !view.is_complete()) {
            let (_, only_removes) = incomplete.entry(&view.name).or_insert((view, true));
            *only_removes &= removes;
        }
        let mut held = Vec::new();
        for (view, only_removes) in incomplete.into_values() {
            if only_removes {
                held.extend(view.ready_for_removals(self.data)?);
            } else {
                view.ready(self.data)?;
            }
        }
        Ok(held)
    }

    /// Plans every operation. Called again from the start when the plan was not admitted.
    pub fn plan(&mut self, plan: &mut Plan<'_>) -> Result<Changes, Error> {
        for ids in &mut self.ids {
            ids.rewind();
        }
        let mut record = Record::default();
        let mut documents = 0;
        let Self { data, steps, ids } = self;
        let mut results = Vec::with_capacity(steps.len());
        for step in steps {
            let result = step.plan(plan, data, &mut ids[step.ids])?;
            let changed = match &result {
                OperationResult::Success => None,
                OperationResult::DocumentUpdated { header, .. } => Some((&header.id, false)),
                OperationResult::DocumentDeleted { id, .. } => Some((id, true)),
            };
            if let Some((id, deleted)) = changed {
                record.push(step.collection.documents, id, deleted);
                documents += 1;
            }
            results.push(result);
        }
        for ids in ids {
            if let Some(greatest) = &ids.planned {
                let key = ids.collection.greatest_id_key.clone();
                plan.raise(data.meta, key, greatest.to_vec());
            }
        }
        plan.append(data.transactions, Vec::new(), record.into_bytes());
        Ok(Changes { results, documents })
    }

    /// Tells the collections that the transaction is committed.
    pub fn note(&self, sequence: Sequence) {
        for ids in &self.ids {
            ids.collection.note_change(sequence);
        }
    }

    /// Gives back the ids that were reserved for a transaction that failed.
    pub fn release(self) {
        for ids in self.ids {
            ids.collection.ids.release(ids.reservation);
        }
    }
}

impl<'a> Ids<'a> {
    /// Finds those of a collection among those of a transaction, or adds them.
    fn place(all: &mut Vec<Self>, collection: &'a Collection) -> usize {
        let place = all
            .iter()
            .rposition(|ids| std::ptr::eq(ids.collection, collection));
        place.unwrap_or_else(|| {
            all.push(Self {
                collection,
                reservation: Reservation::default(),
                pushes: 0,
                pushed: 0,
                stored: None,
                is_stored_read: false,
                planned: None,
            });
            all.len() - 1
        })
    }

    /// Begins another plan of the transaction.
    fn rewind(&mut self) {
        self.reservation.rewind();
        self.pushed = 0;
        self.is_stored_read = false;
        self.planned = None;
    }

    /// The id for the next push.
    fn next(&mut self, plan: &mut Plan<'_>, data: &Data) -> Result<DocumentId, Error> {
        if !self.is_stored_read {
            let stored = plan.get_to_raise(data.meta, &self.collection.greatest_id_key)?;
            let stored = stored.map(|id| DocumentId::try_from(&id[..]));
            self.stored = stored.transpose()?;
            self.is_stored_read = true;
        }
        let floor = self.planned.as_ref().max(self.stored.as_ref());
        let count = self.pushes.saturating_sub(self.pushed);
        let allocator = &self.collection.ids;
        let id = allocator.next(&mut self.reservation, count, floor)?;
        self.pushed += 1;
        Ok(id)
    }

    /// Takes note of a new document's id.
    fn note(&mut self, id: &DocumentId) {
        let collection = self.collection;
        if collection.assigns_ids && self.planned.as_ref() < Some(id) && collection.ids.is_key(id) {
            self.planned = Some(id.clone());
        }
    }
}

impl<'a> Step<'a> {
    /// The step of a command whose contents are not hashed yet.
    fn new(
        data: &'a Data,
        collection: &CollectionName,
        ids: &mut Vec<Ids<'a>>,
        command: &'a Command,
    ) -> Result<Self, Error> {
        let found = data.collection(collection)?;
        Ok(Self {
            collection: found,
            strict: data.strict_views(collection),
            ids: Ids::place(ids, found),
            command,
            revision: None,
        })
    }

    fn plan(
        &self,
        plan: &mut Plan<'_>,
        data: &Data,
        ids: &mut Ids<'_>,
    ) -> Result<OperationResult, Error> {
        match self.command {
            Command::Insert { id, contents } => {
                let id = match id {
                    Some(id) => id.clone(),
                    None => ids.next(plan, data)?,
                };
                match self.stored(plan, &id)? {
                    Some(stored) => Err(self.conflict(id, &stored)?),
                    None => self.insert(plan, data, ids, id, contents),
                }
            }
            Command::Update { header, contents } => {
                let stored = self.stored_or_missing(plan, &header.id)?;
                self.expect_revision(&header.id, &stored, &header.revision)?;
                self.replace(plan, data, header.id.clone(), &stored, contents)
            }
            Command::Overwrite { id, contents } => match self.stored(plan, id)? {
                Some(stored) => self.replace(plan, data, id.clone(), &stored, contents),
                None => self.insert(plan, data, ids, id.clone(), contents),
            },
            Command::Delete { header } => {
                let stored = self.stored_or_missing(plan, &header.id)?;
                self.expect_revision(&header.id, &stored, &header.revision)?;
                plan.delete(self.collection.documents, header.id.to_vec());
                self.note_change(plan, &header.id);
                for view in self.strict {
                    view.plan_removal(plan, &header.id)?;
                }
                Ok(OperationResult::DocumentDeleted {
                    collection: self.collection.name.clone(),
                    id: header.id.clone(),
                })
            }
            Command::Check { id, revision } => {
                let stored = self.stored_or_missing(plan, id)?;
                if let Some(revision) = revision {
                    self.expect_revision(id, &stored, revision)?;
                }
                Ok(OperationResult::Success)
            }
        }
    }

    /// The stored document, guarded: what follows depends on it.
    fn stored(&self, plan: &mut Plan<'_>, id: &DocumentId) -> Result<Option<Value>, Error> {
        Ok(plan.get_guarded(self.collection.documents, id)?)
    }

    fn stored_or_missing(&self, plan: &mut Plan<'_>, id: &DocumentId) -> Result<Value, Error> {
        self.stored(plan, id)?.ok_or_else(|| {
            let collection = self.collection.name.clone();
            core::Error::DocumentNotFound(collection, Box::new(id.clone())).into()
        })
    }

    fn expect_revision(
        &self,
        id: &DocumentId,
        stored: &Value,
        expected: &Revision,
    ) -> Result<(), Error> {
        if packed::revision(stored, id)? == *expected {
            Ok(())
        } else {
            Err(self.conflict(id.clone(), stored)?)
        }
    }

    fn conflict(&self, id: DocumentId, stored: &Value) -> Result<Error, Error> {
        let header = packed::header(stored, id)?;
        let collection = self.collection.name.clone();
        Ok(core::Error::DocumentConflict(collection, Box::new(header)).into())
    }

    fn first_revision(&self) -> Result<Revision, Error> {
        self.revision.ok_or(Error::InternalCommunication)
    }

    /// Stores a document that was not there.
    fn insert(
        &self,
        plan: &mut Plan<'_>,
        data: &Data,
        ids: &mut Ids<'_>,
        id: DocumentId,
        contents: &[u8],
    ) -> Result<OperationResult, Error> {
        ids.note(&id);
        self.store(plan, data, id, self.first_revision()?, contents)
    }

    /// Replaces a stored document, unless the contents are the same.
    fn replace(
        &self,
        plan: &mut Plan<'_>,
        data: &Data,
        id: DocumentId,
        stored: &Value,
        contents: &[u8],
    ) -> Result<OperationResult, Error> {
        let stored = packed::revision(stored, &id)?;
        let first = self.first_revision()?;
        if stored.sha256 == first.sha256 {
            return Ok(self.updated(Header {
                id,
                revision: stored,
            }));
        }
        let revision = Revision {
            id: stored.id.checked_add(1).ok_or_else(|| {
                core::Error::other(
                    "bonsaidb-local",
                    format!("document {id} has no next revision"),
                )
            })?,
            ..first
        };
        self.store(plan, data, id, revision, contents)
    }

    fn store(
        &self,
        plan: &mut Plan<'_>,
        data: &Data,
        id: DocumentId,
        revision: Revision,
        contents: &[u8],
    ) -> Result<OperationResult, Error> {
        let collection = self.collection;
        plan.put(
            collection.documents,
            id.to_vec(),
            packed::pack(revision, contents),
        );
        self.note_change(plan, &id);
        let header = Header { id, revision };
        if !self.strict.is_empty() {
            let document = BorrowedDocument {
                header: header.clone(),
                contents: CowBytes::from(contents),
            };
            for view in self.strict {
                view.plan_update(plan, data, &document)?;
            }
        }
        Ok(self.updated(header))
    }

    /// Tells lazy views to look at the document.
    fn note_change(&self, plan: &mut Plan<'_>, id: &DocumentId) {
        if self.collection.has_lazy_views {
            plan.append(self.collection.changes, id.to_vec(), Vec::new());
        }
    }

    fn updated(&self, header: Header) -> OperationResult {
        OperationResult::DocumentUpdated {
            collection: self.collection.name.clone(),
            header,
        }
    }
}
