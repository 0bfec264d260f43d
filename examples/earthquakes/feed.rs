//! Reading a feed as the USGS publishes it: GeoJSON, one feature a report.
//!
//! Other people's feeds leave things out. Whatever is missing or of another type is simply not known, except for
//! the id: without it a report could not be told from the others.

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::schema::Earthquake;

/// Reads every report in the file, in its order.
///
/// A report that stands there twice counts once; two different ones with the same id are an error.
pub fn read(path: &Path) -> Result<Vec<Earthquake>, Box<dyn Error>> {
    let text =
        fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    earthquakes(&text).map_err(|problem| format!("{}: {problem}", path.display()).into())
}

fn earthquakes(text: &[u8]) -> Result<Vec<Earthquake>, String> {
    let feed =
        serde_json::from_slice::<Value>(text).map_err(|error| format!("not JSON: {error}"))?;
    let features = feed["features"]
        .as_array()
        .ok_or("not a GeoJSON feed: it has no list of features")?;

    let mut seen = HashMap::new();
    let mut earthquakes = Vec::with_capacity(features.len());
    for (index, feature) in features.iter().enumerate() {
        let id = id(feature).ok_or_else(|| format!("report {} has no id", index + 1))?;
        match seen.insert(id.clone(), feature) {
            None => earthquakes.push(earthquake(id, feature)),
            Some(earlier) if earlier == feature => {}
            Some(_) => return Err(format!("report {id} appears twice with different contents")),
        }
    }
    Ok(earthquakes)
}

fn id(feature: &Value) -> Option<String> {
    match &feature["id"] {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

fn earthquake(id: String, feature: &Value) -> Earthquake {
    let properties = &feature["properties"];
    let coordinates = feature["geometry"]["coordinates"].as_array();
    Earthquake {
        id,
        magnitude: properties["mag"].as_f64(),
        place: properties["place"].as_str().map(str::to_owned),
        coordinates: coordinates
            .into_iter()
            .flatten()
            .map_while(Value::as_f64)
            .collect(),
        time_ms: properties["time"].as_i64(),
        updated_ms: properties["updated"].as_i64(),
        felt: properties["felt"].as_u64(),
    }
}
