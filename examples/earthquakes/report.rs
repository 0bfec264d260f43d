//! Asking the database what it knows.

use std::error::Error;
use std::io::Write;

use bonsaidb::core::connection::Connection;
use bonsaidb::core::schema::{SerializedCollection, SerializedView};

use crate::calendar;
use crate::schema::{ByDay, ByMagnitude, ByWholeMagnitude, Earthquake, Felt, Magnitude};

/// Writes a summary of all earthquakes in the database.
pub fn print(database: &impl Connection, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    writeln!(out, "reports: {}", Earthquake::all(database).count()?)?;

    writeln!(out)?;
    for group in ByWholeMagnitude::entries(database).reduce_grouped()? {
        writeln!(out, "magnitude {}: {}", group.key, group.value)?;
    }

    writeln!(out)?;
    for group in ByDay::entries(database).reduce_grouped()? {
        writeln!(out, "{}: {}", calendar::date(group.key), group.value)?;
    }

    writeln!(out)?;
    let strongest = ByMagnitude::entries(database)
        .descending()
        .limit(1)
        .query_with_collection_docs()?;
    for mapping in &strongest {
        let earthquake = &mapping.document.contents;
        let place = earthquake.place.as_deref().unwrap_or("at an unknown place");
        let magnitude = earthquake.magnitude.unwrap_or_default();
        writeln!(out, "strongest: {} M{magnitude:.1} {place}", earthquake.id)?;
    }
    let strong = ByMagnitude::entries(database)
        .with_key_range(Magnitude::from(4.5)..)
        .reduce()?;
    writeln!(out, "magnitude 4.5 or more: {strong}")?;
    writeln!(out, "felt reports: {}", Felt::entries(database).reduce()?)?;
    Ok(())
}
