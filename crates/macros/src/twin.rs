//! `#[twin]`: the async text is the only text; the blocking twin is the same tokens after these rules.
//!
//! 1. `async` before `fn`, `.await`, `#[async_trait]` and the lifetime `'async_trait` go.
//! 2. `AsyncName` becomes `Name`, `name_async` becomes `name`; in docs too, inside and outside code fences.
//! 3. `#[only(async)]` and `#[only(blocking)]` before an item, a statement or a field keep it in one world; a doc line that
//!    starts with `@async` or `@blocking` likewise, and it is taken as written.
//! 4. `async {}` blocks and `async` closures are refused: a `return` or `?` inside would change its meaning.
//!
//! Arguments: `methods` (a trait that holds both worlds: each `fn name_async` gets a sibling `fn name`),
//! `strip(Send, Sync)` (the blocking twin loses those bounds in its header, not in its body), `cfg(..)` (put on the blocking twin).
//!
//! Every token keeps the span it was written with, so errors in either world point at the one text. The rules see tokens,
//! not syntax trees: they reach into macro calls such as `matches!(x.await, ..)`, and need no `syn`.

use std::iter::Peekable;

use proc_macro2::{
    Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree as T,
    token_stream,
};

type Tokens = Peekable<token_stream::IntoIter>;
type Result<T> = std::result::Result<T, Mistake>;

pub struct Mistake(Span, &'static str);

impl Mistake {
    pub fn into_compile_error(self) -> TokenStream {
        let tokens: TokenStream = format!(
            "::core::compile_error! {{ {:?} }}",
            format!("#[twin]: {}", self.1)
        )
        .parse()
        .expect("literal tokens");
        tokens
            .into_iter()
            .map(|mut token| {
                token.set_span(self.0);
                token
            })
            .collect()
    }
}

#[derive(Clone, Copy, PartialEq)]
enum World {
    Async,
    Blocking,
}

#[derive(Default)]
struct Options {
    methods: bool,
    strip: Vec<String>,
    cfg: Option<TokenStream>,
}

impl Options {
    fn parse(args: TokenStream) -> Result<Self> {
        let mut options = Self::default();
        let mut args = args.into_iter().peekable();
        while let Some(token) = args.next() {
            match (token.to_string().as_str(), args.peek()) {
                (",", _) => {}
                ("methods", _) => options.methods = true,
                ("strip", Some(T::Group(list))) => {
                    options.strip = list
                        .stream()
                        .into_iter()
                        .map(|t| t.to_string())
                        .filter(|t| t != ",")
                        .collect();
                    args.next();
                }
                ("cfg", Some(T::Group(when))) => {
                    options.cfg = Some(when.stream());
                    args.next();
                }
                _ => {
                    return Err(Mistake(
                        token.span(),
                        "expected `methods`, `strip(..)` or `cfg(..)`",
                    ));
                }
            }
        }
        Ok(options)
    }
}

pub fn expand(args: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let options = Options::parse(args)?;
    if options.methods {
        return pair_methods(item, &options);
    }
    let original = rewrite(item.clone(), World::Async, &options)?;
    let twin = rewrite(item, World::Blocking, &options)?;
    if original.to_string() == twin.to_string() {
        return Err(Mistake(
            Span::call_site(),
            "the blocking twin would be the same text; remove the attribute",
        ));
    }
    Ok([gate(&options), twin, original].into_iter().collect())
}

/// For a trait or impl that holds both worlds: its body's `fn name_async` items are emitted twice, the rest once.
fn pair_methods(item: TokenStream, options: &Options) -> Result<TokenStream> {
    let mut tokens: Vec<T> = item.into_iter().collect();
    let Some(T::Group(body)) = tokens.pop() else {
        return Err(Mistake(
            Span::call_site(),
            "`methods` needs a trait or an impl",
        ));
    };
    let mut paired = TokenStream::new();
    let mut source = body.stream().into_iter().peekable();
    while source.peek().is_some() {
        let item = take_item(&mut source);
        let is_pair = item
            .clone()
            .into_iter()
            .zip(item.clone().into_iter().skip(1))
            .any(|(a, b)| a.to_string() == "fn" && b.to_string().ends_with("_async"));
        if is_pair {
            let twin = rewrite(item.clone(), World::Blocking, options)?;
            if !twin.is_empty() {
                paired.extend(gate(options).into_iter().chain(twin));
            }
        }
        paired.extend(rewrite(item, World::Async, options)?);
    }
    tokens.push(T::Group(group(&body, paired)));
    Ok(tokens.into_iter().collect())
}

fn gate(options: &Options) -> TokenStream {
    let Some(when) = &options.cfg else {
        return TokenStream::new();
    };
    let cfg = [
        T::Ident(Ident::new("cfg", Span::call_site())),
        T::Group(Group::new(Delimiter::Parenthesis, when.clone())),
    ];
    [
        T::Punct(Punct::new('#', Spacing::Alone)),
        T::Group(Group::new(Delimiter::Bracket, cfg.into_iter().collect())),
    ]
    .into_iter()
    .collect()
}

/// Attributes, then all up to and including what ends an item, a statement (`;`, or `{}` unless it began with `let` and the
/// like) or a field (`,` outside angle brackets).
fn take_item(source: &mut Tokens) -> TokenStream {
    let mut item = Vec::new();
    let (mut first, mut is_field, mut angles) = (None, false, 0);
    while let Some(token) = source.next() {
        let ends = match &token {
            T::Punct(p) if first.is_none() && p.as_char() == '#' => false,
            T::Group(g) if first.is_none() && g.delimiter() == Delimiter::Bracket => false,
            T::Punct(p) => {
                match p.as_char() {
                    '<' => angles += 1,
                    '>' => angles -= 1,
                    _ => {}
                }
                p.as_char() == ';' || (p.as_char() == ',' && is_field && angles == 0)
            }
            T::Group(g) => {
                g.delimiter() == Delimiter::Brace
                    && !matches!(
                        first.as_deref(),
                        Some("let" | "const" | "static" | "type" | "use")
                    )
            }
            T::Ident(i) if i == "pub" => false,
            T::Ident(i) => {
                if first.is_none() {
                    is_field = next_is(source, ":");
                }
                first.get_or_insert_with(|| i.to_string());
                false
            }
            T::Literal(_) => false,
        };
        item.push(token);
        if ends {
            break;
        }
    }
    item.into_iter().collect()
}

fn rewrite(source: TokenStream, world: World, options: &Options) -> Result<TokenStream> {
    let mut source = source.into_iter().peekable();
    let mut out: Vec<T> = Vec::new();
    while let Some(token) = source.next() {
        match token {
            T::Punct(p) if p.as_char() == '#' => match source.peek() {
                Some(T::Group(attribute)) if attribute.delimiter() == Delimiter::Bracket => {
                    let attribute = attribute.clone();
                    source.next();
                    match judge(&attribute, world)? {
                        Verdict::Keep(attribute) => out.extend([T::Punct(p), T::Group(attribute)]),
                        Verdict::Drop => {}
                        Verdict::DropItem => {
                            while let [.., T::Punct(p), T::Group(_)] = out.as_slice()
                                && p.as_char() == '#'
                            {
                                out.truncate(out.len() - 2);
                            }
                            take_item(&mut source);
                        }
                    }
                }
                _ => out.push(T::Punct(p)),
            },
            T::Group(g) => out.push(T::Group(group(
                &g,
                rewrite(g.stream(), world, &Options::default())?,
            ))),
            token if world == World::Async => out.push(token),
            T::Punct(p) if p.as_char() == '.' && next_is(&mut source, "await") => {
                source.next();
            }
            T::Punct(p) if p.as_char() == '\'' && next_is(&mut source, "async_trait") => {
                source.next();
                drop_bound(&mut out, &mut source);
            }
            T::Ident(i) if i == "async" => {
                if !next_is(&mut source, "fn") {
                    return Err(Mistake(
                        i.span(),
                        "an `async` block or closure has no blocking form; use an `async fn`, or `#[only(async)]`",
                    ));
                }
            }
            T::Ident(i) if options.strip.iter().any(|bound| i == bound) => {
                drop_bound(&mut out, &mut source)
            }
            T::Ident(i) => out.push(T::Ident(
                strip_name(&i.to_string()).map_or(i.clone(), |name| Ident::new(name, i.span())),
            )),
            token => out.push(token),
        }
    }
    Ok(out.into_iter().collect())
}

enum Verdict {
    Keep(Group),
    Drop,
    DropItem,
}

fn judge(attribute: &Group, world: World) -> Result<Verdict> {
    let parts: Vec<T> = attribute.stream().into_iter().collect();
    Ok(match parts.as_slice() {
        [T::Ident(name), T::Group(which)] if name == "only" => {
            match (which.stream().to_string().as_str(), world) {
                ("async", World::Async) | ("blocking", World::Blocking) => Verdict::Drop,
                ("async" | "blocking", _) => Verdict::DropItem,
                _ => {
                    return Err(Mistake(
                        which.span(),
                        "expected `only(async)` or `only(blocking)`",
                    ));
                }
            }
        }
        [.., T::Ident(last)] if last == "async_trait" && world == World::Blocking => Verdict::Drop,
        [T::Ident(name), equals, T::Literal(text)] if name == "doc" => {
            match doc_line(&text.to_string(), world) {
                None => Verdict::Drop,
                Some(line) => {
                    let mut line: Literal = line
                        .parse()
                        .map_err(|_| Mistake(text.span(), "cannot rewrite this doc text"))?;
                    line.set_span(text.span());
                    Verdict::Keep(group(
                        attribute,
                        [parts[0].clone(), equals.clone(), T::Literal(line)]
                            .into_iter()
                            .collect(),
                    ))
                }
            }
        }
        _ => Verdict::Keep(attribute.clone()),
    })
}

/// One `///` line, as a literal with its quotes: the line for this world, or `None` if it belongs to the other.
fn doc_line(line: &str, world: World) -> Option<String> {
    for (mark, owner) in [("@async ", World::Async), ("@blocking ", World::Blocking)] {
        if line.contains(mark) {
            return (owner == world).then(|| line.replacen(mark, "", 1));
        }
    }
    if world == World::Async {
        return Some(line.to_owned());
    }
    let line = line.replace(".await", "").replace("async fn", "fn");
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut out = String::with_capacity(line.len());
    let mut rest = line.as_str();
    while !rest.is_empty() {
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        out.push_str(strip_name(word).unwrap_or(word));
        let gap = after.find(is_word).unwrap_or(after.len());
        out.push_str(&after[..gap]);
        rest = &after[gap..];
    }
    Some(out)
}

/// The blocking name of an async name, if it is one.
fn strip_name(name: &str) -> Option<&str> {
    match name.strip_prefix("Async") {
        Some(rest) if rest.starts_with(char::is_uppercase) => Some(rest),
        _ => name.strip_suffix("_async").filter(|rest| !rest.is_empty()),
    }
}

/// Forgets one bound and the `+` that joined it to its neighbours; if it was the only one, its whole `T: Bound,`.
fn drop_bound(out: &mut Vec<T>, source: &mut Tokens) {
    let is = |token: Option<&T>, text: &str| token.is_some_and(|token| token.to_string() == text);
    if is(out.last(), "+") {
        out.pop();
    } else if next_is(source, "+") {
        source.next();
    } else if is(out.last(), ":") && !is(out.get(out.len().wrapping_sub(2)), ":") {
        while out
            .last()
            .is_some_and(|token| !matches!(token.to_string().as_str(), "," | "where" | "trait"))
            && !is(out.get(out.len().wrapping_sub(2)), "trait")
        {
            out.pop();
        }
        if is(out.last(), ":") {
            out.pop();
        } else if next_is(source, ",") {
            source.next();
        }
    }
}

fn next_is(source: &mut Tokens, text: &str) -> bool {
    match source.peek() {
        Some(T::Ident(i)) => i == text,
        Some(T::Punct(p)) => text.len() == 1 && text.starts_with(p.as_char()),
        _ => false,
    }
}

fn group(like: &Group, stream: TokenStream) -> Group {
    let mut group = Group::new(like.delimiter(), stream);
    group.set_span(like.span());
    group
}

#[cfg(test)]
mod tests {
    use super::*;

    fn twin(args: &str, item: &str) -> String {
        let tokens = |text: &str| text.parse::<TokenStream>().unwrap();
        let options = Options::parse(tokens(args)).ok().unwrap();
        rewrite(tokens(item), World::Blocking, &options)
            .unwrap_or_else(|m| panic!("{}", m.1))
            .to_string()
    }

    #[test]
    fn reaches_into_macro_calls() {
        assert_eq!(
            twin(
                "",
                "async fn f_async() { matches!(g_async().await, Ok(_)) }"
            ),
            "fn f () { matches ! (g () , Ok (_)) }"
        );
    }

    #[test]
    fn async_trait_bounds_go() {
        assert_eq!(
            twin("", "async fn f<T>() where T: 'async_trait, U: A {}"),
            "fn f < T > () where U : A { }"
        );
        assert_eq!(
            twin("", "async fn f<T>() where T: A + 'async_trait {}"),
            "fn f < T > () where T : A { }"
        );
        assert_eq!(
            twin("", "async fn f<T>() where T: 'async_trait {}"),
            "fn f < T > () where { }"
        );
        assert_eq!(
            twin("strip(Send, Sync)", "pub trait AsyncA: Send + Sync { }"),
            "pub trait A { }"
        );
        assert_eq!(
            twin(
                "strip(Send, Sync)",
                "pub trait AsyncA: B + Send + Sync where T: Send { }"
            ),
            "pub trait A : B where { }"
        );
    }

    #[test]
    fn only_takes_what_it_stands_before() {
        assert_eq!(
            twin(
                "",
                "struct AsyncA<'a> { /// doc\n #[only(async)] a: HashMap<B, C>, d: D }"
            ),
            "struct A <'a > { d : D }"
        );
        assert_eq!(
            twin("", "fn f() { #[only(async)] let a = { 1 }; b }"),
            "fn f () { b }"
        );
        assert_eq!(
            twin(
                "",
                "impl A { #[only(async)] fn f<A, B>() where A: B, B: C {} fn g() {} }"
            ),
            "impl A { fn g () { } }"
        );
    }
}
