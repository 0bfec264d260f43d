//! Rules about the repository itself: who may depend on whom, and what every source file keeps to.
//!
//! Each rule is a function from what it judges to a list of [`Finding`]s, so that its tests can hand it something
//! made up. `tests/repository.rs` applies all of them to this repository; `cargo run -p bonsaidb-tidy` prints them,
//! and the longest files, which are nothing but a list to discuss.

mod code;
mod dependencies;
mod modules;
mod rules;
mod workspace;

use std::fmt::{self, Display};
use std::io;
use std::path::PathBuf;

pub use self::workspace::Workspace;

/// Something to mend.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file or package it is about.
    pub place: String,
    /// What is wrong, and what to do.
    pub problem: String,
}

impl Finding {
    fn new(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            problem: problem.into(),
        }
    }
}

impl Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

/// Applies every rule.
///
/// # Errors
///
/// If a file cannot be read.
pub fn check(workspace: &Workspace) -> io::Result<Vec<Finding>> {
    let mut findings = dependencies::check(&workspace.packages);
    findings.extend(rules::manifests(workspace)?);
    for source in workspace.sources()? {
        let text = std::fs::read_to_string(workspace.root.join(&source))?;
        findings.extend(rules::source(&source.to_string_lossy(), &text));
    }
    findings.extend(modules::check(workspace)?);
    findings.sort();
    Ok(findings)
}

/// Returns the number of lines of each source file, the longest first.
///
/// # Errors
///
/// If a file cannot be read.
pub fn sizes(workspace: &Workspace) -> io::Result<Vec<(usize, PathBuf)>> {
    let mut sizes = Vec::new();
    for source in workspace.sources()? {
        let text = std::fs::read_to_string(workspace.root.join(&source))?;
        sizes.push((text.lines().count(), source));
    }
    sizes.sort_by(|a, b| b.cmp(a));
    Ok(sizes)
}
