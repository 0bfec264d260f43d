//! One world's text: the token rules, recursively.

use proc_macro2::{Group, Literal, Punct, TokenStream, TokenTree};
use syn::{Error, Lit, Result};

use super::words::{blocking_ident, doc_text};
use super::{Tokens, World, bounds, extent, is, is_brackets, next_is, regroup};

/// A text and what was wrong with it. The text is usable in any case.
#[derive(Clone)]
pub struct Rewritten {
    pub text: TokenStream,
    mistakes: Option<Error>,
}

impl Rewritten {
    pub fn checked(self) -> Result<TokenStream> {
        self.mistakes.map_or(Ok(self.text), Err)
    }
}

/// The text of `source` in `world`. The names in `strip` are bounds that the blocking header loses; what is in parentheses,
/// brackets or braces is not the header.
pub fn rewrite(source: TokenStream, world: World, strip: &[String]) -> Rewritten {
    let mut rewriter = Rewriter {
        world,
        mistakes: None,
    };
    let text = rewriter.rewrite(source, strip);
    Rewritten {
        text,
        mistakes: rewriter.mistakes,
    }
}

struct Rewriter {
    world: World,
    mistakes: Option<Error>,
}

/// What becomes of an attribute.
enum Verdict {
    Keep(Group),
    Drop,
    /// It goes, and what it stands before as well.
    DropItem,
}

impl Rewriter {
    fn rewrite(&mut self, source: TokenStream, strip: &[String]) -> TokenStream {
        let mut source = source.into_iter().peekable();
        let mut out: Vec<TokenTree> = Vec::new();
        while let Some(token) = source.next() {
            match token {
                TokenTree::Punct(hash)
                    if hash.as_char() == '#' && source.peek().is_some_and(is_brackets) =>
                {
                    self.attribute(hash, &mut source, &mut out);
                }
                TokenTree::Group(group) => {
                    let inner = self.rewrite(group.stream(), &[]);
                    out.push(TokenTree::Group(regroup(&group, inner)));
                }
                token if self.world == World::Async => out.push(token),
                token => self.blocking_token(token, strip, &mut source, &mut out),
            }
        }
        out.into_iter().collect()
    }

    fn attribute(&mut self, hash: Punct, source: &mut Tokens, out: &mut Vec<TokenTree>) {
        let Some(TokenTree::Group(attribute)) = source.next() else {
            unreachable!("the caller saw brackets");
        };
        match self.judge(&attribute) {
            Verdict::Keep(attribute) => {
                out.extend([TokenTree::Punct(hash), TokenTree::Group(attribute)]);
            }
            Verdict::Drop => {}
            Verdict::DropItem => {
                while let [.., hash, brackets] = out.as_slice()
                    && is(hash, "#")
                    && is_brackets(brackets)
                {
                    out.truncate(out.len() - 2);
                }
                extent::take_item(source);
            }
        }
    }

    fn judge(&mut self, attribute: &Group) -> Verdict {
        let parts: Vec<TokenTree> = attribute.stream().into_iter().collect();
        match parts.as_slice() {
            [TokenTree::Ident(name), TokenTree::Group(which)] if name == "only" => {
                match (which.stream().to_string().as_str(), self.world) {
                    ("async", World::Async) | ("blocking", World::Blocking) => Verdict::Drop,
                    ("async" | "blocking", _) => Verdict::DropItem,
                    _ => {
                        self.mistake(which.span(), "expected `only(async)` or `only(blocking)`");
                        Verdict::Drop
                    }
                }
            }
            [TokenTree::Ident(name), equals, TokenTree::Literal(text)] if name == "doc" => {
                let Lit::Str(text) = Lit::new(text.clone()) else {
                    return Verdict::Keep(attribute.clone());
                };
                let Some(line) = doc_text(&text.value(), self.world) else {
                    return Verdict::Drop;
                };
                let mut line = Literal::string(&line);
                line.set_span(text.span());
                let parts = [parts[0].clone(), equals.clone(), line.into()];
                Verdict::Keep(regroup(attribute, parts.into_iter().collect()))
            }
            parts if self.world == World::Blocking && is_async_trait(parts) => Verdict::Drop,
            _ => Verdict::Keep(attribute.clone()),
        }
    }

    fn blocking_token(
        &mut self,
        token: TokenTree,
        strip: &[String],
        source: &mut Tokens,
        out: &mut Vec<TokenTree>,
    ) {
        match token {
            TokenTree::Punct(dot) if dot.as_char() == '.' && next_is(source, "await") => {
                source.next();
            }
            TokenTree::Punct(quote)
                if quote.as_char() == '\'' && next_is(source, "async_trait") =>
            {
                source.next();
                bounds::drop_bound(out, source);
            }
            TokenTree::Ident(word) if word == "async" => {
                if !["fn", "unsafe", "extern"]
                    .iter()
                    .any(|w| next_is(source, w))
                {
                    self.mistake(
                        word.span(),
                        "an `async` block or closure has no blocking form; use an `async fn`, or `#[only(async)]`",
                    );
                }
            }
            TokenTree::Ident(bound) if strip.iter().any(|name| bound == name) => {
                if !bounds::drop_bound(out, source) {
                    self.mistake(bound.span(), "this is no bound that could be stripped");
                }
            }
            TokenTree::Ident(name) => out.push(TokenTree::Ident(blocking_ident(name))),
            token => out.push(token),
        }
    }

    fn mistake(&mut self, at: proc_macro2::Span, text: &str) {
        let error = Error::new(at, format!("#[twin]: {text}"));
        match &mut self.mistakes {
            Some(mistakes) => mistakes.combine(error),
            None => self.mistakes = Some(error),
        }
    }
}

/// `async_trait` or `async_trait::async_trait`, with arguments or without.
fn is_async_trait(parts: &[TokenTree]) -> bool {
    let path = match parts.split_last() {
        Some((TokenTree::Group(_), path)) => path,
        _ => parts,
    };
    path.last().is_some_and(|last| is(last, "async_trait"))
        && path
            .iter()
            .all(|part| matches!(part, TokenTree::Ident(_)) || is(part, ":"))
}
