//! Numbers in as few bytes as they need: 7 bits a byte, least significant first, the top bit set
//! on all but the last byte.

/// Appends `value`.
pub(crate) fn push(mut value: u64, bytes: &mut Vec<u8>) {
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    #[allow(clippy::cast_possible_truncation)] // below 0x80
    bytes.push(value as u8);
}

/// Takes a number off the front, or returns `None` if there is none.
pub(crate) fn split(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            return None;
        }
        value |= bits << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_length_read_back() {
        let numbers = (0..64).flat_map(|shift| [1_u64 << shift, (1 << shift) - 1]);
        for value in numbers.chain([u64::MAX]) {
            let mut bytes = Vec::new();
            push(value, &mut bytes);
            bytes.push(7);
            let mut rest = &bytes[..];
            assert_eq!(split(&mut rest), Some(value));
            assert_eq!(rest, [7]);
        }
    }

    #[test]
    fn unfinished_or_too_large_numbers_are_refused() {
        for bytes in [
            &[][..],
            &[0x80],
            &[0xff; 9],
            &[0xff; 10],
            &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2],
        ] {
            assert_eq!(split(&mut &bytes[..]), None, "{bytes:?}");
        }
    }
}
