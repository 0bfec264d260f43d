//! Internal attribute macros; not re-exported to users.
#![forbid(unsafe_code)]
mod twin;

/// Emits the async item as written and its blocking twin. See `twin.rs` for the rules.
#[proc_macro_attribute]
pub fn twin(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    twin::expand(args.into(), item.into())
        .unwrap_or_else(twin::Mistake::into_compile_error)
        .into()
}

mod operations;

/// Makes the table of operations from a trait's required methods. See `operations.rs`.
#[proc_macro_attribute]
pub fn operations(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    operations::expand(args.into(), item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
