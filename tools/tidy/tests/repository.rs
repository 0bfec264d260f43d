//! This repository keeps its rules.

use bonsaidb_tidy::Workspace;

#[test]
fn the_repository_is_tidy() {
    let workspace = Workspace::load().expect("Cargo describes the workspace");
    let findings = bonsaidb_tidy::check(&workspace).expect("every file can be read");
    let lines = findings.iter().map(|finding| format!("\n  {finding}"));
    assert!(findings.is_empty(), "{}", lines.collect::<String>());
}
