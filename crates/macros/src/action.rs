//! `#[derive(Action)]`: the name of a permission's action, from the variants of an enum.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Error, Fields, LitStr, Path, Result, Variant};

use crate::arguments::{Once, all, arguments};
use crate::core_path::actionable_path;

arguments! {
    "action":
    actionable: Once<Path>,
}

pub fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let actionable = actionable_path(&Arguments::read(&input.attrs)?.actionable);
    let Data::Enum(data) = &input.data else {
        return Err(Error::new(
            Span::call_site(),
            "`Action` can be derived for enums alone",
        ));
    };
    let arms = data
        .variants
        .iter()
        .map(|variant| arms(variant, &actionable));
    let (names, segments): (Vec<_>, Vec<_>) = all(arms)?.into_iter().unzip();
    let ident = &input.ident;
    let (generics, arguments_of_type, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #generics #actionable::Action for #ident #arguments_of_type #bounds {
            fn name(&self) -> #actionable::ActionName {
                match *self {
                    #(#names)*
                }
            }

            fn each_segment(
                &self,
                each: &mut dyn ::std::ops::FnMut(&str) -> ::std::ops::ControlFlow<()>,
            ) -> ::std::ops::ControlFlow<()> {
                match *self {
                    #(#segments)*
                }
            }
        }
    })
}

/// The arms of one variant in `name` and in `each_segment`.
fn arms(variant: &Variant, actionable: &Path) -> Result<(TokenStream, TokenStream)> {
    let ident = &variant.ident;
    let segment = LitStr::new(&ident.unraw().to_string(), ident.span());
    let name = quote! {
        #actionable::ActionName(::std::vec![::std::borrow::Cow::Borrowed(#segment)])
    };
    match &variant.fields {
        fields if fields.is_empty() => Ok((
            quote!(Self::#ident { .. } => #name,),
            quote!(Self::#ident { .. } => each(#segment),),
        )),
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => Ok((
            quote! {
                Self::#ident(ref inner) => {
                    let mut name = #name;
                    ::core::iter::Extend::extend(&mut name.0, #actionable::Action::name(inner).0);
                    name
                }
            },
            quote! {
                Self::#ident(ref inner) => match each(#segment) {
                    ::std::ops::ControlFlow::Continue(()) => {
                        #actionable::Action::each_segment(inner, each)
                    }
                    stop => stop,
                }
            },
        )),
        _ => Err(Error::new_spanned(
            variant,
            "an action has no field, or one without a name which is an action itself",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::expand;
    use crate::testing::{contains, expansion, mistakes};

    #[test]
    fn inner_actions_follow_the_variant() {
        expansion(
            expand,
            "#[action(actionable = x::y)] enum A<T> where T: B { C, r#type(), D(T) }",
            r#"#[automatically_derived]
            impl<T> x::y::Action for A<T> where T: B {
                fn name(&self) -> x::y::ActionName {
                    match *self {
                        Self::C { .. } => x::y::ActionName(::std::vec![::std::borrow::Cow::Borrowed("C")]),
                        Self::r#type { .. } => x::y::ActionName(::std::vec![::std::borrow::Cow::Borrowed("type")]),
                        Self::D(ref inner) => {
                            let mut name = x::y::ActionName(::std::vec![::std::borrow::Cow::Borrowed("D")]);
                            ::core::iter::Extend::extend(&mut name.0, x::y::Action::name(inner).0);
                            name
                        }
                    }
                }
                fn each_segment(
                    &self,
                    each: &mut dyn ::std::ops::FnMut(&str) -> ::std::ops::ControlFlow<()>,
                ) -> ::std::ops::ControlFlow<()> {
                    match *self {
                        Self::C { .. } => each("C"),
                        Self::r#type { .. } => each("type"),
                        Self::D(ref inner) => match each("D") {
                            ::std::ops::ControlFlow::Continue(()) => {
                                x::y::Action::each_segment(inner, each)
                            }
                            stop => stop,
                        }
                    }
                }
            }"#,
        );
    }

    #[test]
    fn the_trait_is_found_in_the_core_crate() {
        contains(expand, "enum A { B }", "::actionable::Action for A");
    }

    #[test]
    fn only_enums_are_actions() {
        mistakes(
            expand,
            "struct A;",
            &["`Action` can be derived for enums alone"],
        );
    }

    #[test]
    fn each_unsuitable_variant_is_told() {
        let message = "an action has no field, or one without a name which is an action itself";
        mistakes(
            expand,
            "enum A { B(C, D), E, F { g: H } }",
            &[message, message],
        );
    }

    #[test]
    fn unknown_words_are_told() {
        mistakes(
            expand,
            "#[action(core = x)] enum A {}",
            &["`#[action(..)]` accepts `actionable`"],
        );
    }
}
