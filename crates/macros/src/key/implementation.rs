//! The frame of the two implementations, and the lifetimes in them.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::visit_mut::VisitMut;
use syn::{GenericParam, Generics, Lifetime, Type, parse_quote};

use super::Derived;

/// The lifetime of the bytes that are decoded. It outlives every lifetime of the key, so that fields may borrow from them.
const DECODED: &str = "'__key";

/// What differs from shape to shape. The bodies see the `bytes` to decode, the `visitor`, and `self`.
pub struct Implementation {
    pub error: TokenStream,
    pub length: TokenStream,
    pub describe: TokenStream,
    pub encode: TokenStream,
    pub can_own_bytes: TokenStream,
    pub decode: TokenStream,
}

impl Implementation {
    pub fn expand(self, key: &Derived) -> TokenStream {
        let Self {
            error,
            length,
            describe,
            encode,
            can_own_bytes,
            decode,
        } = self;
        let (core, ident) = (key.core, &key.input.ident);
        let (generics, arguments, bounds) = key.input.generics.split_for_impl();
        let decoding = decoding_generics(&key.input.generics);
        let (decoding, _, decoding_bounds) = decoding.split_for_impl();
        let decoded = decoded_lifetime();
        quote! {
            #[automatically_derived]
            impl #generics #core::key::KeyEncoding<Self> for #ident #arguments #bounds {
                type Error = #error;

                const LENGTH: ::core::option::Option<::core::primitive::usize> = #length;

                fn describe<__Visitor>(visitor: &mut __Visitor)
                where
                    __Visitor: #core::key::KeyVisitor,
                {
                    #describe
                }

                fn as_ord_bytes(
                    &self,
                ) -> ::core::result::Result<::std::borrow::Cow<'_, [::core::primitive::u8]>, <Self as #core::key::KeyEncoding<Self>>::Error> {
                    #encode
                }
            }

            #[automatically_derived]
            impl #decoding #core::key::Key<#decoded> for #ident #arguments #decoding_bounds {
                const CAN_OWN_BYTES: ::core::primitive::bool = #can_own_bytes;

                // Where an enum uses up the integers of its representation, no discriminant is unknown.
                #[allow(unreachable_patterns)]
                fn from_ord_bytes<'__ephemeral>(
                    bytes: #core::key::ByteSource<#decoded, '__ephemeral>,
                ) -> ::core::result::Result<Self, <Self as #core::key::KeyEncoding<Self>>::Error> {
                    #decode
                }
            }
        }
    }
}

fn decoded_lifetime() -> Lifetime {
    Lifetime::new(DECODED, Span::call_site())
}

fn decoding_generics(generics: &Generics) -> Generics {
    let decoded = decoded_lifetime();
    let mut decoding = generics.clone();
    let lifetimes: Vec<_> = generics.lifetimes().map(|own| &own.lifetime).collect();
    decoding
        .params
        .insert(0, GenericParam::Lifetime(parse_quote!(#decoded)));
    if !lifetimes.is_empty() {
        let bounds = decoding.make_where_clause();
        bounds
            .predicates
            .push(parse_quote!(#decoded: #(#lifetimes)+*));
    }
    decoding
}

/// A field's type where it is decoded: it borrows from the bytes, and becomes the declared type by outliving it.
pub fn decoded_type(ty: &Type, generics: &Generics) -> Type {
    with_lifetime(ty, generics, &decoded_lifetime())
}

/// A field's type where it is encoded: it lives as long as the borrow of the field.
pub fn encoded_type(ty: &Type, generics: &Generics) -> Type {
    with_lifetime(ty, generics, &Lifetime::new("'_", Span::call_site()))
}

fn with_lifetime(ty: &Type, generics: &Generics, by: &Lifetime) -> Type {
    struct Replace<'a>(&'a Generics, &'a Lifetime);
    impl VisitMut for Replace<'_> {
        fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
            if self.0.lifetimes().any(|own| own.lifetime == *lifetime) {
                *lifetime = self.1.clone();
            }
        }
    }
    let mut ty = ty.clone();
    Replace(generics, by).visit_type_mut(&mut ty);
    ty
}
