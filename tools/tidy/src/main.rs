//! Prints what is untidy in the repository, and which files are the longest. Fails if anything is untidy.

use std::error::Error;
use std::process::ExitCode;

use bonsaidb_tidy::Workspace;

const LONGEST: usize = 10;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let workspace = Workspace::load()?;
    let findings = bonsaidb_tidy::check(&workspace)?;
    for finding in &findings {
        println!("{finding}");
    }
    println!("The longest files, in lines:");
    for (lines, path) in bonsaidb_tidy::sizes(&workspace)?.into_iter().take(LONGEST) {
        println!("{lines:6}  {}", path.display());
    }
    Ok(if findings.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
