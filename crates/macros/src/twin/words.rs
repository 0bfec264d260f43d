//! Names and documentation lines of the blocking world, from those of the async world.

use proc_macro2::Ident;

use super::World;

/// The blocking name of an async name, or `None` if the name belongs to both worlds.
pub fn blocking_name(name: &str) -> Option<&str> {
    match name.strip_prefix("Async") {
        Some(rest) if rest.starts_with(char::is_uppercase) => Some(rest),
        _ => name.strip_suffix("_async").filter(|rest| !rest.is_empty()),
    }
}

pub fn blocking_ident(ident: Ident) -> Ident {
    let name = ident.to_string();
    match (blocking_name(&name), name.strip_prefix("r#")) {
        (None, _) => ident,
        (Some(name), None) => Ident::new(name, ident.span()),
        (Some(_), Some(raw)) => match blocking_name(raw) {
            Some(name) => Ident::new_raw(name, ident.span()),
            None => ident,
        },
    }
}

/// What a documentation attribute says in `world`: `None` if all of its lines belong to the other one.
pub fn doc_text(text: &str, world: World) -> Option<String> {
    let lines: Vec<String> = text
        .split('\n')
        .filter_map(|line| doc_line(line, world))
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn doc_line(line: &str, world: World) -> Option<String> {
    let text = line.trim_start();
    for (mark, owner) in [("@async", World::Async), ("@blocking", World::Blocking)] {
        if let Some(rest) = text.strip_prefix(mark)
            && (rest.is_empty() || rest.starts_with(' '))
        {
            let indent = &line[..line.len() - text.len()];
            return (owner == world)
                .then(|| format!("{indent}{}", rest.strip_prefix(' ').unwrap_or(rest)));
        }
    }
    Some(match world {
        World::Async => line.to_owned(),
        World::Blocking => blocking_line(line),
    })
}

fn blocking_line(line: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while !rest.is_empty() {
        let (word, after) = rest.split_at(rest.find(|c| !is_word(c)).unwrap_or(rest.len()));
        let (gap, after) = after.split_at(after.find(is_word).unwrap_or(after.len()));
        rest = after;
        match word {
            "await" if out.ends_with('.') => {
                out.pop();
                out.push_str(gap);
            }
            "async" if gap == " " && (rest == "fn" || rest.starts_with("fn ")) => {}
            word => {
                out.push_str(blocking_name(word).unwrap_or(word));
                out.push_str(gap);
            }
        }
    }
    out
}
