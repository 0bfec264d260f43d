//! Keys that are enums. Discriminants are constants of the representation's type, named by the variant's position.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::{Attribute, DataEnum, Ident, Member, Meta, Result, Token, Type, Variant, parse_quote};

use super::Derived;
use super::implementation::Implementation;

const INTEGERS: [&str; 12] = [
    "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize",
];

/// The integer in `#[repr(..)]`, or `isize`.
pub fn integer_repr(attributes: &[Attribute]) -> Result<Type> {
    let mut found = format_ident!("isize");
    for attribute in attributes {
        if !attribute.path().is_ident("repr") {
            continue;
        }
        let words = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)?;
        for word in &words {
            if let Some(word) = word.path().get_ident()
                && INTEGERS.iter().any(|integer| word == integer)
            {
                found = word.clone();
            }
        }
    }
    Ok(parse_quote!(::core::primitive::#found))
}

pub fn expand(key: &Derived, data: &DataEnum, repr: &Type) -> TokenStream {
    let discriminants = discriminants(data, repr);
    let is_field_less = data
        .variants
        .iter()
        .all(|variant| variant.fields.is_empty());
    let implementation = if is_field_less {
        plain(key, data, repr)
    } else {
        composite(key, data, repr)
    };
    let implementation = implementation.expand(key);
    quote! {
        const _: () = {
            #discriminants
            #implementation
        };
    }
}

fn discriminant(position: usize) -> Ident {
    format_ident!("__DISCRIMINANT_{position}")
}

/// The value that is written, or the one after the previous variant's.
fn discriminants(data: &DataEnum, repr: &Type) -> TokenStream {
    let constants = data.variants.iter().enumerate().map(|(position, variant)| {
        let name = discriminant(position);
        let value = match (&variant.discriminant, position.checked_sub(1)) {
            (Some((_, value)), _) => quote!(#value),
            (None, Some(previous)) => {
                let previous = discriminant(previous);
                quote!(#previous + 1)
            }
            (None, None) => quote!(0),
        };
        quote!(const #name: #repr = #value;)
    });
    quote!(#(#constants)*)
}

fn plain(key: &Derived, data: &DataEnum, repr: &Type) -> Implementation {
    let core = key.core;
    let error = key.composite_error();
    let encoding = quote!(<#repr as #core::key::KeyEncoding<#repr>>);
    let name = &key.input.ident;
    let variants = data.variants.iter().enumerate();
    let encoded = variants.clone().map(|(position, Variant { ident, .. })| {
        let discriminant = discriminant(position);
        quote!(#name::#ident { .. } => &#discriminant,)
    });
    let decoded = variants.map(|(position, Variant { ident, .. })| {
        let discriminant = discriminant(position);
        quote!(#discriminant => ::core::result::Result::Ok(#name::#ident {}),)
    });
    let unknown = unknown_discriminant(key);
    let can_own_bytes = key.can_own_bytes;
    Implementation {
        error: error.clone(),
        length: quote!(#encoding::LENGTH),
        describe: key.describe_field(repr),
        encode: if data.variants.is_empty() {
            quote!(match *self {})
        } else {
            quote! {
                let discriminant: &'static #repr = match *self { #(#encoded)* };
                #encoding::as_ord_bytes(discriminant).map_err(#error::new)
            }
        },
        can_own_bytes: quote!(#can_own_bytes),
        decode: quote! {
            let discriminant = <#repr as #core::key::Key<'_>>::from_ord_bytes(bytes).map_err(#error::new)?;
            match discriminant {
                #(#decoded)*
                _ => #unknown,
            }
        },
    }
}

fn composite(key: &Derived, data: &DataEnum, repr: &Type) -> Implementation {
    let core = key.core;
    let variants = data.variants.iter().enumerate();
    let encoded = variants.clone().map(|(position, variant)| {
        let discriminant = discriminant(position);
        encode_variant(
            key,
            variant,
            &key.encode_field(repr, &quote!(&#discriminant)),
        )
    });
    let decoded = variants.map(|(position, variant)| {
        let discriminant = discriminant(position);
        let variant = decode_variant(key, variant);
        quote!(#discriminant => #variant,)
    });
    let discriminant = key.decode_field(repr);
    let unknown = unknown_discriminant(key);
    // As many as are announced have to be visited: fields, and variants without any.
    let descriptions: Vec<_> = data
        .variants
        .iter()
        .flat_map(|variant| describe_variant(key, variant))
        .collect();
    let count = descriptions.len();
    let can_own_bytes = key.can_own_bytes;
    Implementation {
        error: key.composite_error(),
        length: quote!(::core::option::Option::None),
        describe: quote! {
            #core::key::KeyVisitor::visit_composite(visitor, #core::key::CompositeKind::Tuple, #count);
            #(#descriptions)*
        },
        encode: key.encode_composite(&quote!(match self { #(#encoded)* })),
        can_own_bytes: quote!(#can_own_bytes),
        decode: key.decode_composite(&quote! {
            match #discriminant {
                #(#decoded)*
                _ => return #unknown,
            }
        }),
    }
}

fn encode_variant(key: &Derived, variant: &Variant, discriminant: &TokenStream) -> TokenStream {
    let (name, ident) = (&key.input.ident, &variant.ident);
    let bindings: Vec<(Member, Ident)> = variant
        .fields
        .members()
        .map(|member| {
            let binding = match &member {
                Member::Named(name) => format_ident!("field_{}", name.unraw()),
                Member::Unnamed(index) => format_ident!("field_{}", index.index),
            };
            (member, binding)
        })
        .collect();
    let patterns = bindings
        .iter()
        .map(|(member, binding)| quote!(#member: #binding));
    let fields = bindings
        .iter()
        .zip(&variant.fields)
        .map(|((_, binding), field)| key.encode_field(&field.ty, binding));
    quote! {
        #name::#ident { #(#patterns),* } => {
            #discriminant
            #(#fields)*
        }
    }
}

fn decode_variant(key: &Derived, variant: &Variant) -> TokenStream {
    let (name, ident) = (&key.input.ident, &variant.ident);
    let fields = variant
        .fields
        .members()
        .zip(&variant.fields)
        .map(|(member, field)| {
            let value = key.decode_field(&field.ty);
            quote!(#member: #value)
        });
    quote!(#name::#ident { #(#fields),* })
}

fn describe_variant(key: &Derived, variant: &Variant) -> Vec<TokenStream> {
    if variant.fields.is_empty() {
        return vec![key.describe_unit()];
    }
    let fields = variant.fields.iter();
    fields.map(|field| key.describe_field(&field.ty)).collect()
}

fn unknown_discriminant(key: &Derived) -> TokenStream {
    let (core, error) = (key.core, key.composite_error());
    quote! {
        ::core::result::Result::Err(<#error as ::core::convert::From<_>>::from(::std::io::Error::new(
            ::std::io::ErrorKind::InvalidData,
            #core::key::UnknownEnumVariant,
        )))
    }
}
