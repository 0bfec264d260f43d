//! Tables in Markdown.

use std::fmt::Write;

use super::{bytes, count, number, time};
use crate::summary::{RAW, ResultRow, Summary};
use crate::targets::Target;
use crate::workload::Workload;

/// Returns everything as Markdown, from second-level headings down.
pub(crate) fn markdown(summary: &Summary) -> String {
    let mut text = circumstances(summary);
    if !summary.targets.is_empty() {
        text += &targets(&summary.targets);
    }
    for workload in Workload::ALL {
        text += &table(summary, workload);
    }
    text += &databases(summary);
    if !summary.failures.is_empty() {
        text += "## What failed\n\n";
        for failure in &summary.failures {
            line(
                &mut text,
                &format!(
                    "- {}, {}: {}",
                    failure.engine, failure.workload, failure.error
                ),
            );
        }
        text.push('\n');
    }
    text
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("a string takes everything");
}

fn circumstances(summary: &Summary) -> String {
    let machine = &summary.machine;
    let memory = machine
        .memory_bytes
        .map_or_else(|| "?".to_owned(), gibibytes);
    let load = summary.load.map_or_else(String::new, |(least, greatest)| {
        format!(" Load average before workloads: {least:.1} to {greatest:.1}.")
    });
    format!(
        "{}. {}, {} threads, {memory} of memory; {}, {}. {}, {} build, commit {}. {} documents of {} bytes; {} rounds, {} s \
         for each measurement that can go on.{load}\n\n",
        machine.date,
        machine.processor,
        machine.threads,
        machine.system,
        machine.file_system,
        machine.compiler,
        machine.profile,
        machine.commit,
        count(summary.scale.documents),
        crate::DOCUMENT_BYTES,
        summary.rounds,
        summary.scale.seconds,
    )
}

fn gibibytes(bytes: u64) -> String {
    format!("{} GiB", bytes.div_ceil(1 << 30))
}

fn targets(targets: &[Target]) -> String {
    const HEAD: &str = "## Targets\n\n| workload | | wanted | measured | by median latencies | |\n|---|---|---:|---:|---:|---|\n";
    let mut text = HEAD.to_owned();
    for target in targets {
        let kind = if target.must { "must" } else { "aim" };
        let verdict = match (target.reached, target.must) {
            (true, _) => "reached",
            (false, true) => "**missed**",
            (false, false) => "not reached",
        };
        let (wanted, measured) = (number(target.wanted), number(target.measured));
        let by_latency = known(target.by_latency, number);
        line(
            &mut text,
            &format!(
                "| {} | {kind}: {} | {wanted} | {measured} | {by_latency} | {verdict} |",
                target.workload, target.measure
            ),
        );
    }
    text.push('\n');
    text
}

fn table(summary: &Summary, workload: Workload) -> String {
    let rows = summary
        .results_of(workload)
        .filter(|row| row.engine != RAW || workload.waits_for_disk());
    let rows = rows.collect::<Vec<_>>();
    if rows.is_empty() {
        return String::new();
    }
    let columns = columns(workload, &rows);
    let mut text = format!(
        "## {}\n\n`{}`; latencies are of one {}.\n\n",
        workload.title(),
        workload.name(),
        workload.operation()
    );
    let headings = columns.iter().map(|(heading, _)| heading.as_str());
    line(
        &mut text,
        &format!(
            "| database | {} |",
            headings.collect::<Vec<_>>().join(" | ")
        ),
    );
    line(
        &mut text,
        &format!("|---|{}", "---:|".repeat(columns.len())),
    );
    for row in rows {
        let cells = columns
            .iter()
            .map(|(_, cell)| cell(row))
            .collect::<Vec<_>>();
        line(
            &mut text,
            &format!("| {} | {} |", row.engine, cells.join(" | ")),
        );
    }
    text.push('\n');
    if let Some(facts) = facts(summary, workload) {
        text += &facts;
    }
    text
}

type Cell = fn(&ResultRow) -> String;

/// Returns the headings of the columns that say something about a workload, and what is in them.
fn columns(workload: Workload, rows: &[&ResultRow]) -> Vec<(String, Cell)> {
    let mut columns: Vec<(String, Cell)> =
        vec![(format!("{} per second", workload.unit()), |row| {
            number(row.per_second)
        })];
    if workload.waits_for_disk() {
        columns.push(("x raw".to_owned(), |row| known(row.ratio_to_raw, number)));
    }
    columns.push(("p50".to_owned(), |row| time(row.p50_us)));
    columns.push(("p99".to_owned(), |row| time(row.p99_us)));
    if rows.iter().any(|row| row.p9999_us.is_some()) {
        columns.push(("p99.99".to_owned(), |row| known(row.p9999_us, time)));
    }
    if rows.iter().any(|row| row.processor_us_per_unit.is_some()) {
        columns.push(("processor for each".to_owned(), |row| {
            known(row.processor_us_per_unit, time)
        }));
    }
    #[allow(clippy::cast_precision_loss)]
    columns.push(("peak memory".to_owned(), |row| {
        known(row.peak_memory_bytes.map(|bytes| bytes as f64), bytes)
    }));
    if workload.writes() {
        columns.push(("bytes written for each".to_owned(), |row| {
            known(row.written_bytes_per_unit, bytes)
        }));
    }
    columns
}

fn known(number: Option<f64>, text: fn(f64) -> String) -> String {
    number.map_or_else(|| "–".to_owned(), text)
}

fn facts(summary: &Summary, workload: Workload) -> Option<String> {
    let rows = summary
        .results_of(workload)
        .filter(|row| !row.facts.is_empty());
    let facts = rows.map(|row| {
        let facts = row.facts.iter();
        let facts = facts
            .map(|(name, count)| format!("{} {}", name.replace('_', " "), super::count(*count)));
        format!("{}: {}", row.engine, facts.collect::<Vec<_>>().join(", "))
    });
    let facts = facts.collect::<Vec<_>>();
    (!facts.is_empty()).then(|| format!("In all rounds together: {}.\n\n", facts.join("; ")))
}

fn databases(summary: &Summary) -> String {
    let mut text = "## The databases\n\n| database | version | stores for a document | settings | view |\n|---|---|---|---|---|\n".to_owned();
    for facts in &summary.engines {
        let view = facts.view.as_deref().unwrap_or("none");
        line(
            &mut text,
            &format!(
                "| {} | {} | {} | {} | {view} |",
                facts.engine, facts.version, facts.row, facts.settings
            ),
        );
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::tests::summary;

    #[test]
    fn everything_is_in_the_tables() {
        let text = markdown(&summary());
        for expected in [
            "## Insert one document per durable commit, 1 thread",
            "| raw | 100 | – | 99.8 us | 99.8 us | – | – | – |",
            "| ours | 200 | 1.00 | 49.9 us | 49.9 us | 2.50 us | 600 B | 10.0 B |",
            "| theirs | 1.0 | a row | synced | none |",
            "- theirs, bulk: out of luck",
            "10 documents",
        ] {
            assert!(text.contains(expected), "{expected} is not in\n{text}");
        }
    }

    #[test]
    fn targets_that_were_missed_stand_out() {
        let target = |must, reached| Target {
            workload: "get".to_owned(),
            measure: "x raw".to_owned(),
            must,
            wanted: 2.0,
            measured: 1.5,
            by_latency: Some(1.75),
            reached,
        };
        let text = targets(&[
            target(true, true),
            target(true, false),
            target(false, false),
        ]);
        assert!(text.contains("| get | must: x raw | 2.00 | 1.50 | 1.75 | **missed** |"));
        assert_eq!(text.matches("reached").count(), 2);
    }
}
