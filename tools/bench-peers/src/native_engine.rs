//! `native_db`: typed rows. It has no index that could be made later, so nothing is asked of views.

use std::ops::Range;
use std::path::Path;
use std::sync::LazyLock;

use bonsaidb_bench::{CACHE_BYTES, Client, Contender, Contents, Engine, Outcome, Rows};
use native_db::{Builder, Database, Models, ToKey, native_db};
use native_model::{Model, native_model};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Debug)]
#[native_model(id = 1, version = 1)]
#[native_db]
struct Row {
    #[primary_key]
    id: u64,
    contents: Vec<u8>,
}

static MODELS: LazyLock<Models> = LazyLock::new(|| {
    let mut models = Models::new();
    models.define::<Row>().expect("it is the only one");
    models
});

pub(crate) fn contender() -> Contender {
    Contender {
        name: "native_db",
        version: "0.8",
        row: "bare: id, contents, serialized by bincode",
        settings: "durability as it comes (fdatasync per commit, on redb 2); cache 1 GiB",
        view: None,
        open,
    }
}

fn open(folder: &Path, _: Rows) -> Outcome<Box<dyn Engine>> {
    let path = folder.join("native_db");
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE_BYTES);
    Ok(Box::new(Native(builder.create(&MODELS, path)?)))
}

struct Native(Database<'static>);

impl Engine for Native {
    fn client(&self) -> Outcome<Box<dyn Client + '_>> {
        Ok(Box::new(NativeClient(&self.0)))
    }

    fn close(self: Box<Self>) -> Outcome {
        Ok(())
    }
}

struct NativeClient<'a>(&'a Database<'static>);

impl Client for NativeClient<'_> {
    fn insert(&mut self, id: u64, contents: Contents) -> Outcome<u64> {
        self.insert_batch(id, vec![contents])?;
        Ok(id)
    }

    fn insert_batch(&mut self, first: u64, documents: Vec<Contents>) -> Outcome {
        let transaction = self.0.rw_transaction()?;
        for (id, contents) in (first..).zip(documents) {
            transaction.insert(Row { id, contents })?;
        }
        transaction.commit()?;
        Ok(())
    }

    fn update(&mut self, id: u64, contents: Contents) -> Outcome {
        let transaction = self.0.rw_transaction()?;
        transaction.upsert(Row { id, contents })?;
        transaction.commit()?;
        Ok(())
    }

    fn get(&mut self, id: u64, visit: &mut dyn FnMut(&[u8])) -> Outcome<bool> {
        let transaction = self.0.r_transaction()?;
        let found = transaction.get().primary::<Row>(id)?;
        if let Some(row) = &found {
            visit(&row.contents);
        }
        Ok(found.is_some())
    }

    fn list(&mut self, ids: Range<u64>, visit: &mut dyn FnMut(u64, &[u8])) -> Outcome {
        let transaction = self.0.r_transaction()?;
        for row in transaction.scan().primary::<Row>()?.range(ids)? {
            let row = row?;
            visit(row.id, &row.contents);
        }
        Ok(())
    }
}
