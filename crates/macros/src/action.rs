//! `#[derive(Action)]`: the name of a permission's action, from the variants of an enum.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Error, Fields, LitStr, Path, Result, Variant, parse_quote};

use crate::arguments::{Once, read};
use crate::core_path::default_core_path;

pub fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let mut given = Once::<Path>::default();
    read("action", &input.attrs, &mut [("actionable", &mut given)])?;
    let actionable = given.get().cloned().unwrap_or_else(|| {
        let core = default_core_path();
        parse_quote!(#core::actionable)
    });
    let Data::Enum(data) = &input.data else {
        return Err(Error::new(
            Span::call_site(),
            "`Action` can be derived for enums alone",
        ));
    };
    let mut arms = Vec::new();
    let mut mistakes: Option<Error> = None;
    for variant in &data.variants {
        match (arm(variant, &actionable), &mut mistakes) {
            (Ok(arm), _) => arms.push(arm),
            (Err(mistake), Some(mistakes)) => mistakes.combine(mistake),
            (Err(mistake), none) => *none = Some(mistake),
        }
    }
    if let Some(mistakes) = mistakes {
        return Err(mistakes);
    }
    let ident = &input.ident;
    let (generics, arguments_of_type, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #generics #actionable::Action for #ident #arguments_of_type #bounds {
            fn name(&self) -> #actionable::ActionName {
                match *self {
                    #(#arms)*
                }
            }
        }
    })
}

fn arm(variant: &Variant, actionable: &Path) -> Result<TokenStream> {
    let ident = &variant.ident;
    let segment = LitStr::new(&ident.unraw().to_string(), ident.span());
    let name = quote! {
        #actionable::ActionName(::std::vec![::std::borrow::Cow::Borrowed(#segment)])
    };
    match &variant.fields {
        fields if fields.is_empty() => Ok(quote!(Self::#ident { .. } => #name,)),
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
            Ok(quote_spanned! {Span::mixed_site()=>
                Self::#ident(ref inner) => {
                    let mut name = #name;
                    name.0.extend(#actionable::Action::name(inner).0);
                    name
                }
            })
        }
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
                            name.0.extend(x::y::Action::name(inner).0);
                            name
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
