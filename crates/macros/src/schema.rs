//! `#[derive(Schema)]`: a list of collections under a name.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Expr, LitStr, Path, Result, Type, parse_quote};

use crate::arguments::{List, Once, arguments};
use crate::core_path::core_path;
use crate::definitions::{qualified_name, schema_parameter};

arguments! {
    "schema":
    name: Once<LitStr>,
    authority: Once<Expr>,
    collections: List<Type>,
    include: List<Type>,
    core: Once<Path>,
}

pub fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let arguments = Arguments::read(&input.attrs)?;
    let core = core_path(&arguments.core);
    let name = arguments
        .name
        .required("name", "schema(name = \"my-schema\")")?;
    let name_type = parse_quote!(#core::schema::SchemaName);
    let name = qualified_name(&core, &name_type, arguments.authority.get(), name);
    let schema = schema_parameter(arguments.collections.is_empty() && arguments.include.is_empty());
    let collections = arguments.collections.iter();
    let included = arguments.include.iter();
    let ident = &input.ident;
    let (generics, arguments_of_type, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #generics #core::schema::Schema for #ident #arguments_of_type #bounds {
            fn schema_name() -> #core::schema::SchemaName {
                #name
            }

            fn define_collections(
                #schema: &mut #core::schema::Schematic,
            ) -> ::core::result::Result<(), #core::Error> {
                #(#core::schema::Schematic::define_collection::<#collections>(schema)?;)*
                #(<#included as #core::schema::Schema>::define_collections(schema)?;)*
                ::core::result::Result::Ok(())
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::expand;
    use crate::testing::{expansion, mistakes};

    #[test]
    fn collections_come_before_included_schemas() {
        expansion(
            expand,
            r#"#[schema(name = "s", authority = A::B, collections = [C, D<E>], include(F,), core = x)] struct S;"#,
            r#"#[automatically_derived]
            impl x::schema::Schema for S {
                fn schema_name() -> x::schema::SchemaName {
                    <x::schema::SchemaName as x::schema::Qualified>::new(A::B, "s")
                }
                fn define_collections(schema: &mut x::schema::Schematic) -> ::core::result::Result<(), x::Error> {
                    x::schema::Schematic::define_collection::<C>(schema)?;
                    x::schema::Schematic::define_collection::<D<E>>(schema)?;
                    <F as x::schema::Schema>::define_collections(schema)?;
                    ::core::result::Result::Ok(())
                }
            }"#,
        );
    }

    #[test]
    fn generics_are_carried_over_and_names_are_private() {
        expansion(
            expand,
            r#"#[schema(name = "s", core = x)] struct S<T: 'static, const N: usize>(T) where T: B;"#,
            r#"#[automatically_derived]
            impl<T: 'static, const N: usize> x::schema::Schema for S<T, N> where T: B {
                fn schema_name() -> x::schema::SchemaName {
                    <x::schema::SchemaName as x::schema::Qualified>::private("s")
                }
                fn define_collections(_: &mut x::schema::Schematic) -> ::core::result::Result<(), x::Error> {
                    ::core::result::Result::Ok(())
                }
            }"#,
        );
    }

    #[test]
    fn a_schema_needs_a_name() {
        for input in [
            "struct S;",
            "#[schema] struct S;",
            "#[schema(collections = [A])] struct S;",
        ] {
            mistakes(
                expand,
                input,
                &["the argument `name` is missing\nhelp: #[schema(name = \"my-schema\")]"],
            );
        }
    }
}
