//! BonsaiDb in the benchmarks, through its public API.
//!
//! This text measures more than one BonsaiDb: whoever compiles it says by `crate::db` which, and by
//! `crate::with_large_cache` how it is given memory. The rest keeps to what the interface of 0.5 has.

use std::ops::Range;
use std::path::Path;

use bonsaidb_bench::{Client, Contender, Contents, Document, Engine, Outcome, Rows};

use crate::db::core::Error;
use crate::db::core::connection::{Connection, LowLevelConnection};
use crate::db::core::document::{BorrowedDocument, DocumentId, Emit};
use crate::db::core::schema::view::map::MappedValue;
use crate::db::core::schema::{
    Authority, Collection, CollectionName, DefaultViewSerialization, MapReduce, Name, Qualified,
    Schema, SchemaName, Schematic, View, ViewMapResult, ViewSchema,
};
use crate::db::core::transaction::{Operation, Transaction};
use crate::db::local::Database;
use crate::db::local::config::{Builder, StorageConfiguration};
use crate::with_large_cache;

/// Returns the contender.
pub(crate) fn contender(
    name: &'static str,
    version: &'static str,
    settings: &'static str,
) -> Contender {
    Contender {
        name,
        version,
        row: "document with revision (SHA-256), change record, transaction record",
        settings,
        view: Some("lazy view with reduce, made and kept up by the database when it is asked"),
        open,
    }
}

fn open(folder: &Path, rows: Rows) -> Outcome<Box<dyn Engine>> {
    let configuration = with_large_cache(StorageConfiguration::new(folder.join("bonsaidb")));
    let database = match rows {
        Rows::Documents => Database::open::<Plain>(configuration)?,
        Rows::View => Database::open::<Viewed>(configuration)?,
    };
    Ok(Box::new(Bonsai(database)))
}

struct Bonsai(Database);

impl Engine for Bonsai {
    fn client(&self) -> Outcome<Box<dyn Client + '_>> {
        Ok(Box::new(BonsaiClient(&self.0)))
    }

    fn close(self: Box<Self>) -> Outcome {
        drop(self.0);
        Ok(())
    }
}

struct BonsaiClient<'a>(&'a Database);

impl Client for BonsaiClient<'_> {
    fn insert(&mut self, _: u64, contents: Contents) -> Outcome<u64> {
        Ok(self.0.collection::<PlainRow>().push_bytes(contents)?.id)
    }

    fn insert_batch(&mut self, first: u64, documents: Vec<Contents>) -> Outcome {
        let mut transaction = Transaction::new();
        for (id, contents) in (first..).zip(documents) {
            let id = DocumentId::from_u64(id);
            transaction.push(Operation::insert(name(), Some(id), contents));
        }
        transaction.apply(self.0)?;
        Ok(())
    }

    fn update(&mut self, id: u64, contents: Contents) -> Outcome {
        self.0.overwrite::<PlainRow, u64>(&id, contents)?;
        Ok(())
    }

    fn get(&mut self, id: u64, visit: &mut dyn FnMut(&[u8])) -> Outcome<bool> {
        let document = self.0.collection::<PlainRow>().get(&id)?;
        if let Some(document) = &document {
            visit(&document.contents);
        }
        Ok(document.is_some())
    }

    fn list(&mut self, ids: Range<u64>, visit: &mut dyn FnMut(u64, &[u8])) -> Outcome {
        let (first, end) = (ids.start, ids.end);
        for document in self.0.collection::<PlainRow>().list(&first..&end).query()? {
            visit(document.header.id.deserialize::<u64>()?, &document.contents);
        }
        Ok(())
    }

    fn build_view(&mut self) -> Outcome {
        self.reduce(0..u64::MAX).map(drop)
    }

    fn query(&mut self, key: u64, visit: &mut dyn FnMut(u64, u64)) -> Outcome {
        for entry in self.0.view::<ByKey>().with_key(&key).query()? {
            visit(entry.source.id, entry.value);
        }
        Ok(())
    }

    fn reduce(&mut self, keys: Range<u64>) -> Outcome<u64> {
        Ok(self.0.view::<ByKey>().with_key_range(keys).reduce()?)
    }
}

/// The schema of the database while nobody asks a view.
#[derive(Debug)]
struct Plain;

/// The same with the view.
#[derive(Debug)]
struct Viewed;

#[derive(Debug)]
struct PlainRow;

#[derive(Debug)]
struct ViewedRow;

fn name() -> CollectionName {
    CollectionName::new(Authority::from("bench"), Name::new("documents"))
}

impl Schema for Plain {
    fn schema_name() -> SchemaName {
        SchemaName::new(Authority::from("bench"), Name::new("bench"))
    }

    fn define_collections(schema: &mut Schematic) -> Result<(), Error> {
        schema.define_collection::<PlainRow>()
    }
}

impl Schema for Viewed {
    fn schema_name() -> SchemaName {
        Plain::schema_name()
    }

    fn define_collections(schema: &mut Schematic) -> Result<(), Error> {
        schema.define_collection::<ViewedRow>()
    }
}

impl Collection for PlainRow {
    type PrimaryKey = u64;

    fn collection_name() -> CollectionName {
        name()
    }

    fn define_views(_: &mut Schematic) -> Result<(), Error> {
        Ok(())
    }
}

impl Collection for ViewedRow {
    type PrimaryKey = u64;

    fn collection_name() -> CollectionName {
        name()
    }

    fn define_views(schema: &mut Schematic) -> Result<(), Error> {
        schema.define_view(ByKey)
    }
}

/// Values by key, summed up.
#[derive(Debug, Clone)]
struct ByKey;

impl View for ByKey {
    type Collection = ViewedRow;
    type Key = u64;
    type Value = u64;

    fn name(&self) -> Name {
        Name::new("by-key")
    }
}

impl DefaultViewSerialization for ByKey {}

impl ViewSchema for ByKey {
    type MappedKey<'doc> = u64;
    type View = Self;
}

impl MapReduce for ByKey {
    fn map<'doc>(&self, document: &'doc BorrowedDocument<'_>) -> ViewMapResult<'doc, Self> {
        let contents = Document::parse(&document.contents);
        let contents =
            contents.ok_or_else(|| Error::other("bench", "not a document of the benchmark"))?;
        document
            .header
            .emit_key_and_value(contents.key, contents.value)
    }

    fn reduce(&self, mappings: &[MappedValue<u64, u64>], _: bool) -> Result<u64, Error> {
        Ok(mappings.iter().map(|mapping| mapping.value).sum())
    }
}
