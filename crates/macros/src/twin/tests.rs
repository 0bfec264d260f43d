//! Each rule as text to text.

use proc_macro2::TokenStream;

use super::expand;

fn tokens(text: &str) -> TokenStream {
    text.parse().expect("tokens")
}

/// The text without whitespace, which depends on the spacing of punctuation.
fn normal(text: &str) -> String {
    tokens(text).to_string().replace(' ', "")
}

/// Asserts what both worlds of `item` are; the blocking twin comes first.
#[track_caller]
fn both(arguments: &str, item: &str, blocking: &str, original: &str) {
    let expanded = normal(&expand(tokens(arguments), &tokens(item)).to_string());
    assert_eq!(expanded, normal(&format!("{blocking}{original}")));
}

/// Asserts what the twin of an item is whose async text stays as written.
#[track_caller]
fn twin(item: &str, blocking: &str) {
    both("", item, blocking, item);
}

#[track_caller]
fn mistake(arguments: &str, item: &str, message: &str, async_text: &str) {
    let expanded = expand(tokens(arguments), &tokens(item)).to_string();
    assert!(
        expanded.contains("compile_error"),
        "no mistake in {expanded}"
    );
    assert!(expanded.contains(message), "{expanded}");
    assert!(
        normal(&expanded).ends_with(&normal(async_text)),
        "{expanded}"
    );
}

#[test]
fn async_and_await_go() {
    twin(
        "pub async fn f() -> R { let a = g().await?; h(a).await.b }",
        "pub fn f() -> R { let a = g()?; h(a).b }",
    );
    twin("async unsafe fn f() {}", "unsafe fn f() {}");
}

#[test]
fn macro_calls_and_nested_groups_are_reached() {
    twin(
        "async fn f() { matches!(g_async([x.await]).await, Ok(_)) }",
        "fn f() { matches!(g([x]), Ok(_)) }",
    );
}

#[test]
fn the_async_trait_attribute_goes_in_each_spelling() {
    for attribute in [
        "#[async_trait]",
        "#[async_trait(?Send)]",
        "#[async_trait::async_trait]",
        "#[::async_trait::async_trait(?Send)]",
    ] {
        twin(
            &format!("{attribute} #[must_use] pub trait AsyncA {{}}"),
            "#[must_use] pub trait A {}",
        );
    }
}

#[test]
fn async_trait_bounds_go_with_a_predicate_that_has_no_other() {
    twin(
        "async fn f<T>() where T: 'async_trait, U: A {}",
        "fn f<T>() where U: A {}",
    );
    twin(
        "async fn f<T>() where U: A, T: 'async_trait {}",
        "fn f<T>() where U: A, {}",
    );
    twin(
        "async fn f<T>() where T: A + 'async_trait {}",
        "fn f<T>() where T: A {}",
    );
    twin(
        "async fn f<T>() where T: 'async_trait + A {}",
        "fn f<T>() where T: A {}",
    );
    twin(
        "async fn f<T>() where T: 'async_trait {}",
        "fn f<T>() where {}",
    );
    twin(
        "async fn f<T>() where B<U, V>: A<X>, Self::C<T, U>: 'async_trait, {}",
        "fn f<T>() where B<U, V>: A<X>, {}",
    );
    twin(
        "async fn f<T>() where F: Fn(A) -> B, G<fn() -> T>: 'async_trait, {}",
        "fn f<T>() where F: Fn(A) -> B, {}",
    );
}

#[test]
fn async_trait_bounds_of_parameters_go_alone() {
    twin("async fn f<A, T: 'async_trait>() {}", "fn f<A, T>() {}");
    twin(
        "async fn f(t: impl A<Item = Vec<u8>> + 'async_trait) {}",
        "fn f(t: impl A<Item = Vec<u8>>) {}",
    );
    twin(
        "trait AsyncA { fn f() where X: Y; type B: 'async_trait; }",
        "trait A { fn f() where X: Y; type B; }",
    );
}

#[test]
fn other_lifetimes_stay() {
    twin("async fn f<'a>(a: &'a str) {}", "fn f<'a>(a: &'a str) {}");
}

#[test]
fn names_are_stripped() {
    twin(
        "impl AsyncA for AsyncB { fn c() { d_async(AsyncE::f) } }",
        "impl A for B { fn c() { d(E::f) } }",
    );
    twin("async fn r#type_async() {}", "fn r#type() {}");
}

#[test]
fn names_that_only_look_async_stay() {
    twin(
        "async fn f(asynchronous: Asynchronous, _async: Async, x_async_y: A) {}",
        "fn f(asynchronous: Asynchronous, _async: Async, x_async_y: A) {}",
    );
}

#[test]
fn docs_are_renamed_word_by_word() {
    both(
        "",
        "/// See [`AsyncA::b_async`], `c().await?`; an async function, unlike \"Asynchronous\".\nasync fn f() {}",
        "/// See [`A::b`], `c()?`; an async function, unlike \"Asynchronous\".\nfn f() {}",
        "/// See [`AsyncA::b_async`], `c().await?`; an async function, unlike \"Asynchronous\".\nasync fn f() {}",
    );
    both(
        "",
        "/// ```\n/// async fn g() { a.await }\n/// ```\nasync fn f() {}",
        "/// ```\n/// fn g() { a }\n/// ```\nfn f() {}",
        "/// ```\n/// async fn g() { a.await }\n/// ```\nasync fn f() {}",
    );
}

#[test]
fn escapes_in_docs_are_no_words() {
    twin(
        r#"#[doc = "a\nAsyncB\nc_async"] async fn f() {}"#,
        r#"#[doc = "a\nB\nc"] fn f() {}"#,
    );
    twin(
        r#"#[doc = include_str!("f_async.md")] async fn f() {}"#,
        r#"#[doc = include_str!("f_async.md")] fn f() {}"#,
    );
}

#[test]
fn marked_doc_lines_belong_to_one_world_as_written() {
    both(
        "",
        "/// A\n/// @async The twin is [`B`].\n/// @blocking The twin is [`AsyncB`].\nasync fn f() {}",
        "/// A\n/// The twin is [`AsyncB`].\nfn f() {}",
        "/// A\n/// The twin is [`B`].\nasync fn f() {}",
    );
    both(
        "",
        r#"#[doc = "a\n@async b\n@blocking\n x@async y"] async fn f() {}"#,
        r#"#[doc = "a\n\n x@async y"] fn f() {}"#,
        r#"#[doc = "a\nb\n x@async y"] async fn f() {}"#,
    );
}

#[test]
fn only_keeps_an_item_in_one_world() {
    both(
        "",
        "impl AsyncA { /// One.\n #[only(async)] #[inline] pub fn f<A, B>() -> C where A: B, B: C {} \
         #[only(blocking)] fn f_async() {} fn g() {} }",
        "impl A { fn f() {} fn g() {} }",
        "impl AsyncA { /// One.\n #[inline] pub fn f<A, B>() -> C where A: B, B: C {} fn g() {} }",
    );
}

#[test]
fn only_ends_items_where_they_end() {
    for item in [
        "const fn f() {}",
        "const A: B = B { c };",
        "pub(crate) async fn f<A, B>(a: A) -> (A, B);",
        "struct A<B, C>(fn(B) -> C, D) where B: C;",
        "pub struct A<B, C> { d: E }",
        "impl<A, B> C<A, B> for D where A: B, {}",
        "type A: B<C, D>;",
        "use a::{b, c};",
        "macro_rules! a { () => {} }",
        "thread_local! { static A: B = C; }",
        "unsafe impl Send for A {}",
    ] {
        both(
            "",
            &format!("mod a_async {{ #[only(async)] {item} fn z() {{}} }}"),
            "mod a { fn z() {} }",
            &format!("mod a_async {{ {item} fn z() {{}} }}"),
        );
    }
}

#[test]
fn only_ends_statements_where_they_end() {
    for statement in [
        "let a = if b { 1 } else { 2 };",
        "let Some(a) = b else { return };",
        "if a < b { 1 } else if c { 2 } else { 3 }",
        "if let A { b, c } = d { 1 }",
        "while let A { .. } = b {}",
        "for A { b } in c { d }",
        "match a { b => c, _ => d }.e();",
        "'a: loop { break 'a; }",
        "a(b, c)?.d::<E, F>();",
        "a = B { c, d };",
        "a! { b }",
        "unsafe { a }",
        "{ a; b }",
    ] {
        both(
            "",
            &format!("fn a_async() {{ #[only(async)] {statement} z(y) }}"),
            "fn a() { z(y) }",
            &format!("fn a_async() {{ {statement} z(y) }}"),
        );
    }
}

#[test]
fn only_ends_fields_and_their_like_where_they_end() {
    for part in [
        "a: HashMap<B, C>,",
        "pub(crate) a: fn(A, B) -> C,",
        "a: F<fn(A) -> B, C>,",
        "a: Box<dyn Fn(A) -> B>,",
        "a: B { c, d },",
        "a: if b { c } else { d },",
        "a: b::c::<D, E>(f, g),",
        "a: b <= c,",
        "A(B, C),",
        "A { b: C, d: E },",
        "A { b, .. } | B { b } if b >= c => d,",
        "A => { b }",
        "A => { b },",
        "A::<B, C>::D => e?,",
    ] {
        both(
            "",
            &format!("x_async! {{ #[only(async)] {part} z: Y }}"),
            "x! { z: Y }",
            &format!("x_async! {{ {part} z: Y }}"),
        );
    }
}

#[test]
fn only_may_end_with_its_surroundings() {
    both(
        "",
        "struct AsyncA(B, #[only(async)] C<D, E>);",
        "struct A(B,);",
        "struct AsyncA(B, C<D, E>);",
    );
}

#[test]
fn strip_reaches_the_header_alone() {
    both(
        "strip(Send, Sync)",
        "pub trait AsyncA: Send + Sync { fn f<T: Send>(); }",
        "pub trait A { fn f<T: Send>(); }",
        "pub trait AsyncA: Send + Sync { fn f<T: Send>(); }",
    );
    both(
        "strip(Send, Sync)",
        "pub trait AsyncA<B, C: D>: Send + Sync {}",
        "pub trait A<B, C: D> {}",
        "pub trait AsyncA<B, C: D>: Send + Sync {}",
    );
    both(
        "strip(Send, Sync)",
        "pub trait AsyncA: B + Send + ?Sized + Sync where T: Send, U: C + std::marker::Send {}",
        "pub trait A: B + ?Sized where U: C {}",
        "pub trait AsyncA: B + Send + ?Sized + Sync where T: Send, U: C + std::marker::Send {}",
    );
    both(
        "strip(Send)",
        "async fn f<T: Send, U>(a: impl Send) -> B where T: Send + 'static, U: Send {}",
        "fn f<T, U>(a: impl Send) -> B where T: 'static, {}",
        "async fn f<T: Send, U>(a: impl Send) -> B where T: Send + 'static, U: Send {}",
    );
}

#[test]
fn strip_leaves_the_predicate_of_an_associated_type() {
    both(
        "strip(Send)",
        "async fn f() where A: B<C: Send>, D: E {}",
        "fn f() where A: B<C>, D: E {}",
        "async fn f() where A: B<C: Send>, D: E {}",
    );
}

#[test]
fn cfg_stands_before_the_twin() {
    both(
        r#"strip(Send), cfg(feature = "blocking")"#,
        "/// Docs.\npub trait AsyncA: Send {}",
        "#[cfg(feature = \"blocking\")] /// Docs.\npub trait A {}",
        "/// Docs.\npub trait AsyncA: Send {}",
    );
}

#[test]
fn methods_are_paired_and_the_rest_is_not() {
    both(
        "methods, cfg(a)",
        "#[async_trait] pub trait AsyncA: B { type C; /// D\n async fn e_async(&self) { f_async().await } fn g(); }",
        "",
        "#[async_trait] pub trait AsyncA: B { type C; #[cfg(a)] /// D\n fn e(&self) { f() } /// D\n async fn e_async(&self) { f_async().await } fn g(); }",
    );
}

#[test]
fn methods_of_one_world_are_not_paired() {
    both(
        "methods, cfg(x)",
        "impl A { #[only(async)] fn b_async() {} fn b() {} fn c_async() {} }",
        "",
        "impl A { fn b_async() {} fn b() {} #[cfg(x)] fn c() {} fn c_async() {} }",
    );
}

#[test]
fn async_blocks_and_closures_are_mistakes_beside_the_async_text() {
    let message = "has no blocking form";
    for body in [
        "async { a }",
        "async move { a }",
        "f(async || a)",
        "async |b| a",
    ] {
        let item = format!("#[async_trait] impl AsyncA {{ fn f() {{ {body} }} }}");
        mistake("", &item, message, &item);
        let item = format!("impl AsyncA {{ fn f_async() {{ {body} }} }}");
        mistake("methods", &item, message, &item);
    }
    both(
        "",
        "async fn f() { #[only(async)] let a = async { b }; }",
        "fn f() {}",
        "async fn f() { let a = async { b }; }",
    );
}

#[test]
fn each_mistake_is_told() {
    let expanded = expand(tokens(""), &tokens("fn f() { async {}; async {} }")).to_string();
    assert_eq!(expanded.matches("has no blocking form").count(), 2);
}

#[test]
fn equal_texts_are_a_mistake() {
    mistake("", "fn f() {}", "same text", "fn f() {}");
    mistake(
        "methods",
        "impl A { fn f() {} }",
        "same text",
        "impl A { fn f() {} }",
    );
}

#[test]
fn unknown_words_are_mistakes() {
    mistake(
        "colour",
        "async fn f() {}",
        "expected `methods`",
        "async fn f() {}",
    );
    mistake(
        "strip(?Sized)",
        "async fn f() {}",
        "a bound's name",
        "async fn f() {}",
    );
    mistake(
        "methods",
        "async fn f();",
        "for a trait or an impl",
        "async fn f();",
    );
    mistake(
        "strip(Send)",
        "async fn f() -> Send {}",
        "no bound",
        "async fn f() -> Send {}",
    );
    mistake(
        "",
        "async fn f() { #[only(both)] a; }",
        "expected `only(async)`",
        "async fn f() { a; }",
    );
}
