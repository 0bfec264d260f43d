//! What was measured, for people.

mod markdown;
mod plot;

pub(crate) use markdown::markdown;
pub(crate) use plot::plot;

/// Returns a number with three significant digits or all digits before the point, in groups of three.
fn number(number: f64) -> String {
    let digits = match number.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    };
    let text = format!("{number:.digits$}");
    match text.split_once('.') {
        Some((whole, fraction)) => format!("{}.{fraction}", grouped(whole)),
        None => grouped(&text),
    }
}

/// Returns a whole number in groups of three digits.
fn count(count: u64) -> String {
    grouped(&count.to_string())
}

fn grouped(digits: &str) -> String {
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Returns a time with the unit that suits it.
fn time(microseconds: f64) -> String {
    if microseconds >= 1_000_000.0 {
        return format!("{} s", number(microseconds / 1_000_000.0));
    }
    if microseconds >= 1_000.0 {
        return format!("{} ms", number(microseconds / 1_000.0));
    }
    format!("{} us", number(microseconds))
}

/// Returns an amount of bytes with the unit that suits it.
fn bytes(bytes: f64) -> String {
    if bytes >= 10_240.0 * 1_024.0 {
        return format!("{} MiB", number(bytes / (1_024.0 * 1_024.0)));
    }
    if bytes >= 10_240.0 {
        return format!("{} KiB", number(bytes / 1_024.0));
    }
    format!("{} B", number(bytes.round()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_grouped() {
        assert_eq!(number(0.0), "0.000");
        assert_eq!(number(0.1234), "0.123");
        assert_eq!(number(1.234), "1.23");
        assert_eq!(number(12.34), "12.3");
        assert_eq!(number(999.4), "999");
        assert_eq!(number(1_234.0), "1,234");
        assert_eq!(number(12_345_678.9), "12,345,679");
        assert_eq!(number(-123_456.0), "-123,456");
        assert_eq!(count(10), "10");
        assert_eq!(count(1_000_000), "1,000,000");
    }

    #[test]
    fn units_suit() {
        assert_eq!(time(0.5), "0.500 us");
        assert_eq!(time(1_500.0), "1.50 ms");
        assert_eq!(time(2_000_000.0), "2.00 s");
        assert_eq!(bytes(9_000.0), "9,000 B");
        assert_eq!(bytes(1_024.0 * 500.0), "500 KiB");
        assert_eq!(bytes(1_024.0 * 1_024.0 * 20.0), "20.0 MiB");
    }
}
