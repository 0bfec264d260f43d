//! A process that is killed while four threads write: whatever it acknowledged is there
//! afterwards, every transaction is there whole or not at all, and all views match the documents.
//!
//! The test starts its own binary as the process to kill. Half of the rounds have limits so small
//! that memtables are written, and files of the log begun and removed, all the time.
//! `KILL_ROUNDS=n` runs that many rounds.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use bonsaidb_core::connection::Connection;
use bonsaidb_core::document::{CollectionDocument, Emit};
use bonsaidb_core::schema::{
    Collection, CollectionMapReduce, ReduceResult, SerializedCollection, View, ViewMapResult,
    ViewMappedValue, ViewSchema,
};
use bonsaidb_core::transaction::{OperationResult, Transaction};
use bonsaidb_local::Database;
use bonsaidb_local::config::{Builder, StorageConfiguration};
use serde::{Deserialize, Serialize};

const FOLDER: &str = "BONSAIDB_KILLED_WRITER_FOLDER";
const ROUNDS: u64 = 6;
/// Given to the process when its limits are to be small.
const SMALL: &str = "BONSAIDB_KILLED_WRITER_IS_SMALL";
/// Documents that one transaction stores together.
const TOGETHER: usize = 3;

#[derive(Clone, Debug, Serialize, Deserialize, Collection)]
#[collection(name = "entries", views = [ByGroup, ByGroupAtOnce, ByTag])]
struct Entry {
    /// The same for all documents of one transaction.
    group: u64,
    tag: String,
}

#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Entry, key = u64, value = u64, name = "by-group")]
struct ByGroup;

impl CollectionMapReduce for ByGroup {
    fn map<'doc>(&self, entry: CollectionDocument<Entry>) -> ViewMapResult<'doc, Self> {
        entry.header.emit_key_and_value(entry.contents.group, 1)
    }

    fn reduce(&self, mappings: &[ViewMappedValue<'_, Self>], _: bool) -> ReduceResult<Self> {
        Ok(mappings.iter().map(|mapping| mapping.value).sum())
    }
}

#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Entry, key = u64, name = "by-group-at-once")]
#[view_schema(policy = Eager)]
struct ByGroupAtOnce;

impl CollectionMapReduce for ByGroupAtOnce {
    fn map<'doc>(&self, entry: CollectionDocument<Entry>) -> ViewMapResult<'doc, Self> {
        entry.header.emit_key(entry.contents.group)
    }
}

#[derive(Clone, Debug, View, ViewSchema)]
#[view(collection = Entry, key = String, name = "by-tag")]
#[view_schema(policy = Unique)]
struct ByTag;

impl CollectionMapReduce for ByTag {
    fn map<'doc>(&self, entry: CollectionDocument<Entry>) -> ViewMapResult<'doc, Self> {
        entry.header.emit_key(entry.contents.tag)
    }
}

fn open(folder: &Path, is_small: bool) -> Database {
    let mut configuration = StorageConfiguration::new(folder);
    if is_small {
        configuration = configuration
            .memtable_bytes(30_000)
            .log_segment_bytes(20_000);
    }
    Database::open::<Entry>(configuration).unwrap()
}

/// Not a test of its own: the process that is killed.
#[test]
fn writer() {
    let Ok(folder) = std::env::var(FOLDER) else {
        return;
    };
    let db = open(Path::new(&folder), std::env::var(SMALL).is_ok());
    let begin = db.last_transaction_id().unwrap().unwrap_or(0);
    thread::scope(|scope| {
        for thread in 0..4 {
            let db = &db;
            scope.spawn(move || {
                for count in 0.. {
                    let group = (begin + 1) << 24 | thread << 20 | count;
                    let mut transaction = Transaction::new();
                    for number in 0..TOGETHER {
                        let tag = format!("{group}-{number}");
                        let entry = Entry { group, tag };
                        entry.push_in_transaction(&mut transaction).unwrap();
                    }
                    let results = transaction.apply(db).unwrap();
                    let mut line = String::from("ack");
                    for result in results {
                        let OperationResult::DocumentUpdated { header, .. } = result else {
                            unreachable!()
                        };
                        let id = header.id.deserialize::<u64>().unwrap();
                        line = format!("{line} {id}");
                    }
                    writeln!(std::io::stdout(), "{line} {group}").unwrap();
                    if count % 8 == 0 {
                        db.view::<ByGroup>().with_key(&group).query().unwrap();
                    }
                }
            });
        }
    });
}

#[test]
fn what_a_killed_process_acknowledged_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = BTreeMap::new();
    let rounds = std::env::var("KILL_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    for round in 0..rounds {
        let is_small = round % 2 == 1;
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "writer", "--nocapture", "--test-threads=1"])
            .env(FOLDER, folder.path())
            .envs(is_small.then_some((SMALL, "1")))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut wanted = 25 + round % 20 * 17;
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            // The test harness may have begun the line.
            let Some((_, numbers)) = line.split_once("ack ") else {
                continue;
            };
            let numbers = numbers.split(' ').map(|number| number.parse().unwrap());
            let numbers = numbers.collect::<Vec<u64>>();
            let (group, ids) = numbers.split_last().unwrap();
            acknowledged.extend(ids.iter().map(|id| (*id, *group)));
            // What it acknowledged until it is dead counts as well.
            wanted = wanted.saturating_sub(1);
            if wanted == 0 {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        check(&open(folder.path(), round % 4 < 2), &acknowledged);
    }
}

fn check(db: &Database, acknowledged: &BTreeMap<u64, u64>) {
    let documents = Entry::all(db).query().unwrap();
    let stored = documents
        .iter()
        .map(|document| (document.header.id, &document.contents))
        .collect::<BTreeMap<_, _>>();
    for (id, group) in acknowledged {
        assert_eq!(
            stored.get(id).map(|entry| entry.group),
            Some(*group),
            "document {id}"
        );
    }
    let mut groups = BTreeMap::<u64, u64>::new();
    for entry in stored.values() {
        *groups.entry(entry.group).or_default() += 1;
    }
    for (group, count) in &groups {
        assert_eq!(*count, TOGETHER as u64, "half a transaction: {group}");
    }
    let lazy = db.view::<ByGroup>().reduce_grouped().unwrap();
    let lazy = lazy.into_iter().map(|group| (group.key, group.value));
    assert_eq!(lazy.collect::<BTreeMap<_, _>>(), groups);
    let expected = stored.iter().map(|(id, entry)| (entry.group, *id));
    let expected = expected.collect::<BTreeSet<_>>();
    let eager = db.view::<ByGroupAtOnce>().query().unwrap();
    let eager = eager.into_iter().map(|map| (map.key, map.source.id));
    assert_eq!(eager.collect::<BTreeSet<_>>(), expected);
    let expected = stored.iter().map(|(id, entry)| (entry.tag.clone(), *id));
    let expected = expected.collect::<BTreeSet<_>>();
    let unique = db.view::<ByTag>().query().unwrap();
    let unique = unique.into_iter().map(|map| (map.key, map.source.id));
    assert_eq!(unique.collect::<BTreeSet<_>>(), expected);
}
