//! What was measured on: as much as `/proc` and a few programs say, nothing where they do not.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;

use serde::{Deserialize, Serialize};

use crate::resources;

/// A machine and the time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// In UTC.
    pub date: String,
    pub processor: String,
    pub threads: usize,
    pub memory_bytes: Option<u64>,
    pub system: String,
    /// Of the folder with the databases.
    pub file_system: String,
    pub compiler: String,
    /// The commit of this repository, with `-dirty` if files differ from it.
    pub commit: String,
    pub profile: String,
}

impl Machine {
    pub(crate) fn of(folder: &Path) -> Self {
        let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let processor = cpu.lines().find(|line| line.starts_with("model name"));
        let processor = processor.and_then(|line| line.split_once(':'));
        let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        Self {
            date: answer("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
            processor: processor
                .map(|(_, name)| name.trim().to_owned())
                .unwrap_or_default(),
            threads: thread::available_parallelism().map_or(0, usize::from),
            memory_bytes: resources::number(&memory, "MemTotal:").map(|kibibytes| kibibytes * 1024),
            system: answer("uname", &["-sr"]),
            file_system: file_system(folder),
            compiler: answer("rustc", &["--version"]),
            commit: commit(),
            profile: if cfg!(debug_assertions) {
                "debug"
            } else {
                "release"
            }
            .to_owned(),
        }
    }
}

fn file_system(folder: &Path) -> String {
    let folder = folder.to_string_lossy();
    let names = answer("df", &["--output=fstype", &folder]);
    names.lines().last().unwrap_or_default().to_owned()
}

fn commit() -> String {
    let here = env!("CARGO_MANIFEST_DIR");
    answer(
        "git",
        &["-C", here, "describe", "--always", "--dirty", "--exclude=*"],
    )
}

/// Returns the load of the machine over the last minute.
pub(crate) fn load() -> Option<f64> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

/// Returns what a program prints; nothing if it is not there or fails.
fn answer(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let output = output.ok().filter(|output| output.status.success());
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.unwrap_or_default()
}
