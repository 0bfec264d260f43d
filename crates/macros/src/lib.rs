//! The derive macros of `BonsaiDb`, and the two attributes its own crates are written with.
#![forbid(unsafe_code)]

use proc_macro::TokenStream;

mod operations;
mod twin;

/// Emits an async item as written, and its blocking twin.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn twin(arguments: TokenStream, item: TokenStream) -> TokenStream {
    twin::expand(arguments.into(), &item.into()).into()
}

/// Makes a table of operations from the required methods of an async trait.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn operations(arguments: TokenStream, item: TokenStream) -> TokenStream {
    operations::expand(arguments.into(), &item.into()).into()
}
