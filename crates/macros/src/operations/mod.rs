//! `#[operations(table)]`: the required methods of an async trait are the table of operations.
//!
//! Emits the trait without its `#[needs(..)]` and `#[handle]`, and a `macro_rules! table` that hands one row per required `async fn` to any
//! other macro: `table!(consumer)` is `consumer! { row row .. }`. Requests, responses, permission checks, dispatch, remote
//! backends and the crossing from async to blocking are made from the rows. A row is
//!
//! ```text
//! { #[cfg(..)] name Name [generics] (argument: Param => pass Owned as Seen, ..) -> Output; needs }
//! ```
//!
//! | `Param` | `pass` | `Owned` | how it is owned | how it is passed again |
//! |---|---|---|---|---|
//! | `T` | `give` | `T` | as it is | as it is |
//! | `&T`, `&[T]`, `&str` | `lend` | `T`, `Vec<T>`, `String` | `.to_owned()` | `&owned` |
//! | `T<'_>` | `detach` | `T<'static>` | `.into_owned()` | as it is |
//! | `U`, where `U: Nameable<'_, Id>` | `name` | `NamedReference<'static, Id>` | `.name()?.into_owned()` | as it is |
//!
//! `Seen` is what the permission row sees: the reference, or one to the value. `needs` are the tokens inside `#[needs(..)]`,
//! which every required method must have and which name its arguments. A method that returns a connection says `#[handle]`
//! instead: a connection is no data, each side makes its own.
//!
//! Other crates use the exported and hidden `__table`; a crate must not name its own macro-made `macro_export` macros by
//! path, hence the two. Names in the rows are as the trait writes them: whoever uses the table imports them.

mod row;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Attribute, Error, Ident, ItemTrait, Result, TraitItem, parse2};

use self::row::row;
use crate::arguments::all;

/// The whole expansion of `#[operations(arguments)] item`.
pub fn expand(arguments: TokenStream, item: &TokenStream) -> TokenStream {
    let mut operations: ItemTrait = match parse2(item.clone()) {
        Ok(operations) => operations,
        Err(mistake) => {
            let mistake = mistake.into_compile_error();
            return quote!(#mistake #item);
        }
    };
    let rows = rows(&mut operations);
    // After a mistake the trait alone is emitted, so that nothing else fails for want of it.
    let table = parse2(arguments)
        .and_then(|name| rows.map(|rows| table(&name, &rows)))
        .unwrap_or_else(Error::into_compile_error);
    quote!(#operations #table)
}

fn table(name: &Ident, rows: &[TokenStream]) -> TokenStream {
    let exported = format_ident!("__{name}");
    quote! {
        #[allow(unused_macros)]
        macro_rules! #name { ($then:ident) => { $then! { #(#rows)* } } }
        #[allow(unused_imports)]
        pub(crate) use #name;
        #[doc(hidden)]
        #[macro_export]
        macro_rules! #exported { ($then:ident) => { $then! { #(#rows)* } } }
    }
}

/// One row per operation; takes `#[needs(..)]` and `#[handle]` off each method.
fn rows(operations: &mut ItemTrait) -> Result<Vec<TokenStream>> {
    let mut rows = Vec::new();
    for item in &mut operations.items {
        let TraitItem::Fn(method) = item else {
            continue;
        };
        let is_mark = |attribute: &Attribute| {
            attribute.path().is_ident("needs") || attribute.path().is_ident("handle")
        };
        let marks: Vec<_> = method.attrs.extract_if(.., |a| is_mark(a)).collect();
        let is_required = method.default.is_none() && method.sig.asyncness.is_some();
        let row = match marks.as_slice() {
            [handle] if is_required && handle.path().is_ident("handle") => continue,
            [needs] if is_required => row(method, needs),
            [] if !is_required => continue,
            [] => Err(Error::new(
                method.sig.ident.span(),
                "say what permission this operation needs: #[needs(..)]; or that it returns a connection: #[handle]",
            )),
            [misplaced] => Err(Error::new_spanned(
                misplaced,
                "only a required `async fn` is an operation",
            )),
            [_, second, ..] => Err(Error::new_spanned(
                second,
                "one #[needs(..)] or #[handle] is enough",
            )),
        };
        rows.push(row);
    }
    all(rows)
}
