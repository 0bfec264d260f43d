//! redb: bare puts, with an index that the program keeps itself.

use std::ops::Range;
use std::path::Path;

use bonsaidb_bench::{CACHE_BYTES, Client, Contender, Contents, Document, Engine, Outcome, Rows};
use redb::{Database, Durability, ReadableDatabase, ReadableTable, Table, TableDefinition};

use crate::keys;

const DOCUMENTS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("documents");
const INDEX: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("index");
const BATCH: usize = 1_000;

pub(crate) fn contender() -> Contender {
    Contender {
        name: "redb",
        version: "4.4",
        row: "bare: id, contents",
        settings: "durability immediate (the default), one-phase; cache 1 GiB",
        view: Some(
            "second table, written by the program: at once in transactions of 1,000, later with each document; sums by iterating",
        ),
        open,
    }
}

fn open(folder: &Path, rows: Rows) -> Outcome<Box<dyn Engine>> {
    let database = Database::builder()
        .set_cache_size(CACHE_BYTES)
        .create(folder.join("redb"))?;
    let transaction = database.begin_write()?;
    transaction.open_table(DOCUMENTS)?;
    transaction.open_table(INDEX)?;
    transaction.commit()?;
    Ok(Box::new(Redb { database, rows }))
}

struct Redb {
    database: Database,
    rows: Rows,
}

impl Engine for Redb {
    fn client(&self) -> Outcome<Box<dyn Client + '_>> {
        Ok(Box::new(RedbClient(self)))
    }

    fn close(self: Box<Self>) -> Outcome {
        Ok(())
    }
}

struct RedbClient<'a>(&'a Redb);

impl RedbClient<'_> {
    fn put(&self, first: u64, documents: Vec<Contents>) -> Outcome {
        let mut transaction = self.0.database.begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        {
            let mut table = transaction.open_table(DOCUMENTS)?;
            let mut index = match self.0.rows {
                Rows::Documents => None,
                Rows::View => Some(transaction.open_table(INDEX)?),
            };
            for (id, contents) in (first..).zip(documents) {
                let old = table.insert(&keys::document(id)[..], &contents[..])?;
                if let Some(index) = &mut index {
                    if let Some(old) = old.and_then(|old| Document::parse(old.value())) {
                        index.remove(&keys::entry(old.key, id)[..])?;
                    }
                    emit(index, id, &contents)?;
                }
            }
        }
        transaction.commit()?;
        Ok(())
    }
}

fn emit(index: &mut Table<'_, &'static [u8], &'static [u8]>, id: u64, contents: &[u8]) -> Outcome {
    let document = Document::parse(contents).ok_or("not a document")?;
    index.insert(
        &keys::entry(document.key, id)[..],
        &document.value.to_be_bytes()[..],
    )?;
    Ok(())
}

impl Client for RedbClient<'_> {
    fn insert(&mut self, id: u64, contents: Contents) -> Outcome<u64> {
        self.put(id, vec![contents])?;
        Ok(id)
    }

    fn insert_batch(&mut self, first: u64, documents: Vec<Contents>) -> Outcome {
        self.put(first, documents)
    }

    fn update(&mut self, id: u64, contents: Contents) -> Outcome {
        self.put(id, vec![contents])
    }

    fn get(&mut self, id: u64, visit: &mut dyn FnMut(&[u8])) -> Outcome<bool> {
        let table = self.0.database.begin_read()?.open_table(DOCUMENTS)?;
        let found = table.get(&keys::document(id)[..])?;
        if let Some(contents) = &found {
            visit(contents.value());
        }
        Ok(found.is_some())
    }

    fn list(&mut self, ids: Range<u64>, visit: &mut dyn FnMut(u64, &[u8])) -> Outcome {
        let table = self.0.database.begin_read()?.open_table(DOCUMENTS)?;
        let (first, end) = (keys::document(ids.start), keys::document(ids.end));
        for row in table.range(&first[..]..&end[..])? {
            let (id, contents) = row?;
            visit(keys::number(id.value())?, contents.value());
        }
        Ok(())
    }

    fn build_view(&mut self) -> Outcome {
        let table = self.0.database.begin_read()?.open_table(DOCUMENTS)?;
        let mut rows = table.iter()?.peekable();
        while rows.peek().is_some() {
            let transaction = self.0.database.begin_write()?;
            {
                let mut index = transaction.open_table(INDEX)?;
                for row in rows.by_ref().take(BATCH) {
                    let (id, contents) = row?;
                    emit(&mut index, keys::number(id.value())?, contents.value())?;
                }
            }
            transaction.commit()?;
        }
        Ok(())
    }

    fn query(&mut self, key: u64, visit: &mut dyn FnMut(u64, u64)) -> Outcome {
        let index = self.0.database.begin_read()?.open_table(INDEX)?;
        let (first, last) = (keys::entry(key, 0), keys::entry(key, u64::MAX));
        for entry in index.range(&first[..]..=&last[..])? {
            let (entry, value) = entry?;
            visit(
                keys::number(&entry.value()[8..])?,
                keys::number(value.value())?,
            );
        }
        Ok(())
    }

    fn reduce(&mut self, range: Range<u64>) -> Outcome<u64> {
        let index = self.0.database.begin_read()?.open_table(INDEX)?;
        let (first, end) = (keys::entry(range.start, 0), keys::entry(range.end, 0));
        let mut sum = 0;
        for entry in index.range(&first[..]..&end[..])? {
            sum += keys::number(entry?.1.value())?;
        }
        Ok(sum)
    }
}
