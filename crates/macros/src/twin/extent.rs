//! Where the thing ends that `#[only(..)]` stands before.
//!
//! | it begins with | it ends with |
//! |---|---|
//! | `fn`, `impl`, `trait`, `struct` and the like | `;` or its braces |
//! | `let`, `use`, `const`, `static`, `type` | `;` |
//! | `if`, `match`, `loop`, a block and the like | its braces, unless `else`, `.` or another operator continues it |
//! | anything else: a field, a variant, an arm, an initialiser, an expression | `;`, `,` outside `<>`, the braces of an arm or of a macro call |
//!
//! The commas in `|a, b| ..` and in `a < b, c` are beyond counting; such an initialiser needs parentheses.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

use super::{Tokens, is, is_brackets, next_is};

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Item,
    Declaration,
    Block,
    Other,
}

/// Takes the attributes, and all up to and including what ends the thing after them.
pub fn take_item(source: &mut Tokens) -> TokenStream {
    let mut item = take_prefix(source);
    let kind = kind(source);
    let mut angles = 0_usize;
    while let Some(token) = source.next() {
        count_angles(&token, &item, source, &mut angles);
        let comma_ends = kind == Kind::Other && angles == 0;
        let is_end = if is_braces(&token) {
            braces_end(kind, &item) && !continues(source)
        } else {
            is(&token, ";") || (comma_ends && is(&token, ","))
        };
        let is_unterminated = is_end && is_braces(&token);
        item.push(token);
        if is_unterminated && (next_is(source, ";") || (comma_ends && next_is(source, ","))) {
            item.extend(source.next());
        }
        if is_end {
            break;
        }
    }
    item.into_iter().collect()
}

/// Attributes, visibility and a loop's label: they say nothing about what follows.
fn take_prefix(source: &mut Tokens) -> Vec<TokenTree> {
    let mut prefix = Vec::new();
    while let Some(token) = source.peek() {
        let belongs = match prefix.as_slice() {
            [.., hash] if is(hash, "#") => is_brackets(token),
            [.., quote] if is(quote, "'") => true,
            [.., quote, _] if is(quote, "'") && is(token, ":") => true,
            [.., public] if is(public, "pub") && is_scope(token) => true,
            _ => ["#", "pub", "'"].iter().any(|start| is(token, start)),
        };
        if !belongs {
            break;
        }
        prefix.extend(source.next());
    }
    prefix
}

/// Whether this is the `(crate)` of `pub(crate)` and the like, not the type of a tuple's field.
fn is_scope(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else {
        return false;
    };
    group.delimiter() == Delimiter::Parenthesis
        && group.stream().into_iter().next().is_some_and(|first| {
            ["crate", "super", "self", "in"]
                .iter()
                .any(|scope| is(&first, scope))
        })
}

fn kind(source: &mut Tokens) -> Kind {
    let mut ahead = source.clone();
    let word = match ahead.next() {
        Some(TokenTree::Ident(word)) => word.to_string(),
        Some(braces) if is_braces(&braces) => return Kind::Block,
        _ => return Kind::Other,
    };
    let next = ahead.next();
    let next_is = |text: &str| next.as_ref().is_some_and(|next| is(next, text));
    let before_word = matches!(next, Some(TokenTree::Ident(_)));
    match word.as_str() {
        "const" if ["fn", "unsafe", "async", "extern"].into_iter().any(next_is) => Kind::Item,
        "fn" | "impl" | "trait" | "struct" | "enum" | "mod" | "extern" => Kind::Item,
        "unsafe" | "async" | "union" | "auto" | "default" if before_word => Kind::Item,
        "macro_rules" if next_is("!") => Kind::Item,
        "let" | "use" | "const" | "static" | "type" => Kind::Declaration,
        "if" | "match" | "loop" | "while" | "for" | "unsafe" | "async" => Kind::Block,
        _ => Kind::Other,
    }
}

/// `<` opens and `>` closes; the characters of `->`, `=>`, `<=` and `>=` do neither.
fn count_angles(
    current: &TokenTree,
    before: &[TokenTree],
    source: &mut Tokens,
    angles: &mut usize,
) {
    let TokenTree::Punct(punct) = current else {
        return;
    };
    let is_compared = punct.spacing() == Spacing::Joint && next_is(source, "=");
    let is_arrow = matches!(before.last(), Some(TokenTree::Punct(last))
        if last.spacing() == Spacing::Joint && matches!(last.as_char(), '-' | '='));
    match punct.as_char() {
        '<' if !is_compared => *angles += 1,
        '>' if !is_compared && !is_arrow => *angles = angles.saturating_sub(1),
        _ => {}
    }
}

fn braces_end(kind: Kind, before: &[TokenTree]) -> bool {
    match kind {
        Kind::Item | Kind::Block => true,
        Kind::Declaration => false,
        Kind::Other => match before {
            [.., equals, greater] if is(equals, "=") && is(greater, ">") => true,
            [.., bang] => is(bang, "!"),
            [] => false,
        },
    }
}

fn continues(source: &mut Tokens) -> bool {
    [".", "?", "=", "|", "else", "in"]
        .iter()
        .any(|operator| next_is(source, operator))
}

fn is_braces(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}
