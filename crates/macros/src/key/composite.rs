//! Encoding and decoding several fields as one key.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Type;

use super::Derived;
use super::implementation::{decoded_type, encoded_type};

/// What becomes of null bytes in fields that vary in length.
#[derive(Clone, Copy)]
pub enum NullHandling {
    Escape,
    Allow,
    Deny,
}

impl Derived<'_> {
    pub fn composite_error(&self) -> TokenStream {
        let core = self.core;
        quote!(#core::key::CompositeKeyError)
    }

    /// Statements that encode what `fields` does with the `encoder`, and answer with the bytes.
    pub fn encode_composite(&self, fields: &TokenStream) -> TokenStream {
        let core = self.core;
        let new = match self.null_handling {
            NullHandling::Escape => quote! {
                <#core::key::CompositeKeyEncoder<#core::key::EscapeNullBytes>
                    as ::core::default::Default>::default()
            },
            NullHandling::Allow => quote!(#core::key::CompositeKeyEncoder::allowing_null_bytes()),
            NullHandling::Deny => quote!(#core::key::CompositeKeyEncoder::denying_null_bytes()),
        };
        quote! {
            let mut encoder = #new;
            #fields
            ::core::result::Result::Ok(::std::borrow::Cow::Owned(encoder.finish()))
        }
    }

    /// A statement for [`encode_composite`](Self::encode_composite); `field` is a reference.
    pub fn encode_field(&self, ty: &Type, field: &impl ToTokens) -> TokenStream {
        let ty = encoded_type(ty, &self.input.generics);
        quote!(encoder.encode::<#ty, #ty>(#field)?;)
    }

    /// Statements that decode `key`, an expression that uses the `decoder`, and leave nothing.
    pub fn decode_composite(&self, key: &TokenStream) -> TokenStream {
        let core = self.core;
        let new = match self.null_handling {
            NullHandling::Escape => quote!(default_for),
            NullHandling::Allow => quote!(allowing_null_bytes),
            NullHandling::Deny => quote!(denying_null_bytes),
        };
        quote! {
            let mut decoder = #core::key::CompositeKeyDecoder::#new(bytes);
            let key = #key;
            decoder.finish()?;
            ::core::result::Result::Ok(key)
        }
    }

    /// An expression for [`decode_composite`](Self::decode_composite).
    pub fn decode_field(&self, ty: &Type) -> TokenStream {
        let ty = decoded_type(ty, &self.input.generics);
        quote!(decoder.decode::<#ty>()?)
    }

    /// A statement that has the `visitor` see the type of a field.
    pub fn describe_field(&self, ty: &Type) -> TokenStream {
        let core = self.core;
        quote!(<#ty as #core::key::KeyEncoding<#ty>>::describe(visitor);)
    }

    /// A statement that has the `visitor` see a field which holds nothing.
    pub fn describe_unit(&self) -> TokenStream {
        let core = self.core;
        quote!(#core::key::KeyVisitor::visit_type(visitor, #core::key::KeyKind::Unit);)
    }
}
