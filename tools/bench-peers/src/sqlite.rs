//! SQLite with a bare table. What is common to this and to `sqlite_same_rows` is here.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use bonsaidb_bench::{CACHE_BYTES, Client, Contender, Contents, Document, Engine, Outcome, Rows};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

const CREATE: &str = "CREATE TABLE IF NOT EXISTS documents \
    (id INTEGER PRIMARY KEY, key INTEGER NOT NULL, value INTEGER NOT NULL, rest BLOB NOT NULL)";
const INSERT: &str = "INSERT INTO documents (id, key, value, rest) VALUES (?, ?, ?, ?)";
const UPDATE: &str = "UPDATE documents SET key = ?2, value = ?3, rest = ?4 WHERE id = ?1";
const HEADER_BYTES: usize = 16;
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) const SETTINGS: &str = "bundled, WAL, synchronous=FULL (fsync per commit), a connection per thread, cache 1 GiB; threads take turns at writing by a mutex of the program, since waiting in SQLite's busy handler is far slower";
pub(crate) const VIEW: &str =
    "CREATE INDEX over key and value, kept by SQLite with each document; sum() by iterating";

pub(crate) fn contender() -> Contender {
    Contender {
        name: "sqlite",
        version: rusqlite::version(),
        row: "bare: id, contents (key and value as columns)",
        settings: SETTINGS,
        view: Some(VIEW),
        open: |folder, _: Rows| {
            let path = folder.join("sqlite");
            connect(&path)?.execute_batch(CREATE)?;
            let turn = Mutex::new(());
            Ok(Box::new(Sqlite { path, turn }))
        },
    }
}

/// Opens a connection the way both kinds of table are used.
pub(crate) fn connect(path: &Path) -> Outcome<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let kibibytes = i64::try_from(CACHE_BYTES / 1024)?;
    connection.pragma_update(None, "cache_size", -kibibytes)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// The columns of a document.
pub(crate) struct Columns<'a> {
    pub key: i64,
    pub value: i64,
    pub rest: &'a [u8],
}

impl<'a> Columns<'a> {
    pub(crate) fn of(contents: &'a [u8]) -> Outcome<Self> {
        let document = Document::parse(contents).ok_or("not a document")?;
        Ok(Self {
            key: signed(document.key),
            value: i64::try_from(document.value)?,
            rest: &contents[HEADER_BYTES..],
        })
    }

    /// Puts the bytes together again.
    pub(crate) fn assemble(&self, contents: &mut Contents) -> Outcome {
        contents.clear();
        contents.extend_from_slice(&unsigned(self.key).to_be_bytes());
        contents.extend_from_slice(&u64::try_from(self.value)?.to_be_bytes());
        contents.extend_from_slice(self.rest);
        Ok(())
    }
}

/// Integers of SQLite have signs; these sort as the keys do.
pub(crate) fn signed(key: u64) -> i64 {
    (key ^ (1 << 63)).cast_signed()
}

fn unsigned(key: i64) -> u64 {
    key.cast_unsigned() ^ (1 << 63)
}

/// Reading is the same whatever else is stored.
pub(crate) trait Reading {
    fn connection(&self) -> &Connection;

    fn read(&mut self, id: u64, visit: &mut dyn FnMut(&[u8])) -> Outcome<bool> {
        let mut statement = self
            .connection()
            .prepare_cached("SELECT key, value, rest FROM documents WHERE id = ?")?;
        let mut rows = statement.query([i64::try_from(id)?])?;
        let Some(row) = rows.next()? else {
            return Ok(false);
        };
        let columns = Columns {
            key: row.get(0)?,
            value: row.get(1)?,
            rest: row.get_ref(2)?.as_blob()?,
        };
        let mut contents = Contents::with_capacity(bonsaidb_bench::DOCUMENT_BYTES);
        columns.assemble(&mut contents)?;
        visit(&contents);
        Ok(true)
    }

    fn read_range(&mut self, ids: Range<u64>, visit: &mut dyn FnMut(u64, &[u8])) -> Outcome {
        let mut statement = self.connection().prepare_cached(
            "SELECT id, key, value, rest FROM documents WHERE id >= ? AND id < ? ORDER BY id",
        )?;
        let mut rows = statement.query([i64::try_from(ids.start)?, i64::try_from(ids.end)?])?;
        let mut contents = Contents::with_capacity(bonsaidb_bench::DOCUMENT_BYTES);
        while let Some(row) = rows.next()? {
            let columns = Columns {
                key: row.get(1)?,
                value: row.get(2)?,
                rest: row.get_ref(3)?.as_blob()?,
            };
            columns.assemble(&mut contents)?;
            visit(u64::try_from(row.get::<_, i64>(0)?)?, &contents);
        }
        Ok(())
    }

    fn create_index(&mut self) -> Outcome {
        let create = "CREATE INDEX IF NOT EXISTS by_key ON documents (key, value)";
        self.connection().execute_batch(create)?;
        Ok(())
    }

    fn read_key(&mut self, key: u64, visit: &mut dyn FnMut(u64, u64)) -> Outcome {
        let mut statement = self
            .connection()
            .prepare_cached("SELECT id, value FROM documents WHERE key = ?")?;
        let mut rows = statement.query([signed(key)])?;
        while let Some(row) = rows.next()? {
            visit(
                u64::try_from(row.get::<_, i64>(0)?)?,
                u64::try_from(row.get::<_, i64>(1)?)?,
            );
        }
        Ok(())
    }

    fn sum(&mut self, keys: Range<u64>) -> Outcome<u64> {
        let mut statement = self
            .connection()
            .prepare_cached("SELECT sum(value) FROM documents WHERE key >= ? AND key < ?")?;
        let keys = [signed(keys.start), signed(keys.end)];
        let sum = statement
            .query_row(keys, |row| row.get::<_, Option<i64>>(0))
            .optional()?;
        Ok(u64::try_from(sum.flatten().unwrap_or(0))?)
    }
}

struct Sqlite {
    path: PathBuf,
    /// Held by whoever writes.
    turn: Mutex<()>,
}

impl Engine for Sqlite {
    fn client(&self) -> Outcome<Box<dyn Client + '_>> {
        Ok(Box::new(SqliteClient {
            connection: connect(&self.path)?,
            turn: &self.turn,
        }))
    }

    fn close(self: Box<Self>) -> Outcome {
        Ok(())
    }
}

struct SqliteClient<'a> {
    connection: Connection,
    turn: &'a Mutex<()>,
}

impl Reading for SqliteClient<'_> {
    fn connection(&self) -> &Connection {
        &self.connection
    }
}

impl SqliteClient<'_> {
    fn write(&self, statement: &str, id: u64, contents: &[u8]) -> Outcome {
        let columns = Columns::of(contents)?;
        let mut statement = self.connection.prepare_cached(statement)?;
        let _turn = self.turn.lock().map_err(|_| "another writer panicked")?;
        let changed = statement.execute(params![
            i64::try_from(id)?,
            columns.key,
            columns.value,
            columns.rest
        ])?;
        if changed == 1 {
            Ok(())
        } else {
            Err("no such document".into())
        }
    }
}

impl Client for SqliteClient<'_> {
    fn insert(&mut self, id: u64, contents: Contents) -> Outcome<u64> {
        self.write(INSERT, id, &contents)?;
        Ok(id)
    }

    fn insert_batch(&mut self, first: u64, documents: Vec<Contents>) -> Outcome {
        let _turn = self.turn.lock().map_err(|_| "another writer panicked")?;
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut statement = transaction.prepare_cached(INSERT)?;
            for (id, contents) in (first..).zip(&documents) {
                let columns = Columns::of(contents)?;
                statement.execute(params![
                    i64::try_from(id)?,
                    columns.key,
                    columns.value,
                    columns.rest
                ])?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    fn update(&mut self, id: u64, contents: Contents) -> Outcome {
        self.write(UPDATE, id, &contents)
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
