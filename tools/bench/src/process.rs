//! This program started again, for one measurement, or to write until it is killed.

use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::contender::{Contender, Failure, Outcome};
use crate::measure::{self, Measurement, Scale};
use crate::workload::Workload;

const MEASURE: &str = "internal-measure";
const WRITE: &str = "internal-write-until-killed";
const ASKED_EVERY: Duration = Duration::from_millis(5);

/// A measurement to be made by another process.
#[derive(Debug, Clone)]
pub(crate) struct Order<'a> {
    pub contender: &'a str,
    pub workload: Workload,
    pub folder: &'a Path,
    pub scale: Scale,
    pub seed: u64,
}

impl Order<'_> {
    /// Has the measurement made, in no more time than `limit`.
    pub(crate) fn carry_out(&self, limit: Duration) -> Outcome<Measurement> {
        let mut child = this_program()?
            .args(self.arguments())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let output = read_all(child.stdout.take());
        let errors = read_all(child.stderr.take());
        let started = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            if started.elapsed() > limit {
                child.kill()?;
                child.wait()?;
                return Err(format!("was not done after {} s", limit.as_secs()).into());
            }
            thread::sleep(ASKED_EVERY);
        };
        let output = output.join().map_err(|_| "reading its output panicked")?;
        let errors = errors.join().map_err(|_| "reading its errors panicked")?;
        if !status.success() {
            return Err(format!("{status}: {}", errors.trim()).into());
        }
        Ok(serde_json::from_str(&output)?)
    }

    fn arguments(&self) -> [OsString; 7] {
        [
            MEASURE.into(),
            self.contender.into(),
            self.workload.name().into(),
            self.folder.into(),
            self.scale.documents.to_string().into(),
            self.scale.seconds.to_string().into(),
            self.seed.to_string().into(),
        ]
    }
}

/// Returns this program to be started again: on Linux the very file that runs, even if it was built anew since.
pub(crate) fn this_program() -> Outcome<Command> {
    let running = Path::new("/proc/self/exe");
    if running.exists() {
        return Ok(Command::new(running));
    }
    Ok(Command::new(std::env::current_exe()?))
}

fn read_all(stream: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            // What came before an error is worth having, and the status tells the rest.
            let _ = stream.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

pub(crate) fn write_arguments(contender: &str, folder: &Path, first: u64) -> [OsString; 4] {
    [
        WRITE.into(),
        contender.into(),
        folder.into(),
        first.to_string().into(),
    ]
}

/// Does what a process started by [`Order::carry_out`] and the like has to do. `None` if this is no such process.
pub(crate) fn serve(contenders: &[Contender], arguments: &[OsString]) -> Option<Outcome> {
    let (first, rest) = arguments.split_first()?;
    match first.to_str()? {
        MEASURE => Some(serve_measure(contenders, rest)),
        WRITE => Some(serve_write(contenders, rest)),
        _ => None,
    }
}

fn serve_measure(contenders: &[Contender], arguments: &[OsString]) -> Outcome {
    let [name, workload, folder, documents, seconds, seed] = arguments else {
        return Err("six arguments are needed".into());
    };
    let workload = Workload::by_name(text(workload)?).ok_or("no such workload")?;
    let scale = Scale {
        documents: text(documents)?.parse()?,
        seconds: text(seconds)?.parse()?,
    };
    let contender = find(contenders, text(name)?)?;
    let seed = text(seed)?.parse()?;
    let measurement = measure::measure(contender, workload, &PathBuf::from(folder), scale, seed)?;
    println!("{}", serde_json::to_string(&measurement)?);
    Ok(())
}

fn serve_write(contenders: &[Contender], arguments: &[OsString]) -> Outcome {
    let [name, folder, first] = arguments else {
        return Err("three arguments are needed".into());
    };
    let contender = find(contenders, text(name)?)?;
    measure::write_until_killed(contender, &PathBuf::from(folder), text(first)?.parse()?)
}

fn find<'a>(contenders: &'a [Contender], name: &str) -> Outcome<&'a Contender> {
    let found = contenders.iter().find(|contender| contender.name == name);
    found.ok_or_else(|| "no such database".into())
}

fn text(argument: &OsString) -> Outcome<&str> {
    argument.to_str().ok_or_else(|| Failure::from("not UTF-8"))
}
