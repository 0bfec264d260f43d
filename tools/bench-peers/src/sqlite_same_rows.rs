//! SQLite storing what BonsaiDb stores: the document with a revision, a change row, and a row for the transaction.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Mutex;

use bonsaidb_bench::{Client, Contender, Contents, Engine, Outcome, Rows};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use sha2::{Digest, Sha256};

use crate::sqlite::{Columns, Reading, SETTINGS, VIEW, connect};

const CREATE: &str = "
CREATE TABLE IF NOT EXISTS documents (
    id INTEGER PRIMARY KEY, revision INTEGER NOT NULL, hash BLOB NOT NULL,
    key INTEGER NOT NULL, value INTEGER NOT NULL, rest BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS changes (sequence INTEGER PRIMARY KEY, id INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS transactions (sequence INTEGER PRIMARY KEY, documents BLOB NOT NULL);";

pub(crate) fn contender() -> Contender {
    Contender {
        name: "sqlite-same-rows",
        version: rusqlite::version(),
        row: "document with revision (SHA-256), change row, transaction row",
        settings: SETTINGS,
        view: Some(VIEW),
        open: |folder, _: Rows| {
            let path = folder.join("sqlite");
            connect(&path)?.execute_batch(CREATE)?;
            let turn = Mutex::new(());
            Ok(Box::new(SameRows { path, turn }))
        },
    }
}

struct SameRows {
    path: PathBuf,
    /// Held by whoever writes.
    turn: Mutex<()>,
}

impl Engine for SameRows {
    fn client(&self) -> Outcome<Box<dyn Client + '_>> {
        Ok(Box::new(SameRowsClient {
            connection: connect(&self.path)?,
            turn: &self.turn,
        }))
    }

    fn close(self: Box<Self>) -> Outcome {
        Ok(())
    }
}

struct SameRowsClient<'a> {
    connection: Connection,
    turn: &'a Mutex<()>,
}

impl Reading for SameRowsClient<'_> {
    fn connection(&self) -> &Connection {
        &self.connection
    }
}

impl SameRowsClient<'_> {
    fn in_transaction(&mut self, first: u64, documents: &[Contents], change: Change) -> Outcome {
        let _turn = self.turn.lock().map_err(|_| "another writer panicked")?;
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        change(&transaction, first, documents)?;
        transaction.commit()?;
        Ok(())
    }
}

type Change = fn(&Transaction<'_>, u64, &[Contents]) -> Outcome;

fn insert(transaction: &Transaction<'_>, first: u64, documents: &[Contents]) -> Outcome {
    let mut statement = transaction.prepare_cached(
        "INSERT INTO documents (id, revision, hash, key, value, rest) VALUES (?, 0, ?, ?, ?, ?)",
    )?;
    for (id, contents) in (first..).zip(documents) {
        let hash = Sha256::digest(contents);
        let columns = Columns::of(contents)?;
        statement.execute(params![
            i64::try_from(id)?,
            &hash[..],
            columns.key,
            columns.value,
            columns.rest
        ])?;
    }
    let revisions = vec![0; documents.len()];
    record(transaction, first, &revisions)
}

fn update(transaction: &Transaction<'_>, first: u64, documents: &[Contents]) -> Outcome {
    let mut revisions = Vec::new();
    for (id, contents) in (first..).zip(documents) {
        let id = i64::try_from(id)?;
        let mut statement =
            transaction.prepare_cached("SELECT revision FROM documents WHERE id = ?")?;
        let revision = statement
            .query_row([id], |row| row.get::<_, i64>(0))
            .optional()?;
        let revision = revision.ok_or("no such document")? + 1;
        let hash = Sha256::digest(contents);
        let columns = Columns::of(contents)?;
        let mut statement = transaction.prepare_cached(
            "UPDATE documents SET revision = ?2, hash = ?3, key = ?4, value = ?5, rest = ?6 WHERE id = ?1",
        )?;
        statement.execute(params![
            id,
            revision,
            &hash[..],
            columns.key,
            columns.value,
            columns.rest
        ])?;
        revisions.push(revision);
    }
    record(transaction, first, &revisions)
}

/// Writes a change row for each document, and one row that names them all.
fn record(transaction: &Transaction<'_>, first: u64, revisions: &[i64]) -> Outcome {
    let mut statement = transaction.prepare_cached("INSERT INTO changes (id) VALUES (?)")?;
    let mut changed = Vec::with_capacity(revisions.len() * 12);
    for (id, revision) in (first..).zip(revisions) {
        statement.execute([i64::try_from(id)?])?;
        changed.extend_from_slice(&id.to_be_bytes());
        changed.extend_from_slice(&u32::try_from(*revision)?.to_be_bytes());
    }
    let mut statement =
        transaction.prepare_cached("INSERT INTO transactions (documents) VALUES (?)")?;
    statement.execute([changed])?;
    Ok(())
}

impl Client for SameRowsClient<'_> {
    fn insert(&mut self, id: u64, contents: Contents) -> Outcome<u64> {
        self.in_transaction(id, &[contents], insert)?;
        Ok(id)
    }

    fn insert_batch(&mut self, first: u64, documents: Vec<Contents>) -> Outcome {
        self.in_transaction(first, &documents, insert)
    }

    fn update(&mut self, id: u64, contents: Contents) -> Outcome {
        self.in_transaction(id, &[contents], update)
    }

    fn get(&mut self, id: u64, visit: &mut dyn FnMut(&[u8])) -> Outcome<bool> {
        self.read(id, visit)
    }

    fn list(&mut self, ids: Range<u64>, visit: &mut dyn FnMut(u64, &[u8])) -> Outcome {
        self.read_range(ids, visit)
    }

    fn build_view(&mut self) -> Outcome {
        self.create_index()
    }

    fn query(&mut self, key: u64, visit: &mut dyn FnMut(u64, u64)) -> Outcome {
        self.read_key(key, visit)
    }

    fn reduce(&mut self, keys: Range<u64>) -> Outcome<u64> {
        self.sum(keys)
    }
}
