//! Which measurement comes when.
//!
//! A round does every workload with every database: all databases do a workload before anybody begins with the next one,
//! and each round begins with another database, so that a disturbance meets all of them alike. In a round, a database
//! loads its documents once, and the later workloads find what the earlier ones left. If only later ones were asked for,
//! those that are needed for them are done and not reported.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use crate::arguments::Run;
use crate::contender::{Contender, Outcome};
use crate::machine::{self, Machine};
use crate::measure::Measurement;
use crate::process::Order;
use crate::raw::Raw;
use crate::summary::{Collected, Summary};
use crate::workload::{Stage, Workload};

/// The part of a measurement's time that the bare disk gets before it, and again after it.
const RAW_SHARE: f64 = 0.25;

/// Makes all measurements. Calls `keep` with what there is after each round, so that nothing that happens later costs it.
pub(crate) fn run(
    contenders: &[Contender],
    run: &Run,
    keep: impl Fn(&Summary) -> Outcome,
) -> Outcome<Summary> {
    let folder = run.folder.join(format!("bonsaidb-bench-{}", process::id()));
    fs::create_dir_all(&folder)?;
    let mut collected = Collected::new(Machine::of(&folder), run);
    let done = (0..run.rounds).try_for_each(|number| {
        round(contenders, run, &folder, number, &mut collected)?;
        keep(&collected.summary(number + 1, contenders))
    });
    fs::remove_dir_all(&folder)?;
    done?;
    Ok(collected.summary(run.rounds, contenders))
}

fn round(
    contenders: &[Contender],
    run: &Run,
    folder: &Path,
    number: u64,
    collected: &mut Collected,
) -> Outcome {
    let chosen = contenders
        .iter()
        .filter(|contender| run.contenders.contains(&contender.name));
    let mut places = chosen
        .map(|contender| Place::new(contender, run, folder, number))
        .collect::<Vec<_>>();
    let (first, count) = (usize::try_from(number)?, places.len());
    for workload in &run.workloads {
        collected.load(machine::load());
        for turn in 0..count {
            let place = &mut places[(turn + first) % count];
            if workload.needs_view() && place.contender.view.is_none() {
                continue;
            }
            if let Err(error) = place.measure(*workload, collected) {
                let name = place.contender.name;
                eprintln!("{name} {}: {error}", workload.name());
                collected.failed(name, *workload, &error.to_string());
            }
        }
    }
    places.into_iter().try_for_each(Place::clear)
}

/// Where one database is in one round.
struct Place<'a> {
    contender: &'a Contender,
    run: &'a Run,
    folder: PathBuf,
    round: u64,
    /// What is in the folder; `None` after a failure.
    stage: Option<Stage>,
}

impl<'a> Place<'a> {
    fn new(contender: &'a Contender, run: &'a Run, folder: &Path, round: u64) -> Self {
        Self {
            contender,
            run,
            folder: folder.join(format!("{}-{round}", contender.name)),
            round,
            stage: Some(Stage::Empty),
        }
    }

    fn clear(self) -> Outcome {
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder)?;
        }
        Ok(())
    }

    fn measure(&mut self, workload: Workload, collected: &mut Collected) -> Outcome {
        let stage = workload.stage();
        if stage == Stage::Apart {
            let folder = self.folder.with_extension(workload.name());
            let reported = self.report(workload, &folder, collected);
            fs::remove_dir_all(&folder)?;
            return reported;
        }
        let has_views = self.contender.view.is_some();
        self.prepare(if has_views {
            stage
        } else {
            stage.min(Stage::Loaded)
        })?;
        self.report(workload, &self.folder.clone(), collected)
    }

    /// Does what was not asked for, but has to come before.
    fn prepare(&mut self, stage: Stage) -> Outcome {
        for workload in [Workload::Bulk, Workload::ViewBuild] {
            let there = self.stage.ok_or("what comes before has failed")?;
            if there < stage
                && workload
                    .leaves()
                    .is_some_and(|leaves| there < leaves && leaves <= stage)
            {
                eprintln!(
                    "   {:18} {:18} (to prepare)",
                    workload.name(),
                    self.contender.name
                );
                fs::create_dir_all(&self.folder)?;
                self.carry_out(workload, &self.folder.clone())?;
            }
        }
        Ok(())
    }

    /// Measures what is wanted, and the bare disk before and after it.
    fn report(&mut self, workload: Workload, folder: &Path, collected: &mut Collected) -> Outcome {
        fs::create_dir_all(folder)?;
        settle();
        let seconds = self.run.scale.seconds * RAW_SHARE;
        let mut raw = Raw::default();
        raw.measure(folder, seconds)?;
        let measurement = self.carry_out(workload, folder)?;
        raw.measure(folder, seconds)?;
        let (round, name) = (self.round + 1, self.contender.name);
        let per_second = measurement.per_second();
        eprintln!(
            "{round:2} {:18} {name:18} {per_second:14.1}/s",
            workload.name()
        );
        collected.add(name, workload, &measurement, &raw);
        Ok(())
    }

    fn carry_out(&mut self, workload: Workload, folder: &Path) -> Outcome<Measurement> {
        let before = self.stage;
        if workload.leaves().is_some() {
            // Nothing can be done with what is left if it fails.
            self.stage = None;
        }
        let order = Order {
            contender: self.contender.name,
            workload,
            folder,
            scale: self.run.scale,
            seed: self.round + 1,
        };
        let measurement = order.carry_out(self.run.limit)?;
        self.stage = workload.leaves().or(before);
        Ok(measurement)
    }
}

/// Has the system write what earlier measurements left to be written, so that the next one does not pay for it.
fn settle() {
    // Without the program, measurements are noisier, no more.
    let _ = Command::new("sync").status();
}
