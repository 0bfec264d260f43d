//! `#[derive(ViewSchema)]`: what a view's index depends on, but for its map and reduce functions.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Error, Ident, LitInt, Path, Result, Type, parse_quote};

use crate::arguments::{Once, arguments};
use crate::core_path::core_path;

arguments! {
    "view_schema":
    view: Once<Type>,
    mapped_key: Once<Type>,
    version: Once<LitInt>,
    policy: Once<Ident>,
    core: Once<Path>,
}

pub fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let arguments = Arguments::read(&input.attrs)?;
    let core = core_path(&arguments.core);
    let view = arguments.view.get().cloned();
    let view = view.unwrap_or_else(|| parse_quote!(Self));
    let mapped_key = arguments.mapped_key.get().cloned();
    let mapped_key = mapped_key.unwrap_or_else(|| parse_quote!(<Self as #core::schema::View>::Key));
    let version = arguments.version.get().map(version).transpose()?;
    let policy = arguments.policy.get().map(|policy| {
        quote! {
            fn update_policy(&self) -> #core::schema::view::ViewUpdatePolicy {
                #core::schema::view::ViewUpdatePolicy::#policy
            }
        }
    });
    let ident = &input.ident;
    let (generics, arguments_of_type, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #generics #core::schema::ViewSchema for #ident #arguments_of_type #bounds {
            type View = #view;
            type MappedKey<'doc> = #mapped_key;

            #version
            #policy
        }
    })
}

fn version(version: &LitInt) -> Result<TokenStream> {
    version.base10_parse::<u64>().map_err(|_| {
        Error::new(
            version.span(),
            "expected an integer literal of type `u64` for `version`",
        )
    })?;
    Ok(quote! {
        fn version(&self) -> ::core::primitive::u64 {
            #version
        }
    })
}

#[cfg(test)]
mod tests {
    use super::expand;
    use crate::testing::{contains, expansion, mistakes};

    #[test]
    fn everything_has_a_default() {
        contains(expand, "struct A;", "type View = Self;");
        expansion(
            expand,
            "#[view_schema(core = x)] struct A<T: B>(T);",
            "#[automatically_derived]
            impl<T: B> x::schema::ViewSchema for A<T> {
                type View = Self;
                type MappedKey<'doc> = <Self as x::schema::View>::Key;
            }",
        );
    }

    #[test]
    fn every_argument_is_used() {
        expansion(
            expand,
            "#[view_schema(core = x, view = V, mapped_key = Cow<'doc, str>, version = 3, policy = Unique)] struct A;",
            "#[automatically_derived]
            impl x::schema::ViewSchema for A {
                type View = V;
                type MappedKey<'doc> = Cow<'doc, str>;
                fn version(&self) -> ::core::primitive::u64 { 3 }
                fn update_policy(&self) -> x::schema::view::ViewUpdatePolicy {
                    x::schema::view::ViewUpdatePolicy::Unique
                }
            }",
        );
    }

    #[test]
    fn versions_fit() {
        for version in ["18446744073709551616", "-1"] {
            mistakes(
                expand,
                &format!("#[view_schema(version = {version})] struct A;"),
                &["expected an integer literal of type `u64` for `version`"],
            );
        }
    }
}
