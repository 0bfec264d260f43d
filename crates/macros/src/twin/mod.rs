//! `#[twin]`: the async text is the only text; the blocking twin is the same tokens after these rules.
//!
//! 1. `async` before `fn`, `.await`, `#[async_trait]` and the bound `'async_trait` go; a predicate that had no other bound
//!    goes with it.
//! 2. `AsyncName` becomes `Name`, `name_async` becomes `name`, in code and, word by word, in docs.
//! 3. `#[only(async)]` and `#[only(blocking)]` keep an item, a statement, a field, a variant, a match arm or an initialiser
//!    in one world; a doc line that starts with `@async` or `@blocking` likewise, and it is taken as written.
//! 4. An `async` block or closure is refused: a `return` or `?` in it would mean something else in the twin.
//! 5. Arguments: `methods` (a trait or impl that holds both worlds: each `fn name_async` gets a sibling `fn name`),
//!    `strip(Send, Sync)` (the twin's header loses these bounds), `cfg(..)` (put on the twin).
//! 6. Two equal texts are a mistake: the attribute is not needed there.
//!
//! Every token keeps the span it was written with, so that errors in either world point at the one text. The rules see
//! tokens and not syntax trees, hence they reach into macro calls such as `matches!(x.await, ..)`. After a mistake the async
//! text is emitted beside the error, without a twin: then its imports do not count as unused.
//!
//! Order of attributes, from the top: `operations`, `twin`, `async_trait`. Names in format strings are not renamed.

mod bounds;
mod extent;
mod options;
mod rewrite;
#[cfg(test)]
mod tests;
mod words;

use std::iter::Peekable;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree, token_stream};
use quote::quote;
use syn::Error;

use self::options::Options;
use self::rewrite::{Rewritten, rewrite};

type Tokens = Peekable<token_stream::IntoIter>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum World {
    Async,
    Blocking,
}

/// The whole expansion of `#[twin(arguments)] item`.
pub fn expand(arguments: TokenStream, item: &TokenStream) -> TokenStream {
    let async_text = rewrite(item.clone(), World::Async, &[]);
    let pair = Options::parse(arguments).and_then(|options| {
        if options.methods {
            pair_methods(item.clone(), &options)
        } else {
            pair_items(item.clone(), &options, &async_text)
        }
    });
    pair.unwrap_or_else(|mistakes| {
        let (mistakes, async_text) = (mistakes.into_compile_error(), async_text.text);
        quote!(#mistakes #async_text)
    })
}

fn pair_items(
    item: TokenStream,
    options: &Options,
    async_text: &Rewritten,
) -> syn::Result<TokenStream> {
    let twin = rewrite(item, World::Blocking, &options.strip).checked()?;
    let async_text = async_text.clone().checked()?;
    if async_text.to_string() == twin.to_string() {
        return Err(not_needed());
    }
    let gate = options.gate();
    Ok(quote!(#gate #twin #async_text))
}

/// For a trait or impl that holds both worlds: the items of its body called `name_async` are emitted twice, the rest once.
fn pair_methods(item: TokenStream, options: &Options) -> syn::Result<TokenStream> {
    let mut tokens: Vec<TokenTree> = item.into_iter().collect();
    let Some(TokenTree::Group(body)) = tokens.pop() else {
        return Err(Error::new(
            Span::call_site(),
            "#[twin]: `methods` is for a trait or an impl",
        ));
    };
    let mut paired = TokenStream::new();
    let mut found_pair = false;
    let mut source = body.stream().into_iter().peekable();
    while source.peek().is_some() {
        let item = extent::take_item(&mut source);
        if is_async_named_fn(&item) {
            let twin = rewrite(item.clone(), World::Blocking, &options.strip).checked()?;
            if !twin.is_empty() {
                found_pair = true;
                paired.extend(options.gate());
                paired.extend(twin);
            }
        }
        paired.extend(rewrite(item, World::Async, &[]).checked()?);
    }
    if !found_pair {
        return Err(not_needed());
    }
    tokens.push(TokenTree::Group(regroup(&body, paired)));
    Ok(tokens.into_iter().collect())
}

fn is_async_named_fn(item: &TokenStream) -> bool {
    let names = item.clone().into_iter().skip(1);
    item.clone().into_iter().zip(names).any(|(keyword, name)| {
        matches!((keyword, name), (TokenTree::Ident(keyword), TokenTree::Ident(name))
            if keyword == "fn" && name.to_string().ends_with("_async"))
    })
}

fn not_needed() -> Error {
    Error::new(
        Span::call_site(),
        "#[twin]: the blocking twin would be the same text; remove the attribute",
    )
}

/// Whether the next token is this identifier or this one-character punctuation.
fn next_is(source: &mut Tokens, text: &str) -> bool {
    source.peek().is_some_and(|token| is(token, text))
}

/// Whether `token` is this identifier or this one-character punctuation.
fn is(token: &TokenTree, text: &str) -> bool {
    match token {
        TokenTree::Ident(ident) => ident == text,
        TokenTree::Punct(punct) => text.len() == 1 && text.starts_with(punct.as_char()),
        _ => false,
    }
}

fn is_brackets(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket)
}

fn regroup(like: &Group, stream: TokenStream) -> Group {
    let mut group = Group::new(like.delimiter(), stream);
    group.set_span(like.span());
    group
}
