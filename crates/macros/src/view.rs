//! `#[derive(View)]`: `View`, and one way to serialize its values.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{DeriveInput, LitStr, Path, Result, Type, TypePath, parse_quote};

use crate::arguments::{Once, arguments, both};
use crate::core_path::core_path;

arguments! {
    "view":
    collection: Once<Type>,
    key: Once<Type>,
    name: Once<LitStr>,
    value: Once<Type>,
    core: Once<Path>,
    serialization: Once<TypePath>,
}

pub fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let arguments = Arguments::read(&input.attrs)?;
    let core = core_path(&arguments.core);
    let example = "view(collection = MyCollection, key = String)";
    let (collection, key) = both(
        arguments.collection.required("collection", example),
        arguments.key.required("key", example),
    )?;
    let value = arguments.value.get().cloned();
    let value = value.unwrap_or_else(|| parse_quote!(()));
    let name = match arguments.name.get() {
        Some(name) => name.clone(),
        None => LitStr::new(&input.ident.unraw().to_string(), input.ident.span()),
    };
    let serialization = serialization(input, &core, arguments.serialization.get());
    let ident = &input.ident;
    let (generics, arguments_of_type, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #generics #core::schema::View for #ident #arguments_of_type #bounds {
            type Collection = #collection;
            type Key = #key;
            type Value = #value;

            fn name(&self) -> #core::schema::Name {
                #core::schema::Name::new(#name)
            }
        }

        #serialization
    })
}

fn serialization(
    input: &DeriveInput,
    core: &Path,
    format: Option<&TypePath>,
) -> Option<TokenStream> {
    let ident = &input.ident;
    let (generics, arguments_of_type, bounds) = input.generics.split_for_impl();
    match format {
        None => Some(quote! {
            #[automatically_derived]
            impl #generics #core::schema::DefaultViewSerialization for #ident #arguments_of_type #bounds {}
        }),
        Some(word) if word.path.is_ident("None") => None,
        Some(format) => Some(quote! {
            #[automatically_derived]
            impl #generics #core::schema::SerializedView for #ident #arguments_of_type #bounds {
                type Format = #format;

                fn format() -> #format {
                    <#format as ::core::default::Default>::default()
                }
            }
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::expand;
    use crate::testing::{contains, expansion, mistakes};

    #[test]
    fn value_and_name_have_defaults() {
        expansion(
            expand,
            "#[view(collection = C<A, B>, key = (u32, String), core = x)] struct ByName<'a>(D) where D: E;",
            r#"#[automatically_derived]
            impl<'a> x::schema::View for ByName<'a> where D: E {
                type Collection = C<A, B>;
                type Key = (u32, String);
                type Value = ();
                fn name(&self) -> x::schema::Name { x::schema::Name::new("ByName") }
            }
            #[automatically_derived]
            impl<'a> x::schema::DefaultViewSerialization for ByName<'a> where D: E {}"#,
        );
    }

    #[test]
    fn names_are_any_text() {
        contains(
            expand,
            r#"#[view(collection = C, key = u32, value = Vec<V>, name = "nach Größe", core = x)] struct A;"#,
            r#"type Value = Vec<V>; fn name(&self) -> x::schema::Name { x::schema::Name::new("nach Größe") }"#,
        );
        contains(
            expand,
            "#[view(collection = C, key = u32, core = x)] struct r#type;",
            r#"x::schema::Name::new("type")"#,
        );
    }

    #[test]
    fn serialization_names_a_format_or_none() {
        contains(
            expand,
            "#[view(collection = C, key = u32, serialization = F<G>, core = x)] struct A;",
            "impl x::schema::SerializedView for A {
                type Format = F<G>;
                fn format() -> F<G> { <F<G> as ::core::default::Default>::default() }
            }",
        );
        contains(
            expand,
            "#[view(collection = C, key = u32, serialization = Key, core = x)] struct A;",
            "type Format = Key;",
        );
        expansion(
            expand,
            "#[view(collection = C, key = K, serialization = None, core = x)] struct A;",
            r#"#[automatically_derived]
            impl x::schema::View for A {
                type Collection = C;
                type Key = K;
                type Value = ();
                fn name(&self) -> x::schema::Name { x::schema::Name::new("A") }
            }"#,
        );
    }

    #[test]
    fn a_view_needs_a_collection_and_a_key() {
        mistakes(
            expand,
            "struct A;",
            &[
                "the argument `collection` is missing\nhelp: #[view(collection = MyCollection, key = String)]",
                "the argument `key` is missing\nhelp: #[view(collection = MyCollection, key = String)]",
            ],
        );
    }
}
