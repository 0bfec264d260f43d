//! What the operating system has counted for this process. On Linux only; elsewhere nothing is known.

use std::fs;

/// Returns the most memory that was resident at any one time.
pub(crate) fn peak_memory_bytes() -> Option<u64> {
    let kibibytes = field("/proc/self/status", "VmHWM:")?;
    kibibytes.checked_mul(1024)
}

/// What has been used up to a moment.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Used {
    pub written_bytes: Option<u64>,
    pub processor_seconds: Option<f64>,
}

impl Used {
    pub(crate) fn now() -> Self {
        Self {
            written_bytes: written_bytes(),
            processor_seconds: processor_seconds(),
        }
    }
}

/// Returns the bytes that this process had the disk write, in whole pages.
fn written_bytes() -> Option<u64> {
    field("/proc/self/io", "write_bytes:")
}

/// Returns the processor time that this process has used in all its threads, in seconds.
fn processor_seconds() -> Option<f64> {
    processor_ticks(&fs::read_to_string("/proc/self/stat").ok()?)
        .map(|ticks| ticks / TICKS_PER_SECOND)
}

/// What Linux counts in here has been the same on every machine for long.
const TICKS_PER_SECOND: f64 = 100.0;

/// The name of the program is in parentheses and may contain anything; user and system time are 12th and 13th after it.
fn processor_ticks(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user = fields.next()?.parse::<f64>().ok()?;
    let system = fields.next()?.parse::<f64>().ok()?;
    Some(user + system)
}

fn field(path: &str, name: &str) -> Option<u64> {
    number(&fs::read_to_string(path).ok()?, name)
}

/// Returns the number after `name`, in the line that begins with it.
pub(crate) fn number(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_by_name() {
        let text = "VmPeak:\t  9 kB\nVmHWM:\t  123 kB\nwrite_bytes: 7\ncancelled_write_bytes: 8\n";
        assert_eq!(number(text, "VmHWM:"), Some(123));
        assert_eq!(number(text, "write_bytes:"), Some(7));
        assert_eq!(number(text, "VmSwap:"), None);
    }

    #[test]
    fn processor_time_is_found_behind_any_name() {
        let stat = "7 (a) b 1) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 1 0 123 456";
        assert_eq!(processor_ticks(stat), Some(300.0));
        assert_eq!(processor_ticks("7 (a) S 1"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn linux_counts() {
        assert!(peak_memory_bytes().unwrap() > 100_000);
        assert!(written_bytes().is_some());
        assert!(processor_seconds().is_some());
    }
}
