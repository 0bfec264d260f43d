//! What was typed on the command line.

use std::error::Error;
use std::ffi::OsString;
use std::path::PathBuf;

pub const USAGE: &str = "\
Imports earthquake reports into a database on disk and tells what is in it.

usage: earthquakes [FILE] [--data DIR]

  FILE        a GeoJSON feed of the USGS (default: one week of February 2018)
  --data DIR  where the database lives (default: in the system's temporary folder)";

const BUNDLED_FEED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/earthquakes/earthquakes.json");

/// What to import, and where the database is.
pub struct Arguments {
    pub file: PathBuf,
    pub data: PathBuf,
}

impl Arguments {
    /// Reads the arguments; `None` means that help is asked for.
    pub fn parse(
        words: impl IntoIterator<Item = OsString>,
    ) -> Result<Option<Self>, Box<dyn Error>> {
        let mut file = None;
        let mut data = None;
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let (slot, value) = match word.to_str() {
                Some("-h" | "--help") => return Ok(None),
                Some("--data") => {
                    let folder = words.next().ok_or("`--data` needs the name of a folder")?;
                    (&mut data, folder)
                }
                Some(option) if option.starts_with('-') => {
                    return Err(format!("unknown option `{option}`; `--help` lists them").into());
                }
                _ => (&mut file, word),
            };
            if slot.replace(PathBuf::from(value)).is_some() {
                return Err("one FILE and one `--data DIR` at most; `--help` explains".into());
            }
        }
        Ok(Some(Self {
            file: file.unwrap_or_else(|| BUNDLED_FEED.into()),
            data: data.unwrap_or_else(|| std::env::temp_dir().join("earthquakes.bonsaidb")),
        }))
    }
}
