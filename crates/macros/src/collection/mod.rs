//! `#[derive(Collection)]`: `Collection`, and one way to serialize it.

mod natural_id;
#[cfg(test)]
mod tests;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{DeriveInput, Error, Expr, LitStr, Path, Result, Type, TypePath, parse_quote};

use self::natural_id::NaturalId;
use crate::arguments::{Flag, List, Once, Unit, arguments};
use crate::core_path::core_path;
use crate::definitions::{qualified_name, schema_parameter};

arguments! {
    "collection":
    authority: Once<Expr>,
    name: Once<LitStr>,
    views: List<Unit>,
    serialization: Once<TypePath>,
    encryption_key: Once<Expr>,
    encryption_required: Flag,
    encryption_optional: Flag,
    primary_key: Once<Type>,
    natural_id: Once<Expr>,
    core: Once<Path>,
}

pub fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let arguments = Arguments::read(&input.attrs)?;
    let core = core_path(&arguments.core);
    let natural_id = NaturalId::find(input, arguments.natural_id.get())?;
    let primary_key = arguments
        .primary_key
        .get()
        .or(natural_id.as_ref().and_then(NaturalId::field_type))
        .cloned()
        .unwrap_or_else(|| parse_quote!(::core::primitive::u64));
    let collection = collection(input, &arguments, &core, &primary_key)?;
    let serialization = serialization(input, &arguments, &core, natural_id.as_ref())?;
    Ok(quote!(#collection #serialization))
}

fn collection(
    input: &DeriveInput,
    arguments: &Arguments,
    core: &Path,
    primary_key: &Type,
) -> Result<TokenStream> {
    let ident = &input.ident;
    let (generics, arguments_of_type, bounds) = input.generics.split_for_impl();
    let name = arguments
        .name
        .required("name", "collection(name = \"my-collection\")")?;
    let name_type = parse_quote!(#core::schema::CollectionName);
    let name = qualified_name(core, &name_type, arguments.authority.get(), name);
    let schema = schema_parameter(arguments.views.is_empty());
    let views = arguments.views.iter();
    let encryption_key = encryption_key(arguments, core)?;
    Ok(quote! {
        #[automatically_derived]
        impl #generics #core::schema::Collection for #ident #arguments_of_type #bounds {
            type PrimaryKey = #primary_key;

            fn collection_name() -> #core::schema::CollectionName {
                #name
            }

            fn define_views(
                #schema: &mut #core::schema::Schematic,
            ) -> ::core::result::Result<(), #core::Error> {
                #(#core::schema::Schematic::define_view(schema, #views)?;)*
                ::core::result::Result::Ok(())
            }

            #encryption_key
        }
    })
}

fn encryption_key(arguments: &Arguments, core: &Path) -> Result<Option<TokenStream>> {
    let required = arguments.encryption_required.is_set();
    let optional = arguments.encryption_optional.is_set() && !required;
    let Some(key) = arguments.encryption_key.get() else {
        if required {
            return Err(Error::new(
                Span::call_site(),
                "`encryption_required` needs a key: supply it with `encryption_key`\n\
                 help: #[collection(encryption_key = Some(KeyId::Master))]",
            ));
        }
        return Ok(None);
    };
    let body = if optional {
        quote! {
            if #core::ENCRYPTION_ENABLED { #key } else { ::core::option::Option::None }
        }
    } else {
        quote!(#key)
    };
    Ok(Some(quote! {
        fn encryption_key() -> ::core::option::Option<#core::document::KeyId> {
            #body
        }
    }))
}

fn serialization(
    input: &DeriveInput,
    arguments: &Arguments,
    core: &Path,
    natural_id: Option<&NaturalId>,
) -> Result<Option<TokenStream>> {
    let ident = &input.ident;
    let (generics, arguments_of_type, bounds) = input.generics.split_for_impl();
    let format: TypePath = match arguments.serialization.get() {
        None => {
            let natural_id = natural_id.map(|id| id.method(core));
            return Ok(Some(quote! {
                #[automatically_derived]
                impl #generics #core::schema::DefaultSerialization for #ident #arguments_of_type #bounds {
                    #natural_id
                }
            }));
        }
        Some(word) if word.path.is_ident("None") => {
            return match natural_id {
                None => Ok(None),
                Some(id) => Err(id.mistake(
                    "with `serialization = None`, `natural_id` has to be written by hand, \
                     in the implementation of `SerializedCollection`",
                )),
            };
        }
        Some(word) if word.path.is_ident("Key") => parse_quote!(#core::key::KeyFormat),
        Some(format) => format.clone(),
    };
    let natural_id = natural_id.map(|id| id.function(input, core));
    Ok(Some(quote! {
        #[automatically_derived]
        impl #generics #core::schema::SerializedCollection for #ident #arguments_of_type #bounds {
            type Contents = Self;
            type Format = #format;

            fn format() -> #format {
                <#format as ::core::default::Default>::default()
            }

            #natural_id
        }
    }))
}
