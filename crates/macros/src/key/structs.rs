//! Keys that are structs.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Field, Fields, LitStr, Member};

use super::Derived;
use super::implementation::{Implementation, decoded_type};

pub fn expand(key: &Derived, fields: &Fields, name: Option<&LitStr>) -> TokenStream {
    let mut members: Vec<(Member, &Field)> = fields.members().zip(fields).collect();
    let implementation = match (members.pop(), members.is_empty()) {
        (None, _) => unit(key),
        (Some((member, field)), true) => transparent(key, &member, field),
        (Some(last), false) => {
            members.push(last);
            composite(key, &members, name)
        }
    };
    implementation.expand(key)
}

fn unit(key: &Derived) -> Implementation {
    Implementation {
        error: quote!(::core::convert::Infallible),
        length: quote!(::core::option::Option::Some(0)),
        describe: key.describe_unit(),
        encode: quote!(::core::result::Result::Ok(
            ::std::borrow::Cow::Borrowed(&[])
        )),
        can_own_bytes: quote!(false),
        decode: quote! {
            let _ = bytes;
            ::core::result::Result::Ok(Self {})
        },
    }
}

/// One field: as if it stood there without the struct.
fn transparent(key: &Derived, member: &Member, field: &Field) -> Implementation {
    let (core, ty) = (key.core, &field.ty);
    let decoded = decoded_type(ty, &key.input.generics);
    let encoding = quote!(<#ty as #core::key::KeyEncoding<#ty>>);
    let decoding = quote!(<#decoded as #core::key::Key<'__key>>);
    Implementation {
        error: quote!(#encoding::Error),
        length: quote!(#encoding::LENGTH),
        describe: key.describe_field(ty),
        encode: quote!(#encoding::as_ord_bytes(&self.#member)),
        can_own_bytes: quote!(#decoding::CAN_OWN_BYTES),
        decode: quote!(#decoding::from_ord_bytes(bytes).map(|field| Self { #member: field })),
    }
}

fn composite(key: &Derived, members: &[(Member, &Field)], name: Option<&LitStr>) -> Implementation {
    let core = key.core;
    let name = name.map_or_else(
        || quote!(::core::any::type_name::<Self>()),
        |name| quote!(#name),
    );
    let count = members.len();
    let descriptions = members
        .iter()
        .map(|(_, field)| key.describe_field(&field.ty));
    let encoded = members
        .iter()
        .map(|(member, field)| key.encode_field(&field.ty, &quote!(&self.#member)));
    let decoded = members.iter().map(|(member, field)| {
        let value = key.decode_field(&field.ty);
        quote!(#member: #value)
    });
    let can_own_bytes = key.can_own_bytes;
    Implementation {
        error: key.composite_error(),
        length: quote!(::core::option::Option::None),
        describe: quote! {
            #core::key::KeyVisitor::visit_composite(
                visitor,
                #core::key::CompositeKind::Struct(::std::borrow::Cow::Borrowed(#name)),
                #count,
            );
            #(#descriptions)*
        },
        encode: key.encode_composite(&quote!(#(#encoded)*)),
        can_own_bytes: quote!(#can_own_bytes),
        decode: key.decode_composite(&quote!(Self { #(#decoded),* })),
    }
}
