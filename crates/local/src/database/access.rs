//! The operations of a database for one session. The guard in front of them has already been
//! passed; what an operation needs beyond it, for each document it meets, is checked here.

use std::collections::BTreeMap;
use std::sync::Arc;

use bonsaidb_core as core;
use bonsaidb_core::connection::{AccessPolicy, Range, SerializedQueryKey, Session, Sort};
use bonsaidb_core::document::{DocumentId, Header, OwnedDocument};
use bonsaidb_core::operations::{DocumentAction, Needs};
use bonsaidb_core::schema::view::map::{
    MappedSerializedDocuments, MappedSerializedValue, Serialized,
};
use bonsaidb_core::schema::{CollectionName, ViewName};
use bonsaidb_core::transaction::{Executed, Operation, OperationResult, Transaction};
use bonsaidb_store::Snapshot;

use crate::Error;
use crate::database::Data;
use crate::documents::{Collection, Documents, Prepared};
use crate::transactions;
use crate::views::{Basis, Pair, ViewIndex};

/// How often documents of a view are looked up again because they changed meanwhile.
const DELETE_ATTEMPTS_MAX: usize = 64;

/// A database and the session it is used by.
pub(super) struct Access<'a> {
    pub data: &'a Arc<Data>,
    pub session: Option<&'a Session>,
}

#[allow(clippy::needless_pass_by_value)] // the table of operations says how arguments are passed
impl Access<'_> {
    pub fn apply_transaction(
        &self,
        transaction: Transaction,
    ) -> Result<Vec<OperationResult>, Error> {
        let mut prepared = Prepared::new(self.data, &transaction)?;
        if transaction.operations.is_empty() {
            return Ok(Vec::new());
        }
        let _held = prepared.ready_strict_views()?;
        match self.data.store.transact(|plan| prepared.plan(plan)) {
            Ok((changes, sequence)) => {
                if let Some(sequence) = sequence {
                    prepared.note(sequence);
                }
                self.data.changed(changes.documents);
                Ok(changes.results)
            }
            Err(error) => {
                prepared.release();
                Err(error)
            }
        }
    }

    pub fn get_from_collection(
        &self,
        id: DocumentId,
        collection: &CollectionName,
    ) -> Result<Option<OwnedDocument>, Error> {
        self.read(collection, |documents| documents.get(&id))
    }

    pub fn get_multiple_from_collection(
        &self,
        ids: &[DocumentId],
        collection: &CollectionName,
    ) -> Result<Vec<OwnedDocument>, Error> {
        self.read(collection, |documents| documents.get_multiple(ids))
    }

    pub fn list_from_collection(
        &self,
        ids: Range<DocumentId>,
        order: Sort,
        limit: Option<u32>,
        collection: &CollectionName,
    ) -> Result<Vec<OwnedDocument>, Error> {
        self.read(collection, |documents| documents.list(&ids, order, limit))
    }

    pub fn list_headers_from_collection(
        &self,
        ids: Range<DocumentId>,
        order: Sort,
        limit: Option<u32>,
        collection: &CollectionName,
    ) -> Result<Vec<Header>, Error> {
        self.read(collection, |documents| {
            documents.headers(&ids, order, limit)
        })
    }

    pub fn count_from_collection(
        &self,
        ids: Range<DocumentId>,
        collection: &CollectionName,
    ) -> Result<u64, Error> {
        self.read(collection, |documents| documents.count(&ids))
    }

    pub fn compact_collection_by_name(&self, collection: CollectionName) -> Result<(), Error> {
        self.data.collection(&collection)?;
        self.compact() // Collections share the file of their database.
    }

    pub fn query_by_name(
        &self,
        view: &ViewName,
        key: Option<SerializedQueryKey>,
        order: Sort,
        limit: Option<u32>,
        access_policy: AccessPolicy,
    ) -> Result<Vec<Serialized>, Error> {
        self.with_view(view, access_policy, |view, pair| {
            view.mappings(&pair.index, key.as_ref(), order, limit)
        })
    }

    pub fn query_by_name_with_docs(
        &self,
        view: &ViewName,
        key: Option<SerializedQueryKey>,
        order: Sort,
        limit: Option<u32>,
        access_policy: AccessPolicy,
    ) -> Result<MappedSerializedDocuments, Error> {
        self.with_policy(view, access_policy, |index| {
            let basis = match access_policy {
                AccessPolicy::UpdateBefore => Basis::Together(index.up_to_date(self.data)?),
                AccessPolicy::UpdateAfter => index.basis(self.data, true)?,
                AccessPolicy::NoUpdate => index.basis(self.data, false)?,
            };
            let collection = &view.collection;
            let key = key.as_ref();
            let (pair, mappings) = match basis {
                Basis::Together(pair) => {
                    let mappings = index.mappings(&pair.index, key, order, limit)?;
                    (pair, mappings)
                }
                Basis::Apart(pair) => {
                    let documents = self.documents(&pair.documents, collection)?;
                    let mappings = index.mappings_of(&documents, &pair.index, key, order, limit)?;
                    (pair, mappings)
                }
            };
            let ids = mappings.iter().map(|mapping| mapping.source.id.clone());
            let ids = distinct(ids);
            Needs::Documents(DocumentAction::Get, collection, &ids)
                .check(self.session, &self.data.name)?;
            let documents = self.documents(&pair.documents, collection)?;
            let documents = documents
                .get_multiple(&ids)?
                .into_iter()
                .map(|document| (document.header.id.clone(), document))
                .collect::<BTreeMap<_, _>>();
            Ok(MappedSerializedDocuments {
                mappings,
                documents,
            })
        })
    }

    pub fn reduce_by_name(
        &self,
        view: &ViewName,
        key: Option<SerializedQueryKey>,
        access_policy: AccessPolicy,
    ) -> Result<Vec<u8>, Error> {
        let current = matches!(access_policy, AccessPolicy::UpdateBefore);
        self.with_policy(view, access_policy, |view| {
            view.reduced(self.data, current, key.as_ref())
        })
    }

    pub fn reduce_grouped_by_name(
        &self,
        view: &ViewName,
        key: Option<SerializedQueryKey>,
        access_policy: AccessPolicy,
    ) -> Result<Vec<MappedSerializedValue>, Error> {
        let current = matches!(access_policy, AccessPolicy::UpdateBefore);
        self.with_policy(view, access_policy, |view| {
            view.reduced_grouped(self.data, current, key.as_ref())
        })
    }

    pub fn delete_docs_by_name(
        &self,
        view: &ViewName,
        key: Option<SerializedQueryKey>,
        access_policy: AccessPolicy,
    ) -> Result<u64, Error> {
        let mut attempts = 0;
        loop {
            let deletes = self.with_view(view, access_policy, |index, pair| {
                self.deletes(index, key.as_ref(), pair)
            })?;
            let count = deletes.operations.len() as u64;
            Needs::Transaction(&deletes).check(self.session, &self.data.name)?;
            attempts += 1;
            match self.apply_transaction(deletes) {
                // Somebody changed one of them since: what matches now?
                Err(Error::Core(
                    core::Error::DocumentConflict(..) | core::Error::DocumentNotFound(..),
                )) if attempts < DELETE_ATTEMPTS_MAX => {}
                result => return result.map(|_| count),
            }
        }
    }

    /// The deletion of each document of the matching mappings.
    fn deletes(
        &self,
        view: &ViewIndex,
        key: Option<&SerializedQueryKey>,
        pair: &Pair,
    ) -> Result<Transaction, Error> {
        let mut ids = Vec::new();
        view.each_mapping(&pair.index, key, Sort::Ascending, |mapping| {
            ids.push(mapping.source.id);
            Ok(true)
        })?;
        let collection = &view.name.collection;
        let documents = self.documents(&pair.documents, collection)?;
        let mut deletes = Transaction::new();
        for id in distinct(ids.into_iter()) {
            if let Some(header) = documents.header(&id)? {
                deletes.push(Operation::delete(collection.clone(), header));
            }
        }
        Ok(deletes)
    }

    pub fn list_executed_transactions(
        &self,
        starting_id: Option<u64>,
        result_limit: Option<u32>,
    ) -> Result<Vec<Executed>, Error> {
        transactions::list(
            &self.data.store.snapshot()?,
            self.data.transactions,
            &self.data.collections_by_table()?,
            starting_id,
            result_limit,
        )
    }

    pub fn last_transaction_id(&self) -> Result<Option<u64>, Error> {
        let last = self.data.store.snapshot()?.sequence().as_u64();
        Ok((last > 0).then_some(last))
    }

    pub fn compact(&self) -> Result<(), Error> {
        self.data.trim()?;
        self.data.store.compact()?;
        // The old file stays for as long as anybody reads it.
        self.data.let_go();
        Ok(())
    }

    pub fn compact_key_value_store(&self) -> Result<(), Error> {
        self.compact()
    }

    fn documents<'s>(
        &'s self,
        reader: &'s Snapshot,
        collection: &CollectionName,
    ) -> Result<Documents<'s, Snapshot>, Error> {
        let collection: &'s Collection = self.data.collection(collection)?;
        Ok(Documents { reader, collection })
    }

    fn read<T>(
        &self,
        collection: &CollectionName,
        work: impl FnOnce(Documents<'_, Snapshot>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let collection = self.data.collection(collection)?;
        let reader = &self.data.store.snapshot()?;
        work(Documents { reader, collection })
    }

    /// Answers from a view that is as current as `policy` asks for.
    fn with_view<T>(
        &self,
        view: &ViewName,
        policy: AccessPolicy,
        answer: impl FnOnce(&ViewIndex, &Pair) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.with_policy(view, policy, |view| {
            let pair = match policy {
                AccessPolicy::UpdateBefore => view.up_to_date(self.data)?,
                AccessPolicy::UpdateAfter | AccessPolicy::NoUpdate => view.as_it_is(self.data)?,
            };
            answer(view, &pair)
        })
    }

    /// Lets `answer` look at a view; updates it afterwards if `policy` says so.
    fn with_policy<T>(
        &self,
        view: &ViewName,
        policy: AccessPolicy,
        answer: impl FnOnce(&ViewIndex) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let view = self.data.view(view)?;
        let result = answer(view);
        if matches!(policy, AccessPolicy::UpdateAfter) {
            view.update_later(self.data);
        }
        result
    }
}

fn distinct(ids: impl Iterator<Item = DocumentId>) -> Vec<DocumentId> {
    let mut ids = ids.collect::<Vec<_>>();
    ids.sort_unstable();
    ids.dedup();
    ids
}
