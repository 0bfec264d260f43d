//! Comparing what a derive emits, for unit tests.

use proc_macro2::TokenStream;
use syn::{DeriveInput, Result};

type Derive = fn(&DeriveInput) -> Result<TokenStream>;

/// Asserts what `derive` makes of `input`, but for whitespace.
#[track_caller]
pub fn expansion(derive: Derive, input: &str, expected: &str) {
    let input = syn::parse_str(input).expect("an item");
    let emitted = derive(&input).expect("no mistake");
    assert_eq!(normal(&emitted), normal(&expected.parse().expect("tokens")));
}

/// Without whitespace and trailing commas.
fn normal(tokens: &TokenStream) -> String {
    let mut text = tokens.to_string().replace(' ', "");
    for end in [">", ")", "}", "{"] {
        text = text.replace(&format!(",{end}"), end);
    }
    text
}

/// Asserts that `derive` makes something of `input` that contains `expected`, but for whitespace.
#[track_caller]
pub fn contains(derive: Derive, input: &str, expected: &str) {
    let input = syn::parse_str(input).expect("an item");
    let emitted = normal(&derive(&input).expect("no mistake"));
    let expected = normal(&expected.parse().expect("tokens"));
    assert!(emitted.contains(&expected), "no {expected} in {emitted}");
}

/// Asserts the messages, in order.
#[track_caller]
pub fn mistakes(derive: Derive, input: &str, expected: &[&str]) {
    let input = syn::parse_str(input).expect("an item");
    let told: Vec<String> = match derive(&input) {
        Ok(emitted) => panic!("no mistake: {emitted}"),
        Err(mistakes) => mistakes
            .into_iter()
            .map(|mistake| mistake.to_string())
            .collect(),
    };
    assert_eq!(told, expected);
}
