//! Which package may depend on which.
//!
//! 1. A package depends on packages of a lower rank only. Dependencies for development are free.
//! 2. What a package must not know at all, it does not depend on, whatever the ranks say.
//! 3. Tools, and packages that tests consist of, are for development: no package depends on one otherwise.
//! 4. Every package has a rank.

use crate::Finding;
use crate::workspace::Package;

/// (package, rank, packages of a lower rank that it knows nothing of)
const RANKS: [(&str, u8, &[&str]); 13] = [
    ("bonsaidb-macros", 0, &[]),
    ("bonsaidb-store", 0, &[]),
    ("bonsaidb-core", 1, &["bonsaidb-store"]),
    ("bonsaidb-local", 2, &[]),
    ("bonsaidb-files", 2, &["bonsaidb-store"]),
    ("bonsaidb-client", 3, &["bonsaidb-local", "bonsaidb-store"]),
    ("bonsaidb-server", 3, &["bonsaidb-store"]),
    ("bonsaidb-cluster", 3, &[]),
    ("bonsaidb-keystorage-s3", 3, &["bonsaidb-store"]),
    ("bonsaidb", 4, &["bonsaidb-store"]),
    ("bonsaidb-examples", EXAMPLES, &[]),
    ("bonsaidb-bench", TOOLS, &["bonsaidb-store"]),
    ("bonsaidb-bench-peers", PEERS, &["bonsaidb-store"]),
];

const EXAMPLES: u8 = 5;
const TOOLS: u8 = 6;
/// What is built on a tool.
const PEERS: u8 = 7;

/// Checks the dependencies of all packages.
pub(crate) fn check(packages: &[Package]) -> Vec<Finding> {
    packages.iter().flat_map(package).collect()
}

fn package(package: &Package) -> Vec<Finding> {
    let Some((rank, unknown)) = rank(package) else {
        let problem = "has no rank; give it one in `tools/tidy/src/dependencies.rs`";
        return vec![Finding::new(&package.name, problem)];
    };
    let dependencies = package.dependencies.iter();
    dependencies
        .filter(|dependency| !dependency.only_for_development)
        .filter_map(|dependency| {
            let name = &dependency.name;
            let problem = match rank_by_name(name) {
                _ if unknown.contains(&name.as_str()) => format!("must know nothing of {name}"),
                Some((below, _)) if below < rank => return None,
                Some(_) => format!("must not depend on {name}, which is not of a lower rank"),
                None => format!("must not depend on {name}, which is for development only"),
            };
            Some(Finding::new(&package.name, problem))
        })
        .collect()
}

fn rank(package: &Package) -> Option<(u8, &'static [&'static str])> {
    let folder = package.manifest.iter().rev().nth(2);
    let is_for_development = folder.is_some_and(|folder| folder == "tools" || folder == "tests");
    rank_by_name(&package.name).or(is_for_development.then_some((TOOLS, &[])))
}

fn rank_by_name(name: &str) -> Option<(u8, &'static [&'static str])> {
    let row = RANKS.iter().find(|(package, ..)| *package == name);
    row.map(|(_, rank, unknown)| (*rank, *unknown))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Dependency;

    fn problems(name: &str, folder: &str, on: &str, only_for_development: bool) -> Vec<String> {
        let package = Package {
            name: name.to_owned(),
            manifest: format!("/repository/{folder}/{name}/Cargo.toml").into(),
            targets: Vec::new(),
            dependencies: vec![Dependency {
                name: on.to_owned(),
                only_for_development,
            }],
        };
        let findings = check(&[package]);
        findings
            .into_iter()
            .map(|finding| finding.to_string())
            .collect()
    }

    fn is_allowed(name: &str, on: &str) -> bool {
        problems(name, "crates", on, false).is_empty()
    }

    #[test]
    fn dependencies_point_to_lower_ranks() {
        assert!(is_allowed("bonsaidb-core", "bonsaidb-macros"));
        assert!(is_allowed("bonsaidb-local", "bonsaidb-store"));
        assert!(is_allowed("bonsaidb", "bonsaidb-local"));
        assert!(!is_allowed("bonsaidb-core", "bonsaidb-local"));
        assert!(
            !is_allowed("bonsaidb-store", "bonsaidb-macros"),
            "same rank"
        );
        assert!(!is_allowed("bonsaidb-core", "bonsaidb-examples"));
    }

    #[test]
    fn what_must_not_be_known_is_not() {
        let findings = problems("bonsaidb-client", "crates", "bonsaidb-local", false);
        assert_eq!(
            findings,
            ["bonsaidb-client: must know nothing of bonsaidb-local"]
        );
        assert!(!is_allowed("bonsaidb-core", "bonsaidb-store"));
    }

    #[test]
    fn dependencies_for_development_are_free() {
        assert!(problems("bonsaidb-store", "crates", "bonsaidb-testkit", true).is_empty());
        assert!(problems("bonsaidb-core", "crates", "bonsaidb-local", true).is_empty());
    }

    #[test]
    fn tools_are_for_development() {
        assert!(!is_allowed("bonsaidb-local", "bonsaidb-testkit"));
        assert!(problems("bonsaidb-testkit", "tools", "bonsaidb-core", false).is_empty());
        assert!(problems("renamed", "crates/core/tests", "bonsaidb-core", false).is_empty());
        assert!(!is_allowed("bonsaidb-local", "renamed"));
        assert!(!problems("bonsaidb-bench", "tools", "bonsaidb-testkit", false).is_empty());
        assert!(problems("bonsaidb-bench-peers", "tools", "bonsaidb-bench", false).is_empty());
        assert!(!problems("bonsaidb-testkit", "tools", "bonsaidb-bench", false).is_empty());
        assert!(!is_allowed("bonsaidb", "bonsaidb-bench"));
    }

    #[test]
    fn every_package_has_a_rank() {
        let findings = problems("bonsaidb-new", "crates", "bonsaidb-core", false);
        assert_eq!(findings.len(), 1);
        assert!(findings[0].contains("has no rank"));
    }
}
