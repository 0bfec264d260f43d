//! What Cargo knows of this workspace, and which files are in it.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

use serde_json::Value;

/// Folders whose Rust files are judged.
const JUDGED: [&str; 3] = ["crates", "tools", "examples"];

/// Folders that are workspaces of their own, so that nobody builds what they need who does not ask for it.
const APART: [&str; 1] = ["tools/bench-peers"];

/// This workspace, and those that live in it.
#[derive(Debug)]
pub struct Workspace {
    /// The folder of the workspace.
    pub root: PathBuf,
    /// The manifests that say what is common to packages.
    pub(crate) manifests: Vec<PathBuf>,
    pub(crate) packages: Vec<Package>,
}

#[derive(Debug)]
pub(crate) struct Package {
    pub name: String,
    pub manifest: PathBuf,
    /// The first file of each library, program, test, example and build script.
    pub targets: Vec<PathBuf>,
    pub dependencies: Vec<Dependency>,
}

/// A dependency of one package of this workspace on another one.
#[derive(Debug)]
pub(crate) struct Dependency {
    pub name: String,
    pub only_for_development: bool,
}

impl Workspace {
    /// Asks Cargo about the workspace that this program was built in.
    ///
    /// # Errors
    ///
    /// If Cargo cannot be asked or does not answer.
    pub fn load() -> Result<Self, Box<dyn Error>> {
        let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let (root, mut packages) = metadata(Path::new(manifest))?;
        let mut manifests = vec![root.join("Cargo.toml")];
        for folder in APART {
            let manifest = root.join(folder).join("Cargo.toml");
            packages.extend(metadata(&manifest)?.1);
            manifests.push(manifest);
        }
        Ok(Self {
            root,
            manifests,
            packages,
        })
    }

    /// Returns the paths of all Rust files to be judged, relative to the root.
    pub(crate) fn sources(&self) -> io::Result<Vec<PathBuf>> {
        let mut sources = Vec::new();
        for folder in JUDGED {
            collect(&self.root.join(folder), &mut sources)?;
        }
        sources.sort();
        let relative = |path: PathBuf| path.strip_prefix(&self.root).map(Path::to_path_buf);
        Ok(sources
            .into_iter()
            .filter_map(|path| relative(path).ok())
            .collect())
    }
}

/// Asks Cargo about the workspace that `manifest` belongs to.
fn metadata(manifest: &Path) -> Result<(PathBuf, Vec<Package>), Box<dyn Error>> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .arg("--manifest-path")
        .arg(manifest)
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let metadata = serde_json::from_slice::<Value>(&output.stdout)?;
    let packages = metadata["packages"].as_array().ok_or("no packages")?;
    let packages = packages.iter().map(package).collect::<Result<_, _>>()?;
    Ok((text(&metadata["workspace_root"])?.into(), packages))
}

fn package(package: &Value) -> Result<Package, String> {
    let paths = array(&package["targets"]).map(|target| Ok(text(&target["src_path"])?.into()));
    let ours = array(&package["dependencies"]).filter(|dependency| dependency["path"].is_string());
    Ok(Package {
        name: text(&package["name"])?.to_owned(),
        manifest: text(&package["manifest_path"])?.into(),
        targets: paths.collect::<Result<_, String>>()?,
        dependencies: ours
            .map(|dependency| {
                Ok(Dependency {
                    name: text(&dependency["name"])?.to_owned(),
                    only_for_development: dependency["kind"] == "dev",
                })
            })
            .collect::<Result<_, String>>()?,
    })
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> Result<&str, String> {
    let text = value.as_str();
    text.ok_or_else(|| format!("expected text instead of {value}"))
}

/// Adds the Rust files below `folder`. The inputs of UI tests are data: they do not compile, on purpose.
fn collect(folder: &Path, sources: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            if !path.ends_with("tests/ui") && !path.ends_with("target") {
                collect(&path, sources)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(path);
        }
    }
    Ok(())
}
