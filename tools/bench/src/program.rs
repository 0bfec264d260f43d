//! The program: measures, or reads what was measured, and reports.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use crate::arguments::{Arguments, HELP, Outputs};
use crate::contender::{Contender, Outcome};
use crate::process;
use crate::report;
use crate::rounds;
use crate::summary::Summary;
use crate::workload::Workload;

/// Runs the program with the arguments of this process and the databases `contenders`, of which the first is ours.
pub fn main(contenders: &[Contender]) -> ExitCode {
    let arguments = std::env::args_os().skip(1).collect::<Vec<_>>();
    match run(contenders, &arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(contenders: &[Contender], arguments: &[OsString]) -> Outcome<ExitCode> {
    if let Some(served) = process::serve(contenders, arguments) {
        return served.map(|()| ExitCode::SUCCESS);
    }
    let (summary, outputs) = match Arguments::parse(arguments, contenders)? {
        Arguments::Help => {
            print!("{HELP}");
            return Ok(ExitCode::SUCCESS);
        }
        Arguments::List => {
            list(contenders);
            return Ok(ExitCode::SUCCESS);
        }
        Arguments::Run(run, outputs) => {
            let summary = rounds::run(contenders, &run, |summary| keep(summary, &outputs))?;
            (summary, outputs)
        }
        Arguments::Report(path, outputs) => {
            let text = fs::read_to_string(&path)
                .map_err(|error| format!("{}: {error}", path.display()))?;
            (serde_json::from_str(&text)?, outputs)
        }
    };
    write(&summary, &outputs)?;
    Ok(if summary.failures.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn list(contenders: &[Contender]) {
    println!("workloads:");
    for workload in Workload::ALL {
        println!("  {:18} {}", workload.name(), workload.title());
    }
    println!("databases:");
    for contender in contenders {
        println!("  {:18} {}", contender.name, contender.row);
    }
}

/// Writes what was measured, from which everything else can be made again.
fn keep(summary: &Summary, outputs: &Outputs) -> Outcome {
    let Some(path) = &outputs.json else {
        return Ok(());
    };
    write_file(path, &(serde_json::to_string_pretty(summary)? + "\n"))
}

fn write(summary: &Summary, outputs: &Outputs) -> Outcome {
    keep(summary, outputs)?;
    let markdown = report::markdown(summary);
    match &outputs.markdown {
        Some(path) => write_file(path, &markdown)?,
        None => print!("{markdown}"),
    }
    if let Some(path) = &outputs.plot {
        write_file(path, &report::plot(summary))?;
    }
    Ok(())
}

fn write_file(path: &Path, text: &str) -> Outcome {
    fs::write(path, text)
        .map_err(|error| format!("cannot write {}: {error}", path.display()).into())
}
