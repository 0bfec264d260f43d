//! Dead files: every Rust file is a target of Cargo's or a module of a file that is alive.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::Finding;
use crate::code::{code_of, is_part_of_name};
use crate::workspace::Workspace;

/// Looks for files that no target leads to.
pub(crate) fn check(workspace: &Workspace) -> io::Result<Vec<Finding>> {
    let targets = workspace
        .packages
        .iter()
        .flat_map(|package| package.targets.clone());
    let alive = reachable(targets.collect())?;
    let sources = workspace.sources()?.into_iter();
    let dead = sources.filter(|source| !alive.contains(&workspace.root.join(source)));
    let finding = |path: PathBuf| {
        Finding::new(
            path.to_string_lossy(),
            "is compiled into nothing: no `mod` leads to it",
        )
    };
    Ok(dead.map(finding).collect())
}

/// Returns the files that are compiled when `targets` are.
fn reachable(targets: Vec<PathBuf>) -> io::Result<BTreeSet<PathBuf>> {
    let mut alive = BTreeSet::new();
    let mut next = targets
        .into_iter()
        .map(|target| (target, true))
        .collect::<Vec<_>>();
    while let Some((path, owns_folder)) = next.pop() {
        if !alive.insert(path.clone()) {
            continue;
        }
        let text = fs::read_to_string(&path)?;
        for module in modules(&text) {
            let candidates = module.candidates(&path, owns_folder);
            for (file, owns_folder) in candidates.into_iter().filter(|(file, _)| file.is_file()) {
                next.push((file, owns_folder));
            }
        }
    }
    Ok(alive)
}

/// A module of which a file is said to be elsewhere.
#[derive(Debug, PartialEq)]
struct Module {
    /// The modules around it in the same file.
    within: Vec<String>,
    name: String,
    /// The path that an attribute gives.
    path: Option<String>,
}

impl Module {
    /// Returns where the file may be, and whether that file's own modules are beside it.
    fn candidates(&self, file: &Path, owns_folder: bool) -> Vec<(PathBuf, bool)> {
        let beside = file.parent().unwrap_or(Path::new(""));
        if let (Some(path), true) = (&self.path, self.within.is_empty()) {
            return vec![(normal(&beside.join(path)), true)];
        }
        let mut folder = if owns_folder {
            beside.to_owned()
        } else {
            file.with_extension("")
        };
        folder.extend(&self.within);
        match &self.path {
            Some(path) => vec![(normal(&folder.join(path)), true)],
            None => vec![
                (folder.join(format!("{}.rs", self.name)), false),
                (folder.join(&self.name).join("mod.rs"), true),
            ],
        }
    }
}

/// Takes `..` out of a path, without asking the disk.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path {
        if part == ".." {
            normal.pop();
        } else if part != "." {
            normal.push(part);
        }
    }
    normal
}

/// Finds the lines `mod name;` in a file.
fn modules(text: &str) -> Vec<Module> {
    let code = code_of(text);
    let mut modules = Vec::new();
    // For each open brace, the module that it opens, if it does.
    let mut open = Vec::<Option<String>>::new();
    let mut path = None;
    let mut at = 0;
    while at < code.len() {
        let rest = &code[at..];
        let word = rest.find(|c| !is_part_of_name(c)).unwrap_or(rest.len());
        if word > 0 {
            at += word;
            if &rest[..word] == "path" {
                path = literal_after_equals(text, &code, at).or(path);
            }
            let (true, Some((name, end))) = (&rest[..word] == "mod", name_after(&code, at)) else {
                continue;
            };
            at = end + 1;
            if code[end..].starts_with('{') {
                open.push(Some(name));
            } else if code[end..].starts_with(';') {
                let within = open.iter().flatten().cloned().collect();
                let path = path.take();
                modules.push(Module { within, name, path });
            }
            continue;
        }
        match rest.as_bytes()[0] {
            b'{' => open.push(None),
            b'}' => {
                open.pop();
            }
            b';' => path = None,
            _ => {}
        }
        at += rest.chars().next().map_or(1, char::len_utf8);
    }
    modules
}

/// Returns the name that begins after white space, and where its last white space ends.
fn name_after(code: &str, at: usize) -> Option<(String, usize)> {
    let start = at + code[at..].find(|c: char| !c.is_whitespace())?;
    let length = code[start..].find(|c| !is_part_of_name(c))?;
    let end = start + length;
    let end = end + code[end..].find(|c: char| !c.is_whitespace())?;
    (length > 0).then(|| (code[start..start + length].to_owned(), end))
}

/// Returns the literal in `= "literal"`.
fn literal_after_equals(text: &str, code: &str, at: usize) -> Option<String> {
    let value = code[at..].trim_start().strip_prefix('=')?;
    let value = text[code.len() - value.len()..]
        .trim_start()
        .strip_prefix('"')?;
    value.split_once('"').map(|(literal, _)| literal.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(within: &[&str], name: &str, path: Option<&str>) -> Module {
        Module {
            within: within.iter().copied().map(str::to_owned).collect(),
            name: name.to_owned(),
            path: path.map(str::to_owned),
        }
    }

    #[test]
    fn modules_are_found_where_they_are_declared() {
        let text =
            "//! mod a;\npub mod b;\n#[cfg(test)]\nmod c ;\nmod d { fn e() {} mod f; }\nmod g;";
        let found = [
            module(&[], "b", None),
            module(&[], "c", None),
            module(&["d"], "f", None),
            module(&[], "g", None),
        ];
        assert_eq!(modules(text), found);
    }

    #[test]
    fn a_path_belongs_to_the_module_after_it() {
        let text = "#[path = \"x/y.rs\"]\nmod a;\nlet path = \"z\"; mod b;";
        let found = [module(&[], "a", Some("x/y.rs")), module(&[], "b", None)];
        assert_eq!(modules(text), found);
    }

    #[test]
    fn files_are_looked_for_where_the_compiler_does() {
        let files = |module: &Module, file: &str, owns_folder| {
            let candidates = module.candidates(Path::new(file), owns_folder);
            candidates
                .into_iter()
                .map(|(path, _)| path)
                .collect::<Vec<_>>()
        };
        let a = module(&[], "a", None);
        assert_eq!(
            files(&a, "s/lib.rs", true),
            [Path::new("s/a.rs"), Path::new("s/a/mod.rs")]
        );
        assert_eq!(
            files(&a, "s/b.rs", false),
            [Path::new("s/b/a.rs"), Path::new("s/b/a/mod.rs")]
        );
        let inner = module(&["m"], "a", None);
        assert_eq!(files(&inner, "s/b.rs", false)[0], Path::new("s/b/m/a.rs"));
        let path = module(&[], "a", Some("../t/c.rs"));
        assert_eq!(files(&path, "s/b.rs", false), [Path::new("t/c.rs")]);
    }
}
