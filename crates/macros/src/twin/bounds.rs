//! Removing one bound from a list of bounds.

use proc_macro2::{Delimiter, TokenTree};

use super::{Tokens, is, next_is};

/// Forgets the bound that stood between `out` and `source`, with the path that led to it and the `+` that joined it to its
/// neighbours. If it was the only one, its `:` goes too, and in a where clause the whole `T: Bound,`.
///
/// Answers false if there was no bound at this place.
pub fn drop_bound(out: &mut Vec<TokenTree>, source: &mut Tokens) -> bool {
    while ends_with_path(out) {
        out.truncate(out.len() - 2);
        if matches!(out.last(), Some(TokenTree::Ident(_))) {
            out.pop();
        }
    }
    match out.last() {
        Some(last) if is(last, "+") => {
            out.pop();
            true
        }
        Some(last) if is(last, ":") && next_is(source, "+") => {
            source.next();
            true
        }
        Some(last) if is(last, ":") => {
            drop_last_bound(out, source);
            true
        }
        _ => false,
    }
}

fn ends_with_path(out: &[TokenTree]) -> bool {
    matches!(out, [.., first, second] if is(first, ":") && is(second, ":"))
}

fn drop_last_bound(out: &mut Vec<TokenTree>, source: &mut Tokens) {
    if let Some(start) = predicate_start(out) {
        out.truncate(start);
        if next_is(source, ",") {
            source.next();
        }
    } else {
        out.pop();
    }
}

/// Where the predicate begins whose `:` is last in `out`; `None` if this is no where clause, but supertraits or a generic
/// parameter.
fn predicate_start(out: &[TokenTree]) -> Option<usize> {
    let mut start = None;
    let mut angles = 0_usize;
    for (at, token) in out.iter().enumerate().rev() {
        if ends_item(token) {
            return None;
        }
        let is_arrow = at > 0 && (is(&out[at - 1], "-") || is(&out[at - 1], "="));
        if is(token, ">") && !is_arrow {
            angles += 1;
        } else if is(token, "<") {
            angles = angles.checked_sub(1)?;
        } else if angles == 0 && is(token, "where") {
            return Some(start.unwrap_or(at + 1));
        } else if angles == 0 && is(token, ",") {
            start = start.or(Some(at + 1));
        }
    }
    None
}

fn ends_item(token: &TokenTree) -> bool {
    is(token, ";")
        || matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}
