//! What BonsaiDb has to reach, and whether it did in one run. Ratios wherever a ratio makes sense: disks and processors
//! differ.

use serde::{Deserialize, Serialize};

use crate::summary::{RAW, Summary};
use crate::workload::Workload;

const OURS: &str = "bonsaidb";
const PUBLISHED: &str = "bonsaidb-0.5";
const SQLITE: &str = "sqlite";
const SQLITE_SAME_ROWS: &str = "sqlite-same-rows";
const REDB: &str = "redb";
const FJALL: &str = "fjall";

/// One target, and how near this run came to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Target {
    pub workload: String,
    /// What is compared, as in "x raw".
    pub measure: String,
    /// Whether this must be reached, or is an aim.
    pub must: bool,
    pub wanted: f64,
    pub measured: f64,
    /// The same from median latencies alone, where one thread does one thing after another: what else the machine did
    /// disturbs these less. Says nothing of pauses.
    pub by_latency: Option<f64>,
    pub reached: bool,
}

/// What a target is about.
#[derive(Debug, Clone, Copy)]
enum Measure {
    /// Our rate by that of the bare disk.
    TimesRaw,
    /// Our rate by that of another database.
    Times(&'static str),
    /// Our rate.
    PerSecond,
    /// The time that half of our operations stay below, in microseconds: less is better.
    MedianMicroseconds,
    /// That time by the one of another workload: less is better.
    TimesTheTimeOf(Workload),
}

const MUST: bool = true;
const AIM: bool = false;

#[rustfmt::skip]
const TARGETS: [(Workload, Measure, bool, f64); 25] = [
    (Workload::Insert1, Measure::TimesRaw, MUST, 1.0),
    (Workload::Insert1, Measure::Times(SQLITE), MUST, 1.0),
    (Workload::Insert1, Measure::TimesRaw, AIM, 1.3),
    (Workload::Insert16, Measure::TimesRaw, MUST, 5.0),
    (Workload::Insert16, Measure::Times(PUBLISHED), MUST, 20.0),
    (Workload::Insert16, Measure::TimesRaw, AIM, 8.0),
    (Workload::Bulk, Measure::Times(PUBLISHED), MUST, 3.0),
    (Workload::Bulk, Measure::Times(SQLITE_SAME_ROWS), MUST, 1.0),
    (Workload::Bulk, Measure::Times(SQLITE), AIM, 1.0),
    (Workload::Update16, Measure::Times(SQLITE), MUST, 1.5),
    (Workload::Update16, Measure::Times(FJALL), AIM, 1.0),
    (Workload::Get, Measure::PerSecond, MUST, 350_000.0),
    (Workload::Get, Measure::Times(SQLITE), MUST, 2.5),
    (Workload::Get, Measure::Times(REDB), AIM, 1.0),
    (Workload::List, Measure::Times(SQLITE), MUST, 1.0),
    (Workload::List, Measure::PerSecond, AIM, 6_000_000.0),
    (Workload::ViewBuild, Measure::Times(PUBLISHED), MUST, 5.0),
    (Workload::ViewBuild, Measure::PerSecond, AIM, 300_000.0),
    (Workload::ViewReduce, Measure::MedianMicroseconds, MUST, 100.0),
    (Workload::ViewReduce, Measure::TimesTheTimeOf(Workload::ViewReduceSmall), MUST, 3.0),
    (Workload::ViewReduce, Measure::MedianMicroseconds, AIM, 30.0),
    (Workload::ViewQuery, Measure::PerSecond, MUST, 250_000.0),
    (Workload::ViewQuery, Measure::PerSecond, AIM, 500_000.0),
    (Workload::ChangeThenAsk, Measure::TimesRaw, MUST, 0.9),
    (Workload::ChangeThenAsk, Measure::TimesRaw, AIM, 1.2),
];
const OPENING: [(Workload, Measure, bool, f64); 2] = [
    (
        Workload::OpenAfterKill,
        Measure::MedianMicroseconds,
        MUST,
        500_000.0,
    ),
    (
        Workload::OpenAfterKill,
        Measure::MedianMicroseconds,
        AIM,
        100_000.0,
    ),
];

/// Holds a run against all targets that it has measured.
pub(crate) fn judge(summary: &Summary) -> Vec<Target> {
    let targets = TARGETS.into_iter().chain(OPENING);
    let judged = targets.filter_map(|(workload, measure, must, wanted)| {
        let measured = measure.of(summary, workload)?;
        let reached = if measure.less_is_better() {
            measured <= wanted
        } else {
            measured >= wanted
        };
        Some(Target {
            workload: workload.name().to_owned(),
            measure: measure.to_string(),
            must,
            wanted,
            measured,
            by_latency: measure.by_latency(summary, workload),
            reached,
        })
    });
    judged.collect()
}

impl Measure {
    fn of(self, summary: &Summary, workload: Workload) -> Option<f64> {
        let ours = summary.result(workload, OURS)?;
        match self {
            Self::TimesRaw => ours.ratio_to_raw,
            Self::Times(other) => {
                Some(ours.per_second / summary.result(workload, other)?.per_second)
            }
            Self::PerSecond => Some(ours.per_second),
            Self::MedianMicroseconds => Some(ours.p50_us),
            Self::TimesTheTimeOf(other) => Some(ours.p50_us / summary.result(other, OURS)?.p50_us),
        }
    }

    fn by_latency(self, summary: &Summary, workload: Workload) -> Option<f64> {
        let ours = summary
            .result(workload, OURS)
            .filter(|_| workload.is_of_one_thread())?;
        let theirs = |engine| Some(summary.result(workload, engine)?.p50_us);
        match self {
            Self::TimesRaw => Some(theirs(RAW)? / ours.p50_us),
            Self::Times(other) => Some(theirs(other)? / ours.p50_us),
            Self::PerSecond => Some(workload.units_per_operation()? * 1e6 / ours.p50_us),
            Self::MedianMicroseconds | Self::TimesTheTimeOf(_) => None,
        }
    }

    const fn less_is_better(self) -> bool {
        matches!(self, Self::MedianMicroseconds | Self::TimesTheTimeOf(_))
    }
}

impl std::fmt::Display for Measure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TimesRaw => f.write_str("x raw"),
            Self::Times(other) => write!(f, "x {other}"),
            Self::PerSecond => f.write_str("per second"),
            Self::MedianMicroseconds => f.write_str("us, median, or less"),
            Self::TimesTheTimeOf(other) => write!(f, "x the time of {}, or less", other.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::ResultRow;
    use crate::summary::tests::summary;

    fn measured(rows: &[(Workload, &str, f64, f64)]) -> Summary {
        let mut summary = summary();
        let row = summary.results[0].clone();
        let rows = rows
            .iter()
            .map(|(workload, engine, per_second, p50_us)| ResultRow {
                engine: (*engine).to_owned(),
                workload: workload.name().to_owned(),
                per_second: *per_second,
                p50_us: *p50_us,
                ratio_to_raw: Some(per_second / 1_000.0),
                ..row.clone()
            });
        summary.results = rows.collect();
        summary
    }

    #[test]
    fn targets_of_what_was_not_measured_are_left_out() {
        assert!(judge(&measured(&[])).is_empty());
        let alone = judge(&measured(&[(Workload::Insert1, OURS, 1_100.0, 1.0)]));
        assert_eq!(alone.len(), 2);
        assert!(alone[0].must && alone[0].reached);
        assert!(!alone[1].must && !alone[1].reached, "1.1 is less than 1.3");
    }

    #[test]
    fn rates_are_compared_with_other_databases() {
        let targets = judge(&measured(&[
            (Workload::Bulk, OURS, 300.0, 1.0),
            (Workload::Bulk, PUBLISHED, 100.0, 1.0),
            (Workload::Bulk, SQLITE, 301.0, 1.0),
        ]));
        let reached = targets
            .iter()
            .map(|target| (target.measure.as_str(), target.reached));
        assert_eq!(
            reached.collect::<Vec<_>>(),
            [("x bonsaidb-0.5", true), ("x sqlite", false)]
        );
    }

    #[test]
    fn latencies_are_compared_as_well() {
        let targets = judge(&measured(&[
            (Workload::List, OURS, 1.0, 500.0),
            (Workload::List, SQLITE, 1.0, 1_000.0),
            (Workload::Update16, OURS, 1.0, 500.0),
            (Workload::Update16, SQLITE, 1.0, 1_000.0),
        ]));
        let by_latency = targets
            .iter()
            .map(|target| target.by_latency)
            .collect::<Vec<_>>();
        assert_eq!(by_latency, [None, Some(2.0), Some(2_000_000.0)]);
    }

    #[test]
    fn less_time_is_better() {
        let targets = judge(&measured(&[
            (Workload::ViewReduce, OURS, 1.0, 90.0),
            (Workload::ViewReduceSmall, OURS, 1.0, 20.0),
        ]));
        let reached = targets
            .iter()
            .map(|target| target.reached)
            .collect::<Vec<_>>();
        assert_eq!(reached, [true, false, false]);
        assert_eq!(targets[0].by_latency, None);
        assert!((targets[1].measured - 4.5).abs() < 1e-9);
    }
}
