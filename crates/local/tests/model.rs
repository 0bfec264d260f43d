//! Random transactions, queries and reopenings, each compared with a model that recomputes everything.
//!
//! The model is a sorted map of documents, and the documented rules of each command. What a view must answer is found by
//! mapping every document anew. A failure names its seed; the same seed does the same steps.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use bonsaidb_core::Error;
use bonsaidb_core::arc_bytes::serde::Bytes;
use bonsaidb_core::connection::{
    self, AccessPolicy, Connection, LowLevelConnection, Range, SerializedQueryKey, Sort,
};
use bonsaidb_core::document::{
    BorrowedDocument, CollectionDocument, DocumentId, Emit, Header, OwnedDocument, Revision,
};
use bonsaidb_core::key::NextValueError;
use bonsaidb_core::schema::view::map;
use bonsaidb_core::schema::{
    Collection, CollectionMapReduce, CollectionName, ReduceResult, Schema, SerializedCollection,
    View, ViewMapResult, ViewMappedValue, ViewName, ViewSchema,
};
use bonsaidb_core::transaction::{Command, Operation, OperationResult, Transaction};
use bonsaidb_local::Database;
use bonsaidb_local::config::{Builder, StorageConfiguration};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

#[derive(Debug, Schema)]
#[schema(name = "model", collections = [Item, Holder])]
struct Everything;

#[derive(Clone, Debug, Serialize, Deserialize, Collection)]
#[collection(name = "items", views = [ByGroup, ByTag, ByGroupEagerly, Texts])]
struct Item {
    group: i8,
    tags: Vec<String>,
    text: String,
}

/// Has a key that runs out.
#[derive(Clone, Debug, Serialize, Deserialize, Collection)]
#[collection(name = "holders", primary_key = u8, views = [ByName])]
struct Holder {
    name: String,
    number: u8,
}

#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Item, key = i8, value = u64)]
struct ByGroup;

impl CollectionMapReduce for ByGroup {
    fn map<'doc>(&self, document: CollectionDocument<Item>) -> ViewMapResult<'doc, Self> {
        let Item { group, text, .. } = document.contents;
        document.header.emit_key_and_value(group, text.len() as u64)
    }

    fn reduce(&self, mappings: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<Self> {
        Ok(mappings.iter().map(|mapping| mapping.value).sum())
    }
}

#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Item, key = i8, value = u64)]
#[view_schema(policy = Eager)]
struct ByGroupEagerly;

impl CollectionMapReduce for ByGroupEagerly {
    fn map<'doc>(&self, document: CollectionDocument<Item>) -> ViewMapResult<'doc, Self> {
        let Item { group, text, .. } = document.contents;
        document.header.emit_key_and_value(group, text.len() as u64)
    }

    fn reduce(&self, mappings: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<Self> {
        Ok(mappings.iter().map(|mapping| mapping.value).sum())
    }
}

/// A note may emit a tag twice, and has none or many. No reduce.
#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Item, key = String, value = u64)]
struct ByTag;

impl CollectionMapReduce for ByTag {
    fn map<'doc>(&self, document: CollectionDocument<Item>) -> ViewMapResult<'doc, Self> {
        let header = document.header;
        let tags = document.contents.tags.into_iter().zip(0..);
        tags.map(|(tag, position)| header.emit_key_and_value(tag, position))
            .collect()
    }
}

/// No two notes share a key, and reduce depends on the order of keys.
#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Item, key = (i8, u64), value = String)]
struct Texts;

impl CollectionMapReduce for Texts {
    fn map<'doc>(&self, document: CollectionDocument<Item>) -> ViewMapResult<'doc, Self> {
        let Item { group, text, .. } = document.contents;
        let key = (group, document.header.id);
        document.header.emit_key_and_value(key, text)
    }

    fn reduce(&self, mappings: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<Self> {
        let texts = mappings.iter().map(|mapping| mapping.value.as_str());
        Ok(texts.collect())
    }
}

#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Holder, key = String, value = u8)]
#[view_schema(policy = Unique)]
struct ByName;

impl CollectionMapReduce for ByName {
    fn map<'doc>(&self, document: CollectionDocument<Holder>) -> ViewMapResult<'doc, Self> {
        let Holder { name, number } = document.contents;
        document.header.emit_key_and_value(name, number)
    }

    fn reduce(&self, mappings: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<Self> {
        let numbers = mappings.iter().map(|mapping| mapping.value);
        Ok(numbers.max().unwrap_or_default())
    }
}

fn views() -> [ViewName; 5] {
    [
        ByGroup.view_name(),
        ByGroupEagerly.view_name(),
        ByTag.view_name(),
        Texts.view_name(),
        ByName.view_name(),
    ]
}

/// Random numbers by splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }

    fn pick<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        let at = self.below(among.len() as u64);
        &among[usize::try_from(at).unwrap()]
    }
}

#[derive(Clone)]
struct Stored {
    revision: Revision,
    contents: Bytes,
}

/// One collection: its documents, and the greatest id it ever had.
#[derive(Clone, Default)]
struct Documents {
    stored: BTreeMap<DocumentId, Stored>,
    greatest: Option<DocumentId>,
}

impl Documents {
    fn header(&self, id: &DocumentId) -> Option<Header> {
        let stored = self.stored.get(id)?;
        Some(Header {
            id: id.clone(),
            revision: stored.revision,
        })
    }
}

type Change = (CollectionName, DocumentId, bool);

#[derive(Clone, Default)]
struct Model {
    collections: BTreeMap<CollectionName, Documents>,
    executed: Vec<Vec<Change>>,
}

impl Model {
    fn new() -> Self {
        let mut model = Self::default();
        for name in [Item::collection_name(), Holder::collection_name()] {
            model.collections.insert(name, Documents::default());
        }
        model
    }

    fn apply(&mut self, transaction: &Transaction) -> Result<Vec<OperationResult>, Error> {
        let known = |operation: &Operation| self.collections.contains_key(&operation.collection);
        if !transaction.operations.iter().all(known) {
            return Err(Error::CollectionNotFound);
        }
        let mut after = self.clone();
        let mut changes = Vec::new();
        let mut results = Vec::new();
        for operation in &transaction.operations {
            results.push(after.execute(operation, &mut changes)?);
        }
        if !transaction.operations.is_empty() {
            after.executed.push(changes);
        }
        *self = after;
        Ok(results)
    }

    fn execute(
        &mut self,
        Operation {
            collection,
            command,
        }: &Operation,
        changes: &mut Vec<Change>,
    ) -> Result<OperationResult, Error> {
        let documents = &self.collections[collection];
        let current = |id: &DocumentId, revision: Option<&Revision>| {
            let Some(stored) = documents.header(id) else {
                let id = Box::new(id.clone());
                return Err(Error::DocumentNotFound(collection.clone(), id));
            };
            match revision {
                Some(revision) if *revision != stored.revision => Err(Error::DocumentConflict(
                    collection.clone(),
                    Box::new(stored),
                )),
                _ => Ok(stored),
            }
        };
        let (id, contents, stored) = match command {
            Command::Check { id, revision } => {
                current(id, revision.as_ref())?;
                return Ok(OperationResult::Success);
            }
            Command::Delete { header } => {
                current(&header.id, Some(&header.revision))?;
                let collection = collection.clone();
                let id = header.id.clone();
                let documents = self.collections.get_mut(&collection).unwrap();
                documents.stored.remove(&id);
                changes.push((collection.clone(), id.clone(), true));
                return Ok(OperationResult::DocumentDeleted { collection, id });
            }
            Command::Insert { id, contents } => {
                let id = match id {
                    Some(id) => id.clone(),
                    None => next_id(collection, documents.greatest.as_ref())?,
                };
                if let Some(stored) = documents.header(&id) {
                    return Err(Error::DocumentConflict(
                        collection.clone(),
                        Box::new(stored),
                    ));
                }
                (id, contents, None)
            }
            Command::Update { header, contents } => {
                let stored = current(&header.id, Some(&header.revision))?;
                (header.id.clone(), contents, Some(stored.revision))
            }
            Command::Overwrite { id, contents } => {
                let stored = documents.header(id).map(|header| header.revision);
                (id.clone(), contents, stored)
            }
        };
        let revision = match stored {
            None => Revision::new(contents),
            Some(stored) => stored.next_revision(contents).unwrap_or(stored),
        };
        let header = Header { id, revision };
        self.put(collection, &header, contents)?;
        changes.push((collection.clone(), header.id.clone(), false));
        Ok(OperationResult::DocumentUpdated {
            collection: collection.clone(),
            header,
        })
    }

    fn put(
        &mut self,
        collection: &CollectionName,
        header: &Header,
        contents: &Bytes,
    ) -> Result<(), Error> {
        let documents = self.collections.get_mut(collection).unwrap();
        if *collection == Holder::collection_name() {
            let name = <Holder as SerializedCollection>::deserialize(contents)?.name;
            for (id, other) in &documents.stored {
                if *id != header.id
                    && <Holder as SerializedCollection>::deserialize(&other.contents)?.name == name
                {
                    return Err(Error::UniqueKeyViolation {
                        view: ByName.view_name(),
                        conflicting_document: Box::new(header.clone()),
                        existing_document: Box::new(documents.header(id).unwrap()),
                    });
                }
            }
        }
        let greatest = documents.greatest.take().max(Some(header.id.clone()));
        documents.greatest = greatest;
        let stored = Stored {
            revision: header.revision,
            contents: contents.clone(),
        };
        documents.stored.insert(header.id.clone(), stored);
        Ok(())
    }

    /// What the view must hold, by key and then by id.
    fn mappings(&self, db: &Database, view: &ViewName) -> Vec<map::Serialized> {
        let serialized = db.schematic().view_by_name(view).unwrap();
        let mut mappings = BTreeMap::new();
        let documents = &self.collections[&view.collection];
        for (id, stored) in &documents.stored {
            let mut document = BorrowedDocument::new(id.clone(), stored.contents.as_slice());
            document.header.revision = stored.revision;
            for mapping in serialized.map(&document).unwrap() {
                mappings.insert((mapping.key.to_vec(), id.clone()), mapping);
            }
        }
        mappings.into_values().collect()
    }
}

fn next_id(
    collection: &CollectionName,
    greatest: Option<&DocumentId>,
) -> Result<DocumentId, Error> {
    let wraps = Error::DocumentPush(collection.clone(), NextValueError::WouldWrap);
    if *collection == Item::collection_name() {
        let greatest = greatest.map_or(Ok(0), DocumentId::deserialize::<u64>)?;
        let next = greatest.checked_add(1).ok_or(wraps)?;
        DocumentId::new::<u64, u64>(&next)
    } else {
        let greatest = greatest.map_or(Ok(0), DocumentId::deserialize::<u8>)?;
        let next = greatest.checked_add(1).ok_or(wraps)?;
        DocumentId::new::<u8, u8>(&next)
    }
}

fn matches(filter: Option<&SerializedQueryKey>, key: &Bytes) -> bool {
    match filter {
        None => true,
        Some(SerializedQueryKey::Matches(wanted)) => wanted == key,
        Some(SerializedQueryKey::Multiple(wanted)) => wanted.contains(key),
        Some(SerializedQueryKey::Range(range)) => is_within(range, key),
    }
}

fn is_within<T: Ord>(range: &Range<T>, value: &T) -> bool {
    let after_start = match &range.start {
        connection::Bound::Unbounded => true,
        connection::Bound::Included(start) => value >= start,
        connection::Bound::Excluded(start) => value > start,
    };
    after_start
        && match &range.end {
            connection::Bound::Unbounded => true,
            connection::Bound::Included(end) => value <= end,
            connection::Bound::Excluded(end) => value < end,
        }
}

/// The database under test, what it must be like, and the dice.
struct Run {
    random: Random,
    model: Model,
    folder: TempDir,
    is_in_memory: bool,
    db: Database,
}

fn open(folder: &TempDir, is_in_memory: bool) -> Database {
    let mut configuration = StorageConfiguration::new(folder.path());
    if is_in_memory {
        configuration = configuration.memory_only();
    }
    Database::open::<Everything>(configuration).unwrap()
}

impl Run {
    fn new(seed: u64, is_in_memory: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = open(&folder, is_in_memory);
        Self {
            random: Random(seed),
            model: Model::new(),
            folder,
            is_in_memory,
            db,
        }
    }

    fn reopen(self) -> Self {
        let Self {
            random,
            model,
            folder,
            is_in_memory,
            db,
        } = self;
        drop(db);
        let db = open(&folder, is_in_memory);
        Self {
            random,
            model,
            folder,
            is_in_memory,
            db,
        }
    }

    fn step(mut self) -> Self {
        match self.random.below(40) {
            0..30 => self.transaction(),
            30..33 => self.delete_by_view(),
            33 => self.db.compact().unwrap(),
            34 | 35 if !self.is_in_memory => self = self.reopen(),
            _ => {}
        }
        self.compare_documents();
        self.compare_views();
        if self.random.one_in(10) {
            self.compare_executed();
        }
        self
    }

    fn collection(&mut self) -> CollectionName {
        if self.random.one_in(3) {
            Holder::collection_name()
        } else {
            Item::collection_name()
        }
    }

    fn contents(&mut self, collection: &CollectionName) -> Bytes {
        let random = &mut self.random;
        let text = |random: &mut Random| -> String {
            let letters = random.below(4);
            (0..letters)
                .map(|_| *random.pick(&['a', 'b', '\0', 'é']))
                .collect()
        };
        let bytes = if *collection == Item::collection_name() {
            let tags = random.below(4);
            <Item as SerializedCollection>::serialize(&Item {
                group: *random.pick(&[i8::MIN, -2, -1, 0, 1, 2, i8::MAX]),
                tags: (0..tags).map(|_| text(random)).collect(),
                text: text(random),
            })
        } else {
            let number = *random.pick(&[0, 1, 2]);
            let name = text(random);
            <Holder as SerializedCollection>::serialize(&Holder { name, number })
        };
        Bytes::from(bytes.unwrap())
    }

    /// An id that may well be in use.
    fn id(&mut self, collection: &CollectionName) -> DocumentId {
        if *collection == Item::collection_name() {
            let id = self.random.below(25);
            return DocumentId::new::<u64, u64>(&id).unwrap();
        }
        let id = match self.random.below(300) {
            0 => u8::MAX,
            other => u8::try_from(other % 25).unwrap(),
        };
        DocumentId::new::<u8, u8>(&id).unwrap()
    }

    /// A header that is current as a rule, and otherwise stale or of no document.
    fn header(&mut self, collection: &CollectionName) -> Header {
        let documents = &self.model.collections[collection];
        let ids: Vec<_> = documents.stored.keys().cloned().collect();
        if ids.is_empty() || self.random.one_in(10) {
            let id = self.id(collection);
            let contents = self.contents(collection);
            let revision = Revision::new(&contents);
            return Header { id, revision };
        }
        let id = self.random.pick(&ids).clone();
        let documents = &self.model.collections[collection];
        let mut header = documents.header(&id).unwrap();
        if self.random.one_in(15) {
            header.revision.id += 1;
        }
        header
    }

    fn operation(&mut self) -> Operation {
        if self.random.one_in(80) {
            let unknown = bonsaidb_core::schema::Qualified::private("unknown");
            return Operation::insert(unknown, None, Vec::new());
        }
        let name = self.collection();
        let contents = self.contents(&name);
        match self.random.below(12) {
            0..3 => Operation::insert(name, None, contents),
            3..5 => Operation::insert(name.clone(), Some(self.id(&name)), contents),
            5..8 => Operation::update(name.clone(), self.header(&name), contents),
            8..10 => Operation::overwrite(name.clone(), self.id(&name), contents),
            10 => Operation::delete(name.clone(), self.header(&name)),
            _ => {
                let Header { id, revision } = self.header(&name);
                let revision = self.random.one_in(2).then_some(revision);
                let command = Command::Check { id, revision };
                Operation {
                    collection: name,
                    command,
                }
            }
        }
    }

    fn transaction(&mut self) {
        let mut transaction = Transaction::new();
        // Short ones have a chance to succeed.
        let most = *self.random.pick(&[1, 1, 2, 8]);
        for _ in 0..=self.random.below(most) {
            let operation = self.operation();
            transaction.push(operation);
        }
        let expected = self.model.apply(&transaction);
        let seen = self.db.apply_transaction(transaction.clone());
        let context = format!("{transaction:?}");
        same(&seen, &expected, &context);
    }

    fn delete_by_view(&mut self) {
        let view = self.random.pick(&views()).clone();
        let filter = Some(
            self.filter(&view)
                .unwrap_or(SerializedQueryKey::Multiple(vec![])),
        );
        let sources = self.model.mappings(&self.db, &view).into_iter();
        let sources: BTreeMap<_, _> = sources
            .filter(|mapping| matches(filter.as_ref(), &mapping.key))
            .map(|mapping| (mapping.source.id.clone(), mapping.source))
            .collect();
        let count = sources.len() as u64;
        if count > 0 {
            let mut transaction = Transaction::new();
            for header in sources.into_values() {
                transaction.push(Operation::delete(view.collection.clone(), header));
            }
            self.model.apply(&transaction).unwrap();
        }
        let policy = AccessPolicy::UpdateBefore;
        let deleted = self.db.delete_docs_by_name(&view, filter, policy).unwrap();
        assert_eq!(deleted, count);
    }

    /// A key that the view holds, or that some document could emit.
    fn key(&mut self, view: &ViewName) -> Bytes {
        loop {
            let mappings = if self.random.one_in(2) {
                self.model.mappings(&self.db, view)
            } else {
                let id = self.id(&view.collection);
                let contents = self.contents(&view.collection);
                let document = BorrowedDocument::new(id, contents.as_slice());
                let view = self.db.schematic().view_by_name(view).unwrap();
                view.map(&document).unwrap()
            };
            if !mappings.is_empty() {
                return self.random.pick(&mappings).key.clone();
            }
        }
    }

    fn bound<T>(&mut self, value: T) -> connection::Bound<T> {
        match self.random.below(5) {
            0 => connection::Bound::Unbounded,
            1 | 2 => connection::Bound::Included(value),
            _ => connection::Bound::Excluded(value),
        }
    }

    fn filter(&mut self, view: &ViewName) -> Option<SerializedQueryKey> {
        match self.random.below(4) {
            0 => None,
            1 => Some(SerializedQueryKey::Matches(self.key(view))),
            2 => {
                let (start, end) = (self.key(view), self.key(view));
                let start = self.bound(start);
                let end = self.bound(end);
                Some(SerializedQueryKey::Range(Range { start, end }))
            }
            _ => {
                let keys = self.random.below(5);
                let keys = (0..keys).map(|_| self.key(view)).collect();
                Some(SerializedQueryKey::Multiple(keys))
            }
        }
    }

    fn sort_and_limit(&mut self) -> (Sort, Option<u32>) {
        let sort = *self.random.pick(&[Sort::Ascending, Sort::Descending]);
        let limit = self.random.one_in(2).then(|| self.random.below(12));
        (sort, limit.map(|limit| u32::try_from(limit).unwrap()))
    }

    fn compare_documents(&mut self) {
        let name = self.collection();
        let (start, end) = (self.id(&name), self.id(&name));
        let range = Range {
            start: self.bound(start),
            end: self.bound(end),
        };
        let (sort, limit) = self.sort_and_limit();
        let documents = &self.model.collections[&name];
        let within: Vec<_> = documents
            .stored
            .iter()
            .filter(|(id, _)| is_within(&range, *id))
            .map(|(id, stored)| OwnedDocument {
                header: documents.header(id).unwrap(),
                contents: stored.contents.clone(),
            })
            .collect();
        let count = self.db.count_from_collection(range.clone(), &name).unwrap();
        assert_eq!(count, within.len() as u64, "{range:?}");
        let expected = cut(within, sort, limit);
        let seen = self
            .db
            .list_from_collection(range.clone(), sort, limit, &name)
            .unwrap();
        assert_eq!(
            outline(&seen),
            outline(&expected),
            "{range:?} {sort:?} {limit:?}"
        );
        let headers = self
            .db
            .list_headers_from_collection(range, sort, limit, &name)
            .unwrap();
        let expected: Vec<_> = expected
            .into_iter()
            .map(|document| document.header)
            .collect();
        assert_eq!(headers, expected);

        let id = self.id(&name);
        let seen = self.db.get_from_collection(id.clone(), &name).unwrap();
        let expected = self.model.collections[&name].header(&id);
        assert_eq!(seen.map(|document| document.header), expected);
    }

    fn compare_views(&mut self) {
        let view = self.random.pick(&views()).clone();
        let filter = self.filter(&view);
        let policy = self
            .db
            .schematic()
            .view_by_name(&view)
            .unwrap()
            .update_policy();
        let policy = if policy.is_eager() && self.random.one_in(2) {
            AccessPolicy::NoUpdate
        } else {
            AccessPolicy::UpdateBefore
        };
        let (sort, limit) = self.sort_and_limit();
        let mut expected = self.model.mappings(&self.db, &view);
        expected.retain(|mapping| matches(filter.as_ref(), &mapping.key));
        let context = format!("{view} {filter:?} {sort:?} {limit:?} {policy:?}");

        let seen = self
            .db
            .query_by_name(&view, filter.clone(), sort, limit, policy)
            .unwrap();
        same_mappings(&seen, &expected, sort, limit, &context);
        let with_documents = self
            .db
            .query_by_name_with_docs(&view, filter.clone(), sort, limit, policy)
            .unwrap();
        same_mappings(&with_documents.mappings, &expected, sort, limit, &context);
        let sources: BTreeSet<_> = with_documents
            .mappings
            .iter()
            .map(|mapping| mapping.source.clone())
            .map(|source| (source.id, source.revision.sha256))
            .collect();
        let documents: BTreeSet<_> = with_documents
            .documents
            .into_iter()
            .map(|(id, document)| (id, document.header.revision.sha256))
            .collect();
        assert_eq!(documents, sources, "{context}");
        self.compare_reductions(&view, filter, policy, &expected);
    }

    fn compare_reductions(
        &self,
        name: &ViewName,
        filter: Option<SerializedQueryKey>,
        policy: AccessPolicy,
        mappings: &[map::Serialized],
    ) {
        let context = format!("{name} {filter:?} {policy:?}");
        let reduced = self.db.reduce_by_name(name, filter.clone(), policy);
        let grouped = self.db.reduce_grouped_by_name(name, filter, policy);
        if *name == ByTag.view_name() {
            assert!(
                matches!(reduced, Err(Error::ReduceUnimplemented)),
                "{context}"
            );
            return;
        }
        let view = self.db.schematic().view_by_name(name).unwrap();
        let groups: Vec<(Vec<u8>, Vec<u8>)> = mappings
            .chunk_by(|one, next| one.key == next.key)
            .map(|group| {
                let values: Vec<_> = group
                    .iter()
                    .map(|mapping| (mapping.key.as_slice(), mapping.value.as_slice()))
                    .collect();
                (group[0].key.to_vec(), view.reduce(&values, false).unwrap())
            })
            .collect();
        let seen: Vec<_> = grouped
            .unwrap()
            .iter()
            .map(|group| (group.key.to_vec(), group.value.to_vec()))
            .collect();
        assert_eq!(seen, groups, "{context}");
        let expected = match groups.as_slice() {
            [(_, only)] => only.clone(),
            groups => {
                let groups: Vec<_> = groups
                    .iter()
                    .map(|(key, value)| (key.as_slice(), value.as_slice()))
                    .collect();
                view.reduce(&groups, true).unwrap()
            }
        };
        assert_eq!(reduced.unwrap(), expected, "{context}");
    }

    fn compare_executed(&self) {
        let mut seen = Vec::new();
        let mut next = None;
        loop {
            let executed = self.db.list_executed_transactions(next, Some(97)).unwrap();
            let Some(last) = executed.last() else { break };
            next = Some(last.id + 1);
            for executed in executed {
                let changes = executed.changes.documents().unwrap();
                seen.push(
                    changes
                        .iter()
                        .map(|(name, change)| (name.clone(), change.id.clone(), change.deleted))
                        .collect::<Vec<_>>(),
                );
            }
        }
        assert_eq!(seen.len(), self.model.executed.len());
        for (seen, expected) in seen.iter().zip(&self.model.executed) {
            assert_eq!(in_open_order(seen), in_open_order(expected));
        }
    }
}

/// In which order a view's documents are deleted is open.
fn in_open_order(changes: &[Change]) -> Vec<Change> {
    let mut changes = changes.to_vec();
    if changes.iter().all(|(_, _, deleted)| *deleted) {
        changes.sort();
    }
    changes
}

fn cut<T>(mut ascending: Vec<T>, sort: Sort, limit: Option<u32>) -> Vec<T> {
    if matches!(sort, Sort::Descending) {
        ascending.reverse();
    }
    if let Some(limit) = limit {
        ascending.truncate(limit as usize);
    }
    ascending
}

fn outline(documents: &[OwnedDocument]) -> Vec<(&Header, &[u8])> {
    let outlines = documents.iter();
    outlines
        .map(|document| (&document.header, document.contents.as_slice()))
        .collect()
}

fn same<T: Debug>(seen: &Result<T, Error>, expected: &Result<T, Error>, context: &str) {
    assert_eq!(format!("{seen:?}"), format!("{expected:?}"), "{context}");
}

/// Among equal keys the order is open, so a limit may cut any of them.
fn same_mappings(
    seen: &[map::Serialized],
    expected: &[map::Serialized],
    sort: Sort,
    limit: Option<u32>,
    context: &str,
) {
    let keys = expected
        .iter()
        .map(|mapping| mapping.key.as_slice())
        .collect();
    let seen_keys: Vec<_> = seen.iter().map(|mapping| mapping.key.as_slice()).collect();
    assert_eq!(seen_keys, cut(keys, sort, limit), "{context}");
    let mut used = BTreeSet::new();
    for mapping in seen {
        let found = expected
            .iter()
            .find(|expected| expected.key == mapping.key && expected.source == mapping.source);
        let found = found.unwrap_or_else(|| panic!("{context}: {mapping:?}"));
        assert_eq!(found.value, mapping.value, "{context}");
        assert!(
            used.insert((&mapping.key[..], &mapping.source.id)),
            "{context}"
        );
    }
}

/// Runs `steps` steps for each of the seeds.
fn run(seeds: std::ops::Range<u64>, steps: usize, is_in_memory: bool) {
    for seed in seeds {
        let outcome = std::panic::catch_unwind(|| {
            let mut run = Run::new(seed, is_in_memory);
            for _ in 0..steps {
                run = run.step();
            }
            run.compare_executed();
            run.model.executed.len()
        });
        let executed = outcome.unwrap_or_else(|panic| {
            eprintln!("seed {seed} went wrong");
            std::panic::resume_unwind(panic)
        });
        assert!(executed > steps / 8, "seed {seed} did next to nothing");
    }
}

#[test]
fn in_memory() {
    run(0..8, 300, true);
}

#[test]
fn on_disk_with_reopening() {
    run(100..103, 150, false);
}
