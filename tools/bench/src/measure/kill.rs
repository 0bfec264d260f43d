//! Opening what a process left that was killed while it wrote.
//!
//! The writing process says which documents are durable, a line for each, after the database has said so. Whatever it
//! said before it was killed has to be there afterwards.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::contender::{Contender, Outcome, Rows};
use crate::document::Document;
use crate::measure::{Scale, Timed, read};
use crate::process;
use crate::resources::Used;

const WRITERS: usize = 4;
/// A killed process need not have left much, but something.
const SECONDS_MAX: f64 = 1.5;

pub(super) fn open_after_kill(
    contender: &Contender,
    folder: &Path,
    scale: Scale,
) -> Outcome<Timed> {
    let durable = write_and_kill(contender, folder, scale)?;
    let before = Used::now();
    let started = Instant::now();
    let engine = (contender.open)(folder, Rows::View)?;
    read(engine.client()?.as_mut(), 0)?;
    let mut timed = Timed::once(1, started, before);
    let mut client = engine.client()?;
    let lost = durable
        .iter()
        .filter(|id| read(client.as_mut(), **id).is_err())
        .count();
    drop(client);
    engine.close()?;
    timed.facts = BTreeMap::from([
        ("durable_before_kill".to_owned(), durable.len() as u64),
        ("lost".to_owned(), lost as u64),
    ]);
    Ok(timed)
}

/// Has a process write and kills it. Returns the ids it said were durable.
fn write_and_kill(contender: &Contender, folder: &Path, scale: Scale) -> Outcome<Vec<u64>> {
    let mut writer = process::this_program()?
        .args(process::write_arguments(
            contender.name,
            folder,
            scale.documents,
        ))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut lines = BufReader::new(writer.stdout.take().ok_or("the writer has no output")?);
    let (said_first, first) = std::sync::mpsc::channel();
    let reader = thread::spawn(move || {
        let (mut ids, mut line) = (Vec::new(), String::new());
        // A line that was not finished is not something it said.
        while lines.read_line(&mut line).is_ok_and(|read| read > 0) && line.ends_with('\n') {
            ids.extend(line.trim().parse::<u64>());
            if ids.len() == 1 {
                let _ = said_first.send(());
            }
            line.clear();
        }
        ids
    });
    // If it ends without a word, the channel closes.
    if first.recv().is_ok() {
        thread::sleep(Duration::from_secs_f64(scale.seconds.min(SECONDS_MAX)));
    }
    let ended = writer.try_wait()?;
    writer.kill()?;
    writer.wait()?;
    let durable = reader
        .join()
        .map_err(|_| "reading what the writer said panicked")?;
    match ended {
        Some(status) => Err(format!("the writer ended before it was killed: {status}").into()),
        None => Ok(durable),
    }
}

/// Writes documents with ids from `first` on, and says so, until somebody kills this process.
pub(crate) fn write_until_killed(contender: &Contender, folder: &Path, first: u64) -> Outcome {
    let engine = (contender.open)(folder, Rows::View)?;
    let next = AtomicU64::new(first);
    let output = Mutex::new(std::io::stdout());
    let write = || -> Outcome {
        let mut client = engine.client()?;
        loop {
            let id = next.fetch_add(1, Ordering::Relaxed);
            let id = client.insert(id, Document::contents(id, 0))?;
            let mut output = output.lock().map_err(|_| "another writer panicked")?;
            writeln!(output, "{id}")?;
            output.flush()?;
        }
    };
    thread::scope(|scope| {
        let writers = (0..WRITERS).map(|_| scope.spawn(write));
        let writers = writers.collect::<Vec<_>>();
        for writer in writers {
            writer.join().map_err(|_| "a writer panicked")??;
        }
        Ok(())
    })
}
