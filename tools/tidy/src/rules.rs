//! What every source file and every manifest keeps to.

use std::fs;
use std::io;

use crate::Finding;
use crate::code::{code_of, is_part_of_name};
use crate::workspace::Workspace;

/// Macros that are for work in progress.
const UNFINISHED: [&str; 3] = ["todo", "unimplemented", "dbg"];

/// Checks one Rust file.
pub(crate) fn source(path: &str, text: &str) -> Vec<Finding> {
    let code = code_of(text);
    let mut problems = Vec::new();
    if !text.starts_with("//!") {
        problems.push("does not begin by saying what it is, in a line with `//!`".to_owned());
    }
    for name in UNFINISHED {
        for at in calls(&code, name) {
            problems.push(format!(
                "line {}: `{name}!` is unfinished work",
                line(&code, at)
            ));
        }
    }
    for at in calls(&code, "matches") {
        if is_statement(&code, at) {
            let line = line(&code, at);
            problems.push(format!(
                "line {line}: `matches!` does nothing by itself, assert it"
            ));
        }
    }
    let findings = problems.into_iter();
    findings
        .map(|problem| Finding::new(path, problem))
        .collect()
}

/// Checks that unsafe code is forbidden in every package.
pub(crate) fn manifests(workspace: &Workspace) -> io::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for path in &workspace.manifests {
        let manifest = fs::read_to_string(path)?;
        if !has_line(
            &manifest,
            "[workspace.lints.rust]",
            r#"unsafe_code = "forbid""#,
        ) {
            let path = path.strip_prefix(&workspace.root).unwrap_or(path);
            findings.push(Finding::new(
                path.to_string_lossy(),
                r#"lacks `unsafe_code = "forbid"` in the lints"#,
            ));
        }
    }
    for package in &workspace.packages {
        let manifest = fs::read_to_string(&package.manifest)?;
        if !has_line(&manifest, "[lints]", "workspace = true") {
            let problem = "does not take over the lints of the workspace";
            findings.push(Finding::new(&package.name, problem));
        }
    }
    Ok(findings)
}

/// Returns whether a manifest has `line` in `section`.
fn has_line(manifest: &str, section: &str, line: &str) -> bool {
    let mut lines = manifest
        .lines()
        .map(str::trim)
        .skip_while(|found| *found != section)
        .skip(1);
    lines
        .by_ref()
        .take_while(|found| !found.starts_with('['))
        .any(|found| found == line)
}

/// Returns where the macro `name` is called.
fn calls(code: &str, name: &str) -> impl Iterator<Item = usize> {
    let call = format!("{name}!");
    let found = code
        .match_indices(&call)
        .map(|(at, _)| at)
        .collect::<Vec<_>>();
    found.into_iter().filter(|at| {
        let before = code[..*at].chars().next_back();
        !before.is_some_and(is_part_of_name)
    })
}

/// Returns whether the macro call at `at` is a statement whose value goes nowhere.
fn is_statement(code: &str, at: usize) -> bool {
    let begins = code[..at].trim_end().ends_with([';', '{', '}']);
    begins && after_arguments(&code[at..]).is_some_and(|rest| rest.trim_start().starts_with(';'))
}

/// Returns what follows the arguments of a macro call.
fn after_arguments(call: &str) -> Option<&str> {
    let mut depth = 0_usize;
    for (at, character) in call.char_indices() {
        match character {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(&call[at + 1..]);
                }
            }
            _ => {}
        }
    }
    None
}

fn line(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let findings = source("a.rs", &format!("//! A file.\n{text}"));
        findings
            .into_iter()
            .map(|finding| finding.problem)
            .collect()
    }

    #[test]
    fn a_file_begins_by_saying_what_it_is() {
        assert!(source("a.rs", "//! A file.\nfn a() {}\n").is_empty());
        assert_eq!(source("a.rs", "// A file.\nfn a() {}\n").len(), 1);
        assert_eq!(source("a.rs", "").len(), 1);
    }

    #[test]
    fn unfinished_work_is_found_by_line() {
        let text = format!("fn a() {{\n    {}!()\n}}", "todo");
        assert_eq!(problems(&text), ["line 3: `todo!` is unfinished work"]);
        assert_eq!(problems(&format!("{}!(1);", "dbg")).len(), 1);
        assert!(problems("// todo!()\nlet a = \"todo!()\"; my_todo!();").is_empty());
    }

    #[test]
    fn matches_must_be_used() {
        assert_eq!(problems("fn a() { matches!(b, C { .. }); }").len(), 1);
        assert_eq!(
            problems("fn a() { b(); matches!(\n  b,\n  C\n)\n; }").len(),
            1
        );
        assert_eq!(problems("if a {}\nmatches!(b, C);").len(), 1);
        assert!(problems("assert!(matches!(b, C));").is_empty());
        assert!(problems("let a = matches!(b, C);").is_empty());
        assert!(problems("fn a() -> bool { matches!(b, C) }").is_empty());
        assert!(problems("fn a() -> bool { b; matches!(b, C) && c }").is_empty());
    }

    #[test]
    fn a_line_counts_in_its_section_only() {
        let manifest = "[a]\nb = 1\n\n[lints]\nworkspace = true\n[c]\n";
        assert!(has_line(manifest, "[lints]", "workspace = true"));
        assert!(!has_line(manifest, "[a]", "workspace = true"));
        assert!(!has_line(manifest, "[c]", "workspace = true"));
        assert!(!has_line(manifest, "[d]", "workspace = true"));
    }
}
