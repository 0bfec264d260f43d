//! Rust text with everything blanked that is not code, so that rules can look for words without being fooled.

/// Returns `text` with comments and the contents of literals replaced by spaces.
///
/// Every byte keeps its place, and so do line ends.
pub(crate) fn code_of(text: &str) -> String {
    let mut blanked = text.as_bytes().to_vec();
    let mut at = 0;
    while at < text.len() {
        let length = not_code(&text[at..], text[..at].chars().next_back());
        for byte in &mut blanked[at..at + length] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at += length.max(text[at..].chars().next().map_or(1, char::len_utf8));
    }
    String::from_utf8(blanked).expect("whole characters were replaced by spaces")
}

/// Returns the length of the comment or literal that `rest` begins with, or 0.
fn not_code(rest: &str, before: Option<char>) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return block_comment(rest);
    }
    if rest.starts_with('"') {
        return quoted(rest, '"');
    }
    if rest.starts_with('\'') {
        return character(rest);
    }
    if before.is_some_and(is_part_of_name) {
        return 0;
    }
    raw_string(rest)
}

pub(crate) fn is_part_of_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        let here = &rest[at..];
        let step = if here.starts_with("/*") {
            depth += 1;
            2
        } else if here.starts_with("*/") {
            depth -= 1;
            2
        } else {
            here.chars().next().map_or(1, char::len_utf8)
        };
        at += step;
        if depth == 0 {
            break;
        }
    }
    at
}

fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// A character literal, as opposed to a lifetime.
fn character(rest: &str) -> usize {
    let mut characters = rest.chars().skip(1);
    match (characters.next(), characters.next()) {
        (Some('\\'), _) | (Some(_), Some('\'')) => quoted(rest, '\''),
        _ => 0,
    }
}

/// `r"..."`, `r#"..."#` and so on, also of bytes and C strings.
fn raw_string(rest: &str) -> usize {
    let prefix = ["br", "cr", "r"]
        .into_iter()
        .find(|prefix| rest.starts_with(prefix));
    let Some(prefix) = prefix else { return 0 };
    let body = &rest[prefix.len()..];
    let hashes = body.bytes().take_while(|byte| *byte == b'#').count();
    if !body[hashes..].starts_with('"') {
        return 0;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    let start = prefix.len() + hashes + 1;
    let length = rest[start..].find(&end).map(|at| start + at + end.len());
    length.unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn keeps(text: &str, code: &str) {
        let blanked = code_of(text);
        assert_eq!(blanked.len(), text.len());
        assert_eq!(
            blanked.split_whitespace().collect::<Vec<_>>().join(" "),
            code
        );
    }

    #[test]
    fn comments_are_blanked() {
        keeps("a // b\nc", "a c");
        keeps("a /* b /* c */ d */ e", "a e");
        keeps("a /* b", "a");
        keeps("a //! ä\nb", "a b");
    }

    #[test]
    fn literals_are_blanked() {
        keeps(r#"a("b // c", d)"#, "a( , d)");
        keeps(r#"a("\"b", c)"#, "a( , c)");
        keeps(r##"a(r#"b"c"#, d)"##, "a( , d)");
        keeps(r#"a(br"\", b)"#, "a( , b)");
        keeps(r"a('\'', '{', 'ä')", "a( , , )");
        keeps("for r in rows {}", "for r in rows {}");
    }

    #[test]
    fn lifetimes_are_code() {
        keeps(
            "fn a<'b>(c: &'b str, d: &'static str) {}",
            "fn a<'b>(c: &'b str, d: &'static str) {}",
        );
    }

    #[test]
    fn lines_stay_where_they_are() {
        assert_eq!(code_of("/* a\nb */ c\n\"d\ne\""), "    \n     c\n  \n  ");
    }
}
