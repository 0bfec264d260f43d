//! `#[operations(table)]`: the required methods of the async trait are the table of operations.
//!
//! Emits the trait as written, without `#[needs(..)]`, and a `macro_rules! table` that hands one row per required method to
//! any other macro: request enums, dispatch, remote backends and the crossing from async to blocking are made from the rows.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::{
    Error, FnArg, GenericArgument, Ident, ItemTrait, PathArguments, Result, ReturnType, TraitItem,
    TraitItemFn, Type, parse2,
};

pub fn expand(args: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let table: Ident = parse2(args)?;
    let mut item: ItemTrait = parse2(item)?;
    let mut rows = Vec::new();
    for method in &mut item.items {
        if let TraitItem::Fn(method) = method
            && method.default.is_none()
            && method.sig.asyncness.is_some()
        {
            rows.push(row(method)?);
        }
    }
    // Two macros: a crate may not name its own macro-expanded `macro_export` macros by path.
    let exported = format_ident!("__{}", table);
    Ok(quote! {
        #item
        macro_rules! #table { ($then:ident) => { $then! { #(#rows)* } } }
        pub(crate) use #table;
        #[doc(hidden)]
        #[macro_export]
        macro_rules! #exported { ($then:ident) => { $then! { #(#rows)* } } }
    })
}

/// `{ #[cfg(..)] name Name (arg: Param => pass Owned as Seen, ..) -> Output; needs }`; `pass` is `give` by value, `lend` by reference;
/// `Seen` is what the permission row sees, `&str` or `&DocumentId`.
fn row(method: &mut TraitItemFn) -> Result<TokenStream> {
    let name = &method.sig.ident;
    let at = method
        .attrs
        .iter()
        .position(|attr| attr.path().is_ident("needs"))
        .ok_or_else(|| {
            Error::new(
                name.span(),
                "say what permission this operation needs: #[needs(..)]",
            )
        })?;
    let needs: TokenStream = method.attrs.remove(at).parse_args()?;
    let operation = format_ident!("{}", camel(&name.to_string()), span = name.span());
    let cfgs = method
        .attrs
        .iter()
        .filter(|attr| attr.path().is_ident("cfg"));
    let mut arguments = Vec::new();
    for input in &method.sig.inputs {
        let FnArg::Typed(argument) = input else {
            continue;
        };
        let (arg, param) = (&argument.pat, &*argument.ty);
        let owned = match param {
            Type::Reference(reference) => match &*reference.elem {
                Type::Slice(slice) => {
                    let element = &slice.elem;
                    quote!(lend Vec<#element>)
                }
                Type::Path(path) if path.path.is_ident("str") => quote!(lend String),
                other => quote!(lend #other),
            },
            other => quote!(give #other),
        };
        let seen = if matches!(param, Type::Reference(_)) {
            quote!(#param)
        } else {
            quote!(&#param)
        };
        arguments.push(quote!(#arg: #param => #owned as #seen));
    }
    let output = output(&method.sig.output)
        .ok_or_else(|| Error::new(name.span(), "an operation returns Result<..>"))?;
    Ok(quote!({ #(#cfgs)* #name #operation (#(#arguments),*) -> #output; #needs }))
}

fn output(output: &ReturnType) -> Option<TokenStream> {
    let ReturnType::Type(_, ty) = output else {
        return None;
    };
    let Type::Path(path) = &**ty else { return None };
    let PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else {
        return None;
    };
    match arguments.args.first()? {
        GenericArgument::Type(ty) => Some(ty.to_token_stream()),
        _ => None,
    }
}

fn camel(name: &str) -> String {
    name.split('_')
        .map(|word| word[..1].to_uppercase() + &word[1..])
        .collect()
}
