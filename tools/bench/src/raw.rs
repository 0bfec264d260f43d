//! The bare disk: 512 bytes appended to a file and synced, over and over. Durable writes are reported as ratios to it.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::contender::Outcome;
use crate::histogram::Histogram;
use crate::measure::nanoseconds;

const RECORD_BYTES: usize = 512;

/// What the disk did.
#[derive(Debug, Clone, Default)]
pub(crate) struct Raw {
    pub time: Duration,
    pub latencies: Histogram,
}

impl Raw {
    /// Appends to a new file in `folder` for `seconds`.
    pub(crate) fn measure(&mut self, folder: &Path, seconds: f64) -> Outcome {
        let path = folder.join("raw");
        let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
        let started = Instant::now();
        let mut last = started;
        while last - started < Duration::from_secs_f64(seconds) {
            file.write_all(&[0xa5; RECORD_BYTES])?;
            file.sync_data()?;
            let now = Instant::now();
            self.latencies.record(nanoseconds(now - last));
            last = now;
        }
        self.time += last - started;
        drop(file);
        fs::remove_file(&path)?;
        Ok(())
    }

    pub(crate) fn per_second(&self) -> f64 {
        #[allow(clippy::cast_precision_loss)]
        let appends = self.latencies.count() as f64;
        appends / self.time.as_secs_f64().max(1e-9)
    }
}
