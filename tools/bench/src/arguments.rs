//! What was asked for on the command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::contender::{Contender, Outcome};
use crate::measure::Scale;
use crate::workload::Workload;

pub(crate) const HELP: &str = "\
Measures databases, each workload in a process of its own, interleaved and several times.

  --quick            100,000 documents and short measurements instead of 1,000,000 and long ones
  --only NAMES       workloads and databases, separated by commas; all of a kind if none of it is named
  --json FILE        writes everything that was measured
  --markdown FILE    writes tables; they are printed otherwise
  --plot FILE        writes a picture (SVG)
  --from FILE        measures nothing, but reports what --json wrote before
  --rounds N         how often each measurement is made (3)
  --documents N      how many documents there are
  --seconds N        how long each measurement goes on that can go on for any time
  --limit SECONDS    how long a measurement may take in all (600; 60 with --quick)
  --folder PATH      where the databases are, on the disk to be measured (the system's temporary folder)
  --list             prints the names of workloads and databases
  --help             prints this
";

const FULL: Scale = Scale {
    documents: 1_000_000,
    seconds: 4.0,
};
const QUICK: Scale = Scale {
    documents: 100_000,
    seconds: 0.4,
};
/// What is worth a report is measured at least this often.
const ROUNDS: u64 = 3;
const LIMIT: Duration = Duration::from_secs(600);
const QUICK_LIMIT: Duration = Duration::from_secs(60);

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Arguments {
    Help,
    List,
    Run(Run, Outputs),
    Report(PathBuf, Outputs),
}

/// What to measure.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Run {
    pub workloads: Vec<Workload>,
    /// Names of contenders.
    pub contenders: Vec<&'static str>,
    pub scale: Scale,
    pub rounds: u64,
    pub limit: Duration,
    pub folder: PathBuf,
}

/// Where to report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Outputs {
    pub json: Option<PathBuf>,
    pub markdown: Option<PathBuf>,
    pub plot: Option<PathBuf>,
}

/// What was typed.
#[derive(Default)]
struct Typed {
    quick: bool,
    only: Vec<String>,
    from: Option<PathBuf>,
    rounds: Option<u64>,
    documents: Option<u64>,
    seconds: Option<f64>,
    limit: Option<u64>,
    folder: Option<PathBuf>,
    outputs: Outputs,
}

impl Arguments {
    /// Reads arguments.
    pub(crate) fn parse(arguments: &[OsString], contenders: &[Contender]) -> Outcome<Self> {
        let mut typed = Typed::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let option = argument.to_str().ok_or("an option is not UTF-8")?;
            let mut value = || rest.next().ok_or_else(|| format!("{option} needs a value"));
            match option {
                "--help" | "-h" => return Ok(Self::Help),
                "--list" => return Ok(Self::List),
                "--quick" => typed.quick = true,
                "--only" => {
                    let names = value()?.to_str().ok_or("a name is not UTF-8")?;
                    typed.only.extend(names.split(',').map(str::to_owned));
                }
                "--json" => typed.outputs.json = Some(value()?.into()),
                "--markdown" => typed.outputs.markdown = Some(value()?.into()),
                "--plot" => typed.outputs.plot = Some(value()?.into()),
                "--from" => typed.from = Some(value()?.into()),
                "--folder" => typed.folder = Some(value()?.into()),
                "--rounds" => typed.rounds = Some(number(option, value()?)?),
                "--documents" => typed.documents = Some(number(option, value()?)?),
                "--seconds" => typed.seconds = Some(number(option, value()?)?),
                "--limit" => typed.limit = Some(number(option, value()?)?),
                _ => {
                    return Err(format!(
                        "there is no option {option}; --help prints those there are"
                    )
                    .into());
                }
            }
        }
        typed.understood(contenders)
    }
}

fn number<T: std::str::FromStr>(option: &str, value: &OsString) -> Outcome<T> {
    let number = value.to_str().and_then(|value| value.parse().ok());
    number.ok_or_else(|| format!("{option} needs a number").into())
}

impl Typed {
    fn understood(self, contenders: &[Contender]) -> Outcome<Arguments> {
        let (workloads, contenders) = self.chosen(contenders)?;
        if let Some(from) = self.from {
            return Ok(Arguments::Report(from, self.outputs));
        }
        let scale = if self.quick { QUICK } else { FULL };
        let scale = Scale {
            documents: self.documents.unwrap_or(scale.documents),
            seconds: self.seconds.unwrap_or(scale.seconds),
        };
        if scale.documents == 0 || self.rounds == Some(0) || !(0.0..1e6).contains(&scale.seconds) {
            return Err("there must be documents, rounds and a time to measure".into());
        }
        let limit = if self.quick { QUICK_LIMIT } else { LIMIT };
        let run = Run {
            workloads,
            contenders,
            scale,
            rounds: self.rounds.unwrap_or(ROUNDS),
            limit: self.limit.map_or(limit, Duration::from_secs),
            folder: self.folder.unwrap_or_else(std::env::temp_dir),
        };
        Ok(Arguments::Run(run, self.outputs))
    }

    /// Which workloads and contenders were named; all of those of which none was.
    fn chosen(&self, contenders: &[Contender]) -> Outcome<(Vec<Workload>, Vec<&'static str>)> {
        let mut names = contenders
            .iter()
            .map(|contender| contender.name)
            .collect::<Vec<_>>();
        let mut workloads = Workload::ALL.to_vec();
        for name in &self.only {
            if !names.contains(&name.as_str()) && Workload::by_name(name).is_none() {
                return Err(format!(
                    "there is no workload or database {name}; --list prints those there are"
                )
                .into());
            }
        }
        let is_named = |name: &str| self.only.iter().any(|only| only == name);
        if names.iter().any(|name| is_named(name)) {
            names.retain(|name| is_named(name));
        }
        if workloads.iter().any(|workload| is_named(workload.name())) {
            workloads.retain(|workload| is_named(workload.name()));
        }
        Ok((workloads, names))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contender::Rows;

    fn contenders() -> Vec<Contender> {
        let contender = |name| Contender {
            name,
            version: "1",
            row: "",
            settings: "",
            view: None,
            open: |_, _: Rows| Err("never".into()),
        };
        vec![contender("one"), contender("two")]
    }

    fn parse(arguments: &str) -> Outcome<Arguments> {
        let arguments = arguments.split_whitespace().map(OsString::from);
        Arguments::parse(&arguments.collect::<Vec<_>>(), &contenders())
    }

    fn run(arguments: &str) -> (Run, Outputs) {
        match parse(arguments).unwrap() {
            Arguments::Run(run, outputs) => (run, outputs),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn without_arguments_everything_is_measured() {
        let (run, outputs) = run("");
        assert_eq!(run.workloads, Workload::ALL);
        assert_eq!(run.contenders, ["one", "two"]);
        assert_eq!(run.scale, FULL);
        assert_eq!(run.rounds, 3);
        assert_eq!(outputs, Outputs::default());
    }

    #[test]
    fn sizes_can_be_given_beside_quick() {
        let (run, outputs) = run("--rounds 5 --quick --documents 7 --json a --plot b --limit 9");
        assert_eq!(run.scale.documents, 7);
        assert_eq!(run.scale.seconds.to_bits(), QUICK.seconds.to_bits());
        assert_eq!(run.rounds, 5);
        assert_eq!(run.limit, Duration::from_secs(9));
        assert_eq!(outputs.json, Some("a".into()));
        assert_eq!(outputs.plot, Some("b".into()));
    }

    #[test]
    fn only_chooses_workloads_and_databases() {
        let (some, _) = run("--only get,two --only bulk");
        assert_eq!(some.workloads, [Workload::Bulk, Workload::Get]);
        assert_eq!(some.contenders, ["two"]);
        let (some, _) = run("--only one");
        assert_eq!(some.workloads, Workload::ALL);
    }

    #[test]
    fn a_report_needs_no_measurement() {
        let expected = Outputs {
            markdown: Some("b".into()),
            ..Outputs::default()
        };
        assert_eq!(
            parse("--from a --markdown b").unwrap(),
            Arguments::Report("a".into(), expected)
        );
        assert_eq!(parse("--list").unwrap(), Arguments::List);
        assert_eq!(parse("--quick --help").unwrap(), Arguments::Help);
    }

    #[test]
    fn mistakes_are_told() {
        for (arguments, mention) in [
            ("--fast", "--fast"),
            ("--only three", "three"),
            ("--rounds", "--rounds needs a value"),
            ("--rounds many", "--rounds needs a number"),
            ("--rounds 0", "rounds"),
            ("--documents 0", "documents"),
            ("--seconds -1", "time"),
            ("--seconds NaN", "time"),
        ] {
            let error = parse(arguments).unwrap_err().to_string();
            assert!(error.contains(mention), "{arguments}: {error}");
        }
    }
}
