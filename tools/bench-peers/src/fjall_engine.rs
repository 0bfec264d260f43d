//! fjall: bare puts, with an index that the program keeps itself.

use std::ops::Range;
use std::path::Path;
use std::sync::Mutex;

use bonsaidb_bench::{CACHE_BYTES, Client, Contender, Contents, Document, Engine, Outcome, Rows};
use fjall::{
    Database, Keyspace, KeyspaceCreateOptions, OwnedWriteBatch as WriteBatch, PersistMode,
};

use crate::keys;

const BATCH: usize = 1_000;

pub(crate) fn contender() -> Contender {
    Contender {
        name: "fjall",
        version: "3.1",
        row: "bare: id, contents",
        settings: "each batch with SyncData (fdatasync); cache 1 GiB; LZ4 blocks as it comes",
        view: Some(
            "second keyspace, written by the program: at once in batches of 1,000, later with each document; sums by iterating",
        ),
        open,
    }
}

fn open(folder: &Path, rows: Rows) -> Outcome<Box<dyn Engine>> {
    let database = Database::builder(folder.join("fjall"))
        .cache_size(CACHE_BYTES as u64)
        .open()?;
    let documents = database.keyspace("documents", KeyspaceCreateOptions::default)?;
    let index = database.keyspace("index", KeyspaceCreateOptions::default)?;
    Ok(Box::new(Fjall {
        database,
        documents,
        index,
        rows,
        changing: Mutex::new(()),
    }))
}

struct Fjall {
    database: Database,
    documents: Keyspace,
    index: Keyspace,
    rows: Rows,
    /// Reading what was there and writing what is there now must not be interrupted by another writer.
    changing: Mutex<()>,
}

impl Engine for Fjall {
    fn client(&self) -> Outcome<Box<dyn Client + '_>> {
        Ok(Box::new(FjallClient(self)))
    }

    fn close(self: Box<Self>) -> Outcome {
        Ok(())
    }
}

struct FjallClient<'a>(&'a Fjall);

impl Fjall {
    fn batch(&self) -> WriteBatch {
        self.database
            .batch()
            .durability(Some(PersistMode::SyncData))
    }

    fn put(&self, first: u64, documents: Vec<Contents>) -> Outcome {
        let mut batch = self.batch();
        let _changing = match self.rows {
            Rows::Documents => None,
            Rows::View => Some(
                self.changing
                    .lock()
                    .map_err(|_| "another writer panicked")?,
            ),
        };
        for (id, contents) in (first..).zip(documents) {
            if self.rows == Rows::View {
                let old = self.documents.get(keys::document(id))?;
                if let Some(old) = old.and_then(|old| Document::parse(&old)) {
                    batch.remove(&self.index, keys::entry(old.key, id));
                }
                self.emit(&mut batch, id, &contents)?;
            }
            batch.insert(&self.documents, keys::document(id), contents);
        }
        batch.commit()?;
        Ok(())
    }

    fn emit(&self, batch: &mut WriteBatch, id: u64, contents: &[u8]) -> Outcome {
        let document = Document::parse(contents).ok_or("not a document")?;
        batch.insert(
            &self.index,
            keys::entry(document.key, id),
            document.value.to_be_bytes(),
        );
        Ok(())
    }
}

impl Client for FjallClient<'_> {
    fn insert(&mut self, id: u64, contents: Contents) -> Outcome<u64> {
        self.0.put(id, vec![contents])?;
        Ok(id)
    }

    fn insert_batch(&mut self, first: u64, documents: Vec<Contents>) -> Outcome {
        self.0.put(first, documents)
    }

    fn update(&mut self, id: u64, contents: Contents) -> Outcome {
        self.0.put(id, vec![contents])
    }

    fn get(&mut self, id: u64, visit: &mut dyn FnMut(&[u8])) -> Outcome<bool> {
        let found = self.0.documents.get(keys::document(id))?;
        if let Some(contents) = &found {
            visit(contents);
        }
        Ok(found.is_some())
    }

    fn list(&mut self, ids: Range<u64>, visit: &mut dyn FnMut(u64, &[u8])) -> Outcome {
        for row in self
            .0
            .documents
            .range(keys::document(ids.start)..keys::document(ids.end))
        {
            let (id, contents) = row.into_inner()?;
            visit(keys::number(&id)?, &contents);
        }
        Ok(())
    }

    fn build_view(&mut self) -> Outcome {
        let mut rows = self.0.documents.iter().peekable();
        while rows.peek().is_some() {
            let mut batch = self.0.batch();
            for row in rows.by_ref().take(BATCH) {
                let (id, contents) = row.into_inner()?;
                self.0.emit(&mut batch, keys::number(&id)?, &contents)?;
            }
            batch.commit()?;
        }
        Ok(())
    }

    fn query(&mut self, key: u64, visit: &mut dyn FnMut(u64, u64)) -> Outcome {
        for entry in self
            .0
            .index
            .range(keys::entry(key, 0)..=keys::entry(key, u64::MAX))
        {
            let (entry, value) = entry.into_inner()?;
            visit(keys::number(&entry[8..])?, keys::number(&value)?);
        }
        Ok(())
    }

    fn reduce(&mut self, range: Range<u64>) -> Outcome<u64> {
        let mut sum = 0;
        for entry in self
            .0
            .index
            .range(keys::entry(range.start, 0)..keys::entry(range.end, 0))
        {
            sum += keys::number(&entry.value()?)?;
        }
        Ok(sum)
    }
}
