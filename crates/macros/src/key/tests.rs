//! What is emitted for each shape of key, and what is refused.

use super::expand;
use crate::testing::{contains, expansion, mistakes};

#[test]
fn one_field_is_transparent() {
    expansion(
        expand,
        "#[key(core = x)] struct A<'a, T: B>(C<'a, T>) where T: D;",
        "#[automatically_derived]
        impl<'a, T: B> x::key::KeyEncoding<Self> for A<'a, T> where T: D {
            type Error = <C<'a, T> as x::key::KeyEncoding<C<'a, T>>>::Error;
            const LENGTH: ::core::option::Option<::core::primitive::usize> = <C<'a, T> as x::key::KeyEncoding<C<'a, T>>>::LENGTH;
            fn describe<__Visitor>(visitor: &mut __Visitor) where __Visitor: x::key::KeyVisitor {
                <C<'a, T> as x::key::KeyEncoding<C<'a, T>>>::describe(visitor);
            }
            fn as_ord_bytes(&self) -> ::core::result::Result<::std::borrow::Cow<'_, [::core::primitive::u8]>, <Self as x::key::KeyEncoding<Self>>::Error> {
                <C<'a, T> as x::key::KeyEncoding<C<'a, T>>>::as_ord_bytes(&self.0)
            }
        }
        #[automatically_derived]
        impl<'__key, 'a, T: B> x::key::Key<'__key> for A<'a, T> where T: D, '__key: 'a {
            const CAN_OWN_BYTES: ::core::primitive::bool = <C<'__key, T> as x::key::Key<'__key>>::CAN_OWN_BYTES;
            #[allow(unreachable_patterns)]
            fn from_ord_bytes<'__ephemeral>(bytes: x::key::ByteSource<'__key, '__ephemeral>)
            -> ::core::result::Result<Self, <Self as x::key::KeyEncoding<Self>>::Error> {
                <C<'__key, T> as x::key::Key<'__key>>::from_ord_bytes(bytes).map(|field| Self { 0: field })
            }
        }",
    );
}

#[test]
fn no_field_is_no_byte() {
    for input in ["struct A;", "struct A();", "struct A {}"] {
        let input = format!("#[key(core = x)] {input}");
        contains(expand, &input, "type Error = ::core::convert::Infallible;");
        contains(expand, &input, "= ::core::option::Option::Some(0);");
        contains(
            expand,
            &input,
            "x::key::KeyVisitor::visit_type(visitor, x::key::KeyKind::Unit);",
        );
        contains(expand, &input, "::core::result::Result::Ok(Self {})");
    }
}

#[test]
fn several_fields_are_a_composite() {
    let input = "#[key(core = x)] struct A<'a> { b: Cow<'a, str>, c: u8 }";
    contains(expand, input, "type Error = x::key::CompositeKeyError;");
    contains(
        expand,
        input,
        "x::key::KeyVisitor::visit_composite(
            visitor,
            x::key::CompositeKind::Struct(::std::borrow::Cow::Borrowed(::core::any::type_name::<Self>())),
            2usize
        );
        <Cow<'a, str> as x::key::KeyEncoding<Cow<'a, str>>>::describe(visitor);
        <u8 as x::key::KeyEncoding<u8>>::describe(visitor);",
    );
    contains(
        expand,
        input,
        "let mut encoder = <x::key::CompositeKeyEncoder<x::key::EscapeNullBytes> as ::core::default::Default>::default();
        encoder.encode::<Cow<'_, str>, Cow<'_, str>>(&self.b)?;
        encoder.encode::<u8, u8>(&self.c)?;
        ::core::result::Result::Ok(::std::borrow::Cow::Owned(encoder.finish()))",
    );
    contains(
        expand,
        input,
        "let mut decoder = x::key::CompositeKeyDecoder::default_for(bytes);
        let key = Self { b: decoder.decode::<Cow<'__key, str>>()?, c: decoder.decode::<u8>()? };
        decoder.finish()?;
        ::core::result::Result::Ok(key)",
    );
    contains(
        expand,
        input,
        "CAN_OWN_BYTES: ::core::primitive::bool = false;",
    );
}

#[test]
fn composites_heed_the_arguments() {
    for word in ["allow", "deny"] {
        let input = format!(
            r#"#[key(null_handling = {word}, name = "b", can_own_bytes)] struct A(u8, u8);"#
        );
        contains(
            expand,
            &input,
            "CAN_OWN_BYTES: ::core::primitive::bool = true;",
        );
        contains(expand, &input, r#"::std::borrow::Cow::Borrowed("b")"#);
        let constructor = if word == "deny" {
            "denying"
        } else {
            "allowing"
        };
        contains(
            expand,
            &input,
            &format!("CompositeKeyEncoder::{constructor}_null_bytes();"),
        );
        contains(
            expand,
            &input,
            &format!("CompositeKeyDecoder::{constructor}_null_bytes(bytes);"),
        );
    }
    contains(
        expand,
        "#[key(null_handling = escape)] struct A(u8, u8);",
        "CompositeKeyDecoder::default_for(bytes)",
    );
}

#[test]
fn plain_enums_are_their_discriminants() {
    expansion(
        expand,
        "#[key(core = x)] enum A { B, C = 7, D {} }",
        "const _: () = {
            const __DISCRIMINANT_0: ::core::primitive::isize = 0;
            const __DISCRIMINANT_1: ::core::primitive::isize = 7;
            const __DISCRIMINANT_2: ::core::primitive::isize = __DISCRIMINANT_1 + 1;
            #[automatically_derived]
            impl x::key::KeyEncoding<Self> for A {
                type Error = x::key::CompositeKeyError;
                const LENGTH: ::core::option::Option<::core::primitive::usize> = <::core::primitive::isize as x::key::KeyEncoding<::core::primitive::isize>>::LENGTH;
                fn describe<__Visitor>(visitor: &mut __Visitor) where __Visitor: x::key::KeyVisitor {
                    <::core::primitive::isize as x::key::KeyEncoding<::core::primitive::isize>>::describe(visitor);
                }
                fn as_ord_bytes(&self) -> ::core::result::Result<::std::borrow::Cow<'_, [::core::primitive::u8]>, <Self as x::key::KeyEncoding<Self>>::Error> {
                    let discriminant: &'static ::core::primitive::isize = match *self {
                        A::B { .. } => &__DISCRIMINANT_0,
                        A::C { .. } => &__DISCRIMINANT_1,
                        A::D { .. } => &__DISCRIMINANT_2,
                    };
                    <::core::primitive::isize as x::key::KeyEncoding<::core::primitive::isize>>::as_ord_bytes(discriminant).map_err(x::key::CompositeKeyError::new)
                }
            }
            #[automatically_derived]
            impl<'__key> x::key::Key<'__key> for A {
                const CAN_OWN_BYTES: ::core::primitive::bool = false;
                #[allow(unreachable_patterns)]
                fn from_ord_bytes<'__ephemeral>(bytes: x::key::ByteSource<'__key, '__ephemeral>)
                -> ::core::result::Result<Self, <Self as x::key::KeyEncoding<Self>>::Error> {
                    let discriminant = <::core::primitive::isize as x::key::Key<'_>>::from_ord_bytes(bytes).map_err(x::key::CompositeKeyError::new)?;
                    match discriminant {
                        __DISCRIMINANT_0 => ::core::result::Result::Ok(A::B {}),
                        __DISCRIMINANT_1 => ::core::result::Result::Ok(A::C {}),
                        __DISCRIMINANT_2 => ::core::result::Result::Ok(A::D {}),
                        _ => ::core::result::Result::Err(<x::key::CompositeKeyError as ::core::convert::From<_>>::from(::std::io::Error::new(
                            ::std::io::ErrorKind::InvalidData, x::key::UnknownEnumVariant
                        )))
                    }
                }
            }
        };",
    );
}

#[test]
fn the_representation_is_found() {
    for (attributes, repr) in [
        ("", "::core::primitive::isize"),
        ("#[repr(u8)]", "::core::primitive::u8"),
        ("#[repr(C, i128)]", "::core::primitive::i128"),
        ("#[repr(align(8))] #[repr(u16)]", "::core::primitive::u16"),
        ("#[repr(C)]", "::core::primitive::isize"),
        ("#[repr(u8)] #[key(enum_repr = a::B<u32>)]", "a::B<u32>"),
    ] {
        contains(
            expand,
            &format!("{attributes} enum A {{ B }}"),
            &format!("const __DISCRIMINANT_0: {repr} = 0;"),
        );
    }
}

#[test]
fn enums_without_variants_are_keys() {
    contains(
        expand,
        "enum A {}",
        "KeyEncoding<Self>>::Error> { match *self {} }",
    );
}

#[test]
fn enums_with_fields_are_composites() {
    let input = "#[key(core = x)] enum A<'a> { B, C(u8, D<'a>), E { f: u8 } }";
    contains(
        expand,
        input,
        "match self {
            A::B {} => { encoder.encode::<::core::primitive::isize, ::core::primitive::isize>(&__DISCRIMINANT_0)?; }
            A::C { 0: field_0, 1: field_1 } => {
                encoder.encode::<::core::primitive::isize, ::core::primitive::isize>(&__DISCRIMINANT_1)?;
                encoder.encode::<u8, u8>(field_0)?;
                encoder.encode::<D<'_>, D<'_>>(field_1)?;
            }
            A::E { f: field_f } => {
                encoder.encode::<::core::primitive::isize, ::core::primitive::isize>(&__DISCRIMINANT_2)?;
                encoder.encode::<u8, u8>(field_f)?;
            }
        }",
    );
    contains(
        expand,
        input,
        "match decoder.decode::<::core::primitive::isize>()? {
            __DISCRIMINANT_0 => A::B {},
            __DISCRIMINANT_1 => A::C { 0: decoder.decode::<u8>()?, 1: decoder.decode::<D<'__key>>()? },
            __DISCRIMINANT_2 => A::E { f: decoder.decode::<u8>()? },
            _ => return ::core::result::Result::Err(<x::key::CompositeKeyError as ::core::convert::From<_>>::from(::std::io::Error::new(
                ::std::io::ErrorKind::InvalidData, x::key::UnknownEnumVariant
            )))
        }",
    );
}

#[test]
fn descriptions_announce_as_many_as_they_visit() {
    contains(
        expand,
        "#[key(core = x)] enum A { B, C(u8, u16), E { f: u32 } }",
        "x::key::KeyVisitor::visit_composite(visitor, x::key::CompositeKind::Tuple, 4usize);
        x::key::KeyVisitor::visit_type(visitor, x::key::KeyKind::Unit);
        <u8 as x::key::KeyEncoding<u8>>::describe(visitor);
        <u16 as x::key::KeyEncoding<u16>>::describe(visitor);
        <u32 as x::key::KeyEncoding<u32>>::describe(visitor);",
    );
}

#[test]
fn what_is_no_key_is_refused() {
    mistakes(
        expand,
        "#[key(enum_repr = u8)] struct A;",
        &["`enum_repr` is only usable on enums"],
    );
    mistakes(
        expand,
        "#[key(null_handling = ignore)] struct A;",
        &["`null_handling` is one of `escape`, `allow` and `deny`"],
    );
    mistakes(
        expand,
        "union A { b: u8 }",
        &["unions are unsupported: `Key` can be derived for structs and enums"],
    );
}
