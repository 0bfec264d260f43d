//! Rows and mistakes, as text to text.

use proc_macro2::TokenStream;

use super::expand;

fn tokens(text: &str) -> TokenStream {
    text.parse().expect("tokens")
}

/// The text without whitespace, which depends on the spacing of punctuation.
fn normal(text: &str) -> String {
    tokens(text).to_string().replace(' ', "")
}

#[track_caller]
fn table(body: &str, plain_body: &str, rows: &str) {
    let expanded = expand(
        tokens("rows"),
        &tokens(&format!("pub trait AsyncA: B {{ {body} }}")),
    );
    let expected = format!(
        "pub trait AsyncA: B {{ {plain_body} }}
        #[allow(unused_macros)]
        macro_rules! rows {{ ($then:ident) => {{ $then! {{ {rows} }} }} }}
        #[allow(unused_imports)]
        pub(crate) use rows;
        #[doc(hidden)]
        #[macro_export]
        macro_rules! __rows {{ ($then:ident) => {{ $then! {{ {rows} }} }} }}"
    );
    assert_eq!(normal(&expanded.to_string()), normal(&expected));
}

/// Asserts the row of `#[needs(N)] async fn do_it(&self, {arguments}) -> {output};`
#[track_caller]
fn row(arguments: &str, output: &str, row: &str) {
    let method = format!("async fn do_it(&self, {arguments}) -> {output};");
    table(
        &format!("#[needs(N)] {method}"),
        &method,
        &format!("{{ do_it DoIt [] {row}; N }}"),
    );
}

#[track_caller]
fn mistake(body: &str, plain_body: &str, message: &str) {
    let expanded = expand(
        tokens("rows"),
        &tokens(&format!("pub trait A {{ {body} }}")),
    )
    .to_string();
    assert!(expanded.contains(message), "{expanded}");
    let plain = normal(&format!("pub trait A {{ {plain_body} }}"));
    assert!(normal(&expanded).starts_with(&plain), "{expanded}");
    assert!(!expanded.contains("macro_rules"), "{expanded}");
}

#[test]
fn values_are_given() {
    row(
        "a: Option<u32>, b: Range<DocumentId>",
        "Result<()>",
        "(a: Option<u32> => give Option<u32> as &Option<u32>, b: Range<DocumentId> => give Range<DocumentId> as &Range<DocumentId>) -> ()",
    );
}

#[test]
fn references_are_lent() {
    row(
        "a: &CollectionName, b: &[DocumentId], c: &str, d: &'_ str",
        "Result<Vec<B>, Error>",
        "(a: &CollectionName => lend CollectionName as &CollectionName,
          b: &[DocumentId] => lend Vec<DocumentId> as &[DocumentId],
          c: &str => lend String as &str,
          d: &'_ str => lend String as &'_ str) -> Vec<B>",
    );
}

#[test]
fn values_that_borrow_are_detached() {
    row(
        "a: IdentityReference<'_>, b: Option<&str>, c: Name<'static>",
        "crate::Result<B>",
        "(a: IdentityReference<'_> => detach IdentityReference<'static> as &IdentityReference<'_>,
          b: Option<&str> => detach Option<&'static str> as &Option<&str>,
          c: Name<'static> => give Name<'static> as &Name<'static>) -> B",
    );
}

#[test]
fn whatever_names_something_is_owned_as_the_name() {
    let method = "async fn f<'a, 'b, U: Nameable<'a, u64> + Send, R: schema::Nameable<'b, K>>(&self, u: U, n: &str, r: R) -> Result<()>;";
    table(
        &format!("#[needs(N)] {method}"),
        method,
        "{ f F ['a, 'b, U: Nameable<'a, u64> + Send, R: schema::Nameable<'b, K>] (
            u: U => name NamedReference<'static, u64> as &NamedReference<'_, u64>,
            n: &str => lend String as &str,
            r: R => name NamedReference<'static, K> as &NamedReference<'_, K>
        ) -> (); N }",
    );
}

#[test]
fn connections_are_no_data() {
    table(
        "#[handle] async fn a<DB: Schema>(&self) -> Result<Self::D, E>; #[needs(N)] async fn b(&self) -> Result<()>;",
        "async fn a<DB: Schema>(&self) -> Result<Self::D, E>; async fn b(&self) -> Result<()>;",
        "{ b B [] () -> (); N }",
    );
    mistake(
        "#[handle] fn a(&self) -> B;",
        "fn a(&self) -> B;",
        "only a required `async fn`",
    );
    mistake(
        "#[handle] #[needs(N)] async fn a(&self) -> Result<B>;",
        "async fn a(&self) -> Result<B>;",
        "is enough",
    );
}

#[test]
fn only_required_async_methods_are_operations() {
    table(
        "type T; fn a(&self) -> R; async fn b(&self) -> R { c } #[needs(N)] async fn d(&self) -> Result<()>;",
        "type T; fn a(&self) -> R; async fn b(&self) -> R { c } async fn d(&self) -> Result<()>;",
        "{ d D [] () -> (); N }",
    );
}

#[test]
fn cfg_travels_and_other_attributes_do_not() {
    table(
        "/// Docs.\n #[cfg(x)] #[needs(A::B, c(d, e))] #[must_use] async fn f(&self) -> Result<()>;",
        "/// Docs.\n #[cfg(x)] #[must_use] async fn f(&self) -> Result<()>;",
        "{ #[cfg(x)] f F [] () -> (); A::B, c(d, e) }",
    );
}

#[test]
fn operations_are_named_in_camel_case() {
    table(
        "#[needs(N)] async fn query_by_2__name(&self) -> Result<()>; #[needs(N)] async fn r#type(&self) -> Result<()>;",
        "async fn query_by_2__name(&self) -> Result<()>; async fn r#type(&self) -> Result<()>;",
        "{ query_by_2__name QueryBy2Name [] () -> (); N } { r#type Type [] () -> (); N }",
    );
}

#[test]
fn an_operation_needs_to_say_what_it_needs() {
    mistake(
        "async fn a(&self) -> Result<()>;",
        "async fn a(&self) -> Result<()>;",
        "say what permission",
    );
    mistake(
        "#[needs(A)] #[needs(B)] async fn a(&self) -> Result<()>;",
        "async fn a(&self) -> Result<()>;",
        "is enough",
    );
}

#[test]
fn needs_stands_at_operations_alone() {
    for method in [
        "fn a(&self) -> Result<()>;",
        "async fn a(&self) -> Result<()> { b }",
    ] {
        mistake(
            &format!("#[needs(A)] {method}"),
            method,
            "only a required `async fn`",
        );
    }
}

#[test]
fn what_is_not_data_is_a_mistake() {
    for (method, message) in [
        ("async fn a<T>(&self) -> Result<()>;", "cannot be generic"),
        (
            "async fn a<T: Nameable<'_, u64>, U: Into<String>>(&self, t: T, u: U) -> Result<()>;",
            "cannot be generic",
        ),
        (
            "async fn a<T: Nameable<'_, u64>>(&self, t: T) -> Result<()> where T: Send;",
            "cannot be generic",
        ),
        (
            "async fn a<const N: usize>(&self, b: [u8; N]) -> Result<()>;",
            "cannot be generic",
        ),
        (
            "async fn a<'b>(&self, c: &'b str) -> Result<()>;",
            "cannot be generic",
        ),
        (
            "async fn a(&self, b: impl Into<C>) -> Result<()>;",
            "cannot be generic",
        ),
        (
            "async fn a(&self, b: Box<dyn C>) -> Result<()>;",
            "cannot be generic",
        ),
        (
            "async fn a(&self, b: &mut C) -> Result<()>;",
            "cannot change",
        ),
        (
            "async fn a(&self, b: &C<'_>) -> Result<()>;",
            "borrows twice",
        ),
        (
            "async fn a(&self, (b, c): D) -> Result<()>;",
            "names its arguments",
        ),
        ("async fn a(&self) -> Result<&str>;", "cannot borrow"),
        ("async fn a(&self) -> Result<B<'_>>;", "cannot borrow"),
        ("async fn a(&self) -> Result;", "returns Result"),
        ("async fn a(&self) -> Option<()>;", "returns Result"),
        ("async fn a(&self);", "returns Result"),
    ] {
        mistake(&format!("#[needs(N)] {method}"), method, message);
    }
}

#[test]
fn each_mistake_is_told() {
    let expanded = expand(
        tokens("rows"),
        &tokens("trait A { async fn a(&self) -> Result<()>; async fn b(&self) -> Result<()>; }"),
    );
    assert_eq!(
        expanded.to_string().matches("say what permission").count(),
        2
    );
}

#[test]
fn the_table_needs_a_name_and_a_trait() {
    let expanded = expand(tokens(""), &tokens("trait A {}")).to_string();
    assert!(expanded.contains("compile_error") && expanded.starts_with("trait A"));
    let expanded = expand(tokens("rows"), &tokens("struct A;")).to_string();
    assert!(expanded.contains("compile_error") && expanded.ends_with("struct A ;"));
}
