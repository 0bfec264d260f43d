//! Bringing reports into the database, all of them or none.

use std::fmt::{self, Display};
use std::time::Duration;

use bonsaidb::core::connection::Connection;
use bonsaidb::core::schema::SerializedCollection;
use bonsaidb::core::transaction::Transaction;
use indicatif::{ProgressBar, ProgressStyle};

use crate::schema::Earthquake;

/// What became of the reports.
#[derive(Default)]
pub struct Imported {
    new: usize,
    already_there: usize,
    /// Of those already there, how many the file told more recent news of.
    updated: usize,
    /// Of those already there, how many were more recent than in the file.
    kept: usize,
}

/// Stores the reports that are not there yet, and updates those of which there is news.
///
/// Networks revise their reports for weeks, so a later feed tells of the same earthquakes differently.
pub fn import(
    earthquakes: Vec<Earthquake>,
    database: &impl Connection,
) -> Result<Imported, bonsaidb::core::Error> {
    let progress = progress_bar(earthquakes.len());
    let mut imported = Imported::default();
    let mut transaction = Transaction::new();
    for earthquake in earthquakes {
        progress.inc(1);
        match Earthquake::get(&earthquake.id, database)? {
            None => {
                earthquake.push_in_transaction(&mut transaction)?;
                imported.new += 1;
            }
            Some(mut stored) => {
                imported.already_there += 1;
                if is_older(&earthquake, &stored.contents) {
                    imported.kept += 1;
                } else if earthquake != stored.contents {
                    stored.contents = earthquake;
                    stored.update_in_transaction(&mut transaction)?;
                    imported.updated += 1;
                }
            }
        }
    }
    progress.set_message("storing");
    // Nothing is stored before this line, and after it everything is.
    transaction.apply(database)?;
    progress.finish_and_clear();
    Ok(imported)
}

fn is_older(earthquake: &Earthquake, stored: &Earthquake) -> bool {
    match (earthquake.updated_ms, stored.updated_ms) {
        (Some(file), Some(stored)) => file < stored,
        _ => false,
    }
}

/// Makes a progress bar, which is shown on standard error if that is a terminal.
fn progress_bar(reports: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}");
    let progress = ProgressBar::new(reports as u64)
        .with_style(style.expect("the template is valid"))
        .with_message("comparing");
    progress.enable_steady_tick(Duration::from_millis(50));
    progress
}

impl Display for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            new,
            already_there,
            updated,
            kept,
        } = self;
        write!(f, "imported {new} reports ({already_there} already there)")?;
        if *updated > 0 {
            write!(f, "\nupdated {updated} of those already there")?;
        }
        if *kept > 0 {
            write!(
                f,
                "\nkept {kept} of those already there, which are newer than in the file"
            )?;
        }
        Ok(())
    }
}
