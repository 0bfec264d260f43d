//! What the operating system has counted for this process. On Linux only; elsewhere nothing is known.

use std::fs;

/// Returns the most memory that was resident at any one time.
pub(crate) fn peak_memory_bytes() -> Option<u64> {
    let kibibytes = field("/proc/self/status", "VmHWM:")?;
    kibibytes.checked_mul(1024)
}

/// Returns the bytes that this process had the disk write, in whole pages.
pub(crate) fn written_bytes() -> Option<u64> {
    field("/proc/self/io", "write_bytes:")
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
    #[cfg(target_os = "linux")]
    fn linux_counts() {
        assert!(peak_memory_bytes().unwrap() > 100_000);
        assert!(written_bytes().is_some());
    }
}
