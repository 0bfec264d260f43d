//! One measurement: a workload on a database, in this process.

mod documents;
mod kill;
mod repeat;
mod views;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

pub(crate) use kill::write_until_killed;
use serde::{Deserialize, Serialize};

use crate::contender::{Client, Contender, Engine, Outcome};
use crate::document::Document;
use crate::histogram::Histogram;
use crate::resources::{self, Used};
use crate::workload::Workload;

/// Processor time is counted in hundredths of a second: less than this is no measurement.
const PROCESSOR_SECONDS_MIN: f64 = 0.05;

/// How much is done.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Scale {
    /// How many documents there are.
    pub documents: u64,
    /// For how long each measurement goes on, if it is one that can go on.
    pub seconds: f64,
}

/// What came out of one measurement.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Measurement {
    /// What the workload counts.
    pub units: u64,
    pub seconds: f64,
    pub latencies: Histogram,
    pub peak_memory_bytes: Option<u64>,
    /// From the beginning of what was timed until the database was closed.
    pub written_bytes: Option<u64>,
    /// In all threads, while the time was taken; if it was long enough to be counted.
    pub processor_seconds: Option<f64>,
    /// Numbers that belong to this workload alone.
    pub facts: BTreeMap<String, u64>,
}

impl Measurement {
    pub(crate) fn per_second(&self) -> f64 {
        #[allow(clippy::cast_precision_loss)]
        let units = self.units as f64;
        units / self.seconds.max(1e-9)
    }
}

/// The part of a measurement that the workload knows.
#[derive(Debug, Default)]
struct Timed {
    units: u64,
    time: Duration,
    latencies: Histogram,
    /// When the timed part began.
    before: Used,
    /// When the timed part ended, without what closing the database does.
    after: Used,
    facts: BTreeMap<String, u64>,
}

/// What a workload works on.
struct Bench<'a> {
    engine: &'a dyn Engine,
    scale: Scale,
    /// The next id for a new document.
    next_id: AtomicU64,
    /// Different in each round, so that rounds do not repeat each other's numbers.
    seed: u64,
}

/// Measures `workload` on what is in `folder`.
pub(crate) fn measure(
    contender: &Contender,
    workload: Workload,
    folder: &Path,
    scale: Scale,
    seed: u64,
) -> Outcome<Measurement> {
    if workload == Workload::OpenAfterKill {
        return kill::open_after_kill(contender, folder, scale).map(finish);
    }
    let engine = (contender.open)(folder, workload.rows())?;
    let bench = Bench {
        engine: engine.as_ref(),
        scale,
        next_id: AtomicU64::new(scale.documents),
        seed,
    };
    let timed = bench.run(workload)?;
    engine.close()?;
    Ok(finish(timed))
}

fn finish(timed: Timed) -> Measurement {
    let written = Used::now().written_bytes.zip(timed.before.written_bytes);
    let processor = timed
        .after
        .processor_seconds
        .zip(timed.before.processor_seconds);
    Measurement {
        units: timed.units,
        seconds: timed.time.as_secs_f64(),
        latencies: timed.latencies,
        peak_memory_bytes: resources::peak_memory_bytes(),
        written_bytes: written.map(|(after, before)| after.saturating_sub(before)),
        processor_seconds: processor
            .map(|(after, before)| after - before)
            .filter(|seconds| *seconds >= PROCESSOR_SECONDS_MIN),
        facts: timed.facts,
    }
}

impl Bench<'_> {
    fn run(&self, workload: Workload) -> Outcome<Timed> {
        match workload {
            Workload::Insert1 => self.insert(1),
            Workload::Insert16 => self.insert(16),
            Workload::Bulk => self.bulk(),
            Workload::Get => self.get(),
            Workload::List => self.list(),
            Workload::Update16 => self.update(16),
            Workload::GetAfterUpdates => self.get_after_updates(),
            Workload::ViewBuild => self.build_view(),
            Workload::ViewQuery => self.query_view(),
            Workload::ViewReduce => self.reduce_view(),
            Workload::ViewReduceSmall => self.reduce_small_view(),
            Workload::ChangeThenAsk => self.change_then_ask(),
            Workload::OpenAfterKill => Err("opens the database itself".into()),
        }
    }
}

/// Reads a document that has to be there.
fn read(client: &mut dyn Client, id: u64) -> Outcome<Document> {
    let mut document = None;
    client.get(id, &mut |contents| document = Document::parse(contents))?;
    document.ok_or_else(|| format!("document {id} is missing or is not what was stored").into())
}

pub(crate) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
