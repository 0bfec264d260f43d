//! A week of the world's earthquakes: import a file of reports, then ask views about them.
//!
//! ```text
//! cargo run --release --example earthquakes [-- [FILE] [--data DIR]]
//! ```
//!
//! What it shows, and where:
//!
//! - a collection whose documents have ids of their own, and four views: `schema.rs`
//! - comparing what is new with what is stored, and writing all of it in one transaction: `import.rs`
//! - counting, summing and ranking through views: `report.rs`
//!
//! The rest is everyday Rust: `arguments.rs`, `feed.rs` for reading the file, `calendar.rs` for naming days.

mod arguments;
mod calendar;
mod feed;
mod import;
mod report;
mod schema;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use bonsaidb::local::Database;
use bonsaidb::local::config::{Builder, StorageConfiguration};

use crate::arguments::Arguments;
use crate::schema::Earthquake;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("earthquakes: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let Some(arguments) = Arguments::parse(std::env::args_os().skip(1))? else {
        println!("{}", arguments::USAGE);
        return Ok(());
    };
    // The whole file is read and checked before the database is touched.
    let earthquakes = feed::read(&arguments.file)?;

    let data = &arguments.data;
    let database = Database::open::<Earthquake>(StorageConfiguration::new(data))
        .map_err(|error| format!("cannot open the database {}: {error}", data.display()))?;
    let imported = import::import(earthquakes, &database)?;

    let mut out = io::stdout().lock();
    writeln!(out, "database: {}", data.display())?;
    writeln!(out, "{imported}")?;
    report::print(&database, &mut out)
}
