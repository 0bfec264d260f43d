//! What came out of all rounds, and the arithmetic from one to the other. Written and read as JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::arguments::Run;
use crate::contender::Contender;
use crate::histogram::Histogram;
use crate::machine::Machine;
use crate::measure::{Measurement, Scale};
use crate::raw::Raw;
use crate::targets::{self, Target};
use crate::workload::Workload;

/// What the bare disk is called.
pub(crate) const RAW: &str = "raw";
/// Fewer latencies than this say nothing about one in ten thousand.
const ENOUGH_FOR_P9999: u64 = 20_000;

/// Everything worth reporting.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Summary {
    pub machine: Machine,
    pub scale: Scale,
    pub rounds: u64,
    /// The least and the greatest load of the machine, over a minute, as each workload began.
    pub load: Option<(f64, f64)>,
    pub engines: Vec<EngineFacts>,
    pub results: Vec<ResultRow>,
    pub targets: Vec<Target>,
    pub failures: Vec<FailureRow>,
}

/// What has to be said of a database beside its figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EngineFacts {
    pub engine: String,
    pub version: String,
    pub row: String,
    pub settings: String,
    pub view: Option<String>,
}

/// One workload on one database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ResultRow {
    pub engine: String,
    pub workload: String,
    pub unit: String,
    /// The median over the rounds.
    pub per_second: f64,
    /// Each round's.
    pub rounds: Vec<f64>,
    /// The median over the rounds of the ratio to the bare disk, measured right before and after.
    pub ratio_to_raw: Option<f64>,
    /// How many latencies the percentiles are of.
    pub operations: u64,
    pub p50_us: f64,
    pub p99_us: f64,
    /// Only if there were enough operations.
    pub p9999_us: Option<f64>,
    /// The greatest of all rounds.
    pub peak_memory_bytes: Option<u64>,
    /// The median over the rounds, of one measurement.
    pub written_bytes: Option<u64>,
    /// The median over the rounds, of one of what is counted per second.
    pub written_bytes_per_unit: Option<f64>,
    /// The median over the rounds of the processor time, in all threads, for one of what is counted per second.
    pub processor_us_per_unit: Option<f64>,
    pub facts: BTreeMap<String, u64>,
}

/// What could not be measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FailureRow {
    pub engine: String,
    pub workload: String,
    pub error: String,
}

impl Summary {
    pub(crate) fn result(&self, workload: Workload, engine: &str) -> Option<&ResultRow> {
        let mut results = self.results.iter();
        results.find(|row| row.workload == workload.name() && row.engine == engine)
    }

    pub(crate) fn results_of(&self, workload: Workload) -> impl Iterator<Item = &ResultRow> {
        let results = self.results.iter();
        results.filter(move |row| row.workload == workload.name())
    }
}

/// Measurements while they are made.
pub(crate) struct Collected {
    machine: Machine,
    scale: Scale,
    load: Option<(f64, f64)>,
    measured: BTreeMap<(Workload, String), Rounds>,
    failures: Vec<FailureRow>,
}

#[derive(Debug, Default)]
struct Rounds {
    per_second: Vec<f64>,
    ratios_to_raw: Vec<f64>,
    latencies: Histogram,
    peak_memory_bytes: Vec<u64>,
    written_bytes: Vec<u64>,
    written_bytes_per_unit: Vec<f64>,
    processor_us_per_unit: Vec<f64>,
    facts: BTreeMap<String, u64>,
}

impl Collected {
    pub(crate) fn new(machine: Machine, run: &Run) -> Self {
        Self {
            machine,
            scale: run.scale,
            load: None,
            measured: BTreeMap::new(),
            failures: Vec::new(),
        }
    }

    pub(crate) fn load(&mut self, load: Option<f64>) {
        if let Some(load) = load {
            let (least, greatest) = self.load.unwrap_or((load, load));
            self.load = Some((least.min(load), greatest.max(load)));
        }
    }

    pub(crate) fn failed(&mut self, engine: &str, workload: Workload, error: &str) {
        self.failures.push(FailureRow {
            engine: engine.to_owned(),
            workload: workload.name().to_owned(),
            error: error.to_owned(),
        });
    }

    pub(crate) fn add(
        &mut self,
        engine: &str,
        workload: Workload,
        measurement: &Measurement,
        raw: &Raw,
    ) {
        let disk = self.measured.entry((workload, RAW.to_owned())).or_default();
        disk.per_second.push(raw.per_second());
        disk.latencies.merge(&raw.latencies);
        let per_second = measurement.per_second();
        let rounds = self
            .measured
            .entry((workload, engine.to_owned()))
            .or_default();
        rounds.per_second.push(per_second);
        rounds.ratios_to_raw.push(per_second / raw.per_second());
        rounds.latencies.merge(&measurement.latencies);
        rounds
            .peak_memory_bytes
            .extend(measurement.peak_memory_bytes);
        rounds.written_bytes.extend(measurement.written_bytes);
        #[allow(clippy::cast_precision_loss)]
        let per_unit = measurement
            .written_bytes
            .map(|bytes| bytes as f64 / measurement.units.max(1) as f64);
        rounds.written_bytes_per_unit.extend(per_unit);
        #[allow(clippy::cast_precision_loss)]
        let processor = measurement
            .processor_seconds
            .map(|seconds| seconds * 1e6 / measurement.units.max(1) as f64);
        rounds.processor_us_per_unit.extend(processor);
        for (fact, number) in &measurement.facts {
            *rounds.facts.entry(fact.clone()).or_default() += number;
        }
    }

    /// Returns what came out of so many rounds.
    pub(crate) fn summary(&self, rounds: u64, contenders: &[Contender]) -> Summary {
        let mut engines = vec![RAW.to_owned()];
        engines.extend(contenders.iter().map(|contender| contender.name.to_owned()));
        let mut results = Vec::new();
        for workload in Workload::ALL {
            for engine in &engines {
                let rounds = self.measured.get(&(workload, engine.clone()));
                results.extend(rounds.and_then(|rounds| rounds.row(engine, workload)));
            }
        }
        let measured = contenders.iter().filter(|contender| {
            let mut keys = self.measured.keys();
            keys.any(|(_, engine)| engine == contender.name)
        });
        let mut summary = Summary {
            machine: self.machine.clone(),
            scale: self.scale,
            rounds,
            load: self.load,
            engines: measured.map(EngineFacts::of).collect(),
            results,
            targets: Vec::new(),
            failures: self.failures.clone(),
        };
        summary.targets = targets::judge(&summary);
        summary
    }
}

impl EngineFacts {
    fn of(contender: &Contender) -> Self {
        Self {
            engine: contender.name.to_owned(),
            version: contender.version.to_owned(),
            row: contender.row.to_owned(),
            settings: contender.settings.to_owned(),
            view: contender.view.map(str::to_owned),
        }
    }
}

impl Rounds {
    fn row(&self, engine: &str, workload: Workload) -> Option<ResultRow> {
        let unit = if engine == RAW {
            "appends"
        } else {
            workload.unit()
        };
        let enough = self.latencies.count() >= ENOUGH_FOR_P9999;
        Some(ResultRow {
            engine: engine.to_owned(),
            workload: workload.name().to_owned(),
            unit: unit.to_owned(),
            per_second: median(&self.per_second)?,
            rounds: self.per_second.clone(),
            ratio_to_raw: median(&self.ratios_to_raw),
            operations: self.latencies.count(),
            p50_us: self.microseconds(50.0)?,
            p99_us: self.microseconds(99.0)?,
            p9999_us: self.microseconds(99.99).filter(|_| enough),
            peak_memory_bytes: self.peak_memory_bytes.iter().copied().max(),
            written_bytes: middle(&self.written_bytes),
            written_bytes_per_unit: median(&self.written_bytes_per_unit),
            processor_us_per_unit: median(&self.processor_us_per_unit),
            facts: self.facts.clone(),
        })
    }

    fn microseconds(&self, percent: f64) -> Option<f64> {
        let nanoseconds = self.latencies.percentile(percent)?;
        #[allow(clippy::cast_precision_loss)]
        Some(nanoseconds as f64 / 1_000.0)
    }
}

/// Returns the middle of numbers, or the mean of the two in the middle.
fn median(numbers: &[f64]) -> Option<f64> {
    let mut numbers = numbers.to_vec();
    numbers.sort_by(f64::total_cmp);
    let half = numbers.len() / 2;
    let upper = *numbers.get(half)?;
    Some(if numbers.len().is_multiple_of(2) {
        f64::midpoint(numbers[half - 1], upper)
    } else {
        upper
    })
}

/// Returns the upper middle of numbers.
fn middle(numbers: &[u64]) -> Option<u64> {
    let mut numbers = numbers.to_vec();
    numbers.sort_unstable();
    numbers.get(numbers.len() / 2).copied()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use super::*;

    pub(crate) fn contender(name: &'static str) -> Contender {
        Contender {
            name,
            version: "1.0",
            row: "a row",
            settings: "synced",
            view: None,
            open: |_, _| Err("never opened".into()),
        }
    }

    fn measurement(units: u64, microseconds: u64) -> Measurement {
        let mut latencies = Histogram::default();
        latencies.record(microseconds * 1_000);
        Measurement {
            units,
            seconds: 2.0,
            latencies,
            peak_memory_bytes: Some(units),
            written_bytes: Some(units * 10),
            processor_seconds: Some(0.001),
            facts: BTreeMap::from([("lost".to_owned(), 1)]),
        }
    }

    /// One append at such a rate.
    fn raw(per_second: f64) -> Raw {
        let mut latencies = Histogram::default();
        latencies.record(100_000);
        Raw {
            time: Duration::from_secs_f64(1.0 / per_second),
            latencies,
        }
    }

    /// Three rounds of one workload on two databases.
    pub(crate) fn summary() -> Summary {
        let run = Run {
            workloads: vec![Workload::Insert1],
            contenders: vec!["ours", "theirs"],
            scale: Scale {
                documents: 10,
                seconds: 2.0,
            },
            rounds: 3,
            limit: Duration::from_secs(1),
            folder: "/tmp".into(),
        };
        let mut collected = Collected::new(Machine::default(), &run);
        for (load, units, disk) in [(0.5, 200, 100.0), (2.0, 600, 100.0), (1.0, 400, 400.0)] {
            collected.load(Some(load));
            collected.add(
                "ours",
                Workload::Insert1,
                &measurement(units, 50),
                &raw(disk),
            );
            collected.add(
                "theirs",
                Workload::Insert1,
                &measurement(units / 4, 70),
                &raw(disk),
            );
        }
        collected.failed("theirs", Workload::Bulk, "out of luck");
        collected.summary(
            3,
            &[contender("ours"), contender("theirs"), contender("nobody")],
        )
    }

    #[test]
    fn medians_are_in_the_middle() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0]), Some(2.5));
        assert_eq!(middle(&[9, 1, 5]), Some(5));
        assert_eq!(middle(&[]), None);
    }

    #[test]
    fn rounds_become_medians_and_ratios() {
        let summary = summary();
        let ours = summary.result(Workload::Insert1, "ours").unwrap();
        assert_eq!(ours.rounds, [100.0, 300.0, 200.0]);
        assert!((ours.per_second - 200.0).abs() < 0.1);
        // Of the ratios 1, 3 and 0.5: the disk was measured anew each time.
        assert!((ours.ratio_to_raw.unwrap() - 1.0).abs() < 0.001);
        assert_eq!(ours.operations, 3);
        assert!((ours.p50_us - 50.0).abs() < 1.0);
        assert_eq!(ours.p9999_us, None);
        assert_eq!(ours.peak_memory_bytes, Some(600));
        assert_eq!(ours.written_bytes, Some(4_000));
        assert_eq!(ours.written_bytes_per_unit, Some(10.0));
        assert!((ours.processor_us_per_unit.unwrap() - 2.5).abs() < 0.001);
        assert_eq!(ours.facts["lost"], 3);
        let disk = summary.result(Workload::Insert1, RAW).unwrap();
        assert_eq!(disk.rounds.len(), 6);
        assert!((disk.per_second - 100.0).abs() < 0.1);
        assert_eq!(disk.ratio_to_raw, None);
        assert_eq!(summary.load, Some((0.5, 2.0)));
    }

    #[test]
    fn what_was_not_measured_is_not_described() {
        let engines = summary().engines.into_iter().map(|facts| facts.engine);
        assert_eq!(engines.collect::<Vec<_>>(), ["ours", "theirs"]);
    }

    #[test]
    fn a_summary_survives_json() {
        let summary = summary();
        let text = serde_json::to_string(&summary).unwrap();
        let read = serde_json::from_str::<Summary>(&text).unwrap();
        assert_eq!(read.results, summary.results);
        assert_eq!(read.failures, summary.failures);
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }
}
